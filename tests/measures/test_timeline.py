from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from almanac.measures import timeline
from almanac.measures.intervals import BOOTSTRAP, EXACT_BINOMIAL, exact_binomial

DRAWS = dict(size=400, seed=7, level=0.9)
MANY = [f"o{i:02}" for i in range(20)]


def test_quarters_by_region(units):
    table = units(
        "abcd", ["2025-03-31", "2025-04-01", "2025-06-30", "2025-06-30"],
        region=["us", "us", "us", "china"],
    )  # fmt: skip
    found = timeline.by_quarter(table, "2025-06-30")
    assert found[["quarter", "region", "releases"]].to_numpy().tolist() == [
        ["2025 Q1", "us", 1],
        ["2025 Q2", "china", 1],
        ["2025 Q2", "us", 2],
    ]
    assert list(found.start.dt.strftime("%m-%d")) == ["01-01", "04-01", "04-01"]


@pytest.mark.parametrize(
    ("as_of", "complete"),
    [("2025-06-29", False), ("2025-06-30", True), ("2025-07-01", True)],
)
def test_a_quarter_is_complete_on_its_last_day(units, as_of, complete):
    assert list(timeline.by_quarter(units("a", "2025-05-05"), as_of).complete) == [complete]


def rate(table, as_of, **other):
    return timeline.rate_ratio(table, as_of, "release", **DRAWS | other)


@pytest.mark.parametrize(
    ("as_of", "recent", "earlier", "neither"),
    [
        ("2026-10-31", ["2025-11-01", "2026-10-31"], ["2024-11-01", "2025-10-31"],
         ["2024-10-31", "2026-11-01"]),
        # In leap years too: a year to the end of February begins on the first of March.
        ("2025-02-28", ["2024-03-01", "2025-02-28"], ["2023-03-01", "2024-02-29"],
         ["2023-02-28", "2025-03-01"]),
        ("2024-02-29", ["2023-03-01", "2024-02-29"], ["2022-03-01", "2023-02-28"],
         ["2022-02-28", "2024-03-01"]),
    ],
)  # fmt: skip
def test_the_two_years_meet_without_gap_or_overlap(units, as_of, recent, earlier, neither):
    days = recent + earlier + neither
    found = rate(units("a" * len(days), days), as_of)
    assert (found.value, found.n) == (1, 4)
    assert rate(units("aaa", recent + earlier[:1]), as_of).value == 2
    assert rate(units("aaa", recent[:1] + earlier), as_of).value == 0.5


def test_few_organisations_get_the_exact_interval_as_odds(units):
    found = rate(units("aabb", ["2026-01-01", "2026-01-01", "2026-01-01", "2025-01-01"]),
                 "2026-10-31")  # fmt: skip
    assert (found.value, found.method) == (3, EXACT_BINOMIAL)
    low, high = exact_binomial(3 / 4, 2, 0.9)
    assert (found.low, found.high) == pytest.approx((low / (1 - low), high / (1 - high)))


def test_many_organisations_are_drawn_again(units):
    days = ["2026-01-01"] * 20 + ["2025-01-01"] * 10
    table = units(MANY + MANY[:10], days)
    found = rate(table, "2026-10-31")
    assert (found.value, found.n, found.organisations) == (2, 30, 20)
    assert (found.method, found.kind) == (BOOTSTRAP, "ratio")
    assert 1 < found.low < 2 < found.high < 5
    assert rate(table, "2026-10-31") == found
    assert rate(table, "2026-10-31", seed=8) != found


@pytest.mark.parametrize("day", ["2026-01-01", "2025-01-01"])
def test_an_empty_year_has_no_ratio(units, day):
    with pytest.raises(ValueError, match="no releases in one of the two years up to 2026-10-31"):
        rate(units("ab", [day, day]), "2026-10-31")


def test_a_count_is_exact(units):
    found = timeline.count(units("aab", grade=["A", "B", "A"]), "model", 0.9)
    assert (found.value, found.n, found.organisations, found.unit) == (3, 3, 2, "models")
    assert found.exact and found.low is None and found.high is None
    assert found.confidence == "B"


def test_nothing_cannot_be_counted(units):
    with pytest.raises(ValueError, match="no rows"):
        timeline.count(units("a")[:0], "model", 0.9)


def test_a_record_exceeds_all_before(units):
    days = [f"2025-01-{day:02}" for day in (1, 2, 3, 3, 3, 4, 5)]
    sizes = [np.nan, 7, 13, 70, 65, 70, 71]  # unknown; first; smaller on a day; a tie; next
    found = timeline.size_records(units("abcdefg", days, total_params_b=sizes))
    assert list(found.total_params_b) == [7, 70, 71]
    assert list(found.organisation_id) == ["b", "d", "g"]


def test_no_known_size_sets_no_record(units):
    assert timeline.size_records(units("ab", total_params_b=np.nan)).empty


def test_expected_records_are_harmonic_numbers():
    for days, expected in ((1, 1), (2, 3 / 2), (4, 25 / 12), (10, 7381 / 2520)):
        assert timeline.records_by_chance(days, 0.9)[0] == pytest.approx(expected)


def test_records_by_chance_agree_with_every_order_of_six():
    """All orders of six draws are equally likely: count the records of each."""
    counts = sorted(
        sum(x > max(order[:i], default=-1) for i, x in enumerate(order))
        for order in permutations(range(6))
    )
    for level in (0.5, 0.8, 0.9, 0.99):
        _, low, high = timeline.records_by_chance(6, level)
        assert low == np.quantile(counts, (1 - level) / 2, method="inverted_cdf")
        assert high == np.quantile(counts, (1 + level) / 2, method="inverted_cdf")


def test_the_first_draw_is_always_a_record():
    assert timeline.records_by_chance(1, 0.9) == (1, 1, 1)


def test_medians_by_year(units):
    table = units(
        MANY + ["a", "b", "c", "d"], ["2025-01-01"] * 20 + ["2024-05-01"] * 4,
        total_params_b=[*range(1, 20), 1000, 7, 8, 100, np.nan],
    )  # fmt: skip
    found = timeline.median_size(table, **DRAWS)
    assert list(found.year) == [2024, 2025]
    assert list(found.n) == [3, 20] and list(found.organisations) == [3, 20]
    assert list(found.median_b) == [8, 10.5]
    assert found.low_b.isna().tolist() == [True, False]  # three organisations are too few
    assert found.high_b.isna().tolist() == [True, False]
    assert 5 < found.low_b[1] < 10.5 < found.high_b[1] < 16
    pd.testing.assert_frame_equal(timeline.median_size(table, **DRAWS), found)


def test_medians_draw_organisations_and_not_units(units):
    once = units(MANY, total_params_b=np.arange(20.0))
    pd.testing.assert_frame_equal(
        timeline.median_size(once, **DRAWS)[["median_b", "low_b", "high_b"]],
        timeline.median_size(pd.concat([once] * 5), **DRAWS)[["median_b", "low_b", "high_b"]],
    )


def test_the_busiest_are_ranked_and_equals_go_by_name(units):
    found = timeline.busiest(units("cbbaacd"), 3)
    ranks = found.drop_duplicates("organisation").set_index("organisation")["rank"]
    assert ranks.to_dict() == {"A": 1, "B": 2, "C": 3}
    assert len(found) == 6
    assert list(timeline.busiest(units("dbbb"), 1).organisation) == ["B"] * 3
