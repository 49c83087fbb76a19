"""What a record may weigh: what would fill the memory, never end, or lie elsewhere is refused.

Each file is looked at before it is parsed, in pieces that are never longer than a row may be: a
cell of 500 MB, ten thousand columns, a hundred million blank lines, a link to another folder, a
device that never ends. The limits leave room for a record of 100,000 models with 1.5 million rows
of evidence (300 MB).
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Limits:
    """The most that a record may hold.

    Attributes
    ----------
    package : bytes of ``datapackage.json``
    depth : levels of its JSON, one in the other
    table : bytes of a table
    folder : bytes of all files of a record
    row : bytes of a row, all its lines together; the longest of the Almanac's own has 700
    rows : rows of a table
    cells : cells of a table, and commas in its texts
    columns : columns of a table
    blank : blank lines that follow each other
    faults : faults of one kind that validation lists of a table
    """

    package: int = 4 * 2**20
    depth: int = 32
    table: int = 512 * 2**20
    folder: int = 2 * 2**30
    row: int = 128 * 2**10
    rows: int = 3_000_000
    cells: int = 30_000_000
    columns: int = 1_000
    blank: int = 1_000
    faults: int = 10_000


LIMITS = Limits()


class OutOfBounds(ValueError):
    """A file is not what a record may hold.

    Attributes
    ----------
    problem : what is expected and what to do
    found : what stood there
    line : line of the file, 1-based
    column : ``file``, ``header`` or ``row``
    """

    def __init__(self, path: Path, problem: str, found: str, line: int = 1, column: str = "file"):
        super().__init__(f"{path.name}:{line} {column}: {problem}, found {found}")
        self.problem = problem
        self.line = line
        self.column = column
        self.found = found


KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def opened(path: Path, most: int) -> BinaryIO:
    """Open a file, if it is one, and no larger than `most` bytes.

    Raises
    ------
    OutOfBounds
        If it is a link, a folder, a pipe or a device, or larger.
    OSError
        If there is none, or it may not be read.
    """
    kind = stat.S_IFMT(path.lstat().st_mode)
    # a pipe keeps whoever opens it waiting, and what is here can be another file by now
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if kind != stat.S_IFREG:
        problem = "expected a file that can be read: put the file itself into the folder"
        raise OutOfBounds(path, problem, KINDS.get(kind, "something else"))
    file = open(path, "rb", opener=lambda name, usual: os.open(name, usual | flags))
    size = os.fstat(file.fileno()).st_size
    if size > most:
        file.close()
        problem = f"expected at most {_size(most)}: leave out what the record does not need"
        raise OutOfBounds(path, problem, _size(size))
    return file


def read(path: Path, most: int) -> bytes:
    """The bytes of a file; raises as `opened` does."""
    with opened(path, most) as file:
        return file.read(most)


def check_folder(folder: Path) -> None:
    """See that a folder holds files of its own, and not too much of them.

    Hidden files, and folders, are nobody's concern: nothing reads them.

    Raises
    ------
    OutOfBounds
        If a file in it is a link, which would publish what lies elsewhere, or all are too large.
    """
    total = 0
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():
            continue
        if path.is_symlink():
            problem = f"expected {path.name} to be a file: put the file itself into the folder"
            raise OutOfBounds(path, problem, "a link")
        total += path.stat().st_size
        if total > LIMITS.folder:
            most = _size(LIMITS.folder)
            problem = f"expected at most {most} in the folder: leave out what is no table"
            raise OutOfBounds(folder, problem, f"{path.name}, with which it is more")


def check_table(path: Path) -> None:
    """See that a table can be parsed: its file, the length of its rows, and how many there are.

    Raises
    ------
    OutOfBounds
        At the first line that is too much.
    OSError
        If there is no file, or it may not be read.
    """
    with opened(path, LIMITS.table) as file:
        check_rows(path, file)


def check_rows(path: Path, file: BinaryIO) -> None:
    """See that what `file` holds, and messages call `path`, can be parsed as a table.

    Raises
    ------
    OutOfBounds
        As `check_table` does.
    """
    start, length, blank, rows, commas, quoted = 1, 0, 0, 0, 0, False
    for number, line in enumerate(_lines(file), start=1):
        if line.count(b'"') % 2:  # a row goes on where a quote is open
            quoted = not quoted
        length += len(line)
        commas += line.count(b",")
        if length > LIMITS.row:
            problem = f"expected a row of at most {_size(LIMITS.row)}: shorten its longest cell"
            if quoted:
                problem += ", or close the quote"
            found = line[:200].decode("utf-8", "replace")
            raise OutOfBounds(path, problem, found, start, "row")
        if quoted:
            continue
        if start == 1 and commas >= LIMITS.columns:
            problem = f"expected at most {LIMITS.columns} columns: leave out all but the schema's"
            raise OutOfBounds(path, problem, f"{commas + 1} columns", 1, "header")
        blank = 0 if line.strip(b"\r\n") else blank + 1
        if blank > LIMITS.blank:
            problem = "expected rows: delete the blank lines"
            raise OutOfBounds(path, problem, f"{blank} blank lines", number, "row")
        rows += 1
        for most, held, kind in ((LIMITS.rows, rows - 1, "rows"), (LIMITS.cells, commas, "cells")):
            if held > most:
                problem = f"expected at most {most} {kind}: leave out what the record can miss"
                raise OutOfBounds(path, problem, "more", number, "row")
        start, length = number + 1, 0


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, and of one that is too long as much as shows that it is."""
    most = LIMITS.row + 1
    return iter(lambda: file.readline(most), b"")


def depth(value: object) -> int:
    """Levels of a value as JSON gives it, one in the other; a text or a number has none."""
    levels, holders = 0, [value]
    while holders := [one for one in holders if isinstance(one, (dict, list))]:
        levels += 1
        holders = [
            part for one in holders for part in (one.values() if isinstance(one, dict) else one)
        ]
    return levels


def _size(size: int) -> str:
    for factor, unit in ((2**20, "MB"), (2**10, "kB")):
        if size >= factor:
            return f"{size / factor:.4g} {unit}"
    return f"{size} bytes"
