"""Charts of the chapter on reasoning: a broken series, other days to break it, who came when."""

import altair as alt
import pandas as pd

from almanac.charts.encodings import Chart, day_axis, finished, points_of, tooltips
from almanac.charts.theme import BLUE, GREY, ORANGE, TEXT

FITS = {True: "among the best fits", False: "fits worse"}


def broken_series(
    months: pd.DataFrame,
    lines: pd.DataFrame,
    marks: pd.DataFrame,
    what: str,
    title: str,
    description: str,
) -> Chart:
    """A share by month with the lines fitted before and after a day, and named days as rules.

    Parameters
    ----------
    months : month, hits, n and share, as `interrupted.by_month` gives them
    lines : day, share and side, as `interrupted.Break.lines` gives them
    marks : date and label of each named day
    what : name of the share, for the axis
    """
    rows = months[["month", "hits", "n", "share"]]
    y = alt.Y("share:Q", title=what, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    dots = (
        alt.Chart(rows)
        .mark_circle(color=GREY, opacity=0.8)
        .encode(
            x=day_axis("month"),
            y=y,
            size=alt.Size("n:Q", legend=None, scale=alt.Scale(range=[20, 160], zero=True)),
            tooltip=tooltips(
                alt.Tooltip("month:T", format="%B %Y"),
                "hits",
                "n",
                alt.Tooltip("share", format=".0%"),
            ),
        )
    )
    fitted = (
        alt.Chart(lines[["day", "share", "side"]])
        .mark_line(color=ORANGE)
        .encode(x=day_axis("day"), y=y, detail=alt.Detail("side:N"))
    )
    return finished(alt.layer(dots, fitted, *_named(marks)), rows, title, description)


def candidate_days(table: pd.DataFrame, marks: pd.DataFrame, title: str, description: str) -> Chart:
    """The jump of a share at each of many days, those that fit about as well as the best marked.

    Parameters
    ----------
    table : day, jump (points), low, high (blank but for days with an interval), before, after
        (shares), behind (log-likelihood) and fits (bool)
    marks : date and label of each named day
    """
    rows = table[["day", "jump", "low", "high", "before", "after", "behind", "fits"]]
    rows = rows.assign(fits=rows.fits.map(FITS))
    x, title_y = day_axis("day"), "jump on the day, percentage points"
    base = alt.Chart(rows).encode(x=x)
    zero = alt.Chart(pd.DataFrame({"none": [0]})).mark_rule(color=TEXT, strokeDash=[4, 3])
    spans = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4)
        .encode(y=alt.Y("low:Q", title=title_y), y2=alt.Y2("high:Q"))
    )
    dots = base.mark_point(size=55, opacity=1, strokeWidth=2, filled=True).encode(
        y=alt.Y("jump:Q", title=title_y),
        color=alt.Color(
            "fits:N", scale=alt.Scale(domain=list(FITS.values()), range=[ORANGE, GREY])
        ),
        shape=alt.Shape(
            "fits:N", scale=alt.Scale(domain=list(FITS.values()), range=["circle", "diamond"])
        ),
        tooltip=tooltips(
            "day:T",
            alt.Tooltip("jump", format=".0f"),
            alt.Tooltip("before", format=".0%"),
            alt.Tooltip("after", format=".0%"),
            alt.Tooltip("behind", format=".1f"),
            "fits",
        ),
    )
    return finished(
        alt.layer(*_named(marks), zero.encode(y=alt.Y("none:Q")), spans, dots),
        rows,
        title,
        description,
    )


def incidence(table: pd.DataFrame, title: str, description: str) -> Chart:
    """How many had a first one, or had stopped, by months since each of several days.

    Parameters
    ----------
    table : since (name of the day), months, first, low, high, stopped (0 to 1) and at_risk, as
        `competing.at_months` gives them; the days in the order of the legend
    """
    rows = table[["since", "months", "first", "low", "high", "stopped", "at_risk"]]
    days = list(dict.fromkeys(rows.since))
    quarters = alt.Axis(values=list(range(0, 99, 3)), format="d")
    x = alt.X("months:Q", title="months since the day", axis=quarters)
    colour = alt.Color(
        "since:N",
        sort=days,
        scale=alt.Scale(domain=days, range=[BLUE, ORANGE][-len(days) :]),
        legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=2.5, symbolDash=[1, 0]),
    )

    def y(column):
        return alt.Y(f"{column}:Q", title="share of organisations", axis=alt.Axis(format="%"))

    base = alt.Chart(rows).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.25).encode(y=y("low"), y2=alt.Y2("high:Q"))
    told = ["since", "months", "at_risk"] + [
        alt.Tooltip(name, format=".0%") for name in ("first", "low", "high", "stopped")
    ]
    line = base.encode(y=y("first"))
    stopped = base.mark_line(strokeDash=[2, 3], strokeWidth=1.75).encode(y=y("stopped"))
    ends = alt.Chart(rows.tail(1)[["months", "first", "stopped"]])
    names = [
        ends.mark_text(align="right", dy=dy, dx=-2).encode(
            x=x, y=y(column), text=alt.TextValue(name)
        )
        for column, name, dy in (
            ("first", "a first one", -10),
            ("stopped", "stopped releasing", 22),
        )
    ]
    chart = alt.layer(band, stopped, line.mark_line(), points_of(line, *told), *names)
    return finished(chart, rows, title, description)


def _named(marks: pd.DataFrame) -> list[alt.Chart]:
    """Named days as rules; the last name to the right of its rule, earlier ones to the left."""
    marks = marks[["date", "label"]].sort_values("date")
    rules = alt.Chart(marks).mark_rule(strokeDash=[4, 3], color=GREY).encode(x=day_axis("date"))
    return [rules] + [
        alt.Chart(some)
        .mark_text(align=side, dx=shift, baseline="top")
        .encode(x=day_axis("date"), y=alt.YValue(2), text=alt.Text("label:N"))
        for some, side, shift in ((marks[:-1], "right", -4), (marks[-1:], "left", 4))
        if len(some)
    ]
