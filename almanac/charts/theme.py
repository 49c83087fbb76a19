"""The look of every chart, in light and dark, and how an executed notebook keeps one."""

import sys
import textwrap

import altair as alt

from almanac.charts.letters import for_xml

# Altair 6 itself says "vnd.vegalite.v6.json", which nbformat rejects: only types that end in
# "+json" may hold anything but text.
MIME = "application/vnd.vegalite.v6+json"

# JupyterLab carries a Vega-Lite 5 and draws this type with it, without any network. It draws the
# Almanac's charts alike: tests/charts/test_theme.py compares them.
LAB_MIME = "application/vnd.vegalite.v5+json"
LAB_LINE = 80  # letters of a title
LAB_WIDTH = 685  # pixels: it never ends to draw a chart as wide as its place
LAB_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

VEGALITE = ".".join(alt.VEGALITE_VERSION.split(".")[:2])  # as vl-convert names it

# Text and axes take the colour of the page, so one picture serves light and dark. Marks have at
# least 3:1 contrast against both (WCAG 2.2, 1.4.11); any two are far apart for readers without
# red, green or blue cones, and in grey print (tests/charts/test_theme.py measures how far).
TEXT = "currentColor"
QUIET = "rgba(128,128,128,0.25)"
BLUE, ORANGE, GREEN, PURPLE, GREY = "#3888f0", "#f86800", "#307058", "#906098", "#909090"

REGIONS = {"us": BLUE, "china": ORANGE, "europe": GREEN, "other": PURPLE}
REGION_NAMES = {"us": "United States", "china": "China", "europe": "Europe", "other": "Elsewhere"}
SCALE = [BLUE, GREEN, ORANGE, PURPLE]  # from agreement to disagreement
ARCHITECTURES = {"dense": GREY, "moe": ORANGE}
ARCHITECTURE_NAMES = {"dense": "dense", "moe": "mixture-of-experts"}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"


def enable(*, as_data: bool) -> None:
    """Use the theme for all charts from now on.

    Parameters
    ----------
    as_data : keep each chart as its specification, for the book's build, and not as a picture
    """
    alt.theme.register("almanac", enable=True)(_config)
    alt.renderers.register("almanac", _store)
    alt.renderers.register("almanac-lab", _show)
    here = "default" if "google.colab" in sys.modules else "almanac-lab"  # which has no Vega
    alt.renderers.enable("almanac" if as_data else here)
    alt.data_transformers.disable_max_rows()


def _store(spec, **_):
    spec = drawable(spec)
    return {MIME: spec, "text/plain": _in_words(spec)}


def _show(spec, **_):
    spec = drawable(spec)
    shown = spec | {"$schema": LAB_SCHEMA}
    if isinstance(spec.get("title"), str):
        shown["title"] = textwrap.wrap(spec["title"], LAB_LINE)  # which Vega does not
    if spec.get("width") == "container":
        shown |= {"width": LAB_WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}
    options = {"embed_options": {"renderer": "svg"}}
    return {LAB_MIME: shown, "text/plain": _in_words(spec)}, {LAB_MIME: options}


def _in_words(spec) -> str:
    title = spec.get("title", "")
    title = title if isinstance(title, str) else title.get("text", "")
    return f"Chart: {title}"


def drawable(part):
    """The specification with texts that a picture can hold: vl-convert ends the process at others.

    It does so too where they stand in a name of the record, as in a tooltip or a row.
    """
    if isinstance(part, dict):
        return {name: drawable(value) for name, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [drawable(value) for value in part]
    return for_xml(part) if isinstance(part, str) else part


@alt.theme.register("almanac", enable=False)
def _config():
    axis = {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "gridColor": QUIET,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelOverlap": True,
        "labelSeparation": 6,
        "tickCount": 5,
    }
    return alt.theme.ThemeConfig(
        background="transparent",
        config={
            "font": FONT,
            "view": {"stroke": None},
            "axis": axis,
            "axisX": {"grid": False},
            "axisY": {"domain": False, "ticks": False, "titleAngle": 0, "titleAlign": "left",
                      "titleAnchor": "start", "titleX": 0, "titleY": -8, "titleBaseline": "bottom"},
            "legend": {"orient": "top", "direction": "horizontal", "title": None, "columns": 2,
                       "labelColor": TEXT, "titleColor": TEXT, "labelFontSize": 12,
                       "symbolType": "square", "offset": 28},
            "title": {"color": TEXT, "anchor": "start", "fontSize": 14},
            "text": {"color": TEXT, "fontSize": 12},
            "rule": {"color": TEXT},
            "line": {"strokeWidth": 2.5},
            "range": {"category": [BLUE, ORANGE, GREEN, PURPLE, GREY]},
        },
    )
