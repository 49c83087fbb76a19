"""No text of the record is a formula in its CSV files, which stay a valid record."""

import csv
import shutil

import hostile
import pytest

from almanac.book import edition, spreadsheets
from almanac.record import load, validate


@pytest.mark.parametrize("start", spreadsheets.FORMULA)
def test_a_text_that_would_run_gets_an_apostrophe(start):
    assert spreadsheets.safe(f"{start}1+1") == f"'{start}1+1"
    assert spreadsheets.safe(f"a{start}1") == f"a{start}1"
    assert spreadsheets.safe("") == ""


@pytest.mark.parametrize("folder", ["data", "tests/fixtures/record"])
def test_a_record_without_such_texts_keeps_its_files(folder):
    assert spreadsheets.tables(load(edition.ROOT / folder), edition.ROOT / folder) == {}


def test_the_files_of_a_hostile_record_run_nothing_and_are_a_valid_record(tmp_path):
    record = hostile.write(tmp_path / "record")
    raw = load(record)
    for name, data in spreadsheets.tables(raw, record).items():
        (record / name).write_bytes(data)
    assert validate(record) == []
    changed = 0
    for path in record.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                assert not [text for text in row if text.startswith(spreadsheets.FORMULA)]
                changed += sum(text[:2] in ("'=", "'+", "'-", "'@") for text in row)
    assert changed > 100
    # nothing else has changed
    again = load(record)
    assert [*again.models.name] == [spreadsheets.safe(name) for name in raw.models.name]


def test_a_number_below_zero_stays_a_number(tmp_path, frozen_record):
    folder = shutil.copytree(frozen_record, tmp_path / "record")
    scores, models = folder / "capabilities.csv", folder / "models.csv"
    text = scores.read_text("utf-8").replace(",1334.9,", ",-1334.9,", 1)
    scores.write_text(text, "utf-8")
    models.write_text(models.read_text("utf-8").replace(",Aya 23 8B,", ",-Aya 23 8B,"), "utf-8")
    made = spreadsheets.tables(load(folder), folder)
    assert b",-1334.9," in made["capabilities.csv"] and b",'-Aya 23 8B," in made["models.csv"]
