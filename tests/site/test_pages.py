"""Every page in a real browser: nothing is broken, nothing is asked of another host."""

import json

import pytest
from playwright.sync_api import expect
from views import DRAW_ALL, PAGES, THEMES, WIDTHS, open_tab, visit

# What charts are where no script runs, figure by figure.
PICTURES = """() => [...document.querySelectorAll("figure")].map((figure) => ({
  name: figure.getAttribute("aria-label"),
  views: [...figure.querySelectorAll("[role=img]")].map((view) => ({
    name: view.getAttribute("aria-label"),
    pictures: [...view.querySelectorAll("svg")].map((picture) => ({
      width: picture.getBoundingClientRect().width,
      paths: picture.querySelectorAll("path").length,
    })),
  })),
}))"""

DAY, NIGHT = THEMES
WIDE, NARROW = WIDTHS
HOSTILE = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\" onfocus=\"ran = 1"
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

CLIPPED = """() => [...document.querySelectorAll("figure")].filter((figure) =>
  figure.querySelector(".chart-view svg").getBoundingClientRect().right
  > figure.getBoundingClientRect().right + 1).map((figure) => figure.id)"""


@pytest.fixture
def record(opened):
    """The page of the record, its table complete."""
    page, _ = opened("record", WIDE, DAY)
    return page


def names(page):
    """The models that the table shows, in its order."""
    return page.locator("table.catalogue button.show-sources").all_inner_texts()


def cells(page, field):
    """What a column of the table shows."""
    fields = page.locator("table.catalogue thead th").evaluate_all(
        "(heads) => heads.map((head) => head.dataset.field)"
    )
    column = fields.index(field) + 1
    return page.locator(f"table.catalogue tbody td:nth-child({column})").all_inner_texts()


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


def test_the_record_can_be_searched(record):
    everything = names(record)
    wanted = everything[3]
    record.get_by_label("Search models:").fill(wanted)
    found = names(record)
    assert wanted in found
    for row in record.locator("table.catalogue tbody tr").all_inner_texts():
        assert all(word in row.lower() for word in wanted.lower().split())
    record.get_by_label("Search models:").fill("no model has this name")
    assert names(record) == []
    assert record.get_by_text("No model matches").is_visible()


def test_the_record_can_be_sorted_by_number_and_by_keyboard(record):
    head = record.locator("th[data-field=total]")

    def numbers():
        return [float(text.replace(",", "")) for text in cells(record, "total") if text]

    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert numbers() == sorted(numbers())
    head.locator("[role=button]").focus()
    record.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers() == sorted(numbers(), reverse=True)
    assert numbers()[0] > 10  # as text, 9.9 would come before 100


def test_the_record_can_be_filtered(record):
    record.get_by_role("combobox", name="Architecture").select_option("mixture-of-experts")
    assert set(cells(record, "architecture")) == {"mixture-of-experts"}
    region = record.get_by_role("combobox", name="Region")
    region.focus()
    record.keyboard.type("china")
    assert region.input_value() == "China"
    assert set(cells(record, "region")) == {"China"}
    assert set(cells(record, "architecture")) == {"mixture-of-experts"}
    region.select_option("")
    assert len(set(cells(record, "region"))) > 1


@pytest.mark.parametrize("by", ["click", "keyboard"])
def test_a_model_shows_its_sources(by, record):
    button = record.locator("button.show-sources").first
    if by == "click":
        button.click()
    else:
        button.focus()
        record.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    sources = record.locator("dl.sources")
    assert sources.get_by_text("released_on").count()
    for link in sources.locator("a").all():
        assert link.get_attribute("href").startswith("http")
    if by == "click":
        button.click()
    else:
        record.keyboard.press("Space")
    assert sources.count() == 0
    assert button.get_attribute("aria-expanded") == "false"


def test_a_hostile_record_cannot_run_anything(tabs, site_url, built_site):
    rows = json.loads((built_site / "_static" / "catalogue.json").read_text("utf-8"))
    doctored = {
        field: HOSTILE if isinstance(value, str) else value for field, value in rows[0].items()
    }
    doctored |= {
        "url": "javascript:window.ran = 1",
        "released": "9999-01-01",  # comes first
        "evidence": [[HOSTILE, HOSTILE, "A", HOSTILE, "javascript:window.ran = 1", HOSTILE]],
    }
    page, faults = open_tab(tabs[WIDE][0].context, site_url)
    page.route("**/catalogue.json", lambda route: route.fulfill(json=[doctored, *rows[1:20]]))
    visit(page, site_url, "record")
    button = page.locator("button.show-sources").first
    assert button.inner_text() == HOSTILE  # shown as what it is
    button.click()
    page.get_by_role("combobox", name="Region").select_option(HOSTILE)
    page.get_by_label("Search models:").fill("window.ran")
    assert names(page) == [HOSTILE]
    page.locator("table.catalogue a.page-of").click()
    page.locator("dl.sources a").click()
    assert page.evaluate("window.ran") is None
    assert page.locator("article script[src], table img, table script").count() == 0
    page.close()
    assert faults == []
