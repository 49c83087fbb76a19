"""The explorer of the record, as readers use it."""

import csv
import dataclasses
import re

import pandas as pd
import pytest
from almanac.book import catalogue
from almanac.record import load
from playwright.sync_api import expect
from views import THEMES, WIDTHS, open_tab, visit

DAY, NIGHT = THEMES
WIDE, NARROW = WIDTHS
HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\" onfocus=\"ran = 1 "
    "[a](javascript:ran=1) {{ran}} ${ran} datum.ran"
)
SCRIPTED = "javascript:window.ran = 1"


@pytest.fixture(scope="module")
def held(frozen_record):
    """The record that the site is of."""
    return load(frozen_record)


@pytest.fixture
def record(opened):
    """The page of the record on a wide screen, its table complete."""
    page, faults = opened("record", WIDE, DAY)
    yield page
    assert faults == []


def ends(page, search):
    """Wait until the address of the page ends in a search."""
    expect(page).to_have_url(re.compile(re.escape(search) + "$"))


def names(page):
    """The models that the table shows, in its order."""
    return page.locator("table.catalogue tbody th").all_inner_texts()


def cells(page, field):
    """What a column of the table shows."""
    fields = page.locator("table.catalogue thead th").evaluate_all(
        "(heads) => heads.map((head) => head.dataset.field)"
    )
    column = fields.index(field) + 1
    return page.locator(f"table.catalogue tbody tr[id] > :nth-child({column})").all_inner_texts()


def control(page, name):
    return page.locator(f".explorer-controls [name={name}]")


def matching(page, number):
    """Wait until the page says that so many models match."""
    expect(page.locator(".explorer-count")).to_have_text(re.compile(f"^{number:,} (of|models)"))


def query(page):
    return page.evaluate("location.search")


def test_search_sort_and_back(record, held):
    everything, total = names(record), len(held.models)
    matching(record, total)
    address = record.url
    control(record, "search").type("deepseek-R1 distill")
    found = held.models.name.str.contains("DeepSeek-R1-Distill").sum()
    matching(record, found)
    assert all("DeepSeek-R1-Distill" in name for name in names(record))
    assert query(record) == "?search=deepseek-R1+distill"
    record.go_back()  # typing is one step
    matching(record, total)
    assert record.url == address and control(record, "search").input_value() == ""
    record.go_forward()
    matching(record, found)
    control(record, "search").fill("no model has this name")
    matching(record, 0)
    assert record.get_by_text("No model matches").is_visible()
    record.get_by_role("button", name="Clear filters").click()
    matching(record, total)
    assert (names(record), query(record)) == (everything, "")
    # by number, largest first, and by keyboard
    head = record.locator("th[data-field=total]")

    def numbers():
        return [float(text.replace(",", "")) for text in cells(record, "total")]

    head.locator("[role=button]").focus()
    record.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers()[0] == held.models.total_params_b.max()
    assert numbers() == sorted(numbers(), reverse=True)
    expect(head).to_have_attribute("aria-sort", "descending")
    ends(record, "?sort=-total")
    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert numbers() == sorted(numbers())
    ends(record, "?sort=total")
    record.go_back()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers() == sorted(numbers(), reverse=True)


def test_each_filter_and_a_link_to_its_view(record, held):
    models = held.models_with_release()
    top = models.organisation_id.mode()[0]
    chosen = {
        "organisation": (top, models.organisation_id == top),
        "region": ("china", models.region == "china"),
        "architecture": ("moe", models.architecture == "moe"),
        "reasoning": ("optional", models.reasoning == "optional"),
        "class": ("2", models.licence_class == 2),
        "licence": ("MIT", models.licence == "MIT"),
        "from": ("2025-01-20", models.released_on >= "2025-01-20"),
        "to": ("2025-01-20", models.released_on <= "2025-01-20"),
        "min": ("70", models.total_params_b >= 70),
        "max": ("70", models.total_params_b <= 70),
        "active-min": ("7.5", models.active_params_b >= 7.5),
        "active-max": ("7.5", models.active_params_b <= 7.5),
    }
    assert set(chosen) == set(
        record.locator(".explorer-filters [name]").evaluate_all("(all) => all.map((c) => c.name)")
    )
    for name, (value, expected) in chosen.items():
        assert 0 < expected.sum() < len(models)  # or the test would show nothing
        field = control(record, name)
        wide = field.evaluate("(field) => field.tagName") == "SELECT"
        field.select_option(value) if wide else field.fill(value)
        matching(record, expected.sum())
        ends(record, f"?{name}={value}")
        field.select_option("") if wide else field.fill("")
        matching(record, len(models))
    # the address of a view gives it again
    control(record, "architecture").select_option("moe")
    control(record, "region").select_option("china")
    record.locator("th[data-field=name]").click()
    record.locator(".dt-length select").select_option("50")
    expect(record).to_have_url(re.compile("length=50"))
    shown = names(record)
    assert shown == sorted(shown, key=str.lower) and set(cells(record, "region")) == {"China"}
    record.reload()
    record.wait_for_selector("table.catalogue[data-ready]")
    assert names(record) == shown
    assert record.locator(".explorer-filters summary").inner_text() == "Filters (2 set)"
    record.go_back()  # before the length
    expect(record).not_to_have_url(re.compile("length"))
    assert names(record) == shown[:25]


def test_an_address_that_makes_no_sense_shows_all(opened, held):
    strange = "record.html?region=nowhere&from=x&sort=-y&length=7&page=99&min=<b>#%"
    page, faults = opened("record", WIDE, DAY)
    page.goto(page.url.replace("record.html", strange))
    page.wait_for_selector("table.catalogue[data-ready]")
    matching(page, len(held.models))
    assert faults == []


def test_an_anchor_opens_its_model_whatever_the_filters(opened, site_url, held):
    page, faults = opened("record", NARROW, NIGHT)
    last = catalogue.newest(held).iloc[-1]
    page.goto(f"{site_url}/book/record.html?search=nothing&region=europe#{last.model_id}")
    page.wait_for_selector(".model-panel dl")
    assert page.url == f"{site_url}/book/record.html#{last.model_id}"
    row = page.locator(f"tr[id='{last.model_id}']")
    expect(row).to_be_in_viewport()
    expect(row.locator("th a")).to_be_focused()
    assert row.locator("th a").get_attribute("aria-expanded") == "true"
    assert page.get_by_text(f"Filters cleared to show {last['name']}.").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW
    # every value, its sources, and nothing else
    (entry,) = catalogue.sources(
        held, held.models_with_release().query("model_id == @last.model_id")
    )
    values = page.locator(".model-panel dt").all_inner_texts()
    assert values == [f"{label}: {value or 'not stated'}" for label, value, _ in entry[3]]
    sources = [source for _, _, said in entry[3] for source in said]
    lines = page.locator(".model-panel dd").all_inner_texts()
    assert len(lines) == len(sources) > 0
    for line, (says, grade, kind, address, note, agrees) in zip(lines, sources, strict=True):
        assert line.startswith(grade) and kind in line and address.split("//")[1] in line
        assert note in line and (agrees != catalogue.OTHERWISE or says in line)
    # its own link, by keyboard, then another model, then back
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link to this model").press("Enter")
    expect(page.get_by_text("Link copied.")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"{site_url}/book/record.html#{last.model_id}"
    )
    control(page, "search").fill("no model has this name")  # an address is of what is shown
    expect(page).not_to_have_url(re.compile("#"))
    page.go_back()
    expect(row.locator("th a")).to_have_attribute("aria-expanded", "true")
    other = page.locator("table.catalogue tbody th a").first
    other.press("Enter")
    expect(page).not_to_have_url(re.compile(f"#{last.model_id}$"))
    assert page.locator(".model-panel").count() == 1
    page.go_back()
    expect(row.locator("th a")).to_have_attribute("aria-expanded", "true")
    row.locator("th a").press("Enter")
    expect(page.locator(".model-panel")).to_have_count(0)
    assert page.evaluate("location.hash") == ""
    assert faults == []


def test_without_javascript_all_rows_are_there(without_scripts, site_url, held):
    page = without_scripts
    page.goto(f"{site_url}/book/record.html#deepseek-r1")
    rows = page.locator("table.catalogue tbody tr")
    assert rows.evaluate_all("(rows) => rows.map((row) => row.id)") == list(
        catalogue.newest(held).model_id
    )
    expect(page.locator("tr[id='deepseek-r1']")).to_be_in_viewport()
    assert not page.locator(".explorer-controls").is_visible()
    assert rows.last.is_visible()


def test_it_works_from_a_folder(tabs, built_site, held):
    page = tabs[WIDE][0].context.new_page()
    page.goto((built_site / "book" / "record.html").as_uri() + "#deepseek-r1")
    page.wait_for_selector(".model-panel dl")
    control(page, "region").select_option("us")
    matching(page, (held.models_with_release().region == "us").sum())
    ends(page, "?region=us")
    page.close()


def test_a_hostile_record_cannot_run_anything(tabs, site_url, built_site, held):
    first = catalogue.newest(held).iloc[0]
    of = held.models.model_id == first.model_id
    models = held.models.assign(
        **{name: held.models[name].mask(of, HOSTILE) for name in ("name", "licence")}
    )
    releases = held.releases.assign(
        url=held.releases.url.mask(held.releases.release_id == first.release_id, SCRIPTED)
    )
    organisations = held.organisations.assign(
        name=held.organisations.name.mask(
            held.organisations.organisation_id == first.organisation_id, '=1+1,\n"x"'
        )
    )
    line = {
        "table": "models", "row": first.model_id, "column": "licence", "value": HOSTILE,
        "source_url": SCRIPTED, "source_kind": HOSTILE, "confidence": "A", "note": HOSTILE,
    }  # fmt: skip
    record = dataclasses.replace(
        held, techniques=held.techniques[:0], models=models, releases=releases,
        organisations=organisations,
        evidence=pd.DataFrame([line, line | {"value": "MIT"}]),
    )  # fmt: skip
    html = (built_site / "book" / "record.html").read_text("utf-8")
    start, end = (html.index(mark) for mark in ('<form class="explorer', "</table></div>"))
    html = html[:start] + catalogue.explorer(record).removesuffix("</table></div>") + html[end:]
    scripts = list(catalogue.pieces(catalogue.sources(record, catalogue.newest(record))))
    page, faults = open_tab(tabs[WIDE][0].context, site_url)
    page.route("**/record.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/sources/000.js", lambda route: route.fulfill(
        body=scripts[0], content_type="text/javascript"))  # fmt: skip
    visit(page, site_url, "record")
    assert names(page)[0] == HOSTILE  # shown as what it is
    page.locator("table.catalogue tbody th a").first.click()
    panel = page.locator(".model-panel")
    expect(panel.locator("dt")).to_have_text([f"licence: {HOSTILE}"])
    assert HOSTILE in panel.locator("dd").first.inner_text()
    assert panel.locator("dd a").count() == 0  # no address of another kind is a link
    assert panel.get_by_text("Page of the release").count() == 0
    control(page, "licence").select_option(HOSTILE)
    matching(page, 1)
    control(page, "search").fill("window.ran")
    matching(page, 1)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download these rows").click()
    with open(waiting.value.path(), encoding="utf-8", newline="") as file:
        head, row = csv.reader(file)
    shown = dict(zip(head, row, strict=True))
    assert shown["model_id"] == first.model_id and shown["model"] == HOSTILE
    assert shown["organisation"] == '\'=1+1, "x"'  # no spreadsheet runs it
    if pd.notna(first.total_params_b):
        assert float(shown["total (B)"]) == first.total_params_b
    assert shown["released"] == f"{first.released_on:%Y-%m-%d}"
    assert page.evaluate("window.ran") is None
    assert page.locator("article script[src], table img, table script").count() == 0
    page.close()
    assert faults == []
