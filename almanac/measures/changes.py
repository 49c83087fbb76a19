"""What an edition changed in the record, as tables for readers."""

import pandas as pd

from almanac.measures.writing import many
from almanac.record.difference import TableDifference

# Tables that follow the others: their rows are counted and not listed.
FOLLOWING = {"evidence"}
ROWS = ["table", "key", "what"]
VALUES = ["table", "key", "column", "before", "now"]


def in_words(tables: list[TableDifference]) -> str:
    """A sentence on all tables of two records."""
    differing = [table for table in tables if table.differs]
    if not differing:
        return f"none of {many(len(tables), 'table')} differs."
    parts = []
    for noun, verb, name in (
        ("row", "added", "added"),
        ("row", "removed", "removed"),
        ("row", "renamed", "renamed"),
        ("value", "changed", "changed"),
        ("new column", "", "new_columns"),
        ("column", "gone", "lost_columns"),
    ):
        if number := sum(len(getattr(table, name)) for table in tables):
            parts.append(f"{many(number, noun)} {verb}".rstrip())
    names = f"{len(differing):,} of {many(len(tables), 'table')} "
    names += "differs" if len(differing) == 1 else "differ"
    return f"{names}: {', '.join(parts)}." if parts else f"{names}."


def by_table(tables: list[TableDifference]) -> pd.DataFrame:
    """How many rows and values of each table differ.

    Returns
    -------
    DataFrame
        One row a table that differs: table, rows_before and rows_now (missing where it has no
        such table), added, removed, renamed, values_changed (counts) and columns (which are new or
        gone, in words). What is zero or empty in all rows has no column.
    """
    columns = ["table", "rows_before", "rows_now", "added", "removed", "renamed",
               "values_changed", "columns"]  # fmt: skip
    rows = [
        (
            table.table,
            table.before,
            table.after,
            len(table.added),
            len(table.removed),
            len(table.renamed),
            len(table.changed),
            _columns(table),
        )
        for table in tables
        if table.differs
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.astype({"rows_before": "Int64", "rows_now": "Int64"})
    told = [name for name in columns[3:] if frame[name].astype(bool).any()]
    return frame[[*columns[:3], *told]]


def _columns(table: TableDifference) -> str:
    told = [
        f"{column} is new, filled in {many(filled, 'row')}"
        for column, filled in table.new_columns.items()
    ]
    told += [f"{column} is gone" for column in table.lost_columns]
    if table.unmatched:
        told.append("another key: rows are not compared")
    return "; ".join(told)


def rows(tables: list[TableDifference]) -> pd.DataFrame:
    """Rows that came, went or have another key: table, key and what, in words.

    Those of tables that one record alone has, and of evidence, are left to the counts.
    """
    found = [
        (table.table, key, what)
        for table in tables
        if table.table not in FOLLOWING and None not in (table.before, table.after)
        for key, what in (
            *((new, f"renamed, was {old}") for old, new in table.renamed),
            *((key, "added") for key in table.added),
            *((key, "removed") for key in table.removed),
        )
    ]
    return pd.DataFrame(found, columns=ROWS)


def values(tables: list[TableDifference]) -> pd.DataFrame:
    """Values that changed: table, key, column, before and now; but for evidence."""
    parts = [
        table.changed.rename(columns={"after": "now"}).assign(table=table.table)[VALUES]
        for table in tables
        if table.table not in FOLLOWING and len(table.changed)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=VALUES)
