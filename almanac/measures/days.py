"""What the choice of the day that counts does to a result: released, announced, on the Hub."""

from collections.abc import Callable

import pandas as pd

from almanac.measures.estimate import Estimate
from almanac.measures.specifications import DAY_COLUMNS, DAYS

WEEK = 7  # days


def by_day(models: pd.DataFrame, day: str) -> pd.DataFrame:
    """The models whose other day is known, as if they had been released on it.

    Parameters
    ----------
    models : one row a model with its release joined on
    day : a key of `specifications.DAY_COLUMNS`
    """
    other = models[DAY_COLUMNS[day]]
    return models.assign(released_on=other)[other.notna() & models.released_on.notna()]


def compare(
    models: pd.DataFrame,
    estimate: Callable[[pd.DataFrame], Estimate],
) -> pd.DataFrame:
    """How far other days lie from the day of release, and a result under each.

    Both results of a row rest on the same models, those that have the other day, so that they
    differ by the day and not by what is counted.

    Parameters
    ----------
    models : as `counting.select` gives them
    estimate : the result from such models; where it raises ValueError the table has no result

    Returns
    -------
    DataFrame
        One row a day other than that of release: day (name), releases (that have it), median_days
        (from it to the day of release; negative if it came later), within_a_week (share,
        0 to 1), by_this_day and by_day_of_release (`Estimate` or None).
    """

    def result(rows):
        try:
            return estimate(rows)
        except ValueError:
            return None

    table = []
    for day, column in DAY_COLUMNS.items():
        moved = by_day(models, day)
        own = models.loc[moved.index]
        releases = own.drop_duplicates("release_id")
        apart = (releases.released_on - releases[column]).dt.days
        table.append(
            {
                "day": DAYS[day],
                "releases": len(releases),
                "median_days": apart.median(),
                "within_a_week": (apart.abs() <= WEEK).mean() if len(apart) else None,
                "by_this_day": result(moved),
                "by_day_of_release": result(own),
            }
        )
    return pd.DataFrame(table)


def in_words(table: pd.DataFrame) -> str:
    """How near other days lie to the day of release and what they make of a result."""
    sentences = []
    for row in table.itertuples():
        if not row.releases:
            sentences.append(f"The {row.day} is known for no release.")
            continue
        near = (
            f"The {row.day} is known for {row.releases:,} releases and lies within {WEEK} days of "
            f"the day of release for {row.within_a_week:.0%} of them"
        )
        if row.by_this_day is None or row.by_day_of_release is None:
            sentences.append(f"{near}; they are too few for the ratio.")
        else:
            sentences.append(
                f"{near}; their ratio is {row.by_this_day.show()} by it and "
                f"{row.by_day_of_release.show()} by the day of release."
            )
    return " ".join(sentences)


def as_rows(table: pd.DataFrame) -> pd.DataFrame:
    """A `compare` as the rows of a table for readers."""

    def written(found):
        if found is None:
            return "too few"
        return f"{found.show()} ({found.show_interval().partition(': ')[2]})"

    return pd.DataFrame(
        {
            "day": table.day,
            "releases": table.releases,
            "median lead (days)": table.median_days,
            f"within {WEEK} days": table.within_a_week.map("{:.0%}".format, na_action="ignore"),
            "ratio by it": table.by_this_day.map(written),
            "by day of release": table.by_day_of_release.map(written),
        }
    )
