"""Charts of the move to mixture-of-experts."""

import altair as alt
import pandas as pd

from almanac.charts import crowds
from almanac.charts.encodings import Chart, day_axis, finished, points_of, tooltips
from almanac.charts.tables import Table, percent
from almanac.charts.theme import BLUE, GREY, ORANGE
from almanac.measures.specifications import LISTS

PERCENT = alt.Axis(format="%")
WHOLE = alt.Scale(domain=[0, 1])


def _percents(*columns: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(column, format=".0%") for column in columns]


def diffusion(
    periods: pd.DataFrame, curve: pd.DataFrame, what: str, title: str, description: str
) -> Chart:
    """A share in each half-year with its interval, over a curve fitted to single days.

    Parameters
    ----------
    periods : period, start (its first day), share, low, high, hits, n and complete, as
        `shares.by_half_year` gives them
    curve : released_on and share, as `diffusion.fitted` gives them; empty where none is fitted
    what : name of the share, for the axis
    """
    rows = periods.assign(middle=periods.start + pd.Timedelta(days=91))[
        ["period", "middle", "share", "low", "high", "hits", "n", "complete"]
    ]
    x, y = day_axis("middle"), alt.Y("share:Q", title=what, axis=PERCENT, scale=WHOLE)
    base = alt.Chart(rows).encode(x=x)
    intervals = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        y=alt.Y("low:Q", title=what), y2=alt.Y2("high:Q")
    )
    dots = base.mark_point(color=ORANGE, size=70, opacity=1, strokeWidth=2.5).encode(
        y=y,
        fill=alt.FillValue("transparent", condition={"test": "datum.complete", "value": ORANGE}),
        tooltip=tooltips("period", *_percents("share", "low", "high"), "hits", "n"),
    )
    # above and to the left, where a rising line is not
    numbers = base.mark_text(dy=-9, dx=-7, align="right").encode(
        y=y, text=alt.Text("share:Q", format=".0%")
    )
    layers = [intervals, dots, numbers]
    if len(curve):
        drawn = alt.Chart(curve[["released_on", "share"]]).encode(x=day_axis("released_on"), y=y)
        # three quarters along, below the curve, where a rising one leaves room
        named = curve.iloc[[len(curve) * 3 // 4]][["released_on", "share"]]
        name = alt.Chart(named).encode(x=alt.X("released_on:T"), y=y)
        layers = [
            drawn.mark_line(color=GREY, strokeWidth=2),
            *layers,
            name.mark_text(align="left", dx=8, dy=10, text="fitted curve"),
        ]
    return finished(alt.layer(*layers), rows, title, description)


def bands_by_year(table: pd.DataFrame, what: str, title: str, description: str) -> Chart:
    """A share with its interval, one row a year, under the name of each size band.

    Parameters
    ----------
    table : band, year, share, low, high, hits and n, bands in order, as `moe.by_year_and_band`
        gives them
    what : name of the share, for the axis
    """
    rows = table[["band", "year", "share", "low", "high", "hits", "n"]]
    rows = rows.assign(row=rows.band + "|" + rows.year.astype(str))
    order = []
    for band, some in rows.groupby("band", sort=False):
        order += [band, *some.row]  # a row of its own for the name of the band
    y = alt.Y(
        "row:N",
        sort=order,
        title=None,
        scale=alt.Scale(domain=order),
        axis=alt.Axis(
            labelExpr="split(datum.value, '|')[1] || datum.value",
            labelFontWeight=alt.condition(
                "indexof(datum.value, '|') < 0", alt.value("bold"), alt.value("normal")
            ),
            labelLimit=110,
            labelPadding=10,  # a dot at none would touch the year
        ),
    )
    x = alt.X("share:Q", title=what, axis=PERCENT, scale=WHOLE)
    base = alt.Chart(rows).encode(y=y)
    intervals = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        x=alt.X("low:Q", title=what), x2=alt.X2("high:Q")
    )
    dots = base.mark_circle(color=ORANGE, size=80, opacity=1).encode(
        x=x, tooltip=tooltips("band", "year", *_percents("share", "low", "high"), "hits", "n")
    )
    shown = rows.drop(columns="row")
    return finished(intervals + dots, shown, title, description, 20 * len(order) + 10)


def moved(curves: pd.DataFrame, months: float, x_title: str, title: str, description: str) -> Chart:
    """Shares of organisations that have moved, by months since the origin, each named at its end.

    Parameters
    ----------
    curves : rule (name of the curve), months, share, low, high and at_risk, curves one after
        another, as `adoption.curve` gives them; intervals are drawn for the first
    months : drawn as a rule: the time of the headline
    x_title : of the axis of months
    """
    rows = curves[["rule", "months", "share", "low", "high", "at_risk"]]
    rows = crowds.steps(rows.reset_index(drop=True), "months", apart="rule")
    names = list(dict.fromkeys(rows.rule))
    x = alt.X("months:Q", title=x_title, scale=alt.Scale(nice=False))
    what = "share of organisations with an MoE model"
    y = alt.Y("share:Q", title=what, axis=PERCENT, scale=WHOLE)
    area = (
        alt.Chart(rows[rows.rule == names[0]])
        .mark_area(interpolate="step-after", color=ORANGE, opacity=0.25)
        .encode(x=x, y=alt.Y("low:Q", title=what), y2=alt.Y2("high:Q"))
    )
    colour = alt.Color(
        "rule:N",
        sort=names,
        scale=alt.Scale(domain=names, range=[ORANGE, BLUE][: len(names)]),
        legend=alt.Legend(symbolType="stroke", columns=1),
    )
    base = alt.Chart(rows).encode(x=x, y=y, color=colour)
    steps = base.mark_line(interpolate="step-after")
    points = points_of(base, "rule", "months", *_percents("share"), "at_risk")
    rule = (
        alt.Chart(pd.DataFrame({"months": [months]}))
        .mark_rule(strokeDash=[4, 3], color=GREY)
        .encode(x=alt.X("months:Q"))
    )
    return finished(area + rule + steps + points, rows, title, description)


def of_models_and_downloads(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Share of models (ring) beside share of downloads (dot with interval), one row a group.

    Parameters
    ----------
    table : group, models, of_models, of_downloads, low and high, as `downloads.by_group` gives
        them
    """
    rows = table[["group", "models", "of_models", "of_downloads", "low", "high"]]
    y = alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=130, labelPadding=10))
    what = "share that is MoE"
    x = {"axis": PERCENT, "scale": WHOLE, "title": what}
    base = alt.Chart(rows).encode(
        y=y,
        tooltip=tooltips("group", "models", *_percents("of_models", "of_downloads", "low", "high")),
    )
    names = ["of models", "of downloads"]
    colour = alt.Color(
        "kind:N",
        sort=names,
        scale=alt.Scale(domain=names, range=[BLUE, ORANGE]),
        legend=alt.Legend(symbolType="circle"),
    )
    intervals = base.mark_rule(color=ORANGE, strokeWidth=7, opacity=0.4).encode(
        x=alt.X("low:Q", **x), x2=alt.X2("high:Q")
    )
    rings = base.mark_point(size=80, strokeWidth=2.5, opacity=1).encode(
        x=alt.X("of_models:Q", **x), color=colour
    )
    dots = base.mark_circle(size=80, opacity=1).encode(x=alt.X("of_downloads:Q", **x), color=colour)
    return finished(
        intervals
        + dots.transform_calculate(kind=f"'{names[1]}'")
        + rings.transform_calculate(kind=f"'{names[0]}'"),
        rows,
        title,
        description,
        28 * len(rows) + 10,
    )


def ceilings(past: pd.DataFrame, what: str) -> Table:
    """Past fits of the ceiling, for readers.

    Parameters
    ----------
    past : as `diffusion.earlier_ceilings` gives them
    what : name of the units, for the column that counts them
    """
    shown = pd.DataFrame(
        {
            "fitted_up_to": past.day,
            what: past.n,
            "ceiling": percent(past.ceiling),
            "interval": _interval(past),
            "half_of_it": past.midpoint,
        }
    )
    return Table(shown, "The ceiling as fitted at the end of past half-years")


def rules(table: pd.DataFrame, months: float) -> Table:
    """The share that has moved under each rule, for readers.

    Parameters
    ----------
    table : as `adoption.by_rule` gives it
    months : after which the shares are taken
    """
    shown = pd.DataFrame(
        {
            "clock_starts": table.clock,
            "the_silent": table.silent,
            "organisations": table.organisations,
            "moved": table.moved,
            f"within_{months:.0f}_months": percent(table.share),
            "interval": _interval(table),
            "half_by_month": table["median"].round(),
        }
    )
    return Table(shown, f"First MoE releases within {months:.0f} months, by rule", wrap=True)


def definitions(table: pd.DataFrame, figure: str) -> Table:
    """On which side of a figure the interval lies, by size floor and list, for readers.

    Parameters
    ----------
    table : as `moe.against_figure` gives it
    figure : the figure, for readers
    """
    floors = table.size_floor_b.map(lambda floor: f"{floor:g} B or more" if floor else "every size")
    shown = pd.DataFrame(
        {
            "models_counted": floors + ", " + table.list.map(LISTS),
            "ways": table.ways,
            "share": _interval(table.rename(columns={"lowest": "low", "highest": "high"})),
            f"below_{figure}": table.below,
            f"includes_{figure}": table.unclear,
            f"above_{figure}": table.above,
        }
    )
    caption = f"Ways of counting whose interval lies below {figure}, includes it or lies above it"
    return Table(shown, caption, wrap=True)


def _interval(table: pd.DataFrame) -> list[str]:
    """The ends of intervals of shares in words; an open end is said to be."""
    words = []
    for low, high in zip(table.low, table.high, strict=True):
        ends = ["open" if pd.isna(end) else f"{end:.0%}" for end in (low, high)]
        words.append("" if ends == ["open", "open"] else " to ".join(ends))
    return words
