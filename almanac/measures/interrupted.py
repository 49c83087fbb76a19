"""A share over time, broken at a day: its trend before, its trend after, and the jump between.

An interrupted series (Lopez Bernal, Cummins and Gasparrini, International Journal of Epidemiology
46, 2017, 348-355) with the log-odds of a share linear in time on either side of the day. Where
hardly any unit had the property before it, maximum likelihood sends the earlier line to minus
infinity (separation); Firth's penalised likelihood (Biometrika 80, 1993; for separation Heinze and
Schemper, Statistics in Medicine 21, 2002) keeps it finite, but a finite slope is not yet a known
one: `Break.hits_before` says what it rests on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from almanac.measures.counting import UNITS, rests_on
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


def fit(units: pd.DataFrame, flag: Flag, day: str | pd.Timestamp) -> Break:
    """The series of units with `flag`, broken at `day`, which itself is after.

    Assumes that the log-odds are linear on each side. That units are independent the estimate
    does not need, but an interval would: `jump` draws whole organisations.

    Parameters
    ----------
    units : as `counting.units` gives them
    flag : a boolean column
    day : where the series breaks

    Raises
    ------
    ValueError
        If there are fewer than `LEAST` units on a side, a side is a single day, or all of the
        units or none have the property.
    """
    cells = _Cells(units, flag, pd.Timestamp(day))
    counts = cells.counts()
    before, after = (cells.on(side, counts) for side in (False, True))
    if min(before[1], after[1]) < LEAST:
        raise ValueError(f"a broken series needs {LEAST} units on each side of the day")
    coefficients = cells.fit(counts)
    return Break(
        cells.day,
        *coefficients.tolist(),
        *before,
        *after,
        log_likelihood=cells.log_likelihood(coefficients, counts),
    )


def jump(
    units: pd.DataFrame,
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
    size, seed, level : of the cluster bootstrap, about a millisecond a draw

    Raises
    ------
    ValueError
        As `fit` does, if there are fewer than `FEW` organisations, or most draws leave no fit.
    """
    found = fit(units, flag, day)
    cells = _Cells(units, flag, found.day)
    owners, names = pd.factorize(units.organisation_id)
    if len(names) < FEW:
        raise ValueError(f"fewer than {FEW} organisations: the bootstrap is not to be relied on")
    jumps = []
    for weight in redraws(len(names), size, seed):
        try:
            before, _, after, _ = cells.fit(cells.counts(weight[owners]))
        except ValueError:
            continue
        jumps.append(100 * (_logistic(after) - _logistic(before)))
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
    whole = unbroken(units, flag) if units[flag].nunique() == 2 else 0.0
    rows = []
    for day in sorted({pd.Timestamp(day) for day in days}):
        try:
            found = fit(units, flag, day)
        except ValueError:
            continue
        if min(found.n_before, found.n_after) < least:
            continue
        rows.append(
            {
                "day": day,
                "before": found.before,
                "after": found.after,
                "jump": found.jump,
                "hits_before": found.hits_before,
                "gain": found.log_likelihood - whole,
            }
        )
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
    since = (units.released_on - units.released_on.min()).dt.days.to_numpy()
    design = np.column_stack([np.ones(len(units)), since / YEAR])
    having = units[flag].to_numpy(bool)
    terms = _log_likelihoods(design @ _firth(design, having, np.ones(len(units))), having)
    return float(terms.sum())


def by_month(units: pd.DataFrame, flag: Flag) -> pd.DataFrame:
    """The share with `flag` in each month that has units: month (its middle), hits, n, share."""
    start = units.released_on.dt.to_period("M").dt.to_timestamp()
    table = units.groupby(start)[flag].agg(hits="sum", n="size").rename_axis("month").reset_index()
    return table.assign(
        month=table.month + pd.Timedelta(days=14), share=(table.hits / table.n).round(4)
    )


class _Cells:
    """Units gathered by day and property, so that a fit needs a row a cell and not a unit."""

    def __init__(self, units: pd.DataFrame, flag: str, day: pd.Timestamp):
        since = (units.released_on - day).dt.days.to_numpy()
        cells, self.of_unit = np.unique(2 * since + units[flag].to_numpy(bool), return_inverse=True)
        years, self.later, self.having = cells // 2 / YEAR, cells >= 0, cells % 2 == 1
        self.day = day
        # each side has a level and a slope of its own, so that one fit holds both
        earlier, later = ~self.later, self.later
        self.design = np.column_stack([earlier, earlier * years, later, later * years])

    def counts(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Units in each cell, each unit weighted by a whole number."""
        return np.bincount(self.of_unit, weights, minlength=len(self.having))

    def on(self, side: bool, counts: np.ndarray) -> tuple[int, int]:
        """Units with the property and all units, before the day (False) or after (True)."""
        theirs = self.later == side
        return int(counts[theirs & self.having].sum()), int(counts[theirs].sum())

    def fit(self, counts: np.ndarray) -> np.ndarray:
        """Level and slope before, level and slope after."""
        used = counts > 0
        return _firth(self.design[used], self.having[used], counts[used])

    def log_likelihood(self, coefficients: np.ndarray, counts: np.ndarray) -> float:
        """Without the penalty; 0 for a side on which all or none have the property."""
        terms = counts * _log_likelihoods(self.design @ coefficients, self.having)
        return sum(
            float(terms[self.later == side].sum())
            for side in (False, True)
            if 0 < self.on(side, counts)[0] < self.on(side, counts)[1]
        )


def _firth(design: np.ndarray, having: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression of rows that stand for `counts` units each."""
    import warnings

    from firthmodels import FirthLogisticRegression
    from sklearn.exceptions import ConvergenceWarning

    model = FirthLogisticRegression(fit_intercept=False, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said by converged_, below
        model.fit(design, having, sample_weight=counts)
    if not model.converged_:
        raise ValueError("the logistic lines have no fit")
    return model.coef_


def _log_likelihoods(log_odds: np.ndarray, having: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0, np.where(having, -log_odds, log_odds))


def _logistic(log_odds):
    return 1 / (1 + np.exp(-log_odds))
