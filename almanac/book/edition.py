"""Which edition is being built: the data it reads and the parameters it sets."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from almanac.book.errors import BuildError

ROOT = Path(__file__).resolve().parents[2]  # the project: installed in place, see requirements.txt
SETTING = "almanac_parameters"  # in _config.yml, under sphinx: config:
PREFIX = "ALMANAC_"  # an environment variable ALMANAC_SIZE_FLOOR_B sets size_floor_b


@dataclass(frozen=True)
class Edition:
    """One edition.

    Attributes
    ----------
    data : the folder of its record
    given : parameters set for it, over the notebooks' defaults; text or what YAML read
    """

    data: Path
    given: Mapping[str, object]

    @property
    def is_default(self) -> bool:
        return self.data == ROOT / "data" and not self.given

    @property
    def name(self) -> str:
        """What tells this edition from others of the same data."""
        if self.is_default:
            return "default"
        return ", ".join(f"{name} = {value}" for name, value in sorted(self.given.items()))

    def data_date(self) -> str:
        """The day the record describes, from its datapackage."""
        return self._package()["updated"]

    def refreshed(self) -> str:
        """How often the record is refreshed, in a word; empty where its datapackage is silent."""
        return self._package().get("refreshed", "")

    def _package(self) -> dict:
        return json.loads((self.data / "datapackage.json").read_text("utf-8"))


def edition(environment: Mapping[str, str]) -> Edition:
    """The edition that `_config.yml` and the environment ask for; the environment wins.

    Raises
    ------
    BuildError
        If the parameters in `_config.yml` are not names with values.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    given = config.get("sphinx", {}).get("config", {}).get(SETTING) or {}
    if not isinstance(given, dict):
        raise BuildError(f"_config.yml, {SETTING}: {given!r} found, expected lines `name: value`")
    given = {str(name): value for name, value in given.items()}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            given[name.removeprefix(PREFIX).lower()] = value
    folder = Path(str(given.get("data") or "data"))  # a variable set to nothing is not set
    data = (folder if folder.is_absolute() else ROOT / folder).resolve()
    if data == ROOT / "data":
        given.pop("data", None)
    elif data.is_relative_to(ROOT):
        given["data"] = data.relative_to(ROOT).as_posix()  # pages name no folder of a machine
    return Edition(data, given)


def commit() -> str:
    """The commit of the project, shortened; empty outside a git checkout."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(ROOT.parent)},
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def digest(files: list[Path], *facts: object) -> str:
    """Digest the names and contents of `files`, and `facts`."""
    total = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for path in sorted(files):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def tables(data: Path) -> list[Path]:
    """The files of a record, without the hidden ones that editors and file managers leave."""
    return [path for path in data.iterdir() if path.is_file() and path.name[0] != "."]


def code() -> list[Path]:
    """The files that decide what notebooks compute and pages show."""
    return [
        *(ROOT / "almanac").rglob("*.py"),
        *(ROOT / "almanac").rglob("*.html"),
        ROOT / "requirements.txt",
    ]


def fingerprint(made: Edition) -> str:
    """A digest of all that an edition's site is made from."""
    files = [
        *(path for path in (ROOT / "book").iterdir() if path.is_file()),
        *(path for path in (ROOT / "_static").rglob("*") if path.is_file()),
        *(tables(made.data) if made.data.is_dir() else []),
        *code(),
        ROOT / "_config.yml",
        ROOT / "_toc.yml",
    ]
    return digest(files, made.given, str(made.data), commit(), sys.version)
