"""What differs between two pictures, and between two charts as pictures."""

import io
from pathlib import Path

from PIL import Image, ImageChops

from almanac.book.pictures import WIDTHS, svg

KINDS = ("before", "after", "difference")


def apart(before: Image.Image, after: Image.Image, noticed: int = 0) -> Image.Image:
    """Where two pictures of one size and in colour are not alike: 255 at each pixel that is
    another by more than `noticed` of 255 in any colour, else 0."""
    red, green, blue = ImageChops.difference(before, after).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point(lambda value: 255 * (value > noticed))


def draw(before: dict | None, after: dict | None, folder: Path, name: str) -> tuple[list[str], str]:
    """Write what a chart was, what it is and where they differ, as PNG; one alone where the chart
    is new or gone.

    Parameters
    ----------
    before, after : in Vega-Lite; None where there is no chart
    folder : is made if it is missing
    name : the files are `NAME.before.png`, `NAME.after.png` and `NAME.difference.png`

    Returns
    -------
    tuple
        The names of the files, and what there is to say of them: why one could not be drawn, or
        that both charts look alike; empty if nothing.
    """
    drawn, note = {}, ""
    for kind, spec in zip(KINDS, (before, after), strict=False):
        if spec is not None:
            try:
                drawn[kind] = _picture(spec)
            except ValueError as error:
                note = f"{kind} cannot be drawn: {str(error).partition(chr(10))[0]}"
    if len(drawn) == 2:
        drawn["difference"], alike = _difference(drawn["before"], drawn["after"])
        note = "before and after are drawn alike" if alike else ""
    if drawn:
        folder.mkdir(parents=True, exist_ok=True)
    for kind, picture in drawn.items():
        picture.save(folder / f"{name}.{kind}.png")
    return [f"{name}.{kind}.png" for kind in drawn], note


def _picture(spec: dict) -> Image.Image:
    import vl_convert

    from almanac.charts.theme import drawable

    picture = vl_convert.svg_to_png(svg(drawable(spec), WIDTHS["wide"]))
    seen = Image.open(io.BytesIO(picture)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


def _difference(before: Image.Image, after: Image.Image) -> tuple[Image.Image, bool]:
    """The chart as it is, pale, and red where it is another; and whether it is nowhere."""
    size = tuple(map(max, zip(before.size, after.size, strict=True)))
    old, new = (Image.new("RGB", size, "white") for _ in range(2))
    old.paste(before)
    new.paste(after)
    pale = Image.blend(new, Image.new("RGB", size, "white"), 0.75)
    other = apart(old, new)
    red = Image.composite(Image.new("RGB", size, "red"), pale, other)
    return red, before.size == after.size and other.getbbox() is None
