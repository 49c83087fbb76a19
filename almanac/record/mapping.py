"""From a file of someone's own to an overlay, as a small declarative mapping says.

A mapping is YAML. It names, for each table and column of the record, the column of the file that
the value comes from and how it is written there:

    source: {url: https://models.dev, kind: aggregator, confidence: C, read_on: 2026-09-30}
    rows: "*.models.*"            # JSON only: where the rows are; @1, @2 are the keys passed
    where: {open_weights: [true]} # only these rows
    tables:
      releases:
        release_id: {from: id, values: {moonshotai/Kimi-K3: kimi-k3}}
        released_on: {from: release_date, date: "%Y-%m-%d"}
        status: {is: released}
      models:
        total_params_b: {from: parameters, times: 1e-9, blank: ["0"]}
        model_id: {slug: name}

Nothing is guessed: a column that the file or the record does not have, a value that no map names
and a number that is none are refused, each with its place. Values of columns that need a source
get a row of evidence. A mapping holds no code, and no text of the file is taken for any.
"""

import csv
import datetime as dt
import difflib
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from almanac.record.schema import FILE, Schema, Table
from almanac.record.tables import row_names
from almanac.record.validation import cell_judges

MOST_TOLD = 20  # faults; a thousand say no more than the first ones
UNSOURCED = "undisclosed"  # needs no evidence: nobody can name a source for it


class MappingError(Exception):
    """The mapping, or what it makes of the file, cannot be used; a line a fault."""

    def __init__(self, faults: list[str]):
        more = len(faults) - MOST_TOLD
        told = faults[:MOST_TOLD] + ([f"... and {more} more"] if more > 0 else [])
        super().__init__("\n".join(told))
        self.faults = faults


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Cell(_Strict):
    """How one column of the record is filled: `from` a column, `is` always this, or a `slug`."""

    source: str | None = Field(None, alias="from")
    constant: str | int | float | bool | dt.date | None = Field(None, alias="is")
    slug: str | None = None
    values: dict[str | int | float | bool, str | int | float | bool | dt.date] | None = None
    times: float | None = None
    date: str | None = None
    blank: list[str | int | float | bool] = []

    @model_validator(mode="after")
    def _one_origin(self):
        given = [self.source is not None, self.constant is not None, self.slug is not None]
        if sum(given) != 1:
            raise ValueError("expected one of from, is and slug")
        if self.source is None and (self.values or self.times or self.date or self.blank):
            raise ValueError("values, times, date and blank go with from")
        if sum(way is not None for way in (self.values, self.times, self.date)) > 1:
            raise ValueError("expected one of values, times and date")
        return self


class Source(_Strict):
    """What the rows of evidence name: an address, or the column that holds it."""

    url: str | Cell
    kind: str
    confidence: Literal["A", "B", "C", "D"]
    read_on: dt.date
    note: str = ""


class Rules(_Strict):
    """A whole mapping."""

    source: Source
    rows: str = ""
    where: dict[str, list[str | int | float | bool]] = {}
    tables: dict[str, dict[str, Cell]]


@dataclass(frozen=True)
class Row:
    """A row of the file: where it stands, as a message names it, and its cells as text."""

    place: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Mapped:
    """What a mapping made: rows as text by table, evidence among them, and what it left out."""

    tables: dict[str, pd.DataFrame]
    updated: dt.date
    left_out: int

    def write(self, folder: Path, *, over: bool = False) -> None:
        """Write the overlay: a CSV a table, and the day that it is of.

        Parameters
        ----------
        over : whether tables of other content that are there are written over

        Raises
        ------
        FileExistsError
            If there are some, else: they may have been written by hand. Nothing is written then.
        """
        files = {
            f"{name}.csv": rows.to_csv(index=False, lineterminator="\n")
            for name, rows in self.tables.items()
        }
        files[FILE] = json.dumps({"updated": self.updated.isoformat()}) + "\n"
        there = {name: folder / name for name in files if (folder / name).exists()}
        others = [path for name, path in there.items() if path.read_text("utf-8") != files[name]]
        if others and not over:
            raise FileExistsError(", ".join(map(str, others)))
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            part = folder / f".{name}"
            part.write_text(text, "utf-8", newline="")
            os.replace(part, folder / name)


def read_mapping(path: Path, schema: Schema) -> Rules:
    """The mapping in a file.

    Raises
    ------
    MappingError
        With a line a fault: ``FILE:LINE key: what is wrong``.
    """
    text = path.read_text("utf-8")
    try:
        lines = _lines(yaml.compose(text, yaml.SafeLoader))
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "cannot be read"
        raise MappingError([f"{path.name}:{line} expected YAML ({problem})"]) from None
    if not isinstance(found, dict):
        raise MappingError([f"{path.name}:1 expected keys source, rows, where and tables"])
    try:
        mapping = Rules.model_validate(found)
    except ValidationError as error:
        raise MappingError([_told(path.name, lines, fault) for fault in error.errors()]) from None
    faults = []
    for name, columns in mapping.tables.items():
        if name not in schema.tables or name == "evidence":
            known = [table for table in schema.tables if table != "evidence"]
            faults.append(_unknown(path.name, lines, ("tables", name), "table", name, known))
            continue
        table = schema.tables[name]
        faults += [
            _unknown(path.name, lines, ("tables", name, column), "column", column, table.columns)
            for column in columns
            if column not in table.columns
        ]
        faults += [
            f"{path.name}:{lines[('tables', name)]} {name}: expected its key {key} to be mapped"
            for key in table.primary_key
            if key not in columns
        ]
    if faults:
        raise MappingError(faults)
    return mapping


def apply(file: Path, path: Path, schema: Schema) -> Mapped:
    """Make an overlay of a file.

    Parameters
    ----------
    file : CSV, Parquet or JSON
    path : the mapping
    schema : of the record that the overlay is for

    Raises
    ------
    MappingError
        With every fault of the mapping, or of what it makes of the rows.
    """
    mapping = read_mapping(path, schema)
    lines = _lines(yaml.compose(path.read_text("utf-8"), yaml.SafeLoader))
    rows = read_rows(file, mapping.rows)
    faults = list(_absent(mapping, lines, path.name, file.name, rows))
    if faults:
        raise MappingError(faults)
    chosen = [
        row
        for row in rows
        if all(row.cells.get(name, "") in map(_text, some) for name, some in mapping.where.items())
    ]
    judges = cell_judges(schema)
    tables, evidence = {}, []
    for name, columns in mapping.tables.items():
        table, made = schema.tables[name], {}
        for row in chosen:
            cells, found = _filled(table, columns, row, judges, file.name)
            faults += found
            if found:
                continue
            key = tuple(cells[part] for part in table.primary_key)
            before, where = made.setdefault(key, (cells, row))
            if before != cells:
                column = next(part for part in cells if before[part] != cells[part])
                faults.append(
                    f"{file.name} {row.place}: {name} {'/'.join(key)} has {column} "
                    f"{cells[column]!r}, but {before[column]!r} at {where.place}: choose one by "
                    "`where`, or map them to different keys"
                )
        frame = pd.DataFrame(
            [cells for cells, _ in made.values()], columns=list(columns), dtype="object"
        )
        tables[name] = frame.sort_values(list(table.primary_key), ignore_index=True)
        evidence += _evidence(table, made, mapping.source, faults, file.name)
    if faults:
        raise MappingError(list(dict.fromkeys(faults)))
    said = schema.tables["evidence"]
    if evidence:
        frame = pd.DataFrame(evidence, columns=list(said.columns), dtype="object")
        tables["evidence"] = frame.sort_values(list(said.primary_key), ignore_index=True)
    return Mapped(tables, mapping.source.read_on, len(rows) - len(chosen))


# The file


def read_rows(file: Path, where: str = "") -> list[Row]:
    """The rows of a CSV, Parquet or JSON file, each cell as text, a nested one by its path.

    Parameters
    ----------
    where : of JSON, the keys down to the rows, with ``*`` for each of them

    Raises
    ------
    MappingError
        If the file is of another kind or cannot be read.
    """
    kind = file.suffix.lower()
    try:
        if kind == ".csv":
            text = file.read_bytes().decode("utf-8-sig")
            reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            rows = []
            for cells in reader:
                if None in cells or None in cells.values():
                    raise MappingError(
                        [f"{file.name}:{reader.line_num} expected {len(reader.fieldnames)} cells"]
                    )
                rows.append(Row(f"line {reader.line_num}", dict(cells)))
            return rows
        if kind == ".parquet":
            import pyarrow.parquet as pq

            found = pq.read_table(file).to_pylist()
            return [Row(f"row {n}", dict(_flat(row))) for n, row in enumerate(found, start=1)]
        if kind == ".json":
            return list(_json_rows(json.loads(file.read_text("utf-8")), where, file.name))
    except MappingError:
        raise
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise MappingError([f"{file.name}: expected a {kind[1:]} file ({reason})"]) from None
    raise MappingError([f"{file.name}: expected a file that ends in .csv, .parquet or .json"])


def _json_rows(found: Any, where: str, name: str) -> Iterator[Row]:
    at = [((), found)]
    for part in [part for part in where.split(".") if part]:
        below = []
        for keys, value in at:
            if part == "*" and isinstance(value, dict | list):
                pairs = value.items() if isinstance(value, dict) else enumerate(value, start=1)
                below += [((*keys, str(key)), each) for key, each in pairs]
            elif isinstance(value, dict) and part in value:
                below.append((keys, value[part]))
            elif part == "*" or not isinstance(value, dict):
                raise MappingError([f"{name}: expected an object or a list at rows: {where}"])
            else:
                hint = _close(part, list(value))
                raise MappingError([f"{name}: rows: it has no {part!r}{hint}"])
        at = below
    if where == "" or not where.endswith("*"):
        at = [((*keys, str(n)), row) for keys, value in at for n, row in enumerate(
            value if isinstance(value, list) else [value], start=1)]  # fmt: skip
    for keys, row in at:
        place = "row " + "/".join(keys)
        if not isinstance(row, dict):
            raise MappingError([f"{name} {place}: expected an object with a row's cells"])
        passed = {f"@{number}": key for number, key in enumerate(keys, start=1)}
        yield Row(place, {**dict(_flat(row)), **passed})


def _flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Cells of a row as text, those of an object below it by their path, without lists."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        elif not isinstance(value, list):
            yield f"{above}{name}", _text(value)


def _text(value: Any) -> str:
    """A value as the record writes it."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _plain(Decimal(str(value)))
    return str(value)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Rows of the record


def _filled(
    table: Table, columns: Mapping[str, Cell], row: Row, judges: Mapping, file: str
) -> tuple[dict[str, str], list[str]]:
    """The cells of a row of `table`, and what is wrong with them."""
    cells, faults = {}, []
    for column, cell in columns.items():
        try:
            cells[column] = _value(cell, row)
        except ValueError as error:
            faults.append(f"{file} {row.place}, {table.name}.{column}: {error}")
            continue
        problem = judges[table.name, column](cells[column])
        if problem:
            origin = f" (from {cell.source})" if cell.source else ""
            faults.append(
                f"{file} {row.place}, {table.name}.{column}{origin}: {problem}, "
                f"found {cells[column][:80]!r}"
            )
    return cells, faults


def _value(cell: Cell, row: Row) -> str:
    if cell.constant is not None:
        return _text(cell.constant)
    if cell.slug is not None:
        return slug(row.cells.get(cell.slug, ""))
    text = row.cells.get(cell.source, "").strip()
    if text in {"", *map(_text, cell.blank)}:
        return ""
    if cell.values is not None:
        known = {_text(theirs): _text(ours) for theirs, ours in cell.values.items()}
        if text not in known:
            raise ValueError(f"{text!r} is not among its values{_close(text, list(known))}")
        return known[text]
    if cell.times is not None:
        try:
            number = Decimal(text) * Decimal(str(cell.times))
        except InvalidOperation:
            raise ValueError(f"{text!r} found, expected a number") from None
        if not number.is_finite():
            raise ValueError(f"{text!r} found, expected a number")
        return _plain(number)
    if cell.date is not None:
        try:
            return dt.datetime.strptime(text, cell.date).date().isoformat()
        except ValueError:
            raise ValueError(f"{text!r} found, expected a date as {cell.date}") from None
    return text


def slug(text: str) -> str:
    """A key out of a name: small letters and digits of ASCII, dots, and hyphens between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")


def _evidence(
    table: Table, made: Mapping, source: Source, faults: list[str], file: str
) -> Iterator[dict[str, str]]:
    """A row of evidence for each value of `table` that needs one."""
    for cells, row in made.values():
        name = row_names(pd.DataFrame([cells]), table).iloc[0]
        url = source.url if isinstance(source.url, str) else _value(source.url, row)
        for column in table.evidenced:
            value = cells.get(column, "")
            if value in ("", UNSOURCED):
                continue
            if not re.fullmatch(r"https?://\S+", url):
                faults.append(f"{file} {row.place}: source.url is {url!r}, expected an address")
                break
            yield {
                "table": table.name, "row": name, "column": column, "value": value,
                "source_url": url, "source_kind": source.kind,
                "accessed_on": source.read_on.isoformat(), "confidence": source.confidence,
                "note": source.note,
            }  # fmt: skip


# What is wrong with a mapping


def _lines(node: yaml.Node | None, above: tuple = ()) -> dict[tuple, int]:
    """The line of each key of a YAML document, by the keys that lead to it."""
    lines = {above: node.start_mark.line + 1 if node else 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*above, key.value)
            lines |= _lines(value, place)
            lines[place] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines |= _lines(value, (*above, number))
    return lines


def _told(file: str, lines: Mapping[tuple, int], fault: Mapping[str, Any]) -> str:
    place = fault["loc"]
    while place not in lines and place:
        place = place[:-1]
    # pydantic adds names of its own, as of the kinds that a value might have been of
    named = ".".join(map(str, fault["loc"] if fault["type"] == "missing" else place))
    if fault["type"] == "extra_forbidden":
        word = str(fault["loc"][-1])
        known = [
            field.alias or name
            for model in (Rules, Source, Cell)
            for name, field in model.model_fields.items()
        ]
        return f"{file}:{lines[place]} {named}: it is no key of a mapping{_close(word, known)}"
    problem = fault["msg"].removeprefix("Value error, ")
    return f"{file}:{lines[place]} {named or 'mapping'}: {problem[0].lower()}{problem[1:]}"


def _unknown(
    file: str, lines: Mapping[tuple, int], place: tuple, what: str, name: str, known
) -> str:
    return f"{file}:{lines[place]} {name}: the record has no such {what}{_close(name, list(known))}"


def _absent(
    mapping: Rules, lines: Mapping[tuple, int], path: str, file: str, rows: list[Row]
) -> Iterator[str]:
    """Columns that the mapping names and no row of the file has."""
    if not rows:
        yield f"{file}: expected at least one row"
        return
    held = dict.fromkeys(name for row in rows for name in row.cells)
    asked = {("where", name): name for name in mapping.where}
    if isinstance(mapping.source.url, Cell):
        asked["source", "url"] = mapping.source.url.source or mapping.source.url.slug
    for table, columns in mapping.tables.items():
        for column, cell in columns.items():
            asked["tables", table, column] = cell.source or cell.slug
    for place, name in asked.items():
        if name is not None and name not in held:
            hint = _close(name, list(held))
            yield f"{path}:{lines[place]} {name}: {file} has no such column{hint}"


def _close(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}"
