"""The claims of July 2025 on the real record, on changed ones and on one that lacks the models."""

import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from almanac.measures import article, claims
from almanac.record import load

ROOT = Path(__file__).parents[2]
AS_OF = "2026-10-31"


@pytest.fixture(scope="module")
def record():
    return load(ROOT / "data")


def judge(record, *only, as_of=AS_OF):
    """Verdicts by claim; of these claims only, where some are named."""
    checks = {name: article.CHECKS[name] for name in only or article.CHECKS}
    found = claims.judge(record, checks, as_of=as_of, weeks=8, near_trillion_b=900.0)
    return {verdict.claim_id: verdict for verdict in found if verdict.claim_id in checks}


@pytest.fixture(scope="module")
def judged(record):
    return judge(record)


def words(verdict, role):
    return " ".join(part.words for part in verdict.parts if part.role == role)


def test_every_claim_has_a_check_and_every_check_a_claim(record):
    assert set(article.CHECKS) == set(record.claims.claim_id)


def test_every_recorded_verdict_is_the_computed_one(judged):
    assert {v.claim_id: v.computed for v in judged.values()} == {
        v.claim_id: v.recorded for v in judged.values()
    }


def test_every_part_of_the_real_record_is_decided(judged):
    open_ = [
        (verdict.claim_id, part.words)
        for verdict in judged.values()
        for part in verdict.parts
        if part.role in claims.DECIDING and part.holds is None
    ]
    assert open_ == []


def test_every_value_read_has_its_source(record, judged):
    found = claims.sources(record, list(judged.values()))
    cells = {cell for v in judged.values() for part in v.parts for cell in part.cells}
    sourced = set(zip(found.table, found.row, found.column, strict=True))
    assert sourced <= cells
    tables = record.schema.tables
    assert {(t, r, c) for t, r, c in cells - sourced if c in tables[t].evidenced} == set()


def changed(record, table, key, **values):
    """The record with other values in the row of a table whose first column is `key`."""
    frame = getattr(record, table).copy()
    row = frame.iloc[:, 0] == key
    assert row.any()
    for column, value in values.items():
        frame.loc[row, column] = value
    return replace(record, **{table: frame})


def without(record, table, **where):
    frame = getattr(record, table)
    row = pd.Series(True, index=frame.index)
    for column, value in where.items():
        row &= frame[column] == value
    assert row.any()
    return replace(record, **{table: frame[~row]})


MAVERICK = "llama-4-maverick-17b-128e-instruct"


@pytest.mark.parametrize(
    "claim_id, table, key, values, expected, turned",
    [
        ("llama-4-best-us", "models", MAVERICK, {"total_params_b": 300.0},
         "overstated", "Llama 4 Maverick has 300 B"),
        ("us-models-small", "models", MAVERICK, {"total_params_b": 700.0},
         "supported with caveat", "None of all"),
        ("us-trillion-proprietary", "models", "inkling", {"total_params_b": 500.0},
         "supported with caveat", "no US releases reached that size"),
        ("us-trillion-proprietary", "models", "snowflake-arctic-instruct",
         {"total_params_b": 1000.0}, "overstated", "1 US release with open weights"),
        ("gemma-3-multimodal", "models", "gemma-3-27b-it", {"total_params_b": 30.0},
         "overstated", "the largest has 30 B"),
        ("minimax-m1", "models", "minimax-m1-80k", {"licence": "MIT"},
         "overstated", "Licence: MIT"),
        ("minimax-m1", "models", "minimax-m1-80k", {"context_tokens": 500_000},
         "overstated", "500,000 tokens"),
        ("baidu-ernie", "releases", "ernie-4.5",
         {"released_on": pd.Timestamp("2025-07-01")}, "overstated", "1 July 2025"),
        ("kimi-k2", "models", "kimi-k2-instruct", {"architecture": "dense"},
         "wrong", "is dense"),
        ("r1-vs-llama-405b", "models", "deepseek-r1", {"active_params_b": 300.0},
         "overstated", "1 times the arithmetic"),
        ("western-replication", "models", "reka-flash-3", {"total_params_b": 300.0},
         "supported with caveat", "45% of R1's"),
        ("huawei-pangu", "releases", "pangu-pro-moe",
         {"released_on": pd.Timestamp("2025-08-01")}, "wrong", "1 August 2025"),
        ("openai-open-model-delay", "releases", "gpt-oss",
         {"released_on": pd.Timestamp("2025-07-01")}, "overstated", "2 open language models"),
        ("ibm-tiny-agents", "organisations", "ibm", {"region": "europe"},
         "supported with caveat", None),
    ],
)  # fmt: skip
def test_a_changed_value_changes_the_verdict_and_is_named(
    record, claim_id, table, key, values, expected, turned
):
    found = judge(changed(record, table, key, **values), claim_id)[claim_id]
    assert found.computed == expected
    if turned is None:
        assert found.agrees
    else:
        assert any(turned in part.words for part in found.turned()), found.turned()


@pytest.mark.parametrize(
    "claim_id, model_id",
    [("phi-4-rl", "phi-4-reasoning-plus"), ("r1-vs-llama-405b", "deepseek-r1")],
)
def test_without_its_reinforcement_learning_a_claim_is_overstated(record, claim_id, model_id):
    fewer = without(record, "techniques", model_id=model_id, technique="rl_verifiable")
    assert judge(fewer, claim_id)[claim_id].computed == "overstated"


def test_without_western_reinforcement_learning_only_the_code_is_left(record):
    late = changed(record, "releases", "reka-flash-3", released_on=pd.Timestamp("2025-09-01"))
    found = judge(late, "western-replication")["western-replication"]
    assert "3 Western models" in words(found, "claim")
    assert "7.62 B, 1% of R1's 671 B" in words(found, "claim")


@pytest.mark.parametrize(
    "claim_id, part",
    [
        ("r1-vs-llama-405b", "37 B of them for each token"),
        ("us-models-small", "Snowflake Arctic Base (480 B, 2024)"),
        ("western-replication", "DeepScaleR-1.5B-Preview (10 February 2025)"),
        ("alibaba-slew", "QwQ-32B (6 March 2025)"),
        ("openai-open-model-delay", "11 July 2025"),
    ],
)
def test_parts_say_what_they_rest_on(judged, claim_id, part):
    assert part in words(judged[claim_id], "claim")


def test_a_record_without_the_models_is_undecided_and_not_wrong(record_of):
    rows = list(csv.DictReader((ROOT / "data" / "claims.csv").open(encoding="utf-8")))
    found = judge(record_of({"claims": rows}))
    computed = {v.computed for v in found.values()}
    assert computed == {"undecided", "outside the record"}
    assert found["half-of-researchers"].computed == "outside the record"


def test_on_the_day_itself_what_came_later_is_not_here(record):
    then = judge(record, as_of="2025-07-15")
    assert then["us-trillion-proprietary"].computed == "supported with caveat"
    assert then["phi-4-rl"].agrees
    assert "Not in this edition: gpt-oss-120b." in words(then["openai-open-model-delay"], "note")


def test_followers_have_one_method_each(record):
    reader = claims.Reader(record, "2025-07-15", AS_OF, 8, 900.0)
    found = article.followers_by_method(reader).set_index("name")
    assert set(found.method) == set(article.METHODS)
    assert found.method["Sky-T1-7B"] == "reinforcement learning"  # of a teacher's traces too
    assert found.method["s1-32B"] == "a teacher's traces"
    assert "DeepSeek-R1-Distill-Qwen-7B" not in found.index
    assert found.released_on.between("2025-01-21", "2025-03-17").all()
    counted = article.count_methods(found)
    assert counted["west"] + counted["china"] <= len(found)
    assert counted["west_by_rl"] == (
        (found.method == article.METHODS[0]) & found.region.isin(article.WESTERN)
    ).sum()


def test_without_r1_nobody_follows(record_of):
    reader = claims.Reader(record_of({}), "2025-07-15", AS_OF, 8, 900.0)
    found = article.followers_by_method(reader)
    assert found.empty
    assert article.count_methods(found) == {
        "west": 0, "china": 0, "west_by_rl": 0, "china_by_rl": 0,
    }  # fmt: skip
