"""Small tables of a page, readable by screen readers and on a phone."""

import html

import pandas as pd

LONG = 40  # characters; a column with a longer text gets room
MOST = 200  # rows on a page; all of them are in the data to download


class Table:
    """A frame as an accessible table: a caption, scoped headers, no index, text escaped.

    The first column names the row. On a phone the rows of a wrapped table stand as cards, each
    value under the name of its column; roles keep it a table for screen readers all the same.

    Parameters
    ----------
    frame : what it shows; headers are its columns, with spaces for underscores
    caption : its title, also its name for screen readers
    wrap : whether long text may break over lines
    folded : whether readers see only the caption until they open it, for long tables
    most : rows to show at most, the first; the caption says of how many
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        caption: str,
        *,
        wrap: bool = False,
        folded: bool = False,
        most: int = MOST,
    ):
        if len(frame) > most:
            caption = f"{caption}: the first {most:,} of {len(frame):,}"
            frame = frame.head(most)
        self.frame, self.caption, self.wrap, self.folded = frame, caption, wrap, folded

    def _repr_html_(self) -> str:
        names = [html.escape(str(column).replace("_", " ")) for column in self.frame.columns]
        kinds = [self._kind(place) for place in range(len(names))]
        head = "".join(f'<th scope=col role="columnheader">{name}</th>' for name in names)
        body = "".join(
            '<tr role="row">' + "".join(map(_data, row, names, kinds, range(len(names)))) + "</tr>"
            for row in self.frame.itertuples(index=False)
        )
        kind = "table-scroll wrap" if self.wrap else "table-scroll"
        label = html.escape(self.caption)
        table = (
            f'<div class="{kind}" role="region" tabindex="0" aria-label="{label}">'
            f'<table role="table"><caption>{label}</caption><thead role="rowgroup"><tr role="row">'
            f'{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table></div>'
        )
        if not self.folded:
            return table
        return f"<details class=chart-data><summary>{label}</summary>{table}</details>"

    def _kind(self, place: int) -> str:
        """Class of a column's cells: days are not broken over lines, long texts get room."""
        column = list(self.frame.iloc[:, place])
        if any(isinstance(value, pd.Timestamp) for value in column):
            return "day"
        return "long" if any(len(_cell(value)) > LONG for value in column) else ""

    def __repr__(self) -> str:
        return self.caption


def percent(shares: pd.Series) -> pd.Series:
    """Shares from 0 to 1 as whole percentages, as text; a missing one stays missing."""
    return shares.map("{:.0%}".format, na_action="ignore")


def _data(value, name: str, kind: str, place: int) -> str:
    kind = f" class={kind}" if kind else ""
    tag, role = ("th scope=row", "rowheader") if place == 0 else ("td", "cell")
    return (
        f'<{tag} role="{role}" data-name="{name}"{kind}>{html.escape(_cell(value))}</{tag[:2]}>'
    )


def _cell(value) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        # Four digits are enough, but no exponent, which is hard to read.
        return f"{value:,.4g}" if abs(value) < 9999.5 else f"{value:,.0f}"
    return str(value)
