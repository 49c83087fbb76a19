"""The addresses that a site publishes: pages, what can be downloaded, places in a page."""

import posixpath
import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

# Pages whose places are not their own: those of the code move with it, those of organisations are
# keys of the record, which tests/record/test_history.py keeps.
ELSEWHERE = ("functions", "organisations")
# Places that others link to: sections, charts, terms of the glossary.
PLACES = "section[id], figure[id], dl.glossary dt[id]"
# Found in the text, as to read all pages for what they are takes seconds.
PLACE = re.compile(r'\bid="([^"]+)"')
MOVED = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)"', re.I)
DOWNLOADS = ("*.bib", "results.json", "charts/*.csv", "_sources/book/*.ipynb",
             *(f"data/*.{kind}" for kind in ("csv", "json", "parquet", "zip")))  # fmt: skip


def addresses(site: Path) -> set[str]:
    """All that others may link to, from the root of the site."""
    found = {_address(site, path) for kind in DOWNLOADS for path in site.glob(kind)}
    for path in [*site.glob("*.html"), *site.glob("book/*.html")]:
        page = _address(site, path)
        places = BeautifulSoup(path.read_bytes(), "html.parser").select(PLACES)
        found.add(page)
        if path.stem not in ELSEWHERE:
            found |= {f"{page}#{place['id']}" for place in places}
    return found


def dead(published: set[str], site: Path) -> list[str]:
    """Those of the published addresses that lead nowhere, neither there nor by a redirect."""

    @cache
    def read(page):
        """The places of the page on which a reader of `page` ends up; None if there is none."""
        seen = set()
        while page not in seen and (site / page).is_file():
            seen.add(page)
            text = (site / page).read_text("utf-8")
            moved = MOVED.search(text)
            if not moved:
                return set(PLACE.findall(text))
            page = posixpath.normpath(posixpath.join(posixpath.dirname(page), moved[1]))
        return None

    def lives(address):
        page, _, place = address.partition("#")
        if not page.endswith(".html"):
            return (site / page).is_file()
        places = read(page)
        return places is not None and (not place or place in places)

    return sorted(address for address in published if not lives(address))


def _address(site: Path, path: Path) -> str:
    return path.relative_to(site).as_posix()
