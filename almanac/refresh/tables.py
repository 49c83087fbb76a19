"""The record as text: what is not changed is written back as it stood, to the byte."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from almanac.record import Schema, bounds, read_schema
from almanac.record.schema import FILE

Row = dict[str, str]
Key = tuple[str, ...]
UPDATED = re.compile(r'("updated"\s*:\s*")(\d{4}-\d\d-\d\d)(")')


@dataclass
class Tables:
    """The tables of a record: rows of text by primary key, and what the files were when read.

    ``digests`` are of the files as they stood, so that a change by another hand is seen.
    """

    folder: Path
    schema: Schema
    rows: dict[str, dict[Key, Row]]
    digests: Mapping[str, str]
    package: str
    upstreams: dict[tuple[str, str], str] = field(default_factory=dict)  # by address and kind

    def copy(self) -> "Tables":
        """The same tables, to be changed on their own."""
        rows = {name: {key: {**row} for key, row in of.items()} for name, of in self.rows.items()}
        return replace(self, rows=rows)

    def key(self, table: str, row: Mapping[str, str]) -> Key:
        """The primary key of a row."""
        return tuple(row[column] for column in self.schema.tables[table].primary_key)

    def put(self, table: str, cells: Mapping[str, str]) -> None:
        """Change cells of the row that has their key, or add it."""
        blank = dict.fromkeys(self.schema.tables[table].columns, "")
        self.rows[table].setdefault(self.key(table, cells), blank).update(cells)

    def files(self) -> dict[str, bytes]:
        """The files of the record as they are to be written, schema included."""
        files = {FILE: self.package.encode()}
        for name, of in self.rows.items():
            out = io.StringIO(newline="")
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(self.schema.tables[name].columns)
            writer.writerows(of[key].values() for key in sorted(of))
            files[f"{name}.csv"] = out.getvalue().encode()
        return files

    def lines(self, table: str) -> dict[int, Key]:
        """The key of the row on each line, as an editor counts them, of the file to be written."""
        lines, line = {}, 2
        for key in sorted(self.rows[table]):
            lines[line] = key
            line += 1 + sum(cell.count("\n") for cell in self.rows[table][key].values())
        return lines

    def move_updated(self, day: str) -> bool:
        """Move the day the record is as of to a later one; whether it moved."""
        found = UPDATED.search(self.package)
        if not found or found[2] >= day:
            return False
        self.package = UPDATED.sub(rf"\g<1>{day}\g<3>", self.package, count=1)
        return True


def read(folder: Path) -> Tables:
    """Read a valid record as text."""
    schema = read_schema(folder)
    rows, digests = {}, {}
    for name, table in schema.tables.items():
        bounds.check_table(folder / table.path)
        data = (folder / table.path).read_bytes()
        digests[table.path] = digest(data)
        reader = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
        rows[name] = {tuple(row[part] for part in table.primary_key): row for row in reader}
    data = (folder / FILE).read_bytes()
    digests[FILE] = digest(data)
    return Tables(folder, schema, rows, digests, data.decode())


def digest(data: bytes) -> str:
    """What tells one content of a file from another."""
    return hashlib.sha256(data).hexdigest()
