"""When inference engines first knew an architecture, and whether it is a mixture of experts.

A trace that does not come from the record's releases: engines add what their users want to run.
"""

import pandas as pd

from almanac.measures.counting import half_years, name_half_year
from almanac.measures.intervals import wilson

ENGINES = ("transformers", "llama.cpp")  # of the others it is not known which are MoE


def added(support: pd.DataFrame, *, first_date: str, as_of: str) -> pd.DataFrame:
    """Architectures that an engine gained in the days of an edition.

    Parameters
    ----------
    support : the table ``engine_support`` of the record
    first_date, as_of : first and last day to count, both included

    Returns
    -------
    DataFrame
        Its rows of kind architecture of `ENGINES` for which it is known whether they are MoE,
        by day, with is_moe and exact (bool; False where the day is the latest it can be).
    """
    rows = support[
        (support.kind == "architecture")
        & support.engine.isin(ENGINES)
        & support.moe.notna()
        & support.first_on.between(pd.Timestamp(first_date), pd.Timestamp(as_of))
    ]
    rows = rows.assign(is_moe=rows.moe.astype(bool), exact=rows.bound == "exact")
    return rows.sort_values(["first_on", "engine", "name"], ignore_index=True)


def cumulative(rows: pd.DataFrame) -> pd.DataFrame:
    """How many MoE architectures each engine had gained by each day.

    Parameters
    ----------
    rows : as `added` gives them

    Returns
    -------
    DataFrame
        One row an MoE architecture, by day: date, engine, name, exact and architectures (count
        so far in the engine).
    """
    moe = rows[rows.is_moe]
    return moe.assign(architectures=moe.groupby("engine").cumcount() + 1, date=moe.first_on)[
        ["date", "engine", "name", "exact", "architectures"]
    ].reset_index(drop=True)


def by_half_year(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """The MoE share of the architectures each engine gained in each half-year.

    Wilson's interval takes architectures as independent, which those of one vendor are not.

    Parameters
    ----------
    rows : as `added` gives them
    level : of the intervals

    Returns
    -------
    DataFrame
        One row a half-year and engine that has any: period, start, engine, moe, n, not_exact
        (counts; the last of days that are upper bounds), share, low, high (0 to 1).
    """
    found = []
    for (start, engine), group in rows.groupby([half_years(rows.first_on), "engine"]):
        hits = int(group.is_moe.sum())
        low, high = wilson(hits, len(group), level)
        found.append(
            {
                "period": name_half_year(start),
                "start": start,
                "engine": engine,
                "moe": hits,
                "n": len(group),
                "not_exact": int((~group.exact).sum()),
                "share": hits / len(group),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(found, columns=["period", "start", "engine", "moe", "n", "not_exact",
                                        "share", "low", "high"])  # fmt: skip


def beside_releases(periods: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    """Engines' MoE shares of each half-year beside that of releases.

    Parameters
    ----------
    periods : as `by_half_year` gives them
    releases : period and share, as `shares.by_half_year` gives them

    Returns
    -------
    DataFrame
        `periods` of half-years that have releases, with releases_share (0 to 1).
    """
    shares = releases[["period", "share"]].rename(columns={"share": "releases_share"})
    return periods.merge(shares, on="period", how="inner")


def agreement(beside: pd.DataFrame) -> pd.DataFrame:
    """How far each engine's shares go with those of releases.

    Parameters
    ----------
    beside : as `beside_releases` gives it

    Returns
    -------
    DataFrame
        One row an engine: engine, periods (half-years), apart (mean distance of the two shares,
        percentage points) and correlation (Spearman's of the half-years, missing for fewer than
        three or where either share does not move).
    """
    found = []
    for engine, rows in beside.groupby("engine"):
        moving = len(rows) >= 3 and rows.share.nunique() > 1 and rows.releases_share.nunique() > 1
        found.append(
            {
                "engine": engine,
                "periods": len(rows),
                "apart": 100 * (rows.share - rows.releases_share).abs().mean(),
                "correlation": (
                    rows.share.corr(rows.releases_share, method="spearman") if moving else None
                ),
            }
        )
    return pd.DataFrame(found, columns=["engine", "periods", "apart", "correlation"])
