import numpy as np
import pandas as pd
import pytest

from almanac.measures import adoption
from almanac.measures.adoption import MONTH

ORIGIN, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01")
WHAT = "an MoE model"


def began(*rows):
    """Organisations from (entered, first of the kind or None, last), in days after the origin."""
    table = pd.DataFrame(rows, columns=["entered_on", "first_on", "last_on"], dtype="Float64")
    table = table.apply(lambda days: ORIGIN + pd.to_timedelta(days.astype(float), "D"))
    names = [f"o{number}" for number in range(len(table))]
    return table.assign(
        organisation_id=names, organisation=names, grade="A",
        at_once=table.first_on == table.entered_on,
    )  # fmt: skip


def test_what_becomes_of_each():
    table = began(
        (-90, -30, 500),  # moved before the origin
        (-90, None, 500),
        (10, 10, 500),  # began with it
        (10, 40, 500),
        (900, None, 900),  # began after the last day
        (10, 800, 800),  # moved after the last day
        (900, 900, 900),
    )
    assert adoption.groups(table, ORIGIN, LAST).tolist() == [
        "before", "watched", "at once", "watched", "later", "watched", "later",
    ]  # fmt: skip


def test_late_entry_by_hand():
    """Risk sets of 2, 2 (one has entered, one moved) and 1: 1/2 x 1/2, then nothing more."""
    table = began((-90, 30, 700), (-90, 90, 700), (60, None, 700), (95, None, 700))
    rows = adoption.spells(table, ORIGIN, LAST)
    assert rows.entry.tolist() == pytest.approx([0, 0, 60 / MONTH, 95 / MONTH])
    assert rows.exit.tolist() == pytest.approx([30 / MONTH, 90 / MONTH] + [731 / MONTH] * 2)
    found = adoption.curve(rows, 0.9)
    assert found.share.tolist() == [0, 0.5, 0.75, 0.75]
    assert found.at_risk.tolist() == [2, 2, 2, 2]
    # Without late entry all four would be at risk at first, and the share too low.
    assert adoption.curve(rows.assign(entry=0.0), 0.9).share.tolist() == [0, 0.25, 0.5, 0.5]


def test_greenwoods_interval_by_hand():
    """Ten at risk, one moves: S = 0.9 and exp(-exp(log(-log S) +- z se)) with
    se^2 = 1 / (10 x 9) / log(S)^2."""
    rows = adoption.spells(began(*[(-9, 30, 700)] + [(-9, None, 700)] * 9), ORIGIN, LAST)
    found = adoption.share_moved(rows, 12, WHAT, 0.9)
    spread = 1.6448536 * np.sqrt(1 / 90) / abs(np.log(0.9))
    ends = 1 - np.exp(-np.exp(np.log(-np.log(0.9)) + np.array([-spread, spread])))
    assert found.value == pytest.approx(0.1)
    assert (found.low, found.high) == pytest.approx(tuple(ends))
    assert (found.n, found.organisations, found.kind) == (10, 10, "share")


def test_the_silent_leave_after_some_months_or_stay():
    table = began((-30, None, 0), (-900, None, -800), (-30, 600, 600))
    staying = adoption.spells(table, ORIGIN, LAST)
    assert staying.exit.tolist() == pytest.approx([731 / MONTH, 731 / MONTH, 600 / MONTH])
    leaving = adoption.spells(table, ORIGIN, LAST, silent_months=12)
    assert leaving.organisation_id.tolist() == ["o0", "o2"]  # one was silent before the origin
    assert leaving.exit.tolist() == pytest.approx([366 / MONTH, 600 / MONTH])
    assert leaving.moved.tolist() == [False, True]


def test_a_clock_of_its_own_starts_at_the_first_release():
    table = began((-60, 30, 700), (100, 160, 700), (100, 100, 700))
    rows = adoption.spells(table, ORIGIN, LAST, own_clock=True)
    assert rows.entry.tolist() == pytest.approx([60 / MONTH, 0, 0])
    assert rows.exit.tolist() == pytest.approx([90 / MONTH, 60 / MONTH, 0])
    # Who began with it has moved at month zero: one of two at risk.
    assert adoption.curve(rows, 0.9).share.tolist() == [0.5, 1, 1]


def test_a_day_past_the_last_has_not_happened():
    rows = adoption.spells(began((-30, 800, 900)), ORIGIN, LAST)
    assert not rows.moved.any() and rows.exit.tolist() == pytest.approx([731 / MONTH])


def test_the_median_and_its_open_end():
    rows = adoption.spells(began(*[(-9, 30 * k, 700) for k in range(1, 9)]), ORIGIN, LAST)
    found = adoption.median_months(rows, WHAT, 0.9)
    assert found.value == pytest.approx(120 / MONTH)
    assert found.low < found.value < found.high
    table = began(*[(-9, 30 * k, 700) for k in range(1, 5)], *[(-9, None, 700)] * 4)
    found = adoption.median_months(adoption.spells(table, ORIGIN, LAST), WHAT, 0.9)
    assert found.high is None and found.low is not None
    few = adoption.spells(began((-9, 30, 700), *[(-9, None, 700)] * 4), ORIGIN, LAST)
    with pytest.raises(ValueError, match="fewer than half"):
        adoption.median_months(few, WHAT, 0.9)


def test_where_nobody_moves_the_interval_is_exact():
    rows = adoption.spells(began(*[(-9, None, 700)] * 20), ORIGIN, LAST)
    found = adoption.share_moved(rows, 24, WHAT, 0.9)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 20))


def test_nobody_under_observation():
    with pytest.raises(ValueError, match="under observation"):
        adoption.share_moved(adoption.spells(began((10, 10, 20)), ORIGIN, LAST), 12, WHAT, 0.9)
    rows = adoption.spells(began((-9, 30, 700)), ORIGIN, LAST)
    with pytest.raises(ValueError, match="12 months"):
        adoption.share_moved(rows, 12, WHAT, 0.9)


def test_every_rule_has_a_row_even_where_nothing_can_be_said():
    table = began(*[(-9, 30 * k, 700) for k in range(1, 9)])
    settings = dict(months=3, silent_months=12, what=WHAT, level=0.9)
    found = adoption.by_rule(table, ORIGIN, LAST, **settings)
    assert found.moved.tolist() == [8] * 4 and found.share.notna().all()
    nothing = adoption.by_rule(table.head(0), ORIGIN, LAST, **settings)
    assert nothing.organisations.tolist() == [0] * 4 and nothing.share.isna().all()


def planted(seed, rate, organisations=150):
    """Organisations that enter from a year before the origin on and move at a constant rate a
    month from the origin or their entry on; those that begin with it are in as well."""
    random = np.random.default_rng(seed)
    entered = random.uniform(-365, 700, organisations).round()
    waits = random.exponential(MONTH / rate, organisations) if rate else np.full(organisations, 9e4)
    first = np.ceil(np.maximum(entered, 0) + waits)
    at_once = random.random(organisations) < 0.1
    first = np.where(at_once, entered, first)
    last = np.maximum(entered, 700)
    rows = zip(entered, np.where(first > 5000, None, first), last, strict=True)
    return began(*rows)


def recovered(seed, rate=0.03, months=18):
    rows = adoption.spells(planted(seed, rate), ORIGIN, LAST)
    return adoption.share_moved(rows, months, WHAT, 0.9)


def test_a_planted_pace_is_found_in_spite_of_late_entry():
    truth = 1 - np.exp(-0.03 * 18)
    found = [recovered(seed) for seed in range(30)]
    values = np.array([estimate.value for estimate in found])
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 3 * error
    naive = [
        adoption.share_moved(
            adoption.spells(planted(seed, 0.03), ORIGIN, LAST).assign(entry=0.0), 18, WHAT, 0.9
        ).value
        for seed in range(30)
    ]
    assert np.mean(naive) < truth - 6 * error  # late comers counted from the origin look slow


def test_where_nobody_moves_nothing_is_found():
    found = recovered(1, rate=0)
    assert found.value == 0 and found.low == 0


@pytest.mark.soak
def test_coverage_of_a_planted_pace():
    truth = 1 - np.exp(-0.03 * 18)
    found = [recovered(seed) for seed in range(600)]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in found])
    assert 0.87 < covered < 0.93
