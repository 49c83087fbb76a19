"""More marks than a chart can show: gathered, so that a page of a hundred thousand models is no
larger than one of a thousand.

Nothing is left out: marks that would lie on each other become one, which says of how many it is.
"""

import altair as alt
import numpy as np
import pandas as pd

MOST = 1200  # marks of a chart; more than all releases of the record as it is
FINEST = (160, 80)  # places along and up that are told apart at first
COUNT = "gathered"  # column: how many rows stand in a mark


def gathered(
    rows: pd.DataFrame, x: str, y: str | None = None, *, apart: str | None = None, most: int = MOST
) -> pd.DataFrame:
    """At most about `most` rows, each for those that lie closest to it.

    Parameters
    ----------
    rows : what is drawn, a row a mark
    x, y : its columns of places: days, or numbers, which are taken on a log scale where all are
        positive; without `y` places lie along `x` alone
    apart : column whose values are not mixed: a colour, or the row of a chart
    most : marks

    Returns
    -------
    DataFrame
        `rows` as they are if there are no more than `most`. Else one row a place that has any, the
        first of them, with `COUNT`, how many there are.
    """
    if len(rows) <= most:
        return rows
    along, up = _scaled(rows[x]), _scaled(rows[y]) if y else np.zeros(len(rows))
    groups = rows[apart].to_numpy() if apart else np.zeros(len(rows))
    width, height = FINEST
    while True:
        cells = pd.MultiIndex.from_arrays(
            [(along * width).astype(int), (up * height).astype(int), groups]
        )
        place = pd.Series(cells.factorize()[0], rows.index)
        if place.nunique() <= most or min(width, height) <= 2:
            break
        width, height = int(width * 0.85), int(height * 0.85)
    first = rows[~place.duplicated()]
    return first.assign(**{COUNT: place.map(place.value_counts())[first.index]})


def steps(rows: pd.DataFrame, x: str, *, apart: str, most: int = 150) -> pd.DataFrame:
    """At most about `most` steps a line: of those between two places along `x`, the last.

    Parameters
    ----------
    rows : points of lines that hold their value until the next, by `x`
    x : column of numbers
    apart : column that tells lines from each other
    """

    def line(points: pd.DataFrame) -> pd.DataFrame:
        if len(points) <= most:
            return points
        place = (_scaled(points[x], log=False) * most).astype(int)
        last = ~pd.Series(place, points.index).duplicated(keep="last")
        return points[last | (points.index == points.index[0])]

    return pd.concat([line(points) for _, points in rows.groupby(apart, sort=False)])


def in_words(rows: pd.DataFrame, drawn: pd.DataFrame) -> str:
    """What to add to a chart's description; empty where every row has its mark."""
    if COUNT not in drawn:
        return ""
    return f" {len(rows):,} are drawn as {len(drawn):,} marks, one for those that lie together."


def area(drawn: pd.DataFrame, alone: int) -> alt.Size | alt.SizeValue:
    """The area of a mark: `alone` (square pixels) for one row, more for more."""
    if COUNT not in drawn:
        return alt.SizeValue(alone)
    most = int(drawn[COUNT].max())
    scale = alt.Scale(type="sqrt", domain=[1, most], range=[alone * 0.6, alone * 8])
    return alt.Size(f"{COUNT}:Q", scale=scale, title="in one mark")


def told(drawn: pd.DataFrame) -> list[alt.Tooltip]:
    """What a mark says besides: of how many it is."""
    return [alt.Tooltip(COUNT, title="in this mark")] if COUNT in drawn else []


def _scaled(values: pd.Series, log: bool = True) -> np.ndarray:
    """Places from 0 to just below 1."""
    if pd.api.types.is_datetime64_any_dtype(values):
        numbers = values.astype("int64").to_numpy(dtype="float64")
    else:
        numbers = values.to_numpy(dtype="float64")
        if log and (numbers > 0).all():
            numbers = np.log(numbers)
    low, high = numbers.min(), numbers.max()
    return (numbers - low) / ((high - low) or 1) * (1 - 1e-9)
