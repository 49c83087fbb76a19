"""The real record: what it promises beyond what its schema demands of any record."""

from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package

from almanac.measures import coverage
from almanac.record import history, load, previous, read_schema, with_confidence
from almanac.record.counter import count

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
        if (
            bare := frame[column].notna()
            & frame[column].astype("str").ne("undisclosed")  # nobody can name a source for it
            & graded[f"{column}_confidence"].isna()
        ).any()
    ]
    assert not without


def test_frictionless_finds_no_fault():
    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.to_summary()


def test_the_edition_before_this_one_is_kept():
    """A new heading in the changelog begins an edition: keep the last one, see CONTRIBUTING.md."""
    days = list(history.changes(DATA))
    kept = previous.read(DATA)
    assert kept.texts.schema.updated.isoformat() == kept.results["data_date"] == days[1]
    assert kept.results["edition"] == "default"
    assert kept.texts.schema.updated < read_schema(DATA).updated


def test_what_the_record_aims_to_cover(record):
    released = record.releases[record.releases.status == "released"]
    assert len(record.models) >= 450
    assert len(released) >= 250
    assert released.organisation_id.nunique() >= 60
    assert released.released_on.min() < pd.Timestamp("2023-04-01")
    assert coverage.well_sourced_flagships(record).sum() >= 120
    assert len(record.configs) >= 80
    assert released.released_on.max() >= pd.Timestamp("2026-10-01")


def test_parameters_follow_from_configurations_within_two_per_cent(record):
    columns = ["model_id", "n_routed_experts", "n_shared_experts", "experts_per_token"]
    rows = record.models[[*columns, "total_params_b", "active_params_b"]].merge(
        record.configs, on="model_id"
    )
    noted = record.evidence[record.evidence["table"] == "models"].dropna(subset="note")
    noted = set(zip(noted["row"], noted["column"], strict=True))
    within, unexplained = 0, []
    for row in rows.astype(object).to_dict("records"):
        counted, _ = count(row)
        if counted is None:
            continue
        ends = {
            "total_params_b": (counted.total_params_b, counted.total_params_b),
            "active_params_b": (counted.active_without_head_b, counted.active_params_b),
        }
        off = [
            column
            for column, (low, high) in ends.items()
            if pd.notna(row[column]) and not low * 0.98 <= row[column] <= high * 1.02
        ]
        within += not off
        unexplained += [
            f"{row['model_id']} {column}"
            for column in off
            if (row["model_id"], column) not in noted
        ]
    assert within >= 70
    assert not unexplained


def test_a_region_in_doubt_says_why(record):
    told = record.organisations[record.organisations.region_in_doubt.fillna(False)]
    assert 0 < len(told) < len(record.organisations) / 4
    assert told.region_note.notna().all()
