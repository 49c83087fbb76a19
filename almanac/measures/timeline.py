"""The release timeline: how often, by whom, how large."""

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
    redraws,
    sums_by,
)
from almanac.measures.writing import DAY
from almanac.record import CLOSE


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
        ends = exact_binomial(recent / len(both), effective_n(totals.recent + totals.earlier), level)
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


def count(units: pd.DataFrame, unit: str, level: float) -> Estimate:
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


def largest_of_days(units: pd.DataFrame, column: str = "total_params_b") -> pd.DataFrame:
    """The largest unit of each day with any of known size, by day.

    Parameters
    ----------
    units : as `counting.units` gives them
    column : the size, in billions of parameters
    """
    sizes, days = units[column].to_numpy(float), units.released_on.to_numpy()
    order = np.lexsort((sizes, days))
    order = order[np.isfinite(sizes[order])]
    last = np.append(days[order][1:] != days[order][:-1], True)[: len(order)]
    return units.iloc[order[last]].reset_index(drop=True)


def size_records(units: pd.DataFrame, column: str = "total_params_b") -> pd.DataFrame:
    """The units that were, on their day, the largest so far.

    Parameters
    ----------
    units, column : as in `largest_of_days`

    Returns
    -------
    DataFrame
        Rows of `units` in order of release, only those that exceed the record before by more than
        sizes are known to (`CLOSE`), so that 405 and 405.85 billion are one size; of several on
        one day only the largest. Units of unknown size set none.
    """
    largest = largest_of_days(units, column)
    return largest[_records(largest[column].to_numpy()[None])[0]].reset_index(drop=True)


def records_by_chance(
    sizes: pd.Series, *, size: int, seed: int, level: float
) -> tuple[float, float, float]:
    """How many records the same sizes would set if their order were left to chance.

    Records go on rising even when nothing changes, so a staircase alone shows no growth: of
    independent draws the i-th is a record with probability 1/i (Renyi 1962; Arnold, Balakrishnan
    and Nagaraja, Records, 1998, section 2.3), less often where sizes tie. Simulated, since what
    counts as a tie depends on the record so far.

    Parameters
    ----------
    sizes : one a draw, in any order
    size, seed : number of random orders, seed of the generator

    Returns
    -------
    The mean number, and the quantiles that leave at most half of 1 - `level` on either side.
    """
    orders = np.tile(sizes.to_numpy(float), (size, 1))
    orders = np.random.default_rng(seed).permuted(orders, axis=1)
    records = _records(orders).sum(axis=1)
    low, high = np.quantile(
        records, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf"
    )
    return float(records.mean()), float(low), float(high)


def _records(orders: np.ndarray) -> np.ndarray:
    """Which of the sizes of each row are records, in the order of the columns."""
    found = np.zeros(orders.shape, bool)
    top = np.zeros(len(orders))
    for place in range(orders.shape[1]):
        found[:, place] = orders[:, place] > top * (1 + CLOSE["total_params_b"])
        top = np.where(found[:, place], orders[:, place], top)
    return found


def median_size(units: pd.DataFrame, *, size: int, seed: int, level: float) -> pd.DataFrame:
    """Median total parameters of each year's units, with a cluster-bootstrap interval.

    Parameters
    ----------
    units : as `counting.units` gives them; those of unknown size are left out
    size, seed, level : of the cluster bootstrap; see `intervals`

    Returns
    -------
    DataFrame
        One row a year: year, n, organisations (counts), median_b, low_b, high_b (billions of
        parameters, to one place); no interval where organisations are too few for it.
    """
    rows = []
    for year, group in units.dropna(subset="total_params_b").groupby("year"):
        group = group.sort_values("total_params_b", kind="stable")
        values = group.total_params_b.to_numpy()
        of, names = pd.factorize(group.organisation_id)
        low = high = np.nan
        if len(names) >= FEW:
            below = redraws(len(names), size, seed)[:, of].cumsum(axis=1)
            half = below[:, -1:] / 2
            # of an even number the mean of the two in the middle
            middle = (below < half).sum(axis=1), (below <= half).sum(axis=1)
            medians = (values[middle[0]] + values[middle[1]]) / 2
            low, high = np.quantile(medians, [(1 - level) / 2, (1 + level) / 2])
        rows.append(
            {
                "year": int(year),
                "n": len(group),
                "organisations": len(names),
                "median_b": group.total_params_b.median(),
                "low_b": low,
                "high_b": high,
            }
        )
    return pd.DataFrame(rows).round(1)


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


def records_in_words(records: int, chance: tuple[float, float, float], level: float) -> str:
    """How a number of records compares with what chance sets, as `records_by_chance` gives it."""
    expected, low, high = chance
    return (
        f"That is {_against_chance(records, chance)}: the same sizes in random order set "
        f"{expected:.0f} records ({level:.0%} of the time between {low:.0f} and {high:.0f})."
    )


def records_title(records: pd.DataFrame, chance: tuple[float, float, float]) -> str:
    """Title of a staircase of `size_records`, which rises whether or not anything changes."""
    first, last = records.total_params_b.iloc[[0, -1]]
    return (
        f"From {first:,.4g} to {last:,.4g} billion parameters in {len(records)} records: "
        f"{_against_chance(len(records), chance)}"
    )


def _against_chance(records: int, chance: tuple[float, float, float]) -> str:
    _, low, high = chance
    if records > high:
        return "more than chance alone would set"
    return "fewer than chance alone would set" if records < low else "as many as chance may set"


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
