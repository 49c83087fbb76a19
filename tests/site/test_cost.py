"""The controls of charts: named, reached by keyboard, and moving what is drawn."""

import json

import pandas as pd
import pytest
from playwright.sync_api import expect
from views import DRAW_ALL, THEMES, WIDTHS

from almanac.measures import cost

RATES = """(figure) => [...figure.querySelectorAll(".chart-view text")]
  .map((one) => one.textContent).filter((text) => /^[\\d,]+$/.test(text))"""

# The value beside a slider is part of the label that holds both.
CONTROLS = """(controls) => controls.map((control) => ({
  name: control.labels[0].querySelector("span").textContent,
  height: control.getBoundingClientRect().height,
  right: control.getBoundingClientRect().right,
}))"""


@pytest.fixture
def page(opened):
    """The page of costs on a phone at night, its charts drawn."""
    page, faults = opened("cost", min(WIDTHS), THEMES[1])
    assert page.evaluate(DRAW_ALL) == []
    yield page
    assert faults == []


@pytest.fixture
def speeds(page):
    """The figure with the speed of every model."""
    return page.locator("figure:has(.chart-controls input[name=bandwidth])")


def models(figure):
    """The constants of the models of a chart, as they lie in the page."""
    spec = json.loads(figure.locator("script").text_content())
    rows = max(spec["datasets"].values(), key=lambda rows: len(rows[0]))
    return pd.DataFrame(rows)


def test_every_control_has_a_name_and_is_large_enough(page):
    controls = page.locator(".chart-controls :is(input, select)").evaluate_all(CONTROLS)
    assert len(controls) >= 8
    for control in controls:
        assert len(control["name"]) > 3
        assert control["height"] >= 24
        assert control["right"] <= 360
    assert page.locator("[role=img] :is(input, select)").count() == 0


def test_a_slider_moves_by_keyboard_and_the_chart_with_it(page, speeds):
    constants = models(speeds)
    before = speeds.evaluate(RATES)
    batch = speeds.get_by_role("slider", name="Sequences at once")
    batch.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert batch.input_value() == "10"
    speeds.get_by_role("combobox", name="Bits a weight").select_option("16")
    expected = [
        f"{rate:,.0f}"
        for rate in cost.steps(constants, cost.Conditions(batch=10, bits=16)).tokens_per_s
    ]
    assert set(expected) - set(before)
    for rate in expected:
        expect(speeds.locator(".chart-view").get_by_text(rate, exact=True).first).to_be_visible()


def test_the_same_name_on_two_charts_moves_one_of_them(page, speeds):
    other = page.locator("figure:has(.chart-controls select[name=bits_0])")
    drawn = "(figure) => figure.querySelector('.chart-view').innerHTML"
    before = other.evaluate(drawn), speeds.evaluate(drawn)
    other.get_by_role("slider", name="Tokens of context").fill("131072")
    page.wait_for_function("([figure, before]) => figure.querySelector('.chart-view').innerHTML"
                           " !== before", arg=[other.element_handle(), before[0]])  # fmt: skip
    assert speeds.evaluate(drawn) == before[1]


def test_without_scripts_there_are_no_controls_and_a_table_has_the_numbers(
    without_scripts, site_url
):
    page = without_scripts
    page.goto(f"{site_url}/book/cost.html")
    assert page.locator(".chart-controls:visible, .vega-bind").count() == 0
    figure = page.locator("figure", has_text="tokens a second").first
    assert figure.locator("details td").count() > 10
    assert figure.locator("svg:visible").count() == 1
