"""No page has a fault that axe finds by any of its rules, those of AAA and its experimental ones
among them, in light and dark, on a phone and on a wide screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from views import DRAW_ALL, PAGES, THEMES, WIDTHS, open_tab, visit

pytestmark = pytest.mark.soak

OTHERS = {"search": "search.html?q=model", "404": "404.html"}  # beside the pages of the contents


# What opens over a page on a phone, and what opens it.
OVER = {
    ".primary-toggle": "#pst-primary-sidebar",
    ".secondary-toggle": "#pst-secondary-sidebar",
    "details.menu summary": "details.menu",
    ".search-button": "#search-dialog",
}


def violations(page, within=None):
    """What axe finds: rule, what it asks for, and the elements that break it.

    `within` is a selector: what lies over a page hides what is below, which is then no fault.
    """
    axe = Axe()
    page.evaluate(axe.axe_script)
    rules = page.evaluate("axe.getRules().map((rule) => rule.ruleId)")
    # many rules are off unless they are asked for
    options = {"rules": {rule: {"enabled": True} for rule in rules}, "resultTypes": ["violations"]}
    found = axe.run(page, context=within, options=options)
    return [
        f"{fault['id']}: {fault['help']}\n"
        + "\n".join(f"    {' '.join(map(str, node['target']))}" for node in fault["nodes"][:5])
        for fault in found.response["violations"]
    ]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*PAGES, *OTHERS])
def test_axe_finds_nothing(name, width, theme, browser, site_url):
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce"
    ) as context:
        page, _ = open_tab(context, site_url)
        if name in OTHERS:
            page.goto(f"{site_url}/{OTHERS[name]}", wait_until="networkidle")
        else:
            visit(page, site_url, name)
        assert page.evaluate(DRAW_ALL) == []
        # folded away is not seen: what readers can open must be right as well
        page.evaluate("""document.querySelectorAll("details:not(.menu)")
          .forEach((one) => (one.open = true))""")
        if name == "record":
            page.locator("table.catalogue tbody th a").first.click()
            page.wait_for_selector(".model-panel dl")
        page.evaluate("scrollTo(0, 0)")  # or what lies under the bar above is taken for small
        found = violations(page)
        for opener, over in OVER.items():
            if width == min(WIDTHS) and page.locator(over).count():
                page.locator(opener).first.click()
                found += violations(page, over)
                page.keyboard.press("Escape")
    assert not found, "\n" + "\n".join(found)
