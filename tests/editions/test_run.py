"""Sweeps as they are run: on this machine, on a cluster, cut off, and with runs that fail."""

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pandas as pd
import psutil
import pytest

from almanac import notebook
from almanac.measures import counting, shares, specifications, sweeps
from conftest import BIN, RECORD, ROOT

GRID = """\
parameters:
  unit: [release, family]
  size_floor_b: [0, 10]
  bootstrap_size: [200]
chapters: [moe]
data: [tests/fixtures/record]
"""
FAILING = GRID.replace("[200]", "[200, 50]").replace("[0, 10]", "[0]")


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    path = tmp_path_factory.mktemp("grid") / "grid.yml"
    path.write_text(GRID)
    return path


@contextmanager
def dask(folder, workers=2):
    """A scheduler and workers as processes of their own: its address, and the workers."""
    file = folder / "scheduler.json"
    command = [BIN / "dask", "{}", "--scheduler-file", file, "--no-dashboard"]
    started = []

    def start(what, *options):
        told = [str(part).format(what) for part in command]
        log = (folder / f"{what}-{len(started)}.log").open("w")
        started.append(
            subprocess.Popen([*told, *options], stdout=log, stderr=log, cwd=folder,
                             start_new_session=True)
        )  # fmt: skip
        return started[-1]

    try:
        start("scheduler", "--port", "0", "--host", "127.0.0.1")
        ends = time.monotonic() + 60
        while not file.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        for _ in range(workers):
            # no nanny, which would start a killed one anew
            start("worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def here(run, grid, tmp_path_factory):
    """What a sweep on this machine said, and where it put what it found."""
    out = tmp_path_factory.mktemp("here")
    return run("almanac", "editions", grid, "--out", out), out


def table(out):
    return pd.read_parquet(out / "headlines.parquet")


def test_a_sweep_gives_a_row_a_headline_and_combination(here):
    done, out = here
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "4 combinations, 4 runs of notebooks: 4 to do"
    found = table(out)
    assert json.loads((out / "failures.json").read_text()) == []
    share = found[found.id == "moe-share"]
    assert share.parameter_unit.tolist() == ["release", "release", "family", "family"]
    assert share.parameter_size_floor_b.tolist() == [0, 10, 0, 10]
    assert (share.parameter_data == "tests/fixtures/record").all()
    assert not found.duplicated(["parameter_unit", "parameter_size_floor_b", "id"]).any()
    assert (found.n >= 1).all() and found.text.str.len().gt(0).all()


def test_a_cluster_finds_the_same_and_what_fails_is_listed(here, run, grid, tmp_path):
    out = tmp_path / "out"
    with dask(tmp_path) as (address, _):
        done = run("almanac", "editions", grid, "--scheduler", address, "--out", out)
        assert done.returncode == 0, done.stderr
        pd.testing.assert_frame_equal(table(here[1]), table(out))
        (tmp_path / "failing.yml").write_text(FAILING)
        failed = run("almanac", "editions", tmp_path / "failing.yml", "--scheduler", address,
                     "--out", out)  # fmt: skip
    # two of four were there, two fail, and none that was there is lost
    assert failed.returncode == 1
    assert "2 of which are there already: 2 to do" in failed.stdout
    assert "moe.ipynb, cell 3 (setup): ValueError: bootstrap_size is 50" in failed.stderr
    faults = json.loads((out / "failures.json").read_text())
    assert [fault["parameters"]["bootstrap_size"] for fault in faults] == [50, 50]
    assert table(out).parameter_bootstrap_size.unique().tolist() == [200]
    assert len(list((out / "runs").glob("*.json"))) == 4


def test_a_sweep_that_was_cut_off_goes_on(here, run, grid, tmp_path):
    _, out = here
    (tmp_path / "runs").mkdir()
    kept = sorted((out / "runs").iterdir())
    for path in kept[:2]:
        (tmp_path / "runs" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "runs" / kept[2].name).write_bytes(kept[2].read_bytes()[:100])  # a torn one
    done = run("almanac", "editions", grid, "--out", tmp_path)
    assert "2 of which are there already: 2 to do" in done.stdout
    pd.testing.assert_frame_equal(table(out), table(tmp_path))


def test_the_chapters_own_curve_is_what_a_sweep_gives(here):
    """Whole notebooks, one a combination, give what the chapter computes in process."""
    curve = sweeps.curve(table(here[1]), "moe-share", 0.6)
    record = notebook.read_record(str(RECORD))
    models = notebook.models_of(record, ["released_on", "total_params_b", "n_routed_experts"])
    draws = notebook.draws(200, 20250120, 0.9)

    def share(choice):
        of_year = choice.units[choice.units.year == 2025]
        found = shares.share(of_year, "is_moe", choice.unit, **draws)
        return found.__class__(**{**vars(found), "neutral": 0.6})

    chosen = specifications.selections(
        models, first_date="2023-01-01", as_of="2026-10-31", regions=list(counting.REGIONS)
    )
    ways = specifications.curve(chosen, share)
    columns = ["unit", "size_floor_b", "list", "day", "region_rule", "n", "organisations", "value",
               "low", "high", "side"]  # fmt: skip
    both = ways.merge(curve, on=list(specifications.CHOICES), suffixes=("", "_swept"))
    assert len(both) == 4
    for name in columns[5:]:
        assert both[name].tolist() == both[f"{name}_swept"].tolist(), name


@pytest.mark.soak  # it is waited for
def test_nobody_answers(run, grid, tmp_path):
    done = run("almanac", "editions", grid, "--scheduler", "tcp://127.0.0.1:9", "--out", tmp_path)
    assert done.returncode == 1
    assert "--scheduler tcp://127.0.0.1:9: no scheduler answers there" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.soak
def test_a_worker_that_is_killed_costs_no_run(here, grid, tmp_path):
    with dask(tmp_path) as (address, workers):
        sweep = subprocess.Popen(
            [BIN / "almanac", "editions", grid, "--scheduler", address, "--out", tmp_path / "out"],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        runs = tmp_path / "out" / "runs"
        while not list(runs.glob("*.json")):  # the first has ended, others are on their way
            assert sweep.poll() is None, sweep.stderr.read()
            time.sleep(0.05)
        family = psutil.Process(workers[0].pid).children(recursive=True)
        os.kill(workers[0].pid, signal.SIGKILL)
        _, said = sweep.communicate(timeout=300)
        assert sweep.returncode == 0, said
        assert psutil.wait_procs(family, timeout=20)[1] == []  # no kernel outlives its worker
    pd.testing.assert_frame_equal(table(here[1]), table(tmp_path / "out"))
