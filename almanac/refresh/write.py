"""Writing a proposal: whole and valid, or not at all.

The new record is written beside the old and validated there. What breaks a rule is taken out again
and reported; if that does not end in a valid record, nothing is written. Files then take the place
of the old ones one by one; a write that is cut off there is finished by the next.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from almanac.record import Fault, bounds, validate
from almanac.record.cutoff import READY, is_cut_off
from almanac.record.cutoff import staged as staged_folder
from almanac.refresh.propose import Change, apply
from almanac.refresh.tables import Key, Tables, digest

ROUNDS = 8  # taking a change out can break what came after it
FILE = re.compile(r"[a-z][a-z0-9_]*\.(csv|json)")  # of a record


class WriteError(Exception):
    """Nothing was written; the message says why and what to do."""


class CutOff(Exception):
    """Some files have changed places and others have not; the message says what to do."""


def write(
    tables: Tables, changes: Iterable[Change]
) -> tuple[list[Change], list[tuple[Change, str]]]:
    """Write changes into the record.

    Parameters
    ----------
    tables : the record as it was read when the changes were proposed
    changes : what to write, in order

    Returns
    -------
    The changes that were written, and those that were taken back, each with the rule it breaks.

    Raises
    ------
    WriteError
        If the record is not valid as it stands or cannot be made so, if a table has changed since
        it was read, or if another refresh is writing.
    CutOff
        If the files cannot all change places.
    """
    with _locked(tables.folder):
        _check_unchanged(tables)
        if faults := validate(tables.folder):
            raise WriteError(
                f"the record in {tables.folder} has faults of its own ({len(faults)}, the first:"
                f" {faults[0]}): mend them first, `almanac validate` lists them"
            )
        kept, taken_back = list(changes), []
        staged = staged_folder(tables.folder)
        try:
            for _ in range(ROUNDS):
                new = tables.copy()
                apply(new, kept)
                new.move_updated(max((change.stated_on for change in kept), default=""))
                files = new.files()
                _stage(staged, files)
                faults = validate(staged)
                if not faults:
                    break
                blamed = _blamed(faults, new, kept)
                if not blamed:
                    raise WriteError(f"the new record would have faults: {faults[0]}")
                taken_back += [(kept[place], str(fault)) for place, fault in blamed.items()]
                kept = [change for place, change in enumerate(kept) if place not in blamed]
            else:
                raise WriteError(f"the new record would still have faults: {faults[0]}")
            _check_unchanged(tables)
            changed = {
                name: data for name, data in files.items() if digest(data) != tables.digests[name]
            }
            _swap(tables.folder, staged, changed, tables.digests)
        finally:
            # what is left once a swap has begun is for the next run to finish
            if not (staged / READY).exists():
                shutil.rmtree(staged, ignore_errors=True)
    return kept, taken_back


def recover(folder: Path) -> bool:
    """Finish a write that was cut off while files changed places; whether there was one.

    Raises
    ------
    WriteError
        If a file has been edited since, so that neither the old nor the new record is whole.
    """
    with _locked(folder):
        staged = staged_folder(folder)
        if not is_cut_off(folder):
            shutil.rmtree(staged, ignore_errors=True)
            return False
        plan = _plan(staged / READY)
        for name, (old, new) in plan.items():
            if digest((folder / name).read_bytes()) not in (old, new):
                raise WriteError(
                    f"an earlier refresh was cut off, and {folder / name} has changed since:"
                    f" restore {folder} from git and delete {staged}"
                )
        for name, (_, new) in plan.items():
            if digest((folder / name).read_bytes()) != new:
                os.replace(staged / name, folder / name)
        shutil.rmtree(staged)
    return True


def _plan(path: Path) -> dict[str, tuple[str, str]]:
    """Which files change places, and the digests of the old and the new of each.

    Raises
    ------
    WriteError
        If it is none that `write` has left: it may name files elsewhere.
    """
    try:
        plan = json.loads(bounds.read(path, bounds.LIMITS.package))
        names = {name: (old, new) for name, (old, new) in plan.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        names = {"": ("", "")}
    if not all(FILE.fullmatch(name) for name in names):
        raise WriteError(
            f"{path} is not as a refresh that was cut off leaves it: see that the record is"
            f" whole, and delete {path.parent}"
        )
    return names


def _locked(folder: Path) -> "_Lock":
    return _Lock(folder)


class _Lock:
    """One writer a record at a time, whoever runs it. The lock stands beside the staged record."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._file = staged_folder(folder).with_suffix(".lock")
        self._lock = FileLock(self._file)

    def __enter__(self):
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise WriteError(
                f"another refresh is writing {self._folder}: wait until it has ended"
            ) from None

    def __exit__(self, *error):
        # while it is held: whoever waits for this file then takes a new one (as filelock sees to)
        with suppress(OSError):
            self._file.unlink()
        self._lock.release()


def _stage(staged: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    for name, data in files.items():
        (staged / name).write_bytes(data)


def _check_unchanged(tables: Tables) -> None:
    for name, before in tables.digests.items():
        path = tables.folder / name
        if not path.exists() or digest(path.read_bytes()) != before:
            raise WriteError(f"{path} has changed since it was read: run the refresh again")


def _swap(
    folder: Path, staged: Path, changed: Mapping[str, bytes], before: Mapping[str, str]
) -> None:
    plan = {name: (before[name], digest(data)) for name, data in changed.items()}
    marker = staged / f"{READY}.part"
    marker.write_text(json.dumps(plan), "utf-8")
    for path in (*(staged / name for name in changed), marker):
        _sync(path)  # the marker must never outlive what it promises
    os.replace(marker, staged / READY)
    _sync(staged)
    try:
        for name in changed:
            os.replace(staged / name, folder / name)
        _sync(folder)
        shutil.rmtree(staged)
    except OSError as error:
        raise CutOff(
            f"{folder} is written in part only ({error}): refresh with --write again, which"
            f" finishes it, or restore {folder} from git and delete {staged}"
        ) from None


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _blamed(faults: Iterable[Fault], tables: Tables, kept: list[Change]) -> dict[int, Fault]:
    """Places of the changes that touch a row at fault, or the rows such a row leans on."""
    lines = {name: tables.lines(name) for name in tables.rows}
    touched: dict[tuple[str, Key], list[int]] = {}
    for place, change in enumerate(kept):
        for edit in change.edits:
            touched.setdefault((edit.table, edit.key), []).append(place)
    blamed: dict[int, Fault] = {}
    for fault in faults:
        key = lines.get(fault.table, {}).get(fault.line)
        if key is None:
            continue
        for row in _leaning(tables, fault.table, key):
            if places := touched.get(row):
                for place in places:
                    blamed.setdefault(place, fault)
                break
    return blamed


def _leaning(tables: Tables, table: str, key: Key) -> Iterable[tuple[str, Key]]:
    """A row, then the rows whose values a rule may have compared it with."""
    yield table, key
    row = tables.rows[table][key]
    if table == "evidence":
        yield row["table"], tuple(row["row"].split("/"))
    if table == "models":
        yield "releases", (row["release_id"],)
        base = tables.rows["models"].get((row["base_model_id"],))
        if base:
            yield "releases", (base["release_id"],)
    if "model_id" in row and table != "models":
        yield "models", (row["model_id"],)
