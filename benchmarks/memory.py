"""How long a command takes, and how much memory it and all that it starts take at once."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def measured(*command: str | Path) -> tuple[float, float]:
    """Seconds, and GB at the most: proportional memory, so that what forks share counts once."""
    begin = time.perf_counter()
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    peak = [0]
    watch = threading.Thread(target=_watch, args=(started, peak))
    watch.start()
    if started.wait():
        sys.exit(f"{' '.join(map(str, command))} failed")
    seconds = time.perf_counter() - begin
    watch.join()
    return seconds, max(peak) / 1e9


def _watch(started: subprocess.Popen, peak: list[int]) -> None:
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
