"""The lock holds what requirements.txt names, with checksums; and that is what is installed."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def named(text):
    """Lines of a requirements file that name a package."""
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def locked(text):
    """What a lock names, each with its checksums."""
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.M)[1:]
    return [(Requirement(one.partition("\\")[0]), HASH.findall(one)) for one in entries]


WANTED = named((ROOT / "requirements.txt").read_text("utf-8"))
LOCKED = locked((ROOT / "requirements.lock").read_text("utf-8"))


def pins(requirements):
    return {canonicalize_name(one.name): str(one.specifier) for one in requirements}


def test_the_lock_holds_every_package_at_its_version():
    everywhere = [one for one, _ in LOCKED if one.marker is None]
    assert pins(everywhere) == pins(WANTED), "run `make lock`"
    assert len(everywhere) == len(WANTED)


def test_what_the_lock_holds_on_top_is_for_other_systems():
    more = [one for one, _ in LOCKED if one.marker is not None]
    assert [str(one) for one in more if canonicalize_name(one.name) in pins(WANTED)] == []


def test_every_package_is_pinned_and_has_checksums():
    assert [str(one) for one, hashes in LOCKED if not hashes] == []
    exact = re.compile(r"==[\w.]+")
    requirements = [*WANTED, *(one for one, _ in LOCKED)]
    assert [str(one) for one in requirements if not exact.fullmatch(str(one.specifier))] == []


@pytest.mark.parametrize("requirement", WANTED, ids=lambda one: one.name)
def test_what_is_pinned_is_installed(requirement):
    try:
        assert requirement.specifier.contains(version(requirement.name))
    except PackageNotFoundError:
        pytest.fail(f"{requirement.name} is not installed: `make lock`, then `make .venv/ready`")


def test_make_installs_nothing_without_a_checksum():
    recipe = (ROOT / "Makefile").read_text("utf-8").partition(".venv/ready: ")[2]
    installs = [line for line in recipe.splitlines() if re.search(r"\$\(PIP\)|pip install", line)]
    assert len(installs) == 4
    assert [line for line in installs if "--require-hashes" not in line] == [
        "\t$(PIP) --quiet --no-deps --no-build-isolation -e ."  # the project itself
    ]


def test_binder_installs_the_lock_too():
    commands = (ROOT / "binder" / "postBuild").read_text("utf-8").splitlines()
    first, second = (line for line in commands if "pip install" in line)
    assert first.endswith("--require-hashes -r requirements.lock")
    assert second.endswith("--no-deps --no-build-isolation -e .")
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o111
    python = (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip()
    assert python in ("python-3.11", "python-3.12", "python-3.13")
