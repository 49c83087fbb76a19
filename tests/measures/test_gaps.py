import numpy as np
import pandas as pd
import pytest

from almanac.measures import gaps


def test_gaps_run_between_days_and_the_last_is_open(units):
    days = ["2025-01-01", "2025-01-11", "2025-01-11", "2025-02-01", "2025-01-05", "2025-03-01"]
    found = gaps.gaps(units("aaaabb", days), "2025-02-10")
    assert found[["organisation", "days", "ended"]].to_numpy().tolist() == [
        ["A", 10, True],
        ["A", 21, True],
        ["A", 9, False],
        ["B", 36, False],
    ]


def test_median_by_hand():
    # survival is 4/5 after day 1, 3/5 after 2, and of the two left one ends on day 4: 3/10
    median, low, high = gaps.median_gap(
        pd.Series([1, 2, 3, 4, 5]), pd.Series([True, True, False, True, True]), 0.9
    )
    assert median == 4 and low <= 4 <= high


def test_a_planted_median_is_found_although_last_gaps_are_cut():
    random = np.random.default_rng(1)
    found, naive = [], []
    for _ in range(100):
        times = random.exponential(60 / np.log(2), 40).cumsum()
        times = times[times < 400]
        days = pd.Series(np.diff(np.r_[0, times, 400]))
        ended = pd.Series([True] * len(times) + [False])
        found.append(gaps.median_gap(days, ended, 0.9)[0])
        naive.append(days[ended].median())
    assert np.median(found) == pytest.approx(60, rel=0.1)
    assert np.nanmedian(naive) < 0.95 * 60  # what leaving the open gaps out would say


@pytest.mark.soak
def test_intervals_of_the_median_cover_what_was_planted():
    random, covered = np.random.default_rng(2), []
    for _ in range(400):
        times = random.exponential(60 / np.log(2), 80).cumsum()
        times = times[times < 1200]
        ended = pd.Series([True] * len(times) + [False])
        _, low, high = gaps.median_gap(pd.Series(np.diff(np.r_[0, times, 1200])), ended, 0.9)
        covered.append(low <= 60 <= high)
    assert 0.85 <= np.mean(covered) <= 0.97  # aims at 0.9


def table_of(units):
    often = list(pd.date_range("2025-01-01", periods=8, freq="10D"))
    rarely = list(pd.date_range("2025-01-01", periods=6, freq="30D"))
    seldom = list(pd.date_range("2025-01-01", periods=5, freq="5D"))
    names = "a" * 8 + "b" * 6 + "c" * 5
    return gaps.gaps(units(names, often + rarely + seldom), "2025-07-10")


def test_the_busiest_with_their_median(units):
    found = gaps.by_organisation(table_of(units), 5, 0.9)
    assert list(found.organisation) == ["A", "B"]  # C has too few gaps
    assert list(found.gaps) == [7, 5]
    assert list(found.median_days) == [10, 30]
    assert list(found.open_days) == [120, 40]
    assert len(gaps.by_organisation(table_of(units), 1, 0.9)) == 1


def test_a_median_that_is_not_reached_is_blank(units):
    table = pd.DataFrame(
        {"organisation": "A", "days": [5] * 5 + [50] * 6, "ended": [True] * 5 + [False] * 6}
    )
    found = gaps.by_organisation(table, 1, 0.9)
    assert found[["median_days", "high_days"]].isna().all(axis=None)
    assert gaps.in_words(found) == (
        "No organisation has 5 gaps between days of release that have ended."
    )


def test_in_words(units):
    found = gaps.by_organisation(table_of(units), 5, 0.9)
    assert gaps.in_words(found) == (
        "Among the 2 organisations that released on most days the median gap between days of "
        "release runs from 10 days (A) to 30 days (B)."
    )
    assert gaps.in_words(found[:1]) == "The median gap between days of release is 10 days (A)."
    assert gaps.in_words(found[:0]).startswith("No organisation")
