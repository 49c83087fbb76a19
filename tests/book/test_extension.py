"""The steps of a build one by one; whole builds are in test_build."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import click
import nbformat
import pytest

from almanac.book import edition as editions
from almanac.book import extension, head, site
from almanac.book.edition import ROOT, Edition
from almanac.book.errors import BuildError
from almanac.book.extension import Build
from almanac.book.pipeline import Job
from almanac.notebook import RESULT, VERDICTS

ADDRESS = "https://host/book/"


@pytest.fixture
def build(tmp_path, frozen_record, monkeypatch):
    """A build with a last site, whose pages are finished but not yet in place."""
    monkeypatch.setattr(site, "add_assets", lambda static, bundle: None)
    monkeypatch.setattr(site, "vega_bundle", lambda folder: folder / "vega.js")
    for folder, text in (("html", "old"), ("next/html", "new")):
        pages = tmp_path / "_build" / folder
        for name in ("_static", "_sources/book"):
            (pages / name).mkdir(parents=True)
        (pages / "index.html").write_text(text)
    app = SimpleNamespace(
        outdir=tmp_path / "_build" / "html",
        srcdir=tmp_path,
        _warncount=0,
        env=SimpleNamespace(doc2path=lambda name: str(tmp_path / f"{name}.ipynb")),
    )
    made = Build(app, SimpleNamespace(finish=lambda pages: None))
    made.edition, made.fingerprint = Edition(frozen_record, {}), "key"
    made.declared = {"moe": {}, "index": {}}
    made.jobs = [
        executed(tmp_path, "index", {"id": "one", "value": 1.0}),
        executed(tmp_path, "moe", {"id": "two", "value": 2.0}),
    ]
    app.outdir = made.next / "html"
    made.lock()
    yield made
    made.held.release()


def executed(folder, name, *results):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell(
            "headline()", outputs=[nbformat.v4.new_output("display_data", {RESULT: result})]
        )
        for result in results
    ]
    target = folder / f"{name}.0000.ipynb"
    nbformat.write(notebook, target)
    made = Job(folder / "book" / f"{name}.ipynb", {"level": 0.9}, target)
    made.pictures.write_text("{}", "utf-8")
    return made


def shown(build):
    return (build.site / "index.html").read_text()


def test_finished_pages_take_the_place_of_the_last_site(build):
    build.finish(build.app, None)
    assert shown(build) == "new"
    assert build.key_file.read_text() == "key"
    assert not build.next.exists()
    results = json.loads((build.site / "results.json").read_text("utf-8"))
    assert results["parameters"] == {"level": 0.9}
    assert [(r["id"], r["chapter"]) for r in results["results"]] == [
        ("one", "index"),
        ("two", "moe"),
    ]
    names = {path.name for path in build.edition.data.iterdir()}
    there = {path.name for path in (build.site / "data").iterdir()}
    parquet = {name.replace(".csv", ".parquet") for name in names if name.endswith(".csv")}
    assert there == names | parquet | {"open-weights-almanac.zip"}
    assert (build.site / "open-weights-almanac.bib").exists()
    # the download has the parameters and outputs of the page, which the source has not
    download = build.site / "_sources" / "book" / "moe.ipynb"
    assert download.read_bytes() == build.jobs[1].target.read_bytes()


def stopped(build, capsys):
    """The last site is there, nothing beside it, and this was said."""
    assert shown(build) == "old"
    assert not build.next.exists()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("\nThe site stays as it was.\n")
    return said.err


def test_a_warning_leaves_the_last_site(build, capsys):
    build.app._warncount = 1
    build.finish(build.app, None)
    stopped(build, capsys)


def test_an_error_of_sphinx_leaves_the_last_site(build, capsys):
    build.finish(build.app, ValueError())
    stopped(build, capsys)


def test_two_results_of_one_name_leave_the_last_site(build, capsys, tmp_path):
    build.jobs[1] = executed(tmp_path, "moe", {"id": "one", "value": 2.0})
    with pytest.raises(SystemExit) as end:
        build.finish(build.app, None)
    assert end.value.code == 1
    assert "result one is published by index.ipynb and moe.ipynb" in stopped(build, capsys)


def test_a_full_disk_leaves_the_last_site(build, capsys, monkeypatch):
    def full(path, value):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(site, "write_json", full)
    with pytest.raises(SystemExit) as end:
        build.finish(build.app, None)
    assert end.value.code == 1
    assert "No space left on device" in stopped(build, capsys)


def test_a_disk_that_is_full_while_sphinx_writes_leaves_the_last_site(build, capsys):
    error = OSError(28, "No space left on device", "moe.html")
    with pytest.raises(SystemExit) as end:
        build.finish(build.app, error)
    assert end.value.code == 1
    said = stopped(build, capsys)
    assert "moe.html: No space left on device: free some space, or build elsewhere" in said


def test_what_shows_the_site_to_be_current_is_written_before_it_is_too_late(
    build, capsys, monkeypatch
):
    write_text = Path.write_text

    def full(path, *given, **options):
        if path.name == site.KEY:
            assert shown(build) == "old"
            raise OSError(28, "No space left on device")
        return write_text(path, *given, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SystemExit), build.stopped_by_faults():
        build.finish(build.app, None)
    stopped(build, capsys)


def test_ctrl_c_leaves_the_last_site(build, capsys):
    with pytest.raises(SystemExit) as end, build.stopped_by_faults():
        raise KeyboardInterrupt
    assert end.value.code == 1
    assert "Interrupted." in stopped(build, capsys)


def test_no_empty_folder_is_left_where_there_was_no_site(build, tmp_path):
    (build.site / "index.html").unlink()
    for folder in ("_static", "_sources/book", "_sources", ""):
        (build.site / folder).rmdir()
    build.site.mkdir()
    with pytest.raises(SystemExit), build.stopped_by_faults():
        raise BuildError("wrong")
    assert not build.site.exists()


def test_what_another_build_makes_is_left_alone(build, capsys):
    second = Build(SimpleNamespace(outdir=build.site, srcdir=build.app.srcdir), None)
    with pytest.raises(SystemExit), second.stopped_by_faults():
        second.lock()
    assert "Another build is running in " in capsys.readouterr().err
    assert build.next.exists()


@pytest.fixture
def contradicted(build, tmp_path):
    """A build whose claims come out otherwise than recorded."""
    told = {"claim_id": "one", "recorded": "wrong", "computed": "opinion", "turned": ["holds: A."]}
    job = executed(tmp_path, "claims")
    notebook = nbformat.read(job.target, 4)
    output = nbformat.v4.new_output("display_data", {VERDICTS: {"verdicts": [told]}})
    notebook.cells = [nbformat.v4.new_code_cell("verdicts()", outputs=[output])]
    nbformat.write(notebook, job.target)
    build.jobs.append(job)
    return build


def test_a_verdict_that_the_record_contradicts_stops_the_default_edition(contradicted):
    with pytest.raises(BuildError, match="claims.csv, one: recorded is 'wrong'"):
        contradicted.require_verdicts()
    contradicted.jobs.pop()
    contradicted.require_verdicts()


@pytest.mark.parametrize("given, stops", [({}, True), ({"unit": "model"}, False)])
def test_only_the_default_edition_is_held_to_its_verdicts(
    contradicted, monkeypatch, capsys, given, stops
):
    build, config = contradicted, SimpleNamespace(html_theme_options={})
    jobs = build.jobs
    build.app.outdir = build.app.doctreedir = build.site  # as Sphinx starts
    build.held.release()
    monkeypatch.setattr(editions, "edition", lambda environment: Edition(ROOT / "data", given))
    monkeypatch.setattr(extension.parameters, "settle", lambda *_: {})
    monkeypatch.setattr(extension.pipeline, "jobs", lambda *_: jobs)
    monkeypatch.setattr(extension.pipeline, "run", lambda *_, **__: None)
    if stops:
        with pytest.raises(SystemExit) as end:
            build.begin(build.app, config)
        assert end.value.code == 1
        said = stopped(build, capsys)
        assert "one: recorded is 'wrong', the record gives 'opinion'\n    holds: A.\n" in said
        assert "data/claims.csv" in said
    else:
        build.begin(build.app, config)
        assert build.foot["edition"] == "unit = model"
        assert config.html_baseurl == ""


def test_sphinx_gets_the_executed_notebook(build):
    source = ["as it stands in book/"]
    build.read(build.app, "book/moe", source)
    assert [cell.source for cell in nbformat.reads(source[0], 4).cells] == ["headline()"]


@pytest.mark.parametrize("name", ["book/deep/moe", "moe", "book/unknown"])
def test_a_notebook_that_was_not_executed_is_not_shown(build, capsys, name):
    with pytest.raises(SystemExit) as end:
        build.read(build.app, name, ["as it stands"])
    assert end.value.code == 1
    assert f"{name}.ipynb: not executed" in stopped(build, capsys)


def test_other_pages_stay_as_they_are(build):
    build.app.env.doc2path = lambda name: f"/x/{name}.md"
    source = ["text"]
    build.read(build.app, "book/moe", source)
    assert source == ["text"]


def test_words_from_afar_are_written_only_where_the_edition_has_an_address(build):
    pages = build.next / "html"
    chart = {"mark": "point", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x"}}}
    build.cards = {"book/moe": ("A page", "A finding.", chart)}
    afar = {"feed.xml", "robots.txt", "cards"}
    build.add_words(pages)
    assert not afar & {path.name for path in pages.iterdir()}
    build.edition = replace(build.edition, address=ADDRESS)
    build.add_words(pages)
    assert afar <= {path.name for path in pages.iterdir()}
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (pages / "robots.txt").read_text("utf-8")
    assert (pages / head.picture("book/moe")).exists()


@pytest.mark.parametrize("builder, makes", [("html", True), ("linkcheck", False)])
def test_the_link_checker_makes_no_site(build, builder, makes):
    command = click.Command("build", params=[click.Option(["--builder"])])
    with command.make_context("build", ["--builder", builder]):
        assert extension.makes_site() is makes
        build.finish(build.app, None)
    assert shown(build) == ("new" if makes else "old")
    assert not build.next.exists()


def test_a_valid_record_is_validated_once(build, monkeypatch):
    from almanac import record

    asked = []
    monkeypatch.setattr(record, "validate", lambda folder: asked.append(folder) or [])
    build.validate()
    build.validate()
    assert asked == [build.edition.data]


def test_every_fault_of_a_record_is_named_each_time(build, monkeypatch):
    from almanac import record

    faults = [record.Fault("models", line, "name", "expected a name", None) for line in (2, 3)]
    monkeypatch.setattr(record, "validate", lambda folder: faults)
    for _ in range(2):
        with pytest.raises(BuildError) as caught:
            build.validate()
        assert "models.csv:2 name: " in str(caught.value)
        assert "models.csv:3 name: " in str(caught.value)
        assert str(Path(build.edition.data)) in str(caught.value)


def test_days_after_the_data_are_refused(build):
    build.require_days({"moe": {"as_of": "2026-10-31"}, "record": {}})
    with pytest.raises(BuildError, match="as_of: 2999-01-01 is after the data"):
        build.require_days({"moe": {"as_of": "2999-01-01"}, "record": {}})
