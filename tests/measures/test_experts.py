"""How sparse and how fine: on frames known by hand, and on simulated models of known slopes."""

import numpy as np
import pandas as pd
import pytest
from measures.simulated import covered

from almanac.measures import counting, experts
from almanac.measures.intervals import FEW

DRAWS = dict(size=400, seed=7, level=0.9)
BIG = {"architecture": "moe", "total_params_b": 100.0, "active_params_b": 10.0}
GROWTH = 0.5  # powers of ten by which simulated totals grow in a year


def simulated(seed, *, year, tenfold, organisations=60):
    """MoE models as `experts.sparsity` gives them: later ones are larger, and their active share
    changes by the factor `year` a year and by `tenfold` for ten times the total.

    Organisations ship in bursts, and each has its own taste in size and in sparsity.
    """
    random = np.random.default_rng(seed)
    counts = 1 + random.poisson(3 * random.gamma(1.0, 1.0, organisations))
    of = np.repeat(np.arange(organisations), counts)
    years = random.uniform(-1, 1.8, len(of))
    tastes = random.normal(0, [[0.3], [0.3]], (2, organisations))
    sizes = 1.8 + GROWTH * years + tastes[0, of] + random.normal(0, 0.4, len(of))
    logs = -1.5 + np.log(year) * years + np.log(tenfold) * (sizes - 1.8)
    logs += tastes[1, of] + random.normal(0, 0.2, len(of))
    days = experts.ORIGIN + pd.to_timedelta(np.round(years * 365.25), "D")
    return pd.DataFrame(
        {
            "organisation_id": [f"o{i:02}" for i in of],
            "released_on": days,
            "total_params_b": 10**sizes,
            "sparsity": np.exp(logs),
            "grade": "A",
        }
    )


@pytest.fixture
def planted():
    return simulated(3, year=0.7, tenfold=0.6)


def regression(table):
    import statsmodels.api as sm

    years = (table.released_on - experts.ORIGIN).dt.days / 365.25
    design = sm.add_constant(pd.DataFrame({"year": years, "z": np.log10(table.total_params_b)}))
    return sm.OLS(np.log(table.sparsity), design).fit()


def test_sparsity_counts_a_body_once(models):
    table = models(
        BIG | {"release_id": "x"},
        BIG | {"release_id": "x"},  # a variant
        BIG | {"release_id": "x", "total_params_b": 50.0},  # another size
        BIG,  # another release, of the same family
        BIG | {"active_params_b": None},
        BIG | {"total_params_b": None},
        {"total_params_b": 9.0},
    )
    chosen = counting.select(table, first_date="2025-01-01", as_of="2025-12-31")
    assert experts.sparsity(chosen).sparsity.tolist() == [0.1, 0.2, 0.1]
    assert experts.sparsity(chosen, "model").sparsity.tolist() == [0.1, 0.1, 0.2, 0.1]
    assert experts.sparsity(chosen, "family").sparsity.tolist() == [0.1, 0.2]


def test_years_of_few_models_do_not_speak_unless_all_are_such():
    known = pd.DataFrame({"year": [2023, 2024, 2024, 2024], "sparsity": [0.5, 0.1, 0.2, 0.4]})
    assert experts.median_sparsity(known, least=3).to_dict() == {2024: 0.2}
    assert experts.median_sparsity(known, least=9).to_dict() == {2023: 0.5, 2024: 0.2}


def test_slopes_are_those_of_statsmodels(planted):
    fitted = regression(planted).params
    assert experts.at_equal_size(planted, **DRAWS).value == pytest.approx(np.exp(fitted.year))
    assert experts.by_size(planted, **DRAWS).value == pytest.approx(np.exp(fitted.z))
    years = (planted.released_on - experts.ORIGIN).dt.days / 365.25
    alone = np.polyfit(years, np.log(planted.sparsity), 1)[0]
    assert experts.sparsity_trend(planted, **DRAWS).value == pytest.approx(np.exp(alone))


def test_the_change_at_equal_total_is_that_of_active_parameters(planted):
    active = planted.assign(sparsity=planted.total_params_b * planted.sparsity)
    share, count = (experts.at_equal_size(table, **DRAWS) for table in (planted, active))
    assert (count.value, count.low, count.high) == pytest.approx(
        (share.value, share.low, share.high)
    )


def test_an_estimate_says_what_it_rests_on(planted):
    found = experts.at_equal_size(planted, **DRAWS)
    assert (found.n, found.organisations, found.confidence) == (len(planted), 60, "A")
    assert found.neutral == 1
    assert "bootstrap" in found.method
    assert experts.at_equal_size(planted, **DRAWS) == found


SIMULATIONS = {
    "a trend at equal size": (experts.at_equal_size, 0.7, 0.6, 0.7),
    "no trend at equal size": (experts.at_equal_size, 1.0, 0.6, 1.0),
    "size": (experts.by_size, 0.7, 0.6, 0.6),
    "no size": (experts.by_size, 0.7, 1.0, 1.0),
    "time alone": (experts.sparsity_trend, 0.7, 0.6, 0.7 * 0.6**GROWTH),
}


@pytest.fixture(params=SIMULATIONS)
def simulation(request):
    return SIMULATIONS[request.param]


def estimates(estimator, year, tenfold, seeds):
    return [estimator(simulated(s, year=year, tenfold=tenfold), **DRAWS) for s in seeds]


def test_planted_slopes_are_found_though_size_and_time_go_together(simulation):
    estimator, year, tenfold, truth = simulation
    found = estimates(estimator, year, tenfold, range(60))
    logs = np.log([one.value for one in found])
    assert abs(logs.mean() - np.log(truth)) < 4 * logs.std() / np.sqrt(len(logs))
    assert 0.8 <= covered(found, truth) <= 0.98


@pytest.mark.soak
def test_intervals_cover_what_they_say(simulation):
    estimator, year, tenfold, truth = simulation
    assert 0.85 <= covered(estimates(estimator, year, tenfold, range(1000, 1500)), truth) <= 0.95


def test_where_only_size_matters_time_alone_announces_what_equal_size_does_not():
    alone = estimates(experts.sparsity_trend, 1.0, 0.6, range(40))
    equal = estimates(experts.at_equal_size, 1.0, 0.6, range(40))
    assert np.mean([one.side == "below" for one in alone]) > 0.9
    assert np.mean([one.side != "unclear" for one in equal]) < 0.25


def test_with_few_organisations_the_jackknife_covers_what_it_says():
    found = [
        experts.at_equal_size(simulated(s, year=0.7, tenfold=0.6, organisations=FEW - 3), **DRAWS)
        for s in range(100)
    ]
    assert all("jackknife" in one.method for one in found)
    assert 0.85 <= covered(found, 0.7) <= 0.98


def test_the_jackknife_by_hand(units):
    """Slopes without each of five in turn; one organisation stands off a line of factor two."""
    days = pd.to_datetime("2025-01-01") + pd.to_timedelta(np.arange(5) * 365.25, "D")
    table = units("abcde", days, sparsity=0.01 * 2.0 ** np.array([0, 1, 2, 3, 5]))
    found = experts.sparsity_trend(table, **DRAWS)
    x, y = np.arange(5), np.log(table.sparsity)
    slope = np.polyfit(x, y, 1)[0]
    without = np.array([np.polyfit(np.delete(x, i), np.delete(y, i), 1)[0] for i in range(5)])
    error = np.sqrt(4 / 5 * ((without - slope) ** 2).sum())
    reach = 2.131847 * error  # of Student's t with four degrees of freedom, at 95 %
    expected = np.exp([slope, slope - reach, slope + reach])
    assert (found.value, found.low, found.high) == pytest.approx(tuple(expected), rel=1e-5)


def test_no_change_is_a_factor_of_exactly_one(planted):
    """Or the last digit of a sum would announce a change."""
    for estimator in (experts.sparsity_trend, experts.at_equal_size, experts.by_size):
        found = estimator(planted.assign(sparsity=0.1), **DRAWS)
        assert (found.value, found.low, found.high, found.side) == (1, 1, 1, "unclear")


def test_models_of_one_day_or_one_size_make_no_trend(planted):
    """Rounding must not make up a slope."""
    one_day = planted.assign(released_on=pd.Timestamp("2025-07-04"))
    for estimator in (experts.sparsity_trend, experts.at_equal_size):
        with pytest.raises(ValueError, match="undefined"):
            estimator(one_day, **DRAWS)
    one_size = planted.assign(total_params_b=70.0)
    for estimator in (experts.at_equal_size, experts.by_size):
        with pytest.raises(ValueError, match="undefined"):
            estimator(one_size, **DRAWS)


def test_where_the_day_tells_the_size_their_parts_are_not_told_apart(planted):
    years = (planted.released_on - experts.ORIGIN) / experts.YEAR
    for growth in (0.1, 0.3, 0.7, 1.1):  # rounding differs
        with pytest.raises(ValueError, match="undefined"):
            experts.at_equal_size(planted.assign(total_params_b=10 ** (growth * years)), **DRAWS)


def test_too_few_organisations_make_no_trend(planted):
    few = planted[planted.organisation_id < "o04"]
    with pytest.raises(ValueError, match="at least 5 organisations"):
        experts.sparsity_trend(few, **DRAWS)
    with pytest.raises(ValueError, match="at least 5 organisations"):
        experts.at_equal_size(planted[:0], **DRAWS)


def test_added_variable_plots_have_the_slopes_of_the_regression(planted):
    """Frisch, Waugh and Lovell: and their lines go through the typical model."""
    plots = experts.partial(planted)
    fitted = regression(planted).params
    years = (plots.day_given_size - experts.ORIGIN).dt.days / 365.25
    slope = np.polyfit(years, np.log(plots.sparsity_given_size), 1)[0]
    assert slope == pytest.approx(fitted.year, abs=1e-3)  # days are whole
    slope = np.polyfit(np.log10(plots.size_given_day), np.log(plots.sparsity_given_day), 1)[0]
    assert slope == pytest.approx(fitted.z)
    for across, fit, of in (
        (np.log10(plots.size_given_day), plots.fit_given_day, fitted.z),
        (years, plots.fit_given_size, fitted.year),
    ):
        line = np.polyfit(across, np.log(fit), 1)
        assert line[0] == pytest.approx(of, abs=1e-3)
        assert np.log(fit).to_numpy() == pytest.approx(np.polyval(line, across), abs=2e-3)
    mean = np.log(planted.sparsity).mean()
    for column in ("sparsity_given_size", "sparsity_given_day", "fit_given_size", "fit_given_day"):
        assert np.log(plots[column]).mean() == pytest.approx(mean)
    assert np.log(plots.size_given_day).mean() == pytest.approx(
        np.log(planted.total_params_b).mean()
    )


def test_where_size_and_day_do_not_go_together_dots_stay_where_they_are(units):
    days = ["2025-01-01", "2025-01-01", "2026-01-01", "2026-01-01"]
    table = units(
        "abcd", days, total_params_b=[10.0, 100.0, 10.0, 100.0], sparsity=[0.4, 0.2, 0.2, 0.1]
    )
    plots = experts.partial(table)
    assert plots.day_given_size.tolist() == pd.to_datetime(days).tolist()
    assert plots.size_given_day.tolist() == pytest.approx([10, 100, 10, 100])
    # at the size of a typical model, whose logarithm is midway
    assert plots.sparsity_given_size.tolist() == pytest.approx([0.08**0.5] * 2 + [0.02**0.5] * 2)


def config(**cells):
    row = {"hidden_size": 2048, "expert_ffn_size": 1408, "expert_hidden_size": None,
           "ffn_gated": True}  # fmt: skip
    whole = ["hidden_size", "expert_ffn_size", "expert_hidden_size"]
    frame = pd.DataFrame([row | cells]).astype(dict.fromkeys(whole, "Int64"))
    return frame.astype({"ffn_gated": "boolean"})


def test_granularity_of_deepseekmoe_16b_is_about_four():
    """Its paper (section 5.1.2): each expert is 0.25 times the size of a standard network."""
    assert experts.granularity(config())[0] == pytest.approx(4, abs=0.2)


def test_granularity_compares_parameters():
    standard = config(expert_ffn_size=8192, ffn_gated=False)  # 4 times 2048, two matrices
    assert experts.granularity(standard)[0] == pytest.approx(1)
    assert experts.granularity(config(expert_ffn_size=4096, ffn_gated=False))[0] == 2
    narrow = config(expert_ffn_size=8192, ffn_gated=False, expert_hidden_size=512)
    assert experts.granularity(narrow)[0] == 4
    gated = config(expert_ffn_size=8192)
    assert experts.granularity(gated)[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("column", ["hidden_size", "expert_ffn_size", "ffn_gated"])
def test_granularity_is_unknown_where_the_configuration_is(column):
    assert experts.granularity(config(**{column: None})).isna().all()


def test_the_trend_of_granularity_leaves_out_what_is_unknown(planted):
    years = (planted.released_on - experts.ORIGIN) / experts.YEAR
    designs = planted.assign(granularity=(4 * 1.5**years).astype("Float64"))
    designs.loc[0, "granularity"] = pd.NA
    found = experts.granularity_trend(designs, **DRAWS)
    assert found.value == pytest.approx(1.5)
    assert found.n == len(planted) - 1


def test_years_are_described_by_medians():
    known = pd.DataFrame({"year": [2024, 2024, 2025], "sparsity": [0.1, 0.3, 0.05]})
    designs = pd.DataFrame(
        {
            "year": [2025, 2025, 2025],
            "model_id": list("abc"),
            "n_routed_experts": pd.array([64, 128, None], "Int64"),
            "experts_per_token": pd.array([8, 8, 2], "Int64"),
            "granularity": pd.array([4, None, 8], "Float64"),
            "n_shared_experts": pd.array([0, 1, None], "Int64"),
        }
    )
    table = experts.by_year(known, designs).set_index("year")
    assert table.active_share.to_dict() == pytest.approx({2024: 0.2, 2025: 0.05})
    assert table.models.tolist() == [2, 1]
    assert table.designs.tolist() == [0, 3]
    later = table.loc[2025]
    assert (later.routed_experts, later.experts_per_token, later.granularity) == (96, 8, 6)
    assert later.with_shared == 0.5  # of the two that say so
