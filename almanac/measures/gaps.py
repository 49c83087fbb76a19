"""How long organisations leave between releases."""

import numpy as np
import pandas as pd

ROUNDING = 1e-9  # of a curve of products
LEAST = 5  # ended gaps an organisation needs for a median worth showing


def gaps(units: pd.DataFrame, until: str | pd.Timestamp) -> pd.DataFrame:
    """Days between the days of release of each organisation, the last gap still open.

    Parameters
    ----------
    units : as `counting.units` gives them; what one organisation puts out on one day is one
    until : last day seen; later units are left out, for the months after it are incomplete

    Returns
    -------
    DataFrame
        One row a gap: organisation, region, from_day, days, ended (False for the last of each
        organisation, which has lasted so many days by `until`).
    """
    end = pd.Timestamp(until)
    days = (
        units[units.released_on <= end]
        .drop_duplicates(["organisation", "released_on"])
        .sort_values(["organisation", "released_on"])
    )
    following = days.groupby("organisation").released_on.shift(-1)
    return pd.DataFrame(
        {
            "organisation": days.organisation,
            "region": days.region,
            "from_day": days.released_on,
            "days": (following.fillna(end) - days.released_on).dt.days,
            "ended": following.notna(),
        }
    ).reset_index(drop=True)


def median_gap(days: pd.Series, ended: pd.Series, level: float) -> tuple[float, float, float]:
    """Median gap in days with its interval, the open gaps taken as longer than seen so far.

    The product-limit estimator (Kaplan and Meier, JASA 53, 1958), which for gaps of a renewal
    process keeps its meaning although the last gap is cut by the end of the series (Pena,
    Strawderman and Hollander, JASA 96, 2001). The interval holds the times at which the
    pointwise log-log band of the curve crosses a half (Brookmeyer and Crowley, Biometrics 38,
    1982). It takes gaps as independent draws from one distribution: an organisation that
    quickens or stops has none.

    Parameters
    ----------
    days, ended : as `gaps` gives them
    level : of the interval

    Returns
    -------
    Median, low, high; infinite where the curve or its band stays above a half.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    curve = SurvfuncRight(days.to_numpy(), ended.to_numpy(int))
    reached = curve.surv_times[curve.surv_prob <= 0.5 + ROUNDING]
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is at 0 or 1
        low, high = curve.quantile_ci(0.5, 1 - level, method="cloglog")
    return float(reached[0]) if len(reached) else np.inf, float(low), float(high)


def by_organisation(table: pd.DataFrame, most: int, level: float) -> pd.DataFrame:
    """Median gap of the organisations that released on most days.

    Parameters
    ----------
    table : as `gaps` gives it
    most : how many organisations to show; those of fewer than `LEAST` ended gaps are left out
    level : of the intervals

    Returns
    -------
    DataFrame
        One row an organisation, the busiest first: organisation, gaps (ended), median_days,
        low_days, high_days (see `median_gap`; blank where not reached) and open_days, how long it
        had released nothing on the last day seen.
    """
    ended = table.groupby("organisation").ended.sum()
    busiest = ended[ended >= LEAST].sort_values(ascending=False, kind="stable").head(most)
    rows = []
    for organisation, count in busiest.items():
        own = table[table.organisation == organisation]
        median, low, high = median_gap(own.days, own.ended, level)
        rows.append(
            {
                "organisation": organisation,
                "gaps": int(count),
                "median_days": median,
                "low_days": low,
                "high_days": high,
                "open_days": int(own.days[~own.ended].iloc[0]),
            }
        )
    columns = ["organisation", "gaps", "median_days", "low_days", "high_days", "open_days"]
    return pd.DataFrame(rows, columns=columns).replace(np.inf, np.nan)


def in_words(table: pd.DataFrame) -> str:
    """The shortest and the longest median of `by_organisation`, for readers."""
    known = table.dropna(subset="median_days")
    if known.empty:
        return f"No organisation has {LEAST} gaps between days of release that have ended."
    ends = [
        f"{row.median_days:.0f} days ({row.organisation})"
        for row in known.sort_values("median_days", kind="stable").iloc[[0, -1]].itertuples()
    ]
    if len(known) == 1:
        return f"The median gap between days of release is {ends[0]}."
    return (
        f"Among the {len(known)} organisations that released on most days the median gap between "
        f"days of release runs from {' to '.join(ends)}."
    )
