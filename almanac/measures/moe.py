"""The move to mixture-of-experts."""

import numpy as np
import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, cluster_bootstrap, share_interval

BANDS = ("under 10 B", "10 to 70 B", "over 70 B")


def size_band(total_params_b: pd.Series) -> pd.Series:
    """Size band of each total, in billions of parameters: 10 and 70 belong to the middle one."""
    ends = [0, np.nextafter(10, 0), 70, np.inf]  # each band takes its upper end
    return pd.cut(total_params_b, ends, labels=list(BANDS)).astype("string")


def by_year_and_band(units: pd.DataFrame, *, size: int, seed: int, level: float) -> pd.DataFrame:
    """The MoE share of each year's units by size band, with its interval.

    Parameters
    ----------
    units : as `counting.units` gives them; those of unknown size are left out
    size, seed, level : of the intervals; see `intervals.share_interval`

    Returns
    -------
    DataFrame
        One row a band and year that has any, bands in the order of `BANDS`: band, year, hits, n,
        organisations (counts), share, low, high (0 to 1, to four places).
    """
    rows = []
    known = units.dropna(subset="total_params_b")
    band_of = size_band(known.total_params_b)
    for band in BANDS:
        for year, group in known[band_of == band].groupby("year"):
            low, high, _ = share_interval(group, "is_moe", size=size, seed=seed, level=level)
            rows.append(
                {
                    "band": band,
                    "year": int(year),
                    "hits": int(group.is_moe.sum()),
                    "n": len(group),
                    "organisations": group.organisation_id.nunique(),
                    "share": group.is_moe.mean(),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows).round({"share": 4, "low": 4, "high": 4})


def against_figure(curve: pd.DataFrame) -> pd.DataFrame:
    """On which side of the figure tested the interval of a share lies, by list and size floor.

    Parameters
    ----------
    curve : as `specifications.curve` gives it, its neutral value the figure

    Returns
    -------
    DataFrame
        One row a size floor and list: size_floor_b, list (key of `specifications.LISTS`), ways
        (count of defined specifications), lowest, highest (shares, 0 to 1), below, unclear, above
        (counts of ways whose interval lies below the figure, includes it, lies above it).
    """
    defined = curve.dropna(subset="value")
    grouped = defined.groupby(["size_floor_b", "list"])
    table = grouped.agg(ways=("value", "size"), lowest=("value", "min"), highest=("value", "max"))
    sides = {side: (defined.side == side) for side in ("below", "unclear", "above")}
    counts = pd.DataFrame(sides).groupby([defined.size_floor_b, defined.list]).sum()
    return table.join(counts).reset_index()


def figure_in_words(curve: pd.DataFrame, figure: str) -> str:
    """For how many specifications, and of which size floors, a figure holds.

    Parameters
    ----------
    curve : as in `against_figure`
    figure : the figure, for readers
    """
    defined = curve.dropna(subset="value")
    if defined.empty:
        return "Too little is left to count in any way."
    above, below = defined[defined.side == "above"], defined[defined.side == "below"]
    text = (
        f"Of {len(defined)} ways of counting, {len(above)} put the whole interval above {figure}, "
        f"{len(below)} put it below, and the other {len(defined) - len(above) - len(below)} include "
        "the figure."
    )
    if len(above) and above.size_floor_b.min() > 0:
        text += f" All of those above count only models of at least {above.size_floor_b.min():g} B."
    whole = defined[defined.size_floor_b == 0]
    if len(whole) and (whole.side == "below").all():
        text += " Every one that counts models of every size lies below."
    return text


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
