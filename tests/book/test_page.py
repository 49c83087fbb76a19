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


def code(source, *outputs, tags=()):
    return nbformat.v4.new_code_cell(
        source,
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
            code("chart", {MIME: CHART, "text/plain": "Chart"}, {RESULT: {"id": "two"}}),
            code("chart", {MIME: CHART}),
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
    assert VERDICTS not in str(page(executed, "claims", PARAMETERS))


def test_charts_become_figures_with_names_of_their_own(executed):
    shown = page(executed, "moe", PARAMETERS)
    figures = [
        output["data"]["text/html"]
        for cell in shown.cells
        for output in cell.get("outputs", [])
        if "figure" in output["data"].get("text/html", "")
    ]
    assert len(figures) == 2
    assert 'id="moe-chart-1"' in figures[0] and 'id="moe-chart-2"' in figures[1]
    assert MIME not in str(shown) and RESULT not in str(shown)


def test_code_is_folded_away_where_it_shows_something_and_else_left_out(executed):
    shown = page(executed, "moe", PARAMETERS)
    tags = {cell.source: cell.metadata.get("tags") for cell in shown.cells}
    assert tags["headline()"] == tags["print(1)"] == ["remove-input"]
    assert tags["chart"] == tags["table"] == ["hide-input"]


def test_the_parameters_used_replace_the_cells_that_set_them(executed):
    shown = page(executed, "moe", PARAMETERS)
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
