"""What the page of claims shows: each claim as a section, and the charts of some of them."""

import html

import altair as alt
import pandas as pd

from almanac.charts import crowds
from almanac.charts.encodings import (
    Chart,
    day_axis,
    finished,
    named_regions,
    size_axis,
    tooltips,
)
from almanac.charts.theme import GREY, ORANGE, REGION_NAMES, REGIONS
from almanac.measures.article import METHODS
from almanac.measures.claims import Verdict, billions, plural
from almanac.record import Record


class Sections:
    """Claims as sections of a page, each with its verdict, its parts and the values behind them.

    Parameters
    ----------
    verdicts : the claims
    values : their values, as `claims.sources` gives them
    record : where models and releases have their names
    """

    def __init__(self, verdicts: list[Verdict], values: pd.DataFrame, record: Record):
        self.verdicts = verdicts
        self.names = record.models.set_index("model_id")["name"].to_dict()
        self.releases = record.releases.set_index("release_id")["name"].to_dict()
        self.values = {(row.table, row.row, row.column): row for row in values.itertuples()}

    def _repr_html_(self) -> str:
        return "".join(map(self._section, self.verdicts))

    def __repr__(self) -> str:
        return f"{len(self.verdicts)} claims"

    def _section(self, verdict: Verdict) -> str:
        text = html.escape(verdict.claim)
        place = f"claim-{html.escape(verdict.claim_id)}"
        said = dict.fromkeys((part.label, part.words) for part in verdict.parts)
        parts = "".join(
            f"<li><em>{label.capitalize()}.</em> {html.escape(words)}</li>" for label, words in said
        )
        models = dict.fromkeys(m for part in verdict.parts for m in part.models)
        links = ", ".join(
            f'<a href="record.html#{html.escape(model)}">{html.escape(self.names[model])}</a>'
            for model in models
        )
        return (
            f'<section id="{place}" aria-labelledby="{place}-heading">'
            f'<h3 id="{place}-heading">{text}</h3>'
            f"<p><strong>{_ruling(verdict)}</strong> {html.escape(verdict.because)}</p>"
            f"<ul>{parts}</ul>"
            f'<p class="basis">{f"In the record: {links}. " if links else ""}'
            f'<a href="#{place}">Link to this claim</a></p>' + self._values(verdict) + "</section>"
        )

    def _values(self, verdict: Verdict) -> str:
        cells = dict.fromkeys(cell for part in verdict.parts for cell in part.cells)
        rows = [self.values[cell] for cell in cells if cell in self.values]
        if not rows:
            return ""
        values = "".join(
            f"<dt>{html.escape(self._cell(row))}</dt><dd>{html.escape(row.grade)} {_link(row)}</dd>"
            for row in rows
        )
        return (
            f"<details class=chart-data><summary>{plural(len(rows), 'value')} behind this, with "
            f'their sources</summary><dl class="sources">{values}</dl></details>'
        )

    def _cell(self, row) -> str:
        first, *rest = row.row.split("/")
        known = self.releases if row.table == "releases" else self.names
        name = ", ".join([known.get(first, first), *rest])
        return f"{name}, {row.column.replace('_', ' ')}: {row.value}"


def _ruling(verdict: Verdict) -> str:
    if verdict.agrees:
        return f"{html.escape(verdict.computed).capitalize()}."
    return (
        f"In this edition: {html.escape(verdict.computed)}. "
        f"In the record: {html.escape(verdict.recorded)}."
    )


def _link(row) -> str:
    address = html.escape(row.source_url)
    if not row.source_url.startswith(("https://", "http://")):
        return address
    return f'<a href="{address}">{address.split("//", 1)[1]}</a>'


def overview(verdicts: list[Verdict]) -> pd.DataFrame:
    """The claims and their verdicts as a table; both verdicts where one differs."""
    table = pd.DataFrame(
        {
            "claim": [verdict.claim for verdict in verdicts],
            "verdict": [verdict.computed for verdict in verdicts],
            "recorded verdict": [verdict.recorded for verdict in verdicts],
        }
    )
    if all(verdict.agrees for verdict in verdicts):
        return table.drop(columns="recorded verdict")
    return table.rename(columns={"verdict": "in this edition"})


def standings(steps: pd.DataFrame, when: pd.Timestamp) -> str:
    """Each region's largest model by a day, in words, the largest of all first.

    Parameters
    ----------
    steps : as `claims.largest_so_far` gives them
    """
    there = steps[steps.released_on <= when].groupby("region").tail(1)
    ordered = there.sort_values("total_params_b", ascending=False, kind="stable")
    return ", ".join(
        f"{REGION_NAMES[row.region]} {billions(row.total_params_b)} ({row.name_})"
        for row in ordered.rename(columns={"name": "name_"}).itertuples()
    )


def largest_so_far(
    steps: pd.DataFrame, said_on: str, as_of: str, title: str, description: str
) -> Chart:
    """The largest model of each region as a staircase (log scale), with the day of the claim.

    Parameters
    ----------
    steps : region, released_on, name and total_params_b, as `claims.largest_so_far` gives them
    said_on : day of the rule
    as_of : last day counted, to which the last step reaches
    """
    rows = named_regions(steps)[["region", "released_on", "name", "total_params_b"]]
    ends = rows.groupby("region").tail(1).assign(released_on=pd.Timestamp(as_of))
    y = size_axis()
    x = day_axis("released_on")
    colour = _colour(rows, legend=None)
    lines = (
        alt.Chart(pd.concat([rows, ends])[["region", "released_on", "total_params_b"]])
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(x=x, y=y, color=colour)
    )
    points = (
        alt.Chart(rows)
        .mark_circle(size=60, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=tooltips("name", "region", "released_on:T", "total_params_b"),
        )
    )
    day = pd.DataFrame({"day": [pd.Timestamp(said_on)], "label": ["the article"]})
    rule = alt.Chart(day[["day"]]).mark_rule(strokeDash=[4, 3], color=GREY)
    rule = rule.encode(x=day_axis("day"))
    said = (
        alt.Chart(day)
        .mark_text(align="right", dx=-4, baseline="top")
        .encode(x=day_axis("day"), y=alt.YValue(2), text=alt.Text("label:N"))
    )
    # the larger is named above its line, the other well below, where its own earlier steps are not
    last = rows.groupby("region").tail(1).sort_values("total_params_b", ascending=False)
    last = last.assign(label=last.region + ": " + last["name"], released_on=pd.Timestamp(as_of))[
        ["released_on", "total_params_b", "label"]
    ]
    names = [
        alt.Chart(some)
        .mark_text(align="right", dx=-4, dy=shift)
        .encode(x=x, y=y, text=alt.Text("label:N"))
        for some, shift in ((last[:1], -9), (last[1:], 38))
        if len(some)
    ]
    return finished(alt.layer(rule, lines, points, said, *names), rows, title, description, 340)


def followers(table: pd.DataFrame, size_b: float, title: str, description: str) -> Chart:
    """Reasoning models by day and size (log scale), by how they were trained.

    Parameters
    ----------
    table : name, organisation, region, released_on, total_params_b and method (of `METHODS`)
    size_b : size of the model they follow, in billions of parameters, as a rule
    """
    every = named_regions(table)[
        ["name", "organisation", "region", "released_on", "total_params_b", "method"]
    ]
    sized = every.dropna(subset="total_params_b")
    rows = crowds.gathered(sized, "released_on", "total_params_b", apart="method", most=150)
    rows = rows if crowds.COUNT in rows else every
    x = alt.X(
        "released_on:T",
        title=None,
        axis=alt.Axis(format="%-d %b %Y", tickCount=5),
        scale=alt.Scale(padding=10),  # or half of the first and last point lies outside
    )
    y = alt.Y(
        "total_params_b:Q",
        title="total parameters, billions (log scale)",
        scale=alt.Scale(type="log", nice=False, domain=_room(rows.total_params_b, size_b)),
        axis=alt.Axis(tickCount=5, format=",~g"),
    )
    points = (
        alt.Chart(rows.dropna(subset="total_params_b"))
        .mark_point(size=90, filled=True, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=_colour(rows, legend=alt.Legend(orient="top", columns=1)),
            shape=alt.Shape(
                "method:N",
                title="trained by",
                scale=alt.Scale(domain=list(METHODS), range=["circle", "square", "cross"]),
                legend=alt.Legend(orient="top", columns=1, symbolFillColor=GREY),
            ),
            tooltip=tooltips(
                *("name", "organisation", "released_on:T", "total_params_b", "method"),
                *crowds.told(rows),
            ),
        )
    )
    mark = pd.DataFrame({"size": [size_b], "label": ["R1's size"]})
    rule = (
        alt.Chart(mark[["size"]]).mark_rule(strokeDash=[4, 3], color=GREY).encode(y=alt.Y("size:Q"))
    )
    name = (
        alt.Chart(mark)
        .mark_text(align="left", dx=4, dy=-7)
        .encode(x=alt.XValue(0), y=alt.Y("size:Q"), text=alt.Text("label:N"))
    )
    description += crowds.in_words(sized, rows)
    return finished(rule + points + name, rows, title, description, 320)


def methods(table: pd.DataFrame) -> str:
    """How many models were trained in each way, in words."""
    number = table.method.value_counts()
    return ", ".join(f"{method} {number.get(method, 0)}" for method in METHODS)


def _colour(rows: pd.DataFrame, legend: alt.Legend | None) -> alt.Color:
    """The colours of the regions that are there."""
    colours = dict(zip(REGION_NAMES.values(), REGIONS.values(), strict=True))
    there = [region for region in colours if region in set(rows.region)]
    scale = alt.Scale(domain=there, range=[colours[region] for region in there])
    return alt.Color("region:N", scale=scale, sort=there, legend=legend)


def _room(sizes: pd.Series, other: float) -> list[float]:
    """A range of a log scale that holds all sizes, with room for a label above."""
    return [float(min(sizes.min(), other)) / 1.4, float(max(sizes.max(), other)) * 1.6]


def burdens(table: pd.DataFrame, title: str, description: str) -> Chart:
    """How many times as much of each resource one model takes as another, on a log scale.

    Parameters
    ----------
    table : resource and ratio, as `cost.burdens` gives them
    """
    rows = table.round({"ratio": 2}).assign(
        says=lambda rows: [f"{r:.2f}" for r in rows.ratio], even=1.0
    )[["resource", "ratio", "says", "even"]]
    base = alt.Chart(rows).encode(
        y=alt.Y("resource:N", sort=list(rows.resource), title=None, axis=alt.Axis(labelLimit=150))
    )
    ends = [min(rows.ratio.min(), 1) / 1.5, max(rows.ratio.max(), 1)]
    room = alt.ExprRef("width - 44")  # for the number of the longest bar
    scale = alt.Scale(type="log", domain=ends, range=[0, room])
    bars = base.mark_bar(height=16).encode(
        x=alt.X(
            "even:Q",
            scale=scale,
            title="times as much (log)",
            axis=alt.Axis(titleAnchor="start", tickCount=4),
        ),
        x2=alt.X2("ratio:Q"),
        color=alt.ColorValue(GREY, condition={"test": "datum.ratio >= 1", "value": ORANGE}),
        tooltip=tooltips("resource", alt.Tooltip("ratio", format=".2f")),
    )
    numbers = (
        base.mark_text(align="left", dx=5)
        .encode(x=alt.X("end:Q", scale=scale), text=alt.Text("says:N"))
        .transform_calculate(end="max(datum.ratio, 1)")
    )
    return finished(
        bars + numbers, rows[["resource", "ratio"]], title, description, 34 * len(rows) + 10
    )
