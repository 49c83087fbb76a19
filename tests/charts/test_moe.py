import html

import pandas as pd
import pytest

from almanac.charts import moe as charts
from almanac.charts.tables import Table

FINDING = {"title": "A finding", "description": "The finding in words."}


def periods():
    rows = [("2024 H2", "2024-07-01", 0.2, 0.1, 0.3, 2, 10, True),
            ("2025 H1", "2025-01-01", 0.5, 0.4, 0.6, 5, 10, False)]  # fmt: skip
    columns = ["period", "start", "share", "low", "high", "hits", "n", "complete"]
    table = pd.DataFrame(rows, columns=columns).assign(secret=1)
    return table.assign(start=pd.to_datetime(table.start))


def drawn():
    days = pd.to_datetime(["2024-07-01", "2025-01-01", "2025-06-30"])
    return pd.DataFrame({"released_on": days, "share": [0.1, 0.3, 0.5], "secret": 1})


def by_band():
    rows = [("under 10 B", 2024, 0.1), ("under 10 B", 2025, 0.2), ("over 70 B", 2025, 0.9)]
    table = pd.DataFrame(rows, columns=["band", "year", "share"])
    return table.assign(low=0.0, high=1.0, hits=1, n=4, secret=1)


def steps():
    rows = [("all", 0.0, 0.0), ("all", 9.0, 0.3), ("still", 0.0, 0.0), ("still", 9.0, 0.4)]
    table = pd.DataFrame(rows, columns=["rule", "months", "share"])
    return table.assign(low=0.0, high=0.6, at_risk=9, secret=1)


def groups():
    rows = [("all", 24, 0.5, 0.3, 0.1, 0.6), ("released in 2025", 12, 0.0, 0.0, None, None)]
    columns = ["group", "models", "of_models", "of_downloads", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(secret=1)


CHARTS = {
    "diffusion": lambda: charts.diffusion(periods(), drawn(), "share", **FINDING),
    "diffusion without a curve": lambda: charts.diffusion(
        periods(), pd.DataFrame(), "share", **FINDING
    ),
    "bands_by_year": lambda: charts.bands_by_year(by_band(), "share", **FINDING),
    "moved": lambda: charts.moved(steps(), 6, "months since then", **FINDING),
    "of_models_and_downloads": lambda: charts.of_models_and_downloads(groups(), **FINDING),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_its_finding_and_holds_only_what_it_draws(name):
    spec = CHARTS[name]().to_dict()
    assert (spec["title"], spec["description"]) == tuple(FINDING.values())
    assert spec["width"] == "container"
    assert not [r for rows in spec["datasets"].values() for r in rows if "secret" in r]
    shown = [set(rows[0]) for rows in spec["datasets"].values()]
    assert any(set(spec["usermeta"]["columns"]) <= columns for columns in shown)


def test_a_share_runs_from_none_to_all():
    for name in CHARTS:
        text = CHARTS[name]().to_json()
        assert '"domain": [\n' in text and '0,\n' in text and "zero" not in text, name


def test_bands_have_a_row_for_their_name():
    spec = CHARTS["bands_by_year"]().to_dict()
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [
        "under 10 B", "under 10 B|2024", "under 10 B|2025", "over 70 B", "over 70 B|2025",
    ]  # fmt: skip


def test_the_interval_is_that_of_the_first_curve():
    spec = CHARTS["moved"]().to_dict()
    (area,) = (layer for layer in spec["layer"] if layer["mark"]["type"] == "area")
    assert {row["rule"] for row in spec["datasets"][area["data"]["name"]]} == {"all"}


def cells(table):
    assert isinstance(table, Table)
    return table.frame


def test_open_ends_of_past_ceilings_are_said():
    past = pd.DataFrame(
        {"day": pd.to_datetime(["2024-12-31", "2025-12-31"]), "n": [9, 12], "ceiling": [0.2, 1],
         "low": [0.1, 0.6], "high": [0.3, None], "midpoint": pd.to_datetime(["2024-01-01"] * 2)}
    )  # fmt: skip
    found = cells(charts.ceilings(past, "releases"))
    assert found.interval.tolist() == ["10% to 30%", "60% to open"]
    assert found.releases.tolist() == [9, 12]
    assert cells(charts.ceilings(past.head(0), "releases")).empty


def test_rules_without_a_share_are_blank():
    rows = [("own", "stay", 9, 3, 0.3, 0.1, 0.5, 12.4), ("own", "leave", 0, 0, *[None] * 4)]
    columns = ["clock", "silent", "organisations", "moved", "share", "low", "high", "median"]
    found = cells(charts.rules(pd.DataFrame(rows, columns=columns), 24))
    assert found["within_24_months"].fillna("").tolist() == ["30%", ""]
    assert found.interval.tolist() == ["10% to 50%", ""]
    assert found.half_by_month.fillna(0).tolist() == [12, 0]


def test_definitions_in_words():
    rows = [(0.0, "atom", 4, 0.2, 0.4, 3, 1, 0), (70.0, "record", 4, 0.5, 0.7, 0, 2, 2)]
    columns = ["size_floor_b", "list", "ways", "lowest", "highest", "below", "unclear", "above"]
    found = charts.definitions(pd.DataFrame(rows, columns=columns), "60%")
    assert cells(found).models_counted.tolist() == [
        "every size, models that the ATOM Project tracks", "70 B or more, the whole record",
    ]  # fmt: skip
    assert cells(found).share.tolist() == ["20% to 40%", "50% to 70%"]
    assert html.escape("above 60%") in found._repr_html_()
