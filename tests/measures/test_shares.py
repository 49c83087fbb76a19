import pandas as pd
import pytest

from almanac.measures import shares
from almanac.measures.intervals import (
    BOOTSTRAP,
    EXACT_BINOMIAL,
    EXACT_DIFFERENCE,
    exact_binomial,
    exact_difference,
    share_interval,
)

DRAWS = dict(size=400, seed=7, level=0.9)
MANY = [f"o{i:02}" for i in range(20)]


def test_a_share_says_what_it_rests_on(units):
    table = units(MANY * 2, is_moe=[True, False, False, False] * 10, grade=["A", "B"] * 20)
    found = shares.share(table, "is_moe", "release", **DRAWS)
    assert found.value == 0.25
    assert (found.n, found.organisations) == (40, 20)
    assert (found.unit, found.kind, found.level) == ("share of releases", "share", 0.9)
    assert (found.confidence, found.method) == ("B", BOOTSTRAP)
    assert (found.low, found.high, BOOTSTRAP) == share_interval(table, "is_moe", **DRAWS)
    assert found.low < 0.25 < found.high


def test_a_share_of_nothing_is_refused(units):
    with pytest.raises(ValueError, match="no rows"):
        shares.share(units(MANY)[:0], "is_moe", "release", **DRAWS)


def test_a_difference_is_in_points_and_drawn_by_organisation(units):
    before = units(MANY, is_moe=[True] * 2 + [False] * 18)
    after = units(MANY, is_moe=[True] * 12 + [False] * 8)
    found = shares.difference(before, after, "is_moe", "release", **DRAWS)
    assert found.value == pytest.approx(50)
    assert (found.n, found.organisations, found.method) == (40, 20, BOOTSTRAP)
    # the ten that changed are a binomial share of twenty, in points
    assert (found.low, found.high) == pytest.approx((30, 70), abs=5.1)
    assert found == shares.difference(before, after, "is_moe", "release", **DRAWS)


def test_the_same_shipped_twice_makes_no_difference(units):
    """Both sides are drawn together: were they drawn apart, the interval would have a width."""
    table = units(MANY, is_moe=[True, False] * 10)
    found = shares.difference(table, table, "is_moe", "release", **DRAWS)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_organisations_on_one_side_only_count_there(units):
    before = units(MANY[:10], is_moe=[True] * 5 + [False] * 5)
    after = units(MANY[10:], is_moe=[True] * 8 + [False] * 2)
    found = shares.difference(before, after, "is_moe", "model", **DRAWS)
    assert found.value == pytest.approx(30)
    assert found.organisations == 20
    assert found.low < 30 < found.high


def test_a_share_of_zero_before_does_not_pass_for_certain(units):
    before, after = units(MANY), units(MANY * 2, is_moe=[True] * 20 + [False] * 20)
    found = shares.difference(before, after, "is_moe", "release", **DRAWS)
    assert found.method == EXACT_DIFFERENCE
    expected = exact_difference(0, 0.5, 20, 20, 0.9)
    assert (found.low, found.high) == pytest.approx([100 * end for end in expected])
    nothing = shares.difference(before, before, "is_moe", "release", **DRAWS)
    assert nothing.low < 0 == nothing.value < nothing.high


def test_few_organisations_get_the_exact_difference(units):
    before = units(MANY[:9], is_moe=[True] * 3 + [False] * 6)
    found = shares.difference(before, before, "is_moe", "release", **DRAWS)
    assert found.method == EXACT_DIFFERENCE
    assert found.low < -10 < 10 < found.high


def test_a_difference_needs_both_sides(units):
    table = units(MANY)
    for before, after in ((table, table[:0]), (table[:0], table)):
        with pytest.raises(ValueError, match="both sides"):
            shares.difference(before, after, "is_moe", "release", **DRAWS)


def by_half_year(table, as_of):
    return shares.by_half_year(table, "is_moe", as_of, **DRAWS)


def test_half_years_hold_their_counts(units):
    days = ["2024-12-31", "2025-01-01", "2025-06-30", "2025-06-30", "2025-07-01"]
    table = units("aabbc", days, is_moe=[True, True, False, False, False])
    found = by_half_year(table, "2025-12-31")
    assert list(found.period) == ["2024 H2", "2025 H1", "2025 H2"]
    assert list(found.hits) == [1, 1, 0] and list(found.n) == [1, 3, 1]
    assert list(found.organisations) == [1, 2, 1]
    assert list(found.share) == [1, 0.3333, 0]
    assert set(found.method) == {EXACT_BINOMIAL}
    # one of organisation a, two of b: nine fifths of an independent row
    assert (found.low[1], found.high[1]) == pytest.approx(
        exact_binomial(1 / 3, 9 / 5, 0.9), abs=5e-5
    )


@pytest.mark.parametrize(
    ("as_of", "complete"),
    [("2025-06-29", False), ("2025-06-30", True), ("2025-07-01", True)],
)
def test_a_half_year_is_complete_on_its_last_day(units, as_of, complete):
    assert list(by_half_year(units("a", "2025-03-01"), as_of).complete) == [complete]


@pytest.mark.parametrize(("as_of", "complete"), [("2025-12-30", False), ("2025-12-31", True)])
def test_so_is_the_second_half(units, as_of, complete):
    found = by_half_year(units("a", "2025-07-01"), as_of)
    assert list(found.complete) == [complete]
    assert list(found.start) == [pd.Timestamp("2025-07-01")]


def test_a_series_is_told_from_its_complete_ends():
    periods = pd.DataFrame({"period": list("abc"), "complete": [True, True, False]})
    assert list(shares.ends(periods).period) == ["a", "b"]
    assert list(shares.ends(periods.assign(complete=False)).period) == ["a", "c"]


def test_a_change_is_of_the_last_complete_half_year_from_the_first(units):
    days = ["2025-01-05"] * 12 + ["2025-08-01"] * 12 + ["2026-02-01"] * 3
    names = [f"o{k}" for k in range(27)]
    moe = [False] * 9 + [True] * 12 + [False] * 3 + [True] * 3
    table = units(names, days, is_moe=moe)
    found = shares.change(table, "is_moe", "2026-03-31", "release", **DRAWS)
    assert found.value == pytest.approx(50)  # 9 of 12 less 3 of 12: the last is cut short
    found = shares.change(table, "is_moe", "2026-06-30", "release", **DRAWS)
    assert found.value == pytest.approx(75)
    with pytest.raises(ValueError, match="one half-year only"):
        shares.change(table[:12], "is_moe", "2026-06-30", "release", **DRAWS)
