"""What `almanac diff` and `almanac keep` can be given: a record, an edition, or its results."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from almanac.book import spreadsheets
from almanac.book.edition import ROOT
from almanac.record import difference, previous
from almanac.record.difference import TableDifference, Texts
from almanac.record.schema import FILE as SCHEMA
from almanac.measures.moves import Moves, moves

GIT = "git:"  # before the name of a commit of the project
RECORDED = "tests/reference/results.json"  # in a commit: its edition's headline results
EXPECTED = (
    "expected a folder with a record or a site, a results.json, the previous.zip of a record, or "
    f"{GIT} and a commit of the project"
)


class SideError(ValueError):
    """What was named is nothing that can be compared, or the two have nothing in common."""


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes
    ----------
    name : what it was called by
    texts : its record; None where it is only results
    results : its headline results; None where it is only a record
    """

    name: str
    texts: Texts | None
    results: dict[str, Any] | None

    @property
    def day(self) -> str:
        """The day of its data, as an ISO date; empty where it does not say."""
        if self.texts is not None:
            return self.texts.schema.updated.isoformat()
        return str(self.results.get("data_date", ""))


@dataclass(frozen=True)
class Comparison:
    """What differs between two sides.

    Attributes
    ----------
    tables : of the records; None where either side has none
    moves : of the headlines; None likewise
    """

    old: Side
    new: Side
    tables: list[TableDifference] | None
    moves: Moves | None

    @property
    def differs(self) -> bool:
        """Whether any row, value or headline does."""
        data = any(table.differs for table in self.tables or [])
        return data or (self.moves is not None and self.moves.differ)


def compare(old: Side, new: Side) -> Comparison:
    """Compare what both sides have.

    Raises
    ------
    SideError
        If that is nothing.
    """
    records = old.texts is not None and new.texts is not None
    results = old.results is not None and new.results is not None
    if not records and not results:
        raise SideError(
            f"{_has(old)} and {_has(new)}: name two records or two editions"
        )
    return Comparison(
        old,
        new,
        difference.difference(old.texts, new.texts) if records else None,
        moves(old.results, new.results) if results else None,
    )


def _has(side: Side) -> str:
    return f"{side.name} is {'results' if side.texts is None else 'a record'} alone"


def read(name: str) -> Side:
    """What a name on the command line stands for.

    Parameters
    ----------
    name : a folder with a record; a folder with a site, or the one that it was built in; a
        ``results.json``; the ``previous.zip`` of a record; or ``git:`` and a commit of the
        project, with the results recorded in it

    Raises
    ------
    SideError
        If it is none of these.
    DifferenceError, PreviousError
        If what is there cannot be read.
    """
    if name.startswith(GIT):
        return _commit(name)
    path = Path(name)
    if not path.exists():
        raise SideError(f"{name} does not exist: {EXPECTED}")
    if path.is_file():
        return _file(name, path)
    for site in (path, path / "_build" / "html"):
        if (site / previous.RESULTS).is_file() and (site / "data" / SCHEMA).is_file():
            return Side(name, _raw(difference.read(site / "data")), _results(site))
    if (path / SCHEMA).is_file():
        return Side(name, difference.read(path), None)
    raise SideError(f"{name} is none of these: {EXPECTED}")


def _file(name: str, path: Path) -> Side:
    if path.name == previous.FILE:
        kept = previous.read(path.parent)
        return Side(name, kept.texts, kept.results)
    if path.suffix == ".json" and path.name != SCHEMA:
        return Side(name, None, previous.parse_results(_bytes(path), name))
    raise SideError(f"{name} is none of these: {EXPECTED}")


def _results(site: Path) -> dict[str, Any]:
    path = site / previous.RESULTS
    return previous.parse_results(_bytes(path), str(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise previous.PreviousError(f"{path} cannot be read: {error.strerror}") from None


def _raw(texts: Texts) -> Texts:
    """The record that the tables of a site were made from: those keep spreadsheets from running
    a text."""
    tables = {
        name: frame.assign(
            **{column: spreadsheets.raw(frame[column], column == "row") for column in frame}
        )
        for name, frame in texts.tables.items()
    }
    return replace(texts, tables=tables)


def _commit(name: str) -> Side:
    asked = name.removeprefix(GIT)
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}")
    if not asked or found is None:
        raise SideError(f"{name}: the project has no commit {asked!r}")
    commit = found.decode().strip()
    texts = difference.parse(lambda file: _git("show", f"{commit}:data/{file}"), name)
    results = _git("show", f"{commit}:{RECORDED}")
    if results is not None:
        results = previous.parse_results(results, f"{name}: {RECORDED}")
    return Side(name, texts, results)


def _git(*arguments: str) -> bytes | None:
    """What git says in the project; None where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            check=False,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(ROOT.parent)},
        )
    except FileNotFoundError:
        raise SideError(f"{GIT}: git is not installed; name a folder") from None
    return done.stdout if done.returncode == 0 else None
