"""A chart as two pictures: what readers see at once, without scripts, and in print."""

import json
import re

from almanac.book.errors import BuildError

WIDTHS = {"wide": 685, "narrow": 328}  # pixels: of the text on a wide screen and on a phone
NARROW = {"legend": {"columns": 1}}  # settings where a chart is less than TURN pixels wide
TAG = re.compile(r"<[a-z][^>]*>")  # never a text, whose "<" is escaped
FAR_LETTERS = re.compile("[\U00010000-\U0010ffff]")  # each is two to JavaScript
TURN = 500  # pixels; below it the narrow picture is shown, and the live chart takes `NARROW`


def pictures(spec: dict, figure_id: str) -> str:
    """SVG of a chart, once for wide screens and print and once for phones; styles show one.

    Parameters
    ----------
    spec : in Vega-Lite; its title stands above the picture and not in it
    figure_id : unique in the page

    Raises
    ------
    BuildError
        If Vega-Lite cannot draw it.
    """
    return "".join(_picture(spec, figure_id, kind) for kind in WIDTHS)


def settled(spec: dict, width: int) -> dict:
    """The specification as it is drawn `width` pixels wide, its axes included."""
    spec = {name: value for name, value in spec.items() if name not in ("title", "description")}
    config = dict(spec.get("config", {}))
    if width < TURN and not spec.get("usermeta", {}).get("small"):  # which is as wide everywhere
        for name, given in NARROW.items():
            config[name] = {**config.get(name, {}), **given}
    spec |= {"config": config}
    if spec.get("width") == "container":
        spec |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    return spec


def svg(spec: dict, width: int) -> str:
    """The chart as vl-convert draws it, `width` pixels wide.

    Raises
    ------
    ValueError
        If Vega-Lite cannot draw it.
    """
    import vl_convert

    from almanac.charts.theme import VEGALITE

    spec = settled(spec, width)
    try:
        return vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE)
    except ValueError:
        # Vega shortens a label between the halves of a letter that takes two (an emoji), and
        # vl-convert refuses half a letter; without such letters it draws all that it can draw
        plain = FAR_LETTERS.sub("\ufffd", json.dumps(spec, ensure_ascii=False))
        return vl_convert.vegalite_to_svg(json.loads(plain), vl_version=VEGALITE)


def _picture(spec: dict, figure_id: str, kind: str) -> str:
    try:
        picture = svg(spec, WIDTHS[kind])
    except ValueError as error:
        reason = "\n".join(str(error).splitlines()[:2])
        raise BuildError(f"{figure_id}: {reason}") from None
    return _framed(_slim(_with_own_names(picture, f"{figure_id}-{kind}")), kind)


def _with_own_names(svg: str, prefix: str) -> str:
    """Names in the picture must be unique in the page; Vega counts on from picture to picture."""
    names = {}

    def rename(found):
        number = names.setdefault(found[2], len(names))
        return f"{found[1]}{prefix}-{number}"

    return TAG.sub(lambda tag: re.sub(r'(\bid="|url\(#|href="#)(\w+)', rename, tag[0]), svg)


def _slim(svg: str) -> str:
    """Without what nobody sees: words for each mark, as the picture has its own, empty
    backgrounds, and digits beyond a hundredth of a pixel. A third of the bytes stays."""
    svg = svg.replace('<path class="background" d="M0,0h0v0h0Z" pointer-events="none"/>', "")
    return TAG.sub(_slim_tag, svg)


def _slim_tag(tag) -> str:
    kept = re.sub(r' (?:role|aria-\w+|xmlns:xlink|version)="[^"]*"', "", tag[0])
    return re.sub(r"(\d+\.\d{2})\d+", r"\1", kept)


def _framed(svg: str, kind: str) -> str:
    """As wide as its place and always as high as drawn, so that nothing moves when it comes."""
    return re.sub(
        r'<svg([^>]*?) class="marks" width="[\d.]+"',
        rf'<svg\1 class="{kind}" width="100%" preserveAspectRatio="xMinYMin meet"',
        svg,
        count=1,
    )
