"""The edition that was published before this one, kept beside the record it became.

`previous.zip` in the folder of a record holds that edition's tables, their schema and its
``results.json``, so that a build can say what changed since, without a history of versions and
without a network. A record need not have one.
"""

import json
import math
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

from almanac.record import bounds
from almanac.record.difference import DifferenceError, Texts, parse
from almanac.record.schema import FILE as SCHEMA

FILE = "previous.zip"
RESULTS = "results.json"
MOST_BYTES = bounds.LIMITS.table  # unpacked; fifty times the record's own
# What zipfile and zlib raise for a file that is none, is cut off, or asks for a password.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)

Contents = Callable[[str], bytes | None]  # gives a file by its name


class PreviousError(ValueError):
    """What is kept of the previous edition cannot be read; the message says why."""


@dataclass(frozen=True)
class Previous:
    """An edition that was published.

    Attributes
    ----------
    texts : its record; the schema says which day it is of
    results : its ``results.json``, see `parse_results`
    """

    texts: Texts
    results: dict[str, Any]


def read(folder: Path) -> Previous | None:
    """The previous edition that the record in `folder` keeps; None where it keeps none.

    Nothing is unpacked to the disk.

    Raises
    ------
    PreviousError
        If it cannot be read, or would take more than `MOST_BYTES`.
    """
    with _opened(folder) as contents:
        if contents is None:
            return None
        return Previous(parse(contents, FILE), _results(contents))


def read_results(folder: Path) -> dict[str, Any] | None:
    """The headline results alone of the previous edition that the record in `folder` keeps.

    Raises
    ------
    PreviousError
        As `read` does.
    """
    with _opened(folder) as contents:
        return None if contents is None else _results(contents)


def _results(contents: Contents) -> dict[str, Any]:
    data = contents(RESULTS)
    if data is None:
        raise DifferenceError(f"there is no {RESULTS} in it")
    return parse_results(data, RESULTS)


@contextmanager
def _opened(folder: Path) -> Iterator[Contents | None]:
    """Give what reads the files that are kept, by their names; None where none are."""
    path = folder / FILE
    if not os.path.lexists(path):
        yield None
        return
    try:
        with bounds.opened(path, MOST_BYTES) as file, zipfile.ZipFile(file) as zipped:
            sizes = {entry.filename: entry.file_size for entry in zipped.infolist()}
            if sum(sizes.values()) > MOST_BYTES:
                raise DifferenceError(f"it holds more than {MOST_BYTES:,} bytes")
            yield lambda name: _unpacked(zipped, name) if name in sizes else None
    except (DifferenceError, PreviousError, bounds.OutOfBounds, *BROKEN, OSError) as error:
        raise PreviousError(
            f"{FILE} cannot be read ({error}): keep it anew with `almanac keep`, or remove it"
        ) from None


def _unpacked(zipped: zipfile.ZipFile, name: str) -> bytes:
    """One file, in pieces: read at once, one that is larger than it says fills the memory."""
    with zipped.open(name) as file:
        return b"".join(iter(lambda: file.read(2**20), b""))


def keep(folder: Path, texts: Texts, results: Mapping[str, Any]) -> Path:
    """Keep an edition as the previous one of the record in `folder`: the file.

    The same edition gives the same bytes, whatever the clock says; the file is whole or as it was.
    """
    files = {
        SCHEMA: json.dumps(texts.schema.descriptor, indent=1, ensure_ascii=False) + "\n",
        RESULTS: json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
    }
    for name, frame in texts.tables.items():
        files[texts.schema.tables[name].path] = frame.to_csv(index=False, lineterminator="\n")
    path = folder / FILE
    part = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        with zipfile.ZipFile(part, "w") as zipped:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, (*texts.schema.updated.timetuple()[:3], 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                zipped.writestr(entry, files[name], compresslevel=9)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


# What a comparison asks of each result, and of what kind it is.
FIELDS = {"id": str, "chapter": str, "text": str, "unit": str, "exact": bool, "value": Real}
OPEN = ("low", "high", "level")  # numbers, or null


def parse_results(data: bytes, where: str) -> dict[str, Any]:
    """The headline results of an edition as its ``results.json`` holds them.

    Raises
    ------
    PreviousError
        Naming what is missing or of another kind; `where` is what to call the file.
    """
    try:
        found = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise PreviousError(f"{where} is no JSON: expected the {RESULTS} of an edition") from None
    if not isinstance(found, dict) or not isinstance(found.get("results"), list):
        raise PreviousError(f"{where} has no list `results`: expected that of an edition")
    if not isinstance(found.get("parameters", {}), dict):
        raise PreviousError(f"{where}: expected `parameters` to be names with values")
    seen = set()
    for number, result in enumerate(found["results"]):
        place = f"{where}: results[{number}]"
        if not isinstance(result, dict):
            raise PreviousError(f"{place} is no result: expected names with values")
        for name, kind in FIELDS.items():
            if not _is(result.get(name), kind):
                raise PreviousError(f"{place} has no proper {name!r}: {result.get(name)!r} found")
        for name in OPEN:
            if result.get(name) is not None and not _is(result[name], Real):
                raise PreviousError(f"{place}: {name!r} is {result[name]!r}, expected a number")
        if result["id"] in seen:
            raise PreviousError(f"{place}: the id {result['id']!r} stands twice")
        seen.add(result["id"])
    return found


def _is(value: Any, kind: type) -> bool:
    """Whether a value of JSON is of a kind; true and false are no numbers."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind) and (kind is not Real or math.isfinite(value))


def _refuse(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity, which are no JSON
