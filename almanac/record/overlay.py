"""An analyst's own rows over a record's, for one edition.

An overlay is a folder of partial tables: CSV files named as the record's, each with the columns
of its key and any others of the table. A row whose key the record does not have is added, with
blanks for the columns that the overlay lacks; of a row that it has, the overlay's columns are
replaced, blanks included, and the others stay. Of several overlays a later one lies over an
earlier one. What comes out is a whole record, to be validated as any other: a value that is
replaced needs a row of evidence that says so, as every value does.

An overlay that was made after the record says of which day it is in a ``datapackage.json`` of its
own, which holds ``updated`` and nothing else.
"""

import csv
import datetime as dt
import difflib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from almanac.record import bounds, sheets, validation
from almanac.record.faults import Fault
from almanac.record.schema import FILE, Schema, SchemaError, Table, read_schema

PROSE = {".md", ".txt", ".yml", ".yaml"}  # what an overlay may hold beside its tables


@dataclass(frozen=True)
class Layer:
    """How many rows of one overlay came to a table.

    Attributes
    ----------
    overlay : name of the overlay's folder
    table : name of the table
    added, replaced, same : rows with a new key, with another value in a row that was there, and
        with nothing new
    """

    overlay: str
    table: str
    added: int
    replaced: int
    same: int


@dataclass(frozen=True)
class Merged:
    """A record with its overlays: the tables that they touch, and where each row came from.

    Attributes
    ----------
    base : folder of the record
    schema : the record's
    tables : by name, rows as text in the order of their keys, a blank cell empty; only tables
        that an overlay touches
    origins : by name, the folder (empty for the record's own) and line of each of those rows
    layers : what each overlay brought, in the order of overlays and of tables
    updated : the day that all of it is as of, the latest of the record's and the overlays'
    """

    base: Path
    schema: Schema
    tables: dict[str, pd.DataFrame]
    origins: dict[str, list[tuple[str, int]]]
    layers: list[Layer]
    updated: dt.date

    def write(self, folder: Path) -> None:
        """Write the whole record to `folder`, in the place of what is there.

        The folder is complete or as it was before.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".record-") as name:
            made = Path(name) / "record"
            made.mkdir()
            for path in self.base.iterdir():
                if path.is_file() and path.name[0] != "." and path.stem not in self.tables:
                    shutil.copyfile(path, made / path.name)
            package = {**self.schema.descriptor, "updated": self.updated.isoformat()}
            if self.updated != self.schema.updated:
                text = json.dumps(package, indent=2, ensure_ascii=False)
                (made / FILE).write_text(f"{text}\n", "utf-8")
            for table, rows in self.tables.items():
                rows.to_csv(
                    made / self.schema.tables[table].path,
                    index=False,
                    lineterminator="\n",
                    quoting=csv.QUOTE_MINIMAL,
                )
            if folder.exists():
                os.rename(folder, Path(name) / "old")
            os.rename(made, folder)

    def placed(self, faults: Sequence[Fault]) -> list[Fault]:
        """Faults of the merged record, each at the file and line that its row came from."""
        starts = {
            table: dict(zip(_starts(rows), self.origins[table], strict=True))
            for table, rows in self.tables.items()
            if any(fault.table == table for fault in faults)
        }
        found = []
        for fault in faults:
            folder, line = starts.get(fault.table, {}).get(fault.line, ("", fault.line))
            found.append(replace(fault, folder=folder, line=line))
        return found


def _starts(rows: pd.DataFrame) -> list[int]:
    """The line of a table's file on which each row begins."""
    heights = 1 + sum(rows[column].str.count("\n") for column in rows)
    return (2 + heights.cumsum().shift(fill_value=0)).astype(int).tolist()


class OverlayError(Exception):
    """An overlay, or the record below it, cannot be read; `faults` say why."""

    def __init__(self, faults: list[Fault]):
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def merge(base: Path, overlays: Sequence[Path]) -> Merged:
    """Lay overlays over the record in `base`.

    Parameters
    ----------
    base : folder of the record
    overlays : folders of partial tables, the lowest first

    Raises
    ------
    OverlayError
        With every fault of the overlays' form: files and columns that the record does not have,
        keys that are blank or stand twice, rows that are cut short. What is wrong with values is
        for the validation of the merged record to say.
    """
    try:
        schema = read_schema(base)
    except SchemaError as error:
        fault = Fault("datapackage", error.line, error.column, error.problem, error.found)
        raise OverlayError([fault]) from None
    faults, layers, tables, origins, updated = [], [], {}, {}, schema.updated
    for name, overlay in zip(names(overlays), overlays, strict=True):
        faults += _strangers(overlay, name, schema)
        day, found = _updated(overlay / FILE)
        faults += [replace(fault, folder=name) for fault in found]
        updated = max(updated, day or updated)
        for table in schema.tables.values():
            if not os.path.lexists(overlay / table.path):
                continue
            sheet, found = sheets.read(overlay / table.path, table, partial=True)
            found += _key_faults(sheet) if sheet is not None and sheet.whole else []
            faults += [replace(fault, folder=name) for fault in found]
            if found:
                continue
            if table.name not in tables:
                whole, found = sheets.read(base / table.path, table)
                if whole is None or not whole.whole:
                    faults += found
                    continue
                tables[table.name] = whole.text
                origins[table.name] = pd.Series(
                    [("", line) for line in whole.text.index], dtype="object"
                )
            merged = _laid(table, tables[table.name], origins[table.name], sheet.text, name)
            tables[table.name], origins[table.name], layer = merged
            layers.append(layer)
    if faults:
        raise OverlayError(faults)
    places = {name: list(rows) for name, rows in origins.items()}
    return Merged(base, schema, tables, places, layers, updated)


def validate(base: Path, overlays: Sequence[Path]) -> list[Fault]:
    """Every fault of a record with its overlays, each at the file and line that it stands in."""
    try:
        merged = merge(base, overlays)
    except OverlayError as error:
        return error.faults
    with tempfile.TemporaryDirectory() as folder:
        merged.write(Path(folder) / "record")
        return merged.placed(validation.validate(Path(folder) / "record"))


def names(overlays: Sequence[Path]) -> list[str]:
    """What overlays are called: the names of their folders, told apart where they are alike."""
    found = []
    for path in overlays:
        name, number = path.name, 1
        while name in found:
            number += 1
            name = f"{path.name} ({number})"
        found.append(name)
    return found


def in_words(layers: Sequence[Layer]) -> list[str]:
    """A sentence an overlay: how many rows it brought, and to which tables."""
    sentences = []
    for name in dict.fromkeys(layer.overlay for layer in layers):
        own = [layer for layer in layers if layer.overlay == name]
        added, replaced = sum(one.added for one in own), sum(one.replaced for one in own)
        by_table = ", ".join(
            f"{one.table} {one.added + one.replaced:,}" for one in own if one.added + one.replaced
        )
        sentences.append(
            f"overlay {name}: {added:,} {'row' if added == 1 else 'rows'} added, {replaced:,} "
            f"replaced" + (f" ({by_table})" if by_table else "")
        )
    return sentences


def _updated(path: Path) -> tuple[dt.date | None, list[Fault]]:
    """The day that an overlay says it is of, if it does, and what is wrong with how it says so."""
    if not os.path.lexists(path):
        return None, []
    form = 'expected {"updated": "YYYY-MM-DD"} and nothing else, as the rest is the record\'s'
    try:
        found = json.loads(bounds.read(path, bounds.LIMITS.package))
    except bounds.OutOfBounds as error:
        return None, [Fault("datapackage", 1, "file", error.problem, error.found)]
    except (ValueError, RecursionError) as error:
        return None, [Fault("datapackage", getattr(error, "lineno", 1), "file", form, None)]
    if not isinstance(found, dict) or set(found) != {"updated"}:
        keys = ", ".join(found) if isinstance(found, dict) else type(found).__name__
        return None, [Fault("datapackage", 1, "file", form, keys)]
    try:
        return dt.date.fromisoformat(found["updated"]), []
    except (ValueError, TypeError):
        return None, [Fault("datapackage", 1, "updated", form, str(found["updated"]))]


def _strangers(overlay: Path, name: str, schema: Schema) -> list[Fault]:
    """Faults of files that are no tables of the record."""
    known = {table.path: table.name for table in schema.tables.values()}
    faults = []
    for path in sorted(overlay.iterdir()):
        if path.name[0] == "." or path.name in {*known, FILE} or path.suffix in PROSE:
            continue
        close = difflib.get_close_matches(path.name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"the tables are {', '.join(known)}"
        problem = f"expected only tables of the record in an overlay: {hint}"
        faults.append(Fault("", 1, "file", problem, path.name, name))
    if not faults and not any((overlay / path).is_file() for path in known):
        problem = f"expected at least one table of the record: {', '.join(known)}"
        faults.append(Fault("", 1, "file", problem, None, name))
    return faults


def _key_faults(sheet: sheets.Sheet) -> list[Fault]:
    """Faults of rows whose key is blank or stood there before."""
    key = list(sheet.table.primary_key)
    faults = []
    blank = (sheet.text[key] == "").all(axis=1)
    for line in sheet.text.index[blank]:
        problem = "expected the key of a row: fill it in or delete the row"
        faults.append(Fault(sheet.table.name, line, "+".join(key), problem, None))
    for line in sheet.text.index[sheet.repeated & ~blank]:
        found = "/".join(sheet.text.loc[line, key])
        problem = "expected each key once: remove one of the rows"
        faults.append(Fault(sheet.table.name, line, "+".join(key), problem, found))
    return faults


def _laid(
    table: Table, below: pd.DataFrame, places: pd.Series, above: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, pd.Series, Layer]:
    """Rows of a table with those of an overlay, sorted by key, with their places, and the count."""
    key = list(table.primary_key)
    rows = below.reset_index(drop=True)
    row_of = pd.Series(rows.index, index=pd.MultiIndex.from_frame(rows[key]))
    row_of = row_of[~row_of.index.duplicated()]
    at = row_of.reindex(pd.MultiIndex.from_frame(above[key]))
    known = at.notna().to_numpy()
    there, own = at[known].astype(int).to_numpy(), list(above.columns)
    changed = (rows.loc[there, own].to_numpy() != above[known].to_numpy()).any(axis=1)
    rows.loc[there, own] = above[known].to_numpy()
    places = places.copy()
    for place, line in zip(there[changed], above.index[known][changed], strict=True):
        places.iat[place] = (name, int(line))
    new = above[~known].reindex(columns=list(table.columns), fill_value="")
    new_places = pd.Series([(name, int(line)) for line in new.index], dtype="object")
    rows = pd.concat([rows, new], ignore_index=True)
    places = pd.concat([places, new_places], ignore_index=True)
    keys = list(zip(*(rows[part] for part in key), strict=True))
    order = sorted(rows.index, key=keys.__getitem__)
    layer = Layer(name, table.name, int((~known).sum()), int(changed.sum()), int((~changed).sum()))
    return rows.loc[order].reset_index(drop=True), places.loc[order].reset_index(drop=True), layer
