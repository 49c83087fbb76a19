"""Take the picture of a chapter for the README: run by `make screenshot` after `make book`."""

import sys

from almanac.book.edition import ROOT
from browser import launched, served
from views import DRAW_ALL

SITE = ROOT / "_build" / "html"
PICTURE = ROOT / "docs" / "chapter.png"
MOST_BYTES = 200_000


def main() -> None:
    """Write the picture, or say why it cannot be."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no site yet: run `make book` first")
    PICTURE.parent.mkdir(exist_ok=True)
    with served(SITE) as address, launched() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 850}, color_scheme="light")
        page.goto(f"{address}/book/moe.html")
        page.evaluate(DRAW_ALL)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=PICTURE)
    size = PICTURE.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{PICTURE} has {size:,} bytes, expected at most {MOST_BYTES:,}")
    print(f"{PICTURE}: {size:,} bytes")


if __name__ == "__main__":
    main()
