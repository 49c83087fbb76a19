"""What is recorded is recorded whole, after a yes, or not at all."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
import time

import accept
import nbformat
import pytest
from regression import references

from almanac.book.edition import ROOT

# Records one state after the other until it is stopped.
WORK = """
import sys
from itertools import cycle
from pathlib import Path
import accept

for state in cycle(["new", "old"]):
    def propose(new):
        for name in ("a.txt", "b.txt", "gone.txt", "looks/c.txt"):
            (new / name).write_text(state)
        return []

    accept.accept(Path(sys.argv[1]), propose, yes=True)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of references, with one below it."""
    folder = tmp_path / "reference"
    (folder / "looks").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "gone.txt", "looks/c.txt"):
        (folder / name).write_text("old")
    return folder


OLD = dict.fromkeys(["a.txt", "b.txt", "gone.txt", "looks/c.txt"], b"old")


def changed(new):
    (new / "a.txt").write_text("new")
    return ["a.txt: old -> new"]


def test_nothing_is_recorded_where_nobody_can_be_asked(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    with pytest.raises(SystemExit, match="nobody can be asked here. Run `make accept`"):
        accept.accept(folder, changed, yes=False)
    assert capsys.readouterr().out == "a.txt: old -> new\n"
    assert accept.contents(folder) == OLD


def test_a_yes_beforehand_records(folder, capsys):
    accept.accept(folder, changed, yes=True)
    assert accept.contents(folder) == OLD | {"a.txt": b"new"}
    assert capsys.readouterr().out.endswith("Recorded.\n")
    assert [path.name for path in folder.parent.iterdir()] == ["reference"]


def test_where_nothing_changed_nobody_is_asked(folder, capsys):
    accept.accept(folder, lambda new: ["nothing"], yes=False)
    assert capsys.readouterr().out == "nothing\nThere is nothing to record.\n"


@pytest.mark.parametrize("answer", ["y\n", "n\n", "\n"])
def test_it_asks_once(folder, answer, monkeypatch, capsys):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, answer.encode())
        if answer == "y\n":
            accept.accept(folder, changed, yes=False)
            assert accept.contents(folder) == OLD | {"a.txt": b"new"}
        else:
            with pytest.raises(SystemExit, match="Nothing is recorded"):
                accept.accept(folder, changed, yes=False)
            assert accept.contents(folder) == OLD
    os.close(ours)
    said = capsys.readouterr().out
    assert said.startswith("a.txt: old -> new\n")
    assert said.count("Record these? [y/N]: ") == 1


def test_a_failure_in_the_middle_leaves_all_as_it_was(folder):
    def fails(new):
        (new / "a.txt").write_text("new")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        accept.accept(folder, fails, yes=True)
    assert accept.contents(folder) == OLD
    assert [path.name for path in folder.parent.iterdir()] == ["reference"]


def test_what_others_changed_meanwhile_is_not_lost(folder):
    def slow(new):
        (folder / "b.txt").write_text("of another")
        return changed(new)

    with pytest.raises(SystemExit, match="has changed meanwhile"):
        accept.accept(folder, slow, yes=True)
    assert accept.contents(folder) == OLD | {"b.txt": b"of another"}


@pytest.mark.parametrize("failing", [1, 2], ids=["first rename", "second rename"])
def test_a_rename_that_fails_leaves_all_as_it_was(folder, monkeypatch, failing):
    rename, calls = os.rename, []

    def breaks(*paths):
        calls.append(paths)
        if len(calls) == failing:
            raise OSError("refused")
        rename(*paths)

    monkeypatch.setattr(os, "rename", breaks)
    with pytest.raises(OSError, match="refused"):
        accept.accept(folder, changed, yes=True)
    assert accept.contents(folder) == OLD


def test_what_was_killed_between_the_renames_is_brought_back(folder):
    os.rename(folder, folder.with_name("reference.old"))
    accept.accept(folder, changed, yes=True)
    assert accept.contents(folder) == OLD | {"a.txt": b"new"}


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interrupt_at_any_moment_leaves_the_old_or_the_new_whole(folder, number):
    drawn, states = random.Random(0), set()
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, folder],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        process.stdout.readline()  # the first is recorded
        time.sleep(drawn.uniform(0, 0.02))
        while process.poll() is None:  # one that comes as folders change places is not heard
            process.send_signal(number)
            time.sleep(0.005)
        process.stdout.close()
        accept.recover(folder)
        found = accept.contents(folder)
        assert set(found) == set(OLD) and len(set(found.values())) == 1
        states |= set(found.values())
    assert states == {b"old", b"new"}


def test_an_interrupt_while_it_works_leaves_all_as_it_was(folder, request):
    # ignored where a shell left the tests behind
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))

    def interrupted(new):
        (new / "a.txt").write_text("new")
        signal.raise_signal(signal.SIGINT)
        return []

    with pytest.raises(KeyboardInterrupt):
        accept.accept(folder, interrupted, yes=True)
    assert accept.contents(folder) == OLD
    assert [path.name for path in folder.parent.iterdir()] == ["reference"]


def test_changes_of_a_notebook_are_told_as_the_regression_tests_tell_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = references.REFERENCE / "corrections.ipynb"
    notebook = nbformat.read(old, as_version=4)
    new = tmp_path / old.name
    nbformat.write(notebook, new)
    assert accept.notebook_changes(old, new) == []
    cells = {cell.id: cell for cell in notebook.cells}
    cells["title"].source += " more"
    nbformat.write(notebook, new)
    assert accept.notebook_changes(old, new) == [
        "corrections.ipynb: its text or code changed, and no output"
    ]
    html = cells["renamed"].outputs[0].data
    html["text/html"] = html["text/html"].replace(">old key<", ">former key<")
    cells["count"]["id"] = "number"
    nbformat.write(notebook, new)
    added, (table, *_), gone = (
        [text for text in accept.notebook_changes(old, new) if word in text]
        for word in ("it is new", "old key -> former key", "it is gone")
    )
    assert added == ["corrections.ipynb, cell 3 (number): it is new"]
    assert table.startswith("corrections.ipynb, cell ") and "(recorded -> now)" in table
    assert gone == ["corrections.ipynb, cell (count): it is gone"]


def test_headlines_that_moved_are_told(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    found = json.loads((references.REFERENCE / "results.json").read_text("utf-8"))
    (tmp_path / "results.json").write_text(json.dumps(found), "utf-8")
    first, second, *_ = found["results"]
    second["id"] = "another"
    (pages / "results.json").write_text(json.dumps(found), "utf-8")
    gone, new = accept.propose_headlines(tmp_path, pages)
    assert " is gone: " in gone and new.startswith("headline another is new: ")
    was, first["n"] = first["n"], first["n"] + 1
    (pages / "results.json").write_text(json.dumps(found), "utf-8")
    assert accept.propose_headlines(tmp_path, pages) == [
        f"headline {first['id']}: n {was} -> {was + 1}"
    ]
    assert accept.propose_headlines(tmp_path, pages) == ["Headline values: nothing changed."]
