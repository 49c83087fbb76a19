
import numpy as np
import pandas as pd
import pytest

from almanac.measures import timeline
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, EXACT_BINOMIAL, exact_binomial

DRAWS = dict(size=400, seed=7, level=0.9)
MANY = [f"o{i:02}" for i in range(20)]


def test_quarters_by_region(units):
    table = units(
        "abcd", ["2025-03-31", "2025-04-01", "2025-06-30", "2025-06-30"],
        region=["us", "us", "us", "china"],
    )  # fmt: skip
    found = timeline.by_quarter(table, "2025-06-30")
    assert found[["quarter", "region", "releases"]].to_numpy().tolist() == [
        ["2025 Q1", "us", 1],
        ["2025 Q2", "china", 1],
        ["2025 Q2", "us", 2],
    ]
    assert list(found.start.dt.strftime("%m-%d")) == ["01-01", "04-01", "04-01"]


@pytest.mark.parametrize(
    ("as_of", "complete"),
    [("2025-06-29", False), ("2025-06-30", True), ("2025-07-01", True)],
)
def test_a_quarter_is_complete_on_its_last_day(units, as_of, complete):
    assert list(timeline.by_quarter(units("a", "2025-05-05"), as_of).complete) == [complete]


def rate(table, as_of, **other):
    return timeline.rate_ratio(table, as_of, "release", **DRAWS | other)


@pytest.mark.parametrize(
    ("as_of", "recent", "earlier", "neither"),
    [
        ("2026-10-31", ["2025-11-01", "2026-10-31"], ["2024-11-01", "2025-10-31"],
         ["2024-10-31", "2026-11-01"]),
        # In leap years too: a year to the end of February begins on the first of March.
        ("2025-02-28", ["2024-03-01", "2025-02-28"], ["2023-03-01", "2024-02-29"],
         ["2023-02-28", "2025-03-01"]),
        ("2024-02-29", ["2023-03-01", "2024-02-29"], ["2022-03-01", "2023-02-28"],
         ["2022-02-28", "2024-03-01"]),
    ],
)  # fmt: skip
def test_the_two_years_meet_without_gap_or_overlap(units, as_of, recent, earlier, neither):
    days = recent + earlier + neither
    found = rate(units("a" * len(days), days), as_of)
    assert (found.value, found.n) == (1, 4)
    assert found.neutral == 1
    assert rate(units("aaa", recent + earlier[:1]), as_of).value == 2
    assert rate(units("aaa", recent[:1] + earlier), as_of).value == 0.5


def test_few_organisations_get_the_exact_interval_as_odds(units):
    found = rate(units("aabb", ["2026-01-01", "2026-01-01", "2026-01-01", "2025-01-01"]),
                 "2026-10-31")  # fmt: skip
    assert (found.value, found.method) == (3, EXACT_BINOMIAL)
    low, high = exact_binomial(3 / 4, 2, 0.9)
    assert (found.low, found.high) == pytest.approx((low / (1 - low), high / (1 - high)))


def test_many_organisations_are_drawn_again(units):
    days = ["2026-01-01"] * 20 + ["2025-01-01"] * 10
    table = units(MANY + MANY[:10], days)
    found = rate(table, "2026-10-31")
    assert (found.value, found.n, found.organisations) == (2, 30, 20)
    assert (found.method, found.kind) == (BOOTSTRAP, "ratio")
    assert 1 < found.low < 2 < found.high < 5
    assert rate(table, "2026-10-31") == found
    assert rate(table, "2026-10-31", seed=8) != found


@pytest.mark.parametrize("day", ["2026-01-01", "2025-01-01"])
def test_an_empty_year_has_no_ratio(units, day):
    with pytest.raises(ValueError, match="no releases in one of the two years up to 2026-10-31"):
        rate(units("ab", [day, day]), "2026-10-31")


def test_a_count_is_exact(units):
    found = timeline.count(units("aab", grade=["A", "B", "A"]), "model", 0.9)
    assert (found.value, found.n, found.organisations, found.unit) == (3, 3, 2, "models")
    assert found.exact and found.low is None and found.high is None
    assert found.confidence == "B"


def test_nothing_cannot_be_counted(units):
    with pytest.raises(ValueError, match="no rows"):
        timeline.count(units("a")[:0], "model", 0.9)


def test_the_busiest_are_ranked_and_equals_go_by_name(units):
    found = timeline.busiest(units("cbbaacd"), 3)
    ranks = found.drop_duplicates("organisation").set_index("organisation")["rank"]
    assert ranks.to_dict() == {"A": 1, "B": 2, "C": 3}
    assert len(found) == 6
    assert list(timeline.busiest(units("dbbb"), 1).organisation) == ["B"] * 3


def ratio(value, low, high):
    return Estimate(
        value=value, low=low, high=high, level=0.9, n=30, organisations=20, unit="ratio",
        method="none", confidence="A", neutral=1,
    )  # fmt: skip


SIDES = {
    "above": ratio(1.5, 1.2, 1.9), "below": ratio(0.5, 0.4, 0.8), "unclear": ratio(1.2, 0.8, 2)
}  # fmt: skip


def test_words_announce_only_what_the_interval_does():
    said = {side: timeline.rate_in_words(found, "releases", "30 June 2026")
            for side, found in SIDES.items()}  # fmt: skip
    assert said["above"].startswith("Releases have become more frequent: in the twelve months to")
    assert said["below"].startswith("Releases have become less frequent")
    assert said["unclear"].startswith("It is not clear whether releases have become more or less")
    trends = {side: timeline.trend_in_words("The count", found) for side, found in SIDES.items()}
    assert "grew by" in trends["above"] and "fell, to" in trends["below"]
    assert trends["unclear"].startswith("The count shows no clear trend")
    bends = {side: timeline.bend_in_words(found) for side, found in SIDES.items()}
    assert "quickened:" in bends["above"] and "slowed:" in bends["below"]
    assert bends["unclear"].startswith("It is not clear")
    for text in [*said.values(), *trends.values(), *bends.values()]:
        assert "{value}" in text and "{interval}" in text


@pytest.mark.parametrize(
    ("grew", "bend", "late", "title"),
    [
        (None, None, None, "Releases a quarter, by region"),
        ("above", "unclear", None, "Releases a month grew by a factor of 1.50 a year on average"),
        ("above", "below", "above", "Releases a month grew by a factor of 1.50 a year on average, "
         "and the pace slowed"),
        ("above", "below", "unclear", "No clear trend in releases a month that does not rest on "
         "the first months counted"),
        ("below", "below", "below", "Releases a month fell, on average to 0.50 times as many each "
         "year"),
        ("unclear", "below", "unclear", "No clear trend in releases a month: a factor of 1.20 a "
         "year, 90% interval: 0.80 to 2.00"),
    ],
)  # fmt: skip
def test_the_title_of_counts_over_time(grew, bend, late, title):
    found = (SIDES.get(side) for side in (grew, bend, late))
    assert timeline.cadence_title("releases", *found) == title


def test_what_it_would_be_to_the_last_day(units):
    table = units("ab" * 3, ["2024-06-01"] * 2 + ["2025-06-01"] * 3 + ["2026-06-01"])
    settled = pd.Timestamp("2025-12-31")
    found = timeline.to_latest(table, settled, "2026-12-31", "release", **DRAWS)
    assert found.startswith("To 31 December 2026 it would be 0.33 (90% interval")
    assert timeline.to_latest(table, settled, "2025-12-31", "release", **DRAWS) == ""
    assert timeline.to_latest(table, settled, "2029-12-31", "release", **DRAWS) == ""


def test_the_busiest_share_the_lead(units):
    assert timeline.busiest_title(timeline.busiest(units("aab"), 2), "releases") == (
        "A has shipped most often: 2 releases"
    )
    assert timeline.busiest_title(timeline.busiest(units("aabb"), 2), "releases") == (
        "2 organisations share the lead with 2 releases each"
    )


def test_how_many_ways_of_counting_agree():
    curve = pd.DataFrame({"value": [1.0, 2, 3, None], "side": ["unclear", "above", "above", None]})
    assert timeline.sturdy_title(curve, SIDES["above"]) == (
        "In 67% of 3 ways of counting the twelve months hold clearly more than the twelve before"
    )
    assert "33% of 3 ways of counting there is no clear" in timeline.sturdy_title(
        curve, SIDES["unclear"]
    )


def past(*rows):
    table = pd.DataFrame(rows, columns=["day", "value", "low", "high", "settled"])
    return table.assign(day=pd.to_datetime(table.day))


def test_then_and_now_in_words():
    table = past(
        ("2025-03-31", 1.5, 1.1, 2, True), ("2025-06-30", 1.2, 0.9, 2, True),
        ("2025-09-30", 0.4, 0.3, 0.5, False),
    )  # fmt: skip
    assert timeline.then_in_words(table) == (
        "The same ratio would have read 1.50 at 31 March 2025 and 1.20 at 30 June 2025. The ratio "
        "was clearly above 1 in 1 of 2 settled quarters, clearly below in 0."
    )
    assert timeline.then_title(table[1:]) == (
        "In none of 1 settled quarters was the ratio clearly above or below 1"
    )
    assert "read 1.20 at 30 June 2025. In none" in timeline.then_in_words(table[1:])
    assert timeline.then_in_words(table[2:]) == "No past quarter has two whole years before it."


def test_where_as_many_come_each_quarter_the_rate_is_unclear(units):
    starts = pd.period_range("2023Q1", "2025Q4", freq="Q").start_time
    table = units(MANY * len(starts), np.repeat(starts, len(MANY)))
    found = rate(table, "2025-12-31")
    assert (found.value, found.side) == (1, "unclear")


def test_a_planted_rate_is_found_without_bias(units):
    random, found = np.random.default_rng(1), []
    for _ in range(60):
        rates = random.gamma(1, 3, 40)
        years = random.poisson(rates), random.poisson(1.5 * rates)
        names = [f"o{n:02}" for year in years for n in np.repeat(range(40), year)]
        days = np.repeat(["2024-06-01", "2025-06-01"], [year.sum() for year in years])
        found.append(np.log(rate(units(names, days), "2025-12-31").value))
    assert np.mean(found) == pytest.approx(np.log(1.5), abs=3 * np.std(found) / np.sqrt(60))


def test_factors_as_rows_of_a_table():
    found = timeline.as_rows({"All": SIDES["above"]}, "region")
    assert found.to_dict("records") == [
        {"region": "All", "n": 30, "organisations": 20, "factor a year": "1.50",
         "90% interval": "1.20 to 1.90"}
    ]  # fmt: skip
    assert timeline.as_rows({}, "region").empty
