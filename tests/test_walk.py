"""The page *Rerun it* leads to an edition of one's own: it is followed to the letter."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT

PAGE = (ROOT / "book" / "rerun.md").read_text("utf-8")
SECTION = re.search(r"^## With your own data\n(.*?)^## ", PAGE, re.S | re.M)[1]
COMMANDS = [
    line.split()
    for block in re.findall(r"```bash\n(.*?)```", SECTION, re.S)
    for line in block.splitlines()
]
STARTER = ROOT / "almanac" / "starter"


@pytest.fixture
def walk(tmp_path):
    """Follows one command of the page, in a folder that has the project's record."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "data", tmp_path / "data")

    def follow(command):
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)

    follow.folder = tmp_path
    return follow


def test_the_walk_as_far_as_a_whole_book(walk):
    steps = [command for command in COMMANDS if command[1:2] != ["build"]]
    assert [command[1] for command in steps[:3]] == ["new", "map", "validate"]
    for command in steps:
        done = walk(command)
        assert (done.returncode, done.stderr) == (0, ""), command
    # making the overlay anew changes nothing: the starter holds what the mapping makes
    made = walk.folder / "mine" / "overlay"
    for path in (STARTER / "overlay").iterdir():
        assert (made / path.name).read_bytes() == path.read_bytes()


def test_the_mapping_on_the_page_is_that_of_the_starter():
    (shown,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.S)
    whole = yaml.safe_load((STARTER / "mapping.yml").read_text("utf-8"))
    assert yaml.safe_load(shown)["tables"] == whole["tables"]


def test_a_starter_goes_to_a_new_folder_only(walk):
    assert walk([".venv/bin/almanac", "new", "mine"]).returncode == 0
    before = sorted(walk.folder.rglob("*"))
    done = walk([".venv/bin/almanac", "new", "mine"])
    assert done.returncode == 2 and "mine is not empty; name a new folder" in done.stderr
    assert sorted(walk.folder.rglob("*")) == before


def test_map_writes_over_nothing_unasked(walk):
    new, map_ = ([".venv/bin/almanac", *words.split()] for words in (
        "new mine", "map mine/catalogue.json --with mine/mapping.yml"))  # fmt: skip
    walk(new)
    table = walk.folder / "mine" / "overlay" / "releases.csv"
    table.write_text(table.read_text().replace("2026-07-16", "2026-07-17"))
    done = walk(map_)
    assert done.returncode == 1
    assert "mine/overlay/releases.csv would be written over; use --replace" in done.stderr
    assert "2026-07-17" in table.read_text()
    assert walk([*map_, "--replace"]).returncode == 0
    assert "2026-07-17" not in table.read_text()
    (walk.folder / "mine" / "mapping.yml").write_text("tables: {}\n")
    done = walk(map_)
    assert done.returncode == 1 and "mapping.yml:1 source: field required" in done.stderr


@pytest.mark.soak
def test_the_walk_to_its_end(walk):
    for command in COMMANDS:
        done = walk(command)
        assert (done.returncode, done.stderr) == (0, ""), command
    pages = walk.folder / "mine" / "edition" / "_build" / "html"
    told = "Rows of the record: data: "
    for page in (pages / "book").glob("*.html"):
        text = page.read_text("utf-8")
        assert told in text and "overlay overlay: " in text, page.name
    results = json.loads((pages / "results.json").read_text("utf-8"))
    assert {layer["table"] for layer in results["overlays"]} == {"releases", "evidence"}


def test_an_edition_with_an_overlay(run, frozen_record, tmp_path):
    """A wrong overlay stops a build at its own line, and a book that was there stays."""
    own = tmp_path / "mine"
    own.mkdir()
    (own / "events.csv").write_text("event_id,date,label,kind\nown,soon,Own,policy\n")
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the last good site")
    done = run("almanac", "build", "-q", "--data", frozen_record, "--overlay", own,
               "--out", tmp_path)  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"^mine/events.csv:2 date: expected a date", done.stderr, re.M)
    assert (site / "index.html").read_text() == "the last good site"
