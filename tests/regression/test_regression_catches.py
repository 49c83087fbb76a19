"""The regression tests catch what they are for: nbval compares nothing where nothing is recorded.

Each change is made to what was recorded from one small notebook, in one cell, so that the
notebook as it is differs there and nowhere else.
"""

import copy
import re
from dataclasses import replace

import nbformat
import pytest
from PIL import Image
from regression import references

from almanac.book.check import LONGEST
from almanac.charts.theme import MIME
from almanac.notebook import RESULT

PARAMETERS = {"median": 13.8}
IMPORTS = ("altair", "pandas", "almanac.charts", "almanac.notebook")
CELLS = {
    "number": (
        "from almanac import notebook\n"
        "notebook.start()\n"
        'notebook.quote(share=f"{median:.1f}")\n'
        'print(f"the median is {median:.1f}")'
    ),
    "headline": (
        "from almanac.measures.estimate import Estimate\n"
        "estimate = Estimate(median, 12.5, 15.0, 0.9, 41, 7, 'billions', 'bootstrap', 'B')\n"
        'notebook.headline("size", estimate, "The median is {value} B ({interval}).")'
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
    spec = cells["chart"].outputs[0].data[MIME]
    spec["mark"] = {"type": "line"}
    spec["encoding"]["y"]["field"] = "share"
    spec["title"] = "Shares"


def change_headline(cells):
    for output in cells["headline"].outputs:
        if RESULT in output.data:
            output.data[RESULT] |= {"value": 13.9, "low": None, "n": 42}


def drop_one_output(cells):
    cells["chart"].outputs = []


def leave_unexecuted(cells):
    cells["table"].execution_count = None


# What is changed, in which cell, and all that is said of it after the name of the cell.
CHANGES = {
    "nothing": (None, None, []),
    "text": (
        change_stream,
        "number",
        ["printed text: the median is 13.9 -> the median is 13.8"],
    ),
    "glue": (change_glue, "number", ["quoted value share: 13.9 -> 13.8"]),
    "headline": (
        change_headline,
        "headline",
        ["headline size: value 13.9 -> 13.8; interval open to 15.0 -> 12.5 to 15.0; n 42 -> 41"],
    ),
    "table": (change_table, "table", ["table “Models by year”: year 2025: models 63 -> 62"]),
    "chart-data": (change_chart_data, "chart", ["chart “Models”: year 2025: models 63 -> 62"]),
    "chart-form": (
        change_chart_form,
        "chart",
        [
            "chart “Models”:",
            "title: Shares -> Models",
            "mark type: line -> bar",
            "encoding y field: share -> models",
        ],
    ),
    "missing-output": (drop_one_output, "chart", ["chart “Models” is new"]),
    "never-executed": (leave_unexecuted, "table", ["no recorded output"]),
    "new-cell": (lambda cells: cells["table"].update(id="other"), "table", ["it is new"]),
    "lost-cell": (lambda cells: cells["table"].update(id="other"), "other", ["the cell is gone"]),
}
PICTURES = {
    "chart-data": {"before", "after", "difference"},
    "chart-form": {"before", "after", "difference"},
    "missing-output": {"after"},
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Folder of the pictures of each change."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory, pictures):
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
            told = replace(references.COMPARISON, pictures=pictures / name)
            jobs.append((source, PARAMETERS, reference, told))
        found = call(references.verify, jobs)
    return dict(zip(CHANGES, found, strict=True))


def test_no_change_is_no_difference(verdicts):
    assert verdicts["nothing"] == []


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "nothing"])
def test_a_change_is_caught_and_told_in_words(name, verdicts):
    _, cell, lines = CHANGES[name]
    messages = [text for text in verdicts[name] if re.search(rf"\({cell}\)", text.split(":")[0])]
    assert messages, verdicts[name]
    assert messages[0].startswith("small.ipynb, cell ")
    for line in lines:
        assert line in messages[0]
    others = {"number", "headline", "table", "chart"} - {cell}
    if name != "lost-cell":
        for message in verdicts[name]:
            assert not any(f"({other})" in message.split(":")[0] for other in others)


@pytest.mark.parametrize("name", CHANGES)
def test_a_message_is_short_and_shows_no_raw_output(name, verdicts):
    for message in verdicts[name]:
        assert len(message) <= LONGEST
        assert max(map(len, message.splitlines())) < 300
        for raw in ("<t", "{", "$schema", "datasets", MIME, RESULT):
            assert raw not in message


@pytest.mark.parametrize("name", CHANGES)
def test_a_chart_that_changed_is_shown_before_after_and_where(name, verdicts, pictures):
    found = {path.name: path for path in (pictures / name).glob("*")}
    assert set(found) == {f"small.chart.{kind}.png" for kind in PICTURES.get(name, ())}
    for file, path in found.items():
        assert file in "\n".join(verdicts[name])
        colours = {colour for _, colour in Image.open(path).getcolors(1 << 20)}
        assert len(colours) > 2
        assert ((255, 0, 0) in colours) == file.endswith("difference.png")


def test_a_notebook_without_reference_or_without_source_is_an_error(tmp_path):
    missing, there = tmp_path / "new.ipynb", tmp_path / "there.ipynb"
    (message,) = references.verify(missing, {}, tmp_path / "none.ipynb")
    assert message.startswith("new.ipynb: it has no reference")
    there.touch()
    (message,) = references.verify(missing, {}, there)
    assert message.startswith("new.ipynb: its outputs are recorded but it is gone")
