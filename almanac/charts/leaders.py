"""Charts of the chapter on who leads: shares by region, frontiers, and lags."""

import altair as alt
import numpy as np
import pandas as pd

from almanac.charts.encodings import HEIGHT, Chart, finished, tooltips
from almanac.charts.theme import GREY, ORANGE, REGION_NAMES, REGIONS

TALL = 340  # pixels
ROOM = 98  # pixels on the right for the names of lines
GROUPS = {"closed": GREY, "open (China)": REGIONS["china"], "open (US)": REGIONS["us"]}
GAP = 17  # pixels between two names


def shares_by_region(
    table: pd.DataFrame, what: str, title: str, description: str, height: int = HEIGHT
) -> Chart:
    """Each region's share by half-year, a line each, named at its end; hollow where cut short.

    Parameters
    ----------
    table : period, start, region, hits, n, share and complete, as `leaders.by_half_year` gives it
    what : name of the share, for the axis
    height : in pixels
    """
    rows = table[["period", "region", "hits", "n", "share", "complete", "start"]]
    rows = rows.assign(region=rows.region.map(REGION_NAMES))
    names = list(dict.fromkeys(rows.region))
    colours = {REGION_NAMES[region]: colour for region, colour in REGIONS.items()}
    scale = alt.Scale(domain=names, range=[colours[name] for name in names])
    colour = alt.Color("region:N", scale=scale, legend=None)
    x, y = (
        _day_axis("start", rows.start),
        alt.Y("share:Q", title=what, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
    )
    base = alt.Chart(rows).encode(x=x, y=y, color=colour)
    points = base.mark_point(size=45, opacity=1, strokeWidth=2).encode(
        fill=alt.condition(
            "datum.complete",
            alt.Fill("region:N", scale=scale, legend=None),
            alt.value("transparent"),
        ),
        tooltip=tooltips("period", "region", alt.Tooltip("share", format=".0%"), "hits", "n"),
    )
    ends = rows.groupby("region", sort=False).tail(1)
    ends = ends.assign(place=_apart(ends.share, 1 / height))[["region", "start", "place"]]
    return finished(
        base.mark_line() + points + _names(ends, "start", "region", x, colour),
        rows.drop(columns="start"),
        title,
        description,
        height,
    )


def frontiers(steps: pd.DataFrame, what: str, title: str, description: str) -> Chart:
    """The best score so far of each group, as a staircase that ends where its data end.

    Parameters
    ----------
    steps : as `lag.staircases` gives it
    what : name of the score, for the axis
    """
    rows = steps[["series", "day", "value", "subject"]].fillna({"subject": ""})
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=list(GROUPS), range=list(GROUPS.values())),
        legend=None,
    )
    x = _day_axis("day", rows.day)
    y = alt.Y("value:Q", title=what, scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(rows).encode(x=x, y=y, color=colour)
    dots = base.transform_filter("datum.subject !== ''").mark_circle(size=36, opacity=1)
    ends = rows.groupby("series", sort=False).tail(1)
    ends = ends.assign(place=_apart(ends.value, np.ptp(rows.value) / TALL))
    ends = ends[["series", "day", "place"]]
    return finished(
        base.mark_line(interpolate="step-after", strokeWidth=2)
        + dots.encode(tooltip=tooltips("series", "subject", "day:T", "value"))
        + _names(ends, "day", "series", x, colour),
        rows[rows.subject != ""],
        title,
        description,
        TALL,
    )


def lags(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Median lags with intervals in days, one a row; an arrow where the upper end is open.

    Parameters
    ----------
    table : comparison, metric, median, low, high, records and reached, as `lag.compare` gives it;
        rows without a median are left out
    """
    rows = table.dropna(subset="median")
    # two lines: names in one would be cut off on a phone
    name = rows.comparison.str.replace(" behind ", " behind\n", n=1) + ", " + rows.metric
    rows = rows.assign(row=name)[["row", "median", "low", "high", "records", "reached"]]
    end = float(np.nanmax([rows["median"].max(), rows.high.max()])) * 1.05
    drawn = rows.assign(to=rows.high.fillna(end))
    lines = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=150, labelFontSize=11)
    y = alt.Y("row:N", sort=None, title=None, axis=lines)
    base = alt.Chart(drawn).encode(y=y)
    bars = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        x=alt.X(
            "low:Q",
            title="days behind, median",
            axis=alt.Axis(tickCount=6),
            scale=alt.Scale(domain=[0, end * 1.02], nice=False),
        ),
        x2=alt.X2("to:Q"),
    )
    arrows = (
        base.transform_filter("!isValid(datum.high)")
        .mark_point(shape="triangle-right", color=ORANGE, filled=True, size=90, opacity=1)
        .encode(x=alt.X("to:Q"))
    )
    dots = base.mark_circle(color=ORANGE, size=80, opacity=1).encode(
        x=alt.X("median:Q"),
        tooltip=tooltips(
            "row",
            *(alt.Tooltip(name, format=".0f") for name in ("median", "low", "high")),
            "records",
            "reached",
        ),
    )
    numbers = base.mark_text(dy=-11).encode(
        x=alt.X("median:Q"), text=alt.Text("median:Q", format=".0f")
    )
    return finished(bars + arrows + dots + numbers, rows, title, description, 40 * len(rows) + 10)


def _day_axis(column: str, days: pd.Series) -> alt.X:
    """A time axis with room on the right for the names of lines, on a phone as on a desktop."""
    first, last = days.min(), days.max()
    years = [{"year": year} for year in range(first.year, last.year + 1)]
    shown = [year for year in years if pd.Timestamp(f"{year['year']}-01-01") >= first]
    axis = alt.Axis(format="%Y", grid=True, values=shown or [{"year": first.year}])
    scale = alt.Scale(
        domain=[day.strftime("%Y-%m-%d") for day in (first, last)],
        range=[0, alt.ExprRef(f"width - {ROOM}")],
    )
    return alt.X(f"{column}:T", title=None, axis=axis, scale=scale)


def _names(
    ends: pd.DataFrame, x_column: str, name: str, x: alt.X, colour: alt.Color
) -> alt.LayerChart:
    """The name of each line at its end, in the colour of text, behind a mark in the line's own."""
    base = alt.Chart(ends).encode(x=x, y=alt.Y("place:Q"))
    marks = base.mark_square(size=50, opacity=1, xOffset=12).encode(color=colour)
    return marks + base.mark_text(align="left", dx=20).encode(text=alt.Text(f"{name}:N"))


def _apart(values: pd.Series, pixel: float) -> pd.Series:
    """Places for the names of lines that end at `values`, at least a gap apart, order kept.

    Parameters
    ----------
    pixel : how much of the scale a pixel is
    """
    order = values.sort_values()
    gaps = GAP * pixel * np.arange(len(order))
    # the lowest places that keep the gaps
    pushed = np.maximum.accumulate(order.to_numpy() - gaps) + gaps
    return pd.Series(pushed, index=order.index).reindex(values.index)
