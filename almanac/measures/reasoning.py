"""The spread of reasoning models around DeepSeek-R1. Description, not cause: no organisation
was untreated, and reasoning models with open weights precede R1."""

import numpy as np
import pandas as pd

from almanac.measures import interrupted, shares
from almanac.measures.counting import Rows
from almanac.measures.estimate import Estimate
from almanac.measures.interrupted import CLEAR, SUPPORTED, Break
from almanac.measures.writing import DAY, MINUS


def sides(units: Rows, day: str) -> tuple[Rows, Rows]:
    """The units released before `day`, and those on or after it."""
    before = units.released_on < pd.Timestamp(day)
    return units[before], units[~before]


def around(units: pd.DataFrame, rival: str, day: str) -> pd.DataFrame:
    """Units and those that reason before the earlier of two days, between them, and since.

    Returns
    -------
    DataFrame
        One row a stretch that has any: stretch (in words), units, reasoning (counts), share (0 to
        1, to four places), organisations and with_one (those of them with one that reasons).
    """
    first, second = sorted([pd.Timestamp(rival), pd.Timestamp(day)])
    names = {
        0: f"before {first:{DAY}}",
        1: f"from then to {second:{DAY}}",
        2: f"from {second:{DAY}} on",
    }
    place = (units.released_on >= first).astype(int) + (units.released_on >= second)
    owner = units.organisation_id
    grouped = units.groupby(place)
    table = pd.DataFrame(
        {
            "units": grouped.size(),
            "reasoning": grouped.is_reasoning.sum(),
            "share": grouped.is_reasoning.mean().round(4),
            "organisations": grouped.organisation_id.nunique(),
            "with_one": owner.where(units.is_reasoning).groupby(place).nunique(),
        }
    )
    return table.rename(index=names).rename_axis("stretch").reset_index()


def preceding(units: pd.DataFrame, day: str, names: list[str], what: str) -> str:
    """In words, what with a reasoning model came before `day`, and when those of `names` did."""
    earlier = units[units.is_reasoning & (units.released_on < pd.Timestamp(day))]
    if earlier.empty:
        return ""
    known = earlier.drop_duplicates("name").set_index("name").released_on
    named = [f"{name} on {known[name]:{DAY}}" for name in names if name in known.index]
    among = f", among them {' and '.join(named)}" if named else ""
    makers = earlier.organisation_id.nunique()
    return (
        f"Of {what} with a reasoning model {len(earlier)} came before it, by {makers} "
        f"{'organisation' if makers == 1 else 'organisations'}, from "
        f"{earlier.released_on.min():{DAY}} on{among}."
    )


def difference(
    units: Rows, day: str, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """Share that reasons since `day` minus share before, among units of known reasoning, in points.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them, of known and unknown reasoning
    day, unit, size, seed, level : as `sides` and `shares.difference` take them

    Raises
    ------
    ValueError
        If no unit on one side is of known reasoning.
    """
    known = units[units.reasoning_known]
    since = np.asarray(known.released_on) >= pd.Timestamp(day)
    return shares.difference_within(
        known, since, "is_reasoning", unit, size=size, seed=seed, level=level
    )


def named_days(events: pd.DataFrame, releases: pd.DataFrame, days: list[str]) -> pd.DataFrame:
    """What each of `days` is known for: date and label, a day that comes twice once.

    The label is the name of the model that the record's events have on that day, or the day itself.
    """
    names = {name.lower(): name for name in releases.name.dropna()}
    models = events[events.kind.isin(["open_model", "closed_model"])]
    known = models.drop_duplicates("date").set_index("date").event_id
    dates = list(dict.fromkeys(pd.Timestamp(day) for day in days))
    labels = [known.get(date, f"{date:{DAY}}") for date in dates]
    return pd.DataFrame({"date": dates, "label": [names.get(label, label) for label in labels]})


def difference_in_words(difference: Estimate, day: str, what: str) -> str:
    """What the difference of the shares says, for readers: whether there is one."""
    share = f"the share of {what} with a reasoning model"
    return {
        "above": f"From {day} on, {share} is {{value}} higher than before ({{interval}}).",
        "below": f"From {day} on, {share} is lower than before: {{value}} ({{interval}}).",
        "unclear": f"Whether {share} differs from {day} on is not clear: {{value}} ({{interval}}).",
    }[difference.side]


def bounds_in_words(before: pd.DataFrame, after: pd.DataFrame, what: str, day: str) -> str:
    """What the units of unknown reasoning could change, whatever they do."""
    (lowest, highest), (least, most) = bounds(after), difference_bounds(before, after)
    unknown = (~before.reasoning_known).sum() + (~after.reasoning_known).sum()
    if not unknown:
        return f"Whether they reason is known of all {what}."
    ends = (_points(end) for end in (least, most))
    return (
        f"{unknown} {what} whose organisations do not say whether they reason are left out. "
        f"Whatever they do, the share since {day} lies between {lowest:.0%} and {highest:.0%}, and "
        f"the difference between {' and '.join(ends)} points."
    )


def jump_in_words(jump: Estimate, day: str) -> str:
    """What the jump says, for readers: whether there is one."""
    return {
        "above": f"On {day} itself the fitted share jumps by {{value}} ({{interval}}), over and "
        "above the trend before it.",
        "below": f"On {day} itself the fitted share falls by {{value}} ({{interval}}) against the "
        "trend before it.",
        "unclear": f"A jump on {day} itself, over and above the trend before it, does not show: it "
        "is put at {value} ({interval}).",
    }[jump.side]


def step_in_words(jump: Estimate, found: Break, day: str) -> str:
    """The same as the title of a chart."""
    ends = f"from {found.before:.0%} to {found.after:.0%}"
    return {
        "above": f"On {day} the fitted share jumps {ends}",
        "below": f"On {day} the fitted share falls {ends}",
        "unclear": f"On {day} the fitted share goes {ends}: no clear step",
    }[jump.side]


def jump_bounds(every: pd.DataFrame, day: str) -> str:
    """The jump, in words, if no unit of unknown reasoning had one, and if all had."""
    if every.reasoning_known.all():
        return ""
    jumps = [
        interrupted.fit(every.assign(is_reasoning=flags), "is_reasoning", day).jump
        for flags in (every.is_reasoning, every.is_reasoning | ~every.reasoning_known)
    ]
    none, all_of_them = map(_points, jumps)
    return (
        f"If none of those that do not say had one, the jump would be {none} points; if all had, "
        f"{all_of_them}."
    )


def known_of_the_trend(found: Break, units: pd.DataFrame, what: str) -> str:
    """What the earlier trend rests on, and what is not known without it, in words.

    Parameters
    ----------
    found : the broken series
    units : those it was fitted to
    what : what they are called, as in "releases"
    """
    earlier = units[units.is_reasoning & (units.released_on < found.day)]
    if earlier.empty:
        return (
            f"None of the {found.n_before} {what} before the day has a reasoning model, so that "
            "there is no earlier trend to compare with: the slope before it is not known."
        )
    days = (found.day - earlier.released_on.min()).days
    return (
        f"The earlier trend rests on {found.hits_before} of {found.n_before} {what}, all from the "
        f"last {days} days before the day; it has reached {found.before:.0%} on the day, and the "
        f"later one begins at {found.after:.0%}. How the share would have gone on otherwise is not "
        "known: the earlier line carried on is a guess."
    )


def best_day(table: pd.DataFrame) -> str:
    """Which of the days of `interrupted.candidates` fits best, or that none stands out."""
    if table.empty:
        return "No day has enough on both sides to be tried"
    best = table.loc[table.behind.idxmin()]
    if best.gain < CLEAR:
        return f"None of {len(table)} days stands out: a series without a break fits about as well"
    near = table.day[table.behind <= SUPPORTED]
    others = (
        f"; {len(near) - 1} {'other' if len(near) == 2 else 'others'} from {near.min():{DAY}} to "
        f"{near.max():{DAY}} {'fits' if len(near) == 2 else 'fit'} about as well"
        if len(near) > 1
        else ""
    )
    return f"Of {len(table)} days, a break on {best.day:{DAY}} fits best{others}"


def standing(table: pd.DataFrame, day: str, name: str) -> str:
    """Where one of the days of `interrupted.candidates` stands among the others, in words."""
    rows = table[table.day == pd.Timestamp(day)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    larger = int((table.jump > row.jump).sum())
    fits = (
        "fits about as well as the best"
        if row.behind <= SUPPORTED
        else f"fits {row.behind:.0f} units of log-likelihood worse than the best"
    )
    return (
        f"A break on the day of {name} {fits}, with a jump of {_points(row.jump)} points; {larger} "
        f"of the {len(table) - 1} other days have a larger one."
    )


def apart(table: pd.DataFrame, named: pd.DataFrame) -> str:
    """Why the series does not tell what one of two days did from what the other did, in words.

    Parameters
    ----------
    table : of `interrupted.candidates`
    named : the days, as `named_days` gives them
    """
    if len(named) < 2 or not table.gain.max() >= CLEAR:  # no day stands out, or none was tried
        return ""
    days = abs((named.date.iloc[1] - named.date.iloc[0]).days)
    return (
        f"{named.label.iloc[0]} and {named.label.iloc[1]} lie {days} days apart, and a model takes "
        "time to train: a late answer to the one and a quick answer to the other look alike, so "
        "this series cannot say whose the rise is."
    )


def sturdy_in_words(difference: Estimate, agree: float, ways: int) -> str:
    """How many of the ways of counting say what the page does, as the title of a chart."""
    says = {
        "above": "the share is higher after the day",
        "below": "the share is lower after the day",
        "unclear": "it is not clear whether the share differs",
    }[difference.side]
    return f"In {agree:.0%} of {ways} ways of counting, {says}"


def then_in_words(table: pd.DataFrame, day: str) -> str:
    """The range of a `backcast.by_quarter` in one clause, as the title of a chart."""
    if table.empty:
        return f"No quarter ends after {day} yet"
    lowest, highest = table.loc[table.value.idxmin()], table.loc[table.value.idxmax()]
    value, low = _points(highest.value), _points(lowest.value)
    if len(table) == 1:
        return f"At the end of {highest.quarter} the difference is {value} points"
    if value == low:
        return f"At the ends of all {len(table)} quarters the difference is {value} points"
    return (
        f"At the ends of {len(table)} quarters the difference lies between {low} points "
        f"({lowest.quarter}) and {value} ({highest.quarter})"
    )


def difference_bounds(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, float]:
    """The least and the greatest difference of the shares after and before, in points, that the
    units of unknown reasoning allow."""
    (low_before, high_before), (low_after, high_after) = bounds(before), bounds(after)
    return 100 * (low_after - high_before), 100 * (high_after - low_before)


def bounds(units: pd.DataFrame) -> tuple[float, float]:
    """The share that reasons if no unit of unknown reasoning did, and if all did (0 to 1)."""
    return float(units.is_reasoning.mean()), float(
        (units.is_reasoning | ~units.reasoning_known).mean()
    )


def _points(number: float) -> str:
    return f"{number:z.0f}".replace("-", MINUS)
