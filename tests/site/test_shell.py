"""The shell of the pages: light, strict, and of use without scripts, mouse, colours or host."""

import gzip
import re

import pytest
from playwright.sync_api import expect
from views import PAGES, THEMES, WIDTHS, open_tab

WIDE, NARROW = WIDTHS
DAY, NIGHT = THEMES
MOST_BYTES = 250_000  # gzipped, of a first view before Vega
MOST_VEGA = 350_000
MOST_REQUESTS = 8
ASKED = re.compile(r'<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"#]+)"[^>]*>')
NOT_ASKED = re.compile(r'rel="(?:canonical|next|prev|search|alternate|index)"')


def asked(page):
    """What a browser asks for with a page, as files."""
    text = page.read_text("utf-8")
    files = {page}
    for tag in ASKED.finditer(text):
        if not NOT_ASKED.search(tag[0]) and "://" not in tag[1]:
            files.add((page.parent / tag[1].partition("?")[0]).resolve())
    return files


def gzipped(file):
    return len(gzip.compress(file.read_bytes(), 6))


@pytest.mark.parametrize("name", PAGES)
def test_a_first_view_is_light(name, built_site):
    files = asked(built_site / "book" / f"{name}.html")
    assert len(files) <= MOST_REQUESTS
    assert sum(map(gzipped, files)) <= MOST_BYTES
    assert any(file.name == "favicon.svg" for file in files)


def test_vega_is_as_light_as_can_be(built_site):
    assert gzipped(built_site / "_static" / "vega.bundle.js") <= MOST_VEGA


def test_a_browser_asks_for_no_more_than_the_page_says(browser, site_url, built_site):
    with browser.new_context(viewport={"width": WIDE, "height": 400}) as context:
        page, faults = open_tab(context, site_url)
        seen = []
        page.on("request", lambda request: seen.append(request.url))
        page.goto(f"{site_url}/book/glossary.html", wait_until="networkidle")
        files = asked(built_site / "book" / "glossary.html")
        assert 4 <= len(files) <= MOST_REQUESTS
        assert {url.partition("?")[0].rpartition("/")[2] for url in seen} <= {
            file.name for file in files
        }
    assert faults == []


def test_nothing_stands_in_the_pages_that_a_strict_policy_refuses(built_site):
    for path in [*(built_site / "book").glob("*.html"), *built_site.glob("[s4]*.html")]:
        text = path.read_text("utf-8")
        scripts = re.findall(r"<script\b(?![^>]*(?: src=|application/(?:ld\+)?json))[^>]*>", text)
        assert scripts == [], path.name
        assert not re.search(r"<style\b|\sstyle=\"|\son[a-z]+=\"", text), path.name


def test_no_page_names_a_repository(built_site):
    """There is none to name until `repository.url` says where; test_shell has it otherwise."""
    for path in [*(built_site / "book").glob("*.html"), built_site / "search.html"]:
        text = path.read_text("utf-8")
        assert "executablebooks/jupyter-book" not in text
        assert "Source repositor" not in text and "issues/new" not in text


def visible(page, selector):
    return page.locator(f"{selector}:visible").count()


@pytest.fixture(scope="module")
def plain(browser, site_url):
    """A phone at night whose reader has switched JavaScript off."""
    with browser.new_context(
        java_script_enabled=False, color_scheme=NIGHT, viewport={"width": NARROW, "height": 800}
    ) as context:
        page = context.new_page()
        page.goto(f"{site_url}/book/moe.html")
        yield page


def background(page):
    """How light the page is, 0 to 255."""
    colour = page.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_without_scripts_the_colours_are_those_of_the_system(plain):
    assert background(plain) < 40
    plain.emulate_media(color_scheme=DAY)
    assert background(plain) > 220
    plain.emulate_media(color_scheme=NIGHT)
    assert visible(plain, ".theme-switch-button") == 0


def test_without_scripts_a_phone_reaches_every_page(plain):
    links = plain.locator("#pst-primary-sidebar a.reference")
    assert visible(plain, "#pst-primary-sidebar") == 0
    assert plain.locator(".prev-next-area a:visible").count() == 2
    plain.get_by_role("button", name="Pages of the book").press("Enter")
    assert visible(plain, "#pst-primary-sidebar") == 1
    assert links.count() == len(PAGES) - 1  # the title leads to the first
    links.last.scroll_into_view_if_needed()
    expect(links.last).to_be_in_viewport()
    plain.keyboard.press("Escape")
    assert visible(plain, "#pst-primary-sidebar") == 0
    plain.get_by_role("button", name="Contents of this page").press("Enter")
    assert visible(plain, "#pst-secondary-sidebar a") > 4
    plain.keyboard.press("Escape")
    plain.get_by_label("Download this page").press("Enter")
    assert visible(plain, "details.menu a") == 1  # and no button that would do nothing


def test_without_scripts_the_search_says_why_it_does_not(plain, site_url):
    plain.goto(f"{site_url}/search.html")
    assert plain.get_by_text("needs JavaScript").is_visible()


@pytest.fixture
def page(tabs, site_url):
    """A chapter on a wide screen, just opened."""
    page, faults = open_tab(tabs[WIDE][0].context, site_url)
    page.emulate_media(color_scheme=DAY)
    page.goto(f"{site_url}/book/methods.html")
    yield page
    page.close()
    assert faults == []


def test_the_first_key_skips_the_navigation(page):
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to main content")
    expect(link).to_be_focused()
    page.wait_for_function("document.querySelector('.skip-link').getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_all_that_a_key_reaches_shows_that_it_is_reached(page):
    count = page.locator(":is(a[href], button, summary, input):visible").count()
    for _ in range(min(count, 40)):
        page.keyboard.press("Tab")
        shown = page.evaluate("""() => {
          const style = getComputedStyle(document.activeElement);
          return [document.activeElement.outerHTML.slice(0, 80), style.outlineStyle,
            parseFloat(style.outlineWidth)];
        }""")
        assert shown[1] != "none" and shown[2] >= 2, shown[0]


def test_search_by_keyboard(page, site_url):
    page.keyboard.press("Control+k")
    box = page.locator("#search-dialog input")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    assert visible(page, "#search-dialog") == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("sparsity")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=sparsity")
    expect(page.locator("#search-results li a[href*='cost.html']").first).to_be_visible()
    expect(page.locator("#search-results p.context").first).to_be_visible()
    expect(page.locator("form.bd-search input")).to_have_value("sparsity")


def test_search_in_a_folder_of_files(browser, built_site):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{(built_site / 'book' / 'moe.html').as_uri()}")
        page.keyboard.press("Control+k")
        page.keyboard.type("bootstrap")
        page.keyboard.press("Enter")
        expect(page.locator("#search-results li a").first).to_be_visible()
        page.locator("#search-results li a").first.click()
        assert "/book/" in page.url and page.locator("h1").count() == 1


def test_what_was_searched_for_is_marked_until_the_reader_hides_it(page, site_url):
    page.goto(f"{site_url}/book/methods.html?highlight=bootstrap")
    marks = page.locator(".highlighted")
    expect(marks.first).to_be_visible()
    page.get_by_role("link", name="Hide Search Matches").click()
    expect(marks).to_have_count(0)


def test_menus_close_as_readers_expect(page):
    menu = page.get_by_label("Download this page")
    menu.press("Enter")
    assert visible(page, "details.menu li") == 2
    page.keyboard.press("Escape")
    assert visible(page, "details.menu li") == 0
    expect(menu).to_be_focused()
    menu.click()
    page.locator("h1").click()
    assert visible(page, "details.menu li") == 0


def test_the_navigation_makes_room_on_a_wide_screen(page):
    button = page.get_by_role("button", name="Pages of the book")
    left = page.locator("article").bounding_box()["x"]
    button.click()
    assert page.locator("article").bounding_box()["x"] < left - 100
    button.click()
    assert page.locator("article").bounding_box()["x"] == left


def test_the_contents_say_what_is_being_read(page):
    heading = page.locator("article h2").nth(1)
    heading.evaluate("(one) => one.scrollIntoView()")
    text = heading.inner_text().removesuffix("#").strip()
    expect(page.locator("#pst-secondary-sidebar a[aria-current]")).to_have_text(text)


def test_colours_can_be_chosen_where_nothing_is_kept(tabs, site_url):
    page, faults = open_tab(tabs[WIDE][0].context, site_url)
    page.emulate_media(color_scheme=DAY)
    page.add_init_script("""Object.defineProperty(window, "localStorage", {
      get() { throw new DOMException("denied", "SecurityError"); } })""")
    page.goto(f"{site_url}/book/glossary.html")
    assert background(page) > 220
    page.locator("button.theme-switch-button").click()
    assert background(page) < 40
    page.close()
    # Sphinx's own script, which marks what was searched for, is not so careful
    assert all("denied" in fault for fault in faults), faults


def test_icons_are_seen_in_forced_colours(page):
    page.emulate_media(forced_colors="active")
    drawn = page.locator(".btn:visible > .icon:visible").evaluate_all("""(icons) => icons.map(
      (icon) => [getComputedStyle(icon).stroke, getComputedStyle(document.body).backgroundColor,
        icon.getBoundingClientRect().width])""")
    page.emulate_media(forced_colors="none")
    assert len(drawn) >= 3
    for stroke, behind, width in drawn:
        assert stroke != behind and width >= 16


def test_print_has_all_charts_and_nothing_that_cannot_be_used_on_paper(opened, site_url):
    page, _ = opened("moe", WIDE, NIGHT)
    page.emulate_media(media="print")
    for gone in ("nav", "header", "button", ".headerlink", "div.cell_input", "details.menu"):
        assert visible(page, gone) == 0, gone
    assert page.locator("h1:visible").count() == 1
    assert visible(page, "summary") == 0
    pictures = page.locator("figure.chart .chart-view > svg.wide, figure.chart .chart-stage svg")
    assert pictures.count() >= page.locator("figure.chart").count() > 3
    assert all(picture.is_visible() for picture in pictures.all())
    assert background(page) == 255
    assert page.locator("footer:visible").get_by_text("Edition:").count() == 1
    page.emulate_media(media="screen")


@pytest.mark.parametrize("below", ["", "/book/deep"])
def test_a_page_that_is_not_there_leads_home(below, tabs, built_site):
    """At any depth, in a site that lies in a folder of its host."""
    from browser import served

    with served(built_site.parent) as host:
        page, _ = open_tab(tabs[WIDE][0].context, host)
        body = (built_site / "404.html").read_text("utf-8")
        address = f"{host}/{built_site.name}{below}/nothing"
        page.route(address, lambda route: route.fulfill(status=404, body=body,
                                                        content_type="text/html"))  # fmt: skip
        page.goto(address)
        assert page.locator("h1").inner_text() == "Page not found"
        assert page.locator("main").bounding_box()["width"] < 700  # it has its styles
        for link in page.locator("main a").all():
            answer = page.request.get(link.evaluate("(a) => a.href"))
            assert answer.ok, answer.url
        page.close()
