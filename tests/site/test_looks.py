"""The index and the chapters look as they did when last accepted (`make accept`)."""

import pytest
from almanac.book.edition import ROOT
from looks import (
    CROWDED, MOST, NEAR, PAGES, REFERENCE, VIEWS, context_for, difference, look, name_of, opened,
)
from PIL import Image, ImageDraw

SHOWN = ROOT / "_build" / "looks"  # what a failure leaves to look at
QUICK = {("index", *VIEWS[0]), ("moe", *VIEWS[-1])}  # the rest takes a minute


def views():
    for page in PAGES:
        for width, theme in VIEWS:
            marks = () if (page, width, theme) in QUICK else pytest.mark.soak
            yield pytest.param(page, width, theme, marks=marks, id=f"{page}-{width}-{theme}")


@pytest.mark.parametrize("name, width, theme", list(views()))
def test_a_page_looks_as_it_was_accepted(name, width, theme, browser, site_url):
    with context_for(browser, width, theme) as context:
        after = opened(look(context.new_page(), f"{site_url}/book/{name}.html"))
    file = name_of(name, width, theme)
    before = opened((REFERENCE / file).read_bytes())
    said, where = difference(before, after)
    if said:
        SHOWN.mkdir(parents=True, exist_ok=True)
        for kind, picture in {"before": before, "after": after, "difference": where}.items():
            picture.save(SHOWN / file.replace(".webp", f"-{kind}.png"))
    assert not said, f"{file}: {said}; see {SHOWN}. If it is meant: make accept"


def test_there_is_a_picture_of_every_view_and_no_other():
    expected = {name_of(page, width, theme) for page in PAGES for width, theme in VIEWS}
    assert {path.name for path in REFERENCE.iterdir()} == expected


def test_what_a_reader_would_notice_is_a_difference():
    before = Image.new("RGB", (320, 1000), "white")
    assert difference(before, before.copy())[0] == ""
    tall = before.resize((320, 1050))
    assert "tall" in difference(before, tall)[0]
    speck, word, grain = before.copy(), before.copy(), before.copy()
    side = int(NEAR * CROWDED**0.5)
    ImageDraw.Draw(speck).rectangle((100, 100, 98 + side, 98 + side), "black")
    assert difference(before, speck)[0] == ""
    ImageDraw.Draw(word).rectangle((100, 100, 102 + side, 102 + side), "black")
    assert "in one place" in difference(before, word)[0]
    dots = [(x, y) for x in range(0, 320, 12) for y in range(0, 1000, 12)]  # less in any place
    assert MOST < len(dots) / (320 * 1000) < CROWDED
    ImageDraw.Draw(grain).point(dots, "black")
    assert "pixels are others" in difference(before, grain)[0]
