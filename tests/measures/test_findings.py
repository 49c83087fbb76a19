import pandas as pd
import pytest

from almanac.measures import counting, findings, shares, specifications, timeline
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
         "region_note": "moved" if k == 0 else None}
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
        return shares.difference(
            known[~known.is_moe], known[known.is_moe], "is_moe", unit, **DRAWS
        )

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
    assert share.ways == len(ways) - 3 and share.agree == str(share.ways)
    assert (count.here, count.lowest, count.highest) == ("40", "20", "40")
    assert count.farthest == "20: 10 B or more" and count.agree == "–"


def test_each_finding_at_each_quarter(told):
    models, units, them = told
    found = findings.at_past_quarters(
        them, models, units, "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-09-30"),
    )  # fmt: skip
    assert list(found.quarter) == ["2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4, incomplete"]
    assert list(found.releases) == ["12", "24", "34", "40"]
    assert found["MoE less dense"][0].startswith("100 (")


def test_a_quarter_without_a_value_is_blank_and_open_ends_are_named(told):
    models, units, them = told
    late = units.released_on > "2025-06-30"
    found = findings.at_past_quarters(
        them[1:], models, units[late], "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-12-31"),
    )  # fmt: skip
    assert list(found.quarter) == ["2025 Q3", "2025 Q4"]  # before them too few
    here = them[0].here
    row = pd.Series({"value": 3.0, "low": None, "high": 5.0})
    assert findings._with_ends(row, here) == "3 (open to 5)"


def test_nothing_defined_is_an_empty_table(told):
    models, units, them = told

    def never(*_):
        raise ValueError("too few")

    nothing = [Finding("nothing", them[1].here, never)]
    found = findings.at_past_quarters(
        nothing, models, units, "release", first="2025-01-01", as_of="2025-12-31",
        settled=pd.Timestamp("2025-12-31"),
    )  # fmt: skip
    assert found.empty and list(found) == ["quarter", "nothing"]
    assert findings.in_other_ways(nothing, {}, "2025-12-31").ways.tolist() == [0]
