"""Pictures of pages: one size, the same each time, whatever their text."""

import io

from PIL import Image, ImageChops

from almanac.book import cards

CHART = {
    "title": "Not shown",
    "width": "container",
    "data": {"values": [{"x": n, "y": n} for n in range(9)]},
    "mark": "bar",
    "encoding": {"x": {"field": "x"}, "y": {"field": "y"}},
}
WORDS = ("A book", "an edition", "A page", "It finds <something> & more.")


def drawn(*given):
    return Image.open(io.BytesIO(cards.card(*given))).convert("RGB")


def shown(image, left, top, right, bottom):
    """Whether anything but the background is in a part of a picture."""
    part = image.crop((left, top, right, bottom))
    return ImageChops.difference(part, Image.new("RGB", part.size, "white")).getbbox() is not None


def test_a_card_has_its_text_at_the_left_and_its_chart_at_the_right():
    image = drawn(*WORDS, CHART)
    assert image.size == (cards.WIDTH, cards.HEIGHT)
    assert shown(image, 100, 0, 500, 300)
    assert shown(image, 700, 100, 1100, 500)
    assert not shown(drawn(*WORDS, None), 700, 100, 1100, 500)


def test_long_words_stay_within_their_column():
    long = "The Mixture-of-Experts of Moonshot and MiniMax " * 20
    image = drawn("A book", "an edition", long, long, CHART)
    gap = cards.CHART["x"] - 12
    assert not shown(image, gap, 0, gap + 10, cards.HEIGHT)
    assert not shown(image, cards.MARGIN, cards.HEIGHT - 40, cards.WIDTH, cards.HEIGHT)


def test_the_same_page_gives_the_same_bytes():
    assert cards.card(*WORDS, CHART) == cards.card(*WORDS, CHART)
