"""Every page in a real browser: nothing is broken, nothing is asked of another host."""

import pytest
from views import DRAW_ALL, PAGES, THEMES, WIDTHS

# What charts are where no script runs, figure by figure.
PICTURES = """() => [...document.querySelectorAll("figure")].map((figure) => ({
  name: figure.getAttribute("aria-label"),
  views: [...figure.querySelectorAll("[role=img]")].map((view) => ({
    name: view.getAttribute("aria-label"),
    pictures: [...view.querySelectorAll("svg")].filter((one) => one.checkVisibility()).map((picture) => ({
      width: picture.getBoundingClientRect().width,
      paths: picture.querySelectorAll("path").length,
    })),
  })),
}))"""

DAY, NIGHT = THEMES
WIDE, NARROW = WIDTHS
# The colours of the texts of all charts, and that of the page's text, as drawn.
COLOURS = """() => ({
  page: getComputedStyle(document.querySelector("article")).color,
  labels: [...new Set([...document.querySelectorAll("figure .role-axis-label text")]
    .map((text) => getComputedStyle(text).fill))],
  background: getComputedStyle(document.body).backgroundColor,
})"""

# What is wrong in how a page is built: its language, headings, landmarks and tables.
STRUCTURE = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all("article :is(h1, h2, h3, h4, h5, h6)").map((one) => Number(one.tagName[1]));
  const unnamed = (one) => !one.hasAttribute("aria-label") && !one.hasAttribute("aria-labelledby");
  return [
    document.documentElement.lang !== "en" && "language",
    all("h1").length !== 1 && "h1",
    levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1) && `a level skipped: ${levels}`,
    all("main").length !== 1 && "main",
    all("nav").some(unnamed) && "a navigation without a name",
    all("body > div > div > div > footer").length !== 1 && "foot",
    all("table").some((table) => !table.querySelector("th")) && "a table without headers",
  ].filter(Boolean);
}"""

MOST_SHIFT = 0.05  # as Core Web Vitals measure it, half of what they call good
# How far the page has moved under its reader, from its first paint on, as charts came alive.
SHIFTED = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 50);
})"""

CLIPPED = """() => [...document.querySelectorAll("figure")].filter((figure) =>
  figure.querySelector(".chart-view svg").getBoundingClientRect().right
  > figure.getBoundingClientRect().right + 1).map((figure) => figure.id)"""


def test_the_pages_are_those_of_the_contents(built_site):
    assert {path.stem for path in (built_site / "book").glob("*.html")} == set(PAGES)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name, width, opened):
    page, faults = opened(name, width, DAY)
    assert page.evaluate(STRUCTURE) == []
    assert page.evaluate(DRAW_ALL) == []
    for theme in THEMES:  # as when the evening comes: by the system's setting, the page open
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]")
        colours = page.evaluate(COLOURS)
        assert set(colours["labels"]) <= {colours["page"]}
        over = page.evaluate("document.documentElement.scrollWidth") - width
        assert over <= 0, f"{over} px wider than the screen of {width}"
    assert page.evaluate(CLIPPED) == [], "charts wider than their figures"
    assert page.evaluate(SHIFTED) < MOST_SHIFT
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
def test_charts_have_names_and_pictures_without_javascript(name, without_scripts, site_url):
    without_scripts.goto(f"{site_url}/book/{name}.html")
    for figure in without_scripts.evaluate(PICTURES):
        assert figure["name"].strip()
        (view,) = figure["views"]
        assert len(view["name"]) > 20
        (picture,) = view["pictures"]
        assert picture["width"] > 200
        assert picture["paths"] > 1


def test_charts_follow_the_theme_that_the_reader_chooses(opened):
    page, _ = opened("index", WIDE, DAY)
    page.evaluate(DRAW_ALL)
    seen = {}
    for _ in range(3):  # the button goes through light, dark and the system's
        page.locator("button.theme-switch-button:visible").click()
        colours = page.evaluate(COLOURS)
        assert colours["labels"] == [colours["page"]]
        seen[page.evaluate("document.documentElement.dataset.theme")] = colours
    page.evaluate("localStorage.clear()")
    assert set(seen) == {DAY, NIGHT}
    assert seen[DAY]["labels"] != seen[NIGHT]["labels"]
    assert seen[DAY]["background"] != seen[NIGHT]["background"]
