"""The move to mixture-of-experts."""

import numpy as np
import pandas as pd

from almanac.measures.intervals import share_interval

BANDS = ("under 10 B", "10 to 70 B", "over 70 B")


def size_band(total_params_b: pd.Series | np.ndarray) -> np.ndarray:
    """Size band of each total, in billions of parameters: 10 and 70 belong to the middle one; of a
    total that is not known, no text."""
    total = np.asarray(total_params_b, float)
    return np.select([total < 10, total <= 70, total > 70], BANDS, "")


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
    rest = len(defined) - len(above) - len(below)
    text = (
        f"Of {len(defined)} ways of counting, {len(above)} put the whole interval above {figure}, "
        f"{len(below)} put it below, and the other {rest} include the figure."
    )
    if len(above) and above.size_floor_b.min() > 0:
        text += f" All of those above count only models of at least {above.size_floor_b.min():g} B."
    whole = defined[defined.size_floor_b == 0]
    if len(whole) and (whole.side == "below").all():
        text += " Every one that counts models of every size lies below."
    return text
