from pathlib import Path

import pytest

from almanac.measures import coverage
from almanac.record import read_schema

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
    assert found["models", "model_id"] == "key"
    assert found["models", "release_id"] == "never blank; one of releases.release_id"
    assert found["models", "architecture"].endswith("one of dense, moe")
    assert found["adoption", "metric"].startswith("part of the key; one of downloads_30d, ")
    assert found["releases", "announced_on"] == "at least 2018-01-01"


def test_every_source_is_named_with_its_licence():
    schema = read_schema(Path(__file__).parents[2] / "data")
    table = coverage.sources(schema)
    assert list(table.columns) == ["source", "address", "licence"]
    assert len(table) == len(schema.sources)
    assert (table.licence != "").all()


FLAGSHIP = dict(
    total_params_b="671", active_params_b="37", licence="MIT", context_tokens="131072",
    reasoning="always", n_routed_experts="256", experts_per_token="8",
)  # fmt: skip


def sourced(grade_of=lambda column: "A", **model):
    cells = {**FLAGSHIP, **model}
    said = [("models", "m", column, value) for column, value in cells.items() if value]
    said += [("releases", "r", "released_on", "2025-01-20"), ("techniques", "m/rl_verifiable",
             "technique", "rl_verifiable")]  # fmt: skip
    return {
        "releases": [dict(release_id="r", organisation_id="o", released_on="2025-01-20")],
        "models": [
            dict(model_id="m", release_id="r", role="flagship", architecture="moe", **cells),
            dict(model_id="n", release_id="r", role="size"),
        ],
        "techniques": [dict(model_id="m", technique="rl_verifiable")],
        "evidence": [
            dict(table=table, row=row, column=column, value=value, confidence=grade_of(column))
            for table, row, column, value in said
        ],
    }


def test_a_flagship_of_grades_a_and_b_is_well_sourced(record_of):
    found = coverage.well_sourced_flagships(record_of(sourced()))
    assert found.to_dict() == {"m": True}


@pytest.mark.parametrize("column", [*FLAGSHIP, "released_on", "technique"])
def test_one_value_of_a_lower_grade_and_it_is_not(record_of, column):
    record = record_of(sourced(lambda other: "C" if other == column else "B"))
    assert coverage.well_sourced_flagships(record).to_dict() == {"m": False}


@pytest.mark.parametrize("column", FLAGSHIP)
def test_neither_is_one_with_a_value_that_nobody_knows(record_of, column):
    record = record_of(sourced(**{column: ""}))
    assert coverage.well_sourced_flagships(record).to_dict() == {"m": False}


def test_a_dense_flagship_has_no_experts_to_source(record_of):
    values = sourced(n_routed_experts="", experts_per_token="")
    values["models"][0]["architecture"] = "dense"
    assert coverage.well_sourced_flagships(record_of(values)).to_dict() == {"m": True}


def test_corrections_stand_newest_first_and_in_the_order_of_tables(record_of):
    rows = [("2026-01-01", "models", "a"), ("2026-02-01", "models", "b"), ("2026-02-01", "releases",
            "r")]  # fmt: skip
    record = record_of(
        {
            "corrections": [
                dict(corrected_on=day, table=table, row=row, column="released_on", was="1",
                     is_now="2", wrong_since="2026-01-01", affects="counts", why="a slip")
                for day, table, row in rows
            ]  # fmt: skip
        }
    )
    found = coverage.corrections(record)
    assert found.what.tolist() == ["r, released on", "b, released on", "a, released on"]
