"""What keeps a spreadsheet from running a text of the data as a formula."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

from almanac.record import Record
from almanac.record.schema import Table

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what it takes for one, at a text's start


def safe(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def raw(texts: pd.Series, within: bool = False) -> pd.Series:
    """Texts as they were before `safe`.

    Parameters
    ----------
    within : whether the parts of a key, joined by ``/``, are texts of their own
    """
    signs = re.escape("".join(FORMULA))
    start = "(^|/)" if within else "(^)"
    return texts.str.replace(rf"{start}'(?=[{signs}])", r"\1", regex=True)


def tables(record: Record, folder: Path) -> dict[str, bytes]:
    """The tables of the record in `folder` with an apostrophe before each text that would run.

    What names a row by such a key names it as it is written, and rows stay sorted, so that the
    files are a valid record still.

    Returns
    -------
    dict
        The contents of files by name; empty where no text would run, as the files are fine.
    """
    if not any(_runs(getattr(record, name)) for name in record.schema.tables):
        return {}
    described = record.schema.tables
    raw = {name: _rows(folder / table.path) for name, table in described.items()}
    rows = {name: [_safe(row, table) for row in raw[name]] for name, table in described.items()}
    keys = {
        (name, _key(was, table)): _key(now, table)
        for name, table in described.items()
        for was, now in zip(raw[name], rows[name], strict=True)
    }
    for name in ("corrections", "evidence"):
        for was, now in zip(raw[name], rows[name], strict=True):
            now["row"] = keys.get((was["table"], was["row"]), now["row"])
    return {table.path: _written(rows[name], table) for name, table in described.items()}


def _runs(frame: pd.DataFrame) -> bool:
    """Whether a table holds a text that a spreadsheet would run."""
    columns = (frame[column] for column in frame if frame[column].dtype == "str")
    return any(texts.str.startswith(FORMULA).any() for texts in columns)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _safe(row: dict[str, str], table: Table) -> dict[str, str]:
    """A row whose texts are safe; a number below zero is none."""
    texts = {field.name: safe(row[field.name]) for field in table.fields if field.type == "string"}
    return row | texts


def _key(row: dict[str, str], table: Table) -> str:
    """A row's name in `evidence`."""
    return "/".join(row[column] for column in table.primary_key)


def _written(rows: list[dict[str, str]], table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, table.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: [row[column] for column in table.primary_key]))
    return text.getvalue().encode("utf-8")
