"""Lags between frontiers, on staircases known by hand and simulated ones of known lag."""

import numpy as np
import pandas as pd
import pytest

from almanac.measures import lag

OPEN, CHINA, OPEN_US = lag.PAIRS
EVERY = ["us", "china", "europe", "other"]


def systems(days, values, **columns):
    return pd.DataFrame(
        {"subject": [f"S{i}" for i in range(len(days))], "value": np.asarray(values, float),
         "day": pd.to_datetime(days)}
    ).assign(
        **{"metric": "eci", "measured_on": pd.Timestamp("2026-07-01"), "access": "open",
           "region": "us", "organisation_id": None, "grade": "C"} | columns
    )  # fmt: skip


def simulated(lag_days, seed, *, n=60, noise=4.0, trend=0.05, span=1200):
    """Two groups whose scores rise as fast, the second `lag_days` later."""
    random = np.random.default_rng(seed)
    groups = []
    for late in (0, lag_days):
        days = np.sort(random.integers(0, span, n))
        values = trend * (days - late) + random.normal(0, noise, n)
        groups.append(systems(pd.Timestamp("2023-01-01") + pd.to_timedelta(days, "D"), values))
    return groups


def median(points, level=0.9):
    return lag.median_lag(points, OPEN, organisations=1, confidence="C", level=level)


def test_the_frontier_keeps_the_best_of_each_day_that_beats_all_before():
    rows = systems(["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01"], [10, 12, 12, 13])
    assert lag.frontier(rows).subject.tolist() == ["S1", "S3"]


def test_lags_by_hand():
    leaders = systems(["2024-01-01", "2024-02-01", "2024-03-01", "2024-06-01"], [10, 20, 30, 40])
    followers = systems(["2023-12-01", "2024-02-11", "2024-05-01"], [10, 25, 35])
    found = lag.lags(leaders, followers, "2023-01-01")
    assert found.subject.tolist() == ["S0", "S1", "S2"]  # the last comes after their data end
    assert found.days.tolist() == [0, 10, 61]  # the first was there before
    assert found.caught.all()
    short = lag.lags(leaders, followers[:2], "2024-01-15")
    assert short[["subject", "days", "caught"]].values.tolist() == [["S1", 10.0, True]]


def test_who_is_not_there_yet_is_censored_at_the_end_of_the_followers_data():
    leaders = systems(["2024-01-01", "2024-02-01"], [10, 50])
    followers = systems(["2024-01-11", "2024-03-02"], [12, 11])
    found = lag.lags(leaders, followers, "2023-01-01")
    assert found.days.tolist() == [10, 30]
    assert found.caught.tolist() == [True, False]
    assert found.caught_by.tolist()[0] == "S0"


def test_no_followers_no_lags():
    leaders = systems(["2024-01-01"], [10])
    assert lag.lags(leaders, leaders[:0], "2023-01-01").empty


def test_the_median_is_kaplan_and_meiers():
    """Five lags and one censored at 35: the curve falls to 0.8, 0.6, 0.4 at 10, 20, 30 days."""
    points = pd.DataFrame(
        {"days": [10.0, 20, 30, 35, 40, 50], "caught": [True, True, True, False, True, True],
         "caught_by": ["a", "b", "c", None, "d", "e"]}
    )  # fmt: skip
    # survival: 5/6, 4/6, 3/6 = one half is left at 30 days
    found = median(points)
    assert found.value == 30
    assert found.low == 10
    assert found.kind == "count"
    assert found.neutral == 0


def test_the_upper_end_is_open_where_only_the_end_of_the_curve_would_give_one():
    points = pd.DataFrame({"days": np.arange(10.0, 60, 10), "caught": True,
                           "caught_by": list("abcde")})  # fmt: skip
    found = median(points, level=0.99)
    assert (found.value, found.high) == (30, None)


def test_of_records_reached_apart_the_median_and_its_ends_are_those_of_lifelines():
    from lifelines import KaplanMeierFitter

    points = lag.lags(*simulated(120, 3), "2023-01-01")
    points = points.assign(caught_by=points.subject.where(points.caught))  # each by another
    fit = KaplanMeierFitter(alpha=0.1).fit(points.days, points.caught)
    band = fit.confidence_interval_
    ends = [band.index[band[name] <= 0.5][0] for name in band]
    found = median(points)
    assert (found.low, found.value, found.high) == (ends[0], fit.median_survival_time_, ends[1])
    assert found.low < found.value < found.high


def test_records_that_all_come_twice_say_no_more_than_once():
    points = lag.lags(*simulated(120, 3), "2023-01-01")
    once = points.assign(caught_by=points.subject)[points.caught]
    twice = pd.concat([once, once])
    ends = [(found.low, found.high) for found in map(median, (once, twice))]
    assert ends[0] == ends[1]


def test_records_reached_together_count_as_fewer():
    days = np.arange(10.0, 130, 10)
    alone = pd.DataFrame({"days": days, "caught": True, "caught_by": [f"f{i}" for i in range(12)]})
    together = alone.assign(caught_by=["a"] * 4 + ["b"] * 4 + ["c"] * 4)
    one, other = median(alone), median(together)
    assert one.value == other.value == 60
    assert other.low < one.low
    assert other.high is None or other.high > one.high


@pytest.mark.parametrize(
    "days, caught", [([1.0] * 4, [True] * 4), ([1.0] * 20, [True] * 5 + [False] * 15)]
)
def test_too_few_reached_have_no_median(days, caught):
    points = pd.DataFrame({"days": days, "caught": caught, "caught_by": "a"})
    with pytest.raises(ValueError, match="reached"):
        median(points)


@pytest.mark.parametrize("seeds", [25, pytest.param(300, marks=pytest.mark.soak)])
def test_a_planted_lag_is_recovered_with_censoring(seeds):
    found = []
    for seed in range(seeds):
        leaders, followers = simulated(200, seed)
        points = lag.lags(leaders, followers, "2023-01-01")
        found.append((median(points), points.caught.all()))
    values = [estimate.value for estimate, _ in found]
    assert np.median(values) == pytest.approx(200, abs=25)
    covered = [e.low <= 200 and (e.high is None or e.high >= 200) for e, _ in found]
    assert np.mean(covered) >= 0.85
    assert np.mean([e.side == "above" for e, _ in found]) > 0.8
    assert not all(complete for _, complete in found)  # some were censored


@pytest.mark.parametrize("seeds", [40, pytest.param(400, marks=pytest.mark.soak)])
def test_between_equal_frontiers_no_lag_is_announced(seeds):
    sides = []
    for seed in range(seeds):
        leaders, followers = simulated(0, seed)
        try:
            sides.append(median(lag.lags(leaders, followers, "2023-01-01")).side)
        except ValueError:
            continue
    assert len(sides) > 0.9 * seeds
    assert sides.count("above") / len(sides) < 0.1
    assert "below" not in sides


def record_scores(rows):
    base = {"measured_on": "2026-07-01", "metric": "eci", "access": "open", "region": "us",
            "model_id": None, "released_on": None, "value_confidence": "C",
            "released_on_confidence": "C"}  # fmt: skip
    table = pd.DataFrame([base | row for row in rows])
    for column in ("measured_on", "released_on"):
        table[column] = pd.to_datetime(table[column])
    return table


def models_of(*rows):
    table = pd.DataFrame(
        rows, columns=["model_id", "organisation_id", "released_on", "released_on_confidence"]
    )
    return table.assign(released_on=pd.to_datetime(table.released_on))


def test_a_score_has_the_day_of_the_records_own_release_first():
    table = record_scores([
        {"subject": "own", "value": 1.0, "model_id": "m", "released_on": "2020-01-01"},
        {"subject": "listed", "value": 2.0, "released_on": "2024-02-01"},
        {"subject": "later", "value": 3.0, "released_on": "2026-01-01"},
    ])  # fmt: skip
    own = models_of(("m", "acme", "2024-03-01", "A"))
    found = lag.scores(table, own, as_of="2025-12-31", regions=EVERY)
    assert found.subject.tolist() == ["listed", "own"]
    assert found.day.astype("str").tolist() == ["2024-02-01", "2024-03-01"]
    assert found.grade.tolist() == ["C", "C"]
    assert found.organisation_id.tolist()[1] == "acme"


def test_a_blank_day_moves_nothing():
    """Scores without a day, however high, neither lead nor catch up nor end the data."""
    rows = [
        {"subject": f"{access}{i}", "value": 10.0 * i + late, "access": access,
         "released_on": day}
        for access, late, days in (
            ("closed", 0, pd.date_range("2024-01-01", periods=8, freq="60D")),
            ("open", 1, pd.date_range("2024-03-01", periods=8, freq="60D")),
        )
        for i, day in enumerate(days)
    ]  # fmt: skip
    blanks = [
        {"subject": "b1", "value": 999.0, "access": "open"},
        {"subject": "b2", "value": 998.0, "access": "closed"},
        {"subject": "b3", "value": 997.0, "access": "unknown", "released_on": "2023-01-01"},
    ]
    results = []
    for extra in ([], blanks):
        listed = record_scores(rows + extra)
        scores = lag.scores(listed, models_of(), as_of="2026-10-31", regions=EVERY)
        table, found = lag.compare(scores, since="2023-01-01", level=0.9)
        results.append((table[table.pair == "open"].to_dict("records"), found["open", "eci"]))
    assert repr(results[0]) == repr(results[1])
    assert results[0][1].value == 60
    assert results[0][1].side == "above"


def test_scores_of_two_tables_are_never_put_together():
    old, new = pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01")
    rows = pd.concat([
        systems(["2024-01-01"] * 3, [90, 91, 92], access="closed", measured_on=old),
        systems(["2024-02-01"] * 2, [80, 81], measured_on=old),
        systems(["2024-01-01"] * 2, [10, 11], access="closed", measured_on=new),
        systems(["2024-03-01"] * 5, [9, 9, 9, 9, 9], measured_on=new),
    ])  # fmt: skip
    table = lag.table_of(rows, "eci", OPEN)
    assert table.measured_on.unique().tolist() == [new]  # of two with two, the latest
    assert lag.table_of(rows, "arena", OPEN).empty
    assert lag.table_of(rows.assign(region="china"), "eci", CHINA).empty


def test_regions_are_a_choice_and_unknown_ones_count_only_without_it():
    table = record_scores([
        {"subject": "u", "value": 1.0, "released_on": "2024-01-01"},
        {"subject": "c", "value": 1.0, "released_on": "2024-01-01", "region": "china"},
        {"subject": "n", "value": 1.0, "released_on": "2024-01-01", "region": None},
    ])  # fmt: skip
    for regions, names in ((EVERY, ["c", "n", "u"]), (["china"], ["c"])):
        found = lag.scores(table, models_of(), as_of="2026-10-31", regions=regions)
        assert found.subject.tolist() == names


def test_staircases_end_where_a_groups_data_do():
    rows = pd.concat([
        systems(["2024-01-01", "2024-06-01"], [10, 5], access="closed"),
        systems(["2024-02-01"], [8], region="china"),
    ])  # fmt: skip
    steps = lag.staircases(rows, lag.GROUPS)
    assert steps[["series", "value"]].values.tolist() == [
        ["closed", 10], ["closed", 10], ["open (China)", 8], ["open (China)", 8],
    ]  # fmt: skip
    assert steps.day.astype("str").tolist()[:2] == ["2024-01-01", "2024-06-01"]
    assert lag.staircases(rows[:0], lag.GROUPS).empty
    assert lag.ends_in_words(rows).endswith("closed in June 2024, open (China) in February 2024.")


def test_words_announce_only_what_is_clear():
    clear = median(pd.DataFrame({"days": np.arange(50.0, 70), "caught": True,
                                 "caught_by": [f"f{i}" for i in range(20)]}))  # fmt: skip
    vague = median(pd.DataFrame({"days": [0.0] * 10 + [60.0] * 10, "caught": True,
                                 "caught_by": [f"f{i}" for i in range(20)]}))  # fmt: skip
    assert (clear.side, vague.side) == ("above", "unclear")
    assert lag.in_words(OPEN, "ECI", clear).startswith("ECI: half of the records")
    assert "no clear lag" in lag.in_words(OPEN, "ECI", vague)
    table = pd.DataFrame({"comparison": "open weights behind closed", "median": [60.0, 0.0]})
    assert "run from 0 to 60 days" in lag.side_by_side(table)
    both = {("open", "eci"): clear, ("open", "arena"): vague}
    assert lag.title(table, both) == "Open weights clearly lag behind closed ones on 1 of 2 indices"
    assert "no clear lag" in lag.title(table, {("open", "arena"): vague})
    assert "after 59 days" in lag.title(table, {("open", "eci"): clear})
    assert lag.title(table, {}) == "Medians of 2 comparisons"
