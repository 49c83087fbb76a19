"""Every fault of a data folder, each with the line of its cell.

Frictionless judges the package, and the types and constraints of cells. It is asked about each
distinct text of a column once, not about each row: read row by row, a million rows of evidence
take it half a minute. Keys are compared by pandas for the same reason. Reading is our own, because
Frictionless counts rows, where an editor counts lines, and takes a byte-order mark without a word.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from almanac.record import schema as schemas
from almanac.record.rules import RULES, Checked
from almanac.record.schema import Field, Schema, SchemaError, Table, read_schema
from almanac.record.tables import row_names, typed

LONGEST_QUOTE = 80
LINE_BREAK = re.compile("[\n\r\v\f\x85\u2028\u2029]")
# Frictionless takes what Python takes (1_000, NaN, digits of any script); other readers do not.
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
PLAIN_INTEGER = re.compile(r"-?[0-9]+")

Judge = Callable[[str], str | None]


@dataclass(frozen=True)
class Fault:
    """Something wrong with a record, as one line says it.

    Attributes
    ----------
    table : name of the table, or ``datapackage`` for the schema itself
    line : line of the file as an editor counts it: 1-based, the header is line 1
    column : the column, columns of a key joined by ``+``, or ``header``, ``row`` or ``file``
    problem : what is expected and what to do
    found : the text that stood there, or None where nothing did
    """

    table: str
    line: int
    column: str
    problem: str
    found: str | None

    def __str__(self) -> str:
        file = schemas.FILE if self.table == "datapackage" else f"{self.table}.csv"
        # A problem can repeat a cell of another row, whatever stands in it: keep to one line.
        problem = " ".join(self.problem.split())
        return f"{file}:{self.line} {self.column}: {problem}, found {_quote(self.found)}"

    def as_dict(self) -> dict[str, Any]:
        """The fault as plain values, for machines."""
        return asdict(self)


@dataclass(frozen=True)
class _Sheet:
    """A table as text: rows indexed by line number, a blank cell empty.

    A sheet that is not whole lacks a column or holds a row of another length: what looks beyond
    single cells leaves it alone, so that one slip does not give a fault for each row.
    """

    table: Table
    text: pd.DataFrame
    whole: bool

    @cached_property
    def repeated(self) -> pd.Series:
        """Whether the key of each row stood there before."""
        return self.text.duplicated(list(self.table.primary_key))


def validate(folder: str | Path) -> list[Fault]:
    """List every fault of the record in `folder`.

    Parameters
    ----------
    folder : folder with ``datapackage.json`` and the CSV files it names

    Returns
    -------
    list of Fault
        In the order of the schema's tables, then of lines; empty if the record is valid. A fault
        that would only follow from another at the same cell is not listed.
    """
    try:
        schema = read_schema(folder)
    except SchemaError as error:
        return [Fault("datapackage", error.line, error.column, error.problem, error.found)]
    judges, faults = _judges(schema)
    if faults:
        return faults
    sheets = {}
    for table in schema.tables.values():
        sheet, found = _read(Path(folder) / table.path, table)
        faults += found
        if sheet is not None:
            sheets[table.name] = sheet
            faults += _cell_faults(sheet, judges)
    whole = {name: sheet for name, sheet in sheets.items() if sheet.whole}
    for sheet in whole.values():
        faults += _key_faults(sheet)
        faults += _foreign_key_faults(sheet, whole)
    faults += _rule_faults(schema, whole, faults)
    places = {
        (table.name, column): (number, place)
        for number, table in enumerate(schema.tables.values())
        for place, column in enumerate(("", *table.columns))
    }

    def place(fault: Fault) -> tuple[int, int, int]:
        table, _ = places.get((fault.table, ""), (-1, 0))
        return table, fault.line, places.get((fault.table, fault.column), (table, 0))[1]

    return sorted(faults, key=place)


def _quote(found: str | None) -> str:
    """Text in double quotes on one line, cut where it is long."""
    if found is None:
        return "nothing"
    text = json.dumps(found[:LONGEST_QUOTE], ensure_ascii=False)
    return text if len(found) <= LONGEST_QUOTE else f"{text[:-1]}…\""


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


# One table


def _read(path: Path, table: Table) -> tuple[_Sheet | None, list[Fault]]:
    """A table's text, or None if it cannot be read, and the faults of its structure."""

    def fault(line: int, column: str, problem: str, found: str | None = None) -> Fault:
        return Fault(table.name, line, column, problem, found)

    header = ",".join(table.columns)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, [fault(1, "file", f"expected {path.name} in the data folder: add the table")]
    except OSError as error:
        return None, [fault(1, "file", f"expected a file that can be read ({error.strerror})")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = repr(data[error.start : error.end])[2:-1]
        return None, [fault(line, "file", "expected text in UTF-8: save the file as UTF-8", found)]
    faults = []
    if text.startswith("\ufeff"):
        problem = "expected no byte-order mark: save the file as UTF-8 without one"
        faults.append(fault(1, "file", problem, "\ufeff"))
        text = text[1:]
    if not text.strip():
        faults.append(fault(1, "file", f"expected at least the header {header}: add it"))
        return None, faults
    try:
        names, lines, rows = _parse(text)
    except _BadCsv as error:
        faults.append(fault(error.line, "file", f"expected CSV ({error}): correct the quotes"))
        return None, faults
    width = len(names)
    for line, cells in zip(lines, rows, strict=True):
        if not cells:
            faults.append(fault(line, "row", "expected a row: delete the blank line"))
        elif len(cells) != width:
            problem = f"expected {width} cells, there are {len(cells)}: correct commas and quotes"
            faults.append(fault(line, "row", problem, ",".join(cells)))
    header_faults = [fault(1, *parts) for parts in _header_faults(names, table)]
    whole = set(table.columns) <= set(names) and len(names) == len(set(names))
    whole = whole and all(len(cells) in (0, width) for cells in rows)
    fit = [place for place, cells in enumerate(rows) if len(cells) == width]
    frame = pd.DataFrame(
        [rows[place] for place in fit],
        index=[lines[place] for place in fit],
        columns=names,
        # Python's strings: Arrow's hand each cell over as a new object, at ten times the cost.
        dtype="object",
    )
    known = [column for column in table.columns if names.count(column) == 1]
    return _Sheet(table, frame[known], whole), faults + header_faults


class _BadCsv(Exception):
    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


def _parse(text: str) -> tuple[list[str], list[int], list[list[str]]]:
    """Header, first line of each row, and rows; a row can span lines inside quotes."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines, rows, start = [], [], 1
    try:
        for cells in reader:
            lines.append(start)
            rows.append(cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _BadCsv(str(error), start) from None
    return rows[0], lines[1:], rows[1:]


def _header_faults(names: list[str], table: Table) -> Iterator[tuple[str, str, str | None]]:
    found = ",".join(names)
    for column in table.columns:
        if column not in names:
            yield column, "expected a column of this name: add it or correct the header", found
    for name in names:
        if name not in table.columns:
            expected = ",".join(table.columns)
            yield "header", f"expected only the columns {expected}: remove or rename this one", name
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "header", "expected each column once: remove or rename one", name
    if sorted(names) == sorted(table.columns) and tuple(names) != table.columns:
        yield "header", f"expected the order {','.join(table.columns)}: move the columns", found


def _cell_faults(sheet: _Sheet, judges: Mapping[tuple[str, str], Judge]) -> Iterator[Fault]:
    for column in sheet.text:
        judge = judges[sheet.table.name, column]
        cells = sheet.text[column]
        problems = {text: judge(text) for text in cells.unique()}
        bad = [text for text, problem in problems.items() if problem]
        if bad:
            for line, text in cells[cells.isin(bad)].items():
                yield Fault(sheet.table.name, line, column, problems[text], text)


# Keys


def _key_faults(sheet: _Sheet) -> Iterator[Fault]:
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


def _foreign_key_faults(sheet: _Sheet, whole: Mapping[str, _Sheet]) -> Iterator[Fault]:
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
    schema: Schema, whole: Mapping[str, _Sheet], known: list[Fault]
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


def _typed(sheet: _Sheet, faults: list[Fault]) -> pd.DataFrame:
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
