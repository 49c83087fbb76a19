"""The forms of chart that only the page on techniques has."""

import altair as alt
import pandas as pd

from almanac.charts import crowds
from almanac.charts.encodings import Chart, finished, points_of, tooltips
from almanac.charts.theme import BLUE, GREEN, GREY, ORANGE
from almanac.measures.techniques import HOUSES


def _months(column: str) -> alt.X:
    """Days of two or three years: every half-year is named."""
    axis = alt.Axis(tickCount={"interval": "month", "step": 6}, format="%b %Y", grid=True)
    return alt.X(f"{column}:T", title=None, axis=axis)


def statements(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Shares of what is stated about training in each half-year, with their intervals.

    A hollow point is a half-year that the data cuts short.

    Parameters
    ----------
    table : period, statement, share, low, high, hits, n and complete, as
        `techniques.statements_by_half_year` gives them
    """
    rows = table[["period", "statement", "share", "low", "high", "hits", "n", "complete"]]
    kinds = list(dict.fromkeys(rows.statement))
    colour = alt.Color(
        "statement:N", sort=kinds, scale=alt.Scale(domain=kinds, range=[ORANGE, BLUE, GREY])
    )
    base = alt.Chart(rows).encode(
        x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("statement:N", sort=kinds),
        color=colour,
    )
    y = alt.Y("share:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    bars = base.mark_rule(strokeWidth=7, opacity=0.4).encode(
        y=alt.Y("low:Q", title="share of the half-year"), y2=alt.Y2("high:Q")
    )
    points = base.mark_point(size=70, opacity=1, strokeWidth=2.5).encode(
        y=y,
        fill=alt.condition("datum.complete", colour, alt.value("transparent")),
        tooltip=tooltips(
            "period",
            "statement",
            alt.Tooltip("share", format=".0%"),
            alt.Tooltip("low", format=".0%"),
            alt.Tooltip("high", format=".0%"),
            "hits",
            "n",
        ),
    )
    return finished(bars + points, rows, title, description)


def pupils(table: pd.DataFrame, title: str, description: str) -> Chart:
    """A line of ticks a teacher, one for each model that names it, by day.

    Parameters
    ----------
    table : name, organisation, released_on, teacher and house, in the order of the teachers, as
        `techniques.teachers` gives them
    """
    every = table[["teacher", "name", "organisation", "released_on", "house"]]
    rows = crowds.gathered(every, "released_on", apart="teacher", most=300)
    kinds = [kind for kind in HOUSES if kind in set(rows.house)]
    colours = dict(zip(HOUSES, (GREEN, ORANGE, GREY), strict=True))
    chart = (
        alt.Chart(rows)
        .mark_tick(thickness=2.5, size=14, opacity=0.85)
        .encode(
            x=_months("released_on"),
            y=alt.Y(
                "teacher:N",
                sort=list(dict.fromkeys(rows.teacher)),
                title=None,
                axis=alt.Axis(labelLimit=140, grid=True),
            ),
            color=alt.Color(
                "house:N",
                sort=kinds,
                scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]),
            ),
            tooltip=tooltips(
                "name", "organisation", "released_on:T", "teacher", "house", *crowds.told(rows)
            ),
        )
    )
    description += crowds.in_words(every, rows)
    return finished(chart, rows, title, description, 24 * rows.teacher.nunique() + 10)


def families(table: pd.DataFrame, mark: pd.DataFrame, title: str, description: str) -> Chart:
    """How many families had a parser by each day, a line a series, with named days as rules.

    Parameters
    ----------
    table : series, date and families (count so far), as `traces.cumulative` gives them
    mark : date and label of each rule
    """
    rows, mark = table[["series", "date", "families"]], mark[["date", "label"]]
    x = _months("date")
    base = alt.Chart(rows).encode(
        x=x,
        y=alt.Y("families:Q", title="families with a parser so far"),
        color=alt.Color(
            "series:N",
            sort=list(dict.fromkeys(rows.series)),
            legend=alt.Legend(symbolType="stroke"),
        ),
    )
    steps = base.mark_line(interpolate="step-after")
    points = points_of(base, "series", "date:T", "families")
    rules = alt.Chart(mark).mark_rule(strokeDash=[4, 3], color=GREY).encode(x=x)
    names = (
        alt.Chart(mark)
        .mark_text(align="left", dx=4, baseline="top")
        .encode(x=x, y=alt.YValue(2), text=alt.Text("label:N"))
    )
    return finished(alt.layer(steps, rules, names, points), rows, title, description)
