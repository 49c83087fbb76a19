"""How the tests look at a page: as readers with small and wide screens, by day and by night."""

import yaml
from almanac.book.edition import ROOT

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
CHAPTERS = [chapter for part in TOC["parts"] for chapter in part["chapters"]]
PAGES = [
    file.removeprefix("book/")
    for file in [
        TOC["root"],
        *(
            page["file"]
            for chapter in CHAPTERS
            for page in [chapter, *chapter.get("sections", [])]
        ),
    ]
]
WIDTHS = (1280, 360)
THEMES = ("light", "dark")

# Scroll to each chart, as a reader does: it is drawn when it comes near the screen.
DRAW_ALL = """async () => {
  for (const figure of document.querySelectorAll("figure")) {
    figure.scrollIntoView();
    const end = Date.now() + 10000;
    while (!figure.dataset.drawn && Date.now() < end) await new Promise((go) => setTimeout(go, 20));
  }
  return [...document.querySelectorAll("figure:not([data-drawn])")].map((figure) => figure.id);
}"""


def open_tab(context, url):
    """Open a tab for pages of the site at `url`.

    Returns:
        The tab, and the list of all that goes wrong in it, to which later faults are added.
    """
    page = context.new_page()
    faults = []
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "requestfailed",
        # a page that is left for another drops what it still waits for
        lambda request: request.failure == "net::ERR_ABORTED"
        or faults.append(f"failed: {request.url}, {request.failure}"),
    )
    page.on(
        "response",
        lambda answer: answer.status >= 400 and faults.append(f"{answer.status}: {answer.url}"),
    )
    page.on(
        "request",
        lambda request: request.url.startswith((f"{url}/", "data:", "blob:"))
        or faults.append(f"asks another host: {request.url}"),
    )
    return page, faults


def visit(page, url, name):
    """Go to a page of the site and wait until it is complete."""
    page.goto(f"{url}/book/{name}.html", wait_until="load")
    if page.locator("table.catalogue").count():
        page.wait_for_selector("table.catalogue[data-ready]")
