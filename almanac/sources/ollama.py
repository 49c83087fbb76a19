"""Ollama: pulls of each entry of its library since publication, as its pages show them.

The pages round: 21.2M. An entry is a family, so its pulls belong to the release it is about; the
reviewed aliases say to which.
"""

import re
from decimal import Decimal
from html.parser import HTMLParser

from almanac.sources.source import Shape, Source, Wanted
from almanac.sources.statements import (
    Document,
    Said,
    SourceError,
    Statement,
    day_of,
    number,
    plain,
    sound_rows,
)

NAME = "ollama"
PAGE = "https://ollama.com/library"
COLLECTION = "https://github.com/yuma-shintani/ollama-model-library"
LAST_MONTH = "2026-06"  # the collection counts no pulls after it
ENTRY = re.compile(r"[a-z0-9][\w.-]{0,99}", re.ASCII)
PULLS = re.compile(r"(\d+(?:\.\d+)?)([KMB]?)")
TRACE = Decimal("0.001")
SCALE = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def library(document: Document) -> Said:
    """The library's page: one list item an entry, with attributes for its own tests."""
    reader = _Library()
    reader.feed(document.text)
    if not reader.entries:
        raise SourceError(
            f"{NAME}: {document.file} has no list item marked x-test-model: its layout has changed"
        )
    said = Said()
    for name, pulls in reader.entries:
        found = PULLS.fullmatch(pulls.strip())
        if not ENTRY.fullmatch(name) or not found:
            said.dropped.append(document.drop(name, pulls, "a name and pulls as 21.2M"))
            continue
        value = plain(Decimal(found[1]) * SCALE[found[2]])
        if found[2] == "" and "." in found[1]:
            said.dropped.append(document.drop(name, pulls, "a whole number of pulls"))
            continue
        said.statements.append(_says(name, value, f"{PAGE}/{name}", document.day))
    return said


def months(document: Document) -> Said:
    """Pulls by month, as the collection took them from the same pages.

    It multiplied what stood there, such as 32.2K, in floating point, which leaves traces far
    behind the point; a real fraction is no count.
    """
    said = Said()
    best: dict[str, Decimal] = {}
    needed = ["src", "date", "month", "name", "pulls"]
    rows = [row for row in sound_rows(document, needed, said) if row[1]["src"] == "yuma"]
    for where, row in sorted(rows, key=lambda row: (row[1]["date"], row[0])):
        if row["month"] > LAST_MONTH or not row["pulls"]:
            continue
        day, name = day_of(row["date"]), row["name"]
        value, pulls = None, number(row["pulls"])
        if pulls is not None and abs(pulls - round(pulls)) < TRACE:
            value = Decimal(round(pulls))
        if not day or value is None or not ENTRY.fullmatch(name):
            found = f"{name},{row['date']},{row['pulls']}"
            said.dropped.append(document.drop(where, found, "a name, a day and a count"))
            continue
        if value < best.get(name, 0):
            expected = f"no fewer pulls of {name} than the {plain(best[name])} before"
            said.dropped.append(document.drop(where, plain(value), expected))
            continue
        best[name] = value
        said.statements.append(_says(name, plain(value), COLLECTION, day))
    return said


def _says(name, value, page, day):
    note = f"rounded by Ollama; pulls of all of {name}"
    return Statement(*(NAME, name, "", "ollama_pulls", value, page, "aggregator", day, True, note))


class _Library(HTMLParser):
    """Names and pulls of the entries of the library's page."""

    def __init__(self):
        super().__init__()
        self.entries: list[tuple[str, str]] = []
        self._name = ""
        self._counting = False

    def handle_starttag(self, tag, attributes):
        """Note which entry begins, and where its pulls stand."""
        given = dict(attributes)
        if "x-test-model" in given:
            self._name = ""
        if tag == "a" and (given.get("href") or "").startswith("/library/"):
            self._name = given["href"].removeprefix("/library/")
        self._counting = "x-test-pull-count" in given

    def handle_data(self, data):
        """Take the text of the pulls."""
        if self._counting and self._name and data.strip():
            self.entries.append((self._name, data))
            self._name, self._counting = "", False


def _addresses(wanted: Wanted) -> dict[str, str]:
    return {"library.html": PAGE}


SOURCE = Source(
    NAME,
    "Ollama",
    _addresses,
    (
        Shape(r"library\.html", library, media="html"),
        Shape(r"ollama_monthly\.csv", months, "2026-06-30", "csv"),
    ),
)
