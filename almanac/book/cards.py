"""The picture of a page that others show beside a link to it: its finding and its first chart.

Drawn as one SVG and made a PNG by vl-convert with the fonts that it carries, so that it is the
same on every machine.
"""

import html
import re
import textwrap

from almanac.book import pictures
from almanac.charts.letters import for_xml

WIDTH, HEIGHT = 1200, 630  # pixels, the shape that services show uncropped
FONT = "Liberation Sans"  # vl-convert's own
INK, QUIET, ACCENT = "#1c1c1c", "#5c5c5c", "#2f7fc1"
SMALL, MIDDLE, LARGE = 23, 27, 46  # sizes of text
MARGIN, GAP = 64, 28
CHART = {"x": 608, "y": MARGIN, "width": WIDTH - MARGIN - 608, "height": HEIGHT - 2 * MARGIN}
CHART_WIDTH = 420  # pixels at which a chart is drawn, less than its place: its labels are enlarged


def card(book: str, note: str, title: str, finding: str, chart: dict | None) -> bytes:
    """The picture as PNG.

    Parameters
    ----------
    book : title of the book
    note : a line at the foot, as the edition
    title : of the page
    finding : the page's in words; what does not fit ends in an ellipsis
    chart : Vega-Lite specification of the page's first chart, if it has one
    """
    import vl_convert

    return vl_convert.svg_to_png(for_xml(_drawing(book, note, title, finding, chart)))


def _drawing(book: str, note: str, title: str, finding: str, chart: dict | None) -> str:
    across = CHART["x"] - MARGIN - GAP if chart else WIDTH - 2 * MARGIN
    bottom = HEIGHT - MARGIN
    lines, y = [_line(note, bottom, SMALL, QUIET)], MARGIN
    if title != book:
        y += SMALL
        lines.append(_line(book, y, SMALL, QUIET))
        y += GAP
    for line in _wrapped(title, across, LARGE, 4, weight=0.56):
        y += int(LARGE * 1.2)
        lines.append(_line(line, y, LARGE, INK, "bold"))
    y += GAP
    step = int(MIDDLE * 1.4)
    room = (bottom - SMALL - GAP - y) // step
    for line in _wrapped(finding, across, MIDDLE, max(room, 1), weight=0.5):
        y += step
        lines.append(_line(line, y, MIDDLE, INK))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<rect width="14" height="{HEIGHT}" fill="{ACCENT}"/>'
        f"{''.join(lines)}{_chart(chart) if chart else ''}</svg>"
    )


def _line(text: str, y: int, size: int, colour: str, weight: str = "normal") -> str:
    return (
        f'<text x="{MARGIN}" y="{y}" font-family="{FONT}" font-size="{size}" '
        f'font-weight="{weight}" fill="{colour}">{html.escape(text)}</text>'
    )


def _wrapped(text: str, across: int, size: int, most: int, weight: float) -> list[str]:
    """Lines of text; `weight` is the mean width of a letter as a share of the font's size."""
    return textwrap.wrap(
        " ".join(text.split()), int(across / (size * weight)), max_lines=most, placeholder=" …"
    )


def _chart(spec: dict) -> str:
    """The chart without its title, in its place on the card."""
    svg = pictures.svg(spec, CHART_WIDTH)
    svg = pictures.TAG.sub(_inked, svg)
    box = re.search(r'viewBox="([^"]*)"', svg)[1]
    place = " ".join(f'{name}="{value}"' for name, value in CHART.items())
    opening = f'<svg {place} viewBox="{box}" preserveAspectRatio="xMidYMid meet">'
    return opening + svg[svg.index("<svg") :].partition(">")[2]


def _inked(tag) -> str:
    """A tag in the card's font and colour; what a text says stays."""
    return re.sub(r'font-family="[^"]*"', f'font-family="{FONT}"', tag[0]).replace(
        "currentColor", INK
    )
