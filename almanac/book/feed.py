"""The feed of editions and corrections, for readers who follow the record (Atom, RFC 4287).

Atom asks for addresses that hold everywhere, so only an edition that has one gets a feed. Nothing
in it comes from the clock: the same record gives the same feed.
"""

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree

from almanac.book.citation import work
from almanac.book.edition import Edition
from almanac.charts.letters import for_xml

if TYPE_CHECKING:
    import pandas as pd  # or every build would wait for it

NAME = "feed.xml"  # in the root of the site
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Entry:
    """One piece of news.

    Attributes
    ----------
    kind : ``edition`` or ``corrections``; with the day it makes the entry's lasting identity
    day : ISO date
    content : HTML
    page : what it leads to, from the root of the site
    """

    kind: str
    day: str
    title: str
    content: str
    page: str


def entries(edition: Edition, corrections: "pd.DataFrame") -> list[Entry]:
    """The news of a record, newest first.

    Parameters
    ----------
    corrections : that table of the edition's record
    """
    from almanac.record import history

    told = history.changes(edition.data)
    told.setdefault(edition.data_date(), "")
    editions = [
        Entry("edition", day, f"Edition of {day}", _markdown(text), "book/index.html")
        for day, text in told.items()
    ]
    corrected = [
        Entry(
            "corrections",
            f"{day:%Y-%m-%d}",
            f"{len(rows):,} value{'s' * (len(rows) > 1)} corrected on {day:%Y-%m-%d}",
            _corrected(rows),
            "book/corrections.html",
        )
        for day, rows in corrections.groupby("corrected_on")
    ]
    return sorted([*editions, *corrected], key=lambda entry: (entry.day, entry.kind), reverse=True)


def atom(edition: Edition, news: list[Entry]) -> str:
    """The feed of an edition that has an address, as XML."""
    cited = work()
    feed = ElementTree.Element("feed", xmlns=ATOM, attrib={"xml:lang": "en"})
    _text(feed, "title", f"{cited.title}: editions and corrections")
    _text(feed, "subtitle", cited.abstract)
    _text(feed, "id", _identity(edition, min(entry.day for entry in news), "feed"))
    _text(feed, "updated", _moment(max(entry.day for entry in news)))
    for author in cited.authors:
        _text(ElementTree.SubElement(feed, "author"), "name", author.name)
    _link(feed, "self", edition.address + NAME, "application/atom+xml")
    _link(feed, "alternate", edition.address, "text/html")
    for entry in news:
        element = ElementTree.SubElement(feed, "entry")
        _text(element, "title", entry.title)
        _text(element, "id", _identity(edition, entry.day, entry.kind))
        _text(element, "updated", _moment(entry.day))
        _link(element, "alternate", edition.address + entry.page, "text/html")
        _text(element, "content", entry.content or html.escape(entry.title), type="html")
    ElementTree.indent(feed)
    text = ElementTree.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _identity(edition: Edition, day: str, kind: str) -> str:
    """A tag URI (RFC 4151): the same in every edition, whatever is said of that day later."""
    parts = urlsplit(edition.address)
    return f"tag:{parts.hostname},{day}:{parts.path}{kind}"


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _text(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = for_xml(text)


def _link(parent: ElementTree.Element, rel: str, href: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": rel, "type": kind, "href": href})


def _markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    # html off: what looks like markup in the record's words is shown as what it is
    return MarkdownIt("commonmark", {"html": False}).render(text).strip()


def _corrected(rows: "pd.DataFrame") -> str:
    """Each value that was wrong: where it stands, what it was and is, and the source that says so.

    Links to sources are text in the record, and stay text.
    """
    rows = rows.sort_values(["table", "row", "column"]).fillna({"was": "", "is_now": ""})
    items = "".join(
        f"<li>{html.escape(f'{r.table}, {r.row}')}, {html.escape(r.column.replace('_', ' '))}: "
        f"{html.escape(r.was) or 'blank'} → {html.escape(r.is_now) or 'blank'}; "
        f"{html.escape(r.why)}</li>"
        for r in rows.itertuples()
    )
    return f"<ul>{items}</ul>"
