"""How long a verified build takes against stock `jupyter-book build` of the same notebooks.

Stock executes every notebook once and checks nothing. Both run in one session, in turn, so that
a slow machine slows both: read the ratios, not the seconds.

    python benchmarks/build.py [ROUNDS]
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def seconds(*command: str | Path) -> float:
    """Run a command quietly and time it as a whole process."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - begin


def stock_project(folder: Path) -> Path:
    """The same book without the Almanac's extension, executed by Jupyter Book itself."""
    shutil.copytree(ROOT / "book", folder / "book")
    shutil.copytree(ROOT / "_static", folder / "_static")
    shutil.copy(ROOT / "_toc.yml", folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["execute"] = {"execute_notebooks": "force", "timeout": 300}
    style = config["sphinx"]["config"]["bibtex_reference_style"]
    config["sphinx"] = {"config": {"bibtex_reference_style": style}}  # the rest is the extension's
    (folder / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    return folder


def main(rounds: int) -> None:
    """Print medians and ratios of `rounds` alternating runs."""
    times: dict[str, list[float]] = {"stock": [], "clean": [], "unchanged": [], "jupyter-book": []}
    with tempfile.TemporaryDirectory() as name:
        stock, ours = stock_project(Path(name) / "stock"), Path(name) / "ours"
        for _ in range(rounds):
            shutil.rmtree(stock / "_build", ignore_errors=True)
            times["stock"].append(seconds(BIN / "jupyter-book", "build", stock, "--all"))
            shutil.rmtree(ours, ignore_errors=True)
            build = (BIN / "almanac", "build", "--out", ours)
            times["clean"].append(seconds(*build))
            times["unchanged"].append(seconds(*build))
            book = (BIN / "jupyter-book", "build", ROOT, "--path-output", ours)
            times["jupyter-book"].append(seconds(*book))
    base = statistics.median(times["stock"])
    names = {
        "stock": "stock jupyter-book, execution forced, nothing checked",
        "clean": "clean build: validated, executed, checked",
        "unchanged": "almanac build, nothing changed",
        "jupyter-book": "jupyter-book build, nothing changed",
    }
    print(f"{rounds} alternating rounds on {os.cpu_count()} cores; medians")
    for key, values in times.items():
        median = statistics.median(values)
        print(f"{median:7.2f} s  {median / base:5.2f}  {names[key]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
