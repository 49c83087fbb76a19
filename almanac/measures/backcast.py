"""A headline as it would have read at past quarters, from what is known of them today.

The record keeps no past states of itself from before its first edition, so this is a backcast:
it counts what had been released by each day, including what nobody had listed then. It shows how
stable a finding is, not what an almanac of that day would have said.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from almanac.measures.counting import Rows
from almanac.measures.estimate import Estimate


def settled_day(updated: str, as_of: str, recent_months: int) -> pd.Timestamp:
    """The last day up to which releases are taken as complete.

    Parameters
    ----------
    updated : day the record was last worked on
    as_of : last day that is counted
    recent_months : whole months before `updated` in which releases are still being added

    Returns
    -------
    The end of the month `recent_months` before `updated`, or `as_of` if that is earlier.
    """
    end = pd.Timestamp(updated) - pd.DateOffset(months=recent_months) + pd.offsets.MonthEnd(0)
    return min(pd.Timestamp(as_of), end)


def by_quarter(
    models: Rows,
    units: Rows,
    estimate: Callable[[Rows, Rows, pd.Timestamp], Estimate],
    *,
    first: str | pd.Timestamp,
    as_of: str | pd.Timestamp,
    settled: pd.Timestamp,
) -> pd.DataFrame:
    """One headline at the end of each quarter, and at `as_of`.

    Parameters
    ----------
    models, units : as `counting.select` and `counting.units` give them, or as their bare forms
    estimate : the headline from the models and units released up to a day, and that day; where it
        raises ValueError, as too little is there yet, the quarter is left out
    first : no quarter that ends before this day
    as_of : last day that is counted
    settled : as `settled_day` gives it

    Returns
    -------
    DataFrame
        One row a quarter: quarter (name), day (its end, or `as_of`), n, organisations, value, low,
        high (to six significant digits; blank where open) and settled (False for days after
        `settled`, of which releases are still missing).
    """
    rows = []
    for day, some, known in known_by(models, units, first=first, as_of=as_of):
        try:
            found = estimate(some, known, day)
        except ValueError:
            continue
        numbers = {"value": found.value, "low": found.low, "high": found.high}
        rows.append(
            {
                "quarter": name_quarter(day),
                "day": day,
                "n": found.n,
                "organisations": found.organisations,
                **{k: None if v is None else float(f"{v:.6g}") for k, v in numbers.items()},
                "settled": bool(day <= settled),
            }
        )
    columns = ["quarter", "day", "n", "organisations", "value", "low", "high", "settled"]
    return pd.DataFrame(rows, columns=columns)


def known_by(
    models: Rows,
    units: Rows,
    *,
    first: str | pd.Timestamp,
    as_of: str | pd.Timestamp,
    every: int = 1,
) -> Iterator[tuple[pd.Timestamp, Rows, Rows]]:
    """The end of each quarter, and `as_of`, with the models and units released by then.

    Parameters
    ----------
    models, units, first, as_of : as `by_quarter` takes them
    every : how many quarters apart, counted from the last quarter of a year
    """
    last = pd.Timestamp(as_of)
    days = pd.date_range(first, last, freq="QE")
    days = days[days.quarter % every == 0]
    days = days if len(days) and days[-1] == last else days.append(pd.DatetimeIndex([last]))
    for day in days:
        yield day, models[models.released_on <= day], units[units.released_on <= day]


def name_quarter(day: pd.Timestamp) -> str:
    """The quarter of a day as readers write it: 2025 Q1."""
    return f"{day.year} Q{day.quarter}"
