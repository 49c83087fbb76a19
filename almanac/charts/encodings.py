"""The pieces that charts share: axes, colours, and what makes a chart complete."""

import altair as alt
import pandas as pd

from almanac.charts.theme import ARCHITECTURE_NAMES, ARCHITECTURES, REGION_NAMES, REGIONS

HEIGHT = 300  # pixels
SMALL = 130  # pixels
REGION_ORDER = list(REGION_NAMES.values())

Chart = alt.Chart | alt.LayerChart


def finished(
    chart: Chart, rows: pd.DataFrame, title: str, description: str, height: int = HEIGHT
) -> Chart:
    """A chart of its full size, with the finding, the words and the columns its table shows.

    Parameters
    ----------
    chart : what is drawn
    rows : the data, whose columns the table beside the chart has, in their order
    title : the finding, in one sentence
    description : what is seen, for those who cannot see it
    height : in pixels
    """
    return chart.properties(
        title=title,
        description=description,
        width="container",
        height=height,
        usermeta={"columns": list(rows.columns)},  # of the table beside the chart, in its order
    )


def small(chart: Chart, height: int = SMALL) -> Chart:
    """A chart for a place among others: low, and with what lies below it folded away."""
    return chart.properties(height=height, usermeta={**chart.usermeta, "small": True})


def architecture_colour() -> alt.Color:
    """Dense models and mixtures of experts in their colours, by the names of the theme."""
    return alt.Color(
        "architecture:N",
        scale=alt.Scale(
            domain=list(ARCHITECTURE_NAMES.values()), range=list(ARCHITECTURES.values())
        ),
    )


def named_architectures(is_moe: pd.Series) -> pd.Series:
    """Whether each is a mixture of experts, as readers know it."""
    return is_moe.map({False: ARCHITECTURE_NAMES["dense"], True: ARCHITECTURE_NAMES["moe"]})


def region_colour() -> alt.Color:
    """Each region in its colour, by the names of `named_regions`."""
    return alt.Color(
        "region:N",
        scale=alt.Scale(domain=REGION_ORDER, range=list(REGIONS.values())),
        sort=REGION_ORDER,
    )


def day_axis(column: str) -> alt.X:
    """A column of days along a line of years."""
    axis = alt.Axis(tickCount={"interval": "year", "step": 1}, format="%Y", grid=True)
    return alt.X(f"{column}:T", title=None, axis=axis)


def size_axis(ticks: int = 5) -> alt.Y:
    """Total parameters in billions, upwards on a log scale."""
    return alt.Y(
        "total_params_b:Q",
        title="total parameters, billions (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(tickCount=ticks, format=",~g"),
    )


def tooltips(*columns: str | alt.SchemaBase) -> list[alt.SchemaBase]:
    """What a mark tells of itself: columns by their names, or as Altair's own channels.

    Named here, as everywhere, by a channel: to find out what a bare name is takes Altair
    milliseconds, and pages draw hundreds.
    """
    return [alt.Tooltip(name) if isinstance(name, str) else name for name in columns]


def points_of(line: alt.Chart, *told: str | alt.SchemaBase) -> alt.Chart:
    """The points of a line, each unseen until a pointer or an arrow key comes to it.

    The line itself would tell of its first point wherever it is touched.

    Parameters
    ----------
    line : encoded as the line is
    told : what a point tells of itself, as `tooltips` takes it
    """
    return line.mark_circle(size=70, opacity=0).encode(tooltip=tooltips(*told))


def named_regions(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the regions as readers know them."""
    return table.assign(region=table.region.map(REGION_NAMES))
