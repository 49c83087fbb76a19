import re

import pytest

from almanac.book.errors import BuildError
from almanac.book.pictures import TURN, WIDTHS, pictures, settled

SPEC = {
    "title": "Models a year",
    "description": "Two in 2024, three in 2025.",
    "data": {"name": "d"},
    "datasets": {"d": [{"year": "2024", "n": 2 / 3}, {"year": "2025", "n": 3}]},
    "mark": {"type": "bar", "clip": True},
    "encoding": {
        "x": {"field": "year", "type": "nominal"},
        "y": {"field": "n", "type": "quantitative"},
        "color": {"field": "year", "type": "nominal"},
    },
    "config": {"legend": {"orient": "top", "columns": 2}},
    "width": "container",
    "height": 200,
}


def drawn(spec, figure_id="a"):
    """The two pictures as SVG, by their names."""
    found = re.findall(r"<svg.*?</svg>", pictures(spec, figure_id), re.DOTALL)
    return dict(zip(WIDTHS, found, strict=True))


def test_a_picture_for_wide_screens_and_one_for_phones_each_as_high_as_drawn():
    shown = drawn(SPEC)
    for kind, width in WIDTHS.items():
        head = re.match(r"<svg([^>]*)>", shown[kind])[1]
        assert f'class="{kind}"' in head and 'width="100%"' in head
        # axes and all: as wide as its place, so that the live chart is no other size
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
        assert float(box[1]) == pytest.approx(width, abs=1)
        assert f'height="{box[2]}"' in head
    assert min(WIDTHS.values()) < TURN < max(WIDTHS.values())


def test_on_a_phone_a_legend_has_one_column():
    assert settled(SPEC, 328)["config"] == {"legend": {"orient": "top", "columns": 1}}
    assert settled(SPEC, 685)["config"] == SPEC["config"]
    assert "config" not in SPEC["encoding"] and SPEC["width"] == "container"


def test_neither_title_nor_words_nor_needless_digits_are_in_the_picture():
    for svg in drawn(SPEC).values():
        assert "Models a year" not in svg
        assert not re.search(r"aria-|role=|\d\.\d{3}", svg)


def test_a_text_that_looks_like_an_attribute_stays_as_it_is():
    rows = [{"year": 'x=" role="img" 1.23456', "n": 1}]
    for svg in drawn({**SPEC, "datasets": {"d": rows}}).values():
        assert re.search(r'>x=" role="img" 1.23456<|>x=&quot; role=&quot;img&quot; 1.23456<', svg)


def test_names_in_pictures_of_one_page_do_not_clash():
    shown = [svg for name in ("chart-1", "chart-2") for svg in drawn(SPEC, name).values()]
    names = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in shown]
    assert all(names) and len(set.union(*names)) == sum(map(len, names))
    for svg, own in zip(shown, names, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= own


def test_a_chart_that_cannot_be_drawn_is_named():
    with pytest.raises(BuildError, match="^moe-then: Vega-Lite"):
        pictures({**SPEC, "mark": "no such mark"}, "moe-then")
