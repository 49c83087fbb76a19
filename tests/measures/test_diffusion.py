import numpy as np
import pandas as pd
import pytest

from almanac import notebook
from almanac.measures import counting, diffusion

START = pd.Timestamp("2022-12-31")
ORIGIN = "2023-12-08"
ZERO = (START - pd.Timestamp("2000-01-01")).days / diffusion.DAYS


def planted(seed, ceiling=0.7, midpoint=2.0, rate=3.0, organisations=120, alike=0.3, years=4.0):
    """Units whose share follows a logistic curve (midpoint in years from the start). A unit
    keeps, with chance `alike`, to one threshold of its organisation: the share stays the same, but
    the units of an organisation resemble each other."""
    random = np.random.default_rng(seed)
    of = np.repeat(np.arange(organisations), random.geometric(1 / 9, organisations))
    when = random.uniform(0, years, len(of))
    own = random.random(organisations)[of]
    threshold = np.where(random.random(len(of)) < alike, own, random.random(len(of)))
    share = ceiling / (1 + np.exp(-rate * (when - midpoint)))
    return pd.DataFrame(
        {
            "organisation_id": [f"o{number}" for number in of],
            "released_on": START + pd.to_timedelta(np.floor(when * diffusion.DAYS), "D"),
            "is_moe": threshold < share,
            "grade": "A",
        }
    )


def flat(seed, share=0.3, **settings):
    return planted(seed, ceiling=share, midpoint=-50, rate=1, **settings)


def parameters(curve):
    return np.array([curve.ceiling, curve.midpoint - ZERO, curve.rate])


def test_all_three_parameters_are_recovered():
    found = np.array([parameters(diffusion.fit(planted(s), "is_moe", 0.9)) for s in range(40)])
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - [0.7, 2.0, 3.0]) < [0.012, 0.03, 0.15] + 2 * error).all()


def test_one_curve_in_full():
    units = planted(5)
    curve = diffusion.fit(units, "is_moe", 0.9)
    top = diffusion.ceiling(curve, "release", 0.9)
    half = diffusion.midpoint(curve, "release", ORIGIN, 0.9)
    span = diffusion.duration(curve, "release", 0.9)
    assert top.low < 0.7 < top.high < 1 and top.side == "below"
    months = 12 * (2.0 - (pd.Timestamp(ORIGIN) - START).days / diffusion.DAYS)
    assert half.low < months < half.high
    assert span.low < 12 * np.log(81) / 3.0 < span.high
    assert (top.n, top.organisations) == (len(units), units.organisation_id.nunique())
    assert diffusion.day_of(curve.midpoint).year in (2024, 2025)


def test_the_ends_are_where_the_deviance_says():
    """An end of the ceiling's interval, held, costs the quantile of chi squared times the
    dispersion: computed here without the module's own fitting."""
    from scipy.optimize import minimize

    units = planted(6)
    curve = diffusion.fit(units, "is_moe", 0.9)
    low, high = diffusion.interval(curve, "ceiling", 0.9)
    years = (units.released_on - START).dt.days.to_numpy() / diffusion.DAYS
    hits = units.is_moe.to_numpy()

    def deviance(rest, top):
        share = top / (1 + np.exp(-rest[1] * (years - rest[0])))
        return -2 * (np.log(share[hits]).sum() + np.log(1 - share[~hits]).sum())

    for end in (low, high):
        cost = minimize(deviance, [2.0, 3.0], args=(end,), method="Nelder-Mead").fun
        assert (cost - curve.deviance) / curve.dispersion == pytest.approx(2.7055, abs=0.03)


def test_units_alike_widen_the_interval():
    apart, alike = (
        np.mean([diffusion.fit(planted(s, alike=a), "is_moe", 0.9).dispersion for s in range(8)])
        for a in (0.0, 0.8)
    )
    assert apart < 1.2 < 2 < alike


def test_a_curve_that_still_rises_has_no_ceiling_yet():
    units = planted(3, ceiling=0.9, midpoint=3.8, rate=1.5)
    top = diffusion.ceiling(diffusion.fit(units, "is_moe", 0.9), "release", 0.9)
    assert top.high is None and top.side == "unclear"


@pytest.mark.parametrize("seed", range(5))
def test_a_share_that_does_not_change_has_no_curve(seed):
    with pytest.raises(ValueError, match="does not rise"):
        diffusion.fit(flat(seed), "is_moe", 0.9)


def test_a_share_that_falls_has_no_curve():
    with pytest.raises(ValueError, match="does not rise"):
        diffusion.fit(planted(1, rate=-3.0), "is_moe", 0.9)


def test_chance_alone_seldom_looks_like_a_rise():
    found = np.array([diffusion.rise(flat(seed, alike=0.5), "is_moe") for seed in range(150)])
    assert abs(found.mean()) < 0.25 and 0.85 < found.std() < 1.15
    assert (found > 1.645).mean() < 0.1


def test_too_little_for_a_curve():
    with pytest.raises(ValueError, match="at least 10 organisations"):
        diffusion.rise(planted(1, organisations=9), "is_moe")
    with pytest.raises(ValueError, match="all have or lack"):
        diffusion.rise(planted(1).assign(is_moe=True), "is_moe")


def test_a_curve_is_drawn_from_end_to_end():
    curve = diffusion.fit(planted(5), "is_moe", 0.9)
    drawn = diffusion.fitted(curve, "2023-01-01", "2026-12-31")
    assert drawn.released_on.iloc[[0, -1]].dt.strftime("%Y-%m-%d").tolist() == [
        "2023-01-01", "2026-12-31",
    ]  # fmt: skip
    assert drawn.share.is_monotonic_increasing
    middle = curve.share(pd.Series([diffusion.day_of(curve.midpoint)]))
    assert middle == pytest.approx(curve.ceiling / 2, abs=0.01)


def test_earlier_ceilings_and_which_of_them_failed():
    first = planted(2, ceiling=0.2, midpoint=1.0, rate=9.0, years=2.0)
    later = planted(3, ceiling=0.9, midpoint=-9, rate=1, years=1.0)
    later = later.assign(released_on=later.released_on + pd.Timedelta(days=800))
    both = pd.concat([first, later], ignore_index=True)
    days = pd.to_datetime(["2023-03-01", "2024-12-31", "2026-06-30"])
    past = diffusion.earlier_ceilings(both, "is_moe", list(days), "release", 0.9)
    assert past.day.tolist() == list(days[1:])  # nothing rises in the first two months
    assert past.n.tolist() == [len(first), len(both)]
    assert past.high[0] < 0.3
    said = diffusion.missed(past, "releases", 0.9, "2026 H1")
    assert "up to 31 December 2024" in said and "2026 H1 then had 90%" in said
    assert diffusion.missed(past, "releases", 0.1, "2026 H1") == ""


def test_a_refit_speaks_only_where_a_curve_can_be_fitted():
    assert "levelled" not in diffusion.refitted(planted(5), "is_moe", "release", 0.9)
    assert f"{len(planted(5)):,} releases since" in diffusion.refitted(
        planted(5), "is_moe", "release", 0.9
    )
    assert diffusion.refitted(flat(1), "is_moe", "release", 0.9) == ""


@pytest.mark.soak
@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_coverage_of_all_three(alike):
    truth = {"ceiling": 0.7, "midpoint": 2.0 + ZERO, "rate": 3.0}
    held = {name: [] for name in truth}
    for seed in range(500):
        curve = diffusion.fit(planted(seed, alike=alike), "is_moe", 0.9)
        for name, value in truth.items():
            low, high = diffusion.interval(curve, name, 0.9)
            held[name].append((low is None or low <= value) and (high is None or value <= high))
    assert all(0.85 < np.mean(some) < 0.95 for some in held.values())


def test_a_step_that_fits_as_well_as_the_slow_rise_is_in_the_interval(frozen_record):
    record = notebook.read_record(str(frozen_record))
    models = notebook.models_of(record, ["released_on"])
    units = counting.units(
        counting.select(models, first_date="2023-01-01", as_of="2026-10-31"), "release"
    )
    curve = diffusion.fit(units, "is_moe", 0.9)
    assert curve.ceiling == pytest.approx(1)  # by a slow rise
    low, high = diffusion.interval(curve, "ceiling", 0.9)
    days = units.released_on.to_numpy()
    step = np.where(days < np.datetime64("2023-12-01"), 1e-9, 0.35)  # sudden, and level since
    there = units.is_moe.to_numpy()
    deviance = -2 * np.log(np.where(there, step, 1 - step)).sum()
    assert deviance - curve.deviance < 2.7 * curve.dispersion  # as good: it may be left out of none
    assert low < 0.35 and high is None
