"""A specification curve and a backcast out of a sweep of whole editions.

The chapters count their headlines in many ways in process, which takes a second; a sweep runs the
notebooks themselves, and so does the same for every headline and for any parameter. Both give the
same frames, which the same charts draw. Lists, days and doubtful regions are no parameters of the
notebooks: those ways are the chapters' alone.
"""

import pandas as pd

from almanac.measures.backcast import name_quarter
from almanac.measures.specifications import CHOICES

AS_COUNTED = {"unit": "release", "size_floor_b": 0.0, "list": "record", "day": "released",
              "region_rule": "as filed"}  # fmt: skip
NUMBERS = ["n", "organisations", "value", "low", "high"]


def curve(headlines: pd.DataFrame, result_id: str, neutral: float) -> pd.DataFrame:
    """One headline under each combination of a sweep, as `specifications.curve` gives it.

    Parameters
    ----------
    headlines : table of a sweep, with its parameters as ``parameter_...``
    result_id : of the headline
    neutral : the value at which there is nothing to announce

    Returns
    -------
    DataFrame
        One row a combination that has the headline: the choices of a specification, then the
        other parameters by their names, n, organisations, value, low, high and side.

    Raises
    ------
    ValueError
        If the sweep has no such headline.
    """
    rows = _of(headlines, result_id)
    parameters = rows.filter(like="parameter_")
    parameters = parameters.rename(columns=lambda name: name.removeprefix("parameter_"))
    choices = parameters.reindex(columns=list(CHOICES))
    for name, usual in AS_COUNTED.items():
        if name not in parameters:
            choices[name] = usual
    others = parameters.drop(columns=list(CHOICES), errors="ignore")
    low, high = rows.low.fillna(float("-inf")), rows.high.fillna(float("inf"))
    exact = rows.exact.fillna(False).astype(bool)
    low, high = low.where(~exact, rows.value), high.where(~exact, rows.value)
    side = pd.Series("unclear", rows.index).mask(low > neutral, "above")
    side = side.mask(high < neutral, "below")
    found = pd.concat([choices, others, rows[NUMBERS], side.rename("side")], axis=1)
    return found.reset_index(drop=True)


def backcast(headlines: pd.DataFrame, result_id: str, settled: pd.Timestamp) -> pd.DataFrame:
    """One headline at each ``as_of`` of a sweep, as `backcast.by_quarter` gives it.

    Parameters
    ----------
    headlines, result_id : as `curve` takes them
    settled : the last day up to which releases are complete, as `backcast.settled_day` gives it

    Raises
    ------
    ValueError
        If the sweep has no such headline, or did not vary ``as_of`` alone.
    """
    rows = _of(headlines, result_id)
    if "parameter_as_of" not in rows or rows.parameter_as_of.duplicated().any():
        raise ValueError("expected a sweep of as_of and of nothing else")
    days = pd.to_datetime(rows.parameter_as_of)
    found = rows[NUMBERS].assign(
        quarter=days.map(name_quarter), day=days, settled=days <= settled
    )
    columns = ["quarter", "day", *NUMBERS, "settled"]
    return found.sort_values("day", ignore_index=True)[columns]


def _of(headlines: pd.DataFrame, result_id: str) -> pd.DataFrame:
    rows = headlines[headlines.id == result_id]
    if rows.empty:
        raise ValueError(f"the sweep has no headline {result_id!r}")
    return rows
