"""Who leads in open weights: regions and organisations by what they release."""

import numpy as np
import pandas as pd

from almanac.measures import size_records
from almanac.measures.counting import (
    REGIONS,
    UNITS,
    Rows,
    half_years,
    name_half_year,
    rests_on,
)
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

LARGE_B = 70.0  # billions of parameters; the chapter on MoE draws its upper band there too


def twelve_months(units: Rows, end: str | pd.Timestamp) -> Rows:
    """The `units` released in the twelve months up to and with the day `end`."""
    after = pd.Timestamp(end) + pd.Timedelta(days=1)
    day = np.asarray(units.released_on)
    return units[(day >= after - pd.DateOffset(years=1)) & (day < after)]


def lead(
    units: Rows, one: str, other: str, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """The share of `units` by region `one` minus that by region `other`, in percentage points.

    Shares are of all `units`, whatever their region. Organisations are drawn again with all they
    shipped. Where organisations are too few for that, or one of the two regions has none, the
    exact binomial interval of `one` among the two, at their effective n, is turned into a
    difference: given their sum, a lead of two counts is a share.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them
    one, other : keys of `counting.REGIONS`
    unit : what a row is, a key of `counting.UNITS`
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If none of `units` is by either region.
    """
    totals = sums_by(
        units.organisation_id, one=units.region == one, other=units.region == other, rows=1
    )
    ahead, behind, every = (totals[name].sum() for name in ("one", "other", "rows"))
    shipped = totals.one + totals.other
    shipped = shipped[shipped > 0]
    if not len(shipped):
        raise ValueError(f"there are no {UNITS[unit]} of either {one} or {other}")

    def points(sums):
        return 100 * (sums.one - sums.other) / sums.rows

    if len(shipped) < FEW or not (ahead and behind):
        ends = exact_binomial(ahead / (ahead + behind), effective_n(shipped), level)
        low, high = (100 * (2 * end - 1) * (ahead + behind) / every for end in ends)
        method = EXACT_BINOMIAL
    else:
        low, high = cluster_bootstrap(totals, points, size=size, seed=seed, level=level)
        method = BOOTSTRAP
    return Estimate(
        value=100 * (ahead - behind) / every,
        low=low,
        high=high,
        level=level,
        unit=f"difference in the share of {UNITS[unit]}, percentage points",
        method=method,
        **rests_on(units),
        kind="points",
        neutral=0.0,
    )



def in_words(found: Estimate, units: pd.DataFrame, things: str) -> str:
    """Who is ahead by a `lead` of China over the United States, for `notebook.headline`.

    Parameters
    ----------
    found : the lead
    units : what it is of
    things : what they are, with their time
    """
    who = {
        "above": "Chinese organisations lead",
        "below": "US organisations lead",
        "unclear": "Neither China nor the United States is clearly ahead",
    }
    shares = [f"{(units.region == region).mean():.0%}" for region in ("china", "us")]
    return (
        f"{who[found.side]}: of the {len(units)} {things}, {shares[0]} are by Chinese "
        f"organisations and {shares[1]} by US ones, a difference of {{value}} ({{interval}})."
    )


def concentration(
    units: Rows, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """How many equally busy organisations would be as concentrated as these.

    The effective number 1 / HHI, where the Herfindahl-Hirschman index HHI is the sum of squared
    shares of the organisations (Hirschman, American Economic Review 54, 1964, p. 761, on its
    origin): the number of organisations if all ship as often, 1 if one ships everything.
    It is Kish's effective n of the organisations' counts.

    The interval draws organisations again. As their counts are skewed, percentiles cover less than
    they aim at (75 to 85 % at 90 %, of a hundred), and so the interval is, end by end, the wider of
    theirs and of the studentised one of the logarithm (Davison and Hinkley, Bootstrap Methods and
    their Application, 1997, chapter 5). It covers 85 to 95 % of simulated hundreds of
    organisations with counts like the record's or geometric ones, less where they are fewer than
    sixty or a few ship nearly everything.

    Parameters
    ----------
    units, unit, size, seed, level : as in `lead`

    Raises
    ------
    ValueError
        If there are fewer than ten organisations, too few to draw again.
    """
    counts = np.sort(np.bincount(pd.factorize(units.organisation_id)[0]))[::-1]
    number = len(counts)
    if number < FEW:
        raise ValueError(f"{number} organisations are too few for an interval")
    powers = counts[:, None] ** np.arange(1.0, 5)
    here, error = _evenness(powers.mean(axis=0)[None])
    drawn, errors = _evenness(redraws(number, size, seed) @ powers / number)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (drawn - here) / errors
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    both = [np.quantile(drawn, ends)]
    if np.isfinite(apart).any():  # not where all have shipped as often
        both.append(here - error * np.quantile(apart[np.isfinite(apart)], ends[::-1]))
    low, high = np.min(both, axis=0)[0], np.max(both, axis=0)[1]
    return Estimate(
        value=effective_n(counts),
        low=float(number * np.exp(low)),
        high=float(min(number * np.exp(high), number)),
        level=level,
        unit=f"effective number of organisations (1 / HHI) of the {UNITS[unit]}",
        method=f"{BOOTSTRAP}, the wider of percentile and studentised",
        **rests_on(units),
        kind="count",
    )


def _evenness(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the effective number of organisations over their number, and its standard error
    by the delta method, times the root of their number, from the first four moments of their
    counts, (draws, 4)."""
    one, two, three, four = moments.T
    variance = 4 * two / one**2 - 4 * three / (one * two) + four / two**2 - 1
    return 2 * np.log(one) - np.log(two), np.sqrt(np.maximum(variance, 0))


def by_half_year(units: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Each region's share of the units of each half-year.

    Parameters
    ----------
    units : as `counting.units` gives them
    as_of : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a half-year and region, of those that have any unit at all: period, start (first
        day), region, hits (its units), n (all units; counts), share (0 to 1, to four places) and
        complete (False for a half-year that `as_of` cuts short).
    """
    counts = (
        units.groupby([half_years(units.released_on).rename("start"), "region"])
        .size()
        .unstack(fill_value=0)
        .reindex(columns=[region for region in REGIONS if region in set(units.region)])
    )
    table = counts.rename_axis(columns="region").stack().rename("hits").reset_index()
    table["n"] = table.start.map(counts.sum(axis=1))
    after = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    return table.assign(
        period=table.start.map(name_half_year),
        share=(table.hits / table.n).round(4),
        complete=table.start + pd.DateOffset(months=6) <= after,
    )


def record_holders(units: pd.DataFrame, until: str | pd.Timestamp) -> pd.DataFrame:
    """For how long each region's model was the largest so far.

    Parameters
    ----------
    units : as `counting.units` gives them
    until : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a region that ever held the record of total parameters: region, records (how often
        it set one), days (on which it held it, `until` included) and last (name of its last).
    """
    records = size_records.records(units)
    end = pd.Timestamp(until) + pd.Timedelta(days=1)
    held = (records.released_on.shift(-1).fillna(end) - records.released_on).dt.days
    return (
        records.assign(days=held)
        .groupby("region", as_index=False)
        .agg(records=("name", "size"), days=("days", "sum"), last=("name", "last"))
    )


def by_region(units: pd.DataFrame, recent: pd.DataFrame, until: str | pd.Timestamp) -> pd.DataFrame:
    """Each region's releases, large releases and hold on the size record, side by side.

    Parameters
    ----------
    units : all of the edition, as `counting.units` gives them
    recent : those of them that shares are taken of
    until : last day the data speaks of

    Returns
    -------
    DataFrame
        One row a region with any of `units`: region, recent, large (counts), recent_share,
        large_share (0 to 1; missing where there is nothing to share), organisations (behind
        recent), records and record_days (counts over all `units`).
    """
    large = recent[recent.total_params_b > LARGE_B]
    held = record_holders(units, until).set_index("region")
    table = pd.DataFrame({"region": [region for region in REGIONS if region in set(units.region)]})

    def counts(rows):
        return table.region.map(rows.region.value_counts()).fillna(0).astype(int)

    return table.assign(
        recent=counts(recent),
        recent_share=counts(recent) / (len(recent) or np.nan),
        large=counts(large),
        large_share=counts(large) / (len(large) or np.nan),
        organisations=table.region.map(recent.groupby("region").organisation_id.nunique())
        .fillna(0)
        .astype(int),
        records=table.region.map(held.records).fillna(0).astype(int),
        record_days=table.region.map(held.days).fillna(0).astype(int),
    )


def shares_in_words(table: pd.DataFrame, names: dict[str, str]) -> str:
    """Each region's share of the recent units, from `by_region`, largest first, for readers."""
    order = table.dropna(subset="recent_share").sort_values(
        "recent_share", ascending=False, kind="stable"
    )
    return ", ".join(
        f"{names[region]} {share:.0%}"
        for region, share in zip(order.region, order.recent_share, strict=True)
    )


def holder_in_words(table: pd.DataFrame, names: dict[str, str]) -> str:
    """Which region's model held the size record longest, from `by_region`."""
    days = int(table.record_days.sum())
    if not days:
        return "No model's size is known."
    first = table.sort_values("record_days").iloc[-1]
    often = "once" if table.records.sum() == 1 else f"{table.records.sum()} times"
    return (
        f"The record of size by total parameters was set {often}, counting the first, and held "
        f"longest by {names[first.region]}: on {first.record_days:,} of {days:,} days."
    )


def then_title(past: pd.DataFrame) -> str:
    """Since when the same region has clearly been ahead, from `backcast.by_quarter` of a lead."""
    settled = past[past.settled] if past.settled.any() else past
    signs = np.select([settled.low > 0, settled.high < 0], [1, -1], 0)
    names = {1: "China was clearly ahead", -1: "The United States were clearly ahead",
             0: "Neither China nor the United States was clearly ahead"}
    begin = len(signs) - int(np.argmin(np.append(signs[::-1] == signs[-1], False)))
    since = settled.quarter.iloc[begin]
    last = settled.quarter.iloc[-1]
    span = f"in the twelve months to the end of {last}" if since == last else (
        f"in the twelve months to each quarter's end from {since} to {last}"
    )
    return f"{names[signs[-1]]} {span}"
