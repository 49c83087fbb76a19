"""Charts of the chapter on who leads: what they draw, and that names keep apart."""

import numpy as np
import pandas as pd
import pytest

from almanac.charts import leaders
from almanac.charts.encodings import HEIGHT
from almanac.measures.lag import GROUPS


def shares():
    return pd.DataFrame(
        {
            "period": ["2025 H1"] * 2 + ["2025 H2"] * 2,
            "start": pd.to_datetime(["2025-01-01"] * 2 + ["2025-07-01"] * 2),
            "region": ["us", "china"] * 2,
            "hits": [1, 3, 2, 2],
            "n": 4,
            "share": [0.25, 0.75, 0.5, 0.5],
            "complete": [True, True, False, False],
        }
    )


def data_of(spec, layer):
    data = spec["layer"][layer].get("data") or spec["data"]  # that of all where it has none
    return spec["datasets"][data["name"]]


def test_shares_by_region_name_their_lines_without_collision():
    chart = leaders.shares_by_region(shares(), "share", "Title", "Words.")
    spec = chart.to_dict()
    assert (spec["title"], spec["description"], spec["width"]) == ("Title", "Words.", "container")
    assert spec["usermeta"]["columns"][:2] == ["period", "region"]
    names = data_of(spec, -1)
    assert {row["region"] for row in names} == {"United States", "China"}
    low, high = sorted(row["place"] for row in names)
    assert high - low == pytest.approx(leaders.GAP / HEIGHT)


def test_frontiers_draw_each_group_and_no_dot_at_its_end():
    steps = pd.DataFrame(
        {
            "series": ["closed", "closed", "open (US)", "open (US)"],
            "day": pd.to_datetime(["2024-01-01", "2024-09-01", "2024-02-01", "2024-05-01"]),
            "value": [10.0, 10.0, 8.0, 8.0],
            "subject": ["A", None, "B", None],
        }
    )
    spec = leaders.frontiers(steps, "points", "Title", "Words.").to_dict()
    assert spec["layer"][0]["mark"]["interpolate"] == "step-after"
    assert spec["layer"][1]["transform"] == [{"filter": "datum.subject !== ''"}]
    assert [row["subject"] for row in data_of(spec, 0)] == ["A", "", "B", ""]
    assert {row["series"] for row in data_of(spec, -1)} == {"closed", "open (US)"}
    assert list(leaders.GROUPS) == list(GROUPS)  # every group has its colour


def test_lags_leave_out_what_has_no_median_and_point_where_the_end_is_open():
    table = pd.DataFrame(
        {
            "comparison": ["open behind closed"] * 3,
            "metric": ["A", "B", "C"],
            "median": [100.0, 200.0, np.nan],
            "low": [50.0, 90.0, np.nan],
            "high": [150.0, np.nan, np.nan],
            "records": 9,
            "reached": 8,
        }
    )
    spec = leaders.lags(table, "Title", "Words.").to_dict()
    rows = data_of(spec, 0)
    assert [row["row"] for row in rows] == ["open behind\nclosed, A", "open behind\nclosed, B"]
    assert rows[1]["to"] == pytest.approx(210)  # beyond all that is drawn
    assert rows[0]["to"] == 150


@pytest.mark.parametrize(
    "ends, places",
    [([0.5, 0.1], [0.5, 0.1]), ([0.3, 0.3, 0.3], [0.3, 0.47, 0.64]), ([0.2, 0.22], [0.2, 0.37])],
)
def test_names_are_moved_apart_only_where_they_would_collide(ends, places):
    assert leaders._apart(pd.Series(ends), 0.01).tolist() == pytest.approx(places)


def test_the_names_of_lines_have_room_at_every_width():
    x = leaders.shares_by_region(shares(), "share", "Title", "Words.").to_dict()["layer"][0][
        "encoding"
    ]["x"]
    assert x["scale"]["range"] == [0, {"expr": f"width - {leaders.ROOM}"}]
