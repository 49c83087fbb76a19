"""Every notebook, as it is today, gives the outputs that were recorded and reviewed."""

import json
import shutil
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from regression import references
from almanac.book.edition import ROOT
from almanac.book.page import results

NAMES = [source.stem for source in references.notebooks()]
HEADLINES = references.REFERENCE / "results.json"
FIELDS = {
    "id", "chapter", "text", "value", "low", "high", "level", "n", "organisations", "unit",
    "confidence", "exact",
}  # fmt: skip


@pytest.fixture(scope="module")
def differences():
    """What differs from the references, by notebook; all are run at once, as it is faster."""
    shutil.rmtree(references.COMPARISON.pictures, ignore_errors=True)  # of the last run
    settings = references.settled()
    sources = references.notebooks()
    with references.forked_kernels(references.PRELOAD) as call:
        found = call(
            references.verify,
            [
                (source, settings[source.stem], references.REFERENCE / source.name)
                for source in sources
            ],
        )
    return {source.stem: faults for source, faults in zip(sources, found, strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_recorded(name, differences):
    if differences[name]:
        pytest.fail("\n".join(differences[name]), pytrace=False)


def test_no_reference_is_left_behind():
    assert {path.stem for path in references.REFERENCE.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_tells_nothing_of_the_machine_that_made_it(name):
    path = references.REFERENCE / f"{name}.ipynb"
    text = path.read_text("utf-8")
    for folder in {str(ROOT), f"{Path.home()}/", "/tmp/"}:
        assert folder not in text
    recorded = nbformat.read(path, as_version=4)
    for metadata in [recorded.metadata, *(cell.metadata for cell in recorded.cells)]:
        assert not {"papermill", "execution"} & set(metadata)
    known = {cell.id for cell in nbformat.read(references.BOOK / path.name, as_version=4).cells}
    assert {cell.id for cell in recorded.cells} - known <= {"injected-parameters"}


def test_headline_values_are_complete():
    """Every headline of the notebooks has its recorded value, once, with all that it needs."""
    recorded = json.loads(HEADLINES.read_text("utf-8"))
    assert {"edition", "data_date", "parameters", "results"} <= set(recorded)
    assert recorded["edition"] == "default"
    counts = Counter(result["id"] for result in recorded["results"])
    assert [name for name, count in counts.items() if count > 1] == []
    published = {
        result["id"]
        for path in references.REFERENCE.glob("*.ipynb")
        for result in results(nbformat.read(path, as_version=4))
    }
    # The small record has too few models for some headlines: those have a value here alone.
    assert published <= set(counts), "record them: make book accept"
    for result in recorded["results"]:
        assert set(result) >= FIELDS, result["id"]
        assert result["text"] and result["unit"] and result["n"] >= 1, result["id"]
        assert result["chapter"] in NAMES
