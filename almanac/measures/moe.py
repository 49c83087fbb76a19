"""The move to mixture-of-experts."""

import numpy as np
import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, cluster_bootstrap, wilson

BANDS = ("under 10 B", "10 to 70 B", "over 70 B")


def size_band(total_params_b: pd.Series) -> pd.Series:
    """Size band of each total, in billions of parameters: 10 and 70 belong to the middle one."""
    ends = [0, np.nextafter(10, 0), 70, np.inf]  # each band takes its upper end
    return pd.cut(total_params_b, ends, labels=list(BANDS)).astype("string")


def by_year_and_band(units: pd.DataFrame, level: float) -> pd.DataFrame:
    """The MoE share of each year's units by size band, with Wilson intervals.

    Wilson's interval treats units as independent, so it is too narrow where one organisation
    ships many; the table is for orientation, the headline has the clustered interval.

    Parameters
    ----------
    units : as `counting.units` gives them; those of unknown size are left out
    level : of the intervals

    Returns
    -------
    DataFrame
        One row a year and band that has any: year, band, hits, n (counts), share, low, high
        (0 to 1, to four places).
    """
    rows = []
    known = units.dropna(subset="total_params_b")
    for (year, band), group in known.groupby(["year", size_band(known.total_params_b)]):
        low, high = wilson(int(group.is_moe.sum()), len(group), level)
        rows.append(
            {
                "year": int(year),
                "band": band,
                "hits": int(group.is_moe.sum()),
                "n": len(group),
                "share": group.is_moe.mean(),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows).round({"share": 4, "low": 4, "high": 4})


def sparsity(models: pd.DataFrame) -> pd.DataFrame:
    """MoE models whose total and active parameters are both known, with active / total.

    Parameters
    ----------
    models : as `counting.select` gives them

    Returns
    -------
    DataFrame
        Rows of `models` with ``sparsity`` (share of parameters active for a token, 0 to 1), one a
        release and pair of counts, so that a release of many variants of one body counts once.
    """
    known = models[models.is_moe].dropna(subset=["total_params_b", "active_params_b"])
    known = known.drop_duplicates(["release_id", "total_params_b", "active_params_b"])
    return known.assign(sparsity=known.active_params_b / known.total_params_b)


def median_sparsity(known: pd.DataFrame, least: int) -> pd.Series:
    """Median active share (0 to 1) by year, without years of fewer than `least` models unless
    all are such.

    Parameters
    ----------
    known : as `sparsity` gives it
    """
    years = known.groupby("year").sparsity.agg(["median", "size"])
    enough = years[years["size"] >= least]
    return (enough if len(enough) else years)["median"]


def sparsity_trend(known: pd.DataFrame, *, size: int, seed: int, level: float) -> Estimate:
    """Factor by which the active share changes in a year: least squares on its logarithm.

    A factor below 1 means sparser models. The interval is a cluster bootstrap of the slope;
    it says nothing of why, and large models are both later and sparser.

    Parameters
    ----------
    known : as `sparsity` gives it
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If the models are of fewer than two organisations, or all of one day.
    """
    years = (known.released_on - pd.Timestamp("2025-01-01")).dt.days / 365.25
    logs = np.log(known.sparsity)
    totals = (
        pd.DataFrame({"n": 1.0, "x": years, "y": logs, "xx": years**2, "xy": years * logs})
        .groupby(known.organisation_id)
        .sum()
    )

    def slope(sums):
        spread = sums.n * sums.xx - sums.x**2
        # A draw of models of one day has no slope, but rounding would make one up.
        return (sums.n * sums.xy - sums.x * sums.y) / spread.where(spread > 1e-9)

    low, high = cluster_bootstrap(totals, slope, size=size, seed=seed, level=level)
    return Estimate(
        value=float(np.exp(slope(totals.sum().to_frame().T).iloc[0])),
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        level=level,
        unit="factor a year in active over total parameters of MoE models",
        method=f"least squares on the logarithm, {BOOTSTRAP}",
        **rests_on(known),
    )
