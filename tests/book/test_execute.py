import nbformat
import pytest

from almanac.book import settings
from almanac.book.errors import BuildError
from almanac.book.execute import INJECTED, execute, failure, tidy


def test_a_failure_names_notebook_cell_and_error(tmp_path, write):
    source = write(tmp_path / "moe.ipynb", "x = 1", "\n\nunits(x)\ny = 2")
    what = "ValueError: no such unit\n    what to do"
    assert failure(source, "\n\nunits(x)\ny = 2", what) == (
        "moe.ipynb, cell 3 (code-1): ValueError: no such unit\n"
        "    in the cell that begins: units(x)\n"
        "    what to do"
    )


def test_a_failure_in_the_injected_cell(tmp_path, write):
    source = write(tmp_path / "moe.ipynb", "x = 1")
    assert "moe.ipynb, the cell with this edition's parameters: " in failure(source, "y", "what")


def test_when_and_where_it_ran_are_dropped(tmp_path, write):
    notebook = nbformat.read(write(tmp_path / "x.ipynb", "a", "b"), as_version=4)
    expected = nbformat.writes(notebook)
    notebook.metadata["papermill"] = {"input_path": "/home/someone"}
    notebook.cells[1].metadata["papermill"] = {"duration": 1.5}
    notebook.cells[2].metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
    assert nbformat.writes(tidy(notebook)) == expected


def test_all_parameters_are_injected_and_the_bytes_are_the_same_every_time(tmp_path, write):
    source = write(tmp_path / "x.ipynb", "print(level, unit)",
                   parameters='level: float = 0.9  # l\nunit: str = "release"  # u')  # fmt: skip
    targets = [tmp_path / "first.ipynb", tmp_path / "second.ipynb"]
    for target in targets:
        execute(source, target, {"level": 0.8, "unit": "it's"}, tmp_path)
    executed = nbformat.read(targets[0], as_version=4)
    injected = next(cell for cell in executed.cells if INJECTED in cell.metadata.get("tags", []))
    assert injected.id == INJECTED
    assert injected.source.splitlines()[-2:] == ["level = 0.8", 'unit = "it\'s"']
    assert executed.cells[-1].outputs[0].text == "0.8 it's\n"
    assert str(tmp_path) not in targets[0].read_text()
    assert targets[0].read_bytes() == targets[1].read_bytes()


def test_a_failing_cell_stops_the_notebook(tmp_path, write):
    source = write(tmp_path / "x.ipynb", "1 / 0", "open('reached', 'w')")
    with pytest.raises(BuildError, match=r"x\.ipynb, cell 2 \(code-0\): ZeroDivisionError"):
        execute(source, tmp_path / "y.ipynb", {}, tmp_path)
    assert not (tmp_path / "reached").exists()


def test_a_cell_that_hangs_is_named_with_what_gives_it_more_time(tmp_path, write, monkeypatch):
    monkeypatch.setenv(settings.CELL_SECONDS, "1")
    source = write(tmp_path / "x.ipynb", "x = 1", "while True: pass")
    with pytest.raises(BuildError) as caught:
        execute(source, tmp_path / "y.ipynb", {}, tmp_path)
    assert str(caught.value) == (
        "x.ipynb, cell 3 (code-1): it had not ended after 1 s and was stopped\n"
        "    in the cell that begins: while True: pass\n"
        "    set BOOK_CELL_SECONDS to give cells more time"
    )
    assert not (tmp_path / "y.ipynb").exists()
