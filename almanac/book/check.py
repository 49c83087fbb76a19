"""Run executed notebooks again with nbval, compare every output, and say what differs."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from almanac.book import settings
from almanac.book.differences.outputs import differences, moved_charts
from almanac.book.differences.words import cut, line
from almanac.book.edition import ROOT
from almanac.book.errors import BuildError
from almanac.book.execute import INJECTED, dead, too_long

DIED = "the kernel has died"
TIMEOUT = re.compile(r"Timeout of .* executing cell")  # as nbval says it
LONGEST = 2000  # characters of what is said of one cell
TRACE = 12  # lines of an error's traceback, its last
RERUN = "its output differs from run to run (first -> second)"
OF_A_TERMINAL = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Comparison:
    """How outputs that differ are told.

    Attributes
    ----------
    said : what it means that they differ
    pictures : folder for what charts were, are and where they differ; None to draw none
    """

    said: str = RERUN
    pictures: Path | None = None

    def message(
        self, notebook, cell, name: str, before: Sequence[dict], after: Sequence[dict]
    ) -> str:
        """What differs between two outputs of a cell, its charts drawn.

        Parameters
        ----------
        notebook : that has the cell
        cell : one of its cells
        name : of the notebook, without suffix
        before, after : outputs
        """
        head = f"{name}.ipynb, {place(notebook, cell)}: {self.said}"
        tail = self._drawn(f"{name}.{cell.get('id', 'cell')}", before, after)
        lines = differences(before, after) or ["nothing that is shown"]
        room = LONGEST - sum(len(text) + 5 for text in [head, *tail])
        kept = []
        for number, text in enumerate(lines):
            room -= len(text) + 5
            if room < 0:
                kept.append(f"and {len(lines) - number:,} more lines")
                break
            kept.append(text)
        return "\n".join([head, *(f"    {text}" for text in [*kept, *tail])])

    def _drawn(self, stem: str, before, after) -> list[str]:
        """Draw the charts that differ; a line for what was drawn, cut if it gets long."""
        if self.pictures is None:
            return []
        from almanac.book.differences.contrast import draw

        names, lines = [], []
        for number, old, new in moved_charts(before, after):
            chart = stem if number == 1 else f"{stem}-{number}"
            drawn, note = draw(old, new, self.pictures, chart)
            names += drawn
            if note:
                lines.append(line(f"{chart}: {note}"))
        if names:
            shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if names[6:] else "")
            folder = self.pictures.absolute()
            near = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
            lines.append(f"pictures in {near}: {shown}")
        return lines[-3:]

    def begin(self, name: str) -> None:
        """Remove the pictures of a notebook that an earlier run left, which would mislead."""
        if self.pictures:
            for old in self.pictures.glob(f"{name}.*.png"):
                old.unlink(missing_ok=True)


def place(notebook, cell) -> str:
    """Which cell, as a person finds it in the notebook as it was written: one with an edition's
    parameters is not counted."""
    if INJECTED in cell.metadata.get("tags", []):
        return "the cell with the parameters"
    written = [one for one in notebook.cells if INJECTED not in one.metadata.get("tags", [])]
    number = next(number for number, one in enumerate(written, start=1) if one is cell)
    return f"cell {number} ({cell.get('id', 'no id')})"


def require_outputs(notebook: Path) -> None:
    """See that every code cell was run, as nbval compares nothing for cells that were not.

    Raises
    ------
    BuildError
        Naming the first such cell.
    """
    import nbformat

    read = nbformat.read(notebook, as_version=4)
    for cell in read.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise BuildError(
                f"{notebook.name}, {place(read, cell)}: no recorded output, "
                "so nothing to compare; execute the notebook first"
            )


def check(notebook: Path, pictures: Path | None = None) -> None:
    """Run an executed notebook once more in a new kernel; its outputs must come out the same.

    Parameters
    ----------
    notebook : the executed copy
    pictures : folder for pictures of charts that do not

    Raises
    ------
    BuildError
        Naming notebook and cell, with the difference, if one does not.
    """
    require_outputs(notebook)
    failures = compare(notebook, Comparison(pictures=pictures))
    if failures:
        raise BuildError("\n".join(failures))


def compare(notebook: Path, comparison: Comparison = Comparison()) -> list[str]:
    """The cells whose outputs differ when the notebook runs again, one message a cell."""
    import nbval.kernel
    import nbval.plugin
    import pytest

    nbval.kernel.pformat = str  # or it lays out every message for a log that nobody keeps
    nbval.plugin.RunningKernel = _kernel_that_may_die()
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # meant for other tests
        os.environ.pop(name, None)
    comparison.begin(notebook.stem)
    reports = _Reports(comparison)
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
        return [f"{notebook.name}: nbval ended with exit code {code}", *reports.failed]
    # what follows such a cell has no kernel
    ends = (dead(), too_long())
    for number, text in enumerate(reports.failed, start=1):
        if text.endswith(ends):
            return reports.failed[:number]
    return reports.failed


def readable(cell, comparison: Comparison) -> None:
    """Have an item of nbval say in words why it failed."""
    # nbval would compare the texts of both outputs letter by letter, which can take minutes
    cell.format_output_compare = lambda *_: None

    def told(caught) -> str:
        try:
            return _failure(cell, caught.value, comparison)
        except Exception as error:  # or pytest ends, and with it what the other cells say
            where = f"{cell.path.name}, {place(cell.parent.nb, cell.cell)}"
            return (
                f"{where}: {plain(str(caught.value))}; how, could not be told: "
                f"{type(error).__name__}: {cut(str(error))}"
            )

    cell.repr_failure = told


def _failure(item, error: BaseException, comparison: Comparison) -> str:
    from nbval.plugin import NbCellError, coalesce_streams

    notebook, cell = item.parent.nb, item.cell
    if isinstance(error, NbCellError) and str(error) == "Cell outputs differ":
        return comparison.message(
            notebook, cell, item.path.stem, coalesce_streams(cell.outputs), item.test_outputs
        )
    where = f"{item.path.name}, {place(notebook, cell)}"
    if str(error) == DIED:
        return f"{where}, run again: {dead()}"
    if TIMEOUT.search(str(error)):
        return f"{where}, run again: {too_long()}"
    last = (item.test_outputs or [{}])[-1]
    if str(error) == "Cell execution caused an exception" and "ename" in last:
        trace = plain("\n".join(last["traceback"])).splitlines()[-TRACE:]
        said = f"it failed with {last['ename']}: {cut(last['evalue'], 4 * TRACE)}"
        lines = [f"{where}: {said}", *(line(f"    {text}") for text in trace)]
    else:
        lines = [f"{where}: {plain(str(error) or type(error).__name__)}"]
    return cut("\n".join(lines), LONGEST)


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

    def __init__(self, comparison: Comparison):
        self.comparison, self.passed, self.failed = comparison, 0, []

    def pytest_addoption(self, parser):
        parser.addoption("--color", default="no")  # nbval asks for it; the terminal is switched off

    def pytest_collection_modifyitems(self, items):
        for item in items:
            readable(item, self.comparison)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.append(cut(plain(str(report.longrepr)), LONGEST))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(cut(plain(str(report.longrepr)), LONGEST))
        elif report.when == "call":
            self.passed += 1


def plain(text: str) -> str:
    """A text without the colours of a terminal."""
    return OF_A_TERMINAL.sub("", text)
