"""What a first visit to each chapter weighs and how soon it is there, against a stock page.

Both sites come from one server on this machine that sends gzip, to one Chromium with a link of
10 Mbit/s and 40 ms and a processor slowed down four times; each page is a first visit. Stock is
`jupyter-book build` of the same notebooks with Altair's own renderer. Its pages would fetch Vega
from a CDN; here they get the bundle that ours load, from the same server: the same bytes, without
another host's name look-up and handshake, which flatters them. Shown are medians of several first
visits; times vary with the machine and what else it does: read the ratios.

    python benchmarks/pages.py [ROUNDS]
"""

import gzip
import http.server
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from build import BIN, ROOT, stock_project

sys.path.insert(0, str(ROOT / "tests" / "site"))
from browser import launched
from views import PAGES

MBIT, LATENCY, SLOWER = 10, 40, 4  # of the link, milliseconds, of the processor
CDN = re.compile(r"https://cdn\.jsdelivr\.net/npm/(vega(?:-lite|-embed)?)@[^\"]*")
# What draws charts (Vega) or the explorer (DataTables): asked for once a visit, after the page.
LIBRARY = re.compile(r"/(?:(?:vega|datatables)\.bundle|cdn/vega[\w-]*)\.js")
GOALS = {  # of ours, on the worst page; and the decimals that are worth a print
    "requests": (20, 0),
    "kB before library": (250, 0),
    "kB of library": (350, 0),
    "LCP, s": (1.5, 2),
    "CLS": (0.05, 4),
}
# Shifts count in windows of at most five seconds, with gaps of less than one, as web.dev has it.
OBSERVE = """
  window.paint = 0; window.shift = 0; window.charts = false;
  let first = 0, last = 0, sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) paint = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, value, hadRecentInput } of list.getEntries()) {
      if (hadRecentInput) continue;
      if (startTime - last > 1000 || startTime - first > 5000) { first = startTime; sum = 0; }
      last = startTime; sum += value; shift = Math.max(shift, sum);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
READ = """async () => {
  const pause = (ms) => new Promise((go) => setTimeout(go, ms));
  for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
    scrollTo(0, y);
    await pause(150);
  }
  await pause(1000);
}"""


@cache
def packed(path: Path) -> bytes:
    """A file as hosts send it."""
    return gzip.compress(path.read_bytes(), 6)


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Serve files gzipped, without a line to the terminal for each."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = packed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(folder: Path):
    """Serve a folder; give its address."""
    handler = partial(Compressed, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def stock_site(folder: Path, vega: Path) -> Path:
    """Build the stock book, with Vega from the same server in place of the CDN: its pages."""
    project = stock_project(folder)
    for ours in [*(project / "_static").glob("*.js"), *(project / "_static").glob("*.css")]:
        ours.unlink()
    done = subprocess.run(
        [BIN / "jupyter-book", "build", project, "--all"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    pages = project / "_build" / "html"
    if done.returncode:
        sys.exit(f"the stock book does not build:\n{done.stdout}{done.stderr}")
    cdn = pages / "cdn"
    cdn.mkdir()
    (cdn / "vega.js").write_bytes(vega.read_bytes())  # holds all three
    for name in ("vega-lite", "vega-embed"):
        (cdn / f"{name}.js").touch()
    found = 0
    for path in (pages / "book").glob("*.html"):
        text, count = CDN.subn(r"/cdn/\1.js", path.read_text("utf-8"))
        found += count
        path.write_text(text, "utf-8")
    if not found:
        sys.exit("the stock pages ask no CDN for Vega: is Altair's own renderer another now?")
    return pages


def visit(browser, address: str) -> dict[str, float]:
    """Measure one first visit, from the top of the page to its end."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        # no other host is reached: what stock asks of others costs it nothing
        page.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": LATENCY,
            "downloadThroughput": MBIT * 1e6 / 8, "uploadThroughput": MBIT * 1e6 / 8,
        })  # fmt: skip
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        urls, sizes = {}, {}

        def asked(event):
            urls[event["requestId"]] = event["request"]["url"]

        def answered(event):
            sizes[event["requestId"]] = event["encodedDataLength"]

        session.on("Network.requestWillBeSent", asked)
        session.on("Network.loadingFinished", answered)
        page.add_init_script(OBSERVE)
        page.goto(address, wait_until="load")
        page.wait_for_timeout(2500)
        paint = page.evaluate("paint") / 1000
        first = {name: url for name, url in urls.items() if url.startswith("http")}
        page.evaluate(READ)
        library = {name for name, url in urls.items() if LIBRARY.search(url)}
        return {
            "requests": len(first.keys() - library),
            "kB before library": sum(sizes.get(name, 0) for name in first.keys() - library) / 1000,
            "kB of library": sum(sizes.get(name, 0) for name in library) / 1000,
            "LCP, s": paint,
            "CLS": page.evaluate("shift"),
        }


def main(rounds: int) -> None:
    """Print both sites page by page, then the worst page against the goals and the ratios."""
    site = ROOT / "_build" / "html"
    if not (site / "index.html").exists():
        sys.exit(f"no site in {site}: run `make book` first")
    found: dict[str, dict[str, dict[str, float]]] = {"ours": {}, "stock": {}}
    with tempfile.TemporaryDirectory() as name:
        stock = stock_site(Path(name) / "stock", site / "_static" / "vega.bundle.js")
        with served(site) as ours, served(stock) as theirs, launched() as browser:
            print("each page: ours / stock")
            print(f"{'':12}" + "".join(f"{goal:>20}" for goal in GOALS))
            for page in PAGES:
                ways = {"ours": ours, "stock": theirs}
                visits = {kind: [] for kind in ways}
                for _ in range(rounds):  # in turn, so that a slow machine slows both
                    for kind, root in ways.items():
                        visits[kind].append(visit(browser, f"{root}/book/{page}.html"))
                for kind, seen in visits.items():
                    found[kind][page] = {
                        goal: statistics.median(one[goal] for one in seen) for goal in GOALS
                    }
                one, other = found["ours"][page], found["stock"][page]
                pairs = (
                    f"{one[goal]:.{places}f} / {other[goal]:.{places}f}"
                    for goal, (_, places) in GOALS.items()
                )
                print(f"{page:12}" + "".join(f"{pair:>20}" for pair in pairs), flush=True)
    print("\nours: worst page, goal; median of ours / stock")
    for goal, (most, places) in GOALS.items():
        ours, stock = ([one[goal] for one in found[kind].values()] for kind in ("ours", "stock"))
        middle, base = statistics.median(ours), statistics.median(stock)
        ratio = f" = {middle / base:.2f}" if base else ""
        met = "met" if max(ours) <= most else "MISSED"
        print(f"{goal:16}{max(ours):8.{places}f} {most:8} {met:8}"
              f"{middle:8.{places}f} / {base:.{places}f}{ratio}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
