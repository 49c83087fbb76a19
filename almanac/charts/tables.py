"""Small tables of a page, readable by screen readers and on a phone."""

import html

import pandas as pd


class Table:
    """A frame as an accessible table: a caption, scoped headers, no index, text escaped.

    Parameters
    ----------
    frame : what it shows; headers are its columns, with spaces for underscores
    caption : its title, also its name for screen readers
    wrap : whether long text may break over lines
    folded : whether readers see only the caption until they open it, for long tables
    """

    def __init__(
        self, frame: pd.DataFrame, caption: str, *, wrap: bool = False, folded: bool = False
    ):
        self.frame, self.caption, self.wrap, self.folded = frame, caption, wrap, folded

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th scope=col>{html.escape(str(column).replace('_', ' '))}</th>"
            for column in self.frame.columns
        )
        body = "".join(
            "<tr>" + "".join(map(_data, row)) + "</tr>"
            for row in self.frame.itertuples(index=False)
        )
        kind = "table-scroll wrap" if self.wrap else "table-scroll"
        label = html.escape(self.caption)
        table = (
            f'<div class="{kind}" role="region" tabindex="0" aria-label="{label}"><table>'
            f"<caption>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            "</table></div>"
        )
        if not self.folded:
            return table
        return f"<details class=chart-data><summary>{label}</summary>{table}</details>"

    def __repr__(self) -> str:
        return self.caption


def percent(shares: pd.Series) -> pd.Series:
    """Shares from 0 to 1 as whole percentages, as text; a missing one stays missing."""
    return shares.map("{:.0%}".format, na_action="ignore")


def _data(value) -> str:
    kind = " class=day" if isinstance(value, pd.Timestamp) else ""  # a day is not broken over lines
    return f"<td{kind}>{html.escape(_cell(value))}</td>"


def _cell(value) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        # Four digits are enough, but no exponent, which is hard to read.
        return f"{value:,.4g}" if abs(value) < 9999.5 else f"{value:,.0f}"
    return str(value)
