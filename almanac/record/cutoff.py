"""Whether a write of the record was cut off while its files changed places."""

from pathlib import Path

READY = "ready.json"  # in the staged record, from when its files may change places until all have


def staged(folder: Path) -> Path:
    """Where a new record is written: beside the old, so that files can change places."""
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.refresh")


def is_cut_off(folder: Path) -> bool:
    """Whether a write was cut off while files changed places, so that the record is a mixture."""
    return (staged(folder) / READY).exists()
