from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from almanac.measures import counting, interrupted, reasoning
from almanac.measures.estimate import Estimate
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


def test_the_difference_leaves_the_unknown_out(units):
    days = ["2025-01-01"] * 4 + ["2025-02-01"] * 4
    table = units("abcdabcd", days, is_reasoning=[False] * 3 + [True] + [True, True, False, False])
    table["reasoning_known"] = [True] * 7 + [False]
    found = reasoning.difference(table, "2025-01-20", "release", size=50, seed=1, level=0.9)
    assert found.value == pytest.approx(100 * (2 / 3 - 1 / 4))
    assert (found.n, found.organisations, found.neutral) == (7, 4, 0)
    with pytest.raises(ValueError):
        reasoning.difference(table[4:], "2025-01-20", "release", size=50, seed=1, level=0.9)


def test_the_bounds_in_words(units):
    before = units("abcd", is_reasoning=False).assign(reasoning_known=[True, True, True, False])
    after = units("abcd", is_reasoning=[True, True, False, False])
    after["reasoning_known"] = [True, True, True, False]
    text = reasoning.bounds_in_words(before, after, "releases", "1 May 2025")
    assert text.startswith("2 releases whose organisations do not say")
    assert "between 50% and 75%, and the difference between 25 and 75 points" in text
    known = before.assign(reasoning_known=True)
    assert "known of all releases" in reasoning.bounds_in_words(known, known, "releases", "then")


def test_counts_around_the_two_days(units):
    days = ["2024-01-01", "2024-10-01", "2024-11-01", "2025-02-01", "2025-03-01"]
    table = units("abcda", days)
    table["is_reasoning"] = [False, True, False, True, True]
    found = reasoning.around(table, "2024-09-12", "2025-01-20").set_index("stretch")
    assert list(found.index) == [
        "before 12 September 2024", "from then to 20 January 2025", "from 20 January 2025 on",
    ]  # fmt: skip
    assert found.units.tolist() == [1, 2, 2] and found.reasoning.tolist() == [0, 1, 2]
    assert found.organisations.tolist() == [1, 2, 2] and found.with_one.tolist() == [0, 1, 2]
    assert found.share.tolist() == [0.0, 0.5, 1.0]
    assert len(reasoning.around(table[3:], "2024-09-12", "2025-01-20")) == 1


def test_what_preceded_the_day(units):
    table = units("aab", days=["2024-10-01", "2024-11-01", "2025-02-01"], is_reasoning=True)
    text = reasoning.preceding(table, "2025-01-20", ["Unit 1", "Unit 2", "Nothing"], "releases")
    assert text == (
        "Of releases with a reasoning model 2 came before it, by 1 organisation, from 1 October "
        "2024 on, among them Unit 1 on 1 November 2024."
    )
    assert reasoning.preceding(table, "2024-10-01", [], "releases") == ""


def test_days_are_named_by_the_records_events():
    events = pd.DataFrame(
        {
            "event_id": ["deepseek-r1", "o1-preview", "trl-grpo"],
            "date": pd.to_datetime(["2025-01-20", "2024-09-12", "2025-03-01"]),
            "kind": ["open_model", "closed_model", "software"],
        }
    )
    releases = pd.DataFrame({"name": ["DeepSeek-R1", None]})
    days = ["2024-09-12", "2025-01-20", "2025-03-01", "2024-09-12"]
    found = reasoning.named_days(events, releases, days)
    assert found.label.tolist() == ["o1-preview", "DeepSeek-R1", "1 March 2025"]
    assert found.date.tolist() == [pd.Timestamp(day) for day in days[:3]]


def estimate(low, high):
    return Estimate(
        value=(low + high) / 2, low=low, high=high, level=0.9, n=9, organisations=9, unit="points",
        method="", confidence="A", kind="points", neutral=0,
    )  # fmt: skip


ABOVE, BELOW, UNCLEAR = estimate(5, 9), estimate(-9, -5), estimate(-3, 9)


def test_a_difference_is_announced_only_if_its_interval_says_so():
    words = [reasoning.difference_in_words(e, "then", "releases") for e in (ABOVE, BELOW, UNCLEAR)]
    assert ["higher" in text for text in words] == [True, False, False]
    assert ["lower" in text for text in words] == [False, True, False]
    assert "not clear" in words[2] and all("{value}" in text for text in words)


def test_a_jump_is_announced_only_if_its_interval_says_so():
    found = interrupted.Break(pd.Timestamp("2025-01-20"), 0.0, 1.0, 1.0, 1.0, 5, 50, 40, 60, -50.0)
    words = [reasoning.jump_in_words(e, "1 May") for e in (ABOVE, BELOW, UNCLEAR)]
    titles = [reasoning.step_in_words(e, found, "1 May") for e in (ABOVE, BELOW, UNCLEAR)]
    assert ["jumps" in text for text in words] == ["jumps" in text for text in titles]
    assert ["jumps" in text for text in words] == [True, False, False]
    assert ["falls" in text for text in titles] == [False, True, False]
    assert titles[2] == "On 1 May the fitted share goes from 50% to 73%: no clear step"
    assert "does not show" in words[2] and all("{interval}" in text for text in words)


def test_what_the_earlier_trend_rests_on(units):
    table = units("abc", days=["2024-01-01", "2025-01-10", "2025-02-01"])
    table["is_reasoning"] = [False, False, True]
    found = interrupted.Break(pd.Timestamp("2025-01-20"), 0.0, 1.0, 1.0, 1.0, 0, 2, 1, 1, -50.0)
    text = reasoning.known_of_the_trend(found, table, "releases")
    assert "None of the 2 releases" in text and "slope before it is not known" in text
    table["is_reasoning"] = [False, True, True]
    text = reasoning.known_of_the_trend(replace(found, hits_before=1), table, "releases")
    assert "rests on 1 of 2 releases, all from the last 10 days" in text
    assert "reached 50%" in text and "begins at 73%" in text


def test_the_jump_has_bounds_too(units):
    days = pd.date_range("2024-01-01", periods=24, freq="MS").repeat(4)
    table = units([f"o{k}" for k in range(96)], days=days)
    table["is_reasoning"] = [k % 4 == 0 for k in range(96)]
    table["reasoning_known"] = True
    assert reasoning.jump_bounds(table, "2025-01-01") == ""
    unknown = (table.released_on >= "2025-01-01") & (table.index % 4 == 1)
    table["reasoning_known"] = ~unknown
    text = reasoning.jump_bounds(table, "2025-01-01")
    assert text.startswith("If none of those that do not say had one, the jump would be 0 points")
    assert text.endswith("if all had, 24.")  # 25 but for the penalty, which pulls to the middle


@pytest.fixture
def tried():
    """Five days tried, of which the second fits best and the third about as well."""
    return pd.DataFrame(
        {
            "day": pd.date_range("2025-01-01", periods=5, freq="MS"),
            "jump": [3.0, -4.0, 12.0, 30.0, 1.0],
            "behind": [9.0, 0.0, 1.5, 4.0, 30.0],
            "gain": [21.0, 30.0, 28.5, 26.0, 0.0],
        }
    )


def test_the_best_day_in_words(tried):
    assert reasoning.best_day(tried) == (
        "Of 5 days, a break on 1 February 2025 fits best; 1 other from 1 February 2025 to 1 March "
        "2025 fits about as well"
    )
    assert reasoning.best_day(tried.assign(behind=tried.behind * 9)) == (
        "Of 5 days, a break on 1 February 2025 fits best"
    )
    flat = tried.assign(gain=tried.gain / 5)
    assert reasoning.best_day(flat) == (
        "None of 5 days stands out: a series without a break fits about as well"
    )
    assert "No day has enough" in reasoning.best_day(tried[:0])


def test_where_a_day_stands_among_the_others(tried):
    text = reasoning.standing(tried, "2025-01-01", "X")
    assert "X fits 9 units of log-likelihood worse" in text
    assert "a jump of 3 points; 2 of the 4 other days have a larger one" in text
    assert "fits about as well as the best" in reasoning.standing(tried, "2025-03-01", "X")
    text = reasoning.standing(tried, "2025-02-01", "X")
    assert "jump of \N{MINUS SIGN}4 points; 4 of the 4 other days" in text
    assert reasoning.standing(tried, "2024-01-01", "X") == ""


def test_two_days_are_told_apart_only_if_there_is_anything_to_tell(tried):
    named = pd.DataFrame({"date": tried.day[[0, 2]], "label": ["P", "Q"]})
    assert reasoning.apart(tried, named).startswith("P and Q lie 59 days apart")
    assert reasoning.apart(tried, named[:1]) == ""
    assert reasoning.apart(tried.assign(gain=1.0), named) == ""
    assert reasoning.apart(tried[:0], named) == ""


def test_sturdiness_and_then_in_words():
    assert reasoning.sturdy_in_words(ABOVE, 0.9, 200) == (
        "In 90% of 200 ways of counting, the share is higher after the day"
    )
    assert "not clear" in reasoning.sturdy_in_words(UNCLEAR, 0.9, 200)
    table = pd.DataFrame({"quarter": ["2025 Q1", "2025 Q2"], "value": [-2.0, 61.2]})
    assert reasoning.then_in_words(table, "then") == (
        "At the ends of 2 quarters the difference lies between \N{MINUS SIGN}2 points (2025 Q1) "
        "and 61 (2025 Q2)"
    )
    assert "of all 2 quarters" in reasoning.then_in_words(table.assign(value=0.1), "then")
    assert "of 2025 Q1" in reasoning.then_in_words(table[:1], "then")
    assert reasoning.then_in_words(table[:0], "1 May") == "No quarter ends after 1 May yet"
