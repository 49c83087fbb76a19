"""Which edition is being built: the data it reads and the parameters it sets."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from almanac.book.errors import BuildError
from almanac.record import bounds, overlay, read_package

ROOT = Path(__file__).resolve().parents[2]  # the project: installed in place, see requirements.txt
SETTING = "almanac_parameters"  # in _config.yml, under sphinx: config:
PREFIX = "ALMANAC_"  # an environment variable ALMANAC_SIZE_FLOOR_B sets size_floor_b
OVERLAY = "overlay"  # among the parameters: folders laid over the record, for this edition
ADDRESS = "BOOK_BASEURL"  # environment variable: where the site will be published


@dataclass(frozen=True)
class Edition:
    """One edition.

    Attributes
    ----------
    data : the folder of its record
    given : parameters set for it, over the notebooks' defaults; text or what YAML read
    address : where its site is published, ending in a slash; empty where nobody has said so
    overlays : folders of an analyst's own rows that are laid over the record, the lowest first
    """

    data: Path
    given: Mapping[str, object]
    address: str = ""
    overlays: tuple[Path, ...] = ()

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

    def licence(self) -> dict:
        """The licence of the data, from its datapackage: `name` and, if it is given, `path`.

        A path that is no address of the web (`javascript:`) is left out: pages link to it.
        """
        licence = next(iter(self._package().get("licenses", [])), {})
        linked = str(licence.get("path", "")).startswith(("https://", "http://"))
        return {name: text for name, text in licence.items() if name != "path" or linked}

    def _package(self) -> dict:
        return read_package(self.data)


def edition(environment: Mapping[str, str]) -> Edition:
    """The edition that `_config.yml` and the environment ask for; the environment wins.

    The address in `_config.yml` is that of the edition there: another one, which the environment
    makes of it, has none of its own unless the environment names it.

    Raises
    ------
    BuildError
        If the parameters in `_config.yml` are not names with values, or the address is none.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    configured = config.get("sphinx", {}).get("config", {}).get(SETTING) or {}
    if not isinstance(configured, dict):
        raise BuildError(
            f"_config.yml, {SETTING}: {configured!r} found, expected lines `name: value`"
        )
    configured = {str(name): value for name, value in configured.items()}
    asked = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    base, made = _made(configured), _made(configured | asked)
    if ADDRESS in environment:
        return replace(made, address=_address(environment[ADDRESS], ADDRESS))
    if made != base:
        return made
    address = config.get("html", {}).get("baseurl") or ""
    return replace(made, address=_address(str(address), "_config.yml, html: baseurl"))


def _made(given: dict) -> Edition:
    data = _folder(given.get("data") or "data")  # a variable set to nothing is not set
    given = dict(given)
    overlays = _overlays(given.pop(OVERLAY, None))
    if data == ROOT / "data":
        given.pop("data", None)
    elif data.is_relative_to(ROOT):
        given["data"] = data.relative_to(ROOT).as_posix()  # pages name no folder of a machine
    if overlays:
        given["data"] = " + ".join([given.get("data", "data"), *overlay.names(overlays)])
    return Edition(data, given, overlays=overlays)


def _folder(text: object) -> Path:
    """A folder as it is set: a relative one is in the project."""
    return (ROOT / str(text)).resolve()


def _overlays(given: object) -> tuple[Path, ...]:
    """The folders of overlays: a list, or text with the sign between that PATH has."""
    listed = given if isinstance(given, list) else str(given or "").split(os.pathsep)
    folders = tuple(_folder(text) for text in listed if text)
    for folder in folders:
        if not folder.is_dir():
            raise BuildError(f"parameter {OVERLAY}: {folder} is no folder; name one with tables")
    return folders


def _address(text: str, where: str) -> str:
    """An address of a folder, with the slash that links are appended to; empty stays empty."""
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BuildError(f"{where}: {text!r} found, expected an address as https://host/folder/")
    return text.rstrip("/") + "/"


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
        with path.open("rb") as file:
            held = hashlib.file_digest(file, "sha256").digest()
        total.update(path.name.encode() + b"\0" + held)
    return total.hexdigest()


def tables(data: Path) -> list[Path]:
    """The files of a record, without the hidden ones that editors and file managers leave.

    Raises
    ------
    BuildError
        If one is a link, or all together are larger than a record may be.
    """
    try:
        bounds.check_folder(data)
    except bounds.OutOfBounds as error:
        raise BuildError(f"The record in {data} is refused: {error}") from None
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
        *(path for folder in made.overlays for path in tables(folder)),
        *code(),
        ROOT / "_config.yml",
        ROOT / "_toc.yml",
        ROOT / "CITATION.cff",
    ]
    folders = [str(made.data), *map(str, made.overlays)]
    return digest(files, made.given, folders, made.address, commit(), sys.version)
