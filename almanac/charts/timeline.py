"""Charts of the timeline."""

import altair as alt
import pandas as pd

from almanac.charts.encodings import Chart, day_axis, finished, tooltips
from almanac.charts.theme import GREY, ORANGE, TEXT


def monthly_counts(
    months: pd.DataFrame, levels: pd.DataFrame, title: str, description: str
) -> Chart:
    """Counts a month with steady growth and the level between changes; unsettled months are pale.

    Parameters
    ----------
    months : month, releases and settled, as `cadence.monthly` gives them
    levels : month, steady_growth, level and change, as `change_points.with_levels` gives them
    """
    lines = levels[["month", "steady_growth", "level", "change"]]
    rows = months[["month", "releases", "settled"]].merge(lines, on="month", how="left")
    rows = rows.round({"steady_growth": 1, "level": 1})
    # a blank among texts, which as NaN would not be JSON
    rows["change"] = rows.change.astype(object).where(rows.change.notna(), None)
    x = day_axis("month")
    ends = rows.assign(end=rows.month + pd.offsets.MonthEnd(0))
    base = alt.Chart(ends).encode(x=x)
    bars = base.mark_bar(color=GREY).encode(
        x2=alt.X2("end:T"),
        y=alt.Y("releases:Q", title="number a month"),
        y2=alt.datum(0),
        opacity=alt.OpacityValue(0.3, condition={"test": "datum.settled", "value": 0.7}),
        tooltip=tooltips(
            alt.Tooltip("month:T", format="%B %Y"), "releases", "settled", "steady_growth", "level"
        ),
    )
    growth = base.mark_line(color=TEXT, strokeWidth=1.25, strokeDash=[4, 3]).encode(
        y=alt.Y("steady_growth:Q")
    )
    level = base.mark_line(color=ORANGE, interpolate="step-after").encode(y=alt.Y("level:Q"))
    changes = alt.Chart(rows.loc[rows.change.notna(), ["month", "change"]])
    rules = changes.mark_rule(strokeDash=[2, 2], color=GREY).encode(x=x)
    names = changes.mark_text(align="left", dx=4, baseline="top").encode(
        x=x, y=alt.YValue(2), text=alt.Text("change:N")
    )
    return finished(bars + growth + level + rules + names, rows, title, description)
