import dataclasses
import json

import pandas as pd
import pytest

from almanac.book import catalogue, site
from almanac.record import load

BAD = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def record(frozen_record):
    return load(frozen_record)


@pytest.fixture(scope="module")
def rows(record):
    return catalogue.rows(record)


def test_a_row_for_each_model_in_the_order_of_ids(record, rows):
    names = record.models.set_index("model_id").name
    assert [row["name"] for row in rows] == list(names.sort_index())


def test_every_field_of_the_table_on_its_page_is_there(rows):
    assert set(rows[0]) == {
        "name", "organisation", "region", "released", "status", "total", "active", "architecture",
        "experts", "context", "licence", "reasoning", "url", "evidence",
    }  # fmt: skip


def test_values_are_those_of_the_record(record, rows):
    models = record.models_with_release().sort_values("model_id")
    for row, (_, model) in zip(rows, models.iterrows(), strict=True):
        assert row["organisation"] == model.organisation_name
        if pd.isna(model.total_params_b):
            assert row["total"] is None
        else:
            assert row["total"] == model.total_params_b
        day = "" if pd.isna(model.released_on) else f"{model.released_on:%Y-%m-%d}"
        assert row["released"] == day


def test_every_source_of_a_model_and_its_release_is_with_it(record, rows):
    model = record.models.sort_values("model_id").iloc[0]
    evidence = record.evidence
    own = evidence[
        ((evidence.table == "models") & (evidence.row == model.model_id))
        | ((evidence.table == "releases") & (evidence.row == model.release_id))
    ]
    assert len(own) > 0
    said = {(line[0], line[1], line[2], line[4]) for line in rows[0]["evidence"]}
    assert said == set(zip(own.column, own.value, own.confidence, own.source_url, strict=True))


@pytest.mark.parametrize(
    "routed, shared, chosen, text",
    [
        (256, 1, 8, "8 of 256 + 1 shared"),
        (8, 0, 2, "2 of 8"),
        (8, None, 2, "2 of 8"),
        (16, None, None, "16"),
        (None, None, None, ""),
    ],
)
def test_experts_in_words(routed, shared, chosen, text):
    row = pd.Series(
        {"n_routed_experts": routed, "n_shared_experts": shared, "experts_per_token": chosen},
        dtype="Int64",
    )
    assert catalogue._experts(row) == text


def test_a_name_that_holds_markup_stays_text(record, tmp_path):
    models = record.models.assign(name=BAD)
    rows = catalogue.rows(dataclasses.replace(record, models=models))
    site.write_json(tmp_path / "catalogue.json", rows)
    written = (tmp_path / "catalogue.json").read_text("utf-8")
    assert {row["name"] for row in json.loads(written)} == {BAD}
    # what the page does with it is in tests/site; as a value of JSON it is no markup


def test_the_file_is_json_without_values_of_its_own(rows, tmp_path):
    def refuse(constant):
        raise AssertionError(constant)

    site.write_json(tmp_path / "catalogue.json", rows)
    text = (tmp_path / "catalogue.json").read_text("utf-8")
    assert json.loads(text, parse_constant=refuse) == rows
    assert len(text.splitlines()) == len(rows) + 2
