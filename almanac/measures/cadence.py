"""How often: counts a month and by what factor a year they grow.

Counts over time mix how the field grows with what the record covers. Months after the settled
day, in which releases are still missing, are marked and left out of every fit.
"""

import numpy as np
import pandas as pd

from almanac.measures.counting import REGIONS, UNITS, Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, FEW, effective_n, redraws

Day = str | pd.Timestamp

MONTH = 365.25 / 12  # days
LEAST = 12  # months, and units, a fit needs: with fewer a factor a year says nothing
THIN = 6  # months at the start of a record, which may hold fewer than came out
FARTHEST = 1000  # factor a year beyond which an end of an interval is as good as open
NORMAL = "normal interval"
WIDER = f"the wider of {BOOTSTRAP} and {NORMAL}"
WALD = f"{NORMAL} at the effective n"
LOG_ALPHAS = (-12.0, 2.0)  # from as good as Poisson's to wilder than any count here
GRIDS, CELLS = 5, 15  # in which the dispersion is looked for: to a few ten-thousandths
NEWTON_STEPS = 30  # far more than a log-linear fit takes


def monthly(units: Rows, *, first: Day, settled: Day, as_of: Day) -> pd.DataFrame:
    """Units in each month from `first` to `as_of`, those without any included.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    first, as_of : first and last day counted
    settled : last day for which the record is as complete as it will be

    Returns
    -------
    DataFrame
        One row a month: month (its first day), releases (count), exposure (how much of it is
        counted, in months of 30.4 days), whole (all its days are counted) and settled (it ends
        no later than the settled day).
    """
    first, settled, as_of = (pd.Timestamp(day) for day in (first, settled, as_of))
    months = pd.period_range(first, as_of, freq="M")
    starts = months.start_time
    ends = months.end_time.normalize()
    # an edition may begin or end within a month
    days = (np.minimum(ends, as_of) - np.maximum(starts, first)).days + 1
    counted = np.asarray(units.released_on)
    counted = counted[(counted >= first) & (counted <= as_of)]
    place = (counted.astype("datetime64[M]") - starts[0].to_datetime64().astype("datetime64[M]"))
    return pd.DataFrame(
        {
            "month": starts,
            "releases": np.bincount(place.astype(int), minlength=len(months)),
            "exposure": days / MONTH,
            "whole": days == months.days_in_month,
            "settled": np.minimum(ends, as_of) <= settled,
        }
    )


def _dispersion(counts: np.ndarray, exposure: np.ndarray, design: np.ndarray) -> float:
    """The negative binomial's alpha by maximum likelihood; 0 where counts vary no more than
    Poisson's."""
    from scipy.stats import nbinom

    poisson = log_linear(counts[None], exposure, design, 0)[0]

    def fit(alphas):
        beta = log_linear(
            np.tile(counts, (len(alphas), 1)), exposure, design, alphas, near=poisson
        )
        return exposure * np.exp(beta @ design.T)

    mean = exposure * np.exp(design @ poisson)
    if ((counts - mean) ** 2 / mean).sum() <= len(counts) - design.shape[1]:
        return 0.0
    # The likelihood, with the coefficients at their best for each alpha, on ever closer grids;
    # statsmodels' search over all parameters at once does not always end where alpha is nearly 0.
    low, high = LOG_ALPHAS
    for _ in range(GRIDS):
        logs = np.linspace(low, high, CELLS)
        alphas = np.exp(logs)[:, None]
        likelihood = nbinom.logpmf(counts, 1 / alphas, 1 / (1 + alphas * fit(alphas))).sum(axis=1)
        best = np.nanargmax(likelihood)
        low, high = logs[max(best - 1, 0)], logs[min(best + 1, CELLS - 1)]
    return float(np.exp(logs[best]))


def log_linear(
    counts: np.ndarray,
    exposure: np.ndarray,
    design: np.ndarray,
    alpha: float | np.ndarray,
    near: np.ndarray | None = None,
) -> np.ndarray:
    """Coefficients of negative-binomial log-linear fits, of many series at once.

    Newton's method on the likelihood of NB2 with variance mean + `alpha` mean^2 (Cameron and
    Trivedi, Regression Analysis of Count Data, 2013, section 3.3), which has one maximum.

    Parameters
    ----------
    counts : shape (series, months)
    exposure : shape (months,)
    design : shape (months, coefficients), the first column ones
    alpha : dispersion, 0 for Poisson; one for all, or shape (series, 1)
    near : coefficients that those sought are not far from, to begin with; without it each series
        begins level, at its mean

    Returns
    -------
    Shape (series, coefficients); not-a-number for series that have no fit, as one of zeros.
    """
    totals = counts.sum(axis=1, keepdims=True)
    beta = np.zeros((len(counts), design.shape[1]))
    with np.errstate(all="ignore"):
        beta[:, :1] = np.log(totals / exposure.sum())
        if near is not None:
            beta[:] = near
        outer = design[:, :, None] * design[:, None, :]
        for _ in range(NEWTON_STEPS):
            mean = exposure * np.exp(beta @ design.T)
            weight = 1 / (1 + alpha * mean)
            score = ((counts - mean) * weight) @ design
            information = np.tensordot(mean * (1 + alpha * counts) * weight**2, outer, axes=1)
            fine = np.isfinite(information).all(axis=(1, 2)) & (totals[:, 0] > 0)
            step = np.full_like(beta, np.nan)
            step[fine] = np.linalg.solve(information[fine], score[fine, :, None])[..., 0]
            beta += np.clip(step, -2, 2)
            if np.nanmax(np.abs(step), initial=0) < 1e-8:
                break
    return beta


def growth(
    units: Rows, months: pd.DataFrame, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Factor by which the count a month grows in a year, over the settled months.

    A negative-binomial regression of the monthly count on time with a log link, and with the
    share of the month that is counted as exposure (Cameron and Trivedi, Regression Analysis of
    Count Data, 2013, section 3.3). The dispersion is found once, by maximum likelihood, and kept
    in the draws. Where the growth was not steady the factor is an average; see `bend`.

    Two things make the factor uncertain: which organisations there are, and what hits all of them
    in the same month. The first is what drawing organisations again shows, the second what the
    scatter of the months about the trend does, as the regression has it. The interval is the
    wider of the two, end by end. With few organisations it is a normal interval whose counts are
    scaled down to the effective number of independent units.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    months : of the same units, as `monthly` gives them
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If fewer than `LEAST` months are settled, or hold fewer than `LEAST` units.
    """
    return _trend(units, months, 1, f"factor a year in {UNITS[unit]} a month", size, seed, level)


def bend(
    units: Rows, months: pd.DataFrame, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Factor by which the yearly growth factor itself changes in a year: below 1, growth slows.

    As `growth`, with the square of time in the regression: at exp(a + b t + c t^2) the growth
    factor at t is exp(b + 2 c t), which changes by exp(2 c) a year.
    """
    what = f"factor a year in the growth factor of {UNITS[unit]} a month"
    return _trend(units, months, 2, what, size, seed, level)


def by_region(
    units: Rows, months: pd.DataFrame, unit: str, *, size: int, seed: int, level: float
) -> dict[str, Estimate]:
    """`growth` of each region's units, of those regions that have enough to fit."""
    found = {}
    for region in REGIONS:
        own = units[units.region == region]
        counts = _counts(own, months).sum(axis=0)
        try:
            found[region] = growth(
                own, months.assign(releases=counts), unit, size=size, seed=seed, level=level
            )
        except ValueError:
            continue
    return found


def fitted(months: pd.DataFrame) -> np.ndarray:
    """Count of each settled month by steady growth, as `growth` fits it; shape (months,).

    Raises
    ------
    ValueError
        As `growth`.
    """
    used = _settled(months)
    exposure, design = used.exposure.to_numpy(), _design(len(used), 1)
    counts = used.releases.to_numpy(float)
    alpha = _dispersion(counts, exposure, design)
    return exposure * np.exp(log_linear(counts[None], exposure, design, alpha)[0] @ design.T)


def _settled(months: pd.DataFrame) -> pd.DataFrame:
    used = months[months.settled]
    if len(used) < LEAST or used.releases.sum() < LEAST:
        raise ValueError(
            f"growth needs {LEAST} settled months with {LEAST} units, there are {len(used)} "
            f"with {used.releases.sum()}"
        )
    return used


def _design(months: int, power: int) -> np.ndarray:
    """Powers of time in years from the middle of the months, at the middle of each month."""
    years = (np.arange(months) - (months - 1) / 2) / 12
    return np.vander(years, power + 1, increasing=True)


def _counts(units: Rows, months: pd.DataFrame) -> np.ndarray:
    """Units by organisation (rows) and month (columns)."""
    of, names = pd.factorize(units.organisation_id, sort=True)
    month = np.asarray(units.released_on).astype("datetime64[M]")
    places = pd.Index(months.month.to_numpy().astype("datetime64[M]")).get_indexer(month)
    counts = np.zeros((len(names), len(months)))
    np.add.at(counts, (of[places >= 0], places[places >= 0]), 1)
    return counts


def _trend(
    units: Rows,
    months: pd.DataFrame,
    power: int,
    what: str,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """The factor that the highest coefficient of a log-polynomial in time stands for."""
    used = _settled(months)
    first, last = _span(used)
    rows = units[(units.released_on >= first) & (units.released_on <= last)]
    exposure, design = used.exposure.to_numpy(), _design(len(used), power)
    by_organisation = _counts(rows, used)
    total = by_organisation.sum(axis=0)
    alpha = _dispersion(total, exposure, design)
    beta = log_linear(total[None], exposure, design, alpha)[0]
    mean = exposure * np.exp(design @ beta)
    clusters = len(by_organisation)
    if clusters < FEW:
        sizes = by_organisation.sum(axis=1)
        ends = _normal(beta, mean * effective_n(sizes) / sizes.sum(), design, 0, level)
        method = WALD
    else:
        resampled = redraws(clusters, size, seed) @ by_organisation
        drawn = log_linear(resampled, exposure, design, alpha, near=beta)[:, -1]
        drawn = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        both = np.array([drawn, _normal(beta, mean, design, alpha, level)])
        ends = both[:, 0].min(), both[:, 1].max()
        method = WIDER
    value, low, high = np.exp(power * np.array([beta[-1], *ends]))
    return Estimate(
        value=float(value),
        low=float(low) if low > 1 / FARTHEST else None,
        high=float(high) if high < FARTHEST else None,
        level=level,
        unit=what,
        method=f"negative-binomial regression on time, {method}",
        **rests_on(rows),
        neutral=1,
    )


def _normal(
    beta: np.ndarray, mean: np.ndarray, design: np.ndarray, alpha: float, level: float
) -> tuple[float, float]:
    """Normal interval of the highest coefficient, of counts with these means."""
    from scipy.stats import norm

    weight = mean / (1 + alpha * mean)
    variance = np.linalg.inv(design.T @ (design * weight[:, None]))[-1, -1]
    reach = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return beta[-1] - reach, beta[-1] + reach


def _span(months: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day that some months cover."""
    return months.month.iloc[0], months.month.iloc[-1] + pd.offsets.MonthEnd(1)
