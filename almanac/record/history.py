"""What editions of the record changed, and what becomes of the keys that one has published:
others quote them, so none is lost."""

import re
from pathlib import Path

import pandas as pd

from almanac.record.tables import Record, row_names

# Tables whose keys others quote.
LASTING = ("organisations", "releases", "models", "events", "claims")


CHANGES = "CHANGELOG.md"  # in the folder of a record: a section a day, its heading the ISO date
ITEM = re.compile(r"^- (?:\*\*(?P<what>.+?)\*\*:? )?(?P<change>.+)$", re.M)


def changes(folder: Path) -> dict[str, str]:
    """What each edition of the record in `folder` changed, in Markdown, by its day, newest first.

    Empty if the folder does not say.
    """
    path = folder / CHANGES
    text = path.read_text("utf-8") if path.is_file() else ""
    parts = re.split(r"^## (\d{4}-\d{2}-\d{2}) *$", text, flags=re.M)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))


def latest(folder: Path) -> tuple[str, pd.DataFrame]:
    """The day of the newest edition of a record, and what it changed item by item, as plain text.

    Returns
    -------
    tuple
        ISO date, empty if the folder does not say; and a table of what and change.
    """
    day, text = next(iter(changes(folder).items()), ("", ""))
    items = [(item["what"] or "", item["change"].replace("`", "")) for item in ITEM.finditer(text)]
    return day, pd.DataFrame(items, columns=["what", "change"])


def keys(record: Record) -> pd.DataFrame:
    """The keys of the record that others may quote: table and key, in the order of the record."""
    return pd.concat(
        [
            pd.DataFrame(
                {"table": name, "key": row_names(getattr(record, name), record.schema.tables[name])}
            )
            for name in LASTING
        ],
        ignore_index=True,
    )


def lost(record: Record, published: pd.DataFrame) -> pd.DataFrame:
    """Published keys that the record neither holds nor accounts for.

    A key is accounted for if ``renamed`` leads from it to another, or if ``corrections`` says
    that its row was wrong and is gone: a correction of its key column with a blank ``is_now``.

    Parameters
    ----------
    published : table and key, as `keys` gave them for earlier editions

    Returns
    -------
    DataFrame
        The rows of `published` that are lost.
    """
    held = keys(record)
    gone = record.corrections[record.corrections.is_now.isna()]
    key_column = {name: record.schema.tables[name].primary_key[0] for name in LASTING}
    gone = gone[gone["column"] == gone["table"].map(key_column)]
    accounted = {
        *zip(held["table"], held["key"], strict=True),
        *zip(record.renamed["table"], record.renamed["old_key"], strict=True),
        *zip(gone["table"], gone["row"], strict=True),
    }
    known = [pair in accounted for pair in zip(published["table"], published["key"], strict=True)]
    return published[[not found for found in known]]
