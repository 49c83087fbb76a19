"""What differs between two records: rows that came and went, and values that changed.

Rows are matched by the key that the schema gives their table. A key that `renamed` leads to
another is followed, also where other tables name it, so that a new name is one change and not
hundreds. Tables and columns that one record alone has are told as such, not cell by cell.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from almanac.record import bounds
from almanac.record.schema import FILE, Schema, SchemaError, Table, parse_schema

NUMBERS = {"number", "integer"}  # columns in which 12 and 12.0 are one value
BETWEEN = "\x1f"  # parts of a key, so that a/b + c is not a + b/c
CHANGED = ["key", "column", "before", "after"]


class DifferenceError(ValueError):
    """A record cannot be compared; the message says why and what to do."""


@dataclass(frozen=True)
class Texts:
    """A record as text.

    Attributes
    ----------
    schema : the record's own
    tables : by name, rows as they stand in the file, all columns text, a blank cell empty; a
        table whose file is missing is not there
    """

    schema: Schema
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class TableDifference:
    """What differs in one table.

    Attributes
    ----------
    table : its name
    before, after : how many rows it has in either record; None where it has no such table
    added, removed : keys of rows, parts joined by ``/``, in the order of their table
    renamed : pairs of the old and the new key of one row
    changed : key, column, before and after of each value that changed, blanks empty, in the order
        of the new table
    new_columns, lost_columns : those that one record alone has, with how many cells are filled
    unmatched : whether rows could not be matched, as the two give the table different keys; then
        nothing is known but the numbers of rows
    """

    table: str
    before: int | None
    after: int | None
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    changed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=CHANGED))
    new_columns: dict[str, int] = field(default_factory=dict)
    lost_columns: dict[str, int] = field(default_factory=dict)
    unmatched: bool = False

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        listed = (self.added, self.removed, self.renamed, self.new_columns, self.lost_columns)
        return (
            (self.before is None) != (self.after is None)
            or any(listed)
            or len(self.changed) > 0
            or self.unmatched
        )


def read(folder: Path) -> Texts:
    """The record in `folder` as text.

    Raises
    ------
    DifferenceError
        If its schema or a table cannot be read.
    """

    def contents(name: str) -> bytes | None:
        try:
            return bounds.read(folder / name, bounds.LIMITS.table)
        except FileNotFoundError:
            return None
        except bounds.OutOfBounds as error:
            raise DifferenceError(f"{folder}: {error}") from None
        except OSError as error:
            raise DifferenceError(f"{folder / name} cannot be read: {error.strerror}") from None

    return parse(contents, str(folder))


def parse(contents: Callable[[str], bytes | None], where: str) -> Texts:
    """A record as text, wherever its files lie.

    Parameters
    ----------
    contents : gives the bytes of a file by its name, None where there is none
    where : what to call the record in messages

    Raises
    ------
    DifferenceError
        If its schema or a table cannot be read, or a key stands twice in a table.
    """
    described = contents(FILE)
    if described is None:
        raise DifferenceError(f"{where} is no record: there is no {FILE} in it")
    try:
        schema = parse_schema(described)
    except SchemaError as error:
        raise DifferenceError(f"{where}: {FILE}: {error}") from None
    tables = {}
    for table in schema.tables.values():
        data = contents(table.path)
        if data is not None:
            try:
                bounds.check_rows(Path(table.path), io.BytesIO(data))
            except bounds.OutOfBounds as error:
                raise DifferenceError(f"{where}: {error}") from None
            tables[table.name] = _text(data, f"{where}: {table.path}", table)
    return Texts(schema, tables)


def _text(data: bytes, where: str, table: Table) -> pd.DataFrame:
    try:
        text = pd.read_csv(
            io.BytesIO(data), dtype="str", na_filter=False, encoding="utf-8", index_col=False
        )
    except ValueError as error:  # also what pandas and codecs raise
        reason = str(error).partition("\n")[0]
        raise DifferenceError(
            f"{where} is no table ({reason}): `almanac validate` lists every fault"
        ) from None
    if missing := [column for column in table.primary_key if column not in text.columns]:
        raise DifferenceError(
            f"{where} has no column {missing[0]}, which its key needs: `almanac validate` lists "
            "every fault"
        )
    twice = text.duplicated(list(table.primary_key))
    if twice.any():
        name = _names(text[twice], table).iloc[0]
        raise DifferenceError(
            f"{where} has the key {name!r} twice: remove one row; `almanac validate` lists every "
            "fault"
        )
    return text


def difference(old: Texts, new: Texts) -> list[TableDifference]:
    """What differs between two records, table by table.

    Returns
    -------
    list of TableDifference
        Of each table that either has, those without a difference too, in the order of the new
        record's schema, then of the old one's.
    """
    renames = _renames(old, new)
    was = {name: _names(frame, old.schema.tables[name]) for name, frame in old.tables.items()}
    moved = _renamed(old, was, renames)
    return [
        _table(name, old, new, moved.get(name), was.get(name), renames.get(name, {}))
        for name in dict.fromkeys([*new.schema.tables, *old.schema.tables])
        if name in old.tables or name in new.tables
    ]


def _renames(old: Texts, new: Texts) -> dict[str, dict[str, str]]:
    """By table, the new key of each row of the old record that has another name in the new one.

    Only tables with a key of one column are renamed in; a name is followed from one to the next.
    """
    told = new.tables.get("renamed")
    if told is None or not {"table", "old_key", "new_key"} <= set(told.columns):
        return {}
    found = {}
    for name, rows in told.groupby("table", sort=False):
        if name not in old.tables or name not in new.tables:
            continue
        key = old.schema.tables[name].primary_key
        if len(key) > 1 or new.schema.tables[name].primary_key != key:
            continue
        leads = dict(zip(rows["old_key"], rows["new_key"], strict=True))
        held, holds = set(old.tables[name][key[0]]), set(new.tables[name][key[0]])
        ends = {}
        for start in leads.keys() & held - holds:
            end, seen = leads[start], {start}
            while end not in holds and end in leads and end not in seen:
                seen.add(end)
                end = leads[end]
            if end in holds:
                ends[start] = end
        if ends:
            found[name] = ends
    return found


def _renamed(
    old: Texts, was: Mapping[str, pd.Series], renames: Mapping[str, Mapping[str, str]]
) -> dict[str, pd.DataFrame]:
    """The old tables, each key that was renamed under its new name wherever it stands."""
    tables = dict(old.tables)
    if not renames:
        return tables
    for name, frame in tables.items():
        table = old.schema.tables[name]
        columns = {table.primary_key[0]: renames[name]} if name in renames else {}
        for key in table.foreign_keys:
            if key.table in renames and len(key.columns) == 1 and key.columns[0] in frame:
                columns[key.columns[0]] = renames[key.table]
        for column, new_names in columns.items():
            text = frame[column]
            frame = frame.assign(**{column: text.map(new_names).fillna(text)})
        tables[name] = frame
    # what names a row of another table by its key: evidence, corrections
    ends = {}
    for name, frame in tables.items():
        if frame is not old.tables[name]:
            now = _names(frame, old.schema.tables[name])
            other = (now != was[name]).to_numpy()
            ends[name] = dict(zip(was[name][other], now[other], strict=True))
    for name, frame in tables.items():
        if {"table", "row"} <= set(frame.columns):
            row = frame["row"].copy()
            for about, new_names in ends.items():
                at = ((frame["table"] == about) & row.isin(list(new_names))).to_numpy()
                row[at] = row[at].map(new_names)
            tables[name] = frame.assign(row=row)
    return tables


def _table(
    name: str,
    old: Texts,
    new: Texts,
    before: pd.DataFrame | None,
    was: pd.Series | None,
    renames: Mapping[str, str],
) -> TableDifference:
    """What differs in a table.

    Parameters
    ----------
    before : the old rows, with keys that were renamed under their new names
    was : their own old names
    renames : new keys of rows of this table by the old ones
    """
    after = new.tables.get(name)
    if before is None:
        added = _names(after, new.schema.tables[name]).tolist()
        return TableDifference(name, None, len(after), added=added)
    if after is None:
        return TableDifference(name, len(before), None, removed=was.tolist())
    sizes = len(before), len(after)
    if before.equals(after):
        return TableDifference(name, *sizes, renamed=sorted(renames.items()))
    key = list(new.schema.tables[name].primary_key)
    columns = {"new_columns": _filled(after, before), "lost_columns": _filled(before, after)}
    if tuple(key) != old.schema.tables[name].primary_key:
        return TableDifference(name, *sizes, **columns, unmatched=True)
    names = _names(after, new.schema.tables[name])
    old_keys, new_keys = _joined(before, key), _joined(after, key)
    # of two rows that now have one name, that which always had it is followed
    moved = _names(before, old.schema.tables[name]) != was
    folded = old_keys.duplicated(keep=False) & moved
    kept = ~folded.to_numpy()
    place = pd.Index(old_keys[kept]).get_indexer(new_keys)
    there = place >= 0
    at = kept.nonzero()[0][place[there]]
    gone = np.full(len(before), True)
    gone[at] = False
    removed = was[gone]
    changed = _changed(
        before.iloc[at].reset_index(drop=True),
        after[there].reset_index(drop=True),
        names[there].reset_index(drop=True),
        [column for column in after if column in before and column not in key],
        {
            column.name
            for schema in (old.schema, new.schema)
            for column in schema.tables[name].fields
            if column.type in NUMBERS
        },
    )
    return TableDifference(
        name,
        *sizes,
        added=names[~there].tolist(),
        removed=removed[~removed.isin(list(renames))].tolist(),
        renamed=sorted(renames.items()),
        changed=changed,
        **columns,
    )


def _filled(frame: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """Columns that only the first of two frames has, with how many of their cells are filled."""
    return {column: int((frame[column] != "").sum()) for column in frame if column not in other}


def _names(frame: pd.DataFrame, table: Table) -> pd.Series:
    """What evidence calls each row, as `row_names` gives it, in a third of the time: of text that
    is never missing, Arrow joins the columns."""
    return _joined(frame, list(table.primary_key), "/")


def _joined(frame: pd.DataFrame, key: list[str], between: str = BETWEEN) -> pd.Series:
    joined = frame[key[0]]
    for column in key[1:]:
        joined = joined + between + frame[column]
    return joined


def _changed(
    before: pd.DataFrame,
    after: pd.DataFrame,
    names: pd.Series,
    columns: list[str],
    numbers: set[str],
) -> pd.DataFrame:
    """The cells that differ between two frames of the same rows, row by row."""
    parts = []
    for order, column in enumerate(columns):
        at = (before[column] != after[column]).to_numpy().nonzero()[0]
        one, other = before[column].iloc[at], after[column].iloc[at]
        if column in numbers:
            equal = pd.to_numeric(one, errors="coerce") == pd.to_numeric(other, errors="coerce")
            equal = equal.to_numpy()
            at, one, other = at[~equal], one[~equal], other[~equal]
        if len(at):
            parts.append(
                pd.DataFrame(
                    {
                        "at": at,
                        "order": order,
                        "key": names.iloc[at].to_numpy(),
                        "column": column,
                        "before": one.to_numpy(),
                        "after": other.to_numpy(),
                    }
                )
            )
    if not parts:
        return pd.DataFrame(columns=CHANGED)
    cells = pd.concat(parts, ignore_index=True).sort_values(["at", "order"])
    return cells[CHANGED].reset_index(drop=True)
