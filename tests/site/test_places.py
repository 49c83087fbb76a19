"""Pages where no server and no screen is: opened from a folder, without scripts, on paper.

That they hold below a path of a host is shown by all other tests: `site_url` has one.
"""

import io
import re
import unicodedata

import pypdf
import pytest
from bs4 import BeautifulSoup
from views import DRAW_ALL, PAGES

QUICK = ("index", "moe", "cost")


def most(names):
    """A few pages at once, all of them in the long run."""
    return [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.soak, id=name)
        for name in names
    ]


def squeezed(text):
    """A text without spaces and ligatures, which paper sets as it likes."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("name", most(PAGES))
def test_a_page_works_from_a_folder(name, browser, built_site):
    with browser.new_context() as context:
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(request.url))
        page.goto((built_site / "book" / f"{name}.html").as_uri())
        assert page.evaluate(DRAW_ALL) == []
        assert faults == []
        other = "Methods" if name == "glossary" else "Glossary"
        page.get_by_role("link", name=other, exact=True).first.evaluate("(a) => a.click()")
        page.wait_for_url(f"**/{other.lower()}.html")


@pytest.mark.parametrize("name", most(PAGES))
def test_a_printed_page_shows_every_chart(name, browser, site_url):
    """Printed as it comes, no chart of it drawn by a script."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site_url}/book/{name}.html")
        shown = page.locator("figure.chart").evaluate_all(
            """(figures) => figures.map((figure) => [
              figure.querySelector("figcaption").textContent,
              ...[...figure.querySelectorAll("svg.wide .role-axis-title text")]
                .map((text) => text.textContent)])"""
        )
        paper = pypdf.PdfReader(io.BytesIO(page.pdf()))
    printed = squeezed("".join(sheet.extract_text() for sheet in paper.pages))
    for words in shown:
        for text in words:
            assert squeezed(text) in printed, words[0]


@pytest.mark.parametrize("name", PAGES)
def test_all_that_is_found_is_there_without_scripts(name, built_site):
    """Findings and the numbers of charts stand in the page itself."""
    page = BeautifulSoup((built_site / "book" / f"{name}.html").read_text("utf-8"), "html.parser")
    for finding in page.select(".finding, .number"):
        assert len(finding.get_text(strip=True)) > 0
    for figure in page.select("figure.chart"):
        assert len(figure.select(".chart-view > svg")) == 2
        assert figure.select("details.chart-data tbody tr"), figure["id"]
