"""No page has a fault that axe finds, in light and dark, on a phone and on a wide screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from views import DRAW_ALL, PAGES, THEMES, WIDTHS, open_tab, visit

pytestmark = pytest.mark.soak

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page):
    """What axe finds: rule, what it asks for, and the elements that break it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{fault['id']}: {fault['help']}\n"
        + "\n".join(f"    {' '.join(map(str, node['target']))}" for node in fault["nodes"][:5])
        for fault in found.response["violations"]
    ]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name, width, theme, browser, site_url):
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce"
    ) as context:
        page, _ = open_tab(context, site_url)
        visit(page, site_url, name)
        assert page.evaluate(DRAW_ALL) == []
        # folded away is not seen: what readers can open must be right as well
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        if name == "record":
            page.locator("button.show-sources").first.click()
        found = violations(page)
    assert not found, "\n" + "\n".join(found)
