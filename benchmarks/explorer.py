"""How soon the explorer of the record answers with 5,000 models, against the record as it is.

The rows of the finished page are repeated under other names until there are enough. Both pages
come from one server on this machine to one Chromium, its processor slowed down four times; read
the ratios, as times vary with the machine.

    python benchmarks/explorer.py [ROUNDS]
"""

import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from build import ROOT
from pages import SLOWER, launched, served

ROWS = 5000
ROW = re.compile(r'<tr id="([^"]+)">.*?</tr>', re.DOTALL)
SHOWN = "deepseek-r1"  # the model that is opened
READY = """() => new Promise((ready) => {
  const look = () => document.querySelector("table.catalogue[data-ready]")
    ? ready(performance.now()) : setTimeout(look, 20);
  look();
})"""
# Milliseconds from an act to the frame after its answer: the count of rows is another, the rows
# are, or a model's sources (dl) are there.
ANSWER = """async ([act, part]) => {
  const begin = performance.now();
  const changed = new Promise((found) => {
    const watch = new MutationObserver(() => {
      if (part === "dl" && !document.querySelector(".model-panel dl")) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(found));
    });
    const place = part === "count" ? ".explorer-count" : "table.catalogue tbody";
    watch.observe(document.querySelector(place),
      { childList: true, characterData: true, subtree: true });
  });
  const control = document.querySelector(act.control);
  if (act.value === undefined) control.click();
  else {
    control.value = act.value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  await changed;
  return performance.now() - begin;
}"""
FORM = "form.explorer-controls"
ACTS = {
    "search, ms": ({"control": f"{FORM} [name=search]", "value": "qwen"}, "count"),
    "search narrowed, ms": ({"control": f"{FORM} [name=search]", "value": "qwen3"}, "count"),
    "search cleared, ms": ({"control": f"{FORM} [name=search]", "value": ""}, "count"),
    "filter by region, ms": ({"control": f"{FORM} [name=region]", "value": "china"}, "count"),
    "filter lifted, ms": ({"control": f"{FORM} [name=region]", "value": ""}, "count"),
    "sort, ms": ({"control": "th[data-field=total]"}, "rows"),
}


def grown(site: Path, folder: Path) -> Path:
    """A copy of a site whose record has `ROWS` models."""
    shutil.copytree(site, folder)
    page = folder / "book" / "record.html"
    text = page.read_text("utf-8")
    rows = list(ROW.finditer(text, text.index('<table class="catalogue"')))
    more = []
    for number in range(ROWS - len(rows)):
        row = rows[number % len(rows)]
        copy, name = row[0], f"{row[1]}-{number // len(rows) + 2}"
        for mark in ("", "#"):  # the anchor of the row and the link to it
            copy = copy.replace(f'"{mark}{row[1]}"', f'"{mark}{name}"')
        more.append(copy)
    end = rows[-1].end()
    page.write_text(text[:end] + "\n" + "\n".join(more) + text[end:], "utf-8")
    return folder


def visit(browser, address: str) -> dict[str, float]:
    """Milliseconds from opening the page to the live table, and from each act to its answer."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(f"{address}/book/record.html")
        found = {"table is live, ms": page.evaluate(READY)}
        for name, act in ACTS.items():
            page.wait_for_timeout(400)
            found[name] = page.evaluate(ANSWER, list(act))
        page.evaluate(ANSWER, [{"control": f"{FORM} [name=search]", "value": SHOWN}, "count"])
        page.locator(f"tr[id='{SHOWN}'] th a").wait_for()
        page.wait_for_timeout(400)
        found["a model's sources, ms"] = page.evaluate(
            ANSWER, [{"control": f"tr[id='{SHOWN}'] th a"}, "dl"]
        )
        return found


def main(rounds: int) -> None:
    """Print medians of `rounds` alternating visits to both tables."""
    site = ROOT / "_build" / "html"
    if not (site / "index.html").exists():
        sys.exit(f"no site in {site}: run `make book` first")
    with tempfile.TemporaryDirectory() as name:
        large = grown(site, Path(name) / "large")
        with served(site) as ours, served(large) as theirs, launched() as browser:
            visits: dict[str, list[dict]] = {"record": [], "large": []}
            for _ in range(rounds):
                visits["record"].append(visit(browser, ours))
                visits["large"].append(visit(browser, theirs))
    count = len(ROW.findall((site / "book" / "record.html").read_text("utf-8")))
    print(f"the explorer, processor slowed down {SLOWER} times; {ROWS:,} / {count:,} models")
    for name in visits["record"][0]:
        small, large = (
            statistics.median(seen[name] for seen in visits[kind]) for kind in ("record", "large")
        )
        print(f"{name:24}{large:7.0f} / {small:.0f} = {large / small:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
