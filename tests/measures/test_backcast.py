import pandas as pd
import pytest

from almanac.measures import backcast
from almanac.measures.estimate import Estimate

SETTLED = pd.Timestamp("2025-06-30")


def count(models, units, day):
    if len(units) < 2:
        raise ValueError("too few")
    return Estimate(
        value=len(units), low=len(models), high=None, level=0.9, n=len(units), organisations=1,
        unit="units", method="", confidence="A",
    )  # fmt: skip


def quarters(units, days, **other):
    settings = dict(first="2024-12-31", as_of="2025-10-31", settled=SETTLED) | other
    table = units(["o"] * len(days), days)
    return backcast.by_quarter(table, table, count, **settings)


def test_each_quarter_counts_what_was_out_by_its_end(units):
    days = ["2024-06-01", "2025-03-31", "2025-04-01", "2025-07-01", "2025-10-31"]
    table = quarters(units, days)
    assert list(table.quarter) == ["2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4"]
    assert list(table.value) == [2, 3, 4, 5]
    assert list(table.low) == [2, 3, 4, 5]
    assert table.high.isna().all()
    assert table.day.iloc[-1] == pd.Timestamp("2025-10-31")


def test_what_is_not_settled_is_marked(units):
    table = quarters(units, ["2024-06-01", "2024-06-02"])
    assert list(table.settled) == [True, True, True, False, False]


def test_a_last_day_that_ends_a_quarter_stands_once(units):
    table = quarters(units, ["2024-06-01", "2024-06-02"], as_of="2025-09-30")
    assert list(table.quarter)[-2:] == ["2025 Q2", "2025 Q3"]
    assert table.day.is_unique


def test_quarters_without_enough_are_left_out_and_none_is_no_failure(units):
    assert quarters(units, ["2025-08-01", "2025-08-02"]).quarter.tolist() == ["2025 Q3", "2025 Q4"]
    none = quarters(units, ["2025-08-01"])
    assert none.empty and "settled" in none.columns


@pytest.mark.parametrize(
    ("updated", "as_of", "day"),
    [
        ("2026-11-25", "2026-10-31", "2026-06-30"),  # the end of the month five months before
        ("2026-11-30", "2026-10-31", "2026-06-30"),
        ("2026-11-25", "2026-03-15", "2026-03-15"),  # never after the last day counted
    ],
)
def test_the_settled_day(updated, as_of, day):
    assert backcast.settled_day(updated, as_of, 5) == pd.Timestamp(day)
