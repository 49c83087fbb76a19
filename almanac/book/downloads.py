"""The record to take away: every table as CSV and Parquet, and all of it in one zip."""

import shutil
import zipfile
from pathlib import Path

import pandas as pd

from almanac.book import spreadsheets
from almanac.record import Record, previous, schema

ARCHIVE = "open-weights-almanac"
# Beside its tables, a record's words are taken along. Whatever else lies in its folder stays there:
# a page would run on the site, with all that the site's own pages may, and a table that is none of
# the record's in a spreadsheet.
WORDS = {".md", ".txt", ""}


def write(folder: Path, tables: list[Path], also: list[Path], record: Record) -> None:
    """Write the downloads of one edition.

    Parameters
    ----------
    folder : where they go; made here
    tables : the files of the record: CSV tables, schema, README, licence, changes, previous
        edition; others than these are left out
    also : files from elsewhere that belong into the archive, as the citation
    record : the same record as typed frames

    The same input gives the same bytes: no file carries the time of its making. The CSV files are
    those of the record, but for texts that a spreadsheet would run; Parquet holds them as they are.
    """
    paths = (table.path for table in record.schema.tables.values())
    known = {schema.FILE, previous.FILE, *paths}
    tables = [path for path in tables if path.name in known or path.suffix in WORDS]
    folder.mkdir()
    for path in tables:
        shutil.copyfile(path, folder / path.name)
    for name, data in spreadsheets.tables(record, folder).items():
        (folder / name).write_bytes(data)
    for name in record.schema.tables:
        parquet(getattr(record, name), folder / f"{name}.parquet")
    # a record for itself; what is kept of the edition before it lies beside
    taken = [folder / path.name for path in tables if path.name != previous.FILE]
    archive(folder / f"{ARCHIVE}.zip", [*taken, *also], record.schema.updated.timetuple()[:3])


def parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write one table as Parquet (zstd), its days as dates without a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    schema = pa.schema(
        [
            pa.field(field.name, pa.date32() if pa.types.is_timestamp(field.type) else field.type)
            for field in table.schema
        ]
    )
    pq.write_table(table.cast(schema), path, compression="zstd")


def archive(path: Path, files: list[Path], day: tuple[int, int, int]) -> None:
    """Zip `files` into one folder, dated `day` (year, month, day) whatever the clock says."""
    with zipfile.ZipFile(path, "w") as zipped:
        for file in sorted(files, key=lambda file: file.name):
            entry = zipfile.ZipInfo(f"{ARCHIVE}/{file.name}", (*day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, file.read_bytes())
