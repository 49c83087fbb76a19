"""The outputs are the recorded ones at any hour, place, language and load: twenty repeats."""

import os
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager
from itertools import cycle, islice

import pytest

from almanac.book.edition import ROOT

pytestmark = pytest.mark.soak

REPEATS = 20
ZONES = ("UTC", "America/St_Johns", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Marquesas")
LOCALES = ("C.UTF-8", "C", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8")  # some are made if they can
SEEDS = ("random", "0", "1", "4294967295")
# Where neither says UTF-8, Python reads and writes ASCII unless it is told.
UTF8 = ({}, {"PYTHONUTF8": "1"}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
FORKED = ("tests/regression/test_notebooks.py", "-k", "outputs_are_those_recorded")
PLAIN = ("--nbval", "tests/reference", "-n", "2", "--dist", "loadfile")  # obeys the seed
WAYS = (FORKED, FORKED, FORKED, PLAIN)
LOADS = (0, 1, 2)  # processes that want a core, to a core
BUSY = "while True: pass"


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """Where locales lie that this machine lacks, as far as they can be made here."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef"):
        for name in LOCALES[2:]:
            language, _, letters = name.partition(".")
            subprocess.run(
                ["localedef", "-i", language, "-f", letters, folder / name], capture_output=True
            )
    made = {path.name for path in folder.iterdir()}
    return {"LOCPATH": str(folder)} if made else {}


@contextmanager
def load(processes):
    """So many processes that want a core each."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def settings():
    """Twenty settings, each with as many of the others as chance mixes; always the same."""
    mixed = []
    for number, some in enumerate((WAYS, ZONES, LOCALES, SEEDS, UTF8, LOADS)):
        column = list(islice(cycle(some), REPEATS))
        random.Random(number).shuffle(column)
        mixed.append(column)
    for number, (way, zone, locale, seed, utf8, busy) in enumerate(zip(*mixed, strict=True)):
        environment = {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed}
        kernels = "plain" if way is PLAIN else "forked"
        said = f"{number}-{kernels}-{zone}-{locale}-{seed}-{utf8.get('PYTHONUTF8')}-{busy}"
        yield pytest.param(way, environment | utf8, busy, id=said)


@pytest.mark.parametrize("way, environment, busy", list(settings()))
def test_outputs_are_those_recorded(way, environment, busy, locales):
    usual = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHON", "LC_", "LANG"))
    }
    with load(busy * (os.cpu_count() or 1)):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *way],
            cwd=ROOT,
            env={**usual, **locales, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
