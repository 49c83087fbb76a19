import numpy as np
import pandas as pd
import pytest

from almanac.measures import cadence

DRAWS = dict(size=200, seed=7, level=0.9)
SPAN = dict(first="2023-01-01", settled="2025-12-31", as_of="2025-12-31")


def months_of(table, **span):
    return cadence.monthly(table, **SPAN | span)


def estimate(measure, table, size=200, **span):
    return measure(table, months_of(table, **span), "release", **DRAWS | {"size": size})


@pytest.fixture
def field(units):
    """Simulates organisations that ship at rates of their own, with a common trend."""

    def build(seed, *, factor=1.0, bend=1.0, organisations=60, mean=25.0, spread=1.0, months=36):
        random = np.random.default_rng(seed)
        years = (np.arange(months) - (months - 1) / 2) / 12
        trend = np.exp(np.log(factor) * years + np.log(bend) / 2 * years**2)
        rates = random.gamma(spread, size=organisations)
        counts = random.poisson(np.outer(rates / rates.sum(), mean * trend))
        of, month = np.nonzero(counts)
        times = counts[of, month]
        start = pd.Timestamp("2023-01-01").to_period("M")
        days = [(start + int(m)).start_time for m in np.repeat(month, times)]
        return units([f"o{o:02}" for o in np.repeat(of, times)], days)

    return build


@pytest.fixture
def same_each_quarter(units):
    """Twelve organisations that release on the same days of every quarter."""
    starts = pd.period_range("2023Q1", "2025Q4", freq="Q").start_time
    days = [day + pd.DateOffset(months=n % 3, days=n) for day in starts for n in range(12)]
    return units([f"o{n:02}" for _ in starts for n in range(12)], days)


def test_months_are_counted_with_those_that_have_none(units):
    table = units("abc", ["2025-01-31", "2025-01-01", "2025-04-02"])
    found = cadence.monthly(table, first="2025-01-01", settled="2025-02-28", as_of="2025-04-10")
    assert list(found.month.dt.strftime("%Y-%m")) == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert list(found.releases) == [2, 0, 0, 1]
    assert list(found.whole) == [True, True, True, False]
    assert list(found.settled) == [True, True, False, False]
    assert list(found.exposure * 365.25 / 12) == pytest.approx([31, 28, 31, 10])


def test_an_edition_may_begin_and_end_within_a_month(units):
    found = cadence.monthly(
        units("ab", ["2025-01-19", "2025-01-20"]),
        first="2025-01-20", settled="2026-01-01", as_of="2025-02-10",
    )  # fmt: skip
    assert list(found.exposure * 365.25 / 12) == pytest.approx([12, 10])
    assert list(found.releases) == [1, 0]
    assert found.settled.all() and not found.whole.any()


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_fits_of_many_series_are_those_of_statsmodels(alpha):
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    counts = random.poisson(random.gamma(5, 4, size=(6, 30)))
    exposure = random.uniform(0.5, 1.1, 30)
    design = np.vander(np.linspace(-1, 1, 30), 3, increasing=True)
    family = sm.families.NegativeBinomial(alpha=alpha) if alpha else sm.families.Poisson()
    fits = [sm.GLM(y, design, family=family, exposure=exposure).fit(tol=1e-12) for y in counts]
    np.testing.assert_allclose(
        cadence.log_linear(counts, exposure, design, alpha), [fit.params for fit in fits], rtol=1e-6
    )


def test_a_series_without_counts_has_no_fit():
    found = cadence.log_linear(np.zeros((2, 5)) + [[0], [1]], np.ones(5), np.ones((5, 1)), 0.1)
    assert np.isnan(found[0]).all() and found[1] == pytest.approx(0)


def test_dispersion_is_that_of_the_counts():
    random = np.random.default_rng(2)
    ones = np.ones((4000, 1))
    wild = random.poisson(20 * random.gamma(5, 0.2, 4000))
    assert cadence._dispersion(wild, ones[:, 0], ones) == pytest.approx(0.2, abs=0.02)
    assert cadence._dispersion(np.full(40, 10), np.ones(40), np.ones((40, 1))) == 0


def test_dispersion_is_that_of_statsmodels():
    import statsmodels.api as sm

    random = np.random.default_rng(3)
    design = np.vander(np.linspace(-2, 2, 48), 2, increasing=True)
    exposure = random.uniform(0.5, 1.1, 48)
    counts = random.poisson(exposure * 20 * random.gamma(5, 0.2, 48)).astype(float)
    fit = sm.NegativeBinomial(counts, design, exposure=exposure).fit(disp=0)
    found = cadence._dispersion(counts, exposure, design)
    assert found == pytest.approx(fit.params[-1], rel=1e-3)
    beta = cadence.log_linear(counts[None], exposure, design, found)[0]
    assert beta == pytest.approx(fit.params[:2], rel=1e-3)


def test_a_planted_growth_factor_is_found_without_bias(field):
    found = [estimate(cadence.growth, field(s, factor=1.4), size=2) for s in range(40)]
    logs = np.log([estimate.value for estimate in found])
    error = np.std(logs) / np.sqrt(len(logs))
    assert error < 0.02
    assert abs(np.mean(logs) - np.log(1.4)) < 3 * error


@pytest.mark.soak
@pytest.mark.parametrize("factor", [1.0, 1.4])
def test_intervals_of_growth_cover_what_was_planted(field, factor):
    found = [estimate(cadence.growth, field(s, factor=factor)) for s in range(300)]
    covered = np.mean([e.low <= factor <= e.high for e in found])
    assert 0.85 <= covered <= 0.97  # aims at 0.9


def test_a_planted_bend_is_found(field):
    found = [estimate(cadence.bend, field(s, bend=0.6, mean=60), size=2) for s in range(20)]
    logs = np.log([estimate.value for estimate in found])
    assert np.mean(logs) == pytest.approx(np.log(0.6), abs=3 * np.std(logs) / np.sqrt(20))


def test_where_the_same_happens_every_quarter_there_is_no_finding(same_each_quarter):
    for measure in (cadence.growth, cadence.bend):
        found = estimate(measure, same_each_quarter)
        assert found.value == pytest.approx(1, abs=0.03)
        assert found.side == "unclear"


def test_a_constant_rate_stays_one_when_the_last_month_is_cut_short(units):
    days = pd.date_range("2024-01-01", "2025-06-10")
    table = units([f"o{n % 15:02}" for n in range(len(days))], days)
    span = dict(first="2024-01-01", settled="2025-06-30", as_of="2025-06-10")
    months = cadence.monthly(table, **span)
    assert cadence.growth(table, months, "release", **DRAWS).value == pytest.approx(1, abs=1e-3)
    blind = months.assign(exposure=1.0)
    assert cadence.growth(table, blind, "release", **DRAWS).value < 0.9


def test_months_after_the_settled_day_do_not_count(field):
    table = field(3, factor=1.2)
    settled = estimate(cadence.growth, table, settled="2025-06-30")
    cut = table[table.released_on <= "2025-06-30"]
    assert settled == estimate(cadence.growth, cut, settled="2025-06-30")
    assert settled != estimate(cadence.growth, table)
    assert settled.n == len(cut)


def test_growth_says_what_it_rests_on(field):
    found = estimate(cadence.growth, field(1))
    assert (found.neutral, found.kind) == (1, "ratio")
    assert found.unit == "factor a year in releases a month"
    assert found.method == f"negative-binomial regression on time, {cadence.WIDER}"
    assert found.low < found.value < found.high


def test_shocks_that_hit_all_organisations_widen_the_interval(units):
    """Organisations all alike say nothing of each other: only the months' scatter is left."""
    random = np.random.default_rng(1)
    months = pd.period_range("2023-01", "2025-12", freq="M").start_time
    names = [f"o{n:02}" for n in range(20)]

    def found(times):
        days = np.repeat(np.repeat(months, times), len(names))
        return estimate(cadence.growth, units(names * int(sum(times)), days))

    wild, calm = found(random.poisson(2, 36)), found(np.full(36, 2))
    assert np.log(wild.high / wild.low) > 3 * np.log(calm.high / calm.low)
    assert wild.side == calm.side == "unclear"


def test_few_organisations_count_once_each(field):
    table = field(1, organisations=4)
    found = estimate(cadence.growth, table)
    assert cadence.WALD in found.method and found.organisations == 4
    assert found.low < found.value < found.high
    alone = estimate(cadence.growth, table.assign(organisation_id="a"))
    assert alone.value == found.value
    assert alone.high / alone.low > found.high / found.low > 1.5


def test_regions_have_their_own_growth(field):
    table = pd.concat(
        [
            field(1, factor=2.0),
            field(2, factor=0.5).assign(region="china"),
            field(3).head(5).assign(region="europe"),  # too few to fit
        ]
    )
    found = cadence.by_region(table, months_of(table), "release", **DRAWS)
    assert list(found) == ["us", "china"]
    assert found["us"].value == pytest.approx(2, rel=0.2)
    assert found["china"].value == pytest.approx(0.5, rel=0.2)


def test_steady_growth_as_fitted(same_each_quarter):
    fitted = cadence.fitted(months_of(same_each_quarter))
    assert len(fitted) == 36
    assert fitted == pytest.approx(np.full(36, 4), rel=0.1)  # months differ in days


@pytest.mark.parametrize(
    ("span", "said"),
    [({"settled": "2023-11-30"}, "11 with"), ({"first": "2025-01-01"}, "12 with 11")],
)
def test_too_little_has_no_growth(units, span, said):
    days = pd.date_range("2025-01-01", periods=11, freq="MS")
    with pytest.raises(ValueError, match=f"there are {said}"):
        estimate(cadence.growth, units("a" * 11, days), **span)
