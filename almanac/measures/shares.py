"""Shares of units with a property: one, a difference of two, and a series over time."""

from typing import Literal

import pandas as pd

from almanac.measures.counting import UNITS, half_years, lowest_grade, name_half_year
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, cluster_bootstrap, share_interval

Flag = Literal["is_moe", "is_reasoning", "flagship_is_moe"]


def share(
    units: pd.DataFrame, flag: Flag, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Share of `units` with `flag`, with its interval.

    The record aims to hold every release of note, so the interval does not speak of sampling
    from a list: it says how far the share would move if other organisations, like these, had
    shipped (a superpopulation reading).

    Args:
        units: as `counting.units` gives them.
        flag: a boolean column.
        unit: what a row is, a key of `counting.UNITS`.
        size, seed, level: of the cluster bootstrap; see `intervals`.
    """
    low, high, method = share_interval(units, flag, size=size, seed=seed, level=level)
    return Estimate(
        value=float(units[flag].mean()),
        low=low,
        high=high,
        level=level,
        n=len(units),
        organisations=units.organisation_id.nunique(),
        unit=f"share of {UNITS[unit]}",
        method=method,
        confidence=lowest_grade(units),
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
    dependence between the two shares.

    Raises:
        ValueError: if either side is empty.
    """
    if before.empty or after.empty:
        raise ValueError("a difference of shares needs units on both sides of the date")
    totals = (
        pd.concat([before.assign(side="before"), after.assign(side="after")])
        .groupby(["organisation_id", "side"])[flag]
        .agg(hits="sum", rows="size")
        .unstack(fill_value=0)
    )
    totals.columns = [f"{what}_{side}" for what, side in totals.columns]

    def points(sums):
        share_after = sums.hits_after / sums.rows_after
        return 100 * (share_after - sums.hits_before / sums.rows_before)

    low, high = cluster_bootstrap(totals, points, size=size, seed=seed, level=level)
    both = pd.concat([before, after])
    return Estimate(
        value=float(100 * (after[flag].mean() - before[flag].mean())),
        low=low,
        high=high,
        level=level,
        n=len(both),
        organisations=both.organisation_id.nunique(),
        unit=f"difference in the share of {UNITS[unit]}, percentage points",
        method=BOOTSTRAP,
        confidence=lowest_grade(both),
        kind="points",
    )


def by_half_year(
    units: pd.DataFrame, flag: Flag, as_of: str, *, size: int, seed: int, level: float
) -> pd.DataFrame:
    """The share with `flag` in each half-year.

    Returns:
        One row a half-year: period (its name), start (its first day), hits, n, organisations,
        share, low, high, method and complete (False for one that `as_of` cuts short).
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
