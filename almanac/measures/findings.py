"""Every headline of a page, counted in other ways and at past quarters, side by side.

A page draws the whole specification curve and the backcast of its main headline. Its others are
counted again here: with one choice at a time made otherwise, and with what had been released by
the end of each half-year.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from almanac.measures import backcast, specifications
from almanac.measures.counting import UNITS, Rows
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
    here : as the page has it; None where it has too little for it
    again : computes it from models and units (as `counting.bare_models` and `counting.bare_units`
        give them), what a unit is and the day up to which they count; raises ValueError where too
        little is left
    """

    name: str
    here: Estimate | None
    again: Callable[[Rows, Rows, str, pd.Timestamp], Estimate]


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


def curve_of(
    again: Callable[[Rows, Rows, str, pd.Timestamp], Estimate],
    ways: dict[str, Selection],
    day: str | pd.Timestamp,
) -> pd.DataFrame:
    """A `specifications.curve` of what is computed `again` as a `Finding` has it, up to a day, with
    the name of each ``way``."""
    return specifications.curve(
        list(ways.values()),
        lambda s: again(s.models, s.units, s.unit, pd.Timestamp(day)),
    ).assign(way=list(ways))


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
        One row a finding the page has: finding, here (value), tested (whether it has a neutral
        value), ways (in which it is defined), agree (how many of them leave its interval on the
        same side of the neutral value or, without one, have a value inside its interval; blank for
        an exact count), lowest, highest (values), and farthest (the value that is farthest from
        here, and its way; blank where all are alike).
    """
    rows = []
    for finding in filter(lambda one: one.here, findings):
        here = finding.here
        curve = curve_of(finding.again, ways, day).dropna(subset="value")
        row = {
            "finding": finding.name,
            "here": here.written(here.value),
            "tested": here.neutral is not None,
            "ways": len(curve),
        }
        if len(curve):
            far = curve.loc[(curve.value - here.value).abs().idxmax()]
            row |= {
                "agree": _agreeing(here, curve),
                "lowest": here.written(curve.value.min()),
                "highest": here.written(curve.value.max()),
                "farthest": _far(here, far),
            }
        rows.append(row)
    columns = ["finding", "here", "tested", "ways", "agree", "lowest", "highest", "farthest"]
    return pd.DataFrame(rows, columns=columns).astype({"agree": "Int64"})


def _far(here: Estimate, row: pd.Series) -> str | None:
    value = here.written(row.value)
    return None if value == here.written(here.value) else f"{value}: {row.way}"


def _agreeing(here: Estimate, curve: pd.DataFrame) -> int | None:
    if here.neutral is not None:
        return int((curve.side == here.side).sum())
    if here.low is None or here.high is None:
        return None
    return int(curve.value.between(here.low, here.high).sum())


def in_words(table: pd.DataFrame) -> str:
    """How many findings read the same in all ways, from `in_other_ways`, for readers."""
    if table.empty:
        return "This edition counts too little for other findings."
    tested = table[table.tested & table.agree.notna()]
    if tested.empty:
        return ""
    if len(tested) == 1:
        other = int((tested.ways - tested.agree).iloc[0])
        reads = f"otherwise in {other} of {tested.ways.iloc[0]} ways" if other else (
            "the same in every way"
        )
        return f"The one finding here that tests something reads {reads}."
    alike = int((tested.agree == tested.ways).sum())
    reads = {0: "none reads", 1: "1 reads"}.get(alike, f"{alike} read")
    return f"Of {len(tested)} findings that test something, {reads} the same in every way."


def as_rows(table: pd.DataFrame) -> pd.DataFrame:
    """`in_other_ways` as readers see it: agree of all ways in one column."""
    ways = [
        f"{row.ways}" if pd.isna(row.agree)
        else f"{row.agree} of {row.ways} {'agree' if row.tested else 'within its interval'}"
        for row in table.itertuples()
    ]
    return table.assign(ways=ways).drop(columns=["tested", "agree"])


def at_half_years(
    findings: list[Finding],
    models: Rows,
    units: Rows,
    unit: str,
    *,
    first: str | pd.Timestamp,
    as_of: str | pd.Timestamp,
    settled: pd.Timestamp,
) -> pd.DataFrame:
    """Each finding as it would have read at the end of each half-year, for readers.

    Parameters
    ----------
    findings : of one page
    models, units, first, as_of, settled : as `backcast.by_quarter` takes them
    unit : what a unit is, a key of `counting.UNITS`

    Returns
    -------
    DataFrame
        One row a half-year in which any is defined: up_to (its last quarter, with a note where
        releases are still missing), and a column a finding: its value and the ends of its interval.
    """
    told = [finding for finding in findings if finding.here]
    rows = []
    for day, some, known in backcast.known_by(
        models, units, first=first, as_of=as_of, every=2
    ):
        row = {}
        for finding in told:
            with suppress(ValueError):
                row[finding.name] = _with_ends(finding.again(some, known, unit, day))
        if row:
            quarter = backcast.name_quarter(day) + ("" if day <= settled else ", incomplete")
            rows.append({"up_to": quarter} | row)
    return pd.DataFrame(rows, columns=["up_to", *(finding.name for finding in told)])


def _with_ends(found: Estimate) -> str:
    value = found.written(found.value)
    if found.exact:
        return value
    low, high = ("open" if end is None else found.written(end) for end in (found.low, found.high))
    return f"{value} ({low} to {high})"
