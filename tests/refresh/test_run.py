"""The whole command, against a local server and against saved copies."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from almanac.cli import main
from almanac.record import validate
from almanac.refresh import tables

SAMPLES = Path(__file__).parents[1] / "sources" / "saved"
RAW = "/raw.githubusercontent.com/Interconnects-AI/tracked-models/main"
ATOM = {
    f"{RAW}/models.csv": "models.csv",
    f"{RAW}/extra_models.csv": "extra_models.csv",
    f"{RAW}/metadata/model_parameters.csv": "model_parameters.csv",
    f"{RAW}/metadata/release_date_corrections.csv": "release_date_corrections.csv",
}


@pytest.fixture
def refresh(record, tmp_path):
    """Runs the command on the tiny record, in this process."""

    def call(*arguments):
        given = ["refresh", "--data", record, *arguments]
        if "--from" not in arguments:
            given += ["--save", tmp_path / "saved"]
        return CliRunner().invoke(main, [*map(str, given)])

    return call


@pytest.fixture
def files(record):
    """The bytes of the record, read anew at each call."""
    return lambda: {path.name: path.read_bytes() for path in sorted(record.iterdir())}


@pytest.fixture
def atom(upstream):
    """The server, with all of ATOM's documents as they should be."""
    for path, file in ATOM.items():
        upstream.reply(path, (SAMPLES / "atom" / file).read_text("utf-8"))
    return upstream


def test_a_proposal_writes_nothing(refresh, atom, files):
    before = files()
    done = refresh("atom")
    assert done.exit_code == 0, done.output
    assert "models acme-2 total_params_b: blank -> 30 (atom, " in done.stdout
    assert files() == before


def test_what_is_fetched_is_saved_and_reads_the_same_again(refresh, atom, tmp_path, files):
    live = refresh("--json", "atom")
    again = refresh("--from", tmp_path / "saved", "--json", "atom")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout) == json.loads(live.stdout)


def test_a_write_is_valid_and_a_second_one_changes_nothing(refresh, atom, record, files):
    assert refresh("--write", "atom").exit_code == 0
    assert validate(record) == []
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"
    once = files()
    done = refresh("--write", "atom")
    assert done.stdout.startswith("Written: 0 of 0 changes proposed.")
    assert files() == once


@pytest.mark.parametrize(
    "name, said",
    [
        ("html", "model_parameters.csv is HTML, not CSV"),
        ("utf8", "model_parameters.csv is not text in UTF-8"),
        ("columns", "model_parameters.csv has no column model_id, total_params_b"),
        ("truncated", "was cut short"),
        ("silent", "did not answer within 0.3 s"),
        ("endless", "is larger than"),
        ("bomb", "is larger than"),
        ("loop", "redirects more than 3 times"),
        ("file", 'redirects to "file:///etc/passwd", which is not https'),
        ("busy", "asks to wait 3600 s"),
        ("gone", "answered 404"),
        ("offline", "cannot be reached"),
    ],
)
def test_every_bad_upstream_ends_in_one_line_and_an_untouched_record(
    refresh, atom, replies, files, name, said
):
    path = f"{RAW}/metadata/model_parameters.csv"
    bad = {
        "html": "<!doctype html><p>hello",
        "utf8": b"model_id\xff",
        "columns": "one,two\n",
        "loop": replies["redirect"](path),
        "file": replies["redirect"]("file:///etc/passwd"),
        "busy": replies["status"](429, Retry_After="3600"),
        "gone": replies["not_found"],
    }
    atom.reply(path, bad.get(name) or replies.get(name, "x"))
    if name == "offline":
        atom.shutdown()
        atom.server_close()
    before = files()
    done = refresh("--write", "atom")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    (line,) = done.stderr.splitlines()
    assert line.startswith("ATOM Project: https://raw.githubusercontent.com/")
    assert said in line
    assert line.endswith("Try later, or read a saved copy with --from DIR.")
    assert files() == before


def test_a_failed_source_does_not_stop_the_others(refresh, atom, record):
    done = refresh("--write", "atom", "epoch")
    assert done.exit_code == 1
    assert (
        "FAILED epoch: Epoch AI: https://epoch.ai/data/all_ai_models.csv answered 404"
        in done.stdout
    )
    rows = tables.read(record).rows
    assert rows["models"]["acme-2",]["total_params_b"] == "30"
    epoch = [row for row in rows["evidence"].values() if "epoch.ai" in row["source_url"]]
    assert [row["accessed_on"] for row in epoch] == ["2026-11-20"], "nothing of what failed"
    assert validate(record) == []


def test_no_copy_of_a_failed_source_is_saved(refresh, atom, tmp_path):
    refresh("atom", "epoch")
    assert [path.name for path in (tmp_path / "saved").iterdir()] == ["atom"]


def test_all_the_samples_of_all_sources(refresh, record, tmp_path):
    folder = shutil.copytree(SAMPLES / "tables", tmp_path / "copies")
    done = refresh("--from", folder, "--write")
    assert done.exit_code == 0, done.output
    assert validate(record) == []
    once = refresh("--from", folder, "--write")
    assert once.stdout.startswith("Written: 0 of 0 changes proposed.")


def test_named_sources_need_copies_and_others_do_not(refresh, tmp_path):
    (tmp_path / "copies").mkdir()
    done = refresh("--from", tmp_path / "copies")
    assert done.exit_code == 1
    assert "there are no saved copies of any source in" in done.stderr
    shutil.copy(SAMPLES / "tables" / "tracked_models.csv", tmp_path / "copies")
    done = refresh("--from", tmp_path / "copies")
    assert done.exit_code == 0
    assert "Epoch AI: no saved copy in" in done.stderr
    done = refresh("--from", tmp_path / "copies", "epoch")
    assert done.exit_code == 1


def test_a_draft_is_added_when_it_is_asked_for(refresh, record, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    header = (SAMPLES / "tables" / "hub_models_2026-10-05.csv").read_text("utf-8").splitlines()[0]
    row = "acme/New-7B,Acme,7000000000,4096,text-generation,acme,9,1,2026-10-01,mit"
    (folder / "hub_models_2026-10-05.csv").write_text(f"{header}\n{row}\n", "utf-8")
    done = refresh("--from", folder, "--add", "acme/New-7B", "hub")
    assert "New models, as drafts: 1" in done.stdout
    assert ("new-7b",) not in tables.read(record).rows["models"]
    assert refresh("--from", folder, "--add", "acme/New-7B", "--write", "hub").exit_code == 0
    assert tables.read(record).rows["models"]["new-7b",]["total_params_b"] == "7"
    assert validate(record) == []
    done = refresh("--from", folder, "--add", "acme/Other", "--write", "hub")
    assert done.exit_code == 1
    assert "is not among the proposed new models" in done.stderr


def test_a_record_that_cannot_be_read(refresh, record, tmp_path):
    (record / "datapackage.json").write_text("{", "utf-8")
    done = refresh("--from", SAMPLES / "tables", "atom")
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.output


def test_markdown_for_a_pull_request(refresh, atom):
    done = refresh("--markdown", "atom")
    assert done.stdout.startswith("```text\n")


RECIPES = "/recipes.vllm.ai/models.json"


def test_a_copy_that_cannot_be_saved_fails_its_source_alone(refresh, atom, record, tmp_path):
    atom.reply("/ollama.com/library", (SAMPLES / "ollama" / "library.html").read_text("utf-8"))
    (tmp_path / "saved" / "ollama").mkdir(parents=True)
    (tmp_path / "saved" / "ollama" / "original").write_text("mine", "utf-8")
    done = refresh("--write", "atom", "ollama")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Ollama: ")
    assert "which --save did not write" in line
    assert (tmp_path / "saved" / "ollama" / "original").read_text("utf-8") == "mine"
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"


def test_an_id_that_is_too_long_is_a_bad_row(refresh, atom):
    entries = [{"hf_id": f"acme/{'b' * 300}"}, {"hf_id": "acme/Acme-2"}]
    atom.reply(RECIPES, json.dumps(entries))
    recipe = (SAMPLES / "recipes" / "recipe-acme--Acme-2.json").read_text("utf-8")
    atom.reply("/recipes.vllm.ai/acme/Acme-2.json", recipe)
    done = refresh("atom", "recipes")
    assert done.exit_code == 0, done.output
    assert "recipes models.json entry 1: expected an hf_id" in done.stdout


def test_the_longest_id_has_a_name_for_its_copy(refresh, atom):
    hub_id = f"{'a' * 96}/{'b' * 96}"
    atom.reply(RECIPES, json.dumps([{"hf_id": hub_id}]))
    atom.reply(f"/recipes.vllm.ai/{hub_id}.json", json.dumps({"model": {"model_id": hub_id}}))
    done = refresh("recipes")
    assert done.exit_code == 0, done.output


def test_a_fault_of_our_own_ends_one_source_only(refresh, atom, record, monkeypatch):
    from almanac.sources import epoch

    def stumble(document, needed, said):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(epoch, "sound_rows", stumble)
    atom.reply("/epoch.ai/data/all_ai_models.csv", "Model\n")
    done = refresh("--write", "atom", "epoch")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert "by a fault of the almanac's own: report it (ZeroDivisionError oh)" in line
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"


def test_a_source_that_says_nothing_at_all_has_changed(refresh, upstream):
    header = (SAMPLES / "epoch" / "all_ai_models.csv").read_text("utf-8").splitlines()[0]
    upstream.reply("/epoch.ai/data/all_ai_models.csv", f"{header}\n")
    done = refresh("epoch")
    assert done.exit_code == 1
    assert "Epoch AI: nothing in it is recognised: its schema has changed" in done.stderr


def test_json_is_printable_whatever_an_upstream_says(refresh, atom):
    atom.reply(RECIPES, '[{"hf_id": "\\ud800\x9b"}, {"hf_id": "acme/Acme-2"}]')
    recipe = (SAMPLES / "recipes" / "recipe-acme--Acme-2.json").read_text("utf-8")
    atom.reply("/recipes.vllm.ai/acme/Acme-2.json", recipe)
    done = refresh("--json", "atom", "recipes")
    assert done.exit_code == 0, done.output
    assert done.stdout.isascii()


def test_half_a_record_is_not_read(refresh, atom, record, monkeypatch, files):
    from almanac.refresh import write

    real, done = write.os.replace, []

    def replace(source, target):
        if target.parent == record:
            done.append(target)
            if len(done) == 2:
                raise PermissionError(13, "denied")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(write.os, "replace", replace)
        cut_off = refresh("--write", "atom")
    assert cut_off.exit_code == 1
    assert "is written in part only" in cut_off.stderr
    assert "Nothing is written" not in cut_off.stderr
    half = files()
    again = refresh("atom")
    assert again.exit_code == 1
    assert "refresh with --write, which finishes it first" in again.stderr
    assert files() == half
    finished = refresh("--write", "atom")
    assert finished.exit_code == 0
    assert "it is finished now" in finished.stderr
    assert validate(record) == []
