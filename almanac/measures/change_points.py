"""Months in which the count of releases changed level, and how far that rests on the penalty."""

import numpy as np
import pandas as pd

from almanac.measures import cadence

PENALTIES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)  # times the noise's variance and the log of the months
STEADFAST = 3.0  # a change holds up if all penalties from the lowest to this one show it
APART = 2  # months by which one change may wander as the penalty rises
SHORTEST = 3  # months a level has to last


def stabilised(counts: np.ndarray) -> np.ndarray:
    """Twice the square root of the counts: their standard deviation is about 1 at any mean, if
    they vary as Poisson's do (Anscombe, Biometrika 35, 1948)."""
    return 2 * np.sqrt(np.asarray(counts, float) + 3 / 8)


def noise(series: np.ndarray) -> float:
    """Variance of the noise, from squared differences of neighbours, which a few changes of level
    hardly move (von Neumann 1941); at least 1, as that of Poisson counts."""
    return max(1.0, float(np.mean(np.diff(series) ** 2) / 2)) if len(series) > 1 else 1.0


def sweep(
    series: np.ndarray | pd.Series, penalties: tuple[float, ...] = PENALTIES
) -> dict[float, list[int]]:
    """Places at which a series changes its mean, for each penalty.

    PELT (Killick, Fearnhead and Eckley, JASA 107, 2012) finds the partition with the least squared
    distance from the means of its parts plus a penalty for each change. A penalty of twice the
    noise's variance times the logarithm of the length is Schwarz's criterion; below it noise is
    taken for change.

    Parameters
    ----------
    series : stabilised counts, one a month
    penalties : in units of the noise's variance times the logarithm of the length

    Returns
    -------
    For each penalty the first places of all parts but the first.
    """
    import ruptures

    values = np.asarray(series, float)
    if len(values) < 2 * SHORTEST:
        return {penalty: [] for penalty in penalties}
    # PELT in C: with a linear kernel the cost is the squared distance from the mean
    search = ruptures.KernelCPD(kernel="linear", min_size=SHORTEST, jump=1).fit(values)
    scale = noise(values) * np.log(len(values))
    return {penalty: search.predict(pen=penalty * scale)[:-1] for penalty in penalties}


def steady(found: dict[float, list[int]], up_to: float = STEADFAST) -> list[int]:
    """Places that every penalty up to `up_to` shows, give or take `APART` months.

    A place is given as the highest of these penalties has it.
    """
    strict = [penalty for penalty in found if penalty <= up_to]
    return [
        place
        for place in found[max(strict)]
        if all(any(abs(place - other) <= APART for other in found[p]) for p in strict)
    ]


def series(months: pd.DataFrame) -> pd.DataFrame:
    """The counts that are searched: settled months that are counted whole.

    Parameters
    ----------
    months : as `cadence.monthly` gives them

    Returns
    -------
    DataFrame
        One row a month: month, exposure, releases, steady_growth (count by `cadence.fitted`),
        counted (stabilised count) and rest (what of it is left beyond steady growth).

    Raises
    ------
    ValueError
        If there is too little for a growth factor.
    """
    used = months[months.settled].assign(steady_growth=cadence.fitted(months))
    counted = stabilised(used.releases)
    rest = counted - stabilised(used.steady_growth)
    columns = ["month", "exposure", "releases", "steady_growth", "counted", "rest"]
    return used.assign(counted=counted, rest=rest)[used.whole][columns].reset_index(drop=True)


def with_levels(table: pd.DataFrame, places: list[int]) -> pd.DataFrame:
    """A `series` with the level between changes, as a chart draws it.

    Parameters
    ----------
    table : as `series` gives it
    places : first places of all parts but the first

    Returns
    -------
    DataFrame
        month, steady_growth (count in a month of 30.4 days), level (that moved to the mean of the
        rest in its part) and change (the name of the month where a part begins); the last two
        blank without any places.
    """
    steady_growth = table.steady_growth / table.exposure
    drawn = table[["month"]].assign(steady_growth=steady_growth)
    if not places:
        return drawn.assign(level=np.nan, change=None)
    parts = np.split(table.rest.to_numpy(), places)
    means = np.concatenate([np.full(len(part), part.mean()) for part in parts])
    moved = stabilised(steady_growth) + means
    names = {place: f"{table.month.iloc[place]:%b %Y}" for place in places}
    return drawn.assign(
        level=np.maximum(moved, 0) ** 2 / 4 - 3 / 8,
        change=[names.get(place) for place in range(len(table))],
    )


def in_words(months: pd.Series, places: list[int]) -> str:
    """The months of some places, for readers; empty without any."""
    names = [f"{months.iloc[place]:%B %Y}" for place in places]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def announced(months: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Changes beyond steady growth that hold up, and those that rest on the first months.

    A record's first months may hold fewer releases than came out, which is a step of its own and
    tilts the steady growth that all else is measured against. So a change has to be `steady` with
    and without the first `cadence.THIN` months, give or take `APART` months.

    Parameters
    ----------
    months : as `cadence.monthly` gives them

    Returns
    -------
    Places in `series(months)`: of the changes that hold up, and of those that only `steady` shows.

    Raises
    ------
    ValueError
        If there is too little for a growth factor.
    """
    table = series(months)
    places = steady(sweep(table.rest))
    try:
        late = series(months[cadence.THIN :])
    except ValueError:  # too little is left to tell
        return places, []
    shift = len(table) - len(late)
    again = [place + shift for place in steady(sweep(late.rest))]
    holding = [place for place in places if any(abs(place - other) <= APART for other in again)]
    return holding, [place for place in places if place not in holding]


def by_penalty(
    months: pd.Series, level: dict[float, list[int]], rest: dict[float, list[int]]
) -> pd.DataFrame:
    """What each penalty gives, in words.

    Parameters
    ----------
    months : first day of each month of the series
    level, rest : `sweep` of the counts and of what is left of them beyond steady growth

    Returns
    -------
    DataFrame
        One row a penalty: penalty, changes (their number and months) and beyond_steady_growth (the
        same).
    """

    def named(places):
        return f"{len(places)}: {in_words(months, places)}" if places else "none"

    return pd.DataFrame(
        {
            "penalty": list(level),
            "changes": [named(places) for places in level.values()],
            "beyond_steady_growth": [named(rest[penalty]) for penalty in level],
        }
    )
