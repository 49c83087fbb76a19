"""The rows that a chart draws: as a table beside it, and as a file to take away."""

import csv
import html
import io
import re

from almanac.book import spreadsheets

LONGEST_TABLE = 400  # rows; more would make the page heavy and help nobody
PARTS = {  # what the marks of a chart are to its readers
    "area": "bands", "bar": "bars", "circle": "points", "line": "lines", "point": "points",
    "rect": "cells", "rule": "rules", "square": "points", "text": "labels", "tick": "points",
}  # fmt: skip


def as_csv(spec: dict) -> str:
    """All rows that the chart's marks draw, at full precision, as RFC 4180 has it.

    Where marks draw rows of different tables, the column `part` says which marks. A text that a
    spreadsheet would run as a formula has an apostrophe before it.
    """
    parts = by_part(spec)
    columns = _columns(spec, [row for rows in parts.values() for row in rows])
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns if len(parts) == 1 else ["part", *columns])
    for part, rows in parts.items():
        for row in rows:
            cells = [_plain(row.get(column)) for column in columns]
            writer.writerow(cells if len(parts) == 1 else [part, *cells])
    return text.getvalue()


def by_part(spec: dict) -> dict[str, list[dict]]:
    """The rows of each table that is drawn, by the names of the marks that draw them."""
    marks: dict[str, dict[str, None]] = {}
    for layer in _layers(spec):
        name = layer["data"]["name"]
        mark = layer["mark"]
        kind = mark if isinstance(mark, str) else mark["type"]
        marks.setdefault(name, {})[PARTS.get(kind, kind)] = None
    parts: dict[str, list[dict]] = {}
    for name, kinds in marks.items():
        parts.setdefault(" and ".join(kinds), []).extend(spec["datasets"][name])
    return parts


def _layers(spec: dict):
    """The parts of a chart that have a mark, each with its data."""
    for layer in spec.get("layer", []):
        yield from _layers({"data": spec.get("data"), **layer})
    if "mark" in spec:
        yield spec


def _columns(spec: dict, rows: list[dict]) -> list[str]:
    """Columns in the order the chart gives, as JSON does not keep it; then all others."""
    named = spec.get("usermeta", {}).get("columns", [])
    return list(dict.fromkeys([*named, *(column for row in rows for column in row)]))


def table(spec: dict, title: str) -> str:
    """HTML of the rows behind the chart, folded away; empty where it draws none."""
    named = spec.get("usermeta", {}).get("columns")
    tables = [
        rows
        for rows in spec.get("datasets", {}).values()
        if rows and set(named or []) <= set(rows[0])
    ]
    # of those that hold the columns, the one with least beside them; smaller tables hold rules
    rows = min(tables, key=lambda t: (len(t[0]) if named else 0, -len(t)), default=[])
    if not rows:
        return ""
    columns = named or list(rows[0])
    head = "".join(f"<th scope=col>{html.escape(_words(name))}</th>" for name in columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(_cell(row.get(name)))}</td>" for name in columns)
        + "</tr>"
        for row in rows[:LONGEST_TABLE]
    )
    more = (
        f"<caption>The first {LONGEST_TABLE} of {len(rows):,} rows; the CSV has all.</caption>"
        if len(rows) > LONGEST_TABLE
        else ""
    )
    return (
        "<details class=chart-data><summary>Table</summary>"
        '<div class="table-scroll" role="region" tabindex="0" '
        f'aria-label="Numbers: {html.escape(title)}">'
        f"<table>{more}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _plain(value) -> object:
    """A cell of the file: days without their midnight, numbers as they are."""
    if isinstance(value, bool):
        return str(value).lower()
    return spreadsheets.safe(_without_midnight(value)) if isinstance(value, str) else value


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return _without_midnight(str(value))


def _without_midnight(text: str) -> str:
    return re.sub(r"T00:00:00(\.000)?Z?$", "", text)
