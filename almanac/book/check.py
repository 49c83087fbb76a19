"""Run executed notebooks again with nbval and compare every output."""

import os
import re
from pathlib import Path

from almanac.book import settings
from almanac.book.errors import BuildError
from almanac.book.execute import dead, too_long

DIED = "the kernel has died"
# what nbval says of a cell
NO_KERNEL = re.compile(f"pytest plugin exception: {DIED}")
TIMEOUT = re.compile(r"Notebook cell execution failed\s+Cell \d+: Timeout of .* executing cell")
LONGEST_DIFF = 3000  # characters; a chart's specification can be many times that


def require_outputs(notebook: Path) -> None:
    """See that every code cell was run, as nbval compares nothing for cells that were not.

    Raises
    ------
    BuildError
        Naming the first such cell.
    """
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise BuildError(
                f"{notebook.name}, cell {number} ({cell.get('id', 'no id')}): no recorded output, "
                "so nothing to compare; execute the notebook first"
            )


def check(notebook: Path) -> None:
    """Run an executed notebook once more in a new kernel; its outputs must come out the same.

    Raises
    ------
    BuildError
        Naming notebook and cell, with the difference, if one does not.
    """
    require_outputs(notebook)
    failures = compare(notebook)
    if failures:
        raise BuildError("\n".join(failures))


def compare(notebook: Path) -> list[str]:
    """The cells whose outputs differ when the notebook runs again, one message a cell."""
    import nbformat
    import nbval.kernel
    import nbval.plugin
    import pytest

    nbval.kernel.pformat = str  # or it lays out every message for a log that nobody keeps
    nbval.plugin.RunningKernel = _kernel_that_may_die()
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # meant for other tests
        os.environ.pop(name, None)
    reports = _Reports()
    code = pytest.main(
        [
            *("-c", os.devnull, "--rootdir", str(notebook.parent)),
            *("-p", "no:cacheprovider", "-p", "no:terminal", "--noconftest"),
            # or pytest lists all folders above, and collects garbage at the end, five times over
            *("--confcutdir", str(notebook.parent), "-p", "no:unraisableexception"),
            # and no other plugin that happens to be installed
            *("--disable-plugin-autoload", "-p", "nbval.plugin"),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout"),
            str(settings.cell_seconds()),
            str(notebook),
        ],
        plugins=[reports],
    )
    if code == 0 and not reports.passed:
        return [f"{notebook.name}: nbval compared no cell"]
    if code not in (0, 1):
        return [f"{notebook.name}: nbval ended with exit code {code}", *reports.errors]
    code_cells = [
        (number, cell)
        for number, cell in enumerate(nbformat.read(notebook, as_version=4).cells, start=1)
        if cell.cell_type == "code"
    ]
    messages = []
    for index, text in reports.failed:
        number, cell = code_cells[index]
        where = f"{notebook.name}, cell {number} ({cell.get('id', 'no id')}), run again: "
        if NO_KERNEL.match(text):  # and what follows has no kernel
            return [*messages, where + dead()]
        if TIMEOUT.match(text):
            return [*messages, where + too_long()]
        messages.append(
            f"{notebook.name}, cell {number} ({cell.get('id', 'no id')}): its output differs "
            f"from run to run, or from the recorded one\n{text}"
        )
    return messages + reports.errors


def _kernel_that_may_die():
    """nbval's kernel, which is not waited for once it has died."""
    import queue
    import time

    from nbval.kernel import RunningKernel

    class Kernel(RunningKernel):
        def get_message(self, stream, timeout=None):
            end = time.monotonic() + timeout if timeout is not None else float("inf")
            while True:
                try:
                    left = end - time.monotonic()
                    return super().get_message(stream, max(0, min(left, 1)))
                except queue.Empty:
                    if not self.is_alive():
                        raise RuntimeError(DIED) from None
                    if left <= 1:
                        raise

    return Kernel


class _Reports:
    """A pytest plugin that keeps what failed, in place of printing it."""

    def __init__(self):
        self.passed, self.failed, self.errors = 0, [], []

    def pytest_addoption(self, parser):
        parser.addoption("--color", default="no")  # nbval asks for it; the terminal is switched off

    def pytest_collectreport(self, report):
        if report.failed:
            self.errors.append(_plain(report.longrepr))

    def pytest_runtest_logreport(self, report):
        if report.failed and report.when == "call":
            index = int(report.nodeid.rpartition("Cell ")[2])
            self.failed.append((index, _plain(report.longrepr)))
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)  # without the traceback
            self.errors.append(_plain(crash.message if crash else report.longrepr))
        elif report.when == "call":
            self.passed += 1


def _plain(text) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(text))
    return plain if len(plain) <= LONGEST_DIFF else plain[:LONGEST_DIFF] + " ..."
