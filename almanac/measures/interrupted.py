"""A share over time, broken at a day: its trend before, its trend after, and the jump between.

An interrupted series (Lopez Bernal, Cummins and Gasparrini, International Journal of Epidemiology
46, 2017, 348-355) with the log-odds of a share linear in time on either side of the day. Where
hardly any unit had the property before it, maximum likelihood sends the earlier line to minus
infinity; Firth's penalised likelihood (`firth`) keeps it finite, but a finite slope is not yet a
known one: `Break.hits_before` says what it rests on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from almanac.measures import firth
from almanac.measures.counting import UNITS, Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, FEW, redraws
from almanac.measures.shares import Flag

LEAST = 20  # units on each side of the day; with fewer a line through them says nothing
YEAR = 365.25  # days
SUPPORTED = 2.0  # log-likelihood below the best that is still about as good a fit
CLEAR = 7.0  # log-likelihood that the best of many days gains on no break, before it is news:
# in one of twenty simulated records without a break it is as much (tests/measures/test_interrupted)
FIRTH = "logistic lines before and after by Firth's penalised likelihood"


@dataclass(frozen=True)
class Break:
    """A share whose log-odds are linear in time, with a break at a day.

    Attributes
    ----------
    day : the first day after the break
    level_before, level_after : log-odds that the two lines reach on the day
    slope_before, slope_after : change of the log-odds, a year
    hits_before, n_before, hits_after, n_after : units with the property, and all, on each side
    log_likelihood : without the penalty, which depends on where the break is; a side where none
        or all of the units have the property adds nothing to it, as at its supremum
    """

    day: pd.Timestamp
    level_before: float
    slope_before: float
    level_after: float
    slope_after: float
    hits_before: int
    n_before: int
    hits_after: int
    n_after: int
    log_likelihood: float

    @property
    def before(self) -> float:
        """Share (0 to 1) that the earlier line has reached on the day."""
        return _logistic(self.level_before)

    @property
    def after(self) -> float:
        """Share (0 to 1) at which the later line begins on the day."""
        return _logistic(self.level_after)

    @property
    def jump(self) -> float:
        """From the one to the other, in percentage points."""
        return 100 * (self.after - self.before)

    def lines(self, first: pd.Timestamp, last: pd.Timestamp, points: int = 40) -> pd.DataFrame:
        """The two lines as shares: day, share (0 to 1, to four places) and side.

        Each side has `points` days, evenly from `first` to the break and from it to `last`.
        """
        parts = []
        for side, ends, level, slope in (
            ("before", (first, self.day), self.level_before, self.slope_before),
            ("after", (self.day, last), self.level_after, self.slope_after),
        ):
            days = pd.date_range(*ends, periods=points).normalize()
            years = (days - self.day).days.to_numpy() / YEAR
            share = _logistic(level + slope * years).round(4)
            parts.append(pd.DataFrame({"day": days, "share": share, "side": side}))
        return pd.concat(parts, ignore_index=True)


def fit(units: Rows, flag: Flag, day: str | pd.Timestamp) -> Break:
    """The series of units with `flag`, broken at `day`, which itself is after.

    Assumes that the log-odds are linear on each side. That units are independent the estimate
    does not need, but an interval would: `jump` draws whole organisations.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    flag : a boolean column
    day : where the series breaks

    Raises
    ------
    ValueError
        If there are fewer than `LEAST` units on a side, a side is a single day, or all of the
        units or none have the property.
    """
    (found,) = _breaks(units, flag, [pd.Timestamp(day)])
    if min(found.n_before, found.n_after) < LEAST:
        raise ValueError(f"a broken series needs {LEAST} units on each side of the day")
    if not 0 < found.hits_before + found.hits_after < len(units):
        raise ValueError("none or all of the units have the property: there is nothing to fit")
    if np.isnan(found.jump):
        raise ValueError("a side of the day is a single day: no line goes through it")
    return found


def jump(
    units: Rows,
    flag: Flag,
    day: str | pd.Timestamp,
    unit: str,
    *,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """By how many points the share jumps on `day`, over and above the trend on either side.

    Organisations are drawn again with all they shipped and both lines fitted anew; percentiles
    of the jump make the interval. Draws that leave no fit are left out.

    Parameters
    ----------
    units, flag, day : as `fit` takes them
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        As `fit` does, if there are fewer than `FEW` organisations, or most draws leave no fit.
    """
    found = fit(units, flag, day)
    series = _Series(units, flag)
    owners, names = pd.factorize(units.organisation_id)
    if len(names) < FEW:
        raise ValueError(f"fewer than {FEW} organisations: the bootstrap is not to be relied on")
    weights = redraws(len(names), size, seed)
    before, after = series.broken(found, *series.drawn(weights, owners))
    jumps = 100 * (_logistic(after.level) - _logistic(before.level))
    jumps = jumps[np.isfinite(jumps)]
    if len(jumps) < size / 2:
        raise ValueError("most draws leave no fit: too few units on a side")
    low, high = np.quantile(jumps, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=found.jump,
        low=float(low),
        high=float(high),
        level=level,
        unit=f"jump of the share of {UNITS[unit]} on the day, percentage points",
        method=f"{FIRTH}; {BOOTSTRAP}, {size} draws",
        **rests_on(units),
        kind="points",
        neutral=0,
    )


def candidates(
    units: pd.DataFrame, flag: Flag, days: Iterable[str | pd.Timestamp], *, least: int
) -> pd.DataFrame:
    """The same break at other days: which fits best, and how large is the jump where nothing is
    known to have happened?

    Parameters
    ----------
    units, flag : as `fit` takes them
    days : to try; those with fewer than `least` units on a side are passed over

    Returns
    -------
    DataFrame
        By day: day, before, after (shares on the day, 0 to 1), jump (points), hits_before (a
        count), gain (log-likelihood above one line without a break) and behind (below the best
        day, 0 for the best). Log-likelihoods take units as independent; organisations ship in
        bursts, so that fewer days are ruled out than it seems.
    """
    known = units[flag].nunique() == 2
    whole = unbroken(units, flag) if known else 0.0
    rows = [
        {
            "day": found.day,
            "before": found.before,
            "after": found.after,
            "jump": found.jump,
            "hits_before": found.hits_before,
            "gain": found.log_likelihood - whole,
        }
        for found in _breaks(units, flag, sorted({pd.Timestamp(day) for day in days}))
        if known and min(found.n_before, found.n_after) >= max(least, LEAST)
        and not np.isnan(found.jump)
    ]
    columns = ["day", "before", "after", "jump", "hits_before", "gain"]
    table = pd.DataFrame(rows, columns=columns)
    table["behind"] = table.gain.max() - table.gain
    return table.round({"before": 4, "after": 4, "jump": 2, "gain": 2, "behind": 2})


def marked(table: pd.DataFrame, day: str | pd.Timestamp, jump: Estimate | None) -> pd.DataFrame:
    """`candidates` with ``fits``, whether a day is among those that fit about best, and the
    interval of one of them (low, high: points; blank elsewhere)."""
    there = table.day == pd.Timestamp(day)
    low, high = (jump.low, jump.high) if jump else (None, None)
    return table.assign(
        fits=table.behind <= SUPPORTED,
        low=pd.Series(low, table.index, float).where(there).round(2),
        high=pd.Series(high, table.index, float).where(there).round(2),
    )


def unbroken(units: pd.DataFrame, flag: Flag) -> float:
    """Log-likelihood, without the penalty, of one line through all units."""
    series = _Series(units, flag)
    hits, counts = series.hits[None], series.counts[None]
    line = firth.lines(series.years, hits, counts)
    return float(_log_likelihoods(line.at(series.years), hits, counts)[0])


def by_month(units: pd.DataFrame, flag: Flag) -> pd.DataFrame:
    """The share with `flag` in each month that has units: month (its middle), hits, n, share."""
    start = units.released_on.dt.to_period("M").dt.to_timestamp()
    table = units.groupby(start)[flag].agg(hits="sum", n="size").rename_axis("month").reset_index()
    return table.assign(
        month=table.month + pd.Timedelta(days=14), share=(table.hits / table.n).round(4)
    )


class _Series:
    """Units gathered by day, with the units of each day that have the property."""

    def __init__(self, units: Rows, flag: str):
        self.days, self.of_unit = np.unique(np.asarray(units.released_on), return_inverse=True)
        self.having = np.asarray(units[flag], bool)
        self.counts = np.bincount(self.of_unit).astype(float)
        self.hits = np.bincount(self.of_unit, self.having, len(self.days))
        self.years = self.since(self.days[0])

    def since(self, day: pd.Timestamp | np.datetime64) -> np.ndarray:
        """Years of each day of the series since a day."""
        return (self.days - np.datetime64(day)) / np.timedelta64(1, "D") / YEAR

    def drawn(self, weights: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hits and counts of each day with each owner's units taken so often: (draws, days)."""
        shape = weights.shape[1], len(self.days)
        place = owners * shape[1] + self.of_unit
        return tuple(
            weights @ np.bincount(place, rows, shape[0] * shape[1]).reshape(shape)
            for rows in (self.having, None)
        )

    def broken(
        self, near: Break, hits: np.ndarray, counts: np.ndarray
    ) -> tuple[firth.Lines, firth.Lines]:
        """Lines before and after a break, for series like the one it is of: (series, days)."""
        years = self.since(near.day)
        before = years < 0
        return tuple(
            firth.lines(years[side], hits[:, side], counts[:, side], line)
            for side, line in (
                (before, (near.level_before, near.slope_before)),
                (~before, (near.level_after, near.slope_after)),
            )
        )


def _breaks(units: Rows, flag: str, days: list[pd.Timestamp]) -> list[Break]:
    """The series broken at each day; with nan where a side has no line."""
    series = _Series(units, flag)
    late = series.days >= np.array(days, series.days.dtype)[:, None]
    sides = ~late, late
    counts, hits = ([side * of_day for side in sides] for of_day in (series.counts, series.hits))
    fits = [firth.lines(series.years, h, n) for h, n in zip(hits, counts, strict=True)]
    times = -np.array([series.since(day)[0] for day in days])  # of each day, in series.years
    sums = [[of.sum(axis=1) for of in side] for side in zip(hits, counts, strict=True)]
    gains = [
        # a side on which all or none have it is at its supremum
        np.where((0 < some) & (some < every), _log_likelihoods(line.at(series.years), h, n), 0)
        for line, h, n, (some, every) in zip(fits, hits, counts, sums, strict=True)
    ]
    return [
        Break(
            day,
            *(float(number[place]) for line in fits for number in line.since(times)),
            *(int(number[place]) for side in sums for number in side),
            log_likelihood=float(sum(gain[place] for gain in gains)),
        )
        for place, day in enumerate(days)
    ]


def _log_likelihoods(odds: np.ndarray, hits: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Without the penalty, of each series: (series, days) all."""
    with np.errstate(invalid="ignore"):  # nan where there is no line
        return (hits * odds - counts * np.logaddexp(0, odds)).sum(axis=1)


def _logistic(log_odds):
    return 1 / (1 + np.exp(-log_odds))
