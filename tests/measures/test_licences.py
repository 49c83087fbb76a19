"""Licence classes by unit, and the ordered logit on simulated licences of known odds."""

import numpy as np
import pandas as pd
import pytest

from almanac.measures import counting, licences


def simulated(slope, china, *, organisations=80, each=12, seed=0, spread=0.0):
    """Licences drawn from a proportional-odds model: log odds a year, and of China."""
    random = np.random.default_rng(seed)
    region = np.repeat(random.choice(["us", "china", "europe"], organisations), each)
    own = np.repeat(random.normal(0, spread, organisations), each)
    days = random.integers(0, 4 * 365, organisations * each)
    lean = slope * days / 365.25 + china * (region == "china") + own
    drawn = lean + random.logistic(size=len(lean))
    return pd.DataFrame(
        {
            "organisation_id": np.repeat([f"o{i}" for i in range(organisations)], each),
            "region": region,
            "released_on": pd.Timestamp("2023-01-01") + pd.to_timedelta(days, "D"),
            "licence_class": 1 + np.searchsorted([0.0, 1.0, 2.5], drawn),
            "grade": "A",
        }
    )


def test_planted_odds_are_recovered():
    rows = simulated(np.log(1.8), np.log(3.0))
    found = licences.odds_ratios(rows, "release", base="us", level=0.9)
    assert set(found) == {"year", "china", "europe"}
    assert found["year"].value == pytest.approx(1.8, rel=0.1)
    assert found["china"].value == pytest.approx(3.0, rel=0.25)
    assert found["year"].low < 1.8 < found["year"].high
    assert found["year"].side == "above"
    assert found["europe"].side == "unclear"
    steps = licences.by_step(rows, base="us")
    assert steps.at_least.tolist() == [2, 3, 4]
    assert steps.year.to_numpy() == pytest.approx(np.full(3, 1.8), rel=0.2)
    says = licences.steps_in_words(steps, "china")
    assert says.startswith("At each step of the scale by itself the ratio points the same way")
    assert says.endswith("for permissive.")


@pytest.mark.parametrize("seeds", [12, pytest.param(120, marks=pytest.mark.soak)])
def test_organisations_with_habits_alone_make_no_trend(seeds):
    """Each organisation keeps to its kind of licence; neither time nor region matters."""
    clear = []
    for seed in range(seeds):
        rows = simulated(0.0, 0.0, seed=seed, spread=2.0, organisations=60, each=8)
        found = licences.odds_ratios(rows, "release", base="us", level=0.9)
        clear += [found["china"].side != "unclear", found["year"].side != "unclear"]
    assert np.mean(clear) < 0.25  # 0.1 is aimed at


def test_clustering_matters():
    """As if independent, the ratio of a region would look far too sure."""
    rows = simulated(0.0, 0.0, spread=2.0)
    found = licences.odds_ratios(rows, "release", base="us", level=0.9)["china"]
    alone = rows.assign(organisation_id=[f"o{i}" for i in range(len(rows))])
    naive = licences.odds_ratios(alone, "release", base="us", level=0.9)["china"]
    assert found.value == pytest.approx(naive.value)
    assert np.log(found.high / found.low) > 2 * np.log(naive.high / naive.low)


def test_an_unclear_licence_moves_nothing():
    rows = simulated(0.5, 0.0)
    unclear = rows.head(50).assign(licence_class=0, region="china")
    with_them = pd.concat([rows, unclear], ignore_index=True)
    one, other = (
        licences.odds_ratios(table, "release", base="us", level=0.9) for table in (rows, with_them)
    )
    assert one == other
    assert len(licences.clear(with_them)) == len(rows)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"licence_class": 4}, "one class"),
        ({"region": "china"}, "nothing of us"),
        ({"organisation_id": "one"}, "too few for clustered"),
        ({"released_on": pd.Timestamp("2025-01-01")}, "one day"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        licences.odds_ratios(simulated(0.0, 0.0).assign(**change), "release", base="us", level=0.9)


def test_a_region_with_one_end_of_the_scale_only_is_refused():
    rows = simulated(0.0, 0.0)
    rows.loc[rows.region == "china", "licence_class"] = 4
    with pytest.raises(ValueError, match="china are at one end"):
        licences.odds_ratios(rows, "release", base="us", level=0.9)


def test_the_trend_of_each_region_by_itself():
    up, flat = simulated(1.0, 0.0).assign(region="china"), simulated(0.0, 0.0).assign(region="us")
    found = licences.year_by_region(
        pd.concat([up, flat]), "release", ["china", "us", "europe"], level=0.9
    )
    assert {region: ratio.side for region, ratio in found.items()} == {
        "china": "above", "us": "unclear",
    }  # fmt: skip
    assert licences.title(found) == (
        "Licences became freer in China, and show no clear trend in the United States"
    )
    assert licences.title({}) == "Too few licences for a trend"
    says = licences.trend_in_words(found["us"], "us")
    assert says.startswith("In the United States, licences show no clear trend")
    assert found["china"].value == pytest.approx(np.e, rel=0.15)


def test_a_release_has_the_licence_of_its_largest_model(models):
    rows = counting.select(
        models(
            {"release_id": "r", "total_params_b": 7.0, "licence_class": 4},
            {"release_id": "r", "total_params_b": 70.0, "licence_class": 2},
            {"release_id": "s", "total_params_b": None, "licence_class": None},
            {"release_id": "t", "family": "G", "licence_class": 1, "released_on": "2025-04-01"},
        ),
        first_date="2025-01-01",
        as_of="2025-12-31",
    )
    for unit, classes in (("release", [2, 0, 1]), ("model", [4, 2, 0, 1]), ("family", [2, 1])):
        units = counting.units(rows, unit)
        assert licences.of_units(rows, units, unit).licence_class.tolist() == classes


def test_a_family_has_the_licence_of_its_first_day(models):
    rows = counting.select(
        models(
            {"released_on": "2025-01-01", "licence_class": 2},
            {"released_on": "2025-06-01", "licence_class": 4, "total_params_b": 700.0},
        ),
        first_date="2025-01-01",
        as_of="2025-12-31",
    )
    units = counting.units(rows, "family")
    assert licences.of_units(rows, units, "family").licence_class.tolist() == [2]


def test_shares_by_region_and_year_leave_out_the_unclear():
    rows = pd.DataFrame(
        {"region": ["us"] * 3 + ["china"] * 2, "year": [2025, 2025, 2025, 2024, 2025],
         "licence_class": [4, 2, 0, 3, 4]}
    )  # fmt: skip
    table = licences.by_region_and_year(rows, ["china", "us"])
    assert table[["region", "year", "licence", "units", "n", "share"]].values.tolist() == [
        ["china", 2024, "permissive with terms", 1, 1, 1.0],
        ["china", 2025, "permissive", 1, 1, 1.0],
        ["us", 2025, "permissive", 1, 2, 0.5],
        ["us", 2025, "restricted use", 1, 2, 0.5],
    ]


def test_the_derivatives_are_those_of_the_likelihood():
    from statsmodels.tools.numdiff import approx_fprime, approx_hess

    random = np.random.default_rng(4)
    design = pd.DataFrame({"year": random.normal(size=60), "china": random.integers(0, 2, 60)})
    model = licences._proportional_odds()(random.integers(0, 4, 60), design, distr="logit")
    at = np.array([0.4, -0.7, -1.1, 0.2, -0.3])
    slopes = approx_fprime(at, model.loglike, centered=True)
    assert model.score(at) == pytest.approx(slopes, abs=1e-4)
    assert model.hessian(at) == pytest.approx(approx_hess(at, model.loglike), abs=1e-2)


def test_the_fit_is_that_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    random = np.random.default_rng(5)
    design = pd.DataFrame({"year": random.normal(size=80), "china": random.integers(0, 2, 80)})
    steps = np.clip((design.year + random.logistic(size=80) + 2).astype(int), 0, 3)
    own, theirs = (
        model(steps, design, distr="logit").fit(method=method, disp=0)
        for model, method in ((licences._proportional_odds(), "newton"), (OrderedModel, "bfgs"))
    )
    assert own.params.to_numpy() == pytest.approx(theirs.params.to_numpy(), abs=1e-3)
    assert own.bse.to_numpy() == pytest.approx(theirs.bse.to_numpy(), rel=1e-2)
