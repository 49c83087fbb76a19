import pandas as pd
import pytest
from charts.test_forms import fields, layers, rows_of

from almanac.charts import techniques
from almanac.measures import traces
from almanac.measures.techniques import HOUSES

FINDING = {"title": "A finding", "description": "The finding in words."}


def statements():
    row = {"share": 0.5, "low": 0.2, "high": 0.8, "hits": 2, "n": 4, "secret": 1}
    kinds = [("2025 H1", "RL", True), ("2025 H1", "nothing", True), ("2025 H2", "RL", False)]
    table = pd.DataFrame(kinds, columns=["period", "statement", "complete"])
    return table.assign(**row)


def pupils():
    same, another, _ = HOUSES
    rows = [("R1", "First", "2025-02-01", another), ("R1", "Second", "2025-03-01", same),
            ("Alpha", "Third", "2025-01-01", another)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["teacher", "name", "released_on", "house"])
    days = pd.to_datetime(table.released_on)
    return table.assign(organisation="Acme", released_on=days, pupils=2, secret=1)


def families():
    rows = [("R1", "vLLM", "2025-01-29"), ("Qwen3", "SGLang", "2025-04-28")]
    table = pd.DataFrame(rows, columns=["family", "engine", "first_on"])
    return traces.cumulative(table.assign(first_on=pd.to_datetime(table.first_on)))


FORMS = {
    "statements": lambda: techniques.statements(statements(), **FINDING),
    "pupils": lambda: techniques.pupils(pupils(), **FINDING),
    "families": lambda: techniques.families(
        families().assign(secret=1),
        pd.DataFrame({"date": [pd.Timestamp("2025-01-20")], "label": ["R1"], "secret": 1}),
        **FINDING,
    ),
}


@pytest.fixture(params=FORMS)
def spec(request):
    return FORMS[request.param]().to_dict()


def test_a_form_is_a_titled_described_chart_of_any_width(spec):
    assert (spec["title"], spec["description"]) == tuple(FINDING.values())
    assert spec["width"] == "container" and spec["height"] > 0
    assert all(rows_of(spec, layer) for layer in layers(spec))


def test_only_the_columns_drawn_are_in_the_page(spec):
    drawn, held = {}, {}
    for layer in layers(spec):
        rows = rows_of(spec, layer)
        drawn.setdefault(id(rows), set()).update(fields(layer["encoding"]))
        held[id(rows)] = set(rows[0])
    assert drawn == held


def test_statements_stand_side_by_side_and_a_cut_half_year_is_hollow():
    bars, points = layers(FORMS["statements"]().to_dict())
    assert points["encoding"]["xOffset"]["field"] == bars["encoding"]["xOffset"]["field"]
    assert points["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert points["encoding"]["fill"]["condition"]["test"] == "datum.complete"
    assert points["encoding"]["fill"]["value"] == "transparent"


def test_teachers_stand_in_their_order():
    spec = FORMS["pupils"]().to_dict()
    assert spec["encoding"]["y"]["sort"] == ["R1", "Alpha"]
    assert spec["encoding"]["color"]["scale"]["domain"] == list(HOUSES[:2])  # that occur


def test_lines_of_families_step_and_have_their_order():
    steps, rule, _, _ = layers(FORMS["families"]().to_dict())
    assert steps["mark"]["interpolate"] == "step-after"
    assert steps["encoding"]["color"]["sort"] == ["either engine", "vLLM", "SGLang"]
    assert rule["mark"]["type"] == "rule"
