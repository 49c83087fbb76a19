"""Links inside the site all lead somewhere, to the very place they name."""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

import pytest

LINK = re.compile(r'<(?:a|area|link|script|img|source|iframe)\b[^>]*?\s(?:href|src)="([^"]*)"')
PLACE = re.compile(r'\s(?:id|name)="([^"]+)"')


def broken(site):
    """Links of pages that lead to no file of the site, or to no place of a page, page by page."""
    # the page for what is not found looks for the site from wherever it is shown: see test_shell
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    texts = {path: path.read_text("utf-8") for path in pages}
    places = {path: set(map(unescape, PLACE.findall(text))) for path, text in texts.items()}
    found = []
    for page, text in texts.items():
        for link in map(unescape, LINK.findall(text)):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue  # another site; the link checker has those
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            fragment = unquote(parts.fragment)
            if not target.is_file():
                found.append(f"{page.relative_to(site)}: {link}: no such file")
            elif fragment and target in places and fragment not in places[target]:
                found.append(f"{page.relative_to(site)}: {link}: no such place in the page")
    return sorted(set(found))


def test_all_links_inside_the_site_resolve(built_site):
    assert broken(built_site.resolve()) == []


@pytest.mark.parametrize(
    "link, reason",
    [("gone.html", "no such file"), ("#gone", "no such place"), ("a%20b.html#there", None)],
)
def test_a_link_that_leads_nowhere_is_seen(link, reason, tmp_path):
    (tmp_path / "page.html").write_text(f'<a class="x" href="{link}">one</a>')
    (tmp_path / "a b.html").write_text('<p id="there">')
    found = broken(tmp_path)
    assert reason in found[0] if reason else found == []
