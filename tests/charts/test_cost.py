"""The charts of costs; what those with controls compute is what the measures compute."""

import re

import pandas as pd
import pytest
import vl_convert
from configurations import DEEPSEEK_V3, GPT_OSS_120B, LLAMA_405B, MINIMAX_M1, anatomy_of

from almanac.book.drawn import table as data_table
from almanac.charts import cost as charts
from almanac.measures import cost

GIVEN = cost.Conditions(batch=1, context=4096, bits=8)
NAMES = ["Ada", "Grace", "Joan", "Mary"]
MODELS = anatomy_of(DEEPSEEK_V3, LLAMA_405B, GPT_OSS_120B, MINIMAX_M1, name=NAMES)
NUMBER = r"([\d.e+-]+)"


def step_times(given=GIVEN, models=MODELS):
    return charts.step_times(
        pd.concat([models, cost.steps(models, given)], axis=1), given, "T", "D"
    ).to_dict()


def bytes_by_batch(given=GIVEN):
    both = MODELS.head(2).assign(model=NAMES[:2])
    return charts.bytes_by_batch(
        cost.by_batch(both, charts.BATCHES, given), both, given, "T", "D"
    ).to_dict()


def labels(spec, **values):
    """What each mark says of itself, drawn with the controls at other values."""
    known = {param["name"]: param for param in spec["params"] if "bind" in param}
    for name, value in values.items():
        known[name]["value"] = value
    svg = vl_convert.vegalite_to_svg({**spec, "width": 600})
    return re.findall(r'aria-label="([^"]*)"', svg)


SETTINGS = [
    {},
    {"batch": 37, "context": 100},  # within the window of one of them
    {"batch": 256, "context": 131072, "bits": 4},
    {"batch": 64, "context": 0, "bits": 16, "bandwidth": 3.3, "peak": 0.1},  # arithmetic is slower
]


@pytest.mark.parametrize("values", SETTINGS)
def test_steps_in_the_browser_are_those_of_the_measures(values):
    names = {"bandwidth": "bandwidth_tb_s", "peak": "peak_pflop_s"}
    asked = {names.get(name, name): value for name, value in values.items()}
    given = cost.Conditions(**{"batch": 1, "context": 4096, "bits": 8} | asked)
    steps = cost.steps(MODELS, given).set_index(MODELS["name"])
    spec = step_times()
    spec["layer"][1]["encoding"]["text"]["format"] = ".12g"
    drawn = labels(spec, **values)
    bars = {
        (name, takes): float(ms)
        for label in drawn
        for ms, name, takes in re.findall(rf"^ms: {NUMBER}; name: (\w+); takes: ([\w ]+);", label)
    }
    assert len(bars) == 3 * len(MODELS)
    for column, takes in charts.PARTS.items():
        for name in NAMES:
            assert bars[name, takes] == pytest.approx(steps.loc[name, column], rel=1e-9, abs=1e-9)
    rates = {
        name: float(rate)
        for label in drawn
        for name, rate in re.findall(rf"name: (\w+); rate: {NUMBER}$", label)
    }
    assert rates == pytest.approx(steps.tokens_per_s.to_dict(), rel=1e-9)


def test_arithmetic_is_slower_in_one_of_the_settings_tried():
    slow = cost.Conditions(64, 0, 16, 16, 3.3, 0.1)
    assert (cost.steps(MODELS, slow).arithmetic_ms > 0).any()


@pytest.mark.parametrize(
    "values", [{}, {"context": 0}, {"context": 32768, "bits_0": 4, "bits_1": 16}]
)
def test_bytes_in_the_browser_are_those_of_the_measures(values):
    spec = bytes_by_batch()
    spec["mark"] = "point"  # a line has one label, a point its own
    found = {
        (name, int(batch), what): float(gb)
        for label in labels(spec, **values)
        for batch, gb, name, what in re.findall(
            rf": (\d+); gigabytes read a step: {NUMBER}; series: (\w+), ([\w ]+);", label
        )
    }
    assert len(found) == 2 * 2 * len(charts.BATCHES)
    for place, (_, model) in enumerate(MODELS.head(2).iterrows()):
        for batch in charts.BATCHES:
            weights = cost.weights_read_gb(model, batch, values.get(f"bits_{place}", 8))
            cache = batch * cost.cache_gb(model, values.get("context", 4096), 16)
            assert found[model["name"], batch, charts.ALONE] == pytest.approx(weights)
            assert found[model["name"], batch, charts.WITH_CACHES] == pytest.approx(weights + cache)


@pytest.mark.parametrize("make", [step_times, bytes_by_batch])
def test_every_control_has_a_name_and_starts_where_the_numbers_are(make):
    given = cost.Conditions(batch=3, context=2048, bits=6)  # bits that are no usual choice
    params = [param for param in make(given)["params"] if "bind" in param]
    assert len(params) >= 3
    assert all(param["bind"]["name"] for param in params)
    first = {param["name"]: param["value"] for param in params}
    assert first["context"] == 2048
    for name in first.keys() & {"bits", "bits_0", "bits_1"}:
        assert first[name] == 6
        bind = next(param["bind"] for param in params if param["name"] == name)
        assert bind["options"] == [16, 8, 6, 4]


@pytest.mark.parametrize("make", [step_times, bytes_by_batch])
def test_the_table_gives_the_numbers_of_the_first_settings(make):
    spec = make()
    table = data_table(spec, "T")
    first = cost.steps(MODELS, GIVEN).iloc[0]
    expected = f"{first.tokens_per_s:,.4g}" if make is step_times else f"{first.weights_gb:.1f}"
    assert f"<td>{expected}</td>" in table
    assert "cache_growing" not in table.replace(" ", "_")
    assert spec["usermeta"]["columns"][0] in ("name", "model")


def test_a_name_is_text_in_controls_and_formulas():
    name = "'); alert(1); datum['"
    models = MODELS.assign(name=[name, "Grace", "Joan", "Mary"])
    both = models.head(2).assign(model=lambda t: t["name"])
    spec = charts.bytes_by_batch(
        cost.by_batch(both, [1, 2], GIVEN), both, GIVEN, "T", "D"
    ).to_dict()
    formulas = [step["calculate"] for step in spec["transform"] if "calculate" in step]
    assert not any("alert" in formula for formula in formulas)
    assert vl_convert.vegalite_to_svg({**spec, "width": 600}).count("alert(1)") >= 1


def test_arithmetic_has_a_line_a_model_and_way():
    ways = {True: charts.GENERATING, False: charts.READING}
    table = cost.by_context(MODELS.head(2), charts.CONTEXTS, ways)
    chart = charts.arithmetic(table, "T", "D").to_dict()
    line, points = chart["layer"]
    scale = line["encoding"]["color"]["scale"]
    assert scale["domain"] == [
        f"Ada, {charts.GENERATING}", f"Ada, {charts.READING}", f"Grace, {charts.GENERATING}"
    ]  # fmt: skip
    assert scale["range"][0] == scale["range"][1] != scale["range"][2]
    assert chart["width"] == "container"
    assert "tooltip" not in line["encoding"] and len(points["encoding"]["tooltip"]) == 4
    vl_convert.vegalite_to_svg({**chart, "width": 600})


def test_dots_that_matter_are_named():
    table = MODELS.assign(
        gflops=cost.gflops(MODELS, 0), architecture="moe", cache_gb=cost.cache_gb(MODELS, 1000, 16)
    )
    for chart in (
        charts.arithmetic_by_weights(table, ["Ada", "absent"], "T", "D"),
        charts.caches(table, ["Grace"], "GB", "T", "D"),
        charts.caches(table, [], "GB", "T", "D"),
    ):
        spec = chart.to_dict()
        svg = vl_convert.vegalite_to_svg({**spec, "width": 600})
        named = [layer for layer in spec["layer"][1:] for _ in layer.get("layer", [layer])]
        assert ("Ada</text>" in svg) + ("Grace</text>" in svg) == len(named)
        assert len(spec["usermeta"]["columns"]) == 4
