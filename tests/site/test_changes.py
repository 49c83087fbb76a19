"""The page of changes, built on the small record with the edition that was made up before it."""

import json
import zipfile

import earlier
import pytest
from bs4 import BeautifulSoup

from almanac.measures.moves import moves


@pytest.fixture(scope="module")
def page(built_site):
    return BeautifulSoup((built_site / "book" / "changes.html").read_bytes(), "html.parser")


def rows(page, caption):
    """The rows of the table with that caption, without its head."""
    (found,) = [c for c in page.find_all("caption") if c.text.startswith(caption)]
    body = found.find_parent("table").tbody
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in body.find_all("tr")]


def test_the_finding_says_what_differs_and_what_moved(page, built_site):
    now = json.loads((built_site / "results.json").read_text("utf-8"))
    told = page.select_one("div.finding").get_text(" ", strip=True)
    assert told == (
        "Since the edition of 20 November 2026, 3 of 15 tables differ: 1 row added, 1 row removed, "
        f"2 values changed, 1 new column. {moves(earlier.results(), now).in_words()}"
    )
    index = BeautifulSoup((built_site / "book" / "index.html").read_bytes(), "html.parser")
    changed = index.select_one("section#what-changed")
    assert moves(earlier.results(), now).in_words() in changed.text
    assert changed.select_one("a[href='changes.html']")


def test_rows_and_values_are_shown(page):
    assert rows(page, "Rows and values")[1] == ["models", "117", "118", "1", "0", "2", ""]
    assert rows(page, "Rows that came") == [
        ["models", earlier.NEW_MODEL, "added"], ["events", earlier.LOST_EVENT, "removed"],
    ]  # fmt: skip
    assert rows(page, "Values that changed") == [
        ["models", *value] for value in earlier.VALUES
    ]


def test_headlines_that_moved_are_shown_as_the_book_writes_them(page):
    moved = {row[2]: row for row in rows(page, "Headline numbers that moved")}
    assert moved["50% (35% to 60%)"][4] == "beyond the old interval"
    bend = "beyond the old interval; the intervals have nothing in common"
    assert moved["0.90 (0.85 to 1.20)"][4] == bend
    assert moved["117"][3:] == ["118", "exact (no interval)"]
    assert moved["60% (20% to 90%)"][4] == "within the old interval"
    assert not any(row[2].startswith("40%") for row in moved.values()), "written the same"
    assert [row[0] for row in rows(page, "Headline numbers that are gone")] == ["A share of 0.25."]
    assert len(rows(page, "Headline numbers that are new")) > 30


def test_the_edition_before_can_be_taken_and_lies_beside_the_archive(page, built_site):
    link = page.select_one("a[download][href$='previous.zip']")["href"]
    with zipfile.ZipFile(built_site / "book" / link) as kept:
        assert "results.json" in kept.namelist()
    with zipfile.ZipFile(built_site / "data" / "open-weights-almanac.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith("previous.zip")]


def test_the_command_says_the_same(built_site, run):
    done = run("almanac", "diff", built_site / "data" / "previous.zip", built_site)
    assert done.returncode == 0, done.stderr
    assert "Data: 3 of 15 tables differ: 1 row added" in done.stdout
