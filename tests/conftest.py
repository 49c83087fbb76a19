"""One edition of the small frozen record, built once for all tests that look at a site."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tests" / "fixtures" / "record"
BIN = Path(sys.executable).parent


OF_THE_SITE = {"built_site", "first_build", "browser"}
OF_NOTEBOOKS = {"book", "regression", "test_placebo.py"}  # below tests/


@pytest.hookimpl(wrapper=True)  # before groups are read, which is done in such a hook as well
def pytest_collection_modifyitems(config, items):
    """What shares a build, a browser or forked kernels is of one group, which is one process's."""
    for item in items:
        if item.path.suffix == ".ipynb":  # with --nbval; a notebook's cells share a kernel
            group = item.path.stem
        elif OF_THE_SITE & set(item.fixturenames):
            group = "site"
        else:
            below = item.path.relative_to(ROOT / "tests").parts[0]
            group = "notebooks" if below in OF_NOTEBOOKS else "rest"
        item.add_marker(pytest.mark.xdist_group(group))
    yield
    if hasattr(config, "workerinput"):  # each process would build the site, and the gate be late
        assert all("@" in item.nodeid for item in items if item.path.suffix == ".py"), (
            "pytest-xdist does not see the groups"
        )


def call(command, *arguments, **environment):
    """Run a command of the environment; no setting of whoever runs the tests reaches it."""
    settings = ("ALMANAC_", "BOOK_")
    usual = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    return subprocess.run(
        [BIN / command, *map(str, arguments)],
        cwd=ROOT,
        env={**usual, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="session")
def run():
    """Runs `almanac` or `jupyter-book` with arguments, in the project."""
    return call


@pytest.fixture(scope="session")
def frozen_record():
    """Folder of the small record, not to be changed."""
    return RECORD


@pytest.fixture(scope="session")
def hostile_record(tmp_path_factory):
    """Folder of the small record with an attack in every text, not to be changed."""
    import hostile

    return hostile.write(tmp_path_factory.mktemp("hostile") / hostile.NAME)


@pytest.fixture(scope="session")
def first_build(tmp_path_factory):
    """What `almanac build` said as it built the edition, with its folder as `out`."""
    out = tmp_path_factory.mktemp("edition")
    done = call("almanac", "build", "--data", RECORD, "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    done.out = out
    return done


@pytest.fixture(scope="session")
def built_site(first_build):
    """Folder of the finished pages; not to be changed."""
    return first_build.out / "_build" / "html"
