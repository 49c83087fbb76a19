"""How soon organisations did something for the first time after a day, when many stop releasing.

An organisation that has stopped can no longer do it: counting it as merely unobserved, as
Kaplan and Meier's estimator does, would say what would have happened had nobody stopped. The
cumulative incidence of Aalen and Johansen (Scandinavian Journal of Statistics 5, 1978) says how
many did, with stopping as the competing event.
"""

import numpy as np
import pandas as pd

from almanac.measures.counting import lowest_grade, well_sourced
from almanac.measures.estimate import Estimate
from almanac.measures.shares import Flag

SILENT = 365  # days without a release after which an organisation counts as stopped
AALEN_JOHANSEN = "Aalen-Johansen cumulative incidence, Greenwood's variance on the log-log scale"


def histories(
    releases: pd.DataFrame, flag: Flag, origin: str, as_of: str, silent: int = SILENT
) -> pd.DataFrame:
    """What became of each organisation after `origin`.

    An organisation is followed from `origin` if it released something in the `silent` days up
    to it and nothing with `flag` yet; one that first releases later (or again, after a silence)
    is followed from that day on (delayed entry). Three kinds are told apart and not followed:
    those that had one by `origin` already, those whose first release seen after it had one at
    once, and those that stayed silent.

    Parameters
    ----------
    releases : as `counting.units` gives them, one row a release
    flag : a boolean column
    origin : day from which time is counted
    as_of : last day the data speaks of
    silent : days without a release that count as having stopped; the stop is dated to the day on
        which they are full, so that it never needs to be known in advance

    Returns
    -------
    DataFrame
        One row an organisation: organisation_id, organisation, state ("followed", "already", "at once", "silent"), entry, end
        (days since `origin`; blank if not followed) and event: 0 still releasing without one at
        the end, 1 a first one, 2 stopped.
    """
    origin, as_of = pd.Timestamp(origin), pd.Timestamp(as_of)
    pause = pd.Timedelta(days=silent)
    rows = releases.sort_values(["organisation_id", "released_on"], kind="stable")
    grouped = rows.groupby("organisation_id")
    following = grouped.released_on.shift(-1)
    stopped = rows.released_on + pause
    stops = stopped.where(((following - rows.released_on) > pause) | following.isna())
    table = grouped.agg(organisation=("organisation", "first"))
    owner = rows.organisation_id
    first = rows.released_on[rows[flag]].groupby(owner).min().reindex(table.index)
    earlier = rows.released_on[rows.released_on <= origin].groupby(owner).max()
    later = rows.released_on[rows.released_on > origin].groupby(owner).min()
    earlier, later = earlier.reindex(table.index), later.reindex(table.index)

    active = earlier + pause > origin
    entry = later.where(~active, origin)
    table["state"] = np.select(
        [first <= origin, entry.isna(), first == entry], ["already", "silent", "at once"], "followed"
    )
    stop = stops[stops > owner.map(entry)].groupby(owner).min().reindex(table.index)
    stop = stop.where(stop <= as_of)
    ends = pd.DataFrame({1: first, 2: stop, 0: as_of})
    event = np.select([(first <= stop) | (first.notna() & stop.isna()), stop.notna()], [1, 2], 0)
    end = np.select([event == 1, event == 2], [ends[1], ends[2]], ends[0])
    followed = table.state == "followed"
    table["entry"] = (entry - origin).dt.days.where(followed)
    table["end"] = (pd.Series(end, table.index) - origin).dt.days.where(followed)
    table["event"] = pd.Series(event, table.index).where(followed)
    return table.reset_index()


def incidence(histories: pd.DataFrame, *, horizon: int, level: float) -> pd.DataFrame:
    """Cumulative incidence of a first one, and of stopping, by day since the origin.

    Ties are settled and not drawn: on one day a first one comes before a stop. Entry is assumed
    to say nothing about what follows: organisations that come later behave like those that were
    there, at the same time since the origin.

    Parameters
    ----------
    histories : as the function of that name gives them
    horizon : days since the origin after which nothing counts
    level : of the intervals, one organisation being independent of another

    Returns
    -------
    DataFrame
        By day, from 0: day, first, low, high, stopped (0 to 1, to four places), at_risk (a
        count, before the day's events). Without any first one, no low and high.

    Raises
    ------
    ValueError
        If nobody is followed from the origin.
    """
    import warnings

    from lifelines import AalenJohansenFitter

    rows = histories[(histories.state == "followed") & (histories.entry < horizon)]
    rows = rows[rows.end > rows.entry]
    if not (rows.entry == 0).any():
        raise ValueError("nobody is followed from the origin")
    late = rows.end > horizon
    event = rows.event.astype(int).where(~late, 0)
    end = rows.end.clip(upper=horizon) + event.map({0: 0.5, 1: 0.0, 2: 0.25})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # log of 0 before the first event
        mine, other = (
            AalenJohansenFitter(alpha=1 - level, calculate_variance=kind == 1, seed=0).fit(
                end, event, kind, entry=rows.entry
            )
            for kind in (1, 2)
        )
    bounds = mine.confidence_interval_  # which end is which is not as their names say
    table = pd.DataFrame(
        {
            "day": np.floor(mine.event_table.index),
            "first": mine.cumulative_density_.iloc[:, 0],
            "low": bounds.min(axis=1),
            "high": bounds.max(axis=1),
            "stopped": other.cumulative_density_.iloc[:, 0],
            "at_risk": mine.event_table.at_risk,
        }
    )
    last = table.groupby("day").agg(
        {"first": "last", "low": "last", "high": "last", "stopped": "last", "at_risk": "first"}
    )
    return last.reset_index().astype({"day": int, "at_risk": int}).round(4)


def at_months(curve: pd.DataFrame, origin: str, as_of: str, months: list[int]) -> pd.DataFrame:
    """The curve of `incidence` so many months after `origin`, where the data reaches that far.

    Returns
    -------
    DataFrame
        One row a number of months: months, first, low, high, stopped (0 to 1), at_risk (who had
        neither when the last event came).
    """
    origin, rows = pd.Timestamp(origin), []
    for number in months:
        day = origin + pd.DateOffset(months=number)
        if day <= pd.Timestamp(as_of):
            reached = curve[curve.day <= (day - origin).days].iloc[-1]
            rows.append({"months": number} | reached.drop("day").to_dict())
    columns = ["months", "first", "low", "high", "stopped", "at_risk"]
    return pd.DataFrame(rows, columns=columns).astype({"at_risk": int})


def cohort(histories: pd.DataFrame, days: int) -> tuple[int, int, int]:
    """Of those followed from the origin itself: a first one within `days`, stopped, and all.

    Plain counts that need no estimator, since none of them can be lost before the data ends.
    """
    rows = histories[(histories.state == "followed") & (histories.entry == 0)]
    within = rows.event.where(rows.end <= days, 0)
    return int((within == 1).sum()), int((within == 2).sum()), len(rows)


def followed(
    histories: pd.DataFrame, releases: pd.DataFrame, row: pd.Series, level: float
) -> Estimate:
    """One row of `at_months` as an estimate.

    Parameters
    ----------
    histories, releases : the row's own, for what it rests on
    row : of `at_months`
    level : as `incidence` took it

    Raises
    ------
    ValueError
        If nobody had a first one by then, so that there is no interval.
    """
    if not np.isfinite([row.low, row.high]).all():
        raise ValueError("nobody had a first one by then: no interval")
    names = histories.organisation_id[histories.state == "followed"]
    theirs = releases[releases.organisation_id.isin(names)]
    return Estimate(
        value=float(row["first"]),
        low=float(row.low),
        high=float(row.high),
        level=level,
        n=len(names),
        organisations=len(names),
        unit=f"share of organisations with a first one within {int(row.months)} months",
        method=AALEN_JOHANSEN,
        confidence=lowest_grade(theirs),
        vendor_share=well_sourced(theirs),
        kind="share",
    )
