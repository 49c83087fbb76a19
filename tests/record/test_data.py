"""The real record: what it promises beyond what its schema demands of any record."""

from pathlib import Path

import pandas as pd
import pytest

from almanac.measures import coverage
from almanac.record import load, with_confidence

DATA = Path(__file__).parents[2] / "data"
ENTERED = {  # columns that the schema leaves free, but that have a source for every value here
    "organisations": ["country"],
    "models": ["training_tokens_b"],
    "techniques": ["technique"],
    "capabilities": ["value"],
    "adoption": ["value"],
    "engine_support": ["first_on"],
    "events": ["date"],
    "claims": ["verdict"],
}


@pytest.fixture(scope="module")
def record():
    return load(DATA)


@pytest.mark.parametrize("table", [*ENTERED, "configs"])
def test_every_value_has_a_source(record, table):
    frame = getattr(record, table)
    columns = ENTERED.get(table) or [name for name in frame.columns if name != "model_id"]
    graded = with_confidence(frame, record, table, columns)
    without = [
        f"{column}: {graded.loc[bare, frame.columns[0]].head(5).tolist()}"
        for column in columns
        if (bare := frame[column].notna() & graded[f"{column}_confidence"].isna()).any()
    ]
    assert not without


def test_what_the_record_aims_to_cover(record):
    released = record.releases[record.releases.status == "released"]
    assert len(record.models) >= 450
    assert len(released) >= 250
    assert released.organisation_id.nunique() >= 60
    assert released.released_on.min() < pd.Timestamp("2023-04-01")
    assert coverage.well_sourced_flagships(record).sum() >= 120
    assert len(record.configs) >= 80
    assert released.released_on.max() >= pd.Timestamp("2026-10-01")
