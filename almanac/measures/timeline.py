"""The release timeline: how often, by whom, how large."""

import numpy as np
import pandas as pd

from almanac.measures.counting import UNITS, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import (
    BOOTSTRAP,
    EXACT_BINOMIAL,
    FEW,
    cluster_bootstrap,
    effective_n,
    exact_binomial,
    sums_by,
)


def by_quarter(units: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Units a quarter and region.

    Parameters
    ----------
    units : as `counting.units` gives them
    as_of : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a quarter and region that has any: quarter (name), region, releases (count), start
        (first day of the quarter), complete (False for a quarter that `as_of` cuts short).
    """
    quarter = units.released_on.dt.to_period("Q")
    table = (
        units.groupby([quarter.rename("quarter"), "region"], observed=True)
        .size()
        .rename("releases")
        .reset_index()
    )
    ends = table.quarter.dt.end_time.dt.normalize()
    return table.assign(
        start=table.quarter.dt.start_time,
        complete=ends <= pd.Timestamp(as_of),
        quarter=table.quarter.map(lambda q: f"{q.year} Q{q.quarter}"),
    )


def rate_ratio(
    units: pd.DataFrame, as_of: str, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Units in the twelve months up to and with `as_of` over those in the twelve months before.

    `units` must be counted from at least two years before `as_of`, or the ratio is too high. With
    few organisations the interval is the exact binomial one of the recent units among both,
    as odds: given their sum, one of two Poisson counts is binomial (Przyborowski and
    Wilenski, Biometrika 31, 1940).

    Parameters
    ----------
    units : as `counting.units` gives them
    as_of : last day of the recent twelve months
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If either twelve months hold none.
    """
    # From the day after, so that months end where the calendar's do, leap years or not.
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    middle, start = end - pd.DateOffset(years=1), end - pd.DateOffset(years=2)
    day = units.released_on.to_numpy()  # a page compares hundreds of such ratios: keep it quick
    both = units[(day >= start) & (day < end)]
    late = both.released_on.to_numpy() >= middle
    if late.all() or not late.any():
        raise ValueError(f"no {UNITS[unit]} in one of the two years up to {as_of}")
    totals = sums_by(both.organisation_id, recent=late, earlier=~late)
    recent, earlier = late.sum(), (~late).sum()
    if len(totals) < FEW:
        ends = exact_binomial(recent / len(both), effective_n(totals.sum(axis=1)), level)
        low, high = (end / (1 - end) if end < 1 else None for end in ends)
        method = EXACT_BINOMIAL
    else:
        low, high = cluster_bootstrap(
            totals, lambda sums: sums.recent / sums.earlier, size=size, seed=seed, level=level
        )
        method = BOOTSTRAP
    return Estimate(
        value=float(recent / earlier),
        low=low,
        high=high,
        level=level,
        unit=f"{UNITS[unit]} in twelve months over those in the twelve months before",
        method=method,
        **rests_on(both),
        neutral=1,
    )


def count(units: pd.DataFrame, unit: str, level: float) -> Estimate:
    """How many units there are: an exact count of the record."""
    return Estimate(
        value=len(units),
        low=None,
        high=None,
        level=level,
        unit=UNITS[unit],
        method="count of the record",
        **rests_on(units),
        kind="count",
        exact=True,
    )


def largest_of_days(units: pd.DataFrame, column: str = "total_params_b") -> pd.DataFrame:
    """The largest unit of each day with any of known size, by day.

    Parameters
    ----------
    units : as `counting.units` gives them
    column : the size, in billions of parameters
    """
    known = units.dropna(subset=column).sort_values(["released_on", column])
    return known.drop_duplicates("released_on", keep="last", ignore_index=True)


def size_records(units: pd.DataFrame, column: str = "total_params_b") -> pd.DataFrame:
    """The units that were, on their day, the largest so far.

    Parameters
    ----------
    units, column : as in `largest_of_days`

    Returns
    -------
    DataFrame
        Rows of `units` in order of release, only those that exceed all before; of several on one
        day only the largest. Units of unknown size set none.
    """
    largest = largest_of_days(units, column)
    previous = largest[column].cummax().shift(fill_value=0)
    return largest[largest[column] > previous].reset_index(drop=True)


def records_by_chance(sizes: pd.Series, level: float) -> tuple[float, float, float]:
    """How many records the same sizes would set if their order were left to chance.

    Of sizes in random order one that occurs m times, with L larger ones beside it, sets a record
    with probability m / (m + L): one of the m has to come first of them all. Whether it does is
    independent of the order among the larger ones, so the number of records is a sum of
    independent events. Without ties this is the law of records in independent draws, 1/i for the
    i-th (Renyi 1962; Arnold, Balakrishnan and Nagaraja, Records, 1998, section 2.3). Records go on
    rising even when nothing changes, so a staircase alone shows no growth.

    Parameters
    ----------
    sizes : one a draw, in any order

    Returns
    -------
    The expected number, and the quantiles of its exact distribution that leave at most half of
    1 - `level` on either side.
    """
    times = sizes.value_counts().sort_index(ascending=False)
    chance = (times / times.cumsum()).to_numpy()
    distribution = np.ones(1)
    for record in chance:
        distribution = np.convolve(distribution, [1 - record, record])
    low, high = np.searchsorted(distribution.cumsum(), [(1 - level) / 2, (1 + level) / 2])
    return float(chance.sum()), float(low), float(high)


def median_size(units: pd.DataFrame, *, size: int, seed: int, level: float) -> pd.DataFrame:
    """Median total parameters of each year's units, with a cluster-bootstrap interval.

    Parameters
    ----------
    units : as `counting.units` gives them; those of unknown size are left out
    size, seed, level : of the cluster bootstrap; see `intervals`

    Returns
    -------
    DataFrame
        One row a year: year, n, organisations (counts), median_b, low_b, high_b (billions of
        parameters, to one place); no interval where organisations are too few for it.
    """
    rows = []
    for year, group in units.dropna(subset="total_params_b").groupby("year"):
        values = {o: g.to_numpy() for o, g in group.groupby("organisation_id").total_params_b}
        random = np.random.default_rng(seed)
        names = list(values)
        medians = [
            np.median(np.concatenate([values[names[i]] for i in draw]))
            for draw in random.integers(0, len(names), (size, len(names)))
        ]
        low, high = np.quantile(medians, [(1 - level) / 2, (1 + level) / 2])
        if len(names) < FEW:
            low = high = np.nan
        rows.append(
            {
                "year": int(year),
                "n": len(group),
                "organisations": len(names),
                "median_b": group.total_params_b.median(),
                "low_b": low,
                "high_b": high,
            }
        )
    return pd.DataFrame(rows).round(1)


def busiest(units: pd.DataFrame, most: int) -> pd.DataFrame:
    """The units of the `most` organisations that have shipped most often.

    Returns
    -------
    DataFrame
        Rows of `units` with ``rank``, 1 for the organisation with the most; equals by name.
    """
    counts = units.groupby("organisation").size()
    order = counts.sort_index().sort_values(ascending=False, kind="stable").head(most)
    rank = {name: place for place, name in enumerate(order.index, start=1)}
    chosen = units[units.organisation.isin(rank)]
    return chosen.assign(rank=chosen.organisation.map(rank))
