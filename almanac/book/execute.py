"""Run one notebook with papermill."""

import logging
from pathlib import Path

from almanac.book import kernels, settings
from almanac.book.errors import BuildError

INJECTED = "injected-parameters"  # papermill's tag of the cell with this edition's parameters


def execute(source: Path, target: Path, parameters: dict, folder: Path) -> None:
    """Run the notebook `source` with all `parameters` in `folder` and write it to `target`.

    All parameters are injected, not just those that differ from the defaults, so that the
    page can show the values that were used.

    Raises
    ------
    BuildError
        Naming notebook, cell and error, if a cell fails, takes too long or ends its kernel.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    # what it would print of failures is in the message
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    begun = [""]  # the sources of the cells, as they begin
    try:
        notebook = papermill.execute_notebook(
            source,
            target,
            parameters=parameters,
            cwd=folder,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=settings.cell_seconds(),
            on_cell_execute=lambda cell, cell_index: begun.append(cell.source),
            request_save_on_cell_execute=False,
            shutdown_kernel="immediate",  # a graceful one waits 0.4 s for nothing
            # or ipykernel warns of unencrypted TCP, once a kernel
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    except papermill.PapermillExecutionError as error:
        what = f"{error.ename}: {error.evalue}"
        if "MemoryError" in error.ename:
            what += f"\n    {advice_on_memory()}"
        raise BuildError(failure(source, error.source, what)) from None
    except CellTimeoutError:
        raise BuildError(failure(source, begun[-1], too_long())) from None
    except DeadKernelError:
        raise BuildError(failure(source, begun[-1], dead())) from None
    except RuntimeError as error:
        ended = kernels.last_words()
        what = f"the kernel {ended}" if ended else str(error)
        raise BuildError(f"{source.name}: {what}") from None
    nbformat.write(tidy(notebook), target)


def tidy(notebook):
    """Drop when, where and how long from an executed notebook: the same bytes every time."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED  # papermill draws one at random
    return notebook


def failure(source: Path, cell_source: str, what: str) -> str:
    """What a reader of the terminal needs: which cell of which notebook, and what went wrong.

    Parameters
    ----------
    source : the notebook
    cell_source : the code of the cell as it was executed
    what : the first line says it, others what else is known
    """
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source == cell_source:
            where = f"cell {number} ({cell.get('id', 'no id')})"
            break
    else:
        where = "the cell with this edition's parameters"
    first = next((line for line in cell_source.splitlines() if line.strip()), "")
    what, *more = what.split("\n", 1)
    said = [f"{source.name}, {where}: {what}", f"    in the cell that begins: {first}", *more]
    return "\n".join(said)


def too_long() -> str:
    """What to say of a cell that has not ended in its time."""
    return (
        f"it had not ended after {settings.cell_seconds():g} s and was stopped\n"
        f"    set {settings.CELL_SECONDS} to give cells more time"
    )


def dead() -> str:
    """What to say of a cell whose kernel has ended while it ran."""
    words = kernels.last_words() or "has died"
    how, *said = words.split("\n", 1)
    advice = advice_on_memory() if "signal" in how else "a cell must not end its process"
    return "\n".join([f"its kernel {how}", *said, f"    {advice}"])


def advice_on_memory() -> str:
    """How much a kernel may take, and how to change it."""
    most = settings.memory()
    limit = f"up to {most / 1e9:.1f} GB" if most else "all memory"
    return f"a kernel may take {limit}; {settings.MEMORY_GB} sets another limit"
