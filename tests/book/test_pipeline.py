import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import nbformat
import psutil
import pytest

from almanac.book import pipeline, seal, settings
from almanac.book.errors import BuildError
from almanac.book.pipeline import Job, jobs, run
from almanac.charts.theme import MIME

GOOD = ("x = 2", "print(x, level)")
FAILING = {
    "failing": ["\nraise ValueError('no such unit')", "print(x)"],
    "ending": ["import os; os._exit(3)"],
}
VARYING = {
    "order": "print(set('abcdefghijklmnopqrstuvwxyz'))",
    "address": "object()",
    "identity": "print(id(object()))",
    "hash": "print(hash('almanac'))",
    "keys": "print({key: 1 for key in {str(number) for number in range(20)}})",
    "clock": "import time; print(time.time())",
    "chance": "import random; print(random.random())",
    "chart": (
        "from IPython.display import display; import random\n"
        "field = lambda name: {'field': name, 'type': 'quantitative'}\n"
        "values = [{'a': 1, 'b': random.random()}]\n"
        "encoding = {'x': field('a'), 'y': field('b')}\n"
        "spec = {'data': {'values': values}, 'mark': 'point', 'encoding': encoding}\n"
        f"display({{{MIME!r}: spec}}, raw=True)"
    ),
    "name": "import uuid; print(uuid.uuid4())",
    "process": "import os; print(os.getpid())",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Kernels without the libraries, which these notebooks do not need."""
    monkeypatch.setattr(pipeline, "PRELOAD", ())


def job(source, target=None, **parameters):
    return Job(source, parameters, target or source.parent / "executed" / source.name)


@pytest.fixture(scope="module", params=["forked", "plain"])
def outcome(request, tmp_path_factory, write):
    """Good and bad notebooks in one run: its report, its faults, its folder."""
    folder = tmp_path_factory.mktemp("book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.KERNELS, request.param)
        patch.setenv("PYTHONHASHSEED", "0")  # a user's, which must not hide the order of sets
        good = write(folder / "good.ipynb", *GOOD, parameters="level: float = 0.9  # coverage")
        bad = [
            write(folder / f"{name}.ipynb", "x = 1", *sources)
            for name, sources in {**FAILING, "varying": VARYING.values()}.items()
        ]
        stale = folder / "executed" / ".good.0000.99"
        stale.mkdir(parents=True)
        (folder / "regression").mkdir()
        (folder / "regression" / "old.x.before.png").touch()
        # a process of its own, as a build is: where another test has drawn a chart before, what a
        # fork of its process draws never ends
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            lines, faults = fresh.submit(_run, [job(good, level=0.8), *map(job, bad)]).result()
    return lines, faults, folder / "executed"


def _run(all_jobs):
    """What a run reports and what it finds wrong."""
    pipeline.PRELOAD, lines = ("no_such_module",), []
    try:
        run(all_jobs, lines.append)
    except BuildError as error:
        return lines, str(error)
    return lines, ""


def test_a_line_tells_of_each_notebook_that_ended_well(outcome):
    lines, _, _ = outcome
    (line,) = lines
    assert line.startswith("good.ipynb: executed in ")
    assert line.endswith(" s") and ", checked in " in line


def test_only_a_checked_notebook_is_kept(outcome):
    _, _, folder = outcome
    assert {path.name for path in folder.iterdir()} == {
        "good.ipynb", "good.pictures.json", "good.seal"
    }  # fmt: skip
    executed = nbformat.read(folder / "good.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "2 0.8\n"


def test_a_failing_cell_is_named_with_its_error(outcome):
    _, faults, _ = outcome
    assert (
        "failing.ipynb, cell 3 (code-1): ValueError: no such unit\n"
        "    in the cell that begins: raise ValueError('no such unit')\n"
    ) in faults


def test_a_kernel_that_dies_is_named(outcome):
    _, faults, _ = outcome
    assert (
        "ending.ipynb, cell 3 (code-1): its kernel ended itself with status 3\n"
        "    in the cell that begins: import os; os._exit(3)\n"
        "    a cell must not end its process\n"
    ) in faults


@pytest.mark.parametrize("number", range(len(VARYING)), ids=VARYING)
def test_an_output_that_differs_from_run_to_run_is_named(outcome, number):
    _, faults, _ = outcome
    where = f"cell {number + 3} (code-{number + 1})"
    assert f"varying.ipynb, {where}: its output differs from run to run" in faults


def test_a_chart_that_differs_from_run_to_run_is_drawn_beside_the_copies(outcome):
    _, faults, folder = outcome
    name = f"varying.code-{list(VARYING).index('chart') + 1}"
    pictures = folder.parent / "regression"
    files = [f"{name}.{kind}.png" for kind in ("before", "after", "difference")]
    assert {path.name for path in pictures.iterdir()} == set(files)
    assert f"pictures in {pictures}: {', '.join(files)}" in faults


@pytest.fixture
def no_kernels(monkeypatch):
    """What a test puts in the place of `execute_and_check` needs none."""
    monkeypatch.setattr(pipeline.kernels, "zygote", lambda *_: contextlib.nullcontext())


def _copied(job, execution, validation):
    shutil.copyfile(job.source, job.target)
    job.pictures.write_text("{}")
    seal.seal(job.target, job.pictures)
    return 1.5, 2.5


def test_only_what_changed_runs_again(tmp_path, write, monkeypatch, no_kernels):
    monkeypatch.setattr(pipeline, "execute_and_check", _copied)
    sources = [write(tmp_path / f"{name}.ipynb", "1") for name in "ab"]
    data = tmp_path / "data"
    data.mkdir()
    (data / "models.csv").write_text("1")

    def ran(**level):
        lines = []
        parameters = {"a": {"level": 0.9} | level, "b": {}}
        run(jobs(sources, parameters, data, tmp_path / "executed"), lines.append)
        return sorted(line.split(".")[0] for line in lines)

    assert ran() == ["a", "b"]
    assert ran() == []
    assert ran(level=0.8) == ["a"]
    write(sources[1], "2")
    assert ran(level=0.8) == ["b"]
    (data / "models.csv").write_text("2")
    assert ran(level=0.8) == ["a", "b"]
    assert len(list((tmp_path / "executed").glob("*.ipynb"))) == 2, "older copies are removed"


def _killed(job, execution, validation):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_gives_a_message(tmp_path, write, monkeypatch, no_kernels):
    monkeypatch.setattr(pipeline, "execute_and_check", _killed)
    with pytest.raises(BuildError, match=r"^x\.ipynb: not finished, as .* was killed"):
        run([job(write(tmp_path / "x.ipynb", "1"))], print)


def _slow(job, execution, validation):
    if job.source.name == "slow.ipynb":
        time.sleep(8)
        job.target.write_text("ended")
    return 0, 0


def test_ctrl_c_waits_for_nothing(tmp_path, write, monkeypatch, no_kernels):
    monkeypatch.setattr(pipeline, "execute_and_check", _slow)

    def interrupt(line):
        raise KeyboardInterrupt

    slow, quick = (job(write(tmp_path / f"{name}.ipynb", "1")) for name in ("slow", "quick"))
    with pytest.raises(KeyboardInterrupt):
        run([slow, quick], interrupt)
    assert not slow.target.exists()
    assert multiprocessing.active_children() == []


WORKER = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from almanac.book.pipeline import _prepare_worker
if __name__ == "__main__":
    with ProcessPoolExecutor(2, initializer=_prepare_worker) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 60).result()
"""


def test_workers_end_with_a_build_that_is_killed():
    build = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True)
    worker = psutil.Process(int(build.stdout.readline()))
    build.kill()
    build.wait()
    build.stdout.close()
    worker.wait(timeout=20)


def test_nothing_runs_where_what_comes_first_fails(tmp_path, write):
    good = write(tmp_path / "good.ipynb", *GOOD, parameters="level: float = 0.9  # coverage")

    def refuse():
        raise BuildError("a faulty record")

    lines = []
    with pytest.raises(BuildError, match="a faulty record"):
        run([job(good, level=0.8)], lines.append, first=refuse)
    assert not lines
    assert not job(good).target.exists()
    with pytest.raises(BuildError, match="a faulty record"):
        run([], lines.append, first=refuse)


def test_processes_warmed_early_serve_what_comes_within():
    with pipeline.warmed() as early:
        with pipeline.warmed() as within:
            assert list(within) == list(early)
        assert pipeline.WARM in os.environ
    assert pipeline.WARM not in os.environ
