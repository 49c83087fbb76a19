"""How sizes grow: quantile regression on all releases, not on records alone; medians by year."""

import numpy as np
import pandas as pd

from almanac.measures import counting
from almanac.measures.counting import Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, FEW, redraws

SIZES = {"total_params_b": "total parameters", "active_params_b": "active parameters"}
LEAST = 20  # units a fit needs
ROUNDING = 0.01  # to about which share of it a size is stated
YEAR = 365.25  # days
CELLS = 31  # of the grid a draw's line is looked for in, each way


def with_active(units: Rows, models: Rows, unit: str = "release") -> Rows:
    """Units with ``active_params_b``, the largest number of parameters active for a token.

    In a dense model all are active. Where no model's active count is known it is blank.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    models : the same models as they were made of
    unit : what a unit is, a key of `counting.UNITS`
    """
    models, of = counting.members(models, unit)
    active, total = (np.asarray(models[f"{size}_params_b"], float) for size in ("active", "total"))
    active = np.where(np.isnan(active) & ~np.asarray(models.is_moe, bool), total, active)
    largest = np.full(len(units), np.nan)
    np.fmax.at(largest, of, active)  # fmax passes over what is missing
    return counting.with_columns(units, active_params_b=largest)


def name(column: str, quantile: float) -> str:
    """What `factor` follows, for readers."""
    place = "median" if quantile == 0.5 else f"{quantile:.0%} quantile"
    return f"{place} of {SIZES[column]}"


def factor(
    units: Rows,
    column: str,
    quantile: float,
    *,
    size: int,
    seed: int,
    level: float,
    cells: int = CELLS,
) -> Estimate:
    """Factor by which a quantile of size grows in a year.

    Quantile regression of the logarithm of size on the day of release (Koenker and Bassett,
    Econometrica 46, 1978): a straight line that leaves the share `quantile` of all units below
    it. Unlike a staircase of records it can fall, and it does not rise where nothing changes.
    The interval draws organisations again with all they released; with fewer than ten it is
    left open. Sizes are round numbers that many releases share, on which all draws may agree, so
    its ends are moved apart by what sizes that drift within their rounding over the whole time
    would make of the factor.

    Parameters
    ----------
    units : as `with_active` gives them; those without a size are left out
    column : a size, in billions of parameters; a key of `SIZES`
    quantile : between 0 and 1, as in 0.9
    size, seed, level : of the cluster bootstrap; see `intervals`
    cells : of the grid in which each draw's line is looked for; fewer are faster and coarser

    Raises
    ------
    ValueError
        If fewer than `LEAST` units have a size, or all of them are of one day.
    """
    sizes = np.asarray(units[column], float)
    known = units[np.isfinite(sizes)]
    days = np.asarray(known.released_on)
    if len(known) < LEAST or days.min() == days.max():
        raise ValueError(f"growth needs {LEAST} units of known size on different days")
    owners, names = pd.factorize(known.organisation_id, sort=True)
    order = np.argsort(owners, kind="stable")
    years = ((days - days.min()) / np.timedelta64(1, "D") / YEAR)[order]
    years -= years.mean()
    logs = np.log10(sizes[np.isfinite(sizes)])[order]
    slope = line(years, logs, quantile)[1]
    low = high = None
    if len(names) >= FEW:
        starts = np.searchsorted(owners[order], np.arange(len(names)))
        drawn = slopes(years, logs, quantile, starts, size=size, seed=seed, cells=cells)
        rounding = np.log10(1 + ROUNDING) / np.ptp(years)
        ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        low, high = 10 ** (ends + [-rounding, rounding])
    return Estimate(
        value=float(10**slope),
        low=low if low is None else float(low),
        high=high if high is None else float(high),
        level=level,
        unit=f"factor a year in the {name(column, quantile)} of releases",
        method="quantile regression on time, "
        + (BOOTSTRAP if low is not None else "too few organisations for an interval"),
        **rests_on(known),
        neutral=1,
    )


def factors(
    units: pd.DataFrame, quantiles: tuple[float, ...], *, size: int, seed: int, level: float
) -> dict[tuple[str, float], Estimate]:
    """`factor` by size and quantile, of those that have enough units."""
    found = {}
    for column in SIZES:
        for quantile in quantiles:
            try:
                found[column, quantile] = factor(
                    units, column, quantile, size=size, seed=seed, level=level
                )
            except ValueError:
                continue
    return found


def medians(units: pd.DataFrame, *, size: int, seed: int, level: float) -> pd.DataFrame:
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
        group = group.sort_values("total_params_b", kind="stable")
        values = group.total_params_b.to_numpy()
        of, names = pd.factorize(group.organisation_id)
        low = high = np.nan
        if len(names) >= FEW:
            below = redraws(len(names), size, seed)[:, of].cumsum(axis=1)
            half = below[:, -1:] / 2
            # of an even number the mean of the two in the middle
            middle = (below < half).sum(axis=1), (below <= half).sum(axis=1)
            drawn = (values[middle[0]] + values[middle[1]]) / 2
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
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


def line(years: np.ndarray, logs: np.ndarray, quantile: float) -> tuple[float, float]:
    """Intercept and slope of the quantile's line, by linear programming.

    The prices of the dual program, whose unknowns say of each unit whether it lies below the
    line (Koenker and Bassett, 1978), which is exact where iterated least squares may not end.
    """
    from scipy.optimize import linprog

    design = np.array([np.ones_like(years), years])
    found = linprog(
        -logs, A_eq=design, b_eq=(1 - quantile) * design.sum(axis=1), bounds=(0, 1), method="highs",
        options={"presolve": False},  # two unknowns leave it nothing to do
    )  # fmt: skip
    return tuple(-found.eqlin.marginals)


def slopes(
    years: np.ndarray,
    logs: np.ndarray,
    quantile: float,
    starts: np.ndarray,
    *,
    size: int,
    seed: int,
    cells: int = CELLS,
) -> np.ndarray:
    """Slopes of the quantile's line as organisations are drawn again.

    The check loss of a line is a sum over organisations, so one product of matrices gives the
    loss of every line of a grid in every draw. The best line of each draw is read from a grid
    that is laid first over all lines there could be, then closely over those found.

    Parameters
    ----------
    years, logs : day and size of each unit, units of one organisation together
    quantile : of the regression
    starts : place of each organisation's first unit
    size, seed : of the bootstrap
    cells : of the last grid, each way

    Returns
    -------
    Shape (size,), within a cell of the last grid.
    """
    weights = redraws(len(starts), size, seed)
    rows = np.diff(starts, append=len(years))
    sums = np.add.reduceat(logs, starts), np.add.reduceat(years, starts)
    steepest = 2 * np.ptp(logs) / np.ptp(years)
    ends = np.array([[logs.min(), logs.max()], [-steepest, steepest]])
    for number in (11, 11, cells):  # two coarse looks find where the draws lie
        levels, tilts = (np.linspace(*span, number) for span in ends)
        tilt, flat = (grid.reshape(-1, 1) for grid in np.meshgrid(tilts, levels))
        # check loss: the quantile's share of all distances less those below the line
        below = logs - (flat + tilt * years)
        np.minimum(below, 0, out=below)
        all_of_it = sums[0] - flat * rows - tilt * sums[1]
        loss = quantile * all_of_it - np.add.reduceat(below, starts, axis=1)
        best = np.unravel_index((weights @ loss.T).argmin(axis=1), (number, number))
        found = levels[best[0]], tilts[best[1]]
        step = (ends[:, 1] - ends[:, 0]) / (number - 1)
        ends = np.array([[f.min() - s, f.max() + s] for f, s in zip(found, step, strict=True)])
    return found[1]
