import numpy as np
import pandas as pd
import pytest

from almanac.measures import cadence, change_points

FLAT = np.full(36, 20)


def months_of(counts, settled=True, whole=True):
    starts = pd.date_range("2023-01-01", periods=len(counts), freq="MS")
    return pd.DataFrame(
        {
            "month": starts,
            "releases": counts,
            "exposure": 1.0,
            "whole": whole,
            "settled": settled,
        }
    )


def announced(counts):
    strict = [p for p in change_points.PENALTIES if p <= change_points.STEADFAST]
    return change_points.steady(change_points.sweep(change_points.stabilised(counts), strict))


def test_stabilised_counts_vary_by_one_at_any_mean():
    random = np.random.default_rng(1)
    for mean in (5, 20, 100):
        stable = change_points.stabilised(random.poisson(mean, 20000))
        assert np.var(stable) == pytest.approx(1, rel=0.1)


def test_noise_is_hardly_moved_by_a_change_and_never_below_that_of_poisson():
    random = np.random.default_rng(2)
    series = random.normal(0, 2, 400)
    assert change_points.noise(series) == pytest.approx(4, rel=0.2)
    assert change_points.noise(series + np.repeat([0, 10], 200)) == pytest.approx(4, rel=0.3)
    assert change_points.noise(np.zeros(10)) == change_points.noise(np.zeros(1)) == 1


def test_where_nothing_changes_nothing_is_announced():
    random = np.random.default_rng(3)
    false = [bool(announced(random.poisson(FLAT))) for _ in range(20)]
    wild = [bool(announced(random.poisson(20 * random.gamma(20, 1 / 20, 36)))) for _ in range(20)]
    assert announced(FLAT) == []
    assert np.mean(false) <= 0.05 and np.mean(wild) <= 0.1


@pytest.mark.soak
@pytest.mark.parametrize("months", [24, 46])
@pytest.mark.parametrize("mean", [5, 25])
def test_false_alarms_are_rare(months, mean):
    random = np.random.default_rng(4)
    alarms = [bool(announced(random.poisson(mean, months))) for _ in range(400)]
    assert np.mean(alarms) <= 0.03


def test_a_planted_change_is_found():
    random = np.random.default_rng(5)
    found = [announced(random.poisson(np.repeat([15, 35], 18))) for _ in range(20)]
    hits = [any(abs(place - 18) <= 2 for place in places) for places in found]
    assert np.mean(hits) >= 0.95
    assert np.mean([len(places) for places in found]) < 1.2


def test_low_penalties_find_more():
    random = np.random.default_rng(6)
    found = change_points.sweep(change_points.stabilised(random.poisson(FLAT)), (0.1, 1.0, 6.0))
    counts = [len(places) for places in found.values()]
    assert counts == sorted(counts, reverse=True) and counts[0] > 2


def test_steady_growth_makes_steps_but_no_change_beyond_it():
    random = np.random.default_rng(7)
    counts = random.poisson(20 * 3 ** (np.arange(36) / 12 - 1.5))
    table = change_points.series(months_of(counts))
    assert change_points.steady(change_points.sweep(table.counted))
    assert change_points.steady(change_points.sweep(table.rest)) == []


def test_a_change_on_top_of_growth_is_found():
    random = np.random.default_rng(8)
    mean = 20 * 1.5 ** (np.arange(36) / 12 - 1.5) * np.where(np.arange(36) < 24, 1, 0.35)
    table = change_points.series(months_of(random.poisson(mean)))
    assert any(abs(p - 24) <= 2 for p in change_points.steady(change_points.sweep(table.rest)))


def test_a_change_has_to_hold_up_under_every_penalty():
    found = {1.0: [5, 12, 30], 2.0: [6, 13], 3.0: [4, 16], 6.0: []}
    assert change_points.steady(found) == [4]  # 16 wandered by more than two months
    assert change_points.steady(found, up_to=2.0) == [6, 13]
    assert change_points.steady(found, up_to=6.0) == []


def test_too_short_a_series_has_none():
    assert change_points.sweep(np.array([0, 0, 0, 9, 9.0]), (1.0,)) == {1.0: []}


def test_only_settled_and_whole_months_are_searched():
    months = months_of(np.r_[FLAT, 0, 0], settled=[True] * 37 + [False])
    months = months.assign(whole=[False] + [True] * 37)
    found = change_points.series(months)
    assert list(found.month) == list(months.month[1:37])
    assert found.steady_growth.to_numpy() == pytest.approx(cadence.fitted(months)[1:])
    assert (found.counted - found.rest).to_numpy() == pytest.approx(
        change_points.stabilised(found.steady_growth)
    )


def test_levels_are_the_counts_of_each_part():
    months = months_of(np.repeat([10, 40], 12))
    table = months[["month", "releases", "exposure"]].assign(steady_growth=20.0)
    table["counted"] = change_points.stabilised(table.releases)
    table["rest"] = table.counted - change_points.stabilised(table.steady_growth)
    found = change_points.with_levels(table, [12])
    assert found.level.to_numpy() == pytest.approx(np.repeat([10, 40], 12))
    assert (found.steady_growth == 20).all()
    longer = change_points.with_levels(table.assign(exposure=1.02, steady_growth=20.4), [])
    assert longer.steady_growth.to_numpy() == pytest.approx(np.full(24, 20))
    assert found.change.dropna().to_dict() == {12: "Jan 2024"}
    assert change_points.with_levels(table, [])[["level", "change"]].isna().all(axis=None)


def test_in_words_and_by_penalty():
    months = months_of(FLAT).month
    assert change_points.in_words(months, []) == ""
    assert change_points.in_words(months, [0]) == "January 2023"
    assert change_points.in_words(months, [0, 3, 12]) == "January 2023, April 2023 and January 2024"
    table = change_points.by_penalty(months, {1.0: [3, 12], 2.0: []}, {1.0: [3], 2.0: [3]})
    assert list(table.changes) == ["2: April 2023 and January 2024", "none"]
    assert list(table.beyond_steady_growth) == ["1: April 2023"] * 2


def test_a_change_that_rests_on_a_thin_start_does_not_hold_up():
    random = np.random.default_rng(9)
    thin = months_of(np.r_[[1, 2, 1, 2, 1, 2], random.poisson(20, 36)])
    holding, doubtful = change_points.announced(thin)
    assert holding == [] and 6 in doubtful
    late = months_of(np.r_[FLAT, np.full(12, 60)])
    assert change_points.announced(late) == ([36], [])
    assert change_points.announced(months_of(FLAT[:14])) == ([], [])  # too few are left to tell


def test_too_little_has_no_change_to_announce():
    with pytest.raises(ValueError, match="growth needs"):
        change_points.announced(months_of(FLAT[:8]))
