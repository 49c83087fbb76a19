"""nbval itself runs in processes of its own, since pytest does not nest: see test_pipeline."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import nbformat
import pytest

from almanac.book.check import LONGEST, Comparison, check, compare, place, require_outputs
from almanac.book.errors import BuildError
from almanac.charts.theme import MIME

SHOW = "from IPython.display import display\n"
CELLS = {
    "number": ("print(8.9)", "8.9\n", "8.8\n"),
    "table": (f"{SHOW}display({{'text/html': '<b>1</b>'}}, raw=True)", "<b>1</b>", "<b>2</b>"),
    "chart": (f"{SHOW}display({{'{MIME}': {{'y': 1}}}}, raw=True)", {"y": 1}, {"y": 2}),
}
TOLD = {
    "number": "printed text: 8.8 -> 8.9",
    "table": "HTML: 2 -> 1",
    "chart": "chart: y: 2 -> 1",
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


def failing(path):
    """A notebook whose only cell once ran without an error."""
    source = "def halve(x):\n    return x / 0\n\nhalve(2)"
    cell = nbformat.v4.new_code_cell(source, id="fails", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """What nbval says of notebooks with one output changed, by its name."""
    folder = tmp_path_factory.mktemp("recorded")
    names = [None, *CELLS, "fails"]
    paths = [recorded(folder / f"{name}.ipynb", name) for name in names[:-1]]
    paths.append(failing(folder / "fails.ipynb"))
    with (
        pytest.MonkeyPatch.context() as patch,
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
    ):
        patch.setenv("PYTEST_ADDOPTS", "--no-such-option")
        told = Comparison(pictures=folder / "pictures")
        return dict(zip(names, pool.map(compare, paths, [told] * len(paths)), strict=True))


def test_nothing_is_said_of_outputs_that_stay_the_same(messages):
    assert messages[None] == []


@pytest.mark.parametrize("name, number", [("number", 2), ("table", 4), ("chart", 6)])
def test_a_changed_output_is_named_with_its_cell_and_told_in_words(messages, name, number):
    assert len(messages[name]) == 1, messages[name]
    first, *lines = messages[name][0].splitlines()
    assert first == (
        f"{name}.ipynb, cell {number} ({name}): its output differs from run to run "
        "(first -> second)"
    )
    assert lines[0] == f"    {TOLD[name]}"


def test_a_chart_that_cannot_be_drawn_is_told_all_the_same(messages):
    *_, last = messages["chart"][0].splitlines()
    assert last.startswith("    chart.chart: after cannot be drawn: ")
    assert len(messages["chart"][0]) < LONGEST


def test_an_error_says_what_it_is_and_where(messages):
    (message,) = messages["fails"]
    first, *lines = message.splitlines()
    said = "it failed with ZeroDivisionError: division by zero"
    assert first == f"fails.ipynb, cell 1 (fails): {said}"
    assert any("halve(2)" in line for line in lines) and "\x1b" not in message


def test_a_cell_is_counted_as_in_the_notebook_that_was_written():
    v4 = nbformat.v4
    injected = v4.new_code_cell("unit = 'model'", metadata={"tags": ["injected-parameters"]})
    title, after = v4.new_markdown_cell("# Title"), v4.new_code_cell("unit", id="after")
    notebook = v4.new_notebook(cells=[title, injected, after])
    assert place(notebook, after) == "cell 2 (after)"
    assert place(notebook, injected) == "the cell with the parameters"


def test_what_is_said_of_one_cell_stays_short_and_says_how_much_it_leaves_out():
    cell = nbformat.v4.new_code_cell("", id="long")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    before, after = (
        [
            nbformat.v4.new_output("display_data", {f"application/x{kind}+json": {"a": word * 500}})
            for kind in range(60)
        ]
        for word in ("old ", "new ")
    )
    message = Comparison().message(notebook, cell, "long", before, after)
    assert 1500 < len(message) <= LONGEST
    *_, last = message.splitlines()
    assert last.strip().startswith("and ") and last.endswith(" more lines")


def test_a_cell_without_recorded_output_is_refused(tmp_path, write):
    notebook = write(tmp_path / "x.ipynb", " ", "print(1)")
    with pytest.raises(BuildError, match=r"^x\.ipynb, cell 3 \(code-1\): no recorded output"):
        require_outputs(notebook)
    with pytest.raises(BuildError, match="no recorded output"):
        check(notebook)
