"""The command `almanac`."""

import io
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click

RECORD = click.Path(path_type=Path, exists=True, file_okay=False)
OVERLAYS = click.option(
    "--overlay",
    "overlays",
    type=RECORD,
    multiple=True,
    help="Folder of your own rows, laid over the record; may be given again.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="open-weights-almanac")
def main():
    """The Open-Weights Almanac: validate and refresh its record, build its editions.

    Exit codes: 0 done, 1 the data or an output is wrong, 2 the command line is wrong.
    """


@main.command()
@click.option("--data", type=RECORD, help="Folder of the record [data].")
@OVERLAYS
@click.option("as_json", "--json", is_flag=True, help="Print the faults as JSON, for machines.")
def validate(data: Path | None, overlays: tuple[Path, ...], as_json: bool):
    """List every fault of a record: table.csv:LINE column: what is wrong, what was found."""
    from almanac import record
    from almanac.book.edition import ROOT
    from almanac.record import overlay

    folder = data or ROOT / "data"
    faults = overlay.validate(folder, overlays) if overlays else record.validate(folder)
    if as_json:
        click.echo(json.dumps([fault.as_dict() for fault in faults], indent=1, ensure_ascii=False))
    else:
        for fault in faults:
            click.echo(str(fault))
    sys.exit(1 if faults else 0)


@main.command()
@click.option("--data", type=RECORD, help="Folder of the record [data].")
@OVERLAYS
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to build in; the site is in its _build/html [the project].",
)
@click.option(
    "--kernels",
    type=click.Choice(["forked", "plain"]),
    help="How notebooks' processes start: plain ones take longer [forked].",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def build(data: Path | None, overlays, parameters, out: Path | None, kernels, quiet: bool):
    """Build an edition of the book, with other data or parameters.

    The record is validated, the notebooks are executed and checked, and only a finished site
    takes the place of the last one.
    """
    from almanac.book import settings, site
    from almanac.book.edition import OVERLAY, PREFIX, ROOT, edition, fingerprint
    from almanac.book.errors import BuildError, told

    given = [*parameters, *([("data", str(data.absolute()))] if data else [])]
    if overlays:
        given.append((OVERLAY, os.pathsep.join(str(path.absolute()) for path in overlays)))
    names = [name.lower() for name, _ in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"parameter {', '.join(twice)} is set twice")
    if odd := [name for name in names if not name.isidentifier()]:
        raise click.UsageError(f"{odd[0]!r} is not the name of a parameter")
    for name, value in given:
        os.environ[PREFIX + name.upper()] = value
    if kernels:
        os.environ[settings.KERNELS] = kernels
    folder = (out or ROOT).absolute() / "_build"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", param_hint="--out") from None
    try:
        wanted = edition(os.environ)
        current = site.is_current(folder, fingerprint(wanted))
        if not current:
            from almanac.book import pipeline

            set_here = {name.lower(): value for name, value in given}
            set_here.pop(OVERLAY, None)
            # kernels import their libraries while this process imports Jupyter Book, and read
            # the record, unless it is yet to be made
            with nullcontext() if wanted.overlays else pipeline.warmed(wanted.data):
                _check_parameters(set_here)
                _jupyter_book(["--path-output", str(folder.parent)], quiet)
    except (BuildError, OSError) as error:
        raise click.ClickException(told(error)) from None
    if current and not quiet:
        click.echo("Nothing has changed: the site is up to date.")
    if not quiet:
        click.echo(folder / "html" / "index.html")


@main.command("map")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--with",
    "mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The mapping, in YAML.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the overlay that is made [beside FILE, called overlay].",
)
@click.option("--replace", is_flag=True, help="Write over tables that are there already.")
@click.option("--data", type=RECORD, help="Folder of the record that it is for [data].")
def map_(file: Path, mapping: Path, out: Path | None, replace: bool, data: Path | None):
    """Make an overlay of a CSV, Parquet or JSON FILE of your own.

    The mapping names the column of FILE for each column of the record. What it does not account
    for is refused, each with its place, and nothing is written.
    """
    from almanac.book.edition import ROOT
    from almanac.record import SchemaError, mapping as mappings, read_schema

    folder = out or file.parent / "overlay"
    try:
        made = mappings.apply(file, mapping, read_schema(data or ROOT / "data"))
    except (mappings.MappingError, SchemaError) as error:
        raise click.ClickException(str(error)) from None
    try:
        made.write(folder, over=replace)
    except FileExistsError as error:
        raise click.ClickException(
            f"{error} would be written over; use --replace, or another folder by --out"
        ) from None
    for name, rows in made.tables.items():
        click.echo(f"{folder / name}.csv: {len(rows):,} rows")
    if made.left_out:
        click.echo(f"left out by `where`: {made.left_out:,} rows of {file.name}")
    click.echo(f"Next: almanac validate --overlay {folder}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path, file_okay=False))
def new(path: Path):
    """Make a folder PATH to start an edition of your own from: an overlay, a mapping, a README."""
    import shutil

    if path.exists() and any(path.iterdir()):
        raise click.BadParameter(f"{path} is not empty; name a new folder", param_hint="PATH")
    shutil.copytree(Path(__file__).parent / "starter", path, dirs_exist_ok=True)
    click.echo(f"{path / 'README.md'} says what to do with it")


@main.command()
@click.argument("grid", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, as tcp://host:8786.")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine [its cores].")
@click.option("--out", metavar="PATH", help="Folder or address for the results [sweep-GRID].")
@click.option("--dry-run", is_flag=True, help="Say how much there is to run, and run nothing.")
def editions(grid: Path, scheduler: str | None, workers: int | None, out: str | None, dry_run):
    """Run every combination of the parameters in GRID, a YAML file.

    What comes out is one table of headlines, headlines.parquet, a row a headline and combination,
    and failures.json. A sweep that was cut off goes on where it stopped.
    """
    from almanac.book.errors import BuildError
    from almanac.editions import grid as grids, run, store

    if scheduler and workers:
        raise click.UsageError("--workers is for this machine, a cluster has its own")
    try:
        sweep = grids.sweep(grid)
    except grids.GridError as error:
        raise click.UsageError(str(error)) from None
    try:
        kept = store.Store(out or f"sweep-{grid.stem}")
        done = {name: found for name, found in kept.finished().items() if name in sweep.runs}
        click.echo(grids.in_words(sweep, list(done)))
        if dry_run:
            return
        failures = []
        if len(done) < len(sweep.runs):
            with run.cluster(scheduler, workers or os.cpu_count() or 1) as client:
                failures = run.carry_out(sweep, kept, client, done)
        table = run.headlines(sweep, done)
        kept.write(table, failures)
    except BuildError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{kept.address}/{store.TABLE}: {len(table):,} headlines")
    for failure in failures:
        click.echo(f"{failure['error']}\n    with {failure['parameters']}", err=True)
    if failures:
        click.echo(f"{len(failures):,} runs failed: {kept.address}/{store.FAILURES}", err=True)
        sys.exit(1)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--from", "copies", type=RECORD, help="Read saved copies in DIR, fetch nothing.")
@click.option("--data", type=RECORD, help="Folder of the record [data].")
@click.option("--write", is_flag=True, help="Write what is proposed into the record.")
@click.option("--add", multiple=True, metavar="HUB_ID", help="Draft this proposed new model too.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for copies of what is fetched [_build/sources/DAY].",
)
@click.option("as_json", "--json", is_flag=True, help="Print the proposal as JSON, for machines.")
@click.option("as_markdown", "--markdown", is_flag=True, help="Print it for a pull request.")
def refresh(sources, copies, data, write, add, save, as_json, as_markdown):
    """Propose what upstreams say that the record does not, with its evidence.

    Reads every SOURCE, or those that are named. Nothing is written without --write, and what rests
    on a vendor's word (confidence A or B) is never overwritten.
    """
    from almanac.book.edition import ROOT
    from almanac.refresh import run
    from almanac.sources import SOURCES

    if unknown := [name for name in sources if name not in SOURCES]:
        known = ", ".join(SOURCES)
        raise click.UsageError(f"{unknown[0]!r} is not a source: the sources are {known}")
    if copies and save:
        raise click.UsageError("--save is for what is fetched, and --from fetches nothing")
    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    form = "json" if as_json else "markdown" if as_markdown else "text"
    names = list(dict.fromkeys(sources)) or list(SOURCES)
    try:
        failed = run.refresh(
            data or ROOT / "data",
            [SOURCES[name] for name in names],
            copies=copies,
            save=save or ROOT / "_build" / "sources",
            dated=save is None,
            named=bool(sources),
            write=write,
            add=add,
            form=form,
        )
    except run.RefreshError as error:
        raise click.ClickException(str(error)) from None
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--all", "every", is_flag=True, help="List every row and value, and values whole.")
@click.option("--json", "as_json", is_flag=True, help="Print all as JSON, for machines.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it for a pull request.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
def diff(old: str, new: str, every: bool, as_json: bool, as_markdown: bool, exit_code: bool):
    """Say what differs between two records or editions, and how headlines moved.

    OLD and NEW are each a folder with a record, a folder with a site (or the one that it was built
    in), a results.json, the previous.zip of a record, or git:COMMIT of the project.
    """
    from almanac.compare import report, sides
    from almanac.record.difference import DifferenceError
    from almanac.record.previous import PreviousError

    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    try:
        compared = sides.compare(sides.read(old), sides.read(new))
    except sides.SideError as error:
        raise click.UsageError(str(error)) from None
    except (DifferenceError, PreviousError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(report.as_dict(compared), indent=1, ensure_ascii=False))
    else:
        click.echo((report.markdown if as_markdown else report.text)(compared, every))
    sys.exit(1 if exit_code and compared.differs else 0)


@main.command()
@click.argument("edition")
@click.option("--data", type=RECORD, help="Folder of the record [data].")
def keep(edition: str, data: Path | None):
    """Keep a published edition as the one that the next is compared with.

    EDITION is a folder with its site, or git:COMMIT of the project. Its tables and results are
    written to previous.zip in the folder of the record, in the place of those kept there.
    """
    from almanac.book.edition import ROOT
    from almanac.compare import sides
    from almanac.record import previous
    from almanac.record.difference import DifferenceError

    try:
        side = sides.read(edition)
        if side.texts is None or side.results is None:
            raise sides.SideError(f"{edition} is no whole edition: name a site or git:COMMIT")
        click.echo(previous.keep(data or ROOT / "data", side.texts, side.results))
    except sides.SideError as error:
        raise click.UsageError(str(error)) from None
    except (DifferenceError, previous.PreviousError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def _check_parameters(given: dict[str, str]) -> None:
    """Judge what the command line sets, and that alone: what is wrong elsewhere is no misuse."""
    from almanac.book import parameters
    from almanac.book.edition import ROOT

    notebooks = sorted((ROOT / "book").glob("*.ipynb"))
    try:
        parameters.settle({n.stem: parameters.declared(n) for n in notebooks}, given)
    except parameters.ParameterError as error:
        raise click.UsageError(str(error)) from None


def _jupyter_book(options: list[str], quiet: bool) -> None:
    """Run Jupyter Book in this process; exit with code 1 if it fails."""
    from jupyter_book.cli.main import main as jupyter_book

    from almanac.book.edition import ROOT

    command = ["build", str(ROOT), *options, *(["-q"] if quiet else [])]
    # its own banner ignores -q; what is wrong goes to stderr
    silence = redirect_stdout(io.StringIO()) if quiet else nullcontext()
    try:
        with silence:
            jupyter_book(command, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            sys.exit(1)
    except RuntimeError as error:  # its way to say that Sphinx, which has said why, failed
        raise click.ClickException(str(error).strip()) from None


if __name__ == "__main__":
    main()
