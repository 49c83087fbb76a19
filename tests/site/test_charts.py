"""Charts in a real browser: they draw their source, and what is taken away holds what is drawn."""

import csv
import io
import json
import math
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import nbformat
import pytest
from almanac.book.page import charts
from playwright.sync_api import expect
from views import DRAW_ALL, PAGES, THEMES, WIDTHS

DAY, _ = THEMES
WIDE, NARROW = WIDTHS
SVG = "{http://www.w3.org/2000/svg}"

# The rows that the marks of each live chart draw, by the chart's id.
DRAWN = """() => Object.fromEntries([...document.querySelectorAll("figure.chart")].map((figure) => {
  const rows = new Set();
  const walk = (mark) => {
    for (const item of mark.items ?? []) {
      if (mark.marktype === "group") (item.items ?? []).forEach(walk);
      else if (mark.role === "mark") rows.add(item.datum);
    }
  };
  walk(figure.chart.scenegraph().root);
  return [figure.id, [...rows]];
}))"""

# The live charts of which arrow keys show nothing at their first, second or last point.
SILENT = """() => [...document.querySelectorAll("figure.chart")].filter((figure) => {
  const view = figure.querySelector(".chart-view");
  const press = (key) => view.dispatchEvent(new KeyboardEvent("keydown", { key }));
  const shown = ["ArrowRight", "ArrowRight", "End"].map((key) => {
    press(key);
    const tip = document.getElementById("vg-tooltip-element");
    return tip?.classList.contains("visible") && tip.textContent !== "";
  });
  press("Escape");
  return !shown.every(Boolean);
}).map(({ id }) => id)"""

# Whether every live chart is as wide as its place.
AS_WIDE = """() => [...document.querySelectorAll("figure[data-drawn] .chart-view")].every(
  (view) => Math.abs(view.querySelector("svg").clientWidth - view.clientWidth) < 2)"""


@pytest.fixture(scope="module")
def specifications(first_build):
    """The specification of every chart, as its notebook's executed copy has it, by id."""
    found = {}
    for path in (first_build.out / "_build" / "executed").glob("*.ipynb"):
        executed = nbformat.read(path, as_version=4)
        found |= {name: spec for name, spec, _, _ in charts(executed, path.name.split(".")[0])}
    return found


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def same(cell, value):
    """Whether a cell of a file says what a value of a live chart is; its days are milliseconds."""
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, str):
        return cell in (re.sub(r"T00:00:00(\.000)?Z?$", "", value), f"'{value}")
    if re.match(r"\d{4}-\d\d-\d\d", cell):
        day = datetime.fromisoformat(cell).replace(tzinfo=UTC)
        return datetime.fromtimestamp(value / 1000, UTC) == day
    return cell != "" and math.isclose(float(cell), value)


def held(row, lines):
    """Whether a drawn row is among the lines of a file; what Vega adds to it is not."""
    return any(
        all(same(line[name], value) for name, value in row.items() if name in line)
        for line in lines
    )


@pytest.mark.parametrize("name", PAGES)
def test_drawn_charts_are_those_of_the_source_and_their_files_hold_what_is_drawn(
    name, opened, specifications, built_site
):
    page, _ = opened(name, WIDE, DAY)
    assert page.evaluate(DRAW_ALL) == []
    assert page.evaluate(SILENT) == []
    drawn = page.evaluate(DRAWN)
    ours = {figure: spec for figure, spec in specifications.items()
            if figure.startswith(f"{name}-")}  # fmt: skip
    assert set(drawn) == set(ours)
    for figure, spec in ours.items():
        shown = json.loads(page.locator(f"#{figure} script").text_content())
        shown["usermeta"].pop("narrow", None)
        kept = {key: value for key, value in spec.items() if key not in ("title", "description")}
        assert shown == kept, figure
        lines = rows_of((built_site / "charts" / f"{figure}.csv").read_text("utf-8"))
        rows = drawn[figure]
        assert rows and lines
        if not spec.get("params"):  # or the marks draw what the controls make of the rows
            assert [row for row in rows if not held(row, lines)] == [], figure


@pytest.fixture
def figure(opened):
    """The first chart of the chapter on MoE, drawn."""
    page, faults = opened("moe", WIDE, DAY)
    figure = page.locator("figure.chart").first
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-drawn", "true")
    yield figure
    assert faults == []


def taken(figure, does):
    """What a control of a figure downloads: the file's name and its bytes."""
    with figure.page.expect_download() as download:
        figure.locator(f"[data-take={does}]").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_chart_is_taken_away_as_picture_with_its_title_and_its_source(figure):
    title = figure.locator("figcaption").text_content()
    source = figure.get_attribute("data-source")
    name, svg = taken(figure, "svg")
    assert name == "moe-over-time.svg"
    texts = " ".join(node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    assert title in texts and source in texts and "moe.html#moe-over-time" in texts
    marks = len(figure.locator(".chart-stage svg path").all())
    assert len(list(ElementTree.fromstring(svg).iter(f"{SVG}path"))) == marks
    name, png = taken(figure, "png")
    assert name == "moe-over-time.png" and png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    assert width > 1200, "sharp enough for print"
    assert len(png) > 20_000, "not a blank sheet"


def test_a_chart_is_taken_away_as_rows(figure, built_site):
    name, rows = taken(figure, "csv")
    assert name == "moe-over-time.csv"
    assert rows == (built_site / "charts" / name).read_bytes()


def test_its_table_opens_by_keyboard_and_has_the_rows(figure):
    table = figure.locator("details.chart-data")
    expect(table.locator("table")).to_be_hidden()
    table.locator("summary").focus()
    figure.page.keyboard.press("Enter")
    expect(table.locator("table")).to_be_visible()
    assert table.locator("thead th[scope=col]").first.text_content() == "period"
    assert table.locator("tbody tr").count() >= 3


def test_link_and_citation_are_copied(figure):
    page = figure.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = page.url.partition("#")[0] + "#moe-over-time"
    figure.locator("[data-take=link]").click()
    assert page.evaluate("navigator.clipboard.readText()") == address
    cite = figure.locator("[data-take=cite]")
    cite.click()
    expect(cite).to_have_text("Copied")
    cited = figure.get_attribute("data-cite")
    title = figure.locator("figcaption").text_content()
    assert title in cited and "2026" in cited
    assert page.evaluate("navigator.clipboard.readText()") == f"{cited} {address}"


def test_points_are_read_by_keyboard_as_by_pointer(figure):
    page = figure.page
    view, said = figure.locator(".chart-view"), figure.locator("[aria-live]")
    tip = page.locator("#vg-tooltip-element")
    view.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_be_visible()
    first = said.text_content()
    assert "share: " in first and "n: " in first
    for name, value in (part.split(": ", 1) for part in first.split("; ")):
        assert name in tip.inner_text() and value in tip.inner_text()
    page.keyboard.press("End")
    last = said.text_content()
    page.keyboard.press("ArrowRight")  # there is none after it
    assert said.text_content() == last != first
    page.keyboard.press("Home")
    assert said.text_content() == first
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert said.text_content() == ""


def test_a_control_that_was_moved_shows_in_the_file(opened):
    page, _ = opened("cost", WIDE, DAY)
    figure = page.locator("figure:has(.chart-controls input[name=bandwidth])")
    assert page.evaluate(DRAW_ALL) == []
    before = rows_of(taken(figure, "csv")[1].decode())
    figure.get_by_role("slider", name="Sequences at once").focus()
    page.keyboard.press("ArrowRight")
    after = rows_of(taken(figure, "csv")[1].decode())
    assert len(before) == len(after)
    assert {row["rate"] for row in before} != {row["rate"] for row in after}


def test_a_chart_follows_the_width_of_its_place(opened):
    page, _ = opened("moe", WIDE, DAY)
    try:
        assert page.evaluate(DRAW_ALL) == []
        for width in (700, NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": 800})
            for _ in range(100):
                if page.evaluate(AS_WIDE):
                    break
                page.wait_for_timeout(20)
            assert page.evaluate(AS_WIDE), width
    finally:
        page.set_viewport_size({"width": WIDE, "height": 800})
