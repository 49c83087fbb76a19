"""The index and the chapters look as they did when last accepted (`make accept`)."""

import pytest
from almanac.book.edition import ROOT
from looks import (
    MOST, PAGES, REFERENCE, VIEWS, context_for, difference, look, name_of, opened
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
    speck, block, tall = before.copy(), before.copy(), before.resize((320, 1050))
    side = int((320 * 1000 * MOST) ** 0.5)
    ImageDraw.Draw(speck).rectangle((0, 0, side - 2, side - 2), "black")
    ImageDraw.Draw(block).rectangle((0, 0, side + 2, side + 2), "black")
    assert difference(before, speck)[0] == ""
    assert "pixels" in difference(before, block)[0]
    assert "tall" in difference(before, tall)[0]
