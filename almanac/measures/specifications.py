"""How far a headline rests on choices that others would make otherwise.

Each way of counting that a reader could defend is one specification, and a headline is computed
under all of them: a specification curve (Simonsohn, Simmons and Nelson, Nature Human Behaviour 4,
2020, 1208-1214). It shows how much of a finding the choices make. It is no test: the
specifications overlap in what they count, and none of them is more right for being frequent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from almanac.measures import counting
from almanac.measures.estimate import Estimate, Side
from almanac.measures.writing import many

FLOORS_B = (0.0, 10.0, 20.0, 70.0)  # billions of parameters
LISTS = {
    "record": "the whole record",
    "atom": "models that the ATOM Project tracks",
    "hub": "models in Hub metadata of first parties",
}
DAYS = {
    "released": "day of release",
    "announced": "day of announcement",
    "hub": "creation on the Hub",
}
REGION_RULES = {
    "as filed": "all organisations",
    "without doubtful": "without organisations whose region leaves doubt",
}
CHOICES = ("unit", "size_floor_b", "list", "day", "region_rule")
DAY_COLUMNS = {"announced": "announced_on", "hub": "hub_created_on"}
# What a choice or `counting.bare_models` asks of a model: to carry the rest along takes longer.
COLUMNS = (
    *("model_id", "release_id", "organisation_id", "family", "role", "region", "region_in_doubt"),
    *("status", "released_on", "announced_on", "hub_created_on", "listed_in"),
    *("architecture", "reasoning", "total_params_b", "grade"),
)


@dataclass(frozen=True)
class Selection:
    """What one specification counts.

    Attributes
    ----------
    unit : a key of `counting.UNITS`
    size_floor_b : smallest total parameters counted, in billions
    list : a key of `LISTS`; of a list other than the record only its models count
    day : a key of `DAYS`: which day counts; where it is not known the day of release does
    region_rule : a key of `REGION_RULES`; a region leaves doubt where
        the record says so (`region_in_doubt`)
    models : the models counted, as `counting.bare_models` gives them
    units : as `counting.bare_units` gives them
    """

    unit: str
    size_floor_b: float
    list: str
    day: str
    region_rule: str
    models: np.recarray
    units: np.recarray

    def choices(self) -> dict:
        """The choices, by the names of `CHOICES`."""
        return {choice: getattr(self, choice) for choice in CHOICES}


def selections(
    models: pd.DataFrame,
    *,
    first_date: str,
    as_of: str,
    regions: list[str] | None = None,
    flags: Sequence[str] = (),
    also: Sequence[str] = (),
) -> list[Selection]:
    """Every combination of the choices that leaves anything to count.

    Parameters
    ----------
    models : one row a model with its release and organisation joined on, graded, with `COLUMNS`
    first_date, as_of, regions : as in `counting.select`
    flags : further boolean columns that models and units have, as in `counting.bare_units`
    also : further columns of numbers that the models have
    """
    models = models[list(dict.fromkeys([*COLUMNS, *flags, *also]))]
    lists = ";" + models.listed_in.fillna("") + ";"
    models = models.assign(
        doubtful=models.region_in_doubt.fillna(False).astype(bool),
        record=True,
        **{
            name: lists.str.contains(f";{name};", regex=False)
            for name in LISTS
            if name != "record"
        },
    )
    found = []
    for day in DAYS:
        rows = models
        if day in DAY_COLUMNS:
            other = rows[DAY_COLUMNS[day]].fillna(rows.released_on)
            rows = rows.assign(released_on=other.where(rows.released_on.notna()))
        try:
            rows = counting.select(rows, first_date=first_date, as_of=as_of, regions=regions)
        except ValueError:  # nothing in these days
            continue
        counted = counting.bare_models(rows, ["doubtful", *LISTS, *flags, *also])
        for name, floor in product(LISTS, FLOORS_B):
            large = (counted.total_params_b >= floor) | (not floor)  # not even 0 where not known
            some = counted[counted[name] & large]
            for unit in counting.UNITS if len(some) else ():
                units = counting.bare_units(some, unit, ["doubtful", *flags])
                for rule in REGION_RULES:
                    if rule == "as filed":
                        found.append(Selection(unit, floor, name, day, rule, some, units))
                    elif not units.doubtful.all():
                        rows = some[~some.doubtful], units[~units.doubtful]
                        found.append(Selection(unit, floor, name, day, rule, *rows))
    return found


def curve(
    chosen: list[Selection], estimate: Callable[[Selection], Estimate]
) -> pd.DataFrame:
    """One headline under each specification.

    Parameters
    ----------
    chosen : as `selections` gives them
    estimate : computes the headline; where it raises ValueError, as too
        little is left, the specification has no value

    Returns
    -------
    DataFrame
        One row a specification: the columns of `CHOICES`, n, organisations, value, low, high (to
        six significant digits; blank where not defined or open) and side (as in `Estimate`; blank
        where not defined, or without a neutral value).
    """
    rows = []
    for selection in chosen:
        try:
            found = estimate(selection)
        except ValueError:
            rows.append(selection.choices())
            continue
        numbers = {"value": found.value, "low": found.low, "high": found.high}
        rows.append(
            selection.choices()
            | {"n": found.n, "organisations": found.organisations}
            | {k: None if v is None else float(f"{v:.6g}") for k, v in numbers.items()}
            | {"side": None if found.neutral is None else found.side}
        )
    columns = [*CHOICES, "n", "organisations", "value", "low", "high", "side"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"n": "Int64", "organisations": "Int64"})


def share_on(table: pd.DataFrame, side: Side) -> float:
    """Share (0 to 1) of the defined specifications of a `curve` whose interval lies on `side`."""
    defined = table.dropna(subset="value")
    return float((defined.side == side).mean())


def farthest(table: pd.DataFrame, side: Side) -> pd.Series:
    """The row of a `curve` that speaks most against an interval on `side`.

    For ``above`` the one of the lowest value, for ``below`` of the highest, for ``unclear`` the
    one with the smallest interval that leaves the neutral value out, or the smallest of all.
    """
    defined = table.dropna(subset="value")
    if side == "unclear":
        clear = defined[defined.side != "unclear"]
        defined = clear if len(clear) else defined
        return defined.loc[(defined.high - defined.low).fillna(float("inf")).idxmin()]
    order = defined.value.idxmin() if side == "above" else defined.value.idxmax()
    return defined.loc[order]


def in_words(row: pd.Series) -> str:
    """The choices of one specification, for readers."""
    floor = f"of at least {row.size_floor_b:g} B" if row.size_floor_b else "of every size"
    return (
        f"{counting.UNITS[row.unit]} {floor}, {LISTS[row.list]}, by {DAYS[row.day]}, "
        f"{REGION_RULES[row.region_rule]}"
    )


def by_choice(table: pd.DataFrame, headline: Estimate) -> pd.DataFrame:
    """What each single choice does to a `curve`, over all the others, for readers.

    Parameters
    ----------
    table : a `curve`
    headline : the estimate of the page, with its neutral value

    Returns
    -------
    DataFrame
        One row an option: choice, option (in words), ways (count of those defined), lowest, median,
        highest (of the values, as the headline writes its own) and agree (share whose interval
        lies where the headline's does, as a percentage).
    """
    words = {
        "unit": counting.UNITS,
        "size_floor_b": {f: f"{f:g} B or more" if f else "every size" for f in FLOORS_B},
        "list": LISTS,
        "day": DAYS,
        "region_rule": REGION_RULES,
    }
    names = {"size_floor_b": "size floor", "region_rule": "organisations", "day": "day counted"}
    defined = table.dropna(subset="value")
    rows = []
    for choice in CHOICES:
        for option, label in words[choice].items():
            some = defined[defined[choice] == option]
            if len(some):
                ends = {"lowest": "min", "median": "median", "highest": "max"}
                rows.append(
                    {"choice": names.get(choice, choice), "option": label, "ways": len(some)}
                    | {name: headline.written(some.value.agg(how)) for name, how in ends.items()}
                    | {"agree": f"{(some.side == headline.side).mean():.0%}"}
                )
    return pd.DataFrame(rows)


def agreement(
    table: pd.DataFrame, headline: Estimate, sides: dict[Side, str] | None = None
) -> str:
    """How many specifications agree with a headline, and which speaks most against it, in words.

    Parameters
    ----------
    table : a `curve`
    headline : the estimate of the page, with its neutral value
    sides : what it means that the whole interval lies ``above`` or ``below`` the neutral value
    """
    side = headline.side
    defined = table.dropna(subset="value")
    if defined.empty:
        return "Too little is left to count in any other way."
    neutral = headline.written(headline.neutral)
    says = {
        "above": f"the whole interval lies above {neutral}",
        "below": f"the whole interval lies below {neutral}",
    } | (sides or {}) | {"unclear": f"the interval includes {neutral}"}  # fmt: skip
    counts = {one: int((defined.side == one).sum()) for one in says}
    others = [f"in {counts[one]} {says[one]}" for one in says if one != side and counts[one]]
    worst = farthest(table, side)
    return (
        f"In {counts[side]} of {len(defined)} ways of counting ({share_on(table, side):.0%}) "
        f"{says[side]}, as here"
        + ("; " if others else "") + " and ".join(others)
        + f". The one that hurts most is {in_words(worst)}: "
        f"{headline.written(worst.value)} (n = {worst.n:,} from "
        f"{many(worst.organisations, 'organisation')})."
    )
