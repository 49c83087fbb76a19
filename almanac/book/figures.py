"""A chart as a figure of a page: a picture at once, the live chart when it comes near.

Below the picture lie its rows as a table, what can be taken away, and where the code is that
computed it. Nothing of it needs scripts but what only scripts can do, which is hidden until
they run.
"""

import html
import json

from almanac.book import drawn
from almanac.book.pictures import NARROW, TURN

FOLDER = "charts"  # of the site: a file of rows for each chart


def figure(
    spec: dict, figure_id: str, computed: list[str], source: str, citation: str, pictures: str
) -> str:
    """HTML of a chart stored as a Vega-Lite specification.

    The chart's title becomes the caption, so that it wraps on a phone, and its description
    the accessible name of the picture. The specification lies in the figure as data, without
    any script of its own; `charts.js` draws it.

    Parameters
    ----------
    spec : the specification, left as it is
    figure_id : unique in the page, of letters, digits and hyphens
    computed : full names of the functions that computed what is drawn
    source : what to name as the chart's source: work, edition, day of the data
    citation : how to cite the chart; without an address its own is added where it is read
    pictures : SVG of the chart, as `pictures.pictures` draws it
    """
    spec = json.loads(json.dumps(spec))
    title = title_of(spec)
    spec.pop("title", None)
    description = spec.pop("description", title)
    meta = spec.setdefault("usermeta", {})
    if not meta.get("small"):
        meta["narrow"] = {"below": TURN, "config": NARROW}
    # "<" would end the script element if it began "</script"
    data = json.dumps(spec, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="chart" id="{figure_id}" aria-label="{html.escape(title)}" '
        f'data-source="{html.escape(source)}" '
        f'data-cite="{html.escape(citation)}">'
        f"<figcaption>{html.escape(title)}</figcaption>{_controls(spec)}"
        f'<div class="chart-view" role="img" aria-label="{html.escape(description)}">'
        f"{pictures}</div>"
        f'<script type="application/json">{data}</script>'
        f"{_bar(spec, figure_id, title, computed)}</figure>"
    )


def title_of(spec: dict) -> str:
    """The title of a chart as one line."""
    title = spec.get("title", "")
    title = title if isinstance(title, (str, list)) else title.get("text", "")
    return title if isinstance(title, str) else " ".join(title)  # Vega-Lite's lines


def _controls(spec: dict) -> str:
    """Room for the settings of a chart, above its picture: what is in a picture nobody can reach.

    It is as high as they will be, so that nothing moves when the live chart brings them.
    """
    number = sum("bind" in parameter for parameter in spec.get("params", []))
    if not number:
        return ""
    return (
        '<div class="chart-controls" role="group" aria-label="Settings of this chart">'
        f"{'<span></span>' * number}</div>"
    )


def _bar(spec: dict, figure_id: str, title: str, computed: list[str]) -> str:
    """What can be done with the chart; each action is named with the chart's title."""
    of = html.escape(title)

    def button(words: str, does: str) -> str:
        # hidden until the script that does it has run
        return (
            f'<button type="button" hidden data-take="{does}" aria-label="{words}: {of}">'
            f"{words}</button>"
        )

    sources = ", ".join(
        f'<a href="{source_address(name)}">{html.escape(".".join(name.split(".")[2:]))}</a>'
        for name in computed
    )
    bar = (
        '<div class="chart-bar">'
        f"{drawn.table(spec, title)}"
        f'<div class="chart-tools" role="group" aria-label="Take away: {of}">'
        f"{button('PNG', 'png')}{button('SVG', 'svg')}"
        f'<a href="../{FOLDER}/{figure_id}.csv" download data-take="csv" '
        f'aria-label="CSV: {of}">CSV</a>'
        f'<a href="#{figure_id}" data-take="link" aria-label="Link: {of}">Link</a>'
        f"{button('Cite', 'cite')}</div>"
        + (f'<p class="chart-source">How it is computed: {sources}</p>' if sources else "")
        + "</div>"
    )
    if not spec["usermeta"].get("small"):
        return bar
    return f'<details class="chart-more"><summary>Data and source</summary>{bar}</details>'


def source_address(name: str) -> str:
    """Where on the site the source of a function is, from a page in book/."""
    module, _, function = name.rpartition(".")
    return f"../_modules/{module.replace('.', '/')}.html#{function}"
