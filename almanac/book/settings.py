"""How a build runs, as the environment sets it; what it makes does not depend on it."""

import os
from pathlib import Path

from almanac.book.errors import BuildError

KERNELS = "BOOK_KERNELS"  # forked or plain
NETWORK = "BOOK_NETWORK"  # off or on, for the notebooks
CELL_SECONDS = "BOOK_CELL_SECONDS"  # the longest that a cell may take
MEMORY_GB = "BOOK_MEMORY_GB"  # the most that a kernel may take, in 1e9 bytes

USUAL_CELL_SECONDS = 120


def check() -> None:
    """See that all are sensible.

    Raises
    ------
    BuildError
        Naming the first that is not.
    """
    forked(), networked(), cell_seconds(), memory()


def forked() -> bool:
    """Whether kernels are forked from a process that has imported the libraries."""
    return _one_of(KERNELS, ("forked", "plain")) == "forked"


def networked() -> bool:
    """Whether notebooks may ask other hosts."""
    return _one_of(NETWORK, ("off", "on")) == "on"


def cell_seconds() -> float:
    """The longest that a cell may take, in seconds."""
    return _number(CELL_SECONDS) or USUAL_CELL_SECONDS


def memory() -> int:
    """The most that a kernel may take, in bytes: half of what there is, unless set."""
    if wanted := _number(MEMORY_GB):
        return int(wanted * 1e9)
    return installed() // 2


def installed(group: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """The memory of the machine, or of the container if it has less, in bytes; 0 if unknown."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0
    try:
        return min(total, int(group.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total


def _one_of(name: str, values: tuple[str, ...]) -> str:
    """A setting; where it is not set, the first of its values."""
    found = os.environ.get(name) or values[0]
    if found not in values:
        raise BuildError(f"{name}: {found!r} found, expected {' or '.join(values)}")
    return found


def _number(name: str) -> float | None:
    text = os.environ.get(name)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1e9:
        raise BuildError(f"{name}: {text!r} found, expected a number above 0")
    return number
