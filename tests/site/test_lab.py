"""A notebook in a real JupyterLab: every cell runs, and charts are drawn without any network."""

import hashlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

from almanac.charts.theme import LAB_MIME

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
NOTEBOOKS = sorted(path.stem for path in BOOK.glob("*.ipynb"))
FIRST = "moe"  # the one that `make test` opens
READY = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
RUN_ALL = """async () => {
  const { shell, commands } = window.jupyterapp;
  await shell.currentWidget.sessionContext.ready;
  await commands.execute("notebook:run-all-cells");
  await shell.currentWidget.context.save();
  await shell.currentWidget.sessionContext.shutdown(); }"""


@contextmanager
def lab(folder, work):
    """The address of a JupyterLab that serves `folder` to whoever asks, with nobody's settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(work),
        **{f"JUPYTER_{kind}_DIR": str(work / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "IPYTHONDIR": str(work / "ipython"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", f"--ServerApp.root_dir={folder}"),
        *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
    ]
    with (work / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=10)
                    break
                except OSError:
                    assert server.poll() is None, (work / "log").read_text("utf-8")
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait()


def state(folder):
    """Every file of a folder, by what it holds; a notebook that was run holds its outputs."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in files}


def run(browser, address, name, work):
    """Run all cells of a notebook; gives it as JupyterLab saved it, its charts and the hosts."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page, hosts, faults = context.new_page(), set(), []
        page.set_default_timeout(120_000)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/lab/tree/{name}.ipynb?reset")  # without what was open
        page.wait_for_function(READY)
        page.evaluate(RUN_ALL)
        saved = nbformat.read(work / f"{name}.ipynb", as_version=4)
        expected = sum(LAB_MIME in output.get("data", {}) for output in outputs(saved))
        page.wait_for_function(
            "count => document.querySelectorAll('.vega-embed svg.marks').length >= count",
            arg=expected,
        )
        drawn = page.evaluate(
            """() => [...document.querySelectorAll(".vega-embed svg.marks")].map((one) => ({
              marks: one.querySelectorAll("[role=graphics-symbol]").length,
              width: one.getBoundingClientRect().width }))"""
        )
    assert faults == [] and len(drawn) == expected
    return saved, drawn, hosts - {None}  # what is of no host came with the page itself


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize(
    "names", [[FIRST], pytest.param(NOTEBOOKS, marks=pytest.mark.soak)], ids=["one", "all"]
)
def test_a_notebook_runs_in_jupyterlab_and_shows_its_charts_offline(browser, tmp_path, names):
    before = state(BOOK)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in names:
        shutil.copy(BOOK / f"{name}.ipynb", folder)
    charts = 0
    with lab(folder, tmp_path) as address:
        for name in names:
            saved, drawn, hosts = run(browser, address, name, folder)
            failed = [one for one in outputs(saved) if one.output_type == "error"]
            assert failed == [], name
            assert all(cell.execution_count for cell in saved.cells if cell.cell_type == "code")
            assert all(chart["marks"] and chart["width"] > 200 for chart in drawn), name
            assert hosts == {"127.0.0.1"}, name
            charts += len(drawn)
    assert charts >= 5
    assert state(BOOK) == before
