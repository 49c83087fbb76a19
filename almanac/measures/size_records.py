"""Which models were the largest of their day, and how many records chance alone would set."""

import numpy as np
import pandas as pd

from almanac.measures.counting import Rows, rows_at
from almanac.record import CLOSE


def largest_of_days(units: Rows, column: str = "total_params_b") -> Rows:
    """The largest unit of each day with any of known size, by day.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    column : the size, in billions of parameters
    """
    sizes, days = np.asarray(units[column], float), np.asarray(units.released_on)
    order = np.lexsort((sizes, days))
    order = order[np.isfinite(sizes[order])]
    last = np.append(days[order][1:] != days[order][:-1], True)[: len(order)]
    return rows_at(units, order[last])


def records(units: Rows, column: str = "total_params_b") -> Rows:
    """The units that were, on their day, the largest so far.

    Parameters
    ----------
    units, column : as in `largest_of_days`

    Returns
    -------
    Rows
        Those of `units`, in order of release, only those that exceed the record before by more than
        sizes are known to (`CLOSE`), so that 405 and 405.85 billion are one size; of several on
        one day only the largest. Units of unknown size set none.
    """
    largest = largest_of_days(units, column)
    found = _records(np.asarray(largest[column], float)[None])
    return rows_at(largest, np.flatnonzero(found[0]))


def by_chance(
    sizes: pd.Series, *, size: int, seed: int, level: float
) -> tuple[float, float, float]:
    """How many records the same sizes would set if their order were left to chance.

    Records go on rising even when nothing changes, so a staircase alone shows no growth: of
    independent draws the i-th is a record with probability 1/i (Renyi 1962; Arnold, Balakrishnan
    and Nagaraja, Records, 1998, section 2.3), less often where sizes tie. Simulated, since what
    counts as a tie depends on the record so far.

    Parameters
    ----------
    sizes : one a draw, in any order
    size, seed : number of random orders, seed of the generator

    Returns
    -------
    The mean number, and the quantiles that leave at most half of 1 - `level` on either side.
    """
    orders = np.tile(sizes.to_numpy(float), (size, 1))
    orders = np.random.default_rng(seed).permuted(orders, axis=1)
    records = _records(orders).sum(axis=1)
    low, high = np.quantile(
        records, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf"
    )
    return float(records.mean()), float(low), float(high)


def _records(orders: np.ndarray) -> np.ndarray:
    """Which of the sizes of each row are records, in the order of the columns."""
    before = np.maximum.accumulate(orders, axis=1)[:, :-1]
    rises = orders > np.hstack([np.zeros((len(orders), 1)), before])
    # only what is larger than all before it can be a record, and that is seldom
    rows, places = np.nonzero(rises)
    number = np.arange(len(rows)) - np.searchsorted(rows, rows)  # of its rise in its row
    found = np.zeros(orders.shape, bool)
    top = np.zeros(len(orders))
    for one in range(number.max(initial=-1) + 1):
        row, place = rows[number == one], places[number == one]
        high = orders[row, place] > top[row] * (1 + CLOSE["total_params_b"])
        found[row[high], place[high]] = True
        top[row[high]] = orders[row[high], place[high]]
    return found


def in_words(number: int, chance: tuple[float, float, float], level: float) -> str:
    """How a number of records compares with what chance sets, as `by_chance` gives it."""
    expected, low, high = chance
    return (
        f"That is {_against_chance(number, chance)}: the same sizes in random order set "
        f"{expected:.0f} records ({level:.0%} of the time between {low:.0f} and {high:.0f})."
    )


def title(holders: pd.DataFrame, chance: tuple[float, float, float]) -> str:
    """Title of a staircase of `records`, which rises whether or not anything changes."""
    first, last = holders.total_params_b.iloc[[0, -1]]
    return (
        f"From {first:,.4g} to {last:,.4g} billion parameters in {len(holders)} records: "
        f"{_against_chance(len(holders), chance)}"
    )


def _against_chance(number: int, chance: tuple[float, float, float]) -> str:
    _, low, high = chance
    if number > high:
        return "more than chance alone would set"
    return "fewer than chance alone would set" if number < low else "as many as chance may set"
