from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from almanac import notebook
from almanac.measures import adoption, cadence, competing, counting, findings, firsts, interrupted
from almanac.measures import leaders, licences, shares, size_growth, size_records
from almanac.measures import specifications, timeline
from almanac.measures.findings import Finding

PERIOD = dict(first_date="2025-01-01", as_of="2025-12-31")
DRAWS = dict(size=100, seed=1, level=0.9)


@pytest.fixture
def table(models):
    """Twenty organisations with a large MoE and a small dense model each, released apart."""
    rows = [
        {"organisation_id": f"o{k}", "model_id": f"{k}{size}", "release_id": f"r{k}{size}",
         "family": f"F{size}", "total_params_b": size, "released_on": f"2025-{1 + k % 12:02}-10",
         "architecture": "moe" if size > 50 else "dense", "listed_in": "atom" if k < 15 else None,
         "region_in_doubt": True if k == 0 else None}
        for k in range(20) for size in (8.0, 100.0)
    ]  # fmt: skip
    days = {name: pd.Series(pd.NaT, range(40)) for name in ("announced_on", "hub_created_on")}
    return models(*rows).assign(**days)


@pytest.fixture
def told(table):
    """Models, units, and two findings: the share that is MoE, and how many there are."""
    chosen = counting.select(table, **PERIOD)
    units = counting.units(chosen, "release")

    def share(_, units, unit, day):
        known = units[units.released_on <= day]
        moe = np.asarray(known.is_moe)
        return shares.difference_within(known, moe, "is_moe", unit, **DRAWS)

    def count(_, units, unit, day):
        if len(units) < 10:
            raise ValueError("too few")
        return timeline.count(units, unit, 0.9)

    day = pd.Timestamp("2025-12-31")
    return chosen, units, [
        Finding("MoE less dense", share(chosen, units, "release", day), share),
        Finding("releases", count(chosen, units, "release", day), count),
    ]  # fmt: skip


def test_ways_make_one_choice_otherwise(table):
    chosen = specifications.selections(table, **PERIOD)
    ways = findings.one_choice_apart(chosen, "release", 0.0)
    assert set(ways) == {
        "models", "families", "10 B or more", "20 B or more", "70 B or more",
        specifications.LISTS["atom"], f"by {specifications.DAYS['announced']}",
        f"by {specifications.DAYS['hub']}", specifications.REGION_RULES["without doubtful"],
    }  # fmt: skip  # nothing is on the Hub's list
    page = {"unit": "release", "size_floor_b": 0.0, "list": "record", "day": "released",
            "region_rule": "as filed"}  # fmt: skip
    for way in ways.values():
        assert sum(page[name] != it for name, it in way.choices().items()) == 1
    between = findings.one_choice_apart(chosen, "model", 15.0)
    assert "every size" in between and "10 B or more" not in between  # 15 counts as 10


def test_each_finding_in_each_way(table, told):
    _, units, them = told
    ways = findings.one_choice_apart(specifications.selections(table, **PERIOD), "release", 0.0)
    found = findings.in_other_ways(them, ways, "2025-12-31").set_index("finding")
    share, count = found.loc["MoE less dense"], found.loc["releases"]
    # with a floor only MoE models are left: no difference to take
    assert share.ways == len(ways) - 3 and share.agree == share.ways
    assert (count.here, count.lowest, count.highest) == ("40", "20", "40")
    assert count.farthest == "20: 10 B or more" and pd.isna(count.agree)
    table = found.reset_index()
    one = "The one finding here that tests something reads"
    assert findings.in_words(table) == f"{one} the same in every way."
    some = table.assign(agree=2, ways=5)[:1]
    assert findings.in_words(some) == f"{one} otherwise in 3 of 5 ways."
    two = pd.concat([table[:1], table[:1].assign(agree=0)])
    assert findings.in_words(two) == (
        "Of 2 findings that test something, 1 reads the same in every way."
    )
    ways = [f"{share.ways} of {share.ways} agree", f"{len(ways)}"]
    assert list(findings.as_rows(table).ways) == ways
    assert findings.in_words(table[1:]) == ""
    assert "too little" in findings.in_words(table[:0])
    assert pd.isna(share.farthest)  # as it is here


def test_each_finding_at_each_half_year(told):
    models, units, them = told
    found = findings.at_half_years(
        them, models, units, "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-09-30"),
    )  # fmt: skip
    assert list(found.up_to) == ["2025 Q2", "2025 Q4, incomplete"]
    assert list(found.releases) == ["24", "40"]
    assert found["MoE less dense"][0].startswith("100 (")


def test_a_half_year_without_a_value_is_blank_and_open_ends_are_named(told):
    models, units, them = told
    late = units.released_on > "2025-06-30"
    found = findings.at_half_years(
        them[1:], models, units[late], "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-12-31"),
    )  # fmt: skip
    assert list(found.up_to) == ["2025 Q4"]  # before it too few
    half_open = replace(them[0].here, value=3.0, low=None, high=5.0)
    always = [Finding("half", them[0].here, lambda *_: half_open)]
    found = findings.at_half_years(
        always, models, units, "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-12-31"),
    )  # fmt: skip
    assert found.half.tolist() == ["3 (open to 5)"] * 2
    assert list(found.up_to) == ["2025 Q2", "2025 Q4"]


def test_without_a_neutral_value_ways_lie_within_the_interval(table, told):
    _, units, _ = told

    def share(_, units, unit, day):
        return shares.share(units, "is_moe", unit, **DRAWS)

    ways = findings.one_choice_apart(specifications.selections(table, **PERIOD), "release", 0.0)
    here = replace(share(None, units, "release", None), low=0.4, high=0.6)
    found = findings.in_other_ways([Finding("MoE", here, share)], ways, "2025-12-31")
    assert not found.tested[0] and found.agree[0] == found.ways[0] - 3  # not with a floor
    assert findings.as_rows(found).ways[0].endswith("within its interval")
    assert findings.in_words(found) == ""


def test_nothing_defined_is_an_empty_table(told):
    models, units, them = told

    def never(*_):
        raise ValueError("too few")

    nothing = [Finding("nothing", them[1].here, never), Finding("not here", None, them[0].again)]
    found = findings.at_half_years(
        nothing, models, units, "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-12-31"),
    )  # fmt: skip
    assert found.empty and list(found) == ["up_to", "nothing"]
    assert findings.in_other_ways(nothing, {}, "2025-12-31").ways.tolist() == [0]


DAY = pd.Timestamp("2026-06-30")
AGAIN = {  # what pages count again, of models and units
    "size": lambda models, units: size_growth.factor(
        size_growth.with_active(units, models), "active_params_b", 0.9, **DRAWS
    ),
    "records": lambda _, units: timeline.count(size_records.records(units), "release", 0.9),
    "cadence": lambda _, units: cadence.growth(
        units, cadence.monthly(units, first="2023-01-01", settled=DAY, as_of=DAY), "release",
        **DRAWS,
    ),
    "share": lambda _, units: shares.share(units, "flagship_is_moe", "release", **DRAWS),
    "change": lambda _, units: shares.change(units, "is_moe", "2025-12-31", "release", **DRAWS),
    "jump": lambda _, units: interrupted.jump(
        units[units.reasoning_known], "is_reasoning", "2025-01-20", "release", **DRAWS
    ),
    "moved": lambda _, units: adoption.share_moved(
        adoption.spells(firsts.firsts(units, "is_moe"), "2023-12-08", DAY), 18, "MoE", 0.9
    ),
    "first": lambda _, units: first_one(units),
    "lead": lambda _, units: leaders.lead(units, "china", "us", "release", **DRAWS),
    "concentration": lambda _, units: leaders.concentration(units, "release", **DRAWS),
    "licences": lambda models, units: licences.odds_ratios(
        licences.of_units(models, units, "release"), "release", base="us", level=0.9
    )["china"],
}  # fmt: skip


def first_one(units):
    since = competing.since(
        units, "is_reasoning", "2025-01-20", DAY, silent=365, most=12, level=0.9
    )
    return competing.followed(since, units, since.at(12), "reasoning model", level=0.9)


@pytest.fixture(scope="module")
def forms():
    """Models and releases of the record, as data frames and as record arrays."""
    record = notebook.read_record("data")
    graded = notebook.models_of(record, ["released_on", "total_params_b"])
    models = counting.select(graded, first_date="2023-01-01", as_of=DAY)
    also = ["active_params_b", "licence_class"]
    return (models, counting.units(models, "release")), counting.bare(models, "release", also=also)


@pytest.mark.parametrize("name", AGAIN)
def test_what_is_counted_again_is_what_the_page_counts(name, forms):
    page, bare = (asdict(AGAIN[name](*form)) for form in forms)
    numbers = [name for name, it in page.items() if isinstance(it, float)]
    for name in numbers:  # sums in another order
        assert bare.pop(name) == pytest.approx(page.pop(name), rel=1e-9), name
    assert bare == page
