"""How much faster a sweep is with two workers than with one, and what a run takes.

Both sweeps run in one session, in turn, each from nothing: read the ratio, not the seconds.

    python benchmarks/editions.py [ROUNDS]
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
ALMANAC = Path(sys.executable).with_name("almanac")
RUNS = 24
GRID = """\
parameters:
  unit: [release, model, family]
  size_floor_b: [0, 10, 20, 70]
  year: [2024, 2025]
chapters: [moe]
"""


def sweep(grid: Path, workers: int) -> tuple[float, float]:
    """Seconds of a whole sweep, and the most memory it took at once, in GB."""
    with tempfile.TemporaryDirectory() as out:
        begin = time.perf_counter()
        started = subprocess.Popen(
            [ALMANAC, "editions", grid, "--workers", str(workers), "--out", out],
            cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        peak = []
        watch = threading.Thread(target=_watch, args=(started, peak))
        watch.start()
        if started.wait():
            sys.exit("the sweep failed")
        seconds = time.perf_counter() - begin
        watch.join()
        return seconds, max(peak) / 1e9


def _watch(started: subprocess.Popen, peak: list[int]) -> None:
    """Note the proportional memory of a process and all below it, until it ends."""
    while started.poll() is None:
        total = 0
        try:
            parent = psutil.Process(started.pid)
            for process in (parent, *parent.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
        except psutil.Error:
            break
        peak.append(total)
        time.sleep(0.5)


def main(rounds: int) -> None:
    """Print medians and their ratio."""
    times = {1: [], 2: []}
    memory = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.yml"
        grid.write_text(GRID)
        for _ in range(rounds):
            for workers in times:
                seconds, gigabytes = sweep(grid, workers)
                times[workers].append(seconds)
                memory[workers].append(gigabytes)
    one, two = (statistics.median(times[workers]) for workers in (1, 2))
    print(f"{RUNS} runs of one chapter, {rounds} alternating rounds; medians")
    for workers, seconds in ((1, one), (2, two)):
        print(
            f"{workers} worker{'s' * (workers > 1)}: {seconds:6.1f} s, "
            f"{seconds * workers / RUNS:.1f} core-seconds a run, "
            f"{max(memory[workers]):.1f} GB at most"
        )
    print(f"two workers are {one / two:.2f} times as fast as one")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
