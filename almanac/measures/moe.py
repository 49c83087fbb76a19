"""The move to mixture-of-experts."""

import numpy as np
import pandas as pd

from almanac.measures.intervals import wilson

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
