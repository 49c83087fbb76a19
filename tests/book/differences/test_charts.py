import copy

import altair as alt
import pandas as pd
import pytest

from almanac.book.differences.charts import chart, forms

FRAME = pd.DataFrame({
    "region": ["China", "China", "Europe"],
    "period": ["2024", "2025", "2025"],
    "share": [0.25, 0.5, 0.125],
    "said": ["25%", "50%", "12%"],
})  # fmt: skip


def layered(frame=FRAME, mark="line", title="Shares", level=0.5):
    """A chart as the book has them: rows in two tables, rule, line and tooltip."""
    base = alt.Chart(frame, title=title).encode(
        x=alt.X("period:O"), y=alt.Y("share:Q", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("region:N"), tooltip=[alt.Tooltip("said:N")],
    )  # fmt: skip
    rule = alt.Chart(pd.DataFrame({"level": [level]})).mark_rule().encode(y="level:Q")
    return alt.layer(rule, getattr(base, f"mark_{mark}")()).to_dict()


@pytest.fixture(scope="module")
def before():
    return layered()


def test_nothing_is_told_of_a_chart_that_is_the_same(before):
    assert chart(before, layered()) == []


def test_changed_rows_are_told_by_the_fields_that_the_chart_draws(before):
    frame = FRAME.assign(share=[0.25, 0.5, 0.15], said=["25%", "50%", "15%"])
    assert chart(before, layered(frame)) == [
        "line, period 2025, region Europe: share 0.125 -> 0.15; said 12% -> 15%"
    ]
    assert chart(before, layered(level=0.6)) == [
        "rule, row added: level 0.6", "rule, row gone: level 0.5",
    ]  # fmt: skip


def test_rows_that_came_and_went_are_told(before):
    assert chart(before, layered(FRAME.head(2))) == [
        "line, row gone: period 2025, region Europe, share 0.125, said 12%"
    ]


def test_no_names_of_tables_are_told(before):
    after = layered(FRAME.head(2), level=0.6)
    assert not [text for text in chart(before, after) if "data-" in text or "rows 1" in text]


def test_form_is_told_by_its_place_what_it_says_first(before):
    after = layered(title="Shares by year", mark="point")
    after["layer"][1]["encoding"]["y"]["scale"]["domain"][1] = 0.8
    after["config"]["view"] = {"stroke": "red"}
    lines = chart(before, after)
    assert [text for text in lines if text.endswith("title: Shares -> Shares by year")]
    assert "layer 2 mark type: line -> point" in lines
    assert "layer 2 encoding y scale domain: [0, 1] -> [0, 0.8]" in lines
    assert [text for text in lines if text.startswith("config view")]


def test_channels_and_layers_that_came_or_went_are_told_in_words(before):
    after = copy.deepcopy(before)
    del after["layer"][1]["encoding"]["color"]
    assert "layer 2 encoding color: is gone, was region (nominal)" in chart(before, after)
    without = copy.deepcopy(before)
    without["layer"] = [before["layer"][1]]
    lines = chart(before, without)
    assert "layer 1: is gone, was rule of y level" in lines


def test_a_mark_is_the_same_however_it_is_written():
    assert forms({"mark": "bar"}, {"mark": {"type": "line"}}) == ["mark type: bar -> line"]


def test_rows_that_stand_in_the_view_are_rows_too():
    def inline(values):
        return {"data": {"values": values}, "mark": "bar",
                "encoding": {"x": {"field": "a", "type": "nominal"}}}  # fmt: skip

    old = inline([{"a": "p", "b": 1}, {"a": "q", "b": 2}])
    new = inline([{"a": "p", "b": 1}, {"a": "q", "b": 3}])
    assert chart(old, new) == ["a q: b 2 -> 3"]
    assert chart(inline([1, 2]), inline([1, 3])) == ["row added: value 3", "row gone: value 2"]


def test_lists_are_told_by_what_came_and_went():
    names = [f"model number {number}" for number in range(40)]
    (said,) = forms({"domain": names}, {"domain": [*names[:-1], "another"]})
    assert said == 'domain: without ["model number 39"]; with ["another"]'
    assert forms({"sort": names}, {"sort": names[::-1]}) == ["sort: in another order"]


def test_what_is_no_chart_is_told_by_its_places():
    assert forms({"y": 1}, {"y": 2}) == ["y: 1 -> 2"]
    assert forms([{"a": [1]}], [{"a": {"b": 1}}]) == ["1 a: [1] -> b 1"]
