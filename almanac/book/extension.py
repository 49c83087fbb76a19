"""The Sphinx extension: `jupyter-book build .` makes a verified site, or changes nothing.

In order: the record is validated, the notebooks are executed and checked, Sphinx makes all
pages anew in a folder beside the site, and the finished folder takes the site's place. If
nothing has changed since the last site, there is nothing to do.
"""

import dataclasses
import importlib.metadata
import json
import multiprocessing
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import click
import filelock
from sphinx.util import logging

from almanac.book import edition as editions
from almanac.book import drawn, figures, foot, functions, gate, head, parameters, pipeline
from almanac.book import shell, site
from almanac.book.edition import ROOT
from almanac.book.errors import BuildError, told
from almanac.notebook import FOLDERS
from almanac.record import overlay

log = logging.getLogger(__name__)


class Build:
    """One build of one edition, from start to finished site."""

    def __init__(self, app, shell):
        self.app = app
        self.shell = shell
        self.folder = Path(app.outdir).parent  # _build, or where --path-output says
        self.site = Path(app.outdir)
        self.next = self.folder / "next"
        self.key_file = self.folder / site.KEY
        self.book = Path(app.srcdir) / "book"
        self.cards = {}  # by page: its title, finding and first chart
        self.merged = None  # the record with its overlays, if this edition has any
        self.held = filelock.FileLock(self.folder / "build.lock")

    @contextmanager
    def stopped_by_faults(self):
        """End with a message and exit code 1 where a fault is found or Ctrl-C is pressed."""
        try:
            yield
        except (BuildError, OSError) as error:
            self.stop(told(error))
        except KeyboardInterrupt:
            self.stop("Interrupted.")

    def stop(self, message):
        """Leave the last site as it is, and nothing half done beside it."""
        if self.held.is_locked:  # or what is there is another build's
            shutil.rmtree(self.next, ignore_errors=True)
            with suppress(OSError):
                self.site.rmdir()  # the empty folder that Sphinx makes for a first site
        print(f"\n{message}\n\nThe site stays as it was.", file=sys.stderr)
        # SystemExit, as Jupyter Book would add a traceback to any other exception
        raise SystemExit(1) from None

    def begin(self, app, config):
        """Validate, execute and check; then send Sphinx to the folder beside the site."""
        with self.stopped_by_faults():
            self.edition = editions.edition(os.environ)
            self.lock()
            site.recover(self.site)
            self.fingerprint = editions.fingerprint(self.edition)
            if makes_site() and site.is_current(self.folder, self.fingerprint):
                log.info("Nothing has changed: the site in %s is up to date.", self.site)
                raise SystemExit(0)
            notebooks = sorted(self.book.glob("*.ipynb"))
            self.declared = {n.stem: parameters.declared(n) for n in notebooks}
            settled = parameters.settle(self.declared, self.edition.given)
            self.require_days(settled)
            if not self.edition.data.is_dir():
                self.validate()  # which says so
            self.lay_overlays()
            self.jobs = pipeline.jobs(
                notebooks, settled, self.edition.data, self.folder / "executed"
            )
            # beside the notebooks; if it fails here, finish makes it and says why
            bundling = multiprocessing.Process(target=_bundle_early, args=(self.folder,))
            bundling.start()
            pipeline.run(self.jobs, log.info, self.validate, self.edition.data)
            bundling.join()
            if self.edition.is_default:
                self.require_verdicts()
            shutil.rmtree(self.next, ignore_errors=True)
            # always clean: an incremental build keeps numbers that other pages quote
            app.outdir = type(app.outdir)(self.next / "html")
            app.doctreedir = type(app.doctreedir)(self.next / "doctrees")
            app.outdir.mkdir(parents=True)
            app.doctreedir.mkdir()
            self.foot = foot.values(self.edition, self.rows_in_words())
            self.publish(app, config)

    def lock(self):
        """Refuse a second build in the same folder, which would mix two sites.

        Raises
        ------
        BuildError
            If one is running.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.held.acquire(timeout=0)
        except filelock.Timeout:
            raise BuildError(
                f"Another build is running in {self.folder}; wait for it, or use --out"
            ) from None

    def lay_overlays(self):
        """Make the record of this edition out of a record and what is laid over it.

        Raises
        ------
        BuildError
            With the faults of overlays that do not fit the record.
        """
        if not self.edition.overlays:
            return
        try:
            self.merged = overlay.merge(self.edition.data, self.edition.overlays)
        except overlay.OverlayError as error:
            raise BuildError(str(error)) from None
        folder = self.folder / "record"
        self.merged.write(folder)
        os.environ[FOLDERS] = json.dumps({self.edition.given["data"]: str(folder)})
        self.edition = dataclasses.replace(self.edition, data=folder)

    def rows_in_words(self):
        """How many rows of the record came from where; empty where all are one record's."""
        if self.merged is None:
            return []
        added = sum(layer.added for layer in self.merged.layers)
        frames = (getattr(self.record, name) for name in self.record.schema.tables)
        base = self.edition.given["data"].partition(" + ")[0]
        own = sum(map(len, frames)) - added
        return [f"{base}: {own:,} rows", *overlay.in_words(self.merged.layers)]

    def require_days(self, settled):
        """Refuse a last day of counting that the data cannot speak of.

        Raises
        ------
        BuildError
            If it is after the day of the data.
        """
        if not (self.edition.data / "datapackage.json").exists():
            return  # for validation to say
        last = max((values.get("as_of", "") for values in settled.values()), default="")
        with suppress(KeyError, ValueError):  # likewise
            if last > self.edition.data_date():
                raise BuildError(
                    f"parameter as_of: {last} is after the data, which are as of "
                    f"{self.edition.data_date()}; set an earlier day"
                )

    def validate(self):
        """Stop on a faulty record before any notebook starts.

        Raises
        ------
        BuildError
            With every fault.
        """
        from almanac import record

        stamp = self.folder / "valid.key"
        if self.edition.data.is_dir():
            key = editions.digest(
                [*editions.tables(self.edition.data), *(ROOT / "almanac" / "record").glob("*.py")],
                importlib.metadata.version("frictionless"),
            )
            if stamp.exists() and stamp.read_bytes() == key.encode():
                return
        faults = record.validate(self.edition.data)
        if self.merged is not None:
            faults = self.merged.placed(faults)
        if faults:
            lines = "\n".join(map(str, faults))
            raise BuildError(f"{lines}\n\nThe record in {self.edition.data} has faults.")
        stamp.write_text(key)

    def require_verdicts(self):
        """Hold the verdicts on claims to those recorded.

        Raises
        ------
        BuildError
            If the record gives another; it names the claims and what turned them.
        """
        import nbformat

        from almanac.book.page import verdicts
        from almanac.notebook import VERDICTS

        found = []
        for job in self.jobs:
            text = job.target.read_text("utf-8")
            if VERDICTS in text:
                found += verdicts(nbformat.reads(text, as_version=4))
        if turned := gate.turned(found):
            raise BuildError(turned)

    def publish(self, app, config):
        """Give absolute addresses only where one is configured."""
        config.html_baseurl = self.edition.address
        if self.edition.address:
            app.setup_extension("sphinx_sitemap")  # which warns where there is no address
            config.sitemap_url_scheme = "{link}"
            config.sitemap_excludes = [
                "404.html",
                "genindex.html",
                "py-modindex.html",
                "search.html",
                "_modules/*",
            ]

    def dress(self, app, page, template, context, doctree):
        """Give a page its foot, and tell machines what it is."""
        context["foot"] = self.foot
        title, finding = "", ""
        if doctree is not None:
            title, finding = app.env.titles[page].astext(), head.description(doctree)
            self.cards[page] = title, finding, self.first_chart(page)
        tags = head.tags(self.edition, page, title, finding, context["pathto"])
        context["metatags"] = context.get("metatags", "") + tags

    def first_chart(self, page):
        """The first chart of a page, as it is specified; None where there is none."""
        import nbformat

        from almanac.book.page import charts

        for job in self.jobs if self.edition.address else []:
            if job.source.stem == Path(page).name:
                found = charts(nbformat.read(job.target, as_version=4), job.source.stem)
                return next((spec for _, spec, _, _ in found), None)
        return None

    def read(self, app, docname, source):
        """Give Sphinx the executed notebook in place of the one in book/."""
        import nbformat

        from almanac.book import catalogue, moved
        from almanac.book.page import page
        from almanac.record import previous

        if docname == functions.PAGE:
            source[0] += f"\n{functions.listing()}"
        path = Path(app.env.doc2path(docname))
        if path.suffix != ".ipynb":
            return
        with self.stopped_by_faults():
            name = path.stem
            for job in self.jobs:
                if path == job.source:
                    executed = nbformat.read(job.target, as_version=4)
                    pictures = json.loads(job.pictures.read_text("utf-8"))
                    made = page(
                        executed, name, self.declared[name], self.source(),
                        self.cite(name, executed), pictures,
                    )  # fmt: skip
                    if name == catalogue.PAGE:
                        catalogue.fill(made, self.record)
                    if name == moved.PAGE:
                        moved.fill(made, previous.read_results(self.edition.data), self.results())
                    source[0] = nbformat.writes(made)
                    return
            raise BuildError(f"{docname}.ipynb: not executed, as it is not directly in book/")

    def source(self):
        """What to name as the source of a chart of this edition."""
        from almanac.book import citation

        licence = foot.licence(self.edition)["name"]
        return f"{citation.work().title}, {citation.named(self.edition)}, {licence}"

    def cite(self, name, executed):
        """How to cite a chart of a page, given the chart's title and its id."""
        from almanac.book import citation

        heading = executed.cells[0].source.partition("\n")[0].lstrip("# ")
        return lambda title, figure_id: citation.of_chart(
            title, heading, f"book/{name}.html#{figure_id}", self.edition
        )

    def finish(self, app, error):
        """Complete the pages and put them in the place of the last site."""
        if isinstance(error, OSError):  # a full disk, say, of which Sphinx would print a traceback
            self.stop(told(error))
        if error or app._warncount or not makes_site():
            # Sphinx turns warnings into its status code only after this event
            shutil.rmtree(self.next, ignore_errors=True)
            if error or app._warncount:
                print("\nThe site stays as it was.", file=sys.stderr)
            return
        with self.stopped_by_faults():
            pages = Path(app.outdir)
            site.add_assets(pages / "_static", site.vega_bundle(self.folder))
            site.write_json(pages / "results.json", self.results())
            for job in self.jobs:  # Sphinx copies the source, without parameters and outputs
                shutil.copyfile(job.target, pages / "_sources" / "book" / job.source.name)
            self.add_charts(pages / figures.FOLDER)
            self.add_record(pages)
            self.add_words(pages)
            self.shell.finish(pages)
            key = self.next / site.KEY  # written before it is too late to fail
            key.write_text(self.fingerprint)
            self.key_file.unlink(missing_ok=True)
            site.replace(self.site, pages)
            os.replace(key, self.key_file)
            shutil.rmtree(self.next, ignore_errors=True)
            app.outdir = type(app.outdir)(self.site)  # for what Sphinx says at the end

    def results(self):
        """All headline results with what identifies this edition.

        Raises
        ------
        BuildError
            If two results have one id.
        """
        import nbformat

        from almanac.book.page import results

        found, seen = [], {}
        for job in self.jobs:
            for result in results(nbformat.read(job.target, as_version=4)):
                if result["id"] in seen:
                    raise BuildError(
                        f"result {result['id']} is published by {seen[result['id']]} "
                        f"and {job.source.name}"
                    )
                seen[result["id"]] = job.source.name
                found.append({"chapter": job.source.stem, **result})
        return {
            "edition": self.edition.name,
            "data_date": self.edition.data_date(),
            "parameters": {
                name: value for job in self.jobs for name, value in job.parameters.items()
            },
            **({"overlays": [vars(layer) for layer in self.merged.layers]} if self.merged else {}),
            "results": found,
        }

    def add_charts(self, folder):
        """The rows of every chart as a file each."""
        import nbformat

        from almanac.book.page import charts

        folder.mkdir()
        for job in self.jobs:
            executed = nbformat.read(job.target, as_version=4)
            for figure_id, spec, _, _ in charts(executed, job.source.stem):
                text = drawn.as_csv(spec)
                (folder / f"{figure_id}.csv").write_text(text, "utf-8", newline="")

    def add_record(self, pages):
        """The record for download, and what sources say for the table that searches it."""
        from almanac.book import catalogue, downloads

        files = sorted(editions.tables(self.edition.data))
        downloads.write(pages / "data", files, [ROOT / "CITATION.cff"], self.record)
        catalogue.write(pages / "_static" / "sources", self.record)

    @cached_property
    def record(self):
        """The record of this edition, read once."""
        from almanac import record

        return record.load(self.edition.data)

    def add_words(self, pages):
        """How to cite the edition and, where it has an address, what else is read from afar."""
        from almanac.book import cards, citation, feed

        (pages / "_rediraffe_redirected.json").unlink(missing_ok=True)  # its own notes
        (pages / foot.BIBTEX).write_text(citation.bibtex(self.edition), "utf-8")
        if head.START in self.cards:
            title, finding, _ = self.cards[head.START]
            (pages / "index.html").write_text(head.root(self.edition, title, finding), "utf-8")
        if not self.edition.address:
            return
        news = feed.entries(self.edition, self.record.corrections)
        (pages / feed.NAME).write_text(feed.atom(self.edition, news), "utf-8")
        sitemap = f"Sitemap: {self.edition.address}sitemap.xml"
        (pages / "robots.txt").write_text(f"User-agent: *\nAllow: /\n\n{sitemap}\n", "utf-8")
        (pages / head.CARDS).mkdir()
        book, named = citation.work().title, citation.named(self.edition)
        for page, shown in self.cards.items():
            (pages / head.picture(page)).write_bytes(cards.card(book, named, *shown))


def _bundle_early(folder):
    with suppress(OSError):
        site.vega_bundle(folder)


def makes_site():
    """Whether Jupyter Book was asked for the site; its link checker uses the same folder."""
    context = click.get_current_context(silent=True)
    return context is None or context.params.get("builder", "html") == "html"


def setup(app):
    """Connect the build's steps to Sphinx's events."""
    app.add_config_value(editions.SETTING, {}, "env", dict)
    app.keep_going = True  # a page with a warning has a hole in it: exit code 1, no new site
    if Path(app.outdir).name == "html":  # other builders (linkcheck) only read the pages
        build = Build(app, shell.setup(app))
        app.connect("config-inited", build.begin)
        app.connect("source-read", build.read)
        # before the theme, which leaves out parts that are empty
        app.connect("html-page-context", build.dress, priority=400)
        # after all others: it moves the site
        app.connect("build-finished", build.finish, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
