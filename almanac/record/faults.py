"""What is wrong with a record, as one line says it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from almanac.record import bounds, previous
from almanac.record import schema as schemas

FILES = {"datapackage": schemas.FILE, "previous": previous.FILE}  # that are no tables
LONGEST_QUOTE = 80


@dataclass(frozen=True)
class Fault:
    """Something wrong with a record, as one line says it.

    Attributes
    ----------
    table : name of the table, ``datapackage`` for the schema itself, ``previous`` for what is kept
        of the edition before, empty for a whole folder
    line : line of the file as an editor counts it: 1-based, the header is line 1
    column : the column, columns of a key joined by ``+``, or ``header``, ``row`` or ``file``
    problem : what is expected and what to do
    found : the text that stood there, or None where nothing did
    folder : of the file, where it is not plain which is meant: that of an overlay; else empty
    """

    table: str
    line: int
    column: str
    problem: str
    found: str | None
    folder: str = ""

    @property
    def file(self) -> str:
        """The file, as a line of faults begins."""
        if not self.table:  # a file that is no table
            return self.folder
        name = FILES.get(self.table, f"{self.table}.csv")
        return f"{self.folder}/{name}" if self.folder else name

    def __str__(self) -> str:
        # A problem can repeat a cell of another row, whatever stands in it: keep to one line.
        problem = " ".join(self.problem.split())
        return f"{self.file}:{self.line} {self.column}: {problem}, found {_quote(self.found)}"

    def as_dict(self) -> dict[str, Any]:
        """The fault as plain values, for machines."""
        return {
            "file": self.file,
            "table": self.table,
            "line": self.line,
            "column": self.column,
            "problem": self.problem,
            "found": self.found,
        }


def first(faults: Iterable[Fault]) -> Iterator[Fault]:
    """As many faults of a table as a person can use, and whether there are more."""
    faults = iter(faults)
    yield from islice(faults, bounds.LIMITS.faults)
    for fault in islice(faults, 1):
        problem = f"{fault.problem}; correct these first, as no more than"
        problem += f" {bounds.LIMITS.faults} of a kind are listed"
        yield replace(fault, problem=problem)


def _quote(found: str | None) -> str:
    """Text in double quotes on one line, cut where it is long."""
    if found is None:
        return "nothing"
    text = json.dumps(found[:LONGEST_QUOTE], ensure_ascii=False)
    return text if len(found) <= LONGEST_QUOTE else f"{text[:-1]}…\""
