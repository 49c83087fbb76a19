"""How much faster a sweep is with two workers than with one, and what a run takes.

Both sweeps run in one session, in turn, each from nothing: read the ratio, not the seconds.

    python benchmarks/editions.py [ROUNDS]
"""

import statistics
import sys
import tempfile
from pathlib import Path

from memory import measured

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
        return measured(ALMANAC, "editions", grid, "--workers", str(workers), "--out", out)


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
