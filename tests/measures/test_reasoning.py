from pathlib import Path

import pandas as pd
import pytest

from almanac.measures import counting, reasoning
from almanac.measures.intervals import wilson
from almanac.record import read_schema

SCHEMA = read_schema(Path(__file__).parents[2] / "data")


def test_techniques_and_modes_are_the_schemas():
    technique = SCHEMA.tables["techniques"].field("technique")
    assert list(reasoning.TECHNIQUES) == technique.constraints["enum"]
    mode = SCHEMA.tables["models"].field("reasoning")
    assert set(reasoning.MODES) == set(mode.constraints["enum"]) - {"none", "undisclosed"}


def test_the_day_itself_is_after(units):
    table = units("abc", ["2025-01-19", "2025-01-20", "2025-01-21"])
    before, after = reasoning.sides(table, "2025-01-20")
    assert list(before.organisation_id) == ["a"]
    assert list(after.organisation_id) == ["b", "c"]


@pytest.fixture
def thinkers(models):
    """Four reasoning models and two that are not, or do not say."""
    kinds = ["always", "optional", "always", "always", "none", "undisclosed"]
    days = ["2025-02-01", "2025-03-01", "2025-08-01", "2025-09-01", "2025-01-01", "2025-01-01"]
    rows = ({"reasoning": k, "released_on": d} for k, d in zip(kinds, days, strict=True))
    return counting.select(models(*rows), first_date="2025-01-01", as_of="2025-12-31")


def test_modes_by_half_year(thinkers):
    periods = counting.half_years(thinkers.released_on).map(counting.name_half_year)
    found = reasoning.modes_by_half_year(thinkers, periods)
    assert found.to_numpy().tolist() == [
        ["2025 H1", "always on", 1],
        ["2025 H1", "can be switched", 1],
        ["2025 H2", "always on", 2],
    ]


def labels(*rows):
    return pd.DataFrame(rows, columns=["model_id", "technique", "teacher"])


def test_the_mix_counts_reasoning_models_once_a_label(thinkers):
    techniques = labels(
        ("m0", "rl_verifiable", None),
        ("m0", "rl_verifiable", "twice"),
        ("m0", "cold_start_sft", None),
        ("m1", "rl_verifiable", None),
        ("m2", "budget_control", None),
        ("m4", "rl_verifiable", None),  # not a reasoning model
        ("elsewhere", "rl_verifiable", None),
    )
    found = reasoning.technique_mix(thinkers, techniques, 0.9)
    named = reasoning.TECHNIQUES
    assert list(found.technique) == [
        named["rl_verifiable"], named["cold_start_sft"], named["budget_control"],
    ]  # fmt: skip
    assert list(found.models) == [2, 1, 1] and set(found.n) == {4}
    assert list(found.share) == [0.5, 0.25, 0.25]
    assert (found.low[0], found.high[0]) == pytest.approx(wilson(2, 4, 0.9), abs=5e-5)


def test_the_mix_of_no_labels_is_empty(thinkers):
    found = reasoning.technique_mix(thinkers, labels(), 0.9)
    assert found.empty
    assert list(found) == ["technique", "models", "n", "share", "low", "high"]


def test_distilled_from_part_of_a_name_in_either_case(thinkers):
    techniques = labels(
        ("m3", "sft_traces_teacher", "deepseek-r1-0528"),
        ("m0", "sft_traces_teacher", "DeepSeek-R1"),
        ("m0", "cold_start_sft", "DeepSeek-R1"),
        ("m1", "sft_traces_teacher", "QwQ-32B"),
        ("m2", "rl_verifiable", None),
    )
    found = reasoning.distilled_from(techniques, thinkers, "R1")
    assert list(found.model_id) == ["m0", "m3"]
    assert reasoning.distilled_from(techniques, thinkers, "R.").empty  # a name, not a pattern


def test_bounds_take_the_unknown_both_ways(units):
    table = units("abcd", is_reasoning=[True, False, False, False])
    table["reasoning_known"] = [True, True, False, False]
    assert reasoning.bounds(table) == (0.25, 0.75)


def test_the_difference_has_bounds_too(units):
    before = units("abcd", is_reasoning=False).assign(reasoning_known=[True, True, True, False])
    after = units("abcd", is_reasoning=[True, True, False, False])
    after["reasoning_known"] = [True, True, True, False]
    assert reasoning.difference_bounds(before, after) == (25.0, 75.0)


def test_counts_before_and_between_the_days(units):
    table = units("abcd", days=["2024-01-01", "2024-10-01", "2024-11-01", "2025-02-01"])
    table["is_reasoning"] = [False, True, False, True]
    assert reasoning.counts_around(table, "2024-09-12", "2025-01-20") == (
        "Before o1-preview it was 0 of 1, between it and then it was 1 of 2."
    )
    assert reasoning.counts_around(table[3:], "2024-09-12", "2025-01-20") == ""
