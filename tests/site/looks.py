"""How the index and the chapters look, as small pictures to compare with those last accepted.

Texts are set in a font that comes with the environment, so that all machines draw alike. What
says which commit a page was built from is hidden.
"""

import io
from pathlib import Path

import matplotlib
from almanac.book.differences.contrast import apart
from almanac.book.edition import ROOT
from PIL import Image, ImageFilter
from views import CHAPTERS, DRAW_ALL, THEMES, TOC, WIDTHS

REFERENCE = ROOT / "tests" / "reference" / "looks"
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
SCALE = 4  # pixels of a screen, by each side, to one of a picture
NOTICED = 40  # of 255: a pixel that differs by more in any colour is another one
MOST = 0.005  # share of other pixels that browsers of one kind may differ by
NEAR, CROWDED = 40, 0.05  # nor may more than this share of a square so wide: about a word's
TALLER = 0.01  # by so much of its height a page may differ
PAGES = [
    file.removeprefix("book/")
    for chapter in [{"file": TOC["root"]}, *CHAPTERS[: len(TOC["parts"][0]["chapters"])]]
    for file in [chapter["file"], *(page["file"] for page in chapter.get("sections", []))]
]  # the index and the chapters
VIEWS = [(width, theme) for width in WIDTHS for theme in THEMES]

STYLE = """
@font-face { font-family: Reference; src: url(/reference.ttf); }
* { font-family: Reference !important; animation: none !important; transition: none !important;
  caret-color: transparent !important; }
footer { visibility: hidden !important; }
"""
# What charts measure is what they draw.
MEASURE = """
const font = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, "font");
Object.defineProperty(CanvasRenderingContext2D.prototype, "font", {
  ...font,
  set(given) { font.set.call(this, given.replace(/system-ui.*$/, "Reference")); },
});
"""


def name_of(page, width, theme):
    """The file of a view of a page."""
    return f"{page}-{width}-{theme}.webp"


def context_for(browser, width, theme):
    """A context whose tabs `look` takes pictures of."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
        bypass_csp=True,  # for the font
    )
    context.add_init_script(MEASURE)
    context.route("**/reference.ttf", lambda route: route.fulfill(path=FONT))
    return context


def look(tab, address):
    """The whole page at an address, its charts drawn, as a small picture in WebP.

    It goes through the same compression as the reference, which spares thin lines of colour least.
    """
    tab.goto(address, wait_until="load")
    tab.add_style_tag(content=STYLE)
    tab.evaluate("document.fonts.load('16px Reference')")
    assert tab.evaluate(DRAW_ALL) == []
    tab.evaluate("scrollTo(0, 0)")
    shot = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
    small = shot.resize((shot.width // SCALE, shot.height // SCALE), Image.Resampling.BOX)
    kept = io.BytesIO()
    small.save(kept, "webp", quality=80, method=6)
    return kept.getvalue()


def opened(picture):
    """A picture that `look` took, to compare."""
    return Image.open(io.BytesIO(picture)).convert("RGB")


def accept(browser, url, folder):
    """Take the pictures of all views of a site anew, into a folder that holds those before.

    Returns
    -------
    list of str
        A line for each that changed.
    """
    folder.mkdir(exist_ok=True)
    lines, there = [], set()
    for width, theme in VIEWS:
        with context_for(browser, width, theme) as context:
            tab = context.new_page()
            for page in PAGES:
                path = folder / name_of(page, width, theme)
                there.add(path)
                after = look(tab, f"{url}/book/{page}.html")
                if not path.exists():
                    lines.append(f"{path.name}: taken for the first time")
                elif said := difference(opened(path.read_bytes()), opened(after))[0]:
                    lines.append(f"{path.name}: {said}")
                else:
                    continue  # what nobody would notice is not recorded
                path.write_bytes(after)
    for path in {*folder.iterdir()} - there:
        path.unlink()
        lines.append(f"{path.name}: removed, as its page is")
    return lines


def difference(before, after):
    """Why two pictures are not alike, in words, and a picture of where; no words if they are."""
    if abs(before.height - after.height) > TALLER * before.height or before.width != after.width:
        return f"the page is {after.height * SCALE} px tall, was {before.height * SCALE}", after
    size = (after.width, min(before.height, after.height))
    other = apart(before.crop((0, 0, *size)), after.crop((0, 0, *size)), NOTICED)
    share = other.histogram()[255] / (size[0] * size[1])
    near = other.filter(ImageFilter.BoxBlur(NEAR / 2)).getextrema()[1] / 255
    if share > MOST:
        return f"{share:.1%} of its pixels are others", other
    return (f"{near:.0%} of its pixels in one place are others" if near > CROWDED else ""), other
