"""The recorded notebooks under plain `pytest --nbval`, for those who know it."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from regression import references

from almanac.book.edition import ROOT

NAME = "corrections.ipynb"  # has tables and is quick


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What pytest says of a notebook as it was recorded and of three that were recorded otherwise,
    in a process of its own."""
    folder = tmp_path_factory.mktemp("nbval") / "reference"
    folder.mkdir()
    shutil.copy(references.REFERENCE / "conftest.py", folder)
    notebook = nbformat.read(references.REFERENCE / NAME, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "corrections")
    html = cell.outputs[0].data["text/html"]
    cell.outputs[0].data["text/html"] = html.replace(">was</th>", ">stood</th>")
    assert cell.outputs[0].data["text/html"] != html
    nbformat.write(notebook, folder / NAME)
    cell.id = "another"
    nbformat.write(notebook, folder / "codebook.ipynb")
    nbformat.write(notebook, folder / "gone.ipynb")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"),
            *("-c", ROOT / "pyproject.toml", "--rootdir", ROOT),
            *(references.REFERENCE / NAME, folder),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_what_is_as_recorded_passes_and_what_is_not_fails(said):
    assert said.returncode == 1, said.stdout + said.stderr
    cells = references.code_cells(nbformat.read(references.REFERENCE / NAME, as_version=4))
    assert said.stdout.splitlines()[-1].startswith(f"3 failed, {2 * len(cells) - 1} passed")
    assert "tests/reference" not in "".join(re.findall("^FAILED.*$", said.stdout, re.M))


def test_a_difference_is_told_in_words(said):
    assert "corrections.ipynb, cell" in said.stdout
    assert "(corrections): its output differs from the recorded one (rec" in said.stdout
    assert "stood -> was" in said.stdout
    assert "<t" not in said.stdout and max(map(len, said.stdout.splitlines())) < 300


def test_cells_and_notebooks_that_were_not_recorded_are_told(said):
    assert re.search(r"codebook\.ipynb, cell \d+ \(tables\): it is new", said.stdout)
    assert "codebook.ipynb, cell (another): its output is recorded but the cell is" in said.stdout
    assert "gone.ipynb: its outputs are recorded but it is gone" in said.stdout
