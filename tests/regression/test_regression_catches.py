"""The regression tests catch what they are for: nbval compares nothing where nothing is recorded.

Each change is made to what was recorded from one small notebook, in one cell, so that the
notebook as it is differs there and nowhere else.
"""

import copy
import re

import nbformat
import pytest
from regression import references
from almanac.charts.theme import MIME

PARAMETERS = {"median": 13.8}
IMPORTS = ("altair", "pandas", "almanac.charts", "almanac.notebook")
CELLS = {
    "number": (
        "from almanac import notebook\n"
        "notebook.start()\n"
        'notebook.quote(share=f"{median:.1f}")\n'
        'print(f"the median is {median:.1f}")'
    ),
    "table": (
        "import pandas as pd\n"
        "from almanac.charts import tables\n"
        'frame = pd.DataFrame({"year": [2024, 2025], "models": [41, 62]})\n'
        'tables.Table(frame, "Models by year")'
    ),
    "chart": (
        "import altair as alt\n"
        'alt.Chart(frame).mark_bar().encode(x="year:O", y="models:Q").properties(title="Models")'
    ),
}


def _notebook(cells):
    v4 = nbformat.v4
    default = v4.new_code_cell("median: float = 0.0  # a number", id="parameters")
    default.metadata["tags"] = ["parameters"]
    return v4.new_notebook(
        cells=[default, *(v4.new_code_cell(source, id=name) for name, source in cells.items())],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )


def change(cell, mime, old, new):
    """Replace text in the recorded outputs of a kind; see that it was there."""
    for output in cell.outputs:
        if mime == "stream" and output.output_type == "stream":
            assert old in output.text
            output.text = output.text.replace(old, new)
        elif mime in output.get("data", {}):
            assert old in output.data[mime]
            output.data[mime] = output.data[mime].replace(old, new)


def change_stream(cells):
    change(cells["number"], "stream", "13.8", "13.9")


def change_glue(cells):
    for output in cells["number"].outputs:
        for mime, text in output.get("data", {}).items():
            assert "13.8" in text
            output.data[mime] = text.replace("13.8", "13.9")


def change_table(cells):
    change(cells["table"], "text/html", ">62</td>", ">63</td>")


def change_chart_data(cells):
    (output,) = cells["chart"].outputs
    (rows,) = output.data[MIME]["datasets"].values()
    assert rows[1]["models"] == 62
    rows[1]["models"] = 63


def change_chart_form(cells):
    cells["chart"].outputs[0].data[MIME]["mark"] = {"type": "line"}


def drop_one_output(cells):
    cells["chart"].outputs = []


def leave_unexecuted(cells):
    cells["table"].execution_count = None


CHANGES = {
    "nothing": (None, None, ""),
    "text": (change_stream, "number", "13.9"),
    "glue": (change_glue, "number", "13.9"),
    "table": (change_table, "table", ">63</td>"),
    "chart-data": (change_chart_data, "chart", MIME),
    "chart-form": (change_chart_form, "chart", MIME),
    "missing-output": (drop_one_output, "chart", ""),
    "never-executed": (leave_unexecuted, "table", "no recorded output"),
    "new-cell": (lambda cells: cells["table"].update(id="other"), "table", "it is new"),
    "lost-cell": (lambda cells: cells["table"].update(id="other"), "other", "the cell is gone"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """What the regression test says of each change; all are run at once, as it is faster."""
    folder = tmp_path_factory.mktemp("catches")
    source = folder / "small.ipynb"
    nbformat.write(_notebook(CELLS), source)
    (folder / "recorded").mkdir()
    with references.forked_kernels(IMPORTS) as call:
        (recorded,) = call(references.record, [(source, PARAMETERS, folder / "recorded")])
        original = nbformat.read(recorded, as_version=4)
        jobs = []
        for name, (edit, _, _) in CHANGES.items():
            reference = folder / f"{name}.ipynb"
            edited = copy.deepcopy(original)
            if edit:
                edit({cell.id: cell for cell in edited.cells})
            nbformat.write(edited, reference)
            jobs.append((source, PARAMETERS, reference))
        found = call(references.verify, jobs)
    return dict(zip(CHANGES, found, strict=True))


def test_no_change_is_no_difference(verdicts):
    assert verdicts["nothing"] == []


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "nothing"])
def test_a_change_is_caught_and_its_cell_named(name, verdicts):
    _, cell, words = CHANGES[name]
    messages = [text for text in verdicts[name] if re.search(rf"\b{cell}\b", text.split(":")[0])]
    assert messages, verdicts[name]
    assert words in messages[0]
    others = {"number", "table", "chart"} - {cell}
    if name != "lost-cell":
        for message in verdicts[name]:
            assert not any(f"({other})" in message.split(":")[0] for other in others)


def test_a_notebook_without_reference_is_an_error(tmp_path):
    (message,) = references.verify(tmp_path / "new.ipynb", {}, tmp_path / "none.ipynb")
    assert message.startswith("new.ipynb: it has no reference")
