"""Charts of the chapter on experts."""

import altair as alt
import pandas as pd

from almanac.charts import crowds
from almanac.charts.encodings import (
    Chart,
    HEIGHT,
    day_axis,
    finished,
    named_regions,
    region_colour,
    tooltips,
)
from almanac.charts.theme import BLUE, GREY, ORANGE, TEXT

SHARES = [0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1]  # on an axis of active shares
LOG = alt.Scale(type="log", nice=False, padding=8)
SHARED = {"with shared experts": ORANGE, "without": BLUE, "not stated": GREY}
DOT = ["name", "organisation", "region", "released_on", "total_params_b", "sparsity"]


def shares_given_size(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Added-variable plot of the active share and the day, at equal size, with its line.

    Parameters
    ----------
    table : as `experts.partial` gives it
    """
    return _partial(
        table,
        day_axis("day_given_size").title("day of release, like for like"),
        ["day_given_size", "sparsity_given_size", "fit_given_size"],
        title,
        description,
    )


def shares_given_day(table: pd.DataFrame, title: str, description: str) -> Chart:
    """Added-variable plot of the active share and the size, at equal day, with its line.

    Parameters
    ----------
    table : as `experts.partial` gives it
    """
    size = alt.X(
        "size_given_day:Q",
        title="total, billions, like for like (log scale)",
        scale=LOG,
        axis=alt.Axis(tickCount=5, format=",~g", grid=True),
    )
    columns = ["size_given_day", "sparsity_given_day", "fit_given_day"]
    return _partial(table, size, columns, title, description)


def _partial(
    table: pd.DataFrame, x: alt.X, columns: list[str], title: str, description: str
) -> Chart:
    across, share, fit = columns
    table = table.round({"sparsity": 4, share: 4, fit: 4, "size_given_day": 3})
    every = named_regions(table)[[*DOT, across, share]]
    rows = crowds.gathered(every, across, share, apart="region", most=400)
    ends = table.loc[[table[across].idxmin(), table[across].idxmax()], [across, fit]]
    axis = alt.Axis(format=".0%", values=SHARES)
    dots = (
        alt.Chart(rows)
        .mark_circle(opacity=0.75)
        .encode(
            x=x,
            size=crowds.area(rows, 45),
            y=alt.Y(
                f"{share}:Q", title="active share, like for like (log scale)", scale=LOG, axis=axis
            ),
            color=region_colour(),
            tooltip=tooltips(
                "name",
                "organisation",
                "released_on:T",
                "total_params_b",
                alt.Tooltip("sparsity", format=".1%"),
                *crowds.told(rows),
            ),
        )
    )
    line = (
        alt.Chart(ends)
        .mark_line(color=TEXT, strokeWidth=1.5)
        .encode(x=x, y=alt.Y(f"{fit}:Q", scale=LOG, axis=axis))
    )
    return finished(dots + line, rows, title, description + crowds.in_words(every, rows))


def granularities(designs: pd.DataFrame, title: str, description: str) -> Chart:
    """Newly built models by day and by how finely their experts are cut (log scale).

    Parameters
    ----------
    designs : as `recipes.designs` gives them; those of unknown granularity are left out
    """
    every = designs.dropna(subset="granularity")
    every = every.assign(granularity=every.granularity.astype(float))
    cut = crowds.gathered(every, "released_on", "granularity", most=400)
    shared = (cut.n_shared_experts > 0).map({True: "with shared experts", False: "without"})
    rows = cut.assign(
        shared=shared.fillna("not stated"), granularity=cut.granularity.astype(float).round(2)
    )[
        [
            "name",
            "organisation",
            "released_on",
            "granularity",
            "n_routed_experts",
            "experts_per_token",
            "shared",
            *([crowds.COUNT] if crowds.COUNT in cut else []),
        ]
    ]
    chart = (
        alt.Chart(rows)
        .mark_point(filled=True, opacity=0.85)
        .encode(
            size=crowds.area(rows, 70),
            x=day_axis("released_on"),
            y=alt.Y(
                "granularity:Q",
                title="experts to one standard network (log scale)",
                scale=LOG,
                axis=alt.Axis(values=[0.5, 1, 2, 4, 8, 16, 32], format="~g"),
            ),
            color=alt.Color(
                "shared:N", scale=alt.Scale(domain=list(SHARED), range=list(SHARED.values()))
            ),
            shape=alt.Shape(
                "shared:N",
                scale=alt.Scale(domain=list(SHARED), range=["circle", "triangle-up", "square"]),
            ),
            tooltip=tooltips(
                "name",
                "organisation",
                "released_on:T",
                "granularity",
                "n_routed_experts",
                "experts_per_token",
                *crowds.told(rows),
            ),
        )
    )
    return finished(chart, rows, title, description + crowds.in_words(every, rows))


def engines(steps: pd.DataFrame, title: str, description: str) -> Chart:
    """How many MoE architectures each engine had by each day; upper bounds are hollow.

    Parameters
    ----------
    steps : as `architectures.cumulative` gives them
    """
    rows = steps[["date", "engine", "name", "architectures", "exact"]]
    base = alt.Chart(rows).encode(
        x=day_axis("date"),
        y=alt.Y("architectures:Q", title="MoE architectures, cumulative"),
        color=alt.Color("engine:N", legend=alt.Legend(symbolType="stroke")),
    )
    points = base.mark_point(size=32, opacity=1).encode(
        fill=alt.Fill("engine:N", legend=None),
        fillOpacity=alt.FillOpacityValue(0, condition={"test": "datum.exact", "value": 1}),
        tooltip=tooltips("date:T", "engine", "name", "architectures", "exact"),
    )
    lines = base.mark_line(interpolate="step-after", strokeWidth=1.5)
    return finished(lines + points, rows, title, description, HEIGHT)
