"""On a record in which nothing changes no chapter announces that anything does."""

import json

import nbformat
import placebo
import pytest
from regression import references

from almanac.book import parameters
from almanac.book.page import results
from almanac.book.pipeline import preloaded
from almanac.charts.theme import MIME
from almanac.record import validate

# What a title or a sentence says where something has changed or differs.
ANNOUNCING = (
    "grew", "grown", "rose", "fell", "fallen", "sparser", "denser", "faster", "slower", "jumped",
    "more often than", "ahead of", "behind",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return placebo.write(tmp_path_factory.mktemp("placebo") / "record")


@pytest.fixture(scope="module")
def executed(folder, tmp_path_factory):
    """Every notebook of the book, executed on the placebo record, by name."""
    out = tmp_path_factory.mktemp("executed")
    sources = references.notebooks()
    settings = parameters.settle(
        {source.stem: parameters.declared(source) for source in sources},
        {"data": str(folder), "bootstrap_size": "200", "recipe": "us-0-2023-02-10"},
    )
    with references.forked_kernels(preloaded(folder)) as call:
        found = call(
            references.record, [(source, settings[source.stem], out) for source in sources]
        )
    return {path.stem: nbformat.read(path, as_version=4) for path in found}


def test_the_placebo_is_a_valid_record(folder):
    assert not validate(folder)


def test_no_headline_announces_a_change(executed):
    tested = {
        result["id"]: (result["low"], result["neutral"], result["high"])
        for notebook in executed.values()
        for result in results(notebook)
        if result["neutral"] in (0, 1)  # no difference, no factor
    }
    assert tested
    announced = {
        name: (low, neutral, high)
        for name, (low, neutral, high) in tested.items()
        if (low is not None and low > neutral) or (high is not None and high < neutral)
    }
    assert not announced


def test_no_title_or_sentence_says_that_something_changed(executed):
    said = [result["text"] for notebook in executed.values() for result in results(notebook)]
    for notebook in executed.values():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if MIME in output.get("data", {}):
                    title = output["data"][MIME].get("title", "")
                    said.append(title if isinstance(title, str) else json.dumps(title))
    assert len(said) > 20
    assert not [text for text in said if any(f" {word}" in text for word in ANNOUNCING)]


def test_the_placebo_has_what_could_be_announced(executed):
    """Or the tests above would see nothing of it."""
    known = {result["id"] for notebook in executed.values() for result in results(notebook)}
    assert {"leaders-lag-eci", "leaders-lag-china-arena", "leaders-lag-livebench"} <= known
    assert {"experts-granularity", "experts-close", "experts-at-equal-size"} <= known
