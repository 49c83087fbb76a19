"""When organisations first did something: released at all, an MoE model, a reasoning model."""

import numpy as np
import pandas as pd


def firsts(units: pd.DataFrame, flag: str) -> pd.DataFrame:
    """Each organisation's first release of any kind and its first with `flag`.

    Parameters
    ----------
    units : as `counting.units` gives them, by day of release
    flag : a boolean column

    Returns
    -------
    DataFrame
        One row an organisation: organisation_id, organisation, region, entered_on, last_on (day
        of its last release), first_on (blank if none), first (its name), at_once (True if it did
        so on the day it entered) and grade (the lowest of all its releases: that it has not done
        so before rests on each of them).
    """
    by_organisation = units.groupby("organisation_id")
    entered = by_organisation.agg(
        organisation=("organisation", "first"),
        region=("region", "first"),
        entered_on=("released_on", "min"),
        last_on=("released_on", "max"),
        grade=("grade", "max"),
    )
    having = units[units[flag]].groupby("organisation_id").first()
    return entered.assign(
        first_on=having.released_on,
        first=having.name,
        at_once=lambda table: table.first_on == table.entered_on,
    ).reset_index()


def cumulative(dates: pd.Series) -> pd.DataFrame:
    """How many organisations had begun by each date: columns date and organisations."""
    ordered = dates.dropna().sort_values().reset_index(drop=True)
    counts = pd.DataFrame({"date": ordered, "organisations": np.arange(1, len(ordered) + 1)})
    return counts.drop_duplicates("date", keep="last", ignore_index=True)
