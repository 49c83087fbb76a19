import numpy as np
import pandas as pd
import pytest

from almanac.charts import timeline
from almanac.measures import change_points

FINDING = {"title": "A finding", "description": "The finding in words."}


@pytest.fixture
def chart():
    starts = pd.date_range("2024-01-01", periods=8, freq="MS")
    months = pd.DataFrame(
        {"month": starts, "releases": [4] * 4 + [9] * 4, "settled": [True] * 6 + [False] * 2,
         "exposure": 1.0}
    )  # fmt: skip
    series = months[:6].assign(steady_growth=6.04)
    series["counted"] = change_points.stabilised(series.releases)
    series["rest"] = series.counted - change_points.stabilised(series.steady_growth)

    def draw(places):
        levels = change_points.with_levels(series, places)
        return timeline.monthly_counts(months, levels, **FINDING).to_dict()

    return draw


def rows_of(spec):
    return max(spec["datasets"].values(), key=len)


def test_a_chart_says_what_it_shows_and_fits_its_place(chart):
    spec = chart([4])
    assert (spec["title"], spec["description"]) == (FINDING["title"], FINDING["description"])
    assert spec["width"] == "container"
    assert spec["usermeta"]["columns"] == [
        "month", "releases", "settled", "steady_growth", "level", "change"
    ]  # fmt: skip


def test_only_what_is_drawn_goes_into_the_page(chart):
    drawn = set(rows_of(chart([4]))[0])
    assert drawn == {"month", "releases", "settled", "steady_growth", "level", "change", "end"}


def test_unsettled_months_have_no_lines(chart):
    rows = rows_of(chart([4]))
    assert [row["releases"] for row in rows] == [4] * 4 + [9] * 4
    assert [row["steady_growth"] for row in rows] == [6.0] * 6 + [None] * 2
    assert [row["level"] for row in rows] == [4.0] * 4 + [9.0] * 2 + [None] * 2
    assert [row["settled"] for row in rows] == [True] * 6 + [False] * 2


def test_a_change_is_named_where_it_begins(chart):
    labels = min(chart([4])["datasets"].values(), key=len)
    assert [(row["month"][:7], row["change"]) for row in labels] == [("2024-05", "May 2024")]


def test_without_a_change_there_is_no_level(chart):
    assert all(row["level"] is None or np.isnan(row["level"]) for row in rows_of(chart([])))
