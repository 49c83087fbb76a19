import nbformat
import pytest
from bs4 import BeautifulSoup

import earlier
from almanac.book import moved
from almanac.measures.moves import moves
from almanac.record import previous

NASTY = '<img src=x onerror=alert(1)> "{value}" `code` $x$'


def filled(old, new):
    """The cells of the page that is filled, and what the headlines' shows."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# What changed", id="title"),
        nbformat.v4.new_markdown_cell("In the book it stands here.", id=moved.PLACE),
    ]
    moved.fill(notebook, old, new)
    nbformat.validate(notebook)
    title, cell = notebook.cells
    assert (title.source, cell.id) == ("# What changed", moved.PLACE)
    quoted, shown = cell.outputs
    assert quoted.metadata["scrapbook"]["name"] == moved.SENTENCE
    said = quoted.data["application/papermill.record/text/plain"]
    return said, BeautifulSoup(shown.data["text/html"], "html.parser")


@pytest.fixture
def now():
    results = earlier.results()
    for result in results["results"]:
        if result["id"] == "moe-share":
            result |= {"value": 0.29, "low": 0.1, "high": 0.5,
                       "text": f"It is 29% (90% interval: 10% to 50%). {NASTY}"}  # fmt: skip
        if result["id"] == "timeline-bend":
            result |= {"value": 0.9001}
    results["results"].append(earlier.RESULT | {"id": "new", "value": 0.1, "text": "New."})
    return results


def test_the_sentence_can_be_quoted_and_stands_on_the_page(now):
    said, page = filled(earlier.results(), now)
    sentence = moves(earlier.results(), now).in_words()
    assert said == repr(sentence)
    assert page.p.text == sentence


def test_headlines_that_moved_as_readers_see_them(now):
    _, page = filled(earlier.results(), now)
    first, second = page.find_all("table")
    ((*_, head), row) = [[cell.text for cell in row.find_all(["th", "td"])]
                         for row in first.find_all("tr")]  # fmt: skip
    assert head == "moved"
    assert row == [f"It is 29%. {NASTY}", "moe", "50% (35% to 60%)", "29% (10% to 50%)",
                   "beyond the old interval"]  # fmt: skip
    assert second.caption.text == "Headline numbers that are new"
    assert page.find("img") is None


def test_parameters_that_differ_are_named(now):
    now["parameters"] = {"as_of": "2026-10-31", "regions": ["us"]}
    _, page = filled(earlier.results(), now)
    assert "Of the parameters, as_of was 2026-09-30 and is 2026-10-31." in page.text
    old = earlier.results()
    old["parameters"] = now["parameters"]
    assert "Of the parameters" not in filled(old, now)[1].text


def test_without_an_edition_before_it_says_so(now):
    said, page = filled(None, now)
    assert said == repr(moved.NONE)
    assert (page.text, page.find("table")) == (moved.NONE, None)


def test_the_page_has_the_place_that_is_filled():
    from almanac.book.edition import ROOT

    page = nbformat.read(ROOT / "book" / f"{moved.PAGE}.ipynb", as_version=4)
    assert moved.PLACE in [cell.id for cell in page.cells]
    assert f"{moved.PAGE}.ipynb::{moved.SENTENCE}:s" in page.cells[0].source
    assert previous.read_results(ROOT / "data")["edition"] == "default"
