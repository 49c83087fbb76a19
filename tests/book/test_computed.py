import nbformat
import pytest

from almanac.book.computed import behind
from almanac.book.edition import ROOT

IMPORTS = """
from almanac.charts import forms, tables
from almanac.charts import moe as charts
from almanac.measures import counting, shares, timeline
from almanac.measures.shares import share as shared
"""


def names(*cells):
    """The measures behind the charts of the last cell, without their package."""
    return [name.removeprefix("almanac.measures.") for name in behind([IMPORTS, *cells])[-1]]


@pytest.mark.parametrize(
    "cells, found",
    [
        (["charts.bands(shares.by_half_year(units), title='t')"], ["shares.by_half_year"]),
        (["rows = shares.share(units)", "forms.strips(rows)"], ["shares.share"]),
        (["forms.strips(shared(units))"], ["shares.share"]),
        # through names, tables cut down, functions of the notebook
        (["a = timeline.by_quarter(u)", "b = a[a.n > 1]", "forms.strips(b)"],
         ["timeline.by_quarter"]),
        (["def f(x):\n    return shares.share(x)", "forms.strips(map(f, y))"], ["shares.share"]),
        (["a, b = shares.ends(x), timeline.by_quarter(x)", "forms.strips(b)"],
         ["shares.ends", "timeline.by_quarter"]),
        # the nearest measure speaks for those before it
        (["u = counting.units(m)", "forms.strips(shares.by_half_year(u))"],
         ["shares.by_half_year"]),
        # inside branches: what is made where there is something to make
        (["if n:\n    r = shares.by_half_year(u)\nelse:\n    r = None", "forms.strips(r)"],
         ["shares.by_half_year"]),
        (["try:\n    f = shares.ends(u)\nexcept ValueError:\n    r = 0\nelse:\n"
          "    r = timeline.by_quarter(u)", "if n:\n    display(forms.strips(r))"],
         ["timeline.by_quarter"]),
        (["for r in timeline.busiest(u):\n    pass", "forms.strips(r)"], ["timeline.busiest"]),
        # a name made anew is no longer what it was
        (["r = shares.share(u)", "r = other(u)", "forms.strips(r)"], []),
        # words, days and settings are not drawn
        (["forms.strips(x, title=shares.ends(u))"], []),
        (["forms.strips(x, timeline.then_title(y))"], []),
        # nothing that draws, nothing to tell
        (["shares.share(u)"], []),
    ],
)  # fmt: skip
def test_what_a_chart_shows_is_followed_to_the_measure(cells, found):
    assert names(*cells) == found


def test_every_measure_that_is_named_exists():
    for path in (ROOT / "book").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        behind([cell.source for cell in cells if cell.cell_type == "code"])  # looks each one up
