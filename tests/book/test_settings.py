import os

import pytest

from almanac.book import settings
from almanac.book.errors import BuildError
from almanac.book.kernels import zygote

NAMES = (settings.KERNELS, settings.NETWORK, settings.CELL_SECONDS, settings.MEMORY_GB)


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_what_is_usual(monkeypatch):
    settings.check()
    assert settings.forked() and not settings.networked()
    assert settings.cell_seconds() == 120
    assert settings.memory() == settings.installed() // 2
    for name in NAMES:
        monkeypatch.setenv(name, "")
    settings.check()


def test_what_is_set(monkeypatch):
    for name, value in zip(NAMES, ("plain", "on", "2.5", "3"), strict=True):
        monkeypatch.setenv(name, value)
    assert not settings.forked() and settings.networked()
    assert (settings.cell_seconds(), settings.memory()) == (2.5, 3_000_000_000)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("BOOK_KERNELS", "fork", "BOOK_KERNELS: 'fork' found, expected forked or plain"),
        ("BOOK_NETWORK", "yes", "BOOK_NETWORK: 'yes' found, expected off or on"),
        ("BOOK_CELL_SECONDS", "2m", "BOOK_CELL_SECONDS: '2m' found, expected a number above 0"),
        ("BOOK_CELL_SECONDS", "-1", "expected a number above 0"),
        ("BOOK_MEMORY_GB", "nan", "BOOK_MEMORY_GB: 'nan' found"),
        ("BOOK_MEMORY_GB", "inf", "BOOK_MEMORY_GB: 'inf' found"),
    ],
)
def test_what_makes_no_sense_stops_before_any_kernel(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(BuildError, match=said), zygote():
        pytest.fail("started")


@pytest.mark.parametrize("limit, found", [("max", None), ("1000000000", 10**9), ("9" * 18, None)])
def test_a_container_may_have_less_memory_than_its_machine(tmp_path, limit, found):
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert settings.installed(tmp_path / "memory.max") == (found or machine)
    assert settings.installed(tmp_path / "none") == machine
