import json

import pandas as pd
import pytest

from almanac.charts import reasoning

FINDING = {"title": "A finding", "description": "The finding in words."}


def months():
    days = pd.to_datetime(["2025-01-15", "2025-02-15"])
    numbers = {"hits": [0, 3], "n": [4, 6], "share": [0, 0.5], "secret": 1}
    return pd.DataFrame({"month": days} | numbers)


def lines():
    days = pd.to_datetime(["2025-01-01", "2025-01-20", "2025-01-20", "2025-03-01"])
    sides = ["before", "before", "after", "after"]
    return pd.DataFrame({"day": days, "share": [0.1, 0.2, 0.4, 0.5], "side": sides, "secret": 1})


def marks():
    days = pd.to_datetime(["2025-01-20", "2024-09-12"])
    return pd.DataFrame({"date": days, "label": ["later", "earlier"], "secret": 1})


def tried():
    return pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-01-01", "2025-01-20"]),
            "jump": [3.0, -4.0], "low": [None, -9.0], "high": [None, 2.0],
            "before": [0.1, 0.2], "after": [0.13, 0.16], "behind": [3.0, 0.0],
            "fits": [False, True], "secret": 1,
        }
    )  # fmt: skip


def curves():
    row = {"first": 0.2, "low": 0.1, "high": 0.3, "stopped": 0.4, "at_risk": 9, "secret": 1}
    return pd.DataFrame(
        [row | {"since": name, "months": month} for name in ("P", "Q") for month in (0, 1)]
    )


CHARTS = {
    "broken series": lambda: reasoning.broken_series(
        months(), lines(), marks(), "share", **FINDING
    ),
    "candidate days": lambda: reasoning.candidate_days(tried(), marks(), **FINDING),
    "incidence": lambda: reasoning.incidence(curves(), **FINDING),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_its_finding_and_draws_only_what_it_names(name):
    spec = CHARTS[name]().to_dict()
    assert (spec["title"], spec["description"]) == ("A finding", "The finding in words.")
    assert spec["width"] == "container"
    assert "secret" not in json.dumps(spec)
    rows = next(
        rows for rows in spec["datasets"].values()
        if set(rows[0]) >= set(spec["usermeta"]["columns"])
    )
    assert list(rows[0]) == spec["usermeta"]["columns"]


def test_the_last_named_day_is_named_to_the_right():
    spec = CHARTS["broken series"]().to_dict()
    sides = {
        spec["datasets"][layer["data"]["name"]][0]["label"]: layer["mark"]["align"]
        for layer in spec["layer"] if layer["mark"]["type"] == "text"
    }
    assert sides == {"earlier": "right", "later": "left"}


def test_only_days_with_an_interval_get_a_bar():
    spec = CHARTS["candidate days"]().to_dict()
    bar = next(layer for layer in spec["layer"] if "low:Q" in str(layer) or "'low'" in str(layer))
    assert bar["transform"] == [{"filter": "isValid(datum.low)"}]
    rows = spec["datasets"][bar["data"]["name"]]
    assert [row["fits"] for row in rows] == list(reasoning.FITS.values())[::-1]


def test_one_day_alone_has_a_colour_of_its_own():
    spec = reasoning.incidence(curves()[:2], **FINDING).to_dict()
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["P"] and len(scale["range"]) == 1
