"""A chart as a figure of a page: a picture at once, the live chart when it comes near."""

import html
import json
import re

from almanac.book.errors import BuildError

LONGEST_TABLE = 300  # rows; more would make the page heavy and help nobody
STATIC_WIDTH = 680  # pixels; a picture made at build time cannot know its reader's width


def figure(spec: dict, figure_id: str) -> str:
    """HTML of a chart stored as a Vega-Lite specification.

    The chart's title becomes the caption, so that it wraps on a phone, and its description
    the accessible name of the picture. The specification lies in the figure as data, without
    any script of its own; `charts.js` draws it.

    Parameters
    ----------
    spec : the specification, left as it is
    figure_id : unique in the page, of letters, digits and hyphens
    """
    spec = json.loads(json.dumps(spec))
    title = spec.pop("title", "")
    title = title if isinstance(title, (str, list)) else title.get("text", "")
    title = title if isinstance(title, str) else " ".join(title)  # Vega-Lite's lines
    description = spec.pop("description", title)
    # "<" would end the script element if it began "</script"
    data = json.dumps(spec, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="chart" id="{figure_id}" aria-label="{html.escape(title)}">'
        f"<figcaption>{html.escape(title)}</figcaption>"
        f'<div class="chart-view" role="img" aria-label="{html.escape(description)}">'
        f"{picture(spec, figure_id)}</div>"
        f'<script type="application/json">{data}</script>{data_table(spec, title)}</figure>'
    )


def picture(spec: dict, figure_id: str) -> str:
    """The chart as SVG, for readers before or without JavaScript, and for print.

    Raises
    ------
    BuildError
        If Vega-Lite cannot draw it.
    """
    import altair
    import vl_convert

    fixed = {**spec, "width": STATIC_WIDTH} if spec.get("width") == "container" else spec
    version = ".".join(altair.VEGALITE_VERSION.split(".")[:2])
    try:
        svg = vl_convert.vegalite_to_svg(fixed, vl_version=version)
    except ValueError as error:
        reason = "\n".join(str(error).splitlines()[:2])
        raise BuildError(f"{figure_id}: {reason}") from None
    # names in the picture must be unique in the page; Vega counts on from picture to picture
    names = {}

    def rename(found):
        number = names.setdefault(found[2], len(names))
        return f"{found[1]}{figure_id}-{number}"

    return re.sub(r'(\bid="|url\(#|href="#)(\w+)', rename, svg)


def data_table(spec: dict, title: str) -> str:
    """The rows behind the chart, folded away, for those who want or need numbers.

    The chart's metadata may name its columns in their order, as JSON does not keep it.
    """
    named = spec.get("usermeta", {}).get("columns")
    tables = [
        rows
        for rows in spec.get("datasets", {}).values()
        if rows and set(named or []) <= set(rows[0])
    ]
    # of those that hold the columns, the one with least beside them; smaller tables hold rules
    rows = min(tables, key=lambda t: (len(t[0]) if named else 0, -len(t)), default=[])
    if not rows or len(rows) > LONGEST_TABLE:
        return ""
    columns = named or list(rows[0])
    head = "".join(f"<th scope=col>{html.escape(_words(name))}</th>" for name in columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(_cell(row.get(name)))}</td>" for name in columns)
        + "</tr>"
        for row in rows
    )
    return (
        "<details class=chart-data><summary>The numbers of this chart</summary>"
        '<div class="table-scroll" role="region" tabindex="0" '
        f'aria-label="Numbers: {html.escape(title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return re.sub(r"T00:00:00(\.000)?Z?$", "", str(value))
