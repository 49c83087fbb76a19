"""Shares of models weighted by how often they are downloaded.

A count of downloads is that of one metric on one day; counts of different metrics or days are
never put together. It is of the publisher's own repository: copies and conversions by others are
not in it, automatic fetches are. Old models have had more time to be built into software, and
small ones are fetched by more machines, so a comparison stands beside one by year and by size.
"""

import numpy as np
import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, FEW, cluster_bootstrap, summed, sums_by
from almanac.measures.moe import BANDS, size_band

METRICS = {"downloads_30d": "downloads of thirty days", "downloads_all": "downloads since creation"}


def counted(models: pd.DataFrame, adoption: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The models that have a count of one metric, on the last day it was counted.

    Parameters
    ----------
    models : as `counting.select` gives them
    adoption : the record's table of that name with ``value_confidence``, as
        `record.with_confidence` adds it
    metric : a key of `METRICS`

    Returns
    -------
    DataFrame
        Rows of `models` with downloads (count) and measured_on added; grade is now the lower of
        that of the model and that of its count.

    Raises
    ------
    ValueError
        If the metric is unknown, or no model has a count above zero.
    """
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}, expected one of {', '.join(METRICS)}")
    counts = adoption[adoption.metric == metric]
    counts = counts[counts.measured_on == counts.measured_on.max()]
    columns = ["model_id", "value", "measured_on", "value_confidence"]
    rows = models.merge(counts[columns], on="model_id")
    if not rows.value.sum() > 0:
        raise ValueError(f"no model has a count of {METRICS[metric]}")
    grades = rows[["grade", "value_confidence"]].fillna("D")
    rows = rows.assign(downloads=rows.value.astype(float), grade=grades.max(axis=1))
    return rows.drop(columns=["value", "value_confidence"])


def share_of_downloads(
    rows: pd.DataFrame, flag: str, metric: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Share of downloads that go to models with `flag`, from 0 to 1.

    Parameters
    ----------
    rows : as `counted` gives them
    flag : a boolean column
    metric : of the counts, a key of `METRICS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If the models are of fewer than `intervals.FEW` organisations, or none or all have the flag:
        a ratio of two sums has no exact interval to fall back on.
    """
    totals = _totals(rows, flag)
    low, high = cluster_bootstrap(
        totals, lambda sums: sums.flagged / sums.downloads, size=size, seed=seed, level=level
    )
    return Estimate(
        value=float(totals.flagged.sum() / totals.downloads.sum()),
        low=low,
        high=high,
        level=level,
        unit=f"share of {METRICS[metric]}",
        method=BOOTSTRAP,
        **rests_on(rows),
        kind="share",
    )


def gap(
    rows: pd.DataFrame, flag: str, metric: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Share of downloads minus share of models with `flag`, in percentage points.

    Parameters and errors as in `share_of_downloads`.
    """
    totals = _totals(rows, flag)

    def points(sums):
        return 100 * (sums.flagged / sums.downloads - sums.hits / sums.models)

    low, high = cluster_bootstrap(totals, points, size=size, seed=seed, level=level)
    return Estimate(
        value=float(points(summed(totals))[0]),
        low=low,
        high=high,
        level=level,
        unit=f"share of {METRICS[metric]} less share of the same models, percentage points",
        method=BOOTSTRAP,
        **rests_on(rows),
        kind="points",
        neutral=0.0,
    )


def by_group(rows: pd.DataFrame, flag: str, *, size: int, seed: int, level: float) -> pd.DataFrame:
    """Both shares for all models, by year of release and by size.

    Parameters
    ----------
    rows, flag, size, seed, level : as in `share_of_downloads`

    Returns
    -------
    DataFrame
        One row a group that has any model: group (its name), models, organisations (counts),
        of_models and of_downloads (shares, 0 to 1), low and high (of the share of downloads; blank
        where organisations are too few, or none or all have the flag), to four places.
    """
    bands = size_band(rows.total_params_b)
    groups = {"all": rows}
    groups |= {f"released in {year}": some for year, some in rows.groupby("year")}
    groups |= {band: rows[bands == band] for band in BANDS if (bands == band).any()}
    found = []
    for name, some in groups.items():
        if some.downloads.sum() == 0:
            continue
        try:
            low, high = cluster_bootstrap(
                _totals(some, flag),
                lambda sums: sums.flagged / sums.downloads,
                size=size,
                seed=seed,
                level=level,
            )
        except ValueError:
            low = high = None
        found.append(
            {
                "group": name,
                "models": len(some),
                "organisations": some.organisation_id.nunique(),
                "of_models": some[flag].mean(),
                "of_downloads": some.downloads[some[flag]].sum() / some.downloads.sum(),
                "low": low,
                "high": high,
            }
        )
    shares = ["of_models", "of_downloads", "low", "high"]
    return pd.DataFrame(found).astype(dict.fromkeys(shares, float)).round(4)


def _totals(rows: pd.DataFrame, flag: str) -> np.recarray:
    if rows.organisation_id.nunique() < FEW:
        raise ValueError(f"a share of downloads needs models of at least {FEW} organisations")
    if rows[flag].all() or not rows[flag].any():
        raise ValueError("none or all of the models counted have what is looked for")
    return sums_by(
        rows.organisation_id,
        flagged=rows.downloads * rows[flag],
        downloads=rows.downloads,
        hits=rows[flag],
        models=1.0,
    )
