"""What a sweep has found so far, at a path or an address that fsspec knows.

Each finished run is a file of its own, there whole or not at all, so that a sweep that was cut
off goes on where it stopped. A file that cannot be read is as good as none: its run is done again.
"""

import json
import os

import pandas as pd

from almanac.book.errors import BuildError

RUNS, TABLE, FAILURES = "runs", "headlines.parquet", "failures.json"


class Store:
    """A folder of a sweep.

    Parameters
    ----------
    address : a path, or an address as `s3://bucket/folder` whose kind fsspec can serve

    Raises
    ------
    BuildError
        If fsspec does not know the kind of address, or lacks the package for it.
    """

    def __init__(self, address: str):
        import fsspec

        try:
            self.files, root = fsspec.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise BuildError(f"--out {address}: {error}") from None
        self.root, self.address = root.rstrip("/"), address
        try:
            self.files.makedirs(f"{self.root}/{RUNS}", exist_ok=True)
        except OSError as error:
            raise BuildError(f"--out {address}: {error.strerror or error}") from None

    def finished(self) -> dict[str, dict]:
        """What each finished run found, by its id."""
        found = {}
        for path in self.files.ls(f"{self.root}/{RUNS}", detail=False):
            name = path.rpartition("/")[2]
            if not name.endswith(".json") or name.startswith("."):
                continue
            try:
                outcome = json.loads(self.files.cat_file(path))
                if isinstance(outcome["results"], list) and isinstance(outcome["data_date"], str):
                    found[name.removesuffix(".json")] = outcome
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def keep(self, run_id: str, outcome: dict) -> None:
        """Keep what a run found."""
        text = json.dumps(outcome, sort_keys=True, ensure_ascii=False)
        self._put(f"{RUNS}/{run_id}.json", text.encode())

    def write(self, headlines: pd.DataFrame, failures: list[dict]) -> None:
        """Write the table of all headlines, and what failed."""
        text = json.dumps(failures, indent=1, ensure_ascii=False)
        self._put(FAILURES, f"{text}\n".encode())
        self._put(TABLE, headlines.to_parquet(index=False))

    def _put(self, name: str, data: bytes) -> None:
        folder, _, file = f"{self.root}/{name}".rpartition("/")
        part = f"{folder}/.{file}.{os.getpid()}"
        self.files.pipe_file(part, data)
        self.files.mv(part, f"{folder}/{file}")
