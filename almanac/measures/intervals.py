"""Intervals for shares, differences and ratios when organisations ship in bursts.

Releases of one organisation resemble each other, so the organisation and not the release is
the unit that is drawn again: a cluster bootstrap (Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 3.8). Where that collapses, with few organisations or at a
share of 0 or 1, the interval is exact binomial (Clopper and Pearson, 1934) at the effective
number of independent rows.

The bootstrap covers less than it aims at where few organisations have the property: at 90 %,
simulation gives about 80 % for a share of 0.05 among 40 organisations.
"""

from collections.abc import Callable
from functools import lru_cache
from math import hypot

import numpy as np
import pandas as pd

FEW = 10  # organisations; with fewer the bootstrap's coverage is poor

BOOTSTRAP = "cluster bootstrap by organisation"
EXACT_BINOMIAL = "exact binomial at the effective n"
EXACT_DIFFERENCE = "exact binomial of each share at its effective n, combined"


def cluster_bootstrap(
    totals: np.recarray,
    statistic: Callable[[np.recarray], np.ndarray],
    *,
    size: int,
    seed: int,
    level: float,
) -> tuple[float, float]:
    """Percentile interval of a statistic of sums over organisations.

    Parameters
    ----------
    totals : one row an organisation, one field a sum that the statistic needs, as `sums_by` and
        `sums_of` give them
    statistic : takes rows with the fields of `totals`, one a draw, and gives one value a row;
        draws where it is not finite are left out
    size : number of draws
    seed : of the random generator; the same seed gives the same interval
    level : coverage aimed at, between 0 and 1

    Returns
    -------
    The two ends, in the unit of the statistic.

    Raises
    ------
    ValueError
        If there are fewer than two organisations, or the statistic is finite in no draw.
    """
    clusters = len(totals)
    if clusters < 2:  # every draw would be the same: an interval without width
        raise ValueError("an interval needs rows of at least two organisations")
    draws = _sums(redraws(clusters, size, seed) @ _matrix(totals), totals.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(statistic(draws))
    values = values[np.isfinite(values)]
    if not len(values):
        raise ValueError("the statistic is undefined in every draw: too few rows")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=256)
def redraws(clusters: int, size: int, seed: int) -> np.ndarray:
    """How often each of `clusters` is in each of `size` draws with replacement: size x clusters.

    Kept for the next estimate of as many clusters, since drawing costs more than all the rest.
    """
    drawn = np.random.default_rng(seed).integers(clusters, size=(size, clusters))
    places = drawn + clusters * np.arange(size)[:, None]
    weights = np.bincount(places.ravel(), minlength=size * clusters).reshape(size, clusters)
    weights = weights.astype(float)
    weights.flags.writeable = False
    return weights


def sums_of(**columns: np.ndarray | pd.Series) -> np.recarray:
    """Sums by cluster, already known: one row a cluster, one field a column of numbers.

    A record array is read like a data frame, field by field, in a hundredth of the time, which
    counts where a page makes hundreds of intervals.
    """
    matrix = np.column_stack([np.asarray(values, float) for values in columns.values()])
    return _sums(matrix, np.dtype([(name, float) for name in columns]))


def sums_by(
    clusters: pd.Series | np.ndarray, **columns: pd.Series | np.ndarray | float
) -> np.recarray:
    """Sums of `columns` over the rows of each cluster, as `sums_of` gives them.

    A number in place of a column counts each row that often.
    """
    of, names = pd.factorize(clusters)
    rows = {name: np.broadcast_to(np.asarray(v, float), len(of)) for name, v in columns.items()}
    return sums_of(**{name: np.bincount(of, v, len(names)) for name, v in rows.items()})


def summed(totals: np.recarray) -> np.recarray:
    """Sums over all clusters: one row with the fields of `totals`."""
    return _sums(_matrix(totals).sum(axis=0, keepdims=True), totals.dtype)


def _matrix(sums: np.recarray) -> np.ndarray:
    """The same numbers, one column a field."""
    return sums.view(float).reshape(len(sums), -1)


def _sums(matrix: np.ndarray, fields: np.dtype) -> np.recarray:
    """The same numbers, one field a column."""
    return np.ascontiguousarray(matrix).view(fields).reshape(-1).view(np.recarray)


def effective_n(sizes: pd.Series | np.ndarray) -> float:
    """Independent rows that clusters of these sizes are worth if their rows are all alike.

    Kish's effective sample size (Survey Sampling, 1965, section 11.7): (sum of sizes) squared
    over the sum of squared sizes. It equals the number of organisations when all have shipped
    equally often, and never exceeds it.
    """
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def exact_binomial(share: float, n: float, level: float) -> tuple[float, float]:
    """Clopper-Pearson interval of a `share` (0 to 1) of `n` rows, where `n` need not be whole.

    Its ends are quantiles of beta distributions, which whole numbers of rows do not need
    (Clopper and Pearson, Biometrika 26, 1934; Korn and Graubard, Survey Methodology 24, 1998).
    """
    from scipy.stats import beta

    alpha, successes = 1 - level, share * n
    low = 0.0 if successes <= 0 else beta.ppf(alpha / 2, successes, n - successes + 1)
    high = 1.0 if successes >= n else beta.ppf(1 - alpha / 2, successes + 1, n - successes)
    return float(low), float(high)


def exact_difference(
    before: float, after: float, n_before: float, n_after: float, level: float
) -> tuple[float, float]:
    """Interval of the share `after` minus the share `before`, each of its own `n` rows.

    The distances from each share to the ends of its Clopper-Pearson interval are combined by
    squares (Zou and Donner, Statistics in Medicine 27, 2008), as if the two were independent.
    """
    (low_before, high_before), (low_after, high_after) = (
        exact_binomial(before, n_before, level),
        exact_binomial(after, n_after, level),
    )
    gap = after - before
    return (
        gap - hypot(after - low_after, high_before - before),
        gap + hypot(high_after - after, before - low_before),
    )


def wilson(successes: int, n: int, level: float) -> tuple[float, float]:
    """Wilson's score interval (JASA 22, 1927) of a share, for those that are not headlines."""
    from scipy.stats import binomtest

    interval = binomtest(successes, n).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)


def log_log(left: np.ndarray, error: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise band of a survival curve on the scale of log(-log), which keeps it within 0 and 1.

    The exponential Greenwood interval (Sawyer, The Greenwood and Exponential Greenwood Confidence
    Intervals in Survival Analysis, www.math.wustl.edu/~sawyer/handouts/greenwood.pdf).

    Parameters
    ----------
    left : the curve, from 1 to 0
    error : its standard error, by Greenwood's formula
    level : of each interval

    Returns
    -------
    The lower and the upper ends, which are the same where the curve is 1 or 0: no width is known.
    """
    from scipy.stats import norm

    with np.errstate(divide="ignore", invalid="ignore"):
        reach = norm.ppf((1 + level) / 2) * error / (left * np.log(left))
        ends = [left ** np.exp(sign * reach) for sign in (-1, 1)]
    ends = [np.where((left > 0) & (left < 1), end, left) for end in ends]
    return np.minimum(*ends), np.maximum(*ends)


def share_interval(
    frame: pd.DataFrame | np.recarray, flag: str, *, size: int, seed: int, level: float
) -> tuple[float, float, str]:
    """Interval of the share of rows with `flag`, and the name of its kind.

    Parameters
    ----------
    frame : one row a unit of counting, with the boolean column `flag` and ``organisation_id``; a
        data frame or a record array
    size, seed, level : as in `cluster_bootstrap`

    Raises
    ------
    ValueError
        If `frame` is empty.
    """
    if not len(frame):
        raise ValueError(f"there are no rows to take a share with {flag} of")
    totals = sums_by(frame.organisation_id, hits=frame[flag], rows=1)
    share = totals.hits.sum() / totals.rows.sum()
    if len(totals) < FEW or share in (0, 1):
        return *exact_binomial(share, effective_n(totals.rows), level), EXACT_BINOMIAL
    interval = cluster_bootstrap(
        totals, lambda sums: sums.hits / sums.rows, size=size, seed=seed, level=level
    )
    return *interval, BOOTSTRAP
