"""The site and the browser that the tests of this folder share."""

import pytest
from browser import launched, served
from views import WIDTHS, open_tab, visit


@pytest.fixture(scope="package")
def site_url(built_site):
    """Address of the site on a free port of this machine, below a path as many hosts have it."""
    with served(built_site.parent) as address:
        yield f"{address}/{built_site.name}"


@pytest.fixture(scope="package")
def browser():
    """One Chromium for all tests of this folder; closed after them, since Playwright's event
    loop would be in the way of other tests that run one."""
    with launched() as running:
        yield running


@pytest.fixture(scope="package")
def tabs(browser, site_url):
    """A tab of each width, with what goes wrong in it.

    They go from page to page: one that has read the scripts of all pages once is twice as fast.
    """
    contexts = {
        width: browser.new_context(
            viewport={"width": width, "height": 800}, reduced_motion="reduce"
        )
        for width in WIDTHS
    }
    yield {width: open_tab(context, site_url) for width, context in contexts.items()}
    for context in contexts.values():
        context.close()


@pytest.fixture
def opened(tabs, site_url):
    """Opens a page at a width and in a theme; gives it with what goes wrong in it."""

    def opened(name, width, theme):
        page, faults = tabs[width]
        page.emulate_media(media="screen", color_scheme=theme)  # whatever a test before left
        faults.clear()
        visit(page, site_url, name)
        return page, faults

    return opened


@pytest.fixture(scope="package")
def without_scripts(browser):
    """A tab of a reader who has switched JavaScript off."""
    with browser.new_context(java_script_enabled=False) as context:
        yield context.new_page()
