"""nbval itself runs in processes of its own, since pytest does not nest: see test_pipeline."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import nbformat
import pytest

from almanac.book.check import LONGEST_DIFF, _plain, check, compare, require_outputs
from almanac.book.errors import BuildError
from almanac.charts.theme import MIME

SHOW = "from IPython.display import display\n"
CELLS = {
    "number": ("print(8.9)", "8.9\n", "8.8\n"),
    "table": (f"{SHOW}display({{'text/html': '<b>1</b>'}}, raw=True)", "<b>1</b>", "<b>2</b>"),
    "chart": (f"{SHOW}display({{'{MIME}': {{'y': 1}}}}, raw=True)", {"y": 1}, {"y": 2}),
}


def recorded(path, changed=None):
    """A notebook with the outputs of `CELLS`, one of them changed."""
    notebook = nbformat.v4.new_notebook()
    for name, (source, output, other) in CELLS.items():
        value = other if name == changed else output
        shown = (
            nbformat.v4.new_output("stream", text=value)
            if name == "number"
            else nbformat.v4.new_output(
                "display_data", {MIME if name == "chart" else "text/html": value}
            )
        )
        cell = nbformat.v4.new_code_cell(source, id=name, outputs=[shown], execution_count=1)
        notebook.cells += [nbformat.v4.new_markdown_cell("Text", id=f"before-{name}"), cell]
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """What nbval says of notebooks with one output changed, by its name."""
    folder = tmp_path_factory.mktemp("recorded")
    names = [None, *CELLS]
    paths = [recorded(folder / f"{name}.ipynb", name) for name in names]
    with (
        pytest.MonkeyPatch.context() as patch,
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
    ):
        patch.setenv("PYTEST_ADDOPTS", "--no-such-option")
        return dict(zip(names, pool.map(compare, paths), strict=True))


def test_nothing_is_said_of_outputs_that_stay_the_same(messages):
    assert messages[None] == []


@pytest.mark.parametrize("name, number", [("number", 2), ("table", 4), ("chart", 6)])
def test_a_changed_output_is_named_with_its_cell(messages, name, number):
    assert len(messages[name]) == 1, messages[name]
    message = messages[name][0]
    assert message.startswith(f"{name}.ipynb, cell {number} ({name}): its output differs")
    assert "\x1b" not in message
    _, output, other = CELLS[name]
    assert str(output).strip() in message and str(other).strip() in message


def test_a_cell_without_recorded_output_is_refused(tmp_path, write):
    notebook = write(tmp_path / "x.ipynb", " ", "print(1)")
    with pytest.raises(BuildError, match=r"^x\.ipynb, cell 3 \(code-1\): no recorded output"):
        require_outputs(notebook)
    with pytest.raises(BuildError, match="no recorded output"):
        check(notebook)


def test_a_long_difference_is_cut():
    assert _plain("\x1b[91mred\x1b[0m") == "red"
    assert len(_plain("x" * 2 * LONGEST_DIFF)) < LONGEST_DIFF + 10
