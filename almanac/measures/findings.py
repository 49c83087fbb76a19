"""Every headline of a page, counted in other ways and at past quarters, side by side.

A page draws the whole specification curve and the backcast of its main headline. Its others are
counted again here: with one choice at a time made otherwise, and with what had been released by
each quarter's end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from almanac.measures import backcast, specifications
from almanac.measures.counting import UNITS, frames_of
from almanac.measures.estimate import Estimate
from almanac.measures.specifications import DAYS, FLOORS_B, LISTS, REGION_RULES, Selection

WORDS = {  # a choice, for readers
    "unit": UNITS.get,
    "size_floor_b": lambda floor: f"{floor:g} B or more" if floor else "every size",
    "list": LISTS.get,
    "day": lambda day: f"by {DAYS[day]}",
    "region_rule": REGION_RULES.get,
}


@dataclass(frozen=True)
class Finding:
    """A headline that can be counted again.

    Attributes
    ----------
    name : what it says how much of, for readers
    here : as the page has it
    again : computes it from models and units (as `counting.frames_of` gives them), what a unit is
        and the day up to which they count; raises ValueError where too little is left
    """

    name: str
    here: Estimate
    again: Callable[[pd.DataFrame, pd.DataFrame, str, pd.Timestamp], Estimate]


def one_choice_apart(
    chosen: list[Selection], unit: str, size_floor_b: float
) -> dict[str, Selection]:
    """The specifications that make one choice other than the page does, by that choice in words.

    Parameters
    ----------
    chosen : as `specifications.selections` gives them
    unit, size_floor_b : of the page; a floor between two of `FLOORS_B` counts as the lower one
    """
    floor = max(some for some in FLOORS_B if some <= size_floor_b)
    page = {"unit": unit, "size_floor_b": floor, "list": "record", "day": "released",
            "region_rule": "as filed"}  # fmt: skip
    found = {}
    for one in chosen:
        other = {name: it for name, it in one.choices().items() if it != page[name]}
        if len(other) == 1:
            ((name, it),) = other.items()
            found[WORDS[name](it)] = one
    return found


def in_other_ways(
    findings: list[Finding], ways: dict[str, Selection], day: str | pd.Timestamp
) -> pd.DataFrame:
    """What becomes of each finding in each of some ways of counting, for readers.

    Parameters
    ----------
    findings : of one page
    ways : as `one_choice_apart` gives them
    day : up to which they count

    Returns
    -------
    DataFrame
        One row a finding: finding, here (value), ways (in which it is defined), agree (how many of
        them leave its interval on the same side of its neutral value; a dash where it has none),
        lowest, highest (values), and farthest (the way with the value that is farthest from here,
        and the value).
    """
    frames = {id(s): frames_of(s.models, s.units, s.unit) for s in ways.values()}
    rows = []
    for finding in findings:
        here = finding.here
        curve = specifications.curve(
            list(ways.values()),
            lambda s, again=finding.again: again(*frames[id(s)], s.unit, pd.Timestamp(day)),
        )
        curve = curve.assign(way=list(ways)).dropna(subset="value")
        row = {"finding": finding.name, "here": here.show(), "ways": len(curve)}
        if len(curve):
            far = curve.loc[(curve.value - here.value).abs().idxmax()]
            row |= {
                "agree": "–" if here.neutral is None else f"{(curve.side == here.side).sum()}",
                "lowest": here.written(curve.value.min()),
                "highest": here.written(curve.value.max()),
                "farthest": f"{here.written(far.value)}: {far.way}",
            }
        rows.append(row)
    columns = ["finding", "here", "ways", "agree", "lowest", "highest", "farthest"]
    return pd.DataFrame(rows, columns=columns)


def at_past_quarters(
    findings: list[Finding],
    models: pd.DataFrame,
    units: pd.DataFrame,
    unit: str,
    *,
    first: str | pd.Timestamp,
    as_of: str | pd.Timestamp,
    settled: pd.Timestamp,
) -> pd.DataFrame:
    """Each finding as it would have read at the end of each quarter, for readers.

    Parameters
    ----------
    findings : of one page
    models, units, first, as_of, settled : as `backcast.by_quarter` takes them
    unit : what a unit is, a key of `counting.UNITS`

    Returns
    -------
    DataFrame
        One row a quarter in which any is defined: quarter (with a note where releases are still
        missing), and a column a finding, its value with the ends of its interval.
    """
    columns, days = {}, {}
    for finding in findings:
        past = backcast.by_quarter(
            models,
            units,
            lambda some, known, day, again=finding.again: again(some, known, unit, day),
            first=first,
            as_of=as_of,
            settled=settled,
        )
        columns[finding.name] = dict(
            zip(past.day, (_with_ends(row, finding.here) for row in past.itertuples()), strict=True)
        )
        days |= dict(zip(past.day, past.quarter, strict=True))
    return pd.DataFrame(
        [
            {"quarter": days[day] + ("" if day <= settled else ", incomplete")}
            | {name: found.get(day) for name, found in columns.items()}
            for day in sorted(days)
        ],
        columns=["quarter", *columns],
    )


def _with_ends(row, here: Estimate) -> str:
    value = here.written(row.value)
    if here.exact:
        return value
    low, high = ("" if pd.isna(end) else here.written(end) for end in (row.low, row.high))
    return f"{value} ({low or 'open'} to {high or 'open'})"
