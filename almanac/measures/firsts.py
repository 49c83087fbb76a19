"""When organisations first did something: released at all, an MoE model, a reasoning model."""

import numpy as np
import pandas as pd

from almanac.measures.counting import Rows, letters, places_of_grades


def firsts(units: Rows, flag: str) -> pd.DataFrame:
    """Each organisation's first release of any kind and its first with `flag`.

    Parameters
    ----------
    units : as `counting.units` or `counting.bare_units` gives them, by day of release
    flag : a boolean column

    Returns
    -------
    DataFrame
        One row an organisation: organisation_id, organisation, region, entered_on, last_on (day
        of its last release), first_on (blank if none), first (its name), at_once (True if it did
        so on the day it entered) and grade (the lowest of all its releases: that it has not done
        so before rests on each of them).
    """
    of, names = pd.factorize(units.organisation_id, sort=True)
    places, nowhere = np.arange(len(of)), np.full(len(names), -1)
    first, last, having, grade = (nowhere.copy() for _ in range(4))
    last[of] = places  # of those that fall on one place numpy keeps the last
    first[of[::-1]] = places[::-1]
    flagged = np.flatnonzero(np.asarray(units[flag], bool))[::-1]
    having[of[flagged]] = flagged
    np.maximum.at(grade, of, places_of_grades(units))
    days = np.asarray(units.released_on)
    has = having >= 0
    first_on = np.where(has, days[having], np.datetime64("NaT"))
    return pd.DataFrame(
        {
            "organisation_id": names,
            "organisation": np.asarray(units.organisation)[first],
            "region": np.asarray(units.region)[first],
            "entered_on": days[first],
            "last_on": days[last],
            "grade": letters(grade),
            "first_on": first_on,
            "first": pd.Series(np.asarray(units["name"])[having]).where(has),
            "at_once": first_on == days[first],
        }
    )


def cumulative(dates: pd.Series) -> pd.DataFrame:
    """How many organisations had begun by each date: columns date and organisations."""
    ordered = dates.dropna().sort_values().reset_index(drop=True)
    counts = pd.DataFrame({"date": ordered, "organisations": np.arange(1, len(ordered) + 1)})
    return counts.drop_duplicates("date", keep="last", ignore_index=True)
