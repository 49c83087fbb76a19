"""Whole builds from the command line: one good one, and those that must leave its site alone."""

import hashlib
import json
import re
import shutil

import filelock
import pytest

NOTEBOOKS = ("index", "moe", "reasoning", "record", "timeline")


def digest(folder):
    """One digest of the names, contents and times of change of all files below a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            facts = f"{path.relative_to(folder)} {path.stat().st_mtime_ns}"
            total.update(facts.encode() + path.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def faulty(frozen_record, tmp_path_factory):
    """A record with a row that is cut short."""
    folder = shutil.copytree(frozen_record, tmp_path_factory.mktemp("faulty") / "record")
    with (folder / "models.csv").open("a", encoding="utf-8") as table:
        table.write("zzz,cut short\n")
    return folder


@pytest.fixture
def untouched(built_site):
    """Sees after a test that the good site is as it was, with nothing half done beside it."""
    before = digest(built_site)
    yield
    assert digest(built_site) == before
    beside = {
        path.name for path in built_site.parent.iterdir() if path.suffix not in (".js", ".seal")
    }
    assert beside == {"html", "executed", "build.lock", "site.key", "valid.key"}


def failed(done):
    """What a failed command said, of which nothing is a traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


def test_a_build_tells_its_progress_and_ends_with_the_place_of_the_site(first_build, built_site):
    lines = first_build.stdout.splitlines()
    told = re.findall(
        r"^(\w+)\.ipynb: executed in \d+\.\d s, checked in \d+\.\d s$", first_build.stdout, re.M
    )
    assert set(told) >= set(NOTEBOOKS) and len(told) == len(set(told))
    assert lines[-1] == str(built_site / "index.html")
    assert (built_site / "index.html").is_file()
    assert first_build.stderr == ""


def test_a_site_holds_its_results_its_record_and_its_notebooks(built_site, frozen_record):
    results = json.loads((built_site / "results.json").read_text("utf-8"))
    updated = json.loads((frozen_record / "datapackage.json").read_text("utf-8"))["updated"]
    assert results["data_date"] == updated
    # relative, as it is in the project: pages name no folder of a machine
    assert results["parameters"]["data"] == "tests/fixtures/record"
    pages = {path.stem for path in (built_site / "book").glob("*.html")}
    assert {result["chapter"] for result in results["results"]} <= pages
    for table in frozen_record.iterdir():
        assert (built_site / "data" / table.name).read_bytes() == table.read_bytes()
    for name in NOTEBOOKS:
        page = (built_site / "book" / f"{name}.html").read_text("utf-8")
        assert f"data last updated on {updated}, refreshed weekly" in page
        download = json.loads((built_site / "_sources" / "book" / f"{name}.ipynb").read_text())
        assert any(cell.get("outputs") for cell in download["cells"])


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_where_nothing_has_changed_there_is_nothing_to_do(
    run, first_build, frozen_record, untouched, quiet
):
    out = first_build.out
    done = run("almanac", "build", "--data", frozen_record, "--out", out, *quiet)
    assert (done.returncode, done.stderr) == (0, "")
    said = f"Nothing has changed: the site is up to date.\n{out}/_build/html/index.html\n"
    assert done.stdout == ("" if quiet else said)


def test_jupyter_book_finds_the_same_edition_even_after_a_build_was_killed(
    run, first_build, built_site, frozen_record, untouched
):
    # killed between two renames, with a lock that nobody holds
    assert (built_site.parent / "build.lock").exists()
    built_site.rename(built_site.with_name("html.old"))
    done = run("jupyter-book", "build", ".", "--path-output", first_build.out,
               ALMANAC_DATA=str(frozen_record))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed" in done.stdout


def test_a_faulty_record_stops_almanac(run, first_build, faulty, untouched):
    done = run("almanac", "build", "-q", "--data", faulty, "--out", first_build.out)
    said = failed(done)
    assert done.stdout == ""
    assert re.search(r"^models\.csv:\d+ row: ", said, re.M)
    assert said.endswith("The site stays as it was.\n")


def test_a_faulty_record_stops_jupyter_book(run, first_build, faulty, untouched):
    done = run("jupyter-book", "build", ".", "--path-output", first_build.out,
               ALMANAC_DATA=str(faulty))  # fmt: skip
    assert re.search(r"^models\.csv:\d+ row: ", failed(done), re.M)


def test_wrong_parameters_of_the_environment_stop_both(
    run, first_build, frozen_record, untouched
):
    wrong = {"ALMANAC_SIZ_FLOOR_B": "3", "ALMANAC_LEVEL": "high"}
    for done in (
        run("almanac", "build", "--data", frozen_record, "--out", first_build.out, **wrong),
        run("jupyter-book", "build", ".", "--path-output", first_build.out,
            ALMANAC_DATA=str(frozen_record), **wrong),
    ):  # fmt: skip
        said = failed(done)
        assert "siz_floor_b: no notebook takes it; did you mean size_floor_b?" in said
        assert "parameter level: 'high' found, expected a number" in said


def test_a_second_build_at_once_is_refused(run, first_build, untouched):
    with filelock.FileLock(first_build.out / "_build" / "build.lock"):
        done = run("jupyter-book", "build", ".", "--path-output", first_build.out)
    assert "Another build is running in " in failed(done)
