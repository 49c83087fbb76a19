"""The release timeline: how often and by whom."""

import numpy as np
import pandas as pd

from almanac.measures.counting import UNITS, Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import (
    BOOTSTRAP,
    EXACT_BINOMIAL,
    FEW,
    cluster_bootstrap,
    effective_n,
    exact_binomial,
    sums_by,
)
from almanac.measures.writing import DAY


def by_quarter(units: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Units a quarter and region.

    Parameters
    ----------
    units : as `counting.units` gives them
    as_of : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a quarter and region that has any: quarter (name), region, releases (count), start
        (first day of the quarter), complete (False for a quarter that `as_of` cuts short).
    """
    quarter = units.released_on.dt.to_period("Q")
    table = (
        units.groupby([quarter.rename("quarter"), "region"], observed=True)
        .size()
        .rename("releases")
        .reset_index()
    )
    ends = table.quarter.dt.end_time.dt.normalize()
    return table.assign(
        start=table.quarter.dt.start_time,
        complete=ends <= pd.Timestamp(as_of),
        quarter=table.quarter.map(lambda q: f"{q.year} Q{q.quarter}"),
    )


def rate_ratio(
    units: Rows, as_of: str, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Units in the twelve months up to and with `as_of` over those in the twelve months before.

    `units` must be counted from at least two years before `as_of`, or the ratio is too high. With
    few organisations the interval is the exact binomial one of the recent units among both,
    as odds: given their sum, one of two Poisson counts is binomial (Przyborowski and
    Wilenski, Biometrika 31, 1940).

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    as_of : last day of the recent twelve months
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If either twelve months hold none.
    """
    # From the day after, so that months end where the calendar's do, leap years or not.
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    middle, start = end - pd.DateOffset(years=1), end - pd.DateOffset(years=2)
    day = np.asarray(units.released_on)
    both = units[(day >= start) & (day < end)]
    late = np.asarray(both.released_on) >= middle
    if late.all() or not late.any():
        raise ValueError(f"no {UNITS[unit]} in one of the two years up to {as_of}")
    totals = sums_by(both.organisation_id, recent=late, earlier=~late)
    recent, earlier = late.sum(), (~late).sum()
    if len(totals) < FEW:
        effective = effective_n(totals.recent + totals.earlier)
        ends = exact_binomial(recent / len(both), effective, level)
        low, high = (end / (1 - end) if end < 1 else None for end in ends)
        method = EXACT_BINOMIAL
    else:
        low, high = cluster_bootstrap(
            totals, lambda sums: sums.recent / sums.earlier, size=size, seed=seed, level=level
        )
        method = BOOTSTRAP
    return Estimate(
        value=float(recent / earlier),
        low=low,
        high=high,
        level=level,
        unit=f"{UNITS[unit]} in twelve months over those in the twelve months before",
        method=method,
        **rests_on(both),
        neutral=1,
    )


def count(units: Rows, unit: str, level: float) -> Estimate:
    """How many units there are: an exact count of the record."""
    return Estimate(
        value=len(units),
        low=None,
        high=None,
        level=level,
        unit=UNITS[unit],
        method="count of the record",
        **rests_on(units),
        kind="count",
        exact=True,
    )


def busiest(units: pd.DataFrame, most: int) -> pd.DataFrame:
    """The units of the `most` organisations that have shipped most often.

    Returns
    -------
    DataFrame
        Rows of `units` with ``rank``, 1 for the organisation with the most; equals by name.
    """
    counts = units.groupby("organisation").size()
    order = counts.sort_index().sort_values(ascending=False, kind="stable").head(most)
    rank = {name: place for place, name in enumerate(order.index, start=1)}
    chosen = units[units.organisation.isin(rank)]
    return chosen.assign(rank=chosen.organisation.map(rank))


def rate_in_words(found: Estimate, what: str, day: str) -> str:
    """What a `rate_ratio` says, with places for its value and interval.

    Parameters
    ----------
    found : the ratio
    what : plural of the unit of counting, as in `counting.UNITS`
    day : last day of the recent twelve months, as readers write it
    """
    opening = {
        "above": f"{what.capitalize()} have become more frequent",
        "below": f"{what.capitalize()} have become less frequent",
        "unclear": f"It is not clear whether {what} have become more or less frequent",
    }[found.side]
    return (
        f"{opening}: in the twelve months to {day} there are {{value}} times as many as in the "
        "twelve months before ({interval})."
    )


def trend_in_words(subject: str, found: Estimate) -> str:
    """What a factor a year says of its subject, with places for its value and interval."""
    return {
        "above": f"{subject} grew by a factor of {{value}} a year ({{interval}}).",
        "below": f"{subject} fell, to {{value}} times as much each year ({{interval}}).",
        "unclear": f"{subject} shows no clear trend: a factor of {{value}} a year ({{interval}}).",
    }[found.side]


def bend_in_words(found: Estimate) -> str:
    """What `cadence.bend` says, with places for its value and interval."""
    return {
        "above": "The pace quickened: that factor rose to {value} times what it was from one year "
        "to the next ({interval}).",
        "below": "The pace slowed: that factor fell to {value} times what it was from one year to "
        "the next ({interval}).",
        "unclear": "It is not clear that the pace quickened or slowed: that factor changes by "
        "{value} from one year to the next ({interval}).",
    }[found.side]


def cadence_title(
    what: str, grew: Estimate | None, bend: Estimate | None, late: Estimate | None
) -> str:
    """Title of a chart of counts over time: what its growth, and the bend in it, allow to say.

    Parameters
    ----------
    what : plural of the unit of counting, as in `counting.UNITS`
    grew, bend : `cadence.growth` and `cadence.bend`, None where there is too little for them
    late : `cadence.growth` without the first months
    """
    if grew is None:
        return f"{what.capitalize()} a quarter, by region"
    subject = f"{what.capitalize()} a month"
    factor = f"a factor of {grew.show()} a year"
    if grew.side == "unclear":
        return f"No clear trend in {what} a month: {factor}, {grew.show_interval()}"
    if late is not None and late.side != grew.side:
        return f"No clear trend in {what} a month that does not rest on the first months counted"
    if grew.side == "below":
        return f"{subject} fell, on average to {grew.show()} times as many each year"
    turn = {"below": ", and the pace slowed", "above": ", and the pace quickened", "unclear": ""}
    return f"{subject} grew by {factor} on average{turn[bend.side]}"


def busiest_title(rows: pd.DataFrame, what: str) -> str:
    """Title of the organisations that shipped most often, as `busiest` gives them."""
    counts = rows.organisation.value_counts()
    leaders = counts[counts == counts.max()]
    if len(leaders) > 1:
        return f"{len(leaders)} organisations share the lead with {counts.max()} {what} each"
    return f"{leaders.index[0]} has shipped most often: {counts.max()} {what}"


def as_rows(found: dict[str, Estimate], name: str) -> pd.DataFrame:
    """Factors a year as the rows of a table: `name`, n, organisations, factor and interval."""
    return pd.DataFrame(
        [
            {
                name: key,
                "n": estimate.n,
                "organisations": estimate.organisations,
                "factor a year": estimate.show(),
                f"{estimate.level:.0%} interval": estimate.show_interval().partition(": ")[2],
            }
            for key, estimate in found.items()
        ]
    )


def to_latest(
    units: pd.DataFrame,
    settled: pd.Timestamp,
    as_of: str,
    unit: str,
    *,
    size: int,
    seed: int,
    level: float,
) -> str:
    """What `rate_ratio` would be up to the last day counted, in words, if that is not settled."""
    if pd.Timestamp(as_of) <= settled:
        return ""
    try:
        found = rate_ratio(units, as_of, unit, size=size, seed=seed, level=level)
    except ValueError:
        return ""
    return (
        f"To {pd.Timestamp(as_of):{DAY}} it would be {found.show()} "
        f"({found.show_interval()}), but the last months are incomplete."
    )


def sturdy_title(curve: pd.DataFrame, rate: Estimate) -> str:
    """Title of a specification curve of `rate_ratio`: how many ways of counting agree."""
    defined = curve.dropna(subset="value")
    says = {
        "above": "the twelve months hold clearly more than the twelve before",
        "below": "the twelve months hold clearly fewer than the twelve before",
        "unclear": "there is no clear change",
    }
    share = (defined.side == rate.side).mean()
    return f"In {share:.0%} of {len(defined)} ways of counting {says[rate.side]}"


def then_title(table: pd.DataFrame) -> str:
    """Title of a backcast of `rate_ratio`: in how many settled quarters it lay off 1.

    Parameters
    ----------
    table : as `backcast.by_quarter` gives it
    """
    known = table[table.settled]
    more, fewer = int((known.low > 1).sum()), int((known.high < 1).sum())
    if not more + fewer:
        return f"In none of {len(known)} settled quarters was the ratio clearly above or below 1"
    return (
        f"The ratio was clearly above 1 in {more} of {len(known)} settled quarters, clearly below "
        f"in {fewer}"
    )


def then_in_words(table: pd.DataFrame) -> str:
    """The first and the last settled quarter of a backcast of `rate_ratio`, for readers."""
    known = table[table.settled]
    if known.empty:
        return "No past quarter has two whole years before it."
    ends = [f"{row.value:.2f} at {row.day:{DAY}}" for row in known.itertuples()]
    ends = " and ".join([ends[0], ends[-1]][: len(ends)])
    return f"The same ratio would have read {ends}. {then_title(table)}."
