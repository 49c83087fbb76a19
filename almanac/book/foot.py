"""What the foot of every page offers and says of its edition; `templates/foot.html` sets it."""

from collections.abc import Sequence

from almanac.book import citation, feed
from almanac.book import edition as editions
from almanac.book.downloads import ARCHIVE
from almanac.book.edition import Edition

BIBTEX = f"{ARCHIVE}.bib"  # in the root of the site


def values(edition: Edition, rows: Sequence[str] = ()) -> dict:
    """The words of the foot as plain text; the template escapes them.

    `rows` says how many rows of the record came from where, a part a source.

    ``archive``, ``bibtex`` and ``feed`` are files of the site, ``feed`` empty where it has none;
    ``licence`` is that of the data, with its ``name`` and perhaps ``path``.
    """
    return {
        "archive": f"{ARCHIVE}.zip",
        "apa": citation.apa(edition),
        "bibtex": BIBTEX,
        "feed": feed.NAME if edition.address else "",
        "edition": edition.name,
        "rows": "; ".join(rows),
        "data_date": edition.data_date(),
        "refreshed": edition.refreshed(),
        "commit": editions.commit(),
        "licence": licence(edition),
    }


def licence(edition: Edition) -> dict[str, str]:
    """The licence of the edition's data: its ``name`` as readers know it, and ``path`` or none."""
    stated = edition.licence()
    return {
        "name": stated.get("name", "without a stated licence").replace("CC-BY-", "CC BY "),
        "path": stated.get("path", ""),
    }
