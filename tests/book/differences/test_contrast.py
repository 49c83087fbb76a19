import pytest
from PIL import Image

from almanac.book.differences.contrast import apart, draw

BARS = {
    "data": {"values": [{"a": "p", "b": 1}, {"a": "q", "b": 2}]},
    "mark": "bar",
    "encoding": {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "b", "type": "quantitative"},
    },
    "width": "container",
}
RED = (255, 0, 0)


def has_red(picture):
    return RED in {colour for _, colour in picture.getcolors(1 << 20)}


def test_where_pictures_are_apart_is_white():
    before, after = (Image.new("RGB", (4, 4), "white") for _ in range(2))
    after.putpixel((1, 2), (255, 255, 250))
    assert apart(before, after).getbbox() == (1, 2, 2, 3)
    assert apart(before, after, noticed=5).getbbox() is None
    assert apart(before, after, noticed=4).getpixel((1, 2)) == 255


def test_a_chart_of_another_height_is_red_where_one_of_them_is_not(tmp_path):
    names, note = draw(BARS, BARS | {"height": 400}, tmp_path / "new", "x.y")
    assert names == ["x.y.before.png", "x.y.after.png", "x.y.difference.png"] and note == ""
    before, after, difference = (Image.open(tmp_path / "new" / name) for name in names)
    assert difference.size == (685, max(before.height, after.height)) == after.size
    assert has_red(difference)


def test_what_cannot_be_seen_in_a_picture_is_told(tmp_path):
    _, note = draw(BARS, BARS | {"title": "Bars"}, tmp_path, "x")
    assert note == "before and after are drawn alike"
    assert not has_red(Image.open(tmp_path / "x.difference.png"))


@pytest.mark.parametrize("before, after, kind", [(BARS, None, "before"), (None, BARS, "after")])
def test_a_chart_that_is_new_or_gone_is_drawn_alone(tmp_path, before, after, kind):
    assert draw(before, after, tmp_path, "x") == ([f"x.{kind}.png"], "")


def test_what_no_picture_can_hold_does_not_end_the_process(tmp_path):
    broken = BARS | {"data": {"values": [{"a": "\x00\x1b\ufffe", "b": 1}]}}
    assert len(draw(BARS, broken, tmp_path, "x")[0]) == 3
    names, note = draw({"mark": "none"}, BARS, tmp_path, "z")
    assert names == ["z.after.png"] and note.startswith("before cannot be drawn: ")
