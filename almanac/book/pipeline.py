"""From the notebooks of an edition to executed, checked copies, several at a time.

What was executed is kept under a digest of all that its outputs depend on, so that only what
changed runs again.
"""

import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from almanac.book import kernels, seal
from almanac.book.edition import code, digest, tables
from almanac.book.errors import BuildError, told

# What notebooks import, so that kernels are forked with it; a module missing here only
# costs its notebook the import.
PRELOAD = (
    "altair",
    "myst_nb.ext.glue",
    "numpy",
    "pandas",
    "pyarrow.dataset",
    "ruptures",
    "scipy.stats",
    "statsmodels.api",
    "almanac.charts",
    "almanac.notebook",
    "almanac.record",
)
PICTURES = "regression"  # folder beside the executed copies: charts that differ from run to run
WARM = "_ALMANAC_WARM"  # environment variable: addresses of the processes of `warmed`
DECIDING = (
    "altair", "ipykernel", "nbval", "numpy", "pandas", "papermill",
    "ruptures", "scipy", "statsmodels",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One notebook of an edition: where it is, what it gets, where its executed copy goes."""

    source: Path
    parameters: dict
    target: Path

    @property
    def pictures(self) -> Path:
        """The pictures of its charts, by their ids, as JSON."""
        return self.target.with_suffix(".pictures.json")

    def is_done(self) -> bool:
        """Whether its executed copy and its pictures are there, as they were written."""
        return seal.is_sealed(self.target, self.pictures)


def jobs(
    notebooks: list[Path], parameters: dict[str, dict], data: Path, folder: Path
) -> list[Job]:
    """The notebooks of an edition, each with the place of its executed copy.

    Parameters
    ----------
    notebooks : files in book/
    parameters : the values of each notebook's parameters, by its name
    data : folder of the record
    folder : of the executed copies; their names hold a digest of notebook, parameters, data,
        code and libraries
    """
    shared = digest([*tables(data), *code()], sys.version, [version(name) for name in DECIDING])

    def job(source: Path) -> Job:
        given = parameters[source.stem]
        key = digest([source], shared, given)[:16]
        return Job(source, given, folder / f"{source.stem}.{key}.ipynb")

    return [job(source) for source in notebooks]


def run(
    all_jobs: list[Job],
    report: Callable[[str], None],
    first: Callable[[], None] = lambda: None,
    data: Path | None = None,
) -> None:
    """Execute and check each job whose executed copy is not there yet.

    Parameters
    ----------
    all_jobs : the notebooks of an edition; other copies in their folder are removed
    report : is told a line a notebook, with its seconds, as each ends
    first : is called before any notebook starts, while kernels import their libraries; what it
        raises stops the run
    data : folder of the record, which kernels then start with

    Raises
    ------
    BuildError
        With the faults of all notebooks that failed, once all have ended.
    """
    for job in all_jobs[:1]:  # pictures of the last run
        shutil.rmtree(job.target.parent.with_name(PICTURES), ignore_errors=True)
    stale = [job for job in all_jobs if not job.is_done()]
    if not stale:
        first()
        return
    folder = stale[0].target.parent
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*"):  # by a build that was killed
        shutil.rmtree(left)
    faults = {}
    import nbval.plugin  # noqa: F401  once, not in every worker
    import papermill  # noqa: F401

    with (
        warmed(data) as (execution, validation),
        _called(first),
        # half of a kernel's start is waiting, which more workers than cores hide
        ProcessPoolExecutor(
            min(len(stale), 2 * (os.cpu_count() or 1)), initializer=_prepare_worker
        ) as pool,
        _stopped_at_once(),
    ):
        work = partial(execute_and_check, execution=execution, validation=validation)
        ends = {pool.submit(work, job): job for job in stale}
        for end in as_completed(ends):
            name = ends[end].source.name
            try:
                ran, checked = end.result()
                report(f"{name}: executed in {ran:.1f} s, checked in {checked:.1f} s")
            except BuildError as error:
                faults[name] = str(error)
            except BrokenProcessPool:
                faults[name] = (
                    f"{name}: not finished, as a process of the build was killed; "
                    "is there enough memory?"
                )
            except OSError as error:
                faults[name] = f"{name}: {told(error)}"
            except Exception as error:  # what nobody thought of
                faults[name] = f"{name}: {type(error).__name__}: {error}"
    if faults:
        raise BuildError("\n".join(text for _, text in sorted(faults.items())))
    kept = {
        path for job in all_jobs for path in (job.target, job.pictures, seal.place(job.target))
    }
    for old in folder.glob("[!.]*"):
        if old not in kept:
            old.unlink()


def preloaded(data: Path | str) -> list[str]:
    """What kernels start with whose notebooks read the record in the folder `data`."""
    return [*PRELOAD, f"almanac.notebook:read_record:{data}"]


@contextmanager
def warmed(data: Path | None = None):
    """Run the two processes that kernels are forked from, one for papermill and one for nbval:
    forks of one would share its hash seed and memory layout, and nbval would miss outputs that
    depend on them. Within another `warmed` they are those of the other, which has begun early.

    Parameters
    ----------
    data : folder of the record, read once here and not in every kernel

    Yields
    ------
    tuple of str or None
        Their addresses, as `kernels.zygote` gives them.
    """
    if WARM in os.environ:
        yield os.environ[WARM].split(os.pathsep)
        return
    ready = preloaded(data.absolute()) if data else PRELOAD
    with kernels.zygote(*ready) as execution, kernels.zygote(*ready) as validation:
        if execution:
            os.environ[WARM] = os.pathsep.join([execution, validation])
        try:
            yield execution, validation
        finally:
            os.environ.pop(WARM, None)


@contextmanager
def _called(function: Callable[[], None]):
    """Call a function on the way in."""
    function()
    yield


@contextmanager
def _stopped_at_once():
    """On Ctrl-C, end the workers, and their kernels with them, rather than wait for them."""
    try:
        yield
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise


def _prepare_worker() -> None:
    """Leave Ctrl-C to the build, and end with it, however it ends."""
    signal.signal(signal.SIGINT, lambda *_: None)
    build = multiprocessing.parent_process()
    threading.Thread(target=lambda: (build.join(), os._exit(1)), daemon=True).start()


def execute_and_check(
    job: Job, execution: str | None, validation: str | None
) -> tuple[float, float]:
    """Execute a notebook, check it, draw its charts, and only then put it in its place.

    Parameters
    ----------
    job : the notebook
    execution, validation : addresses of the processes that papermill's and nbval's kernels are
        forked from

    Returns
    -------
    tuple of float
        Seconds for papermill and for nbval.
    """
    from almanac.book.check import check
    from almanac.book.execute import execute
    from almanac.notebook import BUILDING

    os.environ[BUILDING] = "1"
    work = job.target.parent / f".{job.target.stem}.{os.getpid()}"
    work.mkdir(parents=True)
    try:
        trial = work / job.source.name
        begin = time.perf_counter()
        with kernels.kernels_from(execution):
            execute(job.source, trial, job.parameters, work)
        middle = time.perf_counter()
        with kernels.kernels_from(validation):
            check(trial, job.target.parent.with_name(PICTURES))
        end = time.perf_counter()
        drawn = trial.with_suffix(".json")
        drawn.write_text(json.dumps(pictures_of(trial, job.source.stem)), "utf-8")
        os.replace(drawn, job.pictures)
        os.replace(trial, job.target)
        seal.seal(job.target, job.pictures)
        return middle - begin, end - middle
    finally:
        shutil.rmtree(work, ignore_errors=True)


def pictures_of(executed: Path, name: str) -> dict[str, str]:
    """SVG of every chart of an executed notebook, by its id.

    Raises
    ------
    BuildError
        If one cannot be drawn.
    """
    import nbformat

    from almanac.book.page import charts
    from almanac.book.pictures import pictures

    return {
        figure_id: pictures(spec, figure_id)
        for figure_id, spec, _, _ in charts(nbformat.read(executed, as_version=4), name)
    }
