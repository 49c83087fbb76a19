"""One function a recurring form of chart.

Each takes a tidy frame, and only the columns it draws go into the page. A `title` states the
finding; a `description` says it to those who cannot see the chart.
"""

import textwrap

import altair as alt
import pandas as pd

from almanac.charts import crowds
from almanac.charts.encodings import (
    Chart,
    architecture_colour,
    day_axis,
    finished,
    named_architectures,
    named_regions,
    region_colour,
    size_axis,
    tooltips,
)
from almanac.charts.theme import BLUE, GREY, ORANGE, SCALE, TEXT
from almanac.measures.estimate import FORMATS as ESTIMATES
from almanac.measures.estimate import Estimate

FORMATS = {"share": ".0%", "points": ".0f", "count": ",d", "ratio": ".2f"}  # of kinds of estimates
SIDES = {"above": BLUE, "unclear": GREY, "below": ORANGE}  # of the neutral value


def stacked_quarters(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Releases a quarter, stacked by region; a quarter not yet complete is pale.

    A quarter without any has its place on the axis.

    Parameters
    ----------
    table : quarter, start, region, releases and complete, as `timeline.by_quarter` gives them
    """
    quarters = pd.period_range(table.start.min(), table.start.max(), freq="Q")
    rows = named_regions(table)[["quarter", "region", "releases", "complete"]]
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X(
                "quarter:O",
                title=None,
                axis=alt.Axis(labelAngle=-45),
                scale=alt.Scale(domain=list(quarters.strftime("%Y Q%q"))),
            ),
            y=alt.Y("releases:Q", title="number a quarter"),
            color=region_colour(),
            order=alt.Order("color_region_sort_index:Q"),
            opacity=alt.OpacityValue(0.45, condition={"test": "datum.complete", "value": 1}),
            tooltip=tooltips("quarter", "region", "releases", "complete"),
        )
    )
    return finished(chart, rows, title, description)


def share_by_period(table: pd.DataFrame, what: str, title: str, description: str) -> Chart:
    """A share in each half-year with its interval and its counts.

    Parameters
    ----------
    table : period, share, low, high, hits, n and complete, as `shares.by_half_year` gives them
    what : name of the share, for the axis
    """
    rows = table[["period", "share", "low", "high", "hits", "n", "complete"]]
    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("share:Q", title=what, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(rows).encode(x=x)
    bars = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        y=alt.Y("low:Q", title=what), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=ORANGE).encode(y=y)
    points = base.mark_point(color=ORANGE, size=70, opacity=1, strokeWidth=2.5).encode(
        y=y,
        fill=alt.FillValue("transparent", condition={"test": "datum.complete", "value": ORANGE}),
        tooltip=tooltips(
            "period",
            alt.Tooltip("share", format=".0%"),
            alt.Tooltip("low", format=".0%"),
            alt.Tooltip("high", format=".0%"),
            "hits",
            "n",
        ),
    )
    # above and to the left, where a rising line is not
    labels = base.mark_text(dy=-9, dx=-5, align="right").encode(
        y=y, text=alt.Text("share:Q", format=".0%")
    )
    return finished(bars + line + points + labels, rows, title, description)


def sizes(units: pd.DataFrame, records: pd.DataFrame, title: str, description: str) -> Chart:
    """Every unit by day and total parameters (log scale), with the staircase of the largest.

    Parameters
    ----------
    units : name, organisation, released_on, total_params_b (billions) and is_moe
    records : name, released_on and total_params_b of those that set a record, by day
    """
    columns = ["name", "organisation", "released_on", "total_params_b", "architecture"]
    rows = units.assign(architecture=named_architectures(units.is_moe))[columns].dropna()
    drawn = crowds.gathered(rows, "released_on", "total_params_b", apart="architecture")
    y = size_axis()
    x = day_axis("released_on")
    dots = (
        alt.Chart(drawn)
        .mark_circle(opacity=0.75)
        .encode(
            x=x,
            y=y,
            size=crowds.area(drawn, 42),
            color=architecture_colour(),
            tooltip=tooltips(
                "name", "organisation", "released_on:T", "total_params_b", *crowds.told(drawn)
            ),
        )
    )
    steps = records[["name", "released_on", "total_params_b"]]
    end = steps.tail(1).assign(released_on=units.released_on.max())
    stairs = (
        alt.Chart(pd.concat([steps, end]).drop(columns="name"))
        .mark_line(interpolate="step-after", color=TEXT, strokeWidth=1.25)
        .encode(x=x, y=y)
    )
    last = steps.name.where(steps.index >= len(steps) - 4, "")  # earlier names would collide
    named = (
        alt.Chart(steps.assign(label=last))
        .mark_text(align="right", dx=-5, dy=-6)
        .encode(x=x, y=y, text=alt.Text("label:N"), tooltip=alt.Tooltip("name"))
    )
    description += crowds.in_words(rows, drawn)
    return finished(dots + stairs + named, steps, title, description, 360)


def staircase(records: pd.DataFrame, until: str, title: str, description: str) -> Chart:
    """The largest so far by day, in total parameters (log scale).

    Parameters
    ----------
    records : name, released_on and total_params_b (billions) of those that set a record, by day
    until : the last day that the data speaks of
    """
    rows = records[["name", "released_on", "total_params_b"]]
    end = rows.tail(1).assign(released_on=pd.Timestamp(until))
    y = size_axis(ticks=4)
    x = day_axis("released_on")
    steps = pd.concat([rows, end]).drop(columns="name")
    stairs = alt.Chart(steps).mark_line(interpolate="step-after", color=ORANGE)
    dots = alt.Chart(rows).mark_circle(size=50, opacity=1, color=ORANGE)
    told = tooltips("name", "released_on:T", "total_params_b")
    return finished(
        stairs.encode(x=x, y=y) + dots.encode(x=x, y=y, tooltip=told), rows, title, description
    )


def bars(table: pd.DataFrame, name: str, value: str, title: str, description: str) -> Chart:
    """A number a row as a bar, written at its end, in the order of `table`.

    Parameters
    ----------
    name, value : columns of the names of the rows and of their numbers
    """
    rows = table[[name, value]]
    base = alt.Chart(rows).encode(
        y=alt.Y(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelLimit=170)),
        x=alt.X(f"{value}:Q", title=None, axis=None),
        tooltip=tooltips(name, value),
    )
    numbers = base.mark_text(align="left", dx=4).encode(text=alt.Text(f"{value}:Q"))
    return finished(
        base.mark_bar(color=ORANGE) + numbers, rows, title, description, 26 * len(rows) + 10
    )


def strips(units: pd.DataFrame, title: str, description: str) -> Chart:
    """A line of dots an organisation, one a unit, by day.

    Parameters
    ----------
    units : name, organisation, region, released_on and rank, as `timeline.busiest` gives them
    """
    columns = ["name", "organisation", "region", "released_on", "rank"]
    every = named_regions(units)[columns]
    rows = crowds.gathered(every, "released_on", apart="organisation", most=600)
    chart = (
        alt.Chart(rows)
        .mark_tick(thickness=2.5, size=14, opacity=0.85)
        .encode(
            x=day_axis("released_on"),
            y=alt.Y(
                "organisation:N",
                sort=alt.EncodingSortField("rank", op="min"),
                title=None,
                axis=alt.Axis(labelLimit=110, grid=True),
            ),
            color=region_colour(),
            tooltip=tooltips("name", "organisation", "released_on:T", *crowds.told(rows)),
        )
    )
    description += crowds.in_words(every, rows)
    return finished(chart, rows, title, description, 20 * units.organisation.nunique() + 10)


def stacked_counts(
    table: pd.DataFrame, x: str, kind: str, value: str, title: str, description: str
) -> Chart:
    """Counts by period, stacked by kind.

    Parameters
    ----------
    table : one row a period and kind
    x, kind, value : its columns of periods, kinds and counts
    """
    rows = table[[x, kind, value]]
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X(f"{x}:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{value}:Q", title=value),
            color=alt.Color(f"{kind}:N"),
            tooltip=tooltips(x, kind, value),
        )
    )
    return finished(chart, rows, title, description)


def shares_with_intervals(table: pd.DataFrame, name: str, title: str, description: str) -> Chart:
    """Shares as dots with intervals, one a row, in the order of `table`.

    Parameters
    ----------
    table : the column `name`, share, low, high, models and n, as `audit.by_column_and_list` gives
        them
    name : its column that names the shares
    """
    rows = table[[name, "share", "low", "high", "models", "n"]]
    y = alt.Y(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelLimit=165, labelFontSize=11))
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        x=alt.X("low:Q", title="share", axis=alt.Axis(format="%")), x2=alt.X2("high:Q")
    )
    dots = base.mark_circle(color=ORANGE, size=80, opacity=1).encode(
        x=alt.X("share:Q"),
        tooltip=tooltips(
            name,
            alt.Tooltip("share", format=".0%"),
            alt.Tooltip("low", format=".0%"),
            alt.Tooltip("high", format=".0%"),
            "models",
            "n",
        ),
    )
    return finished(bars + dots, rows, title, description, 26 * len(rows) + 10)


def stacked_shares(
    table: pd.DataFrame, name: str, kind: str, count: str, title: str, description: str
) -> Chart:
    """A bar a row that fills the width, split by kind; the first kind is named in the bar.

    Parameters
    ----------
    table : one row a name and kind, kinds in their order, with share (0 to 1) and a count
    name, kind, count : its columns of names, kinds and counts
    """
    rows = table[[name, kind, count, "share"]]
    kinds, names = list(dict.fromkeys(rows[kind])), list(dict.fromkeys(rows[name]))
    y = alt.Y(f"{name}:N", sort=names, title=None, axis=alt.Axis(labelLimit=130))
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=y,
            x=alt.X(
                "share:Q",
                title="share",
                axis=alt.Axis(format="%"),
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color(
                f"{kind}:N",
                sort=kinds,
                scale=alt.Scale(domain=kinds, range=SCALE[: len(kinds)]),
            ),
            order=alt.Order(f"color_{kind}_sort_index:Q"),
            tooltip=tooltips(name, kind, count, alt.Tooltip("share", format=".0%")),
        )
    )
    return finished(bars, rows, title, description, 34 * len(names) + 10)


def heat(
    table: pd.DataFrame, x: str, y: str, value: str, what: str, title: str, description: str
) -> Chart:
    """A share in every cell of a grid, written in it.

    Parameters
    ----------
    table : one row a cell
    x, y, value : its columns; `value` runs from 0 to 1
    what : name of the share, for the legend of colours
    """
    rows = table[[y, x, value]]
    base = alt.Chart(rows).encode(
        x=alt.X(f"{x}:O", title=None, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y(
            f"{y}:N", sort=list(dict.fromkeys(rows[y])), title=None, axis=alt.Axis(labelLimit=150)
        ),
    )
    # the depth of one colour over the page, so that text stays readable in light and dark
    cells = base.mark_rect(color=ORANGE).encode(
        opacity=alt.Opacity(
            f"{value}:Q", title=what, scale=alt.Scale(domain=[0, 1], range=[0.04, 0.6]), legend=None
        ),
        tooltip=tooltips(y, x, alt.Tooltip(value, format=".0%", title=what)),
    )
    numbers = base.mark_text().encode(text=alt.Text(f"{value}:Q", format=".0%"))
    return finished(cells + numbers, rows, title, description, 26 * rows[y].nunique() + 10)


def specification_curve(
    curve: pd.DataFrame,
    what: str,
    kind: str,
    neutral: float,
    title: str,
    description: str,
) -> Chart:
    """A headline under every way of counting, from the lowest value to the highest.

    Parameters
    ----------
    curve : as `specifications.curve` gives it; specifications without a value are left out
    what : what is computed, for the axis
    kind : how values are written, a key of `FORMATS`
    neutral : the value at which there is nothing to announce, drawn as a rule
    """
    order = curve.dropna(subset="value").sort_values("value", ignore_index=True)
    rows = order.assign(place=order.index + 1)[
        [
            "place",
            "value",
            "low",
            "high",
            "side",
            "unit",
            "size_floor_b",
            "list",
            "day",
            "region_rule",
            "n",
            "organisations",
        ]
    ]
    names = {side: f"interval {side} {_written(neutral, kind)}" for side in ("above", "below")}
    names["unclear"] = f"interval includes {_written(neutral, kind)}"
    rows = rows.assign(side=rows.side.map(names))
    x = alt.X(
        "place:Q",
        title=f"{len(rows)} ways of counting, by value",
        axis=alt.Axis(labels=False, ticks=False),
        scale=alt.Scale(domain=[0, len(rows) + 1], nice=False),
    )
    form = alt.Axis(format=FORMATS[kind])
    # halved and doubled are as far from 1, and a far end does not flatten all else
    factors = kind == "ratio" and (rows[["value", "low", "high"]].min(axis=None) > 0)
    spread = alt.Scale(type="log" if factors else "linear", zero=False, nice=False)
    scale = alt.Scale(domain=[names[side] for side in SIDES], range=list(SIDES.values()))
    colour = alt.Color("side:N", sort=list(scale.domain), scale=scale)
    base = alt.Chart(rows).encode(x=x, color=colour)
    intervals = base.mark_rule(opacity=0.45, strokeWidth=1.5).encode(
        y=alt.Y("low:Q", title=what, axis=form, scale=spread), y2=alt.Y2("high:Q")
    )
    dots = base.mark_circle(size=16, opacity=1).encode(
        y=alt.Y("value:Q", title=what),
        tooltip=tooltips(
            *(
                alt.Tooltip(name, format=FORMATS[kind])
                if name in ("value", "low", "high")
                else name
                for name in rows.columns
                if name != "place"
            )
        ),
    )
    rule = (
        alt.Chart(pd.DataFrame({"neutral": [neutral]}))
        .mark_rule(strokeDash=[4, 3], color=TEXT)
        .encode(y=alt.Y("neutral:Q"))
    )
    return finished(intervals + dots + rule, rows, title, description)


def named_ways(
    curve: pd.DataFrame, here: Estimate, what: str, title: str, description: str
) -> Chart:
    """A headline as the page has it, and in a few ways of counting, each by its name.

    Parameters
    ----------
    curve : as `findings.curve_of` gives it; ways without a value are left out
    here : the headline, with its neutral value, which is drawn as a rule
    what : what is computed, for the axis
    """
    first = {"way": "as on this page", "value": here.value, "low": here.low, "high": here.high,
             "n": here.n, "organisations": here.organisations}  # fmt: skip
    rows = curve.dropna(subset="value")[list(first)]
    rows = pd.concat([pd.DataFrame([first]), rows], ignore_index=True)
    numbers = ["value", "low", "high"]
    rows = rows.astype(dict.fromkeys(numbers, float)).round(dict.fromkeys(numbers, 4))
    rows["way"] = ["\n".join(textwrap.wrap(way, 25)) for way in rows.way]  # as wide as phones allow
    form = alt.Axis(format=FORMATS[here.kind])
    lines = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=160, labelFontSize=11)
    base = alt.Chart(rows).encode(y=alt.Y("way:N", sort=None, title=None, axis=lines))
    bars = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        x=alt.X("low:Q", title=what, axis=form, scale=alt.Scale(zero=False)), x2=alt.X2("high:Q")
    )
    dots = base.mark_circle(color=ORANGE, size=80, opacity=1).encode(
        x=alt.X("value:Q"),
        tooltip=tooltips(
            "way",
            *(alt.Tooltip(name, format=FORMATS[here.kind]) for name in numbers),
            "n",
            "organisations",
        ),
    )
    rule = (
        alt.Chart(pd.DataFrame({"neutral": [here.neutral]}))
        .mark_rule(strokeDash=[4, 3], color=TEXT)
        .encode(x=alt.X("neutral:Q"))
    )
    return finished(rule + bars + dots, rows, title, description, 34 * len(rows) + 10)


def then_and_now(table: pd.DataFrame, what: str, kind: str, title: str, description: str) -> Chart:
    """A headline as it would have read at past quarters; hollow where data are still missing.

    Parameters
    ----------
    table : as `backcast.by_quarter` gives it
    what : what is computed, for the axis
    kind : how values are written, a key of `FORMATS`
    """
    rows = table[["quarter", "day", "value", "low", "high", "n", "organisations", "settled"]]
    form = alt.Axis(format=FORMATS[kind])
    scale = alt.Scale(zero=kind == "share")
    base = alt.Chart(rows).encode(x=day_axis("day"))
    band = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        y=alt.Y("low:Q", title=what, axis=form, scale=scale), y2=alt.Y2("high:Q")
    )
    y = alt.Y("value:Q", title=what, axis=form, scale=scale)
    line = base.mark_line(color=ORANGE).encode(y=y)
    points = base.mark_point(color=ORANGE, size=60, opacity=1, strokeWidth=2).encode(
        y=y,
        fill=alt.FillValue("transparent", condition={"test": "datum.settled", "value": ORANGE}),
        tooltip=tooltips(
            *(
                alt.Tooltip(name, format=FORMATS[kind])
                if name in ("value", "low", "high")
                else name
                for name in rows.columns
            )
        ),
    )
    return finished(band + line + points, rows, title, description)


def _written(value: float, kind: str) -> str:
    return ESTIMATES[kind].format(value)
