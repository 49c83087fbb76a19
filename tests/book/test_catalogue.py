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


def test_what_the_record_holds_comes_first_among_its_sources(record):
    release = record.releases.dropna(subset="released_on").release_id.iloc[0]
    model = record.models[record.models.release_id == release].model_id.iloc[0]
    other = {
        "table": "releases", "row": release, "column": "released_on", "value": "2020-01-01",
        "source_url": "https://a.org", "source_kind": "vendor", "confidence": "A",
    }  # fmt: skip
    evidence = pd.concat([pd.DataFrame([other]), record.evidence], ignore_index=True)
    rows = catalogue.rows(dataclasses.replace(record, evidence=evidence))
    names = dict(zip(record.models.sort_values("model_id").model_id, rows, strict=True))
    days = [line for line in names[model]["evidence"] if line[0] == "released_on"]
    used = [line[-1] for line in days]
    assert used == sorted(used, reverse=True) and used[0] and not used[-1]
    assert {line[1] for line in days if line[-1]} == {names[model]["released"]}


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
