import csv
import io
import re

import pytest

from almanac.book.drawn import LONGEST_TABLE, as_csv, by_part, table

LAYERED = {
    "data": {"name": "d"},
    "datasets": {
        "d": [{"day": "2025-01-01T00:00:00", "n": 0.1 + 0.2, "known": True, "name": "a"}],
        "r": [{"neutral": -1, "name": None}],
    },
    "layer": [
        {"mark": {"type": "circle"}},
        {"layer": [{"mark": "line"}, {"mark": "text"}]},
        {"mark": "rule", "data": {"name": "r"}},
    ],
    "usermeta": {"columns": ["name", "day", "n"]},
}


def read(text):
    return list(csv.reader(io.StringIO(text)))


def one(rows, **more):
    return {"data": {"name": "d"}, "datasets": {"d": rows}, "mark": "bar", **more}


def test_the_file_has_every_row_that_any_mark_draws_and_says_which():
    assert list(by_part(LAYERED)) == ["points and lines and labels", "rules"]
    assert read(as_csv(LAYERED)) == [
        ["part", "name", "day", "n", "known", "neutral"],
        ["points and lines and labels", "a", "2025-01-01", "0.30000000000000004", "true", ""],
        ["rules", "", "", "", "", "-1"],
    ]


def test_a_chart_of_one_table_needs_no_parts_and_has_all_its_rows():
    rows = [{"b": n, "a": n} for n in range(LONGEST_TABLE + 1)]
    found = read(as_csv(one(rows, usermeta={"columns": ["a"]})))
    assert found[0] == ["a", "b"] and len(found) == len(rows) + 1


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula_to_a_spreadsheet(start):
    (_, (cell, number)) = read(as_csv(one([{"name": start, "n": -1}])))
    assert cell == f"'{start}" and number == "-1"


def test_the_numbers_of_a_chart_stand_in_a_table():
    rows = [
        {"quarter": "2025-01-01T00:00:00", "share_b": 0.123456, "label": "a & b"},
        {"quarter": "2025-04-01T12:30:00", "share_b": None, "label": "c"},
    ]
    html = table(one(rows), "Title")
    assert re.findall("<th scope=col>(.*?)</th>", html) == ["quarter", "share b", "label"]
    assert re.findall("<td>(.*?)</td>", html) == [
        *("2025-01-01", "0.1235", "a &amp; b"),
        *("2025-04-01T12:30:00", "", "c"),
    ]


def test_the_chart_says_which_rows_and_columns_in_which_order():
    spec = {
        "usermeta": {"columns": ["n", "a"]},
        "datasets": {"rules": [{"label": "x"}] * 3, "d": [{"a": True, "n": 12345.6, "z": 1}]},
    }
    html = table(spec, "Title")
    assert re.findall("<th scope=col>(.*?)</th>", html) == ["n", "a"]
    assert re.findall("<td>(.*?)</td>", html) == ["12,346", "yes"]


def test_no_table_where_nothing_is_drawn_and_a_long_one_says_where_the_rest_is():
    assert table({}, "Title") == table(one([]), "Title") == ""
    html = table(one([{"n": 1}] * (LONGEST_TABLE + 1)), "Title")
    assert html.count("<td>") == LONGEST_TABLE
    assert f"The first {LONGEST_TABLE} of {LONGEST_TABLE + 1} rows; the CSV has all." in html
