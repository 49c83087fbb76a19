"""Running a sweep: on processes of this machine, or on a Dask cluster of any size."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from almanac.book.errors import BuildError
from almanac.editions import runs
from almanac.editions.grid import Sweep
from almanac.editions.store import Store

# Columns of the table after those of the combination, which are called `parameter_...`, since
# results have a unit and a level of their own.
RESULT = ("run", "chapter", "id", "text", "value", "low", "high", "level", "n", "organisations",
          "unit", "confidence", "exact", "data_date")  # fmt: skip
CONNECT_SECONDS = 20


@contextmanager
def cluster(scheduler: str | None, workers: int):
    """A client of a Dask cluster: the one at `scheduler`, or `workers` processes of this machine.

    Raises
    ------
    BuildError
        If nothing answers there.
    """
    import dask
    from distributed import Client, LocalCluster

    # a worker that is killed takes its runs along at most twice: the third time they are to blame
    dask.config.set({"distributed.scheduler.allowed-failures": 2})
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
            ) as local,
            Client(local) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise BuildError(f"--scheduler {scheduler}: no scheduler answers there ({error})") from None
    with client:
        yield client


def carry_out(sweep: Sweep, store: Store, client, done: dict[str, dict]) -> list[dict]:
    """Do the runs of a sweep that are not done, keeping each as it ends.

    Parameters
    ----------
    sweep : what to run
    store : where to keep it
    client : as `cluster` gives it
    done : finished runs, by id; the new ones are added

    Returns
    -------
    list of dict
        What failed: run, chapter, parameters and error, in the order of the sweep.
    """
    from distributed import as_completed
    from tqdm import tqdm

    left = [run for run_id, run in sweep.runs.items() if run_id not in done]
    failures = {}
    code = runs.code_digest()
    records = {
        data: client.scatter(runs.packed(data), hash=True) for data in {run.data for run in left}
    }
    futures = {
        client.submit(
            runs.run,
            run.notebook.name,
            run.notebook.read_text("utf-8"),
            dict(run.parameters),
            records[run.data],
            code,
            key=run.run_id,
            pure=True,
        ): run
        for run in left
    }
    bar = tqdm(
        total=len(sweep.runs),
        initial=len(sweep.runs) - len(left),
        unit="run",
        file=sys.stderr,
        disable=None,  # where no one watches
    )
    with bar:
        for future in as_completed(futures):
            run = futures[future]
            error = future.exception()
            if isinstance(error, runs.OtherCode):
                client.cancel(list(futures))
                raise BuildError(str(error)) from None
            found = {"failed": f"{run.notebook.name}: {error}"} if error else future.result()
            if "failed" in found:
                failures[run.run_id] = found["failed"]
                bar.set_postfix(failed=len(failures))
            else:
                store.keep(run.run_id, found)
                done[run.run_id] = found
            future.release()
            bar.update()
    return [
        {
            "run": run_id,
            "chapter": run.notebook.stem,
            "parameters": dict(run.parameters),
            "error": failures[run_id],
        }
        for run_id, run in sweep.runs.items()
        if run_id in failures
    ]


def headlines(sweep: Sweep, done: dict[str, dict]) -> pd.DataFrame:
    """One row a combination and headline, in the order of the sweep.

    Returns
    -------
    DataFrame
        ``parameter_...`` of the grid, ``parameter_data``, then the columns of `RESULT`; value, low
        and high are float and missing where there is none.
    """
    rows = [row for combination, ids in zip(sweep.combinations, sweep.of, strict=True)
            for row in _rows(combination, ids, done)]  # fmt: skip
    names = [f"parameter_{name}" for name in sweep.combinations[0]]
    table = pd.DataFrame(rows, columns=[*names, *RESULT])
    numbers = dict.fromkeys(("value", "low", "high", "level"), "float64")
    return table.astype({**numbers, "n": "int64", "organisations": "Int64", "exact": "boolean"})


def _rows(combination: dict, ids: list[str], done: dict[str, dict]) -> Iterator[dict]:
    given = {
        f"parameter_{name}": ",".join(value) if isinstance(value, list) else value
        for name, value in combination.items()
    }
    for run_id in ids:
        for result in done[run_id]["results"] if run_id in done else []:
            yield {
                **given,
                **{name: result.get(name) for name in RESULT},
                "run": run_id,
                "chapter": run_id.rpartition(".")[0],
                "data_date": done[run_id]["data_date"],
            }
