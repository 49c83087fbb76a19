"""Every fault of a data folder, each with the line of its cell.

Frictionless judges the package, and the types and constraints of cells. It is asked about each
distinct text of a column once, not about each row: read row by row, a million rows of evidence
take it half a minute. Keys are compared by pandas for the same reason.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from almanac.record import previous, sheets
from almanac.record.cutoff import is_cut_off
from almanac.record.faults import Fault, first
from almanac.record.rules import RULES, Checked
from almanac.record.schema import Field, Schema, SchemaError, read_schema
from almanac.record.sheets import Sheet
from almanac.record.tables import Record, row_names, typed

LINE_BREAK = re.compile("[\n\r\v\f\x85\u2028\u2029]")
# Frictionless takes what Python takes (1_000, NaN, digits of any script); other readers do not.
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
PLAIN_INTEGER = re.compile(r"-?[0-9]+")

Judge = Callable[[str], str | None]


def validate(folder: str | Path) -> list[Fault]:
    """List every fault of the record in `folder`.

    Parameters
    ----------
    folder : folder with ``datapackage.json`` and the CSV files it names

    Returns
    -------
    list of Fault
        In the order of the schema's tables, then of lines; empty if the record is valid. A fault
        that would only follow from another at the same cell is not listed, nor, where a table has
        tens of thousands, those after ``bounds.LIMITS.faults`` of one kind; the last says so.
    """
    if is_cut_off(Path(folder)):
        problem = (
            "expected a whole record, but a refresh was cut off while writing: "
            "`almanac refresh --write` finishes it first"
        )
        return [Fault("", 1, "file", problem, "old and new tables", str(folder))]
    try:
        schema = read_schema(folder)
    except SchemaError as error:
        return [Fault("datapackage", error.line, error.column, error.problem, error.found)]
    judges, faults = _judges(schema)
    faults += _table_faults(schema)
    if faults:
        return faults
    there = {}
    for table in schema.tables.values():
        sheet, found = sheets.read(Path(folder) / table.path, table)
        faults += found
        if sheet is not None:
            there[table.name] = sheet
            faults += first(_cell_faults(sheet, judges))
    whole = {name: sheet for name, sheet in there.items() if sheet.whole}
    for sheet in whole.values():
        faults += first(_key_faults(sheet))
        faults += first(_foreign_key_faults(sheet, whole))
    faults += first(_rule_faults(schema, whole, faults))
    try:
        previous.read(Path(folder))
    except previous.PreviousError as error:
        problem = f"expected an edition to compare with, but {error}"
        faults.append(Fault("previous", 1, "file", problem, previous.FILE))
    places = {
        (table.name, column): (number, place)
        for number, table in enumerate(schema.tables.values())
        for place, column in enumerate(("", *table.columns))
    }

    def place(fault: Fault) -> tuple[int, int, int]:
        table, _ = places.get((fault.table, ""), (-1, 0))
        return table, fault.line, places.get((fault.table, fault.column), (table, 0))[1]

    return sorted(faults, key=place)


# The package


def cell_judges(schema: Schema) -> dict[tuple[str, str], Judge]:
    """For each table and column, what says of a text why it may not stand there, or None.

    Raises
    ------
    SchemaError
        If the schema's own constraints cannot be used.
    """
    judges, faults = _judges(schema)
    if faults:
        raise SchemaError(faults[0].problem, column=faults[0].column, found=faults[0].found)
    return judges


def _judges(schema: Schema) -> tuple[dict[tuple[str, str], Judge], list[Fault]]:
    """For each column of each table, what says whether a text may stand there."""
    # Importing Frictionless costs as much as reading the whole record.
    from frictionless import FrictionlessException

    try:
        package = _package(json.dumps(schema.descriptor))
    except FrictionlessException as error:
        reasons = error.reasons or [error.error]
        return {}, [_package_fault("file", f"expected a Data Package: {r.note}") for r in reasons]
    judges, faults = {}, []
    for table in schema.tables.values():
        fields = package.get_resource(table.name).schema.fields
        for field, described in zip(fields, table.fields, strict=True):
            try:
                judges[table.name, field.name] = _judge(field, described)
            except (re.error, ValueError, TypeError) as error:
                name = f"{table.name}.{field.name}"
                problem = f"expected constraints that fit the type {field.type} ({error})"
                found = json.dumps(described.constraints)
                faults.append(_package_fault(name, problem, found))
        for key in table.foreign_keys:
            other = schema.tables.get(key.table)
            if other is None or not set(key.references) <= set(other.columns):
                problem = f"expected each foreign key of {table.name} to lead to a column"
                faults.append(_package_fault("foreignKeys", problem, str(key.table)))
    return judges, faults


def _table_faults(schema: Schema) -> Iterator[Fault]:
    """Tables that the record does not have, or has and the schema does not describe."""
    known = set(Record.__dataclass_fields__) - {"schema"}
    for name in sorted(known ^ set(schema.tables)):
        if name in known:
            yield _package_fault(name, "expected a table of this name: restore it")
        else:
            problem = f"expected only the tables {', '.join(sorted(known))}: remove this one"
            yield _package_fault(name, problem, name)


@lru_cache(maxsize=8)
def _package(descriptor: str) -> Any:
    """Frictionless's own view of a descriptor, kept: it takes as long as all of a small record."""
    from frictionless import Package

    return Package.from_descriptor(json.loads(descriptor))


def _package_fault(column: str, problem: str, found: str | None = None) -> Fault:
    return Fault("datapackage", 1, column, problem, found)


def _judge(field: Any, described: Field) -> Judge:
    read_value = field.create_value_reader()
    for bound in ("minimum", "maximum"):
        value = field.constraints.get(bound)
        if value is not None and read_value(value) is None:
            raise ValueError(f"{bound} is {value}")
    read = field.create_cell_reader()

    def judge(text: str) -> str | None:
        if text != text.strip():
            return "expected no blanks before or after the text: delete them"
        if LINE_BREAK.search(text):
            return "expected no line break inside a cell: put the text on one line"
        value, notes = read(text)
        if notes:
            return _problem(described, next(iter(notes)))
        plain = (
            text == ""
            or (field.type == "date" and value.isoformat() == text)
            or (field.type == "number" and PLAIN_NUMBER.fullmatch(text))
            or (field.type == "integer" and PLAIN_INTEGER.fullmatch(text))
            or field.type not in ("date", "number", "integer")
        )
        return None if plain else _problem(described, "type")

    return judge


TYPES = {
    "date": "a date that exists, written YYYY-MM-DD",
    "number": "a number written with a point, as 12.9",
    "integer": "a whole number written in digits",
    "boolean": "true or false",
}


def _problem(field: Field, broken: str) -> str:
    """What a cell should have held, for the constraint it breaks."""
    constraint = field.constraints.get(broken)
    if broken == "type":
        return f"expected {TYPES.get(field.type, field.type)}: correct the cell"
    if broken == "required":
        known = field.constraints.get("enum", [])
        otherwise = ", or undisclosed if it is unknown" if "undisclosed" in known else ""
        return f"expected a value, as this column is never blank: fill it in{otherwise}"
    if broken == "enum":
        return f"expected one of {', '.join(map(str, constraint))}: correct the cell"
    if broken in ("minimum", "maximum"):
        bound = "at least" if broken == "minimum" else "at most"
        return f"expected {bound} {constraint}: correct the cell"
    if broken == "pattern":
        return f"expected text of the form {constraint}: correct the cell"
    return f"expected {broken} to be {constraint}: correct the cell"


def _cell_faults(sheet: Sheet, judges: Mapping[tuple[str, str], Judge]) -> Iterator[Fault]:
    for column in sheet.text:
        judge = judges[sheet.table.name, column]
        cells = sheet.text[column]
        problems = {text: judge(text) for text in cells.unique()}
        bad = [text for text, problem in problems.items() if problem]
        if bad:
            for line, text in cells[cells.isin(bad)].items():
                yield Fault(sheet.table.name, line, column, problems[text], text)


# Keys


def _key_faults(sheet: Sheet) -> Iterator[Fault]:
    table = sheet.table
    key = list(table.primary_key)
    column = "+".join(key)
    if sheet.repeated.any():
        names = row_names(sheet.text, table)
        first = pd.Series(names.index, index=names.array)
        first = first[~first.index.duplicated()]
        for line, name in names[sheet.repeated].items():
            problem = f"expected each key once, this one stands on line {first[name]} already"
            yield Fault(table.name, line, column, f"{problem}: remove one of the rows", name)
    rows = zip(*(sheet.text[part] for part in key), strict=True)
    for (_, before), (line, after) in pairwise(zip(sheet.text.index, rows, strict=True)):
        if after < before:
            problem = (
                f"expected rows sorted by {', '.join(key)}, but {'/'.join(before)} stands above:"
                " sort the rows"
            )
            yield Fault(table.name, line, column, problem, "/".join(after))
            # One sort mends them all, so the first is enough.
            return


def _foreign_key_faults(sheet: Sheet, whole: Mapping[str, Sheet]) -> Iterator[Fault]:
    for key in sheet.table.foreign_keys:
        if key.table not in whole:
            continue
        cells = _joined(sheet.text, key.columns)
        known = _joined(whole[key.table].text, key.references)
        lost = cells[~cells.isin(known)]
        if lost.empty:
            continue
        filled = (sheet.text.loc[lost.index, list(key.columns)] != "").all(axis=1)
        wanted = "+".join(key.references)
        for line, text in lost[filled].items():
            problem = (
                f"expected a value of {wanted} in {key.table}.csv: add that row or correct this"
                " cell"
            )
            yield Fault(sheet.table.name, line, "+".join(key.columns), problem, text)


def _joined(text: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    first, *others = (text[column] for column in columns)
    return first.str.cat(others, sep="/") if others else first


# Rules


def _rule_faults(
    schema: Schema, whole: Mapping[str, Sheet], known: list[Fault]
) -> Iterator[Fault]:
    """Faults the rules find, but for those at a cell that has a known fault."""
    at = {(fault.table, fault.line, fault.column) for fault in known}
    frames = {
        name: _typed(sheet, [fault for fault in known if fault.table == name])
        for name, sheet in whole.items()
    }
    described = {
        f"{table.name}.{field.name} {field.type}"
        for table in schema.tables.values()
        for field in table.fields
    }
    unknown = {need for rule in RULES for need in rule.needs} - described
    for need in sorted(unknown):
        column, kind = need.split(" ")
        problem = f"expected a field of type {kind}, which the record's rules need: restore it"
        yield _package_fault(column, problem)
    for rule in RULES:
        if rule.tables <= frames.keys() and unknown.isdisjoint(rule.needs):
            for table, line, column, problem in rule.check(Checked(schema, frames)):
                if (table, line, column) not in at:
                    found = whole[table].text.at[line, column]
                    yield Fault(table, line, column, problem, found or None)


def _typed(sheet: Sheet, faults: list[Fault]) -> pd.DataFrame:
    """Typed rows with their lines, without those whose key is blank or stood there before.

    A cell with a fault is missing, so that no rule compares others with it.
    """
    key, text = list(sheet.table.primary_key), sheet.text
    cells = text.to_numpy()  # as changing one frame after the other costs far more
    blank = cells == ""
    kept = ~blank[:, text.columns.get_indexer(key)].any(axis=1) & ~sheet.repeated.to_numpy()
    cells = np.where(blank, None, cells)
    for column in {fault.column for fault in faults} & set(text.columns) - set(key):
        lines = {fault.line for fault in faults if fault.column == column}
        cells[text.index.isin(lines), text.columns.get_loc(column)] = None
    text = pd.DataFrame(cells[kept], text.index[kept], text.columns, "str")
    others = (field for field in sheet.table.fields if field.type != "string")
    return text.assign(**{f.name: typed(text[f.name], f.type, "coerce") for f in others})
