import numpy as np
import pandas as pd
import pytest
from measures.simulated import covered
from measures.simulated import units as simulated

from almanac.measures import interrupted
from almanac.measures.interrupted import YEAR, candidates, fit, jump, marked, unbroken

DAY = pd.Timestamp("2025-01-01")
DRAWS = dict(size=100, seed=1, level=0.9)


def series(seed, before, after, n=4000, first="2023-01-01", last="2026-12-31"):
    """Units whose log-odds are a line before `DAY` and another after: (level, slope a year)."""
    random = np.random.default_rng(seed)
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    days = first + pd.to_timedelta(random.integers((last - first).days, size=n), unit="D")
    years = (days - DAY).days / YEAR
    (b0, b1), (a0, a1) = before, after
    odds = np.where(years < 0, b0 + b1 * years, a0 + a1 * years)
    return pd.DataFrame(
        {
            "organisation_id": [f"o{k}" for k in random.integers(100, size=n)],
            "released_on": days,
            "is_reasoning": random.random(n) < 1 / (1 + np.exp(-odds)),
            "grade": "A",
        }
    ).sort_values("released_on", ignore_index=True)


def on_days(*cells):
    """Units from (day, with the property, without)."""
    rows = [
        (day, flag)
        for day, yes, no in cells
        for flag in [True] * yes + [False] * no
    ]
    table = pd.DataFrame(rows, columns=["released_on", "is_reasoning"])
    names = [f"o{k % 7}" for k in range(len(table))]
    return table.assign(
        released_on=pd.to_datetime(table.released_on), organisation_id=names, grade="A"
    )


def test_two_days_a_side_are_fitted_by_half_a_unit_more_in_each_cell():
    """Firth (1993): in a saturated model the penalty adds one half to each count."""
    table = on_days(
        ("2023-01-01", 0, 30), ("2024-01-01", 3, 27), ("2025-01-01", 10, 20), ("2026-01-01", 25, 5)
    )
    found = fit(table, "is_reasoning", DAY)
    odds = [np.log(0.5 / 30.5), np.log(3.5 / 27.5), np.log(10.5 / 20.5), np.log(25.5 / 5.5)]
    step = 365 / YEAR
    slope = (odds[1] - odds[0]) / step
    assert found.slope_before == pytest.approx(slope, rel=1e-3)
    assert found.level_before == pytest.approx(odds[1] + slope * 366 / YEAR, abs=1e-3)
    assert found.level_after == pytest.approx(odds[2], rel=1e-3)
    assert found.slope_after == pytest.approx((odds[3] - odds[2]) / step, rel=1e-3)
    assert (found.hits_before, found.n_before, found.hits_after, found.n_after) == (3, 60, 35, 60)
    assert found.jump == pytest.approx(100 * (found.after - found.before))


def test_a_planted_jump_and_slopes_are_recovered():
    found = fit(series(3, (-2.0, 0.5), (0.0, 1.0), n=12000), "is_reasoning", DAY)
    assert found.level_before == pytest.approx(-2.0, abs=0.25)
    assert found.slope_before == pytest.approx(0.5, abs=0.25)
    assert found.level_after == pytest.approx(0.0, abs=0.15)
    assert found.slope_after == pytest.approx(1.0, abs=0.15)
    assert found.jump == pytest.approx(100 * (0.5 - 1 / (1 + np.exp(2))), abs=5)


def test_a_side_without_any_stays_finite():
    table = series(1, (-30.0, 0.0), (0.0, 1.0))
    found = fit(table, "is_reasoning", DAY)
    assert found.hits_before == 0 and 0 < found.before < 0.01
    assert np.isfinite([found.level_before, found.slope_before]).all()
    # a side at its supremum adds nothing: the likelihood is that of the other alone
    later = table[table.released_on >= DAY]
    odds = found.level_after + found.slope_after * (later.released_on - DAY).dt.days / YEAR
    chance = 1 / (1 + np.exp(-odds))
    alone = np.log(chance.where(later.is_reasoning, 1 - chance)).sum()
    assert found.log_likelihood == pytest.approx(alone, abs=1e-6)


def test_lines_meet_the_day_and_the_ends():
    found = fit(series(1, (-2.0, 0.5), (0.0, 1.0)), "is_reasoning", DAY)
    lines = found.lines(pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01"), points=3)
    assert list(lines.side) == ["before"] * 3 + ["after"] * 3
    assert list(lines.day[[0, 2, 3, 5]].dt.strftime("%Y-%m-%d")) == [
        "2024-01-01", "2025-01-01", "2025-01-01", "2026-01-01",
    ]  # fmt: skip
    assert lines.share[2] == pytest.approx(found.before, abs=1e-4)
    assert lines.share[3] == pytest.approx(found.after, abs=1e-4)


def test_too_little_on_a_side_is_refused():
    few = on_days(("2024-01-01", 5, 5), ("2024-06-01", 5, 4), ("2025-06-01", 20, 20))
    with pytest.raises(ValueError, match="20 units"):
        fit(few, "is_reasoning", DAY)
    one_day = on_days(("2024-01-01", 20, 20), ("2025-01-01", 9, 9), ("2025-06-01", 20, 20))
    with pytest.raises(ValueError):  # no slope through a single day
        fit(one_day, "is_reasoning", DAY)
    none = series(1, (-30.0, 0.0), (-30.0, 0.0))
    with pytest.raises(ValueError):
        fit(none, "is_reasoning", DAY)


def test_a_planted_jump_is_announced_and_a_constant_share_is_not():
    found = jump(series(5, (-3.0, 0.0), (0.0, 0.0), n=800), "is_reasoning", DAY, "release", **DRAWS)
    assert found.side == "above" and found.low < 45.3 < found.high  # 50 % less 4.7 %
    assert found.n == 800 and "Firth" in found.method and "100 draws" in found.method
    nothing = jump(
        simulated(4, organisations=150), "is_reasoning", DAY, "release", **DRAWS
    )
    assert nothing.side == "unclear"


def test_a_steady_climb_is_no_jump():
    """The share rises sixfold through the day, without a step: before and after would differ."""
    climb = series(2, (0.0, 2.0), (0.0, 2.0), n=800, first="2024-01-01", last="2026-01-01")
    assert jump(climb, "is_reasoning", DAY, "release", **DRAWS).side == "unclear"


def test_few_organisations_have_no_interval():
    few = series(1, (-2.0, 0.0), (0.0, 0.0), n=200)
    few = few.assign(organisation_id=[f"o{k % 9}" for k in range(200)])
    with pytest.raises(ValueError, match="fewer than 10 organisations"):
        jump(few, "is_reasoning", DAY, "release", **DRAWS)


MONTHS = pd.date_range("2023-01-01", "2026-12-01", freq="MS")


def test_the_day_of_a_planted_break_fits_best():
    table = series(7, (-3.0, 0.0), (0.5, 0.0), n=1500)
    found = candidates(table, "is_reasoning", MONTHS, least=50)
    best = found.loc[found.behind.idxmin()]
    assert abs(best.day - DAY) <= pd.Timedelta(days=31)
    assert best.gain > interrupted.CLEAR and best.behind == 0
    assert found.day.is_monotonic_increasing and found.behind.min() == 0
    assert found.day.min() > MONTHS[0]  # the first has nothing before it


def test_no_day_stands_out_where_nothing_happens():
    table = simulated(3, organisations=190, start="2023-01-01", end="2026-12-31")
    found = candidates(table, "is_reasoning", MONTHS, least=50)
    assert found.gain.max() < interrupted.CLEAR


def test_days_that_cannot_be_tried_are_passed_over():
    found = candidates(simulated(1).head(30), "is_reasoning", MONTHS, least=20)
    assert found.empty and "behind" in found and "gain" in found
    assert marked(found, DAY, None).empty
    constant = series(1, (-30.0, 0.0), (-30.0, 0.0))
    assert candidates(constant, "is_reasoning", MONTHS, least=20).empty


def test_one_line_has_the_likelihood_of_a_known_fit():
    # two days: the line goes through log((hits + 1/2) / (misses + 1/2)) of each
    table = on_days(("2024-01-01", 3, 27), ("2025-01-01", 20, 10))
    chances = 3.5 / 31, 20.5 / 31
    expected = 3 * np.log(chances[0]) + 27 * np.log(1 - chances[0])
    expected += 20 * np.log(chances[1]) + 10 * np.log(1 - chances[1])
    assert unbroken(table, "is_reasoning") == pytest.approx(expected, abs=1e-3)


def test_only_the_named_day_has_an_interval():
    table = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01", "2025-01-01"]), "jump": [1.0, 2.0], "behind": [9, 1]}
    )
    found = jump(series(5, (-3.0, 0.0), (0.0, 0.0), n=400), "is_reasoning", DAY, "release", **DRAWS)
    shown = marked(table, DAY, found)
    assert shown.low.isna().tolist() == [True, False]
    assert shown.high[1] == round(found.high, 2)
    assert shown.fits.tolist() == [False, True]


def test_by_month():
    table = on_days(("2024-01-03", 1, 1), ("2024-01-31", 1, 1), ("2024-03-01", 0, 1))
    found = interrupted.by_month(table, "is_reasoning")
    assert found.month.dt.strftime("%Y-%m-%d").tolist() == ["2024-01-15", "2024-03-15"]
    assert found[["hits", "n", "share"]].to_numpy().tolist() == [[2, 4, 0.5], [0, 1, 0.0]]


def coverage(records, before, after):
    truth = 100 * (1 / (1 + np.exp(-after[0])) - 1 / (1 + np.exp(-before[0])))
    tables = (series(seed, before, after, n=600) for seed in range(records))
    return covered([jump(t, "is_reasoning", DAY, "release", **DRAWS) for t in tables], truth)


@pytest.mark.soak
@pytest.mark.parametrize(
    "lines", [((-2.0, 0.5), (0.0, 0.5)), ((-4.0, 2.0), (0.0, 1.0)), ((-0.6, 0.0), (-0.6, 0.0))]
)
def test_the_interval_holds_the_jump(lines):
    assert 0.85 < coverage(500, *lines) < 0.95


@pytest.mark.soak
def test_one_in_twenty_records_without_a_break_gains_as_much():
    gains = []
    for seed in range(300):
        table = simulated(
            seed, organisations=190, start="2023-01-01", end="2026-12-31", pace=4.7, share=0.35
        )
        gains.append(candidates(table, "is_reasoning", MONTHS, least=50).gain.max())
    assert np.mean(np.array(gains) >= interrupted.CLEAR) <= 0.06
