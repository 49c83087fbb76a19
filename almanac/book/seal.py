"""What is kept between builds is used only if it is as it was written.

A disk that was full, a process that was killed or a hand that slipped may leave part of a file, or
another one; what does not fit its seal is made again.
"""

import hashlib
import json
import os
from pathlib import Path


def place(file: Path) -> Path:
    """Where the seal of a file lies: beside it."""
    return file.with_suffix(".seal")


def seal(*files: Path) -> None:
    """Seal files, which are whole; the seal lies beside the first."""
    part = place(files[0]).with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(_digests(files)), "utf-8")
    os.replace(part, place(files[0]))


def is_sealed(*files: Path) -> bool:
    """Whether all files are there and as they were when `seal` got the same ones."""
    try:
        return json.loads(place(files[0]).read_bytes()) == _digests(files)
    except (OSError, ValueError):
        return False


def _digests(files: tuple[Path, ...]) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
