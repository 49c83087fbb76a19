r"""The spread of something new as a logistic curve: how high, when, how fast.

The share of units of day t with a flag is taken to be :math:`p(t) = K / (1 + e^{-r (t - m)})`,
the curve of Griliches (Econometrica 25, 1957): *ceiling* K, at most 1, the share at which it
levels off; *midpoint* m, the day of half the ceiling; *rate* r, so that going from a tenth to
nine tenths of the ceiling takes :math:`\ln 81 / r`. Fitted by maximum likelihood, each unit
a binomial trial on its own day.

Units of one organisation resemble each other, so the likelihood of independent units is too
sure. The deviance of a profile is divided by the largest factor by which the sandwich
variance that allows for clusters (Liang and Zeger, Biometrika 73, 1986) exceeds the variance of
independent units, but by no less than 1 (a scalar parameter's case of Chandler and Bate,
Biometrika 94, 2007). The interval holds the values whose scaled deviance is below the quantile of
chi squared (Venzon and Moolgavkar, Applied Statistics 37, 1988).

While a curve still rises, its ceiling is not in the data: whatever the interval does not exclude
is left open. A curve is fitted only where the share rises by more than chance (`rise`).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from almanac.measures.counting import UNITS, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import FEW
from almanac.measures.writing import DAY

MONTHS = 12
DAYS = 365.25  # a year
PROFILE = "profile likelihood of a logistic curve, scaled for clusters by organisation"
NAMES = ("ceiling", "midpoint", "rate")
LOWEST = 0.01  # of the ceiling
RATES = (0.1, 60.0)  # a year: slower or faster than anything that months of releases can show
SUDDEN = 20.0  # a year: from a tenth to nine tenths in less than three months
BEYOND = 10.0  # years outside the data in which a midpoint is looked for


@dataclass(frozen=True)
class Curve:
    """A fitted logistic curve.

    Attributes
    ----------
    ceiling : share (0 to 1) at which it levels off
    midpoint : years since 1 January 2000 at half the ceiling
    rate : a year
    dispersion : how many times larger the variance of a parameter is at most than that of
        independent units, at least 1
    deviance : twice the negative log-likelihood
    rows : the units it is fitted to
    flag : their boolean column
    """

    ceiling: float
    midpoint: float
    rate: float
    dispersion: float
    deviance: float
    rows: pd.DataFrame
    flag: str

    def share(self, days: pd.Series) -> np.ndarray:
        """The fitted share (0 to 1) on each day."""
        return _share(np.array([self.ceiling, self.midpoint, self.rate]), _years(days))


def rise(units: pd.DataFrame, flag: str) -> float:
    """How clearly the share rises over time, as a standard normal deviate.

    The score test of a trend in a share, with the variance of its clusters (Rotnitzky and
    Jewell, Biometrika 77, 1990): under a share that does not change it is standard normal.

    Parameters
    ----------
    units : as `counting.units` gives them
    flag : a boolean column

    Raises
    ------
    ValueError
        If there are too few organisations for a variance, or nothing varies.
    """
    if units.organisation_id.nunique() < FEW:
        raise ValueError(f"a curve needs units of at least {FEW} organisations")
    years = _years(units.released_on)
    scores = (years - years.mean()) * (units[flag] - units[flag].mean())
    spread = float((np.bincount(pd.factorize(units.organisation_id)[0], scores) ** 2).sum())
    if spread == 0:
        raise ValueError("all units are of one day, or all have or lack the flag")
    return float(scores.sum() / np.sqrt(spread))


def fit(units: pd.DataFrame, flag: str, level: float) -> Curve:
    """The logistic curve of the share with `flag` over time.

    Parameters
    ----------
    units, flag : as `rise` takes them
    level : the curve is fitted if the share rises clearly at this level (two sides)

    Raises
    ------
    ValueError
        If the share does not rise clearly, or `rise` cannot tell.
    """
    from scipy.stats import norm

    if rise(units, flag) < norm.ppf((1 + level) / 2):
        raise ValueError("the share does not rise by more than chance makes of it")
    data = _daily(units, flag)
    middle = float(np.average(data.years, weights=data.hits))
    starts = [[ceiling, middle, rate] for ceiling in (0.6, 0.95) for rate in (1.0, 4.0)]
    best = min((_minimise(data, start) for start in starts), key=lambda found: found.fun)
    return Curve(
        *map(float, best.x),
        dispersion=_dispersion(best.x, units, flag),
        deviance=float(best.fun),
        rows=units,
        flag=flag,
    )


def ceiling(curve: Curve, unit: str, level: float) -> Estimate:
    """The share at which the curve levels off, from 0 to 1.

    Its upper end is open where a ceiling of 1 cannot be excluded: the curve may not level off
    before everything has the flag. Its neutral value is 1.

    Parameters
    ----------
    curve : as `fit` gives it
    unit : what a row is, a key of `counting.UNITS`
    level : of the interval
    """
    low, high = interval(curve, "ceiling", level)
    return Estimate(
        value=curve.ceiling,
        low=low,
        high=high,
        level=level,
        unit=f"share of {UNITS[unit]} at which the fitted curve levels off",
        method=PROFILE,
        **rests_on(curve.rows),
        kind="share",
        neutral=1.0,
    )


def midpoint(curve: Curve, unit: str, origin: str, level: float) -> Estimate:
    """Months from the day `origin` until the curve is at half its ceiling.

    Parameters
    ----------
    curve, unit, level : as in `ceiling`
    origin : the day from which months are counted
    """
    start = float(_years(pd.Series([pd.Timestamp(origin)])).iloc[0])
    low, high = (
        None if end is None else MONTHS * (end - start)
        for end in interval(curve, "midpoint", level)
    )
    return Estimate(
        value=MONTHS * (curve.midpoint - start),
        low=low,
        high=high,
        level=level,
        unit=f"months from {pd.Timestamp(origin):%Y-%m-%d} until the fitted share of {UNITS[unit]} "
        "is at half its ceiling",
        method=PROFILE,
        **rests_on(curve.rows),
        kind="count",
    )


def duration(curve: Curve, unit: str, level: float) -> Estimate:
    """Months that the curve takes from a tenth to nine tenths of its ceiling.

    Parameters
    ----------
    curve, unit, level : as in `ceiling`
    """
    # The faster, the shorter: the ends change places.
    high, low = (
        None if end is None else MONTHS * np.log(81) / end
        for end in interval(curve, "rate", level)
    )
    return Estimate(
        value=float(MONTHS * np.log(81) / curve.rate),
        low=low,
        high=high,
        level=level,
        unit=f"months in which the fitted share of {UNITS[unit]} goes from a tenth to nine tenths "
        "of its ceiling",
        method=PROFILE,
        **rests_on(curve.rows),
        kind="count",
    )


def interval(curve: Curve, name: str, level: float) -> tuple[float | None, float | None]:
    """Profile-likelihood interval of one parameter; an end that the data leave open is None.

    Parameters
    ----------
    curve : as `fit` gives it
    name : one of `NAMES`
    level : of the interval
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2

    data = _daily(curve.rows, curve.flag)
    place = NAMES.index(name)
    best = np.array([curve.ceiling, curve.midpoint, curve.rate])
    allowed = chi2.ppf(level, 1) * curve.dispersion

    # Of few units a sudden step may fit as well as a slow rise, with no way down from one to the
    # other: what the one leaves out is tried with the other.
    early = np.interp(0.1, data.hits.cumsum() / data.hits.sum(), data.years)
    starts = best, np.array([min(best[0], 0.5), early, SUDDEN])

    @cache
    def excess(value, kind):
        if value == best[place] and kind == 0:
            return -allowed
        start = np.where(np.arange(3) == place, value, starts[kind])
        return _minimise(data, start, held=place).fun - curve.deviance - allowed

    def end(limit):
        # Nothing lies between the best value and a limit that it has reached.
        if abs(best[place] - limit) < 1e-6:
            return None
        found = best[place]
        for kind in range(len(starts)):
            if excess(limit, kind) <= 0:
                return None
            if excess(found, kind) < 0:
                found = brentq(excess, found, limit, args=(kind,), xtol=1e-4)
        return float(found)

    low, high = map(end, _bounds(data)[place])
    return low, high


def earlier_ceilings(
    units: pd.DataFrame, flag: str, days: list[pd.Timestamp], unit: str, level: float
) -> pd.DataFrame:
    """The ceiling of the curve fitted to what had been released by each of some days.

    A ceiling is a forecast, and this is how such forecasts have fared.

    Parameters
    ----------
    units, flag, level : as `fit` takes them
    days : the last day of each fit
    unit : a key of `counting.UNITS`

    Returns
    -------
    DataFrame
        One row a day on which the share had risen clearly: day, n (units), ceiling, low, high
        (shares; blank where open) and midpoint (a day).
    """
    rows = []
    for day in days:
        try:
            curve = fit(units[units.released_on <= day], flag, level)
        except ValueError:
            continue
        found = ceiling(curve, unit, level)
        rows.append(
            {
                "day": pd.Timestamp(day),
                "n": found.n,
                "ceiling": found.value,
                "low": found.low,
                "high": found.high,
                "midpoint": day_of(curve.midpoint),
            }
        )
    table = pd.DataFrame(rows, columns=["day", "n", "ceiling", "low", "high", "midpoint"])
    return table.astype({"ceiling": float, "low": float, "high": float})


def missed(past: pd.DataFrame, what: str, share: float, when: str) -> str:
    """The last past ceiling that a later share has left behind, in words; empty if none has.

    Parameters
    ----------
    past : as `earlier_ceilings` gives it
    what : name of the units
    share, when : a later share (0 to 1), and of what time it is
    """
    found = past[past.high < share].tail(1)
    return "".join(
        f"A ceiling is a forecast, and it has failed before: fitted to the {row.n:,} {what} up to "
        f"{row.day:{DAY}}, the curve levelled off at {row.ceiling:.0%} ({row.low:.0%} to "
        f"{row.high:.0%}), and {when} then had {share:.0%}."
        for row in found.itertuples()
    )


def refitted(units: pd.DataFrame, flag: str, unit: str, level: float) -> str:
    """The ceiling of a curve fitted to these `units` alone, in words; empty if none is fitted.

    Parameters
    ----------
    units, flag, unit, level : as in `earlier_ceilings`
    """
    try:
        found = ceiling(fit(units, flag, level), unit, level)
    except ValueError:
        return ""
    value = "open above" if found.high is None else found.show()
    return (
        f"Fitted only to the {found.n:,} {UNITS[unit]} since "
        f"{units.released_on.min():{DAY}}, it is {value} ({found.show_interval()})."
    )


def day_of(years: float) -> pd.Timestamp:
    """The day that lies so many years after 1 January 2000."""
    return pd.Timestamp("2000-01-01") + pd.Timedelta(days=round(years * DAYS))


def fitted(curve: Curve, first: str | pd.Timestamp, last: str | pd.Timestamp) -> pd.DataFrame:
    """The curve from the day `first` to the day `last`: released_on and share, to four places."""
    days = pd.Series(pd.date_range(first, last, periods=60).normalize())
    return pd.DataFrame({"released_on": days, "share": curve.share(days).round(4)})


def _years(days: pd.Series) -> pd.Series:
    return (days - pd.Timestamp("2000-01-01")).dt.days / DAYS


def _daily(units: pd.DataFrame, flag: str) -> pd.DataFrame:
    """One row a day: years, hits and n."""
    days, of = np.unique(units.released_on.to_numpy(), return_inverse=True)
    hits = np.bincount(of, units[flag].to_numpy(float), len(days))
    counts = np.bincount(of).astype(float)
    return pd.DataFrame({"years": _years(pd.Series(days)), "hits": hits, "n": counts})


def _bounds(data: pd.DataFrame) -> list[tuple[float, float]]:
    return [(LOWEST, 1.0), (data.years.min() - BEYOND, data.years.max() + BEYOND), RATES]


def _share(parameters: np.ndarray, years) -> np.ndarray:
    from scipy.special import expit

    top, middle, rate = parameters
    return top * expit(rate * (np.asarray(years) - middle))


def _slopes(parameters: np.ndarray, years, share: np.ndarray) -> np.ndarray:
    """Derivatives of the share by each parameter, one row a parameter."""
    top, middle, rate = parameters
    reached = share / top
    bend = share * (1 - reached)
    return np.array([reached, -rate * bend, (np.asarray(years) - middle) * bend])


def _minimise(data: pd.DataFrame, start, held: int | None = None):
    """The parameters of least deviance, one of them held where it starts."""
    from scipy.optimize import minimize

    years, hits, n = data.years.to_numpy(), data.hits.to_numpy(), data.n.to_numpy()

    misses = n - hits

    def deviance(parameters):
        share = _share(parameters, years)
        safe = np.minimum(np.maximum(share, 1e-12), 1 - 1e-12)
        pull = hits / safe - misses / (1 - safe)
        value = -2 * (hits @ np.log(safe) + misses @ np.log1p(-safe))
        return value, -2 * _slopes(parameters, years, share) @ pull

    bounds = _bounds(data)
    if held is not None:
        bounds[held] = (start[held], start[held])
    # SLSQP: on three parameters L-BFGS-B spends its time waking the threads of linear algebra.
    options = {"ftol": 1e-9, "maxiter": 200}
    return minimize(deviance, start, jac=True, bounds=bounds, method="SLSQP", options=options)


def _dispersion(parameters: np.ndarray, units: pd.DataFrame, flag: str) -> float:
    """Variance with clusters over variance without, the largest of all parameters; at least 1.

    One factor for all: in simulations the smaller ones come out too small, and intervals with
    them too narrow.
    """
    years = _years(units.released_on)
    share = np.clip(_share(parameters, years), 1e-12, 1 - 1e-12)
    slopes = _slopes(parameters, years, share)
    information = (slopes / (share * (1 - share))) @ slopes.T
    scores = slopes * (units[flag].to_numpy() - share) / (share * (1 - share))
    of = pd.factorize(units.organisation_id)[0]
    sums = np.array([np.bincount(of, row) for row in scores]).T
    clusters = len(sums)
    # At a ceiling of 1 the scores do not sum to zero: their spread is around the mean.
    spread = clusters * np.cov(sums.T)
    without = np.linalg.pinv(information)
    with_clusters = without @ spread @ without
    return float(max(1, *(np.diag(with_clusters) / np.diag(without))))
