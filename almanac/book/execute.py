"""Run one notebook with papermill."""

from pathlib import Path

from almanac.book.errors import BuildError

CELL_SECONDS = 120  # the longest that a cell may take
INJECTED = "injected-parameters"  # papermill's tag of the cell with this edition's parameters


def execute(source: Path, target: Path, parameters: dict, folder: Path) -> None:
    """Run the notebook `source` with all `parameters` in `folder` and write it to `target`.

    All parameters are injected, not just those that differ from the defaults, so that the
    page can show the values that were used.

    Raises
    ------
    BuildError
        Naming notebook, cell and error, if a cell fails.
    """
    import nbformat
    import papermill
    from traitlets.config import Config

    try:
        notebook = papermill.execute_notebook(
            source,
            target,
            parameters=parameters,
            cwd=folder,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=CELL_SECONDS,
            request_save_on_cell_execute=False,
            shutdown_kernel="immediate",  # a graceful one waits 0.4 s for nothing
            # or ipykernel warns of unencrypted TCP, once a kernel
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    except papermill.PapermillExecutionError as error:
        raise BuildError(failure(source, error)) from None
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


def failure(source: Path, error) -> str:
    """What a reader of the terminal needs: which cell of which notebook, and the error."""
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source == error.source:
            where = f"cell {number} ({cell.get('id', 'no id')})"
            break
    else:
        where = "the cell with this edition's parameters"
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    return (
        f"{source.name}, {where}: {error.ename}: {error.evalue}\n"
        f"    in the cell that begins: {first}"
    )
