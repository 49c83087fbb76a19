"""How soon organisations did something for the first time after a day, when many stop releasing.

An organisation that has stopped can no longer do it: counting it as merely unobserved, as
Kaplan and Meier's estimator does, would say what would have happened had nobody stopped. The
cumulative incidence of Aalen and Johansen (Scandinavian Journal of Statistics 5, 1978) says how
many did, with stopping as the competing event.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from almanac.measures.counting import Rows, lowest_grade, well_sourced
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import FEW
from almanac.measures.shares import Flag

SILENT = 365  # days without a release after which an organisation counts as stopped
AALEN_JOHANSEN = "Aalen-Johansen cumulative incidence, Greenwood's variance on the log-log scale"


def histories(
    releases: Rows, flag: Flag, origin: str, as_of: str, silent: int = SILENT
) -> pd.DataFrame:
    """What became of each organisation after `origin`.

    An organisation is followed from `origin` if it released something in the `silent` days up
    to it and nothing with `flag` yet; one that first releases later (or again, after a silence)
    is followed from that day on (delayed entry). Three kinds are told apart and not followed:
    those that had one by `origin` already, those whose first release seen after it had one at
    once, and those that stayed silent.

    Parameters
    ----------
    releases : as `counting.units` or `counting.bare_units` gives them, one row a release
    flag : a boolean column
    origin : day from which time is counted
    as_of : last day the data speaks of
    silent : days without a release that count as having stopped; the stop is dated to the day on
        which they are full, so that it never needs to be known in advance

    Returns
    -------
    DataFrame
        One row an organisation: organisation_id, organisation, state ("followed", "already", "at
        once", "silent"), entry, end (days since `origin`; blank if not followed) and event: 0 still
        releasing without one at the end, 1 a first one, 2 stopped.
    """
    of, names = pd.factorize(releases.organisation_id, sort=True)
    days = np.asarray(releases.released_on)
    order = np.lexsort((days, of))
    owner, day, has = of[order], days[order], np.asarray(releases[flag], bool)[order]
    nowhen = np.datetime64("NaT")
    origin, as_of = (np.datetime64(pd.Timestamp(one), "us") for one in (origin, as_of))
    pause = np.timedelta64(silent, "D")

    def of_each(among, which, when=day):  # fmin and fmax pass over what is missing
        found = np.full(len(names), nowhen, day.dtype)
        which.at(found, owner[among], when[among])
        return found

    following = np.append(day[1:], nowhen)
    following[np.append(owner[1:] != owner[:-1], True)[: len(owner)]] = nowhen
    stops = np.where((following - day > pause) | np.isnat(following), day + pause, nowhen)
    first = of_each(has, np.fmin)
    earlier, later = of_each(day <= origin, np.fmax), of_each(day > origin, np.fmin)
    entry = np.where(earlier + pause > origin, origin, later)
    state = np.select(
        [first <= origin, np.isnat(entry), first == entry],
        ["already", "silent", "at once"],
        "followed",
    )
    stop = of_each(stops > entry[owner], np.fmin, stops)
    stop[stop > as_of] = nowhen
    event = np.select(
        [(first <= stop) | (~np.isnat(first) & np.isnat(stop)), ~np.isnat(stop)], [1, 2], 0
    )
    end = np.select([event == 1, event == 2], [first, stop], as_of)
    table = pd.DataFrame(
        {
            "organisation_id": names,
            "organisation": np.asarray(releases.organisation)[np.unique(of, return_index=True)[1]],
            "state": state,
            "entry": (entry - origin) / np.timedelta64(1, "D"),
            "end": (end - origin) / np.timedelta64(1, "D"),
            "event": event.astype(float),
        }
    )
    measures = ["entry", "end", "event"]
    table[measures] = table[measures].where(table.state == "followed")
    return table


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
        If fewer than `FEW` organisations are followed from the origin itself.
    """
    rows = histories[(histories.state == "followed") & (histories.entry < horizon)]
    rows = rows[rows.end > rows.entry]
    if (rows.entry == 0).sum() < FEW:
        raise ValueError(f"fewer than {FEW} organisations are followed from the day itself")
    event = rows.event.astype(int).where(rows.end <= horizon, 0)
    end = rows.end.clip(upper=horizon) + event.map({1: 0.0, 2: 0.25, 0: 0.5})
    # in numpy: lifelines, which a test holds this to, fits each kind by itself in fifty times the
    # time, and pages follow organisations from many days
    entry, end, event = (column.to_numpy(float) for column in (rows.entry, end, event))
    times = np.unique(np.concatenate([entry, end]))
    at_risk = np.searchsorted(np.sort(entry), times, "right") - np.searchsorted(np.sort(end), times)
    firsts, stops = (_at(times, end[event == kind]) for kind in (1, 2))
    neither = np.cumprod(np.append(1, 1 - (firsts + stops) / at_risk))[:-1]  # until then
    first, stopped = (np.cumsum(neither * count / at_risk) for count in (firsts, stops))
    low, high = _bounds(at_risk, firsts, neither, first, firsts + stops, level)
    day, begin = np.unique(np.floor(times), return_index=True)
    last = np.append(begin[1:], len(times)) - 1
    return pd.DataFrame(
        {
            "day": day.astype(int),
            "first": first[last].round(4),
            "low": low[last].round(4),
            "high": high[last].round(4),
            "stopped": stopped[last].round(4),
            "at_risk": at_risk[begin].astype(int),
        }
    )


def _at(times: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """How many of those seen were seen at each of the times."""
    return np.bincount(np.searchsorted(times, seen), minlength=len(times))


def _bounds(at_risk, firsts, neither, first, events, level):
    """Interval of a cumulative incidence at each of its times: two arrays, blank while it is 0.

    Greenwood's variance with the delta method for log(-log), as in Collett (Modelling Survival
    Data in Medical Research, 3rd edition, 2015) and lifelines.
    """
    from scipy.stats import norm

    n, d = at_risk.astype(float), events.astype(float)
    rise = np.tril(first[:, None] - first[None, :])
    spread = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    variance = (
        rise**2 @ spread
        + np.cumsum(neither**2 * firsts * (n - firsts) / n**3)
        - 2 * rise @ (neither * firsts / n**2)
    )
    logs = np.log(first, out=np.full_like(first, np.nan), where=(first > 0) & (first < 1))
    error = np.sqrt(variance) / (first * -logs) * norm.ppf((1 + level) / 2)
    return first ** np.exp(error), first ** np.exp(-error)


def at_months(curve: pd.DataFrame, origin: str, as_of: str, most: int) -> pd.DataFrame:
    """The curve of `incidence` by whole months after `origin`, as far as the data reaches.

    Returns
    -------
    DataFrame
        One row a month from 0 to `most`: months, first, low, high, stopped (0 to 1), at_risk (a
        count of those in view when the last event came).
    """
    days = np.array(_months_after(pd.Timestamp(origin), most))
    days = days[days <= (pd.Timestamp(as_of) - pd.Timestamp(origin)).days]
    last = curve.day.searchsorted(days, "right") - 1
    reached = curve.iloc[last].drop(columns="day").reset_index(drop=True)
    reached.insert(0, "months", range(len(days)))
    return reached


@cache
def _months_after(origin: pd.Timestamp, most: int) -> list[int]:
    """Days from `origin` to the same day of each following month, as the calendar has it."""
    return [(origin + pd.DateOffset(months=number) - origin).days for number in range(most + 1)]


@dataclass(frozen=True)
class Since:
    """What happened after a day: who is followed, and how many had a first one by when.

    Attributes
    ----------
    origin : the day
    histories : as the function of that name gives them, to the horizon
    months : as `at_months` gives them; empty where too few organisations are followed
    """

    origin: pd.Timestamp
    histories: pd.DataFrame
    months: pd.DataFrame

    def at(self, months: int) -> pd.Series | None:
        """The row at `months`, or the last before it that the data reaches; None without any."""
        rows = self.months[self.months.months.between(1, months)] if len(self.months) else []
        return rows.iloc[-1] if len(rows) else None

    def cohort(self, months: int) -> tuple[int, int, int]:
        """Of those followed from the day itself: a first one within `months`, stopped, and all.

        Plain counts that need no estimator, since none of them is lost before the data ends.
        """
        rows = self.histories[(self.histories.state == "followed") & (self.histories.entry == 0)]
        days = (self.origin + pd.DateOffset(months=months) - self.origin).days
        within = rows.event.where(rows.end <= days, 0)
        return int((within == 1).sum()), int((within == 2).sum()), len(rows)

    def others(self) -> dict[str, int]:
        """How many came later, had one already, began with one at once, or stayed silent."""
        states = self.histories.state
        late = (states == "followed") & (self.histories.entry > 0)
        kinds = {kind: int((states == kind).sum()) for kind in ("already", "at once", "silent")}
        return {"later": int(late.sum())} | kinds

    def in_words(self, months: int) -> str:
        """The plain counts behind the estimate, and who is not in it."""
        hits, stopped, there = self.cohort(months)
        others = self.others()
        return (
            f"Of the {there} that were releasing on the day itself, {hits} had one by then and "
            f"{stopped} had stopped; {others['later']} that came later count from their first "
            f"release on. Not counted are {others['already']} that had one by the day, "
            f"{others['at once']} that came later and began with one, and {others['silent']} that "
            "never released anything after it."
        )


def since(
    releases: Rows,
    flag: Flag,
    origin: str,
    as_of: str,
    *,
    silent: int,
    most: int,
    level: float,
) -> Since:
    """What happened in the `most` months after `origin`; arguments as `histories` takes them."""
    start = pd.Timestamp(origin)
    horizon = (start + pd.DateOffset(months=most) - start).days
    found = histories(releases, flag, origin, as_of, silent)
    found = found[~(found.entry >= horizon)]  # who comes after it has no part in this
    try:
        curve = incidence(found, horizon=horizon, level=level)
    except ValueError:
        return Since(start, found, pd.DataFrame())
    return Since(start, found, at_months(curve, origin, as_of, most))


def by_day(found: dict[str, Since], months: list[int]) -> pd.DataFrame:
    """The incidences after several days at some numbers of months, with the plain counts.

    Parameters
    ----------
    found : what happened after each day, by its name
    months : to show, where the data reaches that far

    Returns
    -------
    DataFrame
        One row a day and number of months: since, months, with_one, interval, stopped (whole per
        cent, in words), and counted and counted_stopped, which are counts of those followed from
        the day itself ("7 of 104").
    """
    rows = []
    for name, one in found.items():
        for number in months:
            row = one.at(number)
            if row is None or row.months != number:
                continue
            hits, stopped, there = one.cohort(number)
            blank = not np.isfinite(row.low)
            rows.append(
                {
                    "since": name,
                    "months": number,
                    "with_one": f"{row['first']:.0%}",
                    "interval": "" if blank else f"{row.low:.0%} to {row.high:.0%}",
                    "stopped": f"{row.stopped:.0%}",
                    "counted": f"{hits} of {there}",
                    "counted_stopped": f"{stopped} of {there}",
                }
            )
    return pd.DataFrame(rows)


def followed(
    since: Since, releases: Rows, row: pd.Series | None, what: str, *, level: float
) -> Estimate:
    """One row of the months as an estimate.

    Parameters
    ----------
    since, releases : for what it rests on
    row : of its months, as `Since.at` gives it
    what : what it was the first of, as in "reasoning model"
    level : as it was computed with

    Raises
    ------
    ValueError
        If there is no row, or nobody had a first one by then, so that there is no interval.
    """
    if row is None:
        raise ValueError("too few organisations are followed, or for too short a time")
    if not np.isfinite([row.low, row.high]).all():
        raise ValueError("nobody had a first one by then: no interval")
    names = since.histories.organisation_id[since.histories.state == "followed"]
    theirs = releases[np.isin(releases.organisation_id, names)]
    return Estimate(
        value=float(row["first"]),
        low=float(row.low),
        high=float(row.high),
        level=level,
        n=len(names),
        organisations=len(names),
        unit=f"share of organisations with a first {what} within {int(row.months)} months",
        method=AALEN_JOHANSEN,
        confidence=lowest_grade(theirs),
        vendor_share=well_sourced(theirs),
        kind="share",
    )
