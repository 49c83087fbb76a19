"""How long organisations took to a first release of a kind: an MoE model, a reasoning model.

Survival analysis with late entry. The clock of all organisations starts on one day, the origin;
each is under observation from the origin or from its own first release, whichever is later,
until its first release of the kind or the last day observed. The share that has moved by a
time on that clock is one minus the estimator of Kaplan and Meier (JASA 53, 1958), in which
organisations join the risk set as they enter (left truncation: Klein and Moeschberger, Survival
Analysis, 2003, section 4.6). It assumes that those that entered later move at the pace of those
already there.

Rules:

- An organisation that had moved before the origin is not under observation.
- An organisation whose *first* release is of the kind never was under observation without it:
  it is counted apart (`groups`). With a clock of its own (`own_clock`), which starts at its first
  release, it has moved at time zero and is in.
- An organisation that fell silent stays under observation as one that has not moved, so the curve
  says what share has done it. `silent_months` censors such organisations instead, so many months
  after their last release: then the curve says what share would have if all had gone on
  releasing, like those that did. They are censored so late because only then is it known that
  they fell silent; to leave at the last release would use knowledge of the future.

One organisation is one row, so no clustering is left to allow for.
"""

import numpy as np
import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import EXACT_BINOMIAL, exact_binomial, log_log

MONTH = 30.4375  # days, the mean of the calendar
KAPLAN_MEIER = "Kaplan-Meier with late entry, exponential Greenwood interval"


def groups(began: pd.DataFrame, origin: str, last_day: str | pd.Timestamp) -> pd.Series:
    """What becomes of each organisation in the analysis.

    Parameters
    ----------
    began : as `firsts.firsts` gives them
    origin : day on which the clock starts
    last_day : last day observed; a first release of the kind after it has not happened yet

    Returns
    -------
    Series
        With the index of `began`: "before" (moved before the origin), "at once" (its first
        release was of the kind, on or after the origin), "later" (entered after `last_day`),
        "watched" (under observation).
    """
    start, end = pd.Timestamp(origin), pd.Timestamp(last_day)
    group = pd.Series("watched", began.index)
    group[began.at_once] = "at once"
    group[began.first_on < start] = "before"
    # One that enters on the last day, or the origin's, has no time under observation.
    group[(began.entered_on >= end) & (group == "watched")] = "later"
    group[began.entered_on > end] = "later"
    return group


def spells(
    began: pd.DataFrame,
    origin: str,
    last_day: str | pd.Timestamp,
    *,
    silent_months: int | None = None,
    own_clock: bool = False,
) -> pd.DataFrame:
    """The time that each organisation was under observation.

    Parameters
    ----------
    began, origin, last_day : as in `groups`
    silent_months : months after its last release at which an organisation leaves; None keeps it
    own_clock : count each organisation's months from its own first release; one that entered
        before the origin is under observation from the origin all the same

    Returns
    -------
    DataFrame
        One row an organisation under observation: the columns of `began`, entry and exit
        (months on the clock) and moved (True if it left by a first release of the kind).
    """
    start, end = pd.Timestamp(origin), pd.Timestamp(last_day)
    kinds = ["watched", "at once"] if own_clock else ["watched"]
    rows = began[groups(began, origin, last_day).isin(kinds)]
    zero = rows.entered_on if own_clock else start
    leaves = pd.Series(end, rows.index)
    if silent_months is not None:
        leaves = leaves.clip(upper=rows.last_on + pd.DateOffset(months=silent_months))
    moved = rows.first_on <= leaves
    rows = rows.assign(
        entry=(rows.entered_on.clip(lower=start) - zero).dt.days / MONTH,
        exit=(rows.first_on.where(moved, leaves) - zero).dt.days / MONTH,
        moved=moved,
    )
    # One that fell silent before the origin was never observed.
    return rows[(rows.exit > rows.entry) | rows.at_once]


def curve(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """The share that has moved, by months since the origin.

    Parameters
    ----------
    rows : as `spells` gives them
    level : of the pointwise intervals

    Returns
    -------
    DataFrame
        One row a time at which some organisation moved, and the two ends: months, share, low,
        high (0 to 1, to four places) and at_risk (organisations under observation just before).

    Raises
    ------
    ValueError
        If no organisation is under observation.
    """
    steps = _steps(rows, level)
    ends = [min(rows.entry.min(), rows.exit.min()), rows.exit.max()]
    months = np.union1d(ends, steps.months)
    found = _at(steps, months)
    entry, exit = rows.entry.to_numpy(), rows.exit.to_numpy()
    before = np.where(months > 0, months, 1e-9)  # those who enter at the origin are there
    there = (entry[:, None] < before) & (exit[:, None] >= months)
    found = pd.DataFrame(
        {
            "months": months,
            "share": 1 - found.left,
            "low": 1 - found.high,
            "high": 1 - found.low,
            "at_risk": there.sum(axis=0),
        }
    )
    return found.round({"months": 2, "share": 4, "low": 4, "high": 4})


def share_moved(rows: pd.DataFrame, months: float, what: str, level: float) -> Estimate:
    """Share of organisations that have moved within `months` of the origin.

    Where none or all of them have, the interval is the exact binomial one of as many
    organisations as were under observation last.

    Parameters
    ----------
    rows : as `spells` gives them
    months : on the clock of the origin, within the time observed
    what : what they moved to, in words
    level : of the interval

    Raises
    ------
    ValueError
        If no organisation is under observation, or none still is at `months`.
    """
    at_risk = int(((rows.entry < months) & (rows.exit >= months)).sum())
    steps = _steps(rows, level)
    if not at_risk:
        raise ValueError(f"no organisation is under observation {months:g} months after the origin")
    then = _at(steps, [months]).iloc[0]
    share = float(1 - then.left)
    low, high, method = 1 - float(then.high), 1 - float(then.low), KAPLAN_MEIER
    if share in (0, 1):
        (low, high), method = exact_binomial(share, at_risk, level), EXACT_BINOMIAL
    return Estimate(
        value=share,
        low=low,
        high=high,
        level=level,
        unit=f"share of organisations with {what} within {months:.0f} months of the origin",
        method=method,
        **rests_on(rows),
        kind="share",
    )


def median_months(rows: pd.DataFrame, what: str, level: float) -> Estimate:
    """Months from the origin until half of the organisations have moved.

    The interval holds the times at which the pointwise interval of the curve includes one half
    (Brookmeyer and Crowley, Biometrics 38, 1982); an end that the curve's does not reach is open.

    Parameters
    ----------
    rows, what, level : as in `share_moved`

    Raises
    ------
    ValueError
        If fewer than half have moved, so that there is no median.
    """
    steps = _steps(rows, level)
    # Rounded, or half that is a hair above one half by its products would not be half.
    value, *ends = (
        next(iter(steps.months[steps[name].round(9) <= 0.5]), None)
        for name in ("left", "low", "high")
    )
    if value is None:
        raise ValueError(f"fewer than half of the organisations have {what} by the last day")
    low, high = (None if end is None else float(end) for end in ends)
    return Estimate(
        value=float(value),
        low=low,
        high=high,
        level=level,
        unit=f"months from the origin until half of the organisations have {what}",
        method=KAPLAN_MEIER,
        **rests_on(rows),
        kind="count",
    )


def by_rule(
    began: pd.DataFrame,
    origin: str,
    last_day: str | pd.Timestamp,
    *,
    months: float,
    silent_months: int,
    what: str,
    level: float,
) -> pd.DataFrame:
    """The share that has moved under each clock and each rule for those that fall silent.

    Parameters
    ----------
    began, origin, last_day, silent_months : as in `spells`
    months, what, level : as in `share_moved`

    Returns
    -------
    DataFrame
        One row a rule: clock, silent (in words), organisations, moved (counts), share, low, high
        (0 to 1; blank where too few are under observation) and median (months; blank where fewer
        than half have moved).
    """
    rows = []
    for clock, own in (("from the origin", False), ("from its own first release", True)):
        for silent, after in (("stay in", None), (f"leave after {silent_months} months",
                                                  silent_months)):
            some = spells(began, origin, last_day, silent_months=after, own_clock=own)
            row = {
                "clock": clock,
                "silent": silent,
                "organisations": len(some),
                "moved": int(some.moved.sum()),
            }
            try:
                found = share_moved(some, months, what, level)
                row |= {"share": found.value, "low": found.low, "high": found.high}
                row["median"] = median_months(some, what, level).value
            except ValueError:  # too few, or fewer than half: blank
                pass
            rows.append(row)
    columns = ["clock", "silent", "organisations", "moved", "share", "low", "high", "median"]
    return pd.DataFrame(rows, columns=columns)


def _steps(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """The curve of those that have not moved, at each time at which some did: months, left, low and
    high (0 to 1, the interval on the scale of log(-log))."""
    from statsmodels.duration.survfunc import SurvfuncRight

    if rows.empty:
        raise ValueError("no organisation is under observation: check the origin and the dates")
    # who enters at a time is not there for what happens at it, but at the start all are
    entry = rows.entry.where(rows.entry > 0, -1.0)
    curve = SurvfuncRight(rows.exit, rows.moved.astype(int), entry=entry)
    low, high = log_log(curve.surv_prob, curve.surv_prob_se, level)
    return pd.DataFrame(
        {"months": curve.surv_times, "left": curve.surv_prob, "low": low, "high": high}
    )


def _at(steps: pd.DataFrame, months) -> pd.DataFrame:
    """The curve of `_steps` at some times."""
    start = pd.DataFrame({"months": [-np.inf], "left": [1.0], "low": [1.0], "high": [1.0]})
    whole = pd.concat([start, steps], ignore_index=True)
    return whole.iloc[whole.months.searchsorted(months, "right") - 1].reset_index(drop=True)
