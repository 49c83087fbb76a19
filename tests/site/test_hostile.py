"""The site of a hostile record in a real browser: all of it is text, and none of it runs.

Each page is opened with the policy that a careful host sends, and without any, which would only
hide what a page let through.
"""

import csv
import io
import json
from collections import Counter
from urllib.parse import quote
from xml.etree import ElementTree

import hostile
import nbformat
import pytest
from browser import POLICY, served
from expressions import expressions, fields
from views import DRAW_ALL, PAGES, open_tab, visit

from almanac.book.page import charts
from almanac.book.spreadsheets import FORMULA
from almanac.charts.letters import for_xml
from almanac.record import load, validate

pytestmark = pytest.mark.soak

# Elements that a text could make and that a record's own rows have none of.
TELLING = (
    "script img iframe object embed base form input textarea style math audio video link meta "
    "h1 h2 h3 h4 h5 h6 strong b em i code s del sub sup pre blockquote"
).split()
COUNT = """(names) => Object.fromEntries(
  names.map((name) => [name, document.querySelectorAll(`body ${name}, head script`).length]))"""
# What no page of the site has, whatever it shows.
ODD = """() => [...document.querySelectorAll("*")].filter((one) =>
  [...one.attributes].some(({ name }) => name.startsWith("on"))
  || (one.localName === "a" && !/^https?:$/.test(new URL(one.href, location).protocol)
    && one.getAttribute("href") !== "javascript:SphinxHighlight.hideSearchWords()") // Sphinx's own
  || one.matches(".problematic, .system-message, img:not([src^='../_static'])"))
  .map((one) => one.outerHTML.slice(0, 200))"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# Lines show none by keyboard, as the middle of a line's box is not on the line.
TOOLTIP = """async () => {
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  const one = document.querySelector("#vg-tooltip-element.visible");
  if (!one) return ["", []];
  return [one.textContent, [...one.querySelectorAll("*")].map((part) => part.localName)]; }"""


@pytest.fixture(scope="module")
def record(hostile_record):
    return load(hostile_record)


@pytest.fixture(scope="module")
def site(hostile_record, run, tmp_path_factory):
    """The finished pages of the edition, with all that only an address brings."""
    out = tmp_path_factory.mktemp("hostile-edition")
    address = {"BOOK_BASEURL": f"https://{hostile.HOST}/"}
    done = run("almanac", "build", "--data", hostile_record, "--out", out, **address)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "_build" / "html"


@pytest.fixture(scope="module", params=[POLICY, None], ids=["strict policy", "no policy"])
def reader(request, browser, site):
    """A tab, the address of the site, and what goes wrong in it."""
    with (
        served(site, request.param) as url,
        browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce", accept_downloads=True
        ) as context,
    ):
        page, faults = open_tab(context, url)
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        yield page, url, faults


@pytest.fixture(scope="module")
def harmless(browser, site_url):
    """How many telling elements each page has on the small record as it is."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page, _ = open_tab(context, site_url)
        found = {}
        for name in PAGES:
            visit(page, site_url, name)
            page.evaluate(DRAW_ALL)
            found[name] = page.evaluate(COUNT, TELLING)
        return found


def tooltips(page):
    """What the first and the last points of each chart say."""
    said = []
    for view in page.locator(".chart-view[tabindex]").all():
        view.focus()
        for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
            page.keyboard.press(key)
            text, elements = page.evaluate(TOOLTIP)
            assert set(elements) <= {"table", "tbody", "tr", "td", "h2"}, elements
            said.append(text)
        page.keyboard.press("Escape")
    return said


def shown(texts, where):
    """Those of the attacks that are in some of the texts."""
    return {attack for attack in map(for_xml, texts) if any(attack in text for text in where)}


def test_nothing_of_the_record_is_markup_on_any_page(reader, harmless):
    page, url, faults = reader
    wrong, said, cells = [], [], []
    for name in PAGES:
        visit(page, url, name)
        page.evaluate(OPEN_ALL)
        assert page.evaluate(DRAW_ALL) == [], name
        said += tooltips(page)
        cells += page.locator("figure td").all_text_contents()
        count = page.evaluate(COUNT, TELLING)
        wrong += [
            f"{name}: {count[kind]} {kind}, expected {number}"
            for kind, number in harmless[name].items()
            if count[kind] != number
        ]
        wrong += [f"{name}: {one}" for one in page.evaluate(ODD)]
        if page.evaluate("'ran' in window"):
            wrong.append(f"{name}: something ran")
    assert wrong + faults == []
    # and it is all there to read
    assert len(shown(hostile.ATTACKS, said)) > len(hostile.ATTACKS) / 2
    assert shown(hostile.ATTACKS, cells) == set(map(for_xml, hostile.ATTACKS))


def test_the_explorer_shows_finds_and_opens_models_as_text(reader, record):
    page, url, faults = reader
    faults.clear()
    visit(page, url, "record")
    attack = hostile.ATTACKS[1]
    page.fill("input[name=search]", attack)
    page.wait_for_selector(".explorer-count:has-text(' of 118 models match')")
    names = page.locator("table.catalogue tbody th").all_text_contents()
    assert names and any(attack in name for name in names)
    page.click("button[type=reset]")
    page.goto(f"{url}/book/record.html?search={quote(attack)}&length=500#{quote(attack)}")
    page.wait_for_selector("table.catalogue[data-ready]")
    page.goto(f"{url}/book/record.html?length=500&organisation=%22%3E%3Cimg%20src=x%3E")
    page.wait_for_selector("table.catalogue[data-ready]")
    names = page.locator("table.catalogue tbody th").all_text_contents()
    assert sorted(map(" ".join, map(str.split, names))) == sorted(
        " ".join(name.split()) for name in record.models.name
    )
    panels = []
    for link in page.locator("table.catalogue tbody th a").all()[: len(hostile.ATTACKS)]:
        link.click()
        page.wait_for_selector(".model-panel dl")
        panel = page.locator(".model-panel").last
        panels.append(panel.text_content())
        kinds = set(panel.evaluate("one => [...one.querySelectorAll('*')].map(e => e.localName)"))
        assert kinds <= {"p", "a", "button", "dl", "dt", "dd", "abbr", "div"}
        assert page.evaluate(ODD) == []
        link.click()
    assert len(shown(hostile.ATTACKS, panels)) > len(hostile.ATTACKS) * 0.9
    with page.expect_download() as download:
        page.click("button[data-does=csv]")
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8"))))
    assert runs(rows) == [] and any(text.startswith("'=") for row in rows for text in row)
    assert not page.evaluate("'ran' in window") and faults == []


def test_a_panel_links_to_the_web_alone_whatever_its_script_says(reader):
    """Validation lets no other address into a record; the explorer asks again."""
    page, url, faults = reader
    faults.clear()

    def turned(route):
        text = route.fetch().text()
        route.fulfill(
            body=text.replace("https://", "javascript:window.ran=1//"),
            content_type="text/javascript",
        )

    page.route("**/sources/*.js", turned)
    visit(page, url, "record")
    page.locator("table.catalogue tbody th a").first.click()
    page.wait_for_selector(".model-panel dl dd")
    assert "javascript:window.ran=1//" in page.locator(".model-panel").last.text_content()
    assert page.evaluate(ODD) == [] and faults == []
    page.unroute("**/sources/*.js")


def test_organisations_and_corrections_show_texts_as_they_are(reader, record):
    page, url, faults = reader
    faults.clear()
    for name, texts in {
        "organisations": [*record.organisations.name, *record.organisations.region_note.dropna()],
        "corrections": [*record.corrections.why, *record.renamed.old_key],
        "claims": [*record.claims.claim, *record.claims.because],
        "codebook": [table.description for table in record.schema.tables.values()],
    }.items():
        visit(page, url, name)
        words = " ".join(page.locator("main").text_content().split())
        assert [text for text in texts if " ".join(text.split()) not in words] == [], name
    assert faults == []


def test_the_search_takes_an_attack_for_words(reader):
    page, url, faults = reader
    faults.clear()
    for words in (hostile.ATTACKS[1], hostile.ATTACKS[2], "onerror", "window.ran"):
        page.goto(f"{url}/search.html?q={quote(words)}")
        page.wait_for_selector("text=/Search finished|did not match/")
        page.wait_for_load_state("networkidle")  # excerpts come from the pages that are found
        assert page.evaluate(ODD) == [] and not page.evaluate("'ran' in window")
        assert page.locator("main img, main iframe, main svg[onload], main script").count() == 0
    assert faults == []


def test_charts_are_taken_away_whole(reader):
    page, url, faults = reader
    faults.clear()
    visit(page, url, "timeline")
    page.evaluate(DRAW_ALL)
    tools = page.locator("#timeline-strips .chart-tools")
    for kind in ("svg", "png"):
        with page.expect_download() as download:
            tools.locator(f"[data-take={kind}]").click()
        data = download.value.path().read_bytes()
        if kind == "png":
            assert data.startswith(b"\x89PNG")
        else:
            elements = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(data).iter()}
            assert not elements & {"script", "image", "foreignObject", "a"}
    visit(page, url, "cost")
    page.evaluate(DRAW_ALL)
    figure = page.locator("figure:has(.chart-controls)").first
    with page.expect_download() as download:
        figure.locator("[data-take=csv]").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8"))))
    assert len(rows) > 2 and runs(rows) == []
    assert not page.evaluate("'ran' in window") and faults == []


def runs(rows):
    """The texts of a CSV file that a spreadsheet would run; a number is none."""
    return [text for row in rows for text in row if text.startswith(FORMULA) and not number(text)]


def number(text):
    try:
        return float(text) is not None
    except ValueError:
        return False


def test_no_file_of_the_site_runs_in_a_spreadsheet(site):
    files = sorted(site.rglob("*.csv"))
    assert Counter(path.parent.name for path in files).keys() == {"data", "charts"}
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            assert runs(csv.reader(file)) == [], path.name
    assert validate(site / "data") == []


def charted(site):
    """What Vega runs and which fields it looks up, by chart."""
    found = {}
    for path in sorted((site.parent / "executed").glob("*.ipynb")):
        name = path.name.partition(".")[0]
        for figure_id, spec, _, _ in charts(nbformat.read(path, as_version=4), name):
            found[figure_id] = expressions(spec), fields(spec)
    return found


def test_no_text_of_the_record_is_in_what_vega_runs(site, built_site):
    attacked, plain = charted(site), charted(built_site)
    assert len(attacked) > 40 and sum(len(run) for run, _ in attacked.values()) > 20
    assert attacked.keys() == plain.keys()
    assert {name: run for name, run in attacked.items() if run != plain[name]} == {}


def test_what_machines_read_is_whole(site, record):
    feed = ElementTree.parse(site / "feed.xml").getroot()
    assert len(feed.findall("{*}entry")) == 5
    said = "".join(feed.itertext())
    assert "<script>" not in said and "&lt;script&gt;window.ran=1&lt;/script&gt;" in said
    ElementTree.parse(site / "sitemap.xml")
    results = json.loads((site / "results.json").read_text("utf-8"))
    assert hostile.NAME in results["edition"] and results["results"]
    cards = sorted(path.stem for path in (site / "cards").iterdir())
    assert cards == sorted(PAGES)
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (site / "cards").iterdir())
