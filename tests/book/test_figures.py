import json
from html.parser import HTMLParser

import pytest

from almanac.book.figures import figure, source_address
from almanac.book.pictures import pictures

BAD = '<script>alert("x")</script>'
SOURCE = "The Almanac, 2026-11-30"
CITED = "Models a year [Chart]. The Almanac."
COMPUTED = ["almanac.measures.shares.share", "almanac.measures.moe.by_year_and_band"]
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


def made(spec, figure_id="moe-over-time"):
    return figure(spec, figure_id, COMPUTED, SOURCE, CITED, pictures(spec, figure_id))


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
    return figure(spec, "moe-over-time", COMPUTED, BAD, BAD, pictures(spec, "moe-over-time"))


def test_a_figure_has_caption_name_pictures_and_data():
    html = made(SPEC)
    tags = Elements(html).tags
    assert tags[0] == (
        "figure",
        {"class": "chart", "id": "moe-over-time", "aria-label": "Models a year",
         "data-source": SOURCE, "data-cite": CITED},
    )  # fmt: skip
    assert "<figcaption>Models a year</figcaption>" in html
    view = next(attributes for tag, attributes in tags if attributes.get("role") == "img")
    assert view["aria-label"] == "Two in 2024, three in 2025."
    assert [a["class"] for tag, a in tags if tag == "svg"] == ["wide", "narrow"]
    (script,) = Elements(html).scripts
    kept = {name: value for name, value in SPEC.items() if name not in ("title", "description")}
    spec = json.loads(script)
    narrow = spec.pop("usermeta")["narrow"]
    assert spec == kept
    assert narrow == {"below": 500, "config": {"legend": {"columns": 1}}}


def test_below_it_lie_the_table_what_can_be_taken_away_and_the_code():
    tags = Elements(made(SPEC)).tags
    tools = {a["data-take"]: a for _, a in tags if "data-take" in a}
    assert list(tools) == ["png", "svg", "csv", "link", "cite"]
    for tool in tools.values():  # or a screen reader hears "PNG" six times
        assert tool["aria-label"].endswith(": Models a year")
    # what needs scripts is hidden until they run; the rest works without
    assert [does for does, tool in tools.items() if "hidden" in tool] == ["png", "svg", "cite"]
    assert tools["csv"]["href"] == "../charts/moe-over-time.csv" and "download" in tools["csv"]
    assert tools["link"]["href"] == "#moe-over-time"
    sources = [a["href"] for tag, a in tags if "_modules" in a.get("href", "")]
    assert sources == [
        "../_modules/almanac/measures/shares.html#share",
        "../_modules/almanac/measures/moe.html#by_year_and_band",
    ]
    assert source_address(COMPUTED[0]) == sources[0]


def test_the_same_chart_gives_the_same_bytes_and_is_left_as_it_was():
    before = json.dumps(SPEC)
    shuffled = dict(reversed(SPEC.items()))
    assert made(SPEC) == made(shuffled)
    assert json.dumps(SPEC) == before


def test_no_text_of_a_chart_becomes_markup(hostile):
    parsed = Elements(hostile)
    assert [dict(a).get("type") for tag, a in parsed.tags if tag == "script"] == [
        "application/json"
    ]
    assert json.loads(parsed.scripts[0])["datasets"] == {"d": [{"year": BAD, "n": 2, BAD: BAD}]}
    assert "alert" in hostile and "<script>" not in hostile
    said = [parsed.tags[0][1][name] for name in ("aria-label", "data-source", "data-cite")]
    assert said == [BAD] * 3


@pytest.mark.parametrize(
    "title, shown",
    [({"text": "One"}, "One"), (["One", "two"], "One two"), ({"text": ["One", "two"]}, "One two")],
)
def test_titles_in_each_form_that_vega_lite_has(title, shown):
    html = figure({**SPEC, "title": title}, "a", [], SOURCE, CITED, "")
    assert f"<figcaption>{shown}</figcaption>" in html


def test_settings_have_their_room_before_the_live_chart_brings_them():
    controls = [{"name": "batch", "bind": {"input": "range"}}, {"name": "plain"}]
    html = figure({**SPEC, "params": controls}, "a", [], SOURCE, CITED, "")
    room = '<div class="chart-controls" role="group" aria-label="Settings of this chart">'
    assert f"</figcaption>{room}<span></span></div>" in html
    assert "chart-controls" not in made(SPEC)


def test_a_chart_of_no_measure_names_none():
    assert "How it is computed" not in figure(SPEC, "a", [], SOURCE, CITED, "")
