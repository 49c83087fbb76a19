"""The recorded outputs of every notebook: how they are made, and how today's are held to them.

A reference is a notebook of `book/` executed on the small frozen record in `tests/fixtures`, so
that new data leaves it alone and a change of code or of a library does not.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from almanac.book import kernels, parameters
from almanac.book.check import Comparison, compare, place, require_outputs
from almanac.book.edition import ROOT
from almanac.book.errors import BuildError
from almanac.book.execute import execute, tidy
from almanac.book.pipeline import preloaded
from almanac.notebook import BUILDING

BOOK = ROOT / "book"
REFERENCE = ROOT / "tests" / "reference"
# The folder is one of the project's, so that a reference names no folder of a machine; few
# draws, because a change shows in two hundred as well as in two thousand.
PARAMETERS = {"data": "tests/fixtures/record", "bootstrap_size": "200"}
PRELOAD = preloaded(PARAMETERS["data"])
COMPARISON = Comparison(
    "its output differs from the recorded one (recorded -> now)", ROOT / "_build" / "regression"
)
REMEDY = "read what changed, then record it with `make accept`"


def notebooks() -> list[Path]:
    """The notebooks of the book."""
    return sorted(BOOK.glob("*.ipynb"))


def settled() -> dict[str, dict]:
    """The parameters of each notebook when its reference is recorded or checked."""
    return parameters.settle(
        {source.stem: parameters.declared(source) for source in notebooks()}, PARAMETERS
    )


def record(source: Path, settings: dict, folder: Path) -> Path:
    """Execute a notebook and give the file in `folder` that may become its reference."""
    import nbformat

    target = folder / source.name
    execute(source, target, settings, folder)
    executed = nbformat.read(target, as_version=4)
    # the kernel adds its own version, which differs between machines and is not compared
    executed.metadata = nbformat.read(source, as_version=4).metadata
    nbformat.write(executed, target)
    return target


def verify(
    source: Path, settings: dict, reference: Path, comparison: Comparison = COMPARISON
) -> list[str]:
    """What differs between a notebook as it is today and its reference, one message a cell.

    Today's source is given the recorded outputs, cell by cell by their ids, and nbval runs it.
    """
    # not pytest's own folder for temporary files: nbval's paths must not lie below a conftest.py
    with tempfile.TemporaryDirectory() as folder:
        grafted = Path(folder) / source.name
        return graft(source, settings, reference, grafted) or compare(grafted, comparison)


def graft(source: Path, settings: dict, reference: Path, target: Path) -> list[str]:
    """Write a notebook as it is today with the outputs of its reference, for nbval to run; or say
    why not.

    A cell that only one of the two has is a difference, since nbval would compare nothing.
    """
    import nbformat
    import papermill

    if not reference.exists():
        return [f"{source.name}: it has no reference; {REMEDY}"]
    if not source.exists():
        return [f"{source.name}: its outputs are recorded but it is gone; {REMEDY}"]
    today = tidy(
        papermill.execute_notebook(source, target, settings, prepare_only=True, progress_bar=False)
    )
    recorded = code_cells(nbformat.read(reference, as_version=4))
    current = code_cells(today)
    faults = [
        f"{source.name}, {place(today, cell)}: it is new, so no output is recorded; {REMEDY}"
        for name, cell in current.items()
        if name not in recorded
    ] + [
        f"{source.name}, cell ({name}): its output is recorded but the cell is gone; {REMEDY}"
        for name in recorded
        if name not in current
    ]
    if faults:
        return faults
    for name, cell in current.items():
        cell.outputs = recorded[name].outputs
        cell.execution_count = recorded[name].execution_count
    nbformat.write(today, target)
    try:
        require_outputs(target)
    except BuildError as error:
        return [f"{error}; {REMEDY}"]
    return []


def code_cells(notebook) -> dict:
    """The code cells of a notebook by their ids."""
    return {
        cell["id"]: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip()
    }


@contextmanager
def forked_kernels(preload: Sequence[str]):
    """Yield what calls a function with each tuple of arguments, several at a time, its kernels
    forked.

    `preload` is what their notebooks import and read, as `kernels.zygote` takes it.

    The processes are new ones: nbval calls pytest, which does not nest, and a fork would take
    over the threads of the process that runs the tests. They are forked from another, which
    imports papermill and nbval once for all of them, or started anew where nothing can be forked.
    """
    context = get_context("forkserver" if hasattr(os, "fork") else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["nbval.plugin", "papermill"])
    with (
        kernels.zygote(*preload) as address,
        ProcessPoolExecutor((os.cpu_count() or 1) + 1, context) as pool,
    ):
        yield lambda work, arguments: list(pool.map(partial(_forking, address, work), arguments))


def _forking(address: str | None, work: Callable, arguments: tuple):
    os.environ[BUILDING] = "1"
    with kernels.kernels_from(address):
        return work(*arguments)
