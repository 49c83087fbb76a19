from dataclasses import replace
from pathlib import Path

import pytest

from almanac.measures import coverage
from almanac.record import load, read_schema

VALUES = {
    "releases": [dict(release_id="r", organisation_id="o", released_on="2025-01-20")],
    "models": [
        dict(model_id="a", release_id="r", total_params_b="671", reasoning="always"),
        dict(model_id="b", release_id="r", total_params_b="70", reasoning="none"),
        dict(model_id="c", release_id="r", reasoning="none"),
    ],
    "evidence": [
        dict(table="models", row=row, column=column, value=value, confidence=grade)
        for row, column, value, grade in [
            ("a", "total_params_b", "671", "A"),
            ("a", "total_params_b", "685", "C"),  # a rival
            ("b", "total_params_b", "70.0", "B"),
            ("b", "reasoning", "none", "D"),
        ]
    ],
}


@pytest.fixture
def record(record_of):
    return record_of(VALUES)


def test_evidence_by_grade(record):
    found = coverage.by_grade(record.evidence)
    assert dict(zip(found.grade, found.rows, strict=True)) == {"A": 1, "B": 1, "C": 1, "D": 1}
    assert coverage.by_grade(record.evidence[:2]).to_numpy().tolist() == [["A", 1], ["C", 1]]


def test_grades_are_those_of_the_evidence_chosen(record):
    table = coverage.grades_by_column(record).set_index(["table", "column"])
    size = table.loc[("models", "total_params_b")]
    assert size.to_dict() == {"A": 1, "B": 1, "C": 0, "D": 0, "undisclosed": 0, "blank": 1}
    mode = table.loc[("models", "reasoning")]
    assert mode.to_dict() == {"A": 0, "B": 0, "C": 0, "D": 1, "undisclosed": 0, "blank": 0}
    assert table.loc[("models", "active_params_b")].blank == 3


def test_every_column_that_needs_evidence_is_listed(record):
    found = coverage.grades_by_column(record)
    assert set(zip(found.table, found.column, strict=True)) == {
        (name, column)
        for name, table in record.schema.tables.items()
        for column in table.evidenced
    }


def test_the_codebook_explains_every_column(record):
    found = coverage.codebook(record.schema)
    assert len(found) == sum(len(table.fields) for table in record.schema.tables.values())
    assert found.notna().all(axis=None) and (found.meaning != "").all()
    size = found[(found.table == "models") & (found.column == "total_params_b")]
    assert size.type.item() == "number"
    assert size["values"].item() == "0.001 to 20000"
    assert size.sourced.item() == "yes"


def test_the_codebook_says_what_a_column_may_hold(record):
    found = coverage.codebook(record.schema).set_index(["table", "column"])["values"]
    assert found["models", "model_id"].startswith("key; like ")
    assert found["models", "release_id"].startswith("never blank; one of releases.release_id")
    assert found["models", "architecture"].endswith("one of dense, moe")
    assert found["adoption", "metric"].startswith("part of the key; one of downloads_30d, ")
    assert found["releases", "announced_on"] == "at least 2018-01-01"


def test_every_source_is_named_with_its_licence():
    schema = read_schema(Path(__file__).parents[2] / "data")
    table = coverage.sources(schema)
    assert list(table.columns) == ["source", "address", "licence"]
    assert len(table) == len(schema.sources)
    assert (table.licence != "").all()


def test_flagships_that_rest_on_vendors_alone_are_counted():
    frozen = load(Path(__file__).parents[1] / "fixtures" / "record")
    count = coverage.well_sourced_flagships(frozen)
    assert 0 < count < len(frozen.releases)
    weaker = frozen.evidence.assign(confidence="C")
    assert coverage.well_sourced_flagships(replace(frozen, evidence=weaker)) == 0
