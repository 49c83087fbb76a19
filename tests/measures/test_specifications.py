from dataclasses import replace

import pandas as pd
import pytest

from almanac.measures import shares, specifications
from almanac.measures.estimate import Estimate
from almanac.measures.specifications import CHOICES

PERIOD = dict(first_date="2025-01-01", as_of="2025-12-31")


@pytest.fixture
def listed(models):
    """Three organisations; one has a doubtful region, one is on one list, days differ."""
    table = models(
        {"organisation_id": "acme", "total_params_b": 100.0, "architecture": "moe",
         "listed_in": "atom;hub", "announced_on": "2024-12-31"},
        {"organisation_id": "beta", "total_params_b": 15.0, "listed_in": "hub",
         "region_in_doubt": True, "hub_created_on": "2025-02-01"},
        {"organisation_id": "core", "total_params_b": 5.0, "listed_in": "atomic"},
    )  # fmt: skip
    days = ["announced_on", "hub_created_on"]
    return table.assign(**{day: pd.to_datetime(table[day]) for day in days})


@pytest.fixture
def chosen(listed):
    return specifications.selections(listed, **PERIOD)


def one(chosen, **choices):
    usual = dict(
        unit="release", size_floor_b=0.0, list="record", day="released", region_rule="as filed"
    )
    (found,) = [s for s in chosen if s.choices() == usual | choices]
    return found


def test_each_choice_changes_what_is_counted(chosen):
    sizes = lambda **choices: list(one(chosen, **choices).models.total_params_b)  # noqa: E731
    assert sizes() == [100, 15, 5]
    assert sizes(size_floor_b=10.0) == [100, 15]
    assert sizes(size_floor_b=70.0) == [100]
    assert sizes(list="atom") == [100]  # "atomic" is another list
    assert sizes(list="hub") == [100, 15]
    assert sizes(day="announced") == [15, 5]  # the first was announced before the first day
    assert sizes(region_rule="without doubtful") == [100, 5]
    by_hub = one(chosen, day="hub").models
    days = dict(zip(by_hub.total_params_b, by_hub.released_on, strict=True))
    assert days[15] == pd.Timestamp("2025-02-01")
    assert days[100] == pd.Timestamp("2025-03-01")  # none known: the day of release


def test_a_size_that_is_not_known_is_below_every_floor_but_none(listed):
    unknown = listed.assign(total_params_b=[float("nan"), 15.0, 5.0])
    chosen = specifications.selections(unknown, **PERIOD)
    assert [len(one(chosen, size_floor_b=f).models) for f in (0.0, 10.0)] == [3, 1]


def test_units_are_those_of_the_models(chosen):
    for selection in chosen:
        organisations = set(selection.models.organisation_id)
        assert set(selection.units.organisation_id) == organisations
        assert selection.units.n_models.sum() <= len(selection.models)


def test_what_leaves_nothing_is_no_specification(chosen):
    assert len(chosen) == len({tuple(s.choices().items()) for s in chosen})
    assert not [s for s in chosen if s.list == "atom" and s.day == "announced"]
    assert all(len(s.units) for s in chosen)


def of(selection):
    known = shares.share(selection.units, "is_moe", selection.unit, size=200, seed=1, level=0.9)
    return replace(known, neutral=0.5)


def test_a_curve_has_a_row_a_specification(chosen):
    table = specifications.curve(chosen, of)
    assert len(table) == len(chosen)
    assert list(table.columns) == [
        *CHOICES, "n", "organisations", "value", "low", "high", "side"
    ]  # fmt: skip
    everything = table.iloc[0]
    assert (everything.n, everything.value) == (3, pytest.approx(1 / 3, abs=1e-6))
    assert set(table.side) == {"unclear"}  # three organisations say nothing


def test_what_cannot_be_estimated_has_no_value_and_does_not_count(chosen):
    def fails(selection):
        if selection.unit == "family":
            raise ValueError("too few")
        return of(selection)

    table = specifications.curve(chosen, fails)
    assert table[table.unit == "family"].value.isna().all()
    assert specifications.share_on(table, "unclear") == 1
    options = set(specifications.by_choice(table, headline(0.5, 0.4, 0.6)).option)
    assert options >= {"releases", "models"} and "families" not in options


@pytest.fixture
def table():
    """A curve of four specifications around 1."""
    rows = [
        ("release", 0.0, 1.5, 1.2, 1.9, "above"),
        ("release", 70.0, 1.1, 0.8, 1.4, "unclear"),
        ("model", 0.0, 1.4, 1.1, 1.8, "above"),
        ("model", 70.0, 0.7, 0.5, 0.9, "below"),
        ("family", 0.0, None, None, None, None),
    ]
    frame = pd.DataFrame(rows, columns=["unit", "size_floor_b", "value", "low", "high", "side"])
    return frame.assign(
        list="record", day="released", region_rule="as filed", n=40, organisations=12
    )


def headline(value, low, high):
    return Estimate(
        value=value, low=low, high=high, level=0.9, n=9, organisations=9, unit="a ratio",
        method="", confidence="A", neutral=1.0,
    )  # fmt: skip


def test_agreement_counts_those_defined(table):
    assert specifications.share_on(table, "above") == 0.5
    assert specifications.farthest(table, "above").value == 0.7
    assert specifications.farthest(table, "below").value == 1.5
    # of those that leave the neutral value out, the surest
    assert specifications.farthest(table, "unclear").value == 0.7


def test_agreement_in_words_names_the_one_that_hurts_most(table):
    text = specifications.agreement(table, headline(1.5, 1.2, 1.9))
    assert text.startswith("In 2 of 4 ways of counting (50%) the whole interval lies above")
    assert "in 1 the whole interval lies below 1.00 and in 1 the interval includes" in text
    where = "the whole record, by day of release, all organisations"
    assert f"models of at least 70 B, {where}: 0.70" in text
    assert "n = 40 from 12 organisations" in text
    text = specifications.agreement(table, headline(1.5, 0.9, 1.9))
    assert "In 1 of 4 ways of counting (25%) the interval includes 1.00, as here; in 2 the" in text
    named = {"above": "China leads", "below": "the US leads"}
    text = specifications.agreement(table, headline(1.5, 0.9, 1.9), named)
    assert "as here; in 2 China leads and in 1 the US leads. The one" in text
    alike = specifications.agreement(table[:1], headline(1.5, 1.2, 1.9))
    assert "In 1 of 1 ways of counting (100%)" in alike and "as here. The one" in alike


def test_nothing_to_compare_is_said(table):
    empty = table.assign(value=None)
    assert "Too little" in specifications.agreement(empty, headline(1.5, 1.2, 1.9))


def test_what_each_choice_does(table):
    by = specifications.by_choice(table, headline(1.5, 1.2, 1.9)).set_index("option")
    assert by.loc["releases"].agree == "50%"
    assert (by.loc["70 B or more"].lowest, by.loc["70 B or more"].highest) == ("0.70", "1.10")
    assert by.loc["every size"].agree == "100%"
    assert by.loc["the whole record"].ways == 4
