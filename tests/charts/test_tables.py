import re

import pandas as pd
import pytest

from almanac.charts.tables import MOST, Table, percent

ATTACK = "<script>alert(1)</script>"


def shown(frame, caption="Caption", **other):
    return Table(pd.DataFrame(frame), caption, **other)._repr_html_()


def cell(value):
    html = shown({"name": ["n"], "x": pd.Series([value], dtype=object)})
    return re.search("<td[^>]*>(.*)</td>", html)[1]


def test_text_is_escaped_wherever_it_stands():
    html = shown({ATTACK: [ATTACK]}, f'"{ATTACK}')
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 5  # header, cell and its name, caption, label
    assert 'aria-label="&quot;&lt;' in html  # a quotation mark does not end the attribute


def test_it_has_a_caption_and_scoped_headers():
    html = shown({"low_b": [1], "name": ["x"]}, "Sizes")
    assert "<caption>Sizes</caption>" in html
    assert re.findall('<th scope=col role="columnheader">(.*?)</th>', html) == ["low b", "name"]
    assert html.count("<th scope=row") == html.count("<td") == 1  # and no column for the index


def test_it_scrolls_by_keyboard_under_a_name():
    html = shown({"x": [1]}, "Sizes")
    assert html.startswith(
        '<div class="table-scroll" role="region" tabindex="0" aria-label="Sizes"><table '
    )
    assert 'class="table-scroll wrap"' in shown({"x": [1]}, wrap=True)


def test_rows_keep_their_order():
    html = shown({"x": ["b", "a"], "y": ["c", "d"]})
    assert re.findall(">([a-d])</t[dh]>", html) == ["b", "c", "a", "d"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (pd.Timestamp("2025-01-20"), "2025-01-20"),
        (671.0, "671"),
        (0.037, "0.037"),
        (12.3456, "12.35"),
        (1234.5, "1,234"),
        (9999.9, "10,000"),
        (14800.0, "14,800"),
        (-14800.25, "-14,800"),
        (2025, "2025"),
        (True, "True"),
    ],
)
def test_values_read_as_values(value, text):
    assert cell(value) == text


def test_as_plain_text_it_is_its_caption():
    assert repr(Table(pd.DataFrame({"x": [1]}), "Sizes")) == "Sizes"


def test_shares_as_percentages():
    assert percent(pd.Series([0, 0.256, 1])).tolist() == ["0%", "26%", "100%"]
    assert percent(pd.Series([0.5, None])).isna().tolist() == [False, True]


def test_a_long_table_can_be_folded_under_its_caption():
    shown = Table(pd.DataFrame({"x": [1]}), "Sizes", folded=True)._repr_html_()
    assert shown.startswith("<details class=chart-data><summary>Sizes</summary><div")
    assert shown.endswith("</div></details>")


def test_every_value_carries_the_name_of_its_column_for_a_phone():
    html = shown({"x": ["b"], "low_b": ["c"]}, wrap=True)
    assert re.findall('data-name="(.*?)"', html) == ["x", "low b"]


def test_a_column_of_long_texts_gets_room_and_days_stay_whole():
    html = shown({"n": ["a"], "why": ["x" * 41], "on": [pd.Timestamp("2025-01-20")]}, wrap=True)
    assert re.findall(r"class=(\w+)>", html) == ["long", "day"]


def test_a_table_without_rows_is_only_its_head():
    html = shown({"n": pd.Series([], dtype=str), "on": pd.to_datetime([])})
    assert html.count("columnheader") == 2 and 'role="cell"' not in html


def test_a_table_too_long_for_a_page_says_how_much_of_it_is_shown():
    frame = pd.DataFrame({"year": range(MOST + 5)})
    html = Table(frame, "Years")._repr_html_()
    assert html.count("<tr") == MOST + 1
    assert f"Years: the first 200 of {MOST + 5}" in html
    assert "of" not in Table(frame.head(MOST), "Years").caption
