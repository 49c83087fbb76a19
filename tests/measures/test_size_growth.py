import numpy as np
import pandas as pd
import pytest

from almanac.measures import size_growth, size_records
from almanac.measures.intervals import redraws

DRAWS = dict(size=300, seed=7, level=0.9)
MANY = [f"o{i:02}" for i in range(20)]


@pytest.fixture
def field(units):
    """Simulates releases whose size grows, with more spread in later years if `fan` is above 0."""

    def build(seed, *, factor=1.0, fan=0.0, organisations=40, n=300):
        random = np.random.default_rng(seed)
        years = random.uniform(0, 3, n)
        own = random.normal(0, 0.3, organisations)  # an organisation's releases are alike
        of = random.integers(organisations, size=n)
        noise = random.normal(0, 0.3, n) + own[of]
        logs = 1 + np.log10(factor) * years + (1 + fan * years) * noise
        days = pd.Timestamp("2023-01-01") + pd.to_timedelta((years * 365.25).round(), "D")
        names = [f"o{o:02}" for o in of]
        return units(names, days, total_params_b=10**logs)

    return build


def grew(table, quantile=0.5, **other):
    return size_growth.factor(table, "total_params_b", quantile, **DRAWS | other)


def test_active_size_is_the_largest_of_a_release(models):
    rows = models(
        dict(release_id="a", architecture="dense", total_params_b=7, active_params_b=None),
        dict(release_id="b", architecture="moe", total_params_b=100, active_params_b=5),
        dict(release_id="b", architecture="moe", total_params_b=50, active_params_b=9),
        dict(release_id="c", architecture="moe", total_params_b=300, active_params_b=None),
    )
    rows = rows.assign(is_moe=rows.architecture == "moe")
    units = pd.DataFrame({"unit_id": ["a", "b", "c"]})
    found = size_growth.with_active(units, rows).active_params_b
    assert list(found[:2]) == [7, 9] and np.isnan(found[2])


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_a_planted_growth_of_size_is_found(field, quantile):
    logs = [np.log(grew(field(s, factor=1.6), quantile, size=20).value) for s in range(15)]
    error = np.std(logs) / np.sqrt(15)
    assert error < 0.05
    assert abs(np.mean(logs) - np.log(1.6)) < 3 * error


def test_the_upper_quantile_may_grow_where_the_median_does_not(field):
    table = field(1, fan=1.0, n=2000)
    middle, upper = grew(table), grew(table, 0.9)
    assert middle.value == pytest.approx(1, rel=0.15)
    # the spread of 0.42 grows by itself a year: its 0.9 quantile by 1.28 times as much
    assert upper.value == pytest.approx(10 ** (0.42 * 1.28), rel=0.25)
    assert upper.side == "above"


def test_sizes_that_do_not_change_have_no_growth_while_records_rise(field):
    tables = [field(seed) for seed in range(12)]
    for quantile in (0.5, 0.9):
        assert sum(grew(table, quantile).side == "unclear" for table in tables) >= 9  # aims at 90 %
    assert np.mean([len(size_records.records(table)) for table in tables]) > 3


def test_where_the_same_sizes_come_every_quarter_there_is_no_finding(units):
    starts = pd.period_range("2023Q1", "2025Q4", freq="Q").start_time
    names = [f"o{n:02}" for _ in starts for n in range(15)]
    sizes = [2.0**n for _ in starts for n in range(15)]
    table = units(names, np.repeat(starts, 15), total_params_b=sizes)
    for quantile in (0.5, 0.9):
        found = grew(table, quantile)
        assert found.side == "unclear" and found.value == pytest.approx(1)


def test_draws_that_all_agree_leave_the_rounding_of_sizes(units):
    """All have one size, which is 0.5 % larger at the end: no growth that could be told."""
    days = pd.date_range("2023-01-01", "2025-12-31", periods=300)
    sizes = np.linspace(70, 70.35, 300)
    names = [f"o{n % 20:02}" for n in range(300)]
    found = grew(units(names, days, total_params_b=sizes))
    assert found.side == "unclear" and found.high - found.low < 0.01
    assert grew(units(names, days, total_params_b=sizes * np.linspace(1, 1.1, 300))).side == "above"


@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.9])
def test_the_line_is_that_of_statsmodels(field, quantile):
    import statsmodels.api as sm

    table = field(3, factor=1.5, n=300)
    years = (table.released_on - table.released_on.mean()).dt.days.to_numpy() / 365.25
    logs = np.log10(table.total_params_b.to_numpy())
    fit = sm.QuantReg(logs, sm.add_constant(years)).fit(q=quantile)
    assert size_growth.line(years, logs, quantile) == pytest.approx(tuple(fit.params), abs=1e-3)


def test_draws_are_the_lines_of_what_was_drawn(field):
    table = field(2, factor=1.5, n=200).sort_values("organisation_id", ignore_index=True)
    years = (table.released_on - table.released_on.mean()).dt.days.to_numpy() / 365.25
    logs = np.log10(table.total_params_b.to_numpy())
    starts = np.flatnonzero(~table.organisation_id.duplicated())
    weights = size_growth.redraws(len(starts), 40, 3).astype(int)
    of = pd.factorize(table.organisation_id)[0]
    drawn = [np.repeat(np.arange(200), weight[of]) for weight in weights]
    for quantile in (0.5, 0.9):
        found = size_growth.slopes(years, logs, quantile, starts, size=40, seed=3)
        exact = np.array([size_growth.line(years[r], logs[r], quantile)[1] for r in drawn])
        assert np.corrcoef(found, exact)[0, 1] > 0.98
        assert abs((found - exact).mean()) < 0.05 * exact.std()
        assert found.std() == pytest.approx(exact.std(), rel=0.05)


def test_growth_draws_organisations_and_not_releases(field):
    table = field(4, factor=1.5)
    often = grew(pd.concat([table] * 3))
    once = grew(table)
    assert (often.low, often.high) == pytest.approx((once.low, once.high), rel=0.02)
    assert grew(table) == once
    assert grew(table, seed=8) != once


def test_growth_says_what_it_rests_on(field):
    table = field(1)
    found = grew(pd.concat([table, table[:5].assign(total_params_b=np.nan)]), 0.9)
    assert (found.n, found.neutral) == (300, 1)
    assert found.unit == "factor a year in the 90% quantile of total parameters of releases"
    assert found.low < found.value < found.high


def test_few_organisations_have_no_interval(field):
    found = grew(field(1, organisations=9, factor=3))
    assert (found.low, found.high, found.side) == (None, None, "unclear")
    assert "too few organisations" in found.method


def test_too_little_has_no_growth(units, field):
    with pytest.raises(ValueError, match="20 units"):
        grew(field(1, n=19))
    with pytest.raises(ValueError, match="different days"):
        grew(units([f"o{n}" for n in range(30)]))


def test_sizes_that_too_few_releases_state_are_left_out(field):
    table = field(1).assign(active_params_b=np.nan)
    assert list(size_growth.factors(table, (0.5, 0.9), **DRAWS)) == [
        ("total_params_b", 0.5), ("total_params_b", 0.9),
    ]  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_intervals_cover_what_was_planted(field, quantile):
    found = [grew(field(s, factor=1.4), quantile) for s in range(200)]
    assert 0.8 <= np.mean([e.low <= 1.4 <= e.high for e in found]) <= 0.97  # aims at 0.9


def test_medians_by_year(units):
    table = units(
        MANY + ["a", "b", "c", "d"], ["2025-01-01"] * 20 + ["2024-05-01"] * 4,
        total_params_b=[*range(1, 20), 1000, 7, 8, 100, np.nan],
    )  # fmt: skip
    found = size_growth.medians(table, **DRAWS)
    assert list(found.year) == [2024, 2025]
    assert list(found.n) == [3, 20] and list(found.organisations) == [3, 20]
    assert list(found.median_b) == [8, 10.5]
    assert found.low_b.isna().tolist() == [True, False]  # three organisations are too few
    assert found.high_b.isna().tolist() == [True, False]
    assert 5 < found.low_b[1] < 10.5 < found.high_b[1] < 16
    pd.testing.assert_frame_equal(size_growth.medians(table, **DRAWS), found)


def test_medians_draw_organisations_and_not_units(units):
    once = units(MANY, total_params_b=np.arange(20.0))
    pd.testing.assert_frame_equal(
        size_growth.medians(once, **DRAWS)[["median_b", "low_b", "high_b"]],
        size_growth.medians(pd.concat([once] * 5), **DRAWS)[["median_b", "low_b", "high_b"]],
    )


def test_medians_of_draws_are_those_of_what_was_drawn(units):
    names = MANY[:12] * 2
    table = units(names, total_params_b=np.arange(24.0) ** 2)
    found = size_growth.medians(table, **DRAWS).iloc[0]
    weights = redraws(12, DRAWS["size"], DRAWS["seed"]).astype(int)
    of = np.tile(np.arange(12), 2)
    drawn = [np.median(np.repeat(table.total_params_b, weight[of])) for weight in weights]
    assert (found.low_b, found.high_b) == tuple(np.quantile(drawn, [0.05, 0.95]).round(1))
