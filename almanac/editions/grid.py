"""What a sweep runs: the combinations that a grid asks for, and the notebooks they need.

A grid is YAML:

    parameters:
      unit: [release, model]
      size_floor_b: [0, 10, 70]
    chapters: [moe, reasoning]    # else all notebooks
    data: [data, mine]            # records; else the project's
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import yaml

from almanac.book import parameters, pipeline
from almanac.book.edition import ROOT
from almanac.book.errors import BuildError

KEYS = ("parameters", "chapters", "data")
MOST = 1_000_000  # combinations; a slip in a grid soon asks for more than will ever end


class GridError(BuildError):
    """A grid cannot be run as it stands."""


@dataclass(frozen=True)
class Run:
    """One notebook with one set of parameters.

    Attributes
    ----------
    run_id : name of the notebook and a digest of all that its outputs depend on
    notebook : its file
    parameters : the value of each of its parameters
    data : folder of the record it reads
    """

    run_id: str
    notebook: Path
    parameters: Mapping[str, object]
    data: Path


@dataclass(frozen=True)
class Sweep:
    """The combinations of a grid, and the runs that they share.

    Attributes
    ----------
    combinations : in the order of the grid, the value of each of its parameters, and ``data``
    of : for each combination, the ids of its runs, in the order of the chapters
    runs : by id, each once: chapters that do not take a parameter run once for all its values
    """

    combinations: list[dict[str, object]]
    of: list[list[str]]
    runs: dict[str, Run]


def read(path: Path) -> dict:
    """A grid as it is written.

    Raises
    ------
    GridError
        Naming the line, if it is no YAML of that form.
    """
    text = path.read_text("utf-8")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise GridError(f"{path.name}:{line} expected YAML ({error.problem})") from None
    if not isinstance(found, dict) or not found:
        raise GridError(f"{path.name}:1 expected keys {', '.join(KEYS)}")
    for key in found:
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(KEYS)}"
            raise GridError(f"{path.name}:{_line(text, key)} {key}: it is no key of a grid; {hint}")
    found = {"parameters": {}, "chapters": None, "data": None} | found
    if not isinstance(found["parameters"], dict):
        raise GridError(
            f"{path.name}:{_line(text, 'parameters')} parameters: expected `name: [value, ...]`"
        )
    lists = {**found["parameters"], **{k: found[k] for k in KEYS[1:] if found[k] is not None}}
    for name, values in lists.items():
        if not isinstance(values, list) or not values:
            raise GridError(
                f"{path.name}:{_line(text, name)} {name}: {values!r} found, expected a list of "
                "values"
            )
    return found


def sweep(path: Path) -> Sweep:
    """What the grid in a file asks for.

    Raises
    ------
    GridError
        Naming the line and what was probably meant, for a parameter, a value, a chapter or a
        record that is not there.
    """
    grid, text = read(path), path.read_text("utf-8")
    notebooks = {file.stem: file for file in sorted((ROOT / "book").glob("*.ipynb"))}
    chapters = grid["chapters"] or list(notebooks)
    for name in chapters:
        if name not in notebooks:
            close = difflib.get_close_matches(str(name), notebooks, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(notebooks)}"
            raise GridError(f"{path.name}:{_line(text, name)} {name}: no such chapter; {hint}")
    chosen = [notebooks[name] for name in dict.fromkeys(chapters)]
    declared = {file.stem: parameters.declared(file) for file in chosen}
    names = list(grid["parameters"])
    records = [_record(path, text, folder) for folder in grid["data"] or ["data"]]
    count = len(records)
    for values in grid["parameters"].values():
        count *= len(values)
    if count > MOST:
        raise GridError(f"{path.name}: {count:,} combinations asked for, at most {MOST:,} can be")
    for name, values in grid["parameters"].items():
        for value in values:
            try:
                parameters.settle(declared, {name: value})
            except parameters.ParameterError as error:
                raise GridError(f"{path.name}:{_line(text, name)} {error}") from None
    combinations, of, runs = [], [], {}
    folder = Path("runs")
    for (label, data), *values in product(records, *grid["parameters"].values()):
        given = dict(zip(names, values, strict=True)) | ({} if label == "data" else {"data": label})
        settled = parameters.settle(declared, given)
        typed = {n: v for known in settled.values() for n, v in known.items() if n in names}
        combination = {"data": label} | {name: typed[name] for name in names}
        if combination in combinations:  # 0 and 0.0
            continue
        combinations.append(combination)
        jobs = pipeline.jobs(chosen, settled, data, folder)
        ids = [job.target.stem for job in jobs]
        of.append(ids)
        for run_id, job in zip(ids, jobs, strict=True):
            runs.setdefault(run_id, Run(run_id, job.source, job.parameters, data))
    return Sweep(combinations, of, runs)


def _record(path: Path, text: str, folder: object) -> tuple[str, Path]:
    found = (ROOT / str(folder)).resolve()
    if not (found / "datapackage.json").is_file():
        raise GridError(
            f"{path.name}:{_line(text, folder)} {folder}: expected the folder of a record; a "
            "relative one is in the project"
        )
    return str(folder), found


def _line(text: str, word: object) -> int:
    """The first line that has a word, whole, for a message."""
    whole = re.compile(rf"(?<![\w.-]){re.escape(str(word))}(?![\w.-])")
    return next((n for n, line in enumerate(text.splitlines(), 1) if whole.search(line)), 1)


def in_words(found: Sweep, done: Sequence[str]) -> str:
    """How much a sweep runs."""
    left = len(found.runs) - len(done)
    again = f", {len(done):,} of which are there already" if done else ""
    return (
        f"{len(found.combinations):,} combinations, {len(found.runs):,} runs of notebooks{again}: "
        f"{left:,} to do"
    )
