import json
import re
from html.parser import HTMLParser

import pytest

from almanac.book.errors import BuildError
from almanac.book.figures import LONGEST_TABLE, data_table, figure, picture

BAD = '<script>alert("x")</script>'
SPEC = {
    "title": "Models a year",
    "description": "Two in 2024, three in 2025.",
    "data": {"name": "d"},
    "datasets": {"d": [{"year": "2024", "n_models": 2}, {"year": "2025", "n_models": 3}]},
    "mark": {"type": "bar", "clip": True},
    "encoding": {
        "x": {"field": "year", "type": "nominal"},
        "y": {"field": "n_models", "type": "quantitative"},
    },
    "width": "container",
}


class Elements(HTMLParser):
    """The start tags of a piece of HTML, and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.inside = [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag == "script"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts.append(data)


@pytest.fixture(scope="module")
def hostile():
    """A figure whose every text holds markup."""
    rows = [{"year": BAD, "n": 2, BAD: BAD}]
    spec = {
        **SPEC, "title": BAD, "description": f'"{BAD}', "datasets": {"d": rows},
        "encoding": {
            "x": {"field": "year", "type": "nominal"},
            "y": {"field": "n", "type": "quantitative", "title": BAD},
            "tooltip": {"field": "year"},
        },
    }  # fmt: skip
    return figure(spec, "moe-chart-1")


def test_a_figure_has_caption_name_picture_and_data():
    html = figure(SPEC, "moe-chart-1")
    tags = Elements(html).tags
    assert tags[0] == (
        "figure",
        {"class": "chart", "id": "moe-chart-1", "aria-label": "Models a year"},
    )
    assert "<figcaption>Models a year</figcaption>" in html
    view = next(attributes for tag, attributes in tags if attributes.get("role") == "img")
    assert view["aria-label"] == "Two in 2024, three in 2025."
    assert "<svg" in html
    (script,) = Elements(html).scripts
    kept = {name: value for name, value in SPEC.items() if name not in ("title", "description")}
    assert json.loads(script) == kept


def test_the_same_chart_gives_the_same_bytes_and_is_left_as_it_was():
    before = json.dumps(SPEC)
    shuffled = dict(reversed(SPEC.items()))
    assert figure(SPEC, "a") == figure(shuffled, "a")
    assert json.dumps(SPEC) == before


def test_no_text_of_a_chart_becomes_markup(hostile):
    parsed = Elements(hostile)
    assert [dict(a).get("type") for tag, a in parsed.tags if tag == "script"] == [
        "application/json"
    ]
    assert json.loads(parsed.scripts[0])["datasets"] == {"d": [{"year": BAD, "n": 2, BAD: BAD}]}
    assert "alert" in hostile and "<script>" not in hostile
    assert parsed.tags[0][1]["aria-label"] == BAD


@pytest.mark.parametrize(
    "title, shown",
    [({"text": "One"}, "One"), (["One", "two"], "One two"), ({"text": ["One", "two"]}, "One two")],
)
def test_titles_in_each_form_that_vega_lite_has(title, shown):
    assert f"<figcaption>{shown}</figcaption>" in figure({**SPEC, "title": title}, "a")


def test_names_in_pictures_of_one_page_do_not_clash():
    first, second = (picture(SPEC, f"chart-{number}") for number in (1, 2))
    names = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert names[0] and not names[0] & names[1]
    for svg, own in zip((first, second), names, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= own


def test_the_numbers_of_a_chart_stand_in_a_table():
    rows = [
        {"quarter": "2025-01-01T00:00:00", "share_b": 0.123456, "label": "a & b"},
        {"quarter": "2025-04-01T12:30:00", "share_b": None, "label": "c"},
    ]
    html = data_table({"datasets": {"d": rows}}, "Title")
    assert re.findall("<th scope=col>(.*?)</th>", html) == ["quarter", "share b", "label"]
    assert re.findall("<td>(.*?)</td>", html) == [
        *("2025-01-01", "0.1235", "a &amp; b"),
        *("2025-04-01T12:30:00", "", "c"),
    ]


def test_the_chart_says_which_rows_and_columns_in_which_order():
    spec = {
        "usermeta": {"columns": ["n", "a"]},
        "datasets": {"rules": [{"label": "x"}] * 3, "d": [{"a": True, "n": 12345.6, "z": 1}]},
    }
    html = data_table(spec, "Title")
    assert re.findall("<th scope=col>(.*?)</th>", html) == ["n", "a"]
    assert re.findall("<td>(.*?)</td>", html) == ["12,346", "yes"]


def test_a_chart_that_cannot_be_drawn_is_named():
    with pytest.raises(BuildError, match="^moe-chart-1: Vega-Lite"):
        figure({**SPEC, "mark": "no such mark"}, "moe-chart-1")


@pytest.mark.parametrize("rows", [0, LONGEST_TABLE + 1])
def test_no_table_where_it_would_be_empty_or_too_long(rows):
    assert data_table({"datasets": {"d": [{"n": 1}] * rows}}, "Title") == ""
    assert data_table({}, "Title") == ""
