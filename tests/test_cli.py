import json
import os
import shutil
from unittest import mock

import jupyter_book.cli.main
import pytest
from click.testing import CliRunner

import earlier
from almanac.cli import main


@pytest.fixture
def almanac():
    """Calls the command in this process; what it sets in the environment does not stay."""

    def call(*arguments, **environment):
        usual = {k: v for k, v in os.environ.items() if not k.startswith("ALMANAC_")}
        with mock.patch.dict(os.environ, {**usual, **environment}, clear=True):
            return CliRunner().invoke(main, [*map(str, arguments)])

    return call


@pytest.fixture
def jupyter_book_called(monkeypatch):
    """Jupyter Book replaced by something that notes its call and then does as told."""
    calls = []

    def build(command, standalone_mode):
        calls.append((command, {k: v for k, v in os.environ.items() if k.startswith("ALMANAC_")}))
        print("its banner")
        if build.end:
            raise build.end

    build.calls, build.end = calls, None
    monkeypatch.setattr(jupyter_book.cli.main, "main", build)
    return build


@pytest.fixture
def faulty(frozen_record, tmp_path):
    """A record with a row cut short, and the line that says so."""
    folder = shutil.copytree(frozen_record, tmp_path / "faulty")
    with (folder / "models.csv").open("a", encoding="utf-8") as table:
        table.write("zzz,cut short\n")
    line = len((folder / "models.csv").read_text("utf-8").splitlines())
    return folder, f"models.csv:{line} row: "


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["-h"], *([name, "-h"] for name in main.commands), ["--version"]],
)
def test_help_and_version(almanac, arguments):
    done = almanac(*arguments)
    assert done.exit_code == 0
    assert done.output


def test_a_valid_record(almanac, frozen_record):
    done = almanac("validate", "--data", frozen_record)
    assert (done.exit_code, done.output) == (0, "")
    assert almanac("validate", "--json", "--data", frozen_record).output == "[]\n"


def test_a_faulty_record(almanac, faulty):
    folder, said = faulty
    done = almanac("validate", "--data", folder)
    assert done.exit_code == 1
    assert [line[: len(said)] for line in done.stdout.splitlines()] == [said]
    done = almanac("validate", "--json", "--data", folder)
    assert done.exit_code == 1
    (fault,) = json.loads(done.stdout)
    assert set(fault) == {"file", "table", "line", "column", "problem", "found"}
    assert (fault["table"], fault["column"]) == ("models", "row")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["unknown"], "No such command"),
        (["validate", "--data", "no/such/folder"], "does not exist"),
        (["validate", "--data", "{file}"], "is a file"),
        (["validate", "data"], "unexpected extra argument"),
        (["refresh", "atm"], "'atm' is not a source: the sources are atom, hub, modelsdev"),
        (["refresh", "--data", "no/such/folder"], "does not exist"),
        (["refresh", "--from", "no/such/folder"], "does not exist"),
        (["refresh", "--from", "{folder}", "--save", "{folder}"], "--from fetches nothing"),
        (["refresh", "--save", "{file}"], "is a file"),
        (["refresh", "--json", "--markdown"], "exclude each other"),
        (["diff", "data"], "Missing argument 'NEW'"),
        (["diff", "no/such/folder", "data"], "no/such/folder does not exist: expected a folder"),
        (["diff", "{folder}", "data"], "is none of these"),
        (["diff", "data", "git:no-such"], "the project has no commit 'no-such'"),
        (["diff", "--json", "--markdown", "data", "data"], "exclude each other"),
        (["keep", "{folder}"], "is none of these"),
        (["keep", "data"], "data is no whole edition: name a site or git:COMMIT"),
        (["build", "--data", "no/such/folder"], "does not exist"),
        (["build", "--out", "{file}"], "is a file"),
        (["build", "--out", "{file}/below"], "Not a directory"),
        (["build", "-p", "level"], "requires 2 arguments"),
        (["build", "-p", "level", "0.8", "-p", "LEVEL", "0.9"], "level is set twice"),
        (["build", "--data", "{folder}", "-p", "data", "x"], "data is set twice"),
        (["build", "-p", "a=b", "1"], "'a=b' is not the name of a parameter"),
        (["build", "-p", "", "1"], "'' is not the name of a parameter"),
        (["build", "--out", "{folder}", "-p", "siz_floor_b", "1"], "did you mean size_floor_b?"),
        (["build", "--out", "{folder}", "-p", "level", "high"], "'high' found, expected a number"),
        (["build", "--out", "{folder}", "-p", "as_of", "2025"], "expected a date as YYYY-MM-DD"),
    ],
)
def test_a_wrong_command_line(almanac, jupyter_book_called, tmp_path, arguments, said):
    file = tmp_path / "file"
    file.write_text("")
    done = almanac(*(text.format(file=file, folder=tmp_path) for text in arguments))
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert jupyter_book_called.calls == []


@pytest.fixture(scope="module")
def editions(tmp_path_factory, frozen_record):
    """Two records that differ, and an edition, as far as a comparison reads it."""
    folder = tmp_path_factory.mktemp("editions")
    earlier.write(folder / "old")
    shutil.copytree(frozen_record, folder / "site" / "data")
    (folder / "site" / "results.json").write_text(json.dumps(earlier.results()), "utf-8")
    return folder / "old", frozen_record, folder / "site"


def test_what_differs_is_no_failure_unless_that_is_asked_for(almanac, editions):
    old, new, _ = editions
    done = almanac("diff", old, new)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 of 15 tables differ: 1 row added" in done.stdout
    assert almanac("diff", "--exit-code", old, new).exit_code == 1
    assert almanac("diff", "--exit-code", new, new).exit_code == 0


def test_forms_of_a_comparison(almanac, editions):
    old, new, site = editions
    told = json.loads(almanac("diff", "--json", old, site).stdout)
    assert (told["differs"], told["headlines"]) == (True, None)
    told = json.loads(almanac("diff", "--json", new / "previous.zip", site).stdout)
    assert told["headlines"]["same"] == len(earlier.HEADLINES)
    assert almanac("diff", "--markdown", old, new).stdout.startswith("<!-- almanac diff -->")
    assert "2 values changed" in almanac("diff", "--all", old, new).stdout


def test_what_cannot_be_compared_is_one_sentence(almanac, editions, tmp_path):
    old, new, site = editions
    (tmp_path / "datapackage.json").write_text("[]")
    done = almanac("diff", tmp_path, new)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "expected a JSON object that describes a Data Package" in done.stderr
    done = almanac("diff", old, site / "results.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is a record alone" in done.stderr


def test_an_edition_is_kept_for_the_next(almanac, editions, tmp_path):
    _, new, site = editions
    record = shutil.copytree(new, tmp_path / "record")
    (record / "previous.zip").unlink()
    done = almanac("keep", site, "--data", record)
    assert (done.exit_code, done.stdout) == (0, f"{record / 'previous.zip'}\n")
    assert almanac("diff", "--exit-code", record / "previous.zip", site).exit_code == 0
    done = almanac("keep", site / "results.json", "--data", record)
    assert done.exit_code == 2
    assert "is no whole edition" in done.stderr


def test_what_is_set_reaches_the_build(almanac, jupyter_book_called, frozen_record, tmp_path):
    done = almanac(
        *("build", "--data", frozen_record, "--out", tmp_path),
        *("-p", "level", "0.8", "-p", "regions", "us,china"),
        ALMANAC_UNIT="model",
        ALMANAC_LEVEL="0.95",
    )
    assert done.exit_code == 0, done.output
    ((command, environment),) = jupyter_book_called.calls
    assert command[0] == "build"
    assert command[-2:] == ["--path-output", str(tmp_path)]
    assert environment == {
        "ALMANAC_DATA": str(frozen_record),
        "ALMANAC_LEVEL": "0.8",
        "ALMANAC_REGIONS": "us,china",
        "ALMANAC_UNIT": "model",
    }
    assert done.stdout.splitlines()[-1] == str(tmp_path / "_build" / "html" / "index.html")


def test_relative_folders_are_those_of_the_caller(
    almanac, jupyter_book_called, frozen_record, tmp_path, monkeypatch
):
    monkeypatch.chdir(frozen_record.parent)
    out = os.path.relpath(tmp_path)
    assert almanac("build", "--data", frozen_record.name, "--out", out).exit_code == 0
    ((command, environment),) = jupyter_book_called.calls
    assert environment == {"ALMANAC_DATA": str(frozen_record)}
    assert os.path.samefile(command[-1], tmp_path)


def test_quiet_says_nothing(almanac, jupyter_book_called, tmp_path):
    done = almanac("build", "-q", "--out", tmp_path)
    assert (done.exit_code, done.output) == (0, "")
    assert "-q" in jupyter_book_called.calls[0][0]


@pytest.mark.parametrize(
    "end, said",
    [(SystemExit(1), ""), (SystemExit(2), ""), (RuntimeError("look above"), "look above")],
)
def test_every_failure_of_a_build_is_exit_code_1(
    almanac, jupyter_book_called, tmp_path, end, said
):
    jupyter_book_called.end = end
    done = almanac("build", "-q", "--out", tmp_path)
    assert done.exit_code == 1
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_an_end_without_a_failure_is_none(almanac, jupyter_book_called, tmp_path):
    jupyter_book_called.end = SystemExit(0)
    assert almanac("build", "--out", tmp_path).exit_code == 0


def test_what_is_wrong_elsewhere_is_no_misuse_of_the_command(
    almanac, jupyter_book_called, tmp_path
):
    done = almanac("build", "--out", tmp_path, "-p", "level", "0.8", ALMANAC_SIZ="1")
    assert done.exit_code == 0, "the build itself says it, and ends with 1"
    assert len(jupyter_book_called.calls) == 1
