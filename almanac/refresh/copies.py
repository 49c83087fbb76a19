"""Saved copies of upstream documents: written with checksum and day, read with both checked.

A folder that `save` wrote has one folder a source, each with a manifest. Any other folder is
searched for files named as a source names them; their day is in the name, or known of the
snapshots that were handed on without one.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from almanac.record import bounds
from almanac.refresh.fetch import LIMITS, Fetched
from almanac.sources.source import Source
from almanac.sources.statements import Document, SourceError, day_of, decoded, quoted

MANIFEST = "manifest.json"
FILE = re.compile(r"\w[\w.-]{0,230}", re.ASCII)


def save(folder: Path, source: Source, fetched: Fetched) -> None:
    """Write the documents of one source below `folder`, whole or not at all.

    Raises
    ------
    OSError
        If the folder cannot be written.
    SourceError
        If what stands there was not written by `save`, or a file has no name for a copy.
    """
    final = folder / source.name
    part, old = folder / f".{source.name}.part", folder / f".{source.name}.old"
    _check_own(final, source)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    entries = []
    for file, data in sorted(fetched.data.items()):
        if not FILE.fullmatch(file):
            raise SourceError(f"{source.title}: {file!r} is no name for a saved copy")
        (part / file).write_bytes(data)
        entries.append(
            {
                "source": source.name,
                "address": fetched.addresses[file],
                "file": file,
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "fetched_on": fetched.documents[file].day,
            }
        )
    (part / MANIFEST).write_text(json.dumps(entries, indent=1) + "\n", "utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.replace(final, old)
    try:
        os.replace(part, final)
    except OSError:
        if old.exists():
            os.replace(old, final)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check_own(folder: Path, source: Source) -> None:
    """Raise SourceError if a folder about to be replaced holds anything that `save` did not write.

    Originals can stand in a folder that has the name of a source.
    """
    if not folder.exists():
        return
    own: set[str] = set()
    if (folder / MANIFEST).is_file():
        with suppress(SourceError):
            own = {MANIFEST, *(path.name for path, _, _ in _listed(folder, source))}
    if foreign := sorted({path.name for path in folder.iterdir()} - own):
        raise SourceError(
            f"{source.title}: {folder} holds {quoted(foreign[0])}, which --save did not write:"
            " name another folder"
        )


def read(folder: Path, sources: Iterable[Source]) -> dict[str, Fetched]:
    """Read the saved copies of several sources; one without copies has no documents."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        # what a save that was cut off has left is hidden
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    loose = [path for path in files if not (path.parent / MANIFEST).exists()]
    return {source.name: _read(folder, loose, source) for source in sources}


def _read(folder: Path, loose: list[Path], source: Source) -> Fetched:
    fetched = Fetched()
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)  # it may be tomorrow elsewhere
    try:
        if (folder / source.name / MANIFEST).exists():
            found = _listed(folder / source.name, source)
        else:
            shapes = [(path, source.shape(path.name)) for path in loose]
            found = [(path, shape.dated(path.name), "") for path, shape in shapes if shape]
        if len(found) > LIMITS.documents:
            raise SourceError(f"{source.title}: more than {LIMITS.documents} copies in {folder}")
        for path, day, checksum in found:
            data = _bytes(path, source, checksum)
            fetched.size += len(data)
            if fetched.size > LIMITS.total:
                most = f"{LIMITS.total / 2**20:g} MB"
                raise SourceError(f"{source.title}: its copies together are larger than {most}")
            if not day:
                raise SourceError(
                    f"{source.title}: nothing says of which day {path} is: put the day into its"
                    " name, as in NAME_2026-10-05.csv"
                )
            if dt.date.fromisoformat(day) > latest:
                raise SourceError(f"{source.title}: {path} is of {day}, a day to come")
            if path.name in fetched.documents:
                raise SourceError(
                    f"{source.title}: several files are named {path.name}: keep one of them"
                )
            text = decoded(source.name, path.name, data)
            fetched.documents[path.name] = Document(source.name, path.name, text, day)
    except SourceError as error:
        fetched.failure = str(error)
    except OSError as error:
        fetched.failure = f"{source.title}: {error.filename} cannot be read ({error.strerror})"
    return fetched


def _listed(folder: Path, source: Source) -> list[tuple[Path, str, str]]:
    """Files of a manifest, each with its day and checksum."""
    where = f"{source.title}: {folder / MANIFEST}"
    try:
        entries = json.loads(bounds.read(folder / MANIFEST, LIMITS.size))
    except (ValueError, RecursionError):
        raise SourceError(f"{where} is not JSON: fetch the source again") from None
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        entry = entry if isinstance(entry, dict) else {}
        file, day, checksum = (entry.get(key) for key in ("file", "fetched_on", "sha256"))
        plain = isinstance(file, str) and FILE.fullmatch(file) and source.shape(file)
        if not plain or not day_of(day) or not isinstance(checksum, str):
            raise SourceError(f"{where} has an entry that is not as --save writes it")
        found.append((folder / file, day_of(day), checksum))
    return found


def _bytes(path: Path, source: Source, checksum: str) -> bytes:
    try:
        data = bounds.read(path, LIMITS.size)
    except bounds.OutOfBounds as error:
        raise SourceError(f"{source.title}: {path}: {error.problem}, {error.found}") from None
    if checksum and hashlib.sha256(data).hexdigest() != checksum:
        raise SourceError(
            f"{source.title}: {path} is not the file that was saved (its checksum differs): fetch"
            " the source again"
        )
    return data
