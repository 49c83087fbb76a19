"""Shares of units with a property: one, a difference of two, and a series over time."""

from typing import Literal

import numpy as np
import pandas as pd

from almanac.measures.counting import UNITS, Rows, half_years, name_half_year, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import (
    BOOTSTRAP,
    EXACT_DIFFERENCE,
    FEW,
    cluster_bootstrap,
    effective_n,
    exact_difference,
    share_interval,
    sums_by,
)

Flag = Literal["is_moe", "is_reasoning", "flagship_is_moe"]


def share(
    units: Rows, flag: Flag, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Share of `units` with `flag`, from 0 to 1, with its interval.

    The record aims to hold every release of note, so the interval does not speak of sampling
    from a list: it says how far the share would move if other organisations, like these, had
    shipped (a superpopulation reading).

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    flag : a boolean column
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If `units` is empty.
    """
    low, high, method = share_interval(units, flag, size=size, seed=seed, level=level)
    return Estimate(
        value=float(units[flag].mean()),
        low=low,
        high=high,
        level=level,
        unit=f"share of {UNITS[unit]}",
        method=method,
        **rests_on(units),
        kind="share",
    )


def difference(
    before: pd.DataFrame,
    after: pd.DataFrame,
    flag: Flag,
    unit: str,
    *,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """Share with `flag` after minus share before, in percentage points.

    Organisations are drawn again with all they shipped on both sides, which keeps the
    dependence between the two shares. Where that collapses (few organisations, a share of 0 or
    1) the exact intervals of the two shares are combined instead.

    Parameters
    ----------
    before, after : the two sides, each as `share` takes `units`
    flag, unit, size, seed, level : as in `share`

    Raises
    ------
    ValueError
        If either side is empty.
    """
    both = pd.concat([before, after])
    late = np.arange(len(both)) >= len(before)
    return difference_within(both, late, flag, unit, size=size, seed=seed, level=level)


def difference_within(
    units: Rows,
    late: np.ndarray,
    flag: Flag,
    unit: str,
    *,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """As `difference`, of the `units` that are `late` and those that are not.

    Parameters
    ----------
    units, flag, unit, size, seed, level : as in `share`
    late : bool, one a unit

    Raises
    ------
    ValueError
        If either side is empty.
    """
    if late.all() or not late.any():
        raise ValueError("a difference of shares needs units on both sides of the date")
    hits = np.asarray(units[flag], bool)
    totals = sums_by(
        units.organisation_id,
        hits_before=hits & ~late,
        rows_before=~late,
        hits_after=hits & late,
        rows_after=late,
    )

    def points(sums):
        share_after = sums.hits_after / sums.rows_after
        return 100 * (share_after - sums.hits_before / sums.rows_before)

    shares = hits[~late].mean(), hits[late].mean()
    if len(totals) < FEW or {0, 1} & set(shares):
        effective = effective_n(totals.rows_before), effective_n(totals.rows_after)
        low, high = (100 * end for end in exact_difference(*shares, *effective, level))
        method = EXACT_DIFFERENCE
    else:
        low, high = cluster_bootstrap(totals, points, size=size, seed=seed, level=level)
        method = BOOTSTRAP
    return Estimate(
        value=float(100 * (shares[1] - shares[0])),
        low=low,
        high=high,
        level=level,
        unit=f"difference in the share of {UNITS[unit]}, percentage points",
        method=method,
        **rests_on(units),
        kind="points",
        neutral=0.0,
    )


def change(
    units: Rows,
    flag: Flag,
    as_of: str | pd.Timestamp,
    unit: str,
    *,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """`difference` of the last half-year that is complete by `as_of` from the first that has units;
    if none is complete, of the last that has units.

    Raises
    ------
    ValueError
        If both are the same half-year.
    """
    starts = half_years(np.asarray(units.released_on))
    last = half_years(np.array(pd.Timestamp(as_of) + pd.Timedelta(days=1), starts.dtype))
    complete = starts[starts < last]
    counted = complete if len(complete) else starts
    first, last = counted.min(), counted.max()
    if first == last:
        raise ValueError("there is one half-year only: no change to measure")
    of_both = (starts == first) | (starts == last)
    return difference_within(
        units[of_both], starts[of_both] == last, flag, unit, size=size, seed=seed, level=level
    )


def ends(periods: pd.DataFrame) -> pd.DataFrame:
    """The first and the last complete half-year of `by_half_year`, or of all if none is."""
    complete = periods[periods.complete]
    return (complete if len(complete) else periods).iloc[[0, -1]]


def ends_in_words(periods: pd.DataFrame) -> str:
    """From which share to which: of the first and the last complete half-year."""
    first, last = ends(periods).itertuples()
    return f"from {first.share:.0%} in {first.period} to {last.share:.0%} in {last.period}"


def by_half_year(
    units: pd.DataFrame, flag: Flag, as_of: str, *, size: int, seed: int, level: float
) -> pd.DataFrame:
    """The share with `flag` in each half-year that has any units.

    Parameters
    ----------
    units, flag, size, seed, level : as in `share`
    as_of : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a half-year: period (its name), start (its first day), hits, n, organisations
        (counts), share, low, high (0 to 1, to four places), method and complete (False for one
        that `as_of` cuts short; a first day of counting within it is not known here).
    """
    rows = []
    for start, group in units.groupby(half_years(units.released_on)):
        low, high, method = share_interval(group, flag, size=size, seed=seed, level=level)
        rows.append(
            {
                "period": name_half_year(start),
                "start": start,
                "hits": int(group[flag].sum()),
                "n": len(group),
                "organisations": group.organisation_id.nunique(),
                "share": group[flag].mean(),
                "low": low,
                "high": high,
                "method": method,
                "complete": start + pd.DateOffset(months=6) <= pd.Timestamp(as_of)
                + pd.Timedelta(days=1),
            }
        )
    return pd.DataFrame(rows).round({"share": 4, "low": 4, "high": 4})
