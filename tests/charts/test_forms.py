import re

import pandas as pd
import pytest

from almanac.charts import forms, theme
from almanac.measures import shares, size_records, timeline
from almanac.measures.estimate import Estimate

FINDING = {"title": "A finding", "description": "The finding in words."}
DRAWS = dict(size=50, seed=1, level=0.9)
AS_OF = "2025-11-30"


def units():
    """Units of four regions, with a quarter left out, one of unknown size and a size twice."""
    days = ["2025-01-20", "2025-02-01", "2025-08-05", "2025-08-09", "2025-10-01", "2025-10-02"]
    return pd.DataFrame(
        {
            "organisation_id": list("abcdab"),
            "organisation": list("ABCDAB"),
            "name": [f"Unit {number}" for number in range(6)],
            "region": ["us", "china", "europe", "other", "us", "china"],
            "released_on": pd.to_datetime(days),
            "year": [2024, 2024, 2025, 2025, 2025, 2025],
            "total_params_b": [7.0, 671.0, 400.0, None, 671.0, 1000.0],
            "is_moe": [False, True, True, False, True, True],
            "secret": "not drawn",
        }
    )


def techniques():
    row = {"share": 0.5, "low": 0.2, "high": 0.8, "models": 2, "n": 4, "secret": 1}
    return pd.DataFrame([{"technique": "RL"} | row, {"technique": "traces"} | row])


def counts():
    return pd.DataFrame({"period": ["2025 H1"], "mode": ["always on"], "models": [3], "secret": 1})


def kinds():
    rows = [("Epoch", "same day", 3, 0.75), ("Epoch", "later", 1, 0.25), ("ATOM", "same day", 2, 1)]
    table = pd.DataFrame(rows, columns=["source", "apart", "releases", "share"])
    return table.assign(secret=1)


def grid():
    rows = [("licence", 2024, 0.1), ("licence", 2025, 0.2), ("context", 2024, 1.0)]
    return pd.DataFrame(rows, columns=["field", "year", "share"]).assign(secret=1)


def curve():
    rows = [(1.5, 1.2, 1.9, "above"), (0.7, 0.5, 0.9, "below"), (None, None, None, None)]
    choices = dict(unit="release", list="record", day="released", region_rule="as filed")
    table = pd.DataFrame(rows, columns=["value", "low", "high", "side"])
    return table.assign(**choices, size_floor_b=0.0, n=40, organisations=12, secret=1)


def quarters():
    rows = [("2025 Q1", "2025-03-31", True), ("2025 Q2", "2025-05-31", False)]
    table = pd.DataFrame(rows, columns=["quarter", "day", "settled"])
    numbers = dict(value=1.5, low=1.2, high=1.9, n=40, organisations=12, secret=1)
    return table.assign(day=pd.to_datetime(table.day), **numbers)


HERE = Estimate(
    value=1.4, low=1.1, high=1.8, level=0.9, n=40, organisations=12, unit="factor a year",
    method="", confidence="A", neutral=1.0,
)  # fmt: skip
FORMS = {
    "stacked_quarters": lambda: forms.stacked_quarters(
        timeline.by_quarter(units(), AS_OF).assign(secret=1), **FINDING
    ),
    "share_by_period": lambda: forms.share_by_period(
        shares.by_half_year(units(), "is_moe", AS_OF, **DRAWS), "share with MoE", **FINDING
    ),
    "sizes": lambda: forms.sizes(units(), size_records.records(units()), **FINDING),
    "staircase": lambda: forms.staircase(size_records.records(units()), AS_OF, **FINDING),
    "bars": lambda: forms.bars(counts().assign(secret=1), "mode", "models", **FINDING),
    "strips": lambda: forms.strips(timeline.busiest(units(), 3), **FINDING),
    "stacked_counts": lambda: forms.stacked_counts(
        counts(), "period", "mode", "models", **FINDING
    ),
    "shares_with_intervals": lambda: forms.shares_with_intervals(
        techniques(), "technique", **FINDING
    ),
    "stacked_shares": lambda: forms.stacked_shares(
        kinds(), "source", "apart", "releases", **FINDING
    ),
    "specification_curve": lambda: forms.specification_curve(
        curve(), "factor a year", "ratio", 1.0, **FINDING
    ),
    "named_ways": lambda: forms.named_ways(
        curve().assign(way=[f"way {n}" for n in range(len(curve()))]), HERE, "factor", **FINDING
    ),
    "then_and_now": lambda: forms.then_and_now(quarters(), "factor a year", "ratio", **FINDING),
    "heat": lambda: forms.heat(grid(), "year", "field", "share", "unknown", **FINDING),
}


def spec_of(name):
    return FORMS[name]().to_dict()  # which Altair validates against Vega-Lite's schema


def layers(spec):
    return spec.get("layer", [spec])


def rows_of(spec, layer):
    return spec["datasets"][layer.get("data", spec.get("data"))["name"]]


def fields(part):
    """Names of the columns that a part of a specification draws."""
    if isinstance(part, list):
        return set().union(*map(fields, part))
    if not isinstance(part, dict):
        return set()
    own = {part["field"]} if isinstance(part.get("field"), str) else set()
    own |= set(re.findall(r"datum\.(\w+)", str(part.get("test", ""))))
    return own | fields(list(part.values()))


def test_every_form_is_tried():
    public = {name for name, form in vars(forms).items() if callable(form) and name.islower()}
    public = {name for name in public if vars(forms)[name].__module__ == forms.__name__}
    assert {name for name in public if not name.startswith("_")} == set(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_a_titled_described_chart_of_any_width(name):
    spec = spec_of(name)
    assert spec["title"] == FINDING["title"]
    assert spec["description"] == FINDING["description"]
    assert spec["width"] == "container"
    assert spec["height"] > 0
    for layer in layers(spec):
        assert rows_of(spec, layer)


@pytest.mark.parametrize("name", FORMS)
def test_only_the_columns_drawn_are_in_the_page(name):
    spec = spec_of(name)
    drawn: dict[int, set] = {}
    held = {}
    for layer in layers(spec):
        rows = rows_of(spec, layer)
        drawn.setdefault(id(rows), set()).update(fields(layer["encoding"]))
        held[id(rows)] = set(rows[0])
    # The place of a kind in the legend, by which bars stack, is worked out by Vega-Lite.
    places = {"color_region_sort_index", "color_apart_sort_index"}
    assert {key: names - places for key, names in drawn.items()} == held


@pytest.mark.parametrize("name", ["stacked_quarters", "strips"])
def test_a_region_has_one_name_and_colour_in_every_chart(name):
    spec = spec_of(name)
    scale = spec["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        theme.REGION_NAMES[region]: colour for region, colour in theme.REGIONS.items()
    }
    assert {row["region"] for row in rows_of(spec, spec)} <= set(theme.REGION_NAMES.values())


def test_a_quarter_without_any_has_its_place():
    spec = spec_of("stacked_quarters")
    quarters = ["2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4"]
    assert spec["encoding"]["x"]["scale"]["domain"] == quarters
    assert {row["quarter"] for row in rows_of(spec, spec)} == set(quarters) - {"2025 Q2"}


def test_what_is_not_complete_is_told_apart():
    bars = spec_of("stacked_quarters")["encoding"]["opacity"]
    assert bars["condition"]["test"] == "datum.complete"
    assert bars["condition"]["value"] > bars["value"]
    (points,) = (
        layer["encoding"] for layer in layers(spec_of("share_by_period"))
        if "fill" in layer["encoding"]
    )  # fmt: skip
    assert points["fill"]["condition"]["test"] == "datum.complete"
    assert points["fill"]["value"] == "transparent"


def test_a_curve_is_in_order_and_says_on_which_side_each_interval_lies():
    spec = spec_of("specification_curve")
    intervals, dots, rule = layers(spec)
    assert [(row["place"], row["value"]) for row in rows_of(spec, dots)] == [(1, 0.7), (2, 1.5)]
    assert [row["side"] for row in rows_of(spec, dots)] == [
        "interval below 1.00", "interval above 1.00"
    ]  # fmt: skip
    assert rows_of(spec, rule) == [{"neutral": 1.0}]
    assert intervals["encoding"]["y2"]["field"] == "high"


def test_ways_stand_by_their_names_below_the_pages_own():
    spec = spec_of("named_ways")
    bars = layers(spec)[1]
    rows = rows_of(spec, bars)
    assert [row["way"] for row in rows][:2] == ["as on this page", "way 0"]
    assert (rows[0]["value"], rows[0]["low"]) == (1.4, 1.1)
    assert bars["encoding"]["y"]["sort"] is None
    assert rows_of(spec, layers(spec)[0]) == [{"neutral": 1.0}]


def test_a_quarter_of_which_releases_are_missing_is_hollow():
    (points,) = (
        layer["encoding"] for layer in layers(spec_of("then_and_now"))
        if "fill" in layer["encoding"]
    )  # fmt: skip
    assert points["fill"]["condition"]["test"] == "datum.settled"
    assert points["fill"]["value"] == "transparent"


def test_shares_run_from_none_to_all():
    """A share axis cut short would make small changes look large."""
    for name in ("share_by_period",):
        domains = [
            layer["encoding"]["y"]["scale"]["domain"]
            for layer in layers(spec_of(name))
            if "scale" in layer["encoding"]["y"]
        ]
        assert domains and all(domain == [0, 1] for domain in domains)


def test_sizes_are_on_a_log_scale_and_the_staircase_runs_to_the_end():
    spec = spec_of("sizes")
    dots, stairs, named = layers(spec)
    assert all(layer["encoding"]["y"]["scale"]["type"] == "log" for layer in (dots, stairs, named))
    assert len(rows_of(spec, dots)) == 5  # one of the six has no known size
    assert [row["total_params_b"] for row in rows_of(spec, stairs)] == [7, 671, 1000, 1000]
    assert rows_of(spec, stairs)[-1]["released_on"].startswith("2025-10-02")
    assert stairs["mark"]["interpolate"] == "step-after"


def test_the_busiest_stand_on_top():
    spec = spec_of("strips")
    assert spec["encoding"]["y"]["sort"] == {"field": "rank", "op": "min"}


def test_rows_keep_the_order_of_the_table():
    spec = spec_of("shares_with_intervals")
    assert all(layer["encoding"]["y"]["sort"] is None for layer in layers(spec))


def test_bars_of_shares_stack_in_the_order_of_the_kinds():
    encoding = spec_of("stacked_shares")["encoding"]
    assert encoding["color"]["scale"]["domain"] == ["same day", "later"]
    assert encoding["y"]["sort"] == ["Epoch", "ATOM"]


def test_a_cell_is_as_deep_as_its_share_and_says_it():
    cells, numbers = layers(spec_of("heat"))
    assert cells["encoding"]["opacity"]["scale"]["domain"] == [0, 1]
    assert numbers["encoding"]["text"]["format"] == ".0%"


def test_every_chart_names_its_unit_on_the_value_axis():
    for name in FORMS:
        encodings = [layer["encoding"] for layer in layers(spec_of(name))]
        titles = [e[axis].get("title") for e in encodings for axis in "xy" if axis in e]
        # days or years, and names, and nothing to measure; or numbers written beside their bars
        assert any(titles) or name in ("strips", "heat", "bars"), name
