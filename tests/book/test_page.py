import re

import nbformat
import pytest

from almanac.book.execute import INJECTED
from almanac.book.page import page, results, used, verdicts
from almanac.book.parameters import Parameter
from almanac.charts.theme import MIME
from almanac.notebook import RESULT, VERDICTS

CHART = {"mark": "point", "title": "One", "datasets": {"d": [{"n": 1}]}, "data": {"name": "d"}}
PARAMETERS = {
    "unit": Parameter("unit", "str", "release", "unit <of> counting"),
    "level": Parameter("level", "float", 0.9, "coverage"),
}


class Pictures(dict):
    """A picture for every chart, whatever its id."""

    def __missing__(self, figure_id):
        return f"<svg>{figure_id}</svg>"


def cited(title, figure_id):
    return f"{title}, cited as {figure_id}"


def shown_as(notebook, name):
    return page(notebook, name, PARAMETERS, "The Almanac, 2026-11-30", cited, Pictures())


def code(source, *outputs, tags=(), id=None):
    return nbformat.v4.new_code_cell(
        source,
        **({"id": id} if id else {}),
        metadata={"tags": list(tags)} if tags else {},
        outputs=[nbformat.v4.new_output("display_data", data) for data in outputs],
    )


@pytest.fixture
def executed():
    """A notebook as papermill leaves it."""
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title"),
            code('unit: str = "release"  # unit', tags=["parameters"]),
            code('# Parameters\nunit = "<b>"\nlevel = 0.8\nother = 1\n', tags=[INJECTED]),
            code("headline()", {RESULT: {"id": "one"}, "text/plain": "1"}),
            code(
                "chart", {MIME: CHART, "text/plain": "Chart"}, {RESULT: {"id": "two"}}, id="over-time"
            ),
            code("chart", {MIME: CHART}, {MIME: CHART}, id="then"),
            code("table", {"text/html": "<table></table>"}),
            code("print(1)", {"text/plain": "1"}),
        ]
    )


def test_headline_results_in_their_order(executed):
    assert results(executed) == [{"id": "one"}, {"id": "two"}]


def test_verdicts_in_their_order_which_the_page_shows_in_its_own_way(executed):
    executed.cells += [
        code("verdicts()", {VERDICTS: {"verdicts": [{"claim_id": name} for name in names]}})
        for names in ("ab", "c")
    ]
    assert [verdict["claim_id"] for verdict in verdicts(executed)] == ["a", "b", "c"]
    assert VERDICTS not in str(shown_as(executed, "claims"))


def test_charts_become_figures_named_for_their_cells(executed):
    """So that a new chart before them does not change where links lead."""
    shown = shown_as(executed, "moe")
    figures = [
        output["data"]["text/html"]
        for cell in shown.cells
        for output in cell.get("outputs", [])
        if "figure" in output["data"].get("text/html", "")
    ]
    assert [re.search('id="(.*?)"', figure)[1] for figure in figures] == [
        "moe-over-time", "moe-then", "moe-then-2"
    ]  # fmt: skip
    assert "<svg>moe-then-2</svg>" in figures[2]
    assert all('data-source="The Almanac, 2026-11-30"' in figure for figure in figures)
    assert 'data-cite="One, cited as moe-then"' in figures[1]
    assert MIME not in str(shown) and RESULT not in str(shown)


def test_code_is_folded_away_where_it_shows_something_and_else_left_out(executed):
    shown = shown_as(executed, "moe")
    tags = {cell.source: cell.metadata.get("tags") for cell in shown.cells}
    assert tags["headline()"] == tags["print(1)"] == ["remove-input"]
    assert tags["chart"] == tags["table"] == ["hide-input"]


def test_the_parameters_used_replace_the_cells_that_set_them(executed):
    shown = shown_as(executed, "moe")
    assert not any("parameters" in cell.metadata.get("tags", []) for cell in shown.cells)
    (table,) = [cell for cell in shown.cells if cell["id"] == INJECTED]
    assert table.cell_type == "markdown"
    assert "unit: str" not in str(shown)


def test_parameters_are_escaped_and_explained():
    html = used('# Parameters\nunit = "<b> & c"\nlevel = 0.8\nother = 1', "moe", PARAMETERS)
    assert html.count("<tr><td>") == 2
    assert (
        "<tr><td><code>unit</code></td><td><code>&quot;&lt;b&gt; &amp; c&quot;</code></td>"
        "<td>unit &lt;of&gt; counting</td></tr>"
    ) in html
    assert "<td><code>0.8</code></td><td>coverage</td>" in html
    assert 'href="../_sources/book/moe.ipynb"' in html
    assert "\n\n" not in html, "a blank line would end the block of HTML"
