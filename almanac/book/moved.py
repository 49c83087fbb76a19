"""How the headlines of this edition moved since the previous one, as the page of changes shows it.

What the headlines of an edition are is known once all its notebooks are executed, so this is put
into the page, and not into its notebook.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from almanac.charts import tables
from almanac.measures.moves import Moves, moves
from almanac.record import previous

PAGE = "changes"  # the notebook that shows it, in the place of its cell `PLACE`
PLACE = "headlines"
SENTENCE = "changes-moved"  # the name by which pages quote the sentence
NONE = "There are no headline numbers of an edition before this one to compare with."
INTERVAL = re.compile(r" \(\d+% interval: [^()]*\)")


def fill(notebook, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
    """Put what moved into the executed notebook of its page.

    Parameters
    ----------
    notebook : is changed
    old, new : ``results.json`` of the previous edition, None where none is kept, and of this one
    """
    import nbformat

    found = None if old is None else moves(old, new)
    sentence = NONE if found is None else found.in_words()
    quoted = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": repr(sentence)},
        metadata={
            "scrapbook": {"mime_prefix": "application/papermill.record/", "name": SENTENCE}
        },
    )
    shown = nbformat.v4.new_output("display_data", {"text/html": _page(sentence, found)})
    notebook.cells = [
        # MyST-NB passes over a cell without source
        nbformat.v4.new_code_cell(
            "# " + PLACE, id=PLACE, outputs=[quoted, shown], metadata={"tags": ["remove-input"]}
        )
        if cell.id == PLACE
        else cell
        for cell in notebook.cells
    ]


def _page(sentence: str, found: Moves | None) -> str:
    parts = [f"<p>{html.escape(sentence)}</p>"]
    if found is None:
        return parts[0]
    parts.append(
        "<p>The edition before this one, its tables and results: "
        f'<a href="../data/{previous.FILE}" download>{previous.FILE}</a>.</p>'
    )
    told = "; ".join(
        f"{name} was {_said(before)} and is {_said(after)}"
        for name, (before, after) in found.parameters.items()
        if before is not None and after is not None
    )
    if told:
        parts.append(f"<p>{html.escape(f'Of the parameters, {told}.')}</p>")
    for frame, caption in (
        (_moved(found), "Headline numbers that moved, the gravest first"),
        (_results(found.added), "Headline numbers that are new"),
        (_results(found.gone), "Headline numbers that are gone"),
    ):
        if len(frame):
            parts.append(tables.Table(frame, caption, wrap=True)._repr_html_())
    return "\n".join(parts)


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moved(found: Moves) -> pd.DataFrame:
    rows = [
        (INTERVAL.sub("", move.after["text"]), move.chapter, *move.written(), move.in_words())
        for move in found.moved
        if move.how != "digits"  # readers would see twice the same
    ]
    return pd.DataFrame(rows, columns=["headline", "page", "before", "now", "moved"])


def _results(results: list[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [(result["text"], result["chapter"]) for result in results]
    return pd.DataFrame(rows, columns=["headline", "page"])
