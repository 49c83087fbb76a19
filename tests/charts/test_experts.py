import pandas as pd
import pytest
from charts.test_forms import fields, layers, rows_of

from almanac.charts import experts, theme
from almanac.measures import experts as measures

FINDING = {"title": "A finding", "description": "The finding in words."}


def known():
    days = pd.to_datetime(["2025-01-20", "2025-06-01", "2026-01-01", "2026-03-01"])
    table = pd.DataFrame(
        {
            "name": list("ABCD"),
            "organisation": list("ABCD"),
            "region": ["us", "china", "europe", "other"],
            "released_on": days,
            "total_params_b": [100.0, 30.0, 671.0, 200.0],
            "sparsity": [0.3, 0.2, 0.05, 0.06],
            "secret": 1,
        }
    )
    return measures.partial(table)


def designs():
    return known().assign(
        granularity=pd.array([4, 8, None, 2], "Float64"),
        n_shared_experts=pd.array([0, 1, 1, None], "Int64"),
        n_routed_experts=pd.array([64, 128, 8, 8], "Int64"),
        experts_per_token=pd.array([8, 8, 2, 2], "Int64"),
    )


def steps():
    days = pd.to_datetime(["2025-01-20", "2025-06-01"])
    return pd.DataFrame(
        {"date": days, "engine": ["transformers", "llama.cpp"], "name": ["a", "b"],
         "exact": [True, False], "architectures": [1, 1], "secret": 1}
    )  # fmt: skip


CHARTS = {
    "shares_given_size": lambda: experts.shares_given_size(known(), **FINDING),
    "shares_given_day": lambda: experts.shares_given_day(known(), **FINDING),
    "granularities": lambda: experts.granularities(designs(), **FINDING),
    "engines": lambda: experts.engines(steps(), **FINDING),
}


def spec_of(name):
    return CHARTS[name]().to_dict()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_titled_described_and_of_any_width(name):
    spec = spec_of(name)
    assert (spec["title"], spec["description"]) == tuple(FINDING.values())
    assert spec["width"] == "container"
    for layer in layers(spec):
        assert rows_of(spec, layer)


@pytest.mark.parametrize("name", CHARTS)
def test_only_the_columns_drawn_are_in_the_page(name):
    spec = spec_of(name)
    drawn, held = {}, {}
    for layer in layers(spec):
        rows = rows_of(spec, layer)
        drawn.setdefault(id(rows), set()).update(fields(layer["encoding"]))
        held[id(rows)] = set(rows[0])
    assert drawn == held


@pytest.mark.parametrize("name", ["shares_given_size", "shares_given_day"])
def test_lines_run_from_end_to_end_on_log_scales(name):
    spec = spec_of(name)
    dots, line = layers(spec)
    across = dots["encoding"]["x"]["field"]
    places = [row[across] for row in rows_of(spec, dots)]
    assert [row[across] for row in rows_of(spec, line)] == [min(places), max(places)]
    for layer in (dots, line):
        assert layer["encoding"]["y"]["scale"]["type"] == "log"
    scale = dots["encoding"]["color"]["scale"]
    assert scale["domain"] == list(theme.REGION_NAMES.values())


def test_granularities_leave_out_the_unknown_and_tell_shared_experts_apart():
    spec = spec_of("granularities")
    rows = {row["name"]: row["shared"] for row in rows_of(spec, spec)}
    assert rows == {"A": "without", "B": "with shared experts", "D": "not stated"}
    assert spec["encoding"]["shape"]["field"] == "shared"  # not by colour alone


def test_an_upper_bound_is_hollow():
    spec = spec_of("engines")
    (points,) = (
        layer["encoding"] for layer in layers(spec) if "fillOpacity" in layer["encoding"]
    )
    assert points["fillOpacity"]["condition"]["test"] == "datum.exact"
    assert points["fillOpacity"]["value"] == 0
