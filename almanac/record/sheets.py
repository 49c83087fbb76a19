"""Tables as text: each row with the line where it begins, and what is wrong with the file's form.

Reading is our own, because Frictionless and pandas count rows, where an editor counts lines, and
take a byte-order mark without a word.
"""

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from almanac.record import bounds
from almanac.record.faults import Fault, first
from almanac.record.schema import Table


@dataclass(frozen=True)
class Sheet:
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


def read(path: Path, table: Table, *, partial: bool = False) -> tuple[Sheet | None, list[Fault]]:
    """A table's text, or None if it cannot be read, and the faults of its form.

    Parameters
    ----------
    path : its file
    table : what it should hold
    partial : whether columns that are no part of its key may be missing, and all in any order
    """

    def fault(line: int, column: str, problem: str, found: str | None = None) -> Fault:
        return Fault(table.name, line, column, problem, found)

    header = ",".join(table.columns)
    try:
        bounds.check_table(path)
        data = path.read_bytes()
    except bounds.OutOfBounds as error:
        return None, [fault(error.line, error.column, error.problem, error.found)]
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

    def odd_rows() -> Iterator[Fault]:
        for line, cells in zip(lines, rows, strict=True):
            if not cells:
                yield fault(line, "row", "expected a row: delete the blank line")
            elif len(cells) != width:
                problem = f"expected {width} cells, there are {len(cells)}"
                yield fault(line, "row", f"{problem}: correct commas and quotes", ",".join(cells))

    faults += first(odd_rows())
    wanted = table.primary_key if partial else table.columns
    header_faults = [fault(1, *parts) for parts in _header_faults(names, table, wanted)]
    whole = set(wanted) <= set(names) and len(names) == len(set(names))
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
    return Sheet(table, frame[known], whole), faults + header_faults


class _BadCsv(Exception):
    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


def _parse(text: str) -> tuple[list[str], list[int], list[list[str]]]:
    """Header, first line of each row, and rows; a row can span lines inside quotes."""
    # not StringIO, which holds four bytes a character
    stream = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    reader = csv.reader(stream, strict=True)
    lines, rows, start = [], [], 1
    once = {}  # most cells repeat: a million rows of evidence would take three times the memory
    try:
        for cells in reader:
            lines.append(start)
            rows.append([once.setdefault(cell, cell) for cell in cells])
            start = reader.line_num + 1
    except csv.Error as error:
        raise _BadCsv(str(error), start) from None
    return rows[0], lines[1:], rows[1:]


def _header_faults(
    names: list[str], table: Table, wanted: tuple[str, ...]
) -> Iterator[tuple[str, str, str | None]]:
    found = ",".join(names)
    for column in wanted:
        if column not in names:
            yield column, "expected a column of this name: add it or correct the header", found
    for name in names:
        if name not in table.columns:
            expected = ",".join(table.columns)
            close = difflib.get_close_matches(name, table.columns, 1)
            remedy = f"did you mean {close[0]}?" if close else "remove or rename this one"
            yield "header", f"expected only the columns {expected}: {remedy}", name
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "header", "expected each column once: remove or rename one", name
    if wanted == table.columns and sorted(names) == sorted(wanted) and tuple(names) != wanted:
        yield "header", f"expected the order {','.join(table.columns)}: move the columns", found
