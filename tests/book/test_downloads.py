import shutil
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from almanac.book import downloads, edition
from almanac.book.errors import BuildError
from almanac.record import load, validate
from frictionless import Package

ROOT = edition.ROOT


@pytest.fixture(scope="module")
def taken(tmp_path_factory, frozen_record):
    folder = tmp_path_factory.mktemp("site") / "data"
    tables = edition.tables(frozen_record)
    downloads.write(folder, tables, [ROOT / "CITATION.cff"], load(frozen_record))
    return folder


def test_every_table_is_there_twice(taken, frozen_record):
    for name, table in load(frozen_record).schema.tables.items():
        csv = pd.read_csv(taken / table.path, dtype=str, keep_default_na=False)
        columns = pq.read_table(taken / f"{name}.parquet")
        assert list(csv.columns) == columns.column_names
        assert len(csv) == columns.num_rows


def test_parquet_has_the_types_of_the_schema(taken):
    types = {field.name: field.type for field in pq.read_schema(taken / "releases.parquet")}
    assert types["released_on"] == pa.date32()
    types = {field.name: field.type for field in pq.read_schema(taken / "models.parquet")}
    assert types["total_params_b"] == pa.float64()
    assert types["n_routed_experts"] == pa.int64()
    assert pa.types.is_large_string(types["licence"]) or pa.types.is_string(types["licence"])


def test_parquet_holds_the_values_of_the_record(taken, frozen_record):
    record = load(frozen_record)
    models = pq.read_table(taken / "models.parquet").to_pandas()
    assert models.total_params_b.equals(record.models.total_params_b)
    releases = pq.read_table(taken / "releases.parquet").to_pandas()
    days = pd.to_datetime(releases.released_on)
    assert (days.isna() == record.releases.released_on.isna()).all()
    assert (days.dropna() == record.releases.released_on.dropna()).all()


def test_the_zip_is_a_record_that_can_be_used(taken, tmp_path):
    with zipfile.ZipFile(taken / "open-weights-almanac.zip") as zipped:
        zipped.extractall(tmp_path)
    folder = tmp_path / "open-weights-almanac"
    assert (folder / "CITATION.cff").exists()
    assert validate(folder) == []
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.to_summary()


def test_what_is_no_part_of_a_record_stays_where_it_is(frozen_record, tmp_path):
    folder = tmp_path / "record"
    shutil.copytree(frozen_record, folder)
    for name in ("page.html", "picture.svg", "script.js", "more.csv", "LICENSE", "README.md"):
        (folder / name).write_text("=1+1 <script>window.ran = 1</script>", "utf-8")
    downloads.write(tmp_path / "site", edition.tables(folder), [], load(folder))
    taken = {path.name for path in (tmp_path / "site").iterdir()}
    assert taken >= {"models.csv", "models.parquet", "datapackage.json", "LICENSE", "README.md"}
    assert not taken & {"page.html", "picture.svg", "script.js", "more.csv"}
    with zipfile.ZipFile(tmp_path / "site" / "open-weights-almanac.zip") as zipped:
        assert "open-weights-almanac/page.html" not in zipped.namelist()


def test_a_link_in_a_record_publishes_nothing(frozen_record, tmp_path):
    folder = tmp_path / "record"
    shutil.copytree(frozen_record, folder)
    (tmp_path / "secret").write_text("of somebody", "utf-8")
    (folder / "NOTES").symlink_to(tmp_path / "secret")
    with pytest.raises(BuildError, match="expected NOTES to be a file"):
        edition.tables(folder)


def test_the_same_record_gives_the_same_bytes(taken, tmp_path, frozen_record):
    tables = edition.tables(frozen_record)
    again = tmp_path / "again"
    downloads.write(again, tables, [ROOT / "CITATION.cff"], load(frozen_record))
    for path in taken.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_order_of_the_files_does_not_matter(tmp_path, frozen_record):
    tables = edition.tables(frozen_record)
    for name, of in (("one", tables), ("other", tables[::-1])):
        downloads.archive(tmp_path / name, of, (2026, 11, 25))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
