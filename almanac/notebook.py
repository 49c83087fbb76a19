"""What a notebook tells the book around it: charts, tables and headline results.

The book stores each of them as data in the executed notebook, so that the build can draw,
check and collect them. Opened in JupyterLab, the same notebook shows ordinary charts.
"""

import json
import math
import os
import re
from functools import lru_cache
from pathlib import Path

import pandas as pd

from almanac import record
from almanac.charts import theme
from almanac.measures import counting
from almanac.measures.claims import Verdict
from almanac.measures.estimate import Estimate
from almanac.measures.writing import DAY as DAY  # pages write days with it
from almanac.record import Record, Schema, difference, previous
from almanac.record.difference import TableDifference

PROJECT = Path(__file__).resolve().parent.parent

RESULT = "application/vnd.almanac.result+json"
VERDICTS = "application/vnd.almanac.verdicts+json"
FOLDERS = "_ALMANAC_FOLDERS"  # environment variable: of merged records, by their names, as JSON
BUILDING = "_ALMANAC_BUILDING"  # environment variable: set while the book is built


def start() -> None:
    """Draw charts in the Almanac's theme; in the build, keep them as data."""
    theme.enable(as_data=bool(os.environ.get(BUILDING)))


def draws(bootstrap_size: int, seed: int, level: float) -> dict:
    """The settings of the cluster bootstrap, as the measures take them.

    Raises
    ------
    ValueError
        Naming the parameter that is out of range.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected between 0 and 1, as 0.9")
    if bootstrap_size < 100:
        raise ValueError(f"bootstrap_size is {bootstrap_size}, expected at least 100")
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
    return {"size": bootstrap_size, "seed": seed, "level": level}


def headline(result_id: str, estimate: Estimate, text: str, **names: str) -> None:
    """Publish one headline result.

    The sentence can be quoted on any page as ``{glue:text}`FILE.ipynb::RESULT_ID:s` ``, the
    number and the interval alone as `RESULT_ID-value` and `RESULT_ID-interval`, the number for
    large figures and the sentence without the interval as `RESULT_ID-brief` and
    `RESULT_ID-short`, and how they were found as `RESULT_ID-basis`.

    Parameters
    ----------
    result_id : name of the result, unique in the book, as in `moe-share`
    estimate : the number with its interval
    text : one sentence for readers; `{value}` stands for the number and `{interval}` for its
        interval in words, `{NAME}` for one of `names`
    names : texts of the record, which may hold braces of their own

    Raises
    ------
    ValueError
        If the number or an end of its interval is not finite.
    """
    from IPython.display import display

    for number in (estimate.value, estimate.low, estimate.high):
        if number is not None and not math.isfinite(number):
            raise ValueError(f"result {result_id} holds {number}; an open bound is None")
    known = {**names, "value": estimate.show(), "interval": estimate.show_interval()}

    def filled(text: str) -> str:
        # in one pass, so that a name that reads "{value}" stays one; str.format refuses a lone "{"
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)

    sentence = filled(text)
    quote(
        **{
            result_id: sentence,
            f"{result_id}-value": known["value"],
            f"{result_id}-interval": known["interval"],
            f"{result_id}-brief": estimate.brief(),
            f"{result_id}-short": filled(text.replace(" ({interval})", "")),
            f"{result_id}-basis": estimate.basis(),
        }
    )
    result = {"id": result_id, "text": sentence, **estimate.as_dict()}
    display({RESULT: result, "text/plain": sentence}, raw=True)


def no_headline(result_id: str, why: str) -> None:
    """Say in a sentence why an edition has no such result, wherever `headline` would be quoted."""
    quote(
        **{
            result_id: why,
            f"{result_id}-value": "",
            f"{result_id}-interval": "",
            f"{result_id}-brief": "–",
            f"{result_id}-short": why,
            f"{result_id}-basis": "",
        }
    )


def verdicts(found: list[Verdict]) -> None:
    """Publish verdicts on claims; the build of the default edition holds them to those recorded.

    Each comes as `claim_id`, `recorded`, `computed` and `turned`, the sentences of the parts that
    stand against the recorded verdict.
    """
    from IPython.display import display

    told = [
        {
            "claim_id": verdict.claim_id,
            "recorded": verdict.recorded,
            "computed": verdict.computed,
            "turned": [f"{part.label}: {part.words}" for part in verdict.turned()],
        }
        for verdict in found
    ]
    display({VERDICTS: {"verdicts": told}, "text/plain": f"{len(told)} verdicts"}, raw=True)


def quote(**values: str | int | float) -> None:
    """Make values quotable in prose by the `glue` role, here and on other pages."""
    from myst_nb import glue

    for name, value in values.items():
        # numpy's numbers print their type, which a page must not
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


def folder_of(data: str) -> Path:
    """The folder of a record: a relative one is in the project.

    A record with overlays, as ``data + mine``, has one while its edition is built.
    """
    return PROJECT / json.loads(os.environ.get(FOLDERS, "{}")).get(data, data)


def read_record(data: str) -> Record:
    """The record in the folder `data`, as `folder_of` finds it.

    Kept while no file of it changes, so that the build reads it once and not for every notebook.
    """
    folder = folder_of(data)
    files = sorted(file for file in folder.glob("*") if file.suffix in {".csv", ".json"})
    return _read(folder, tuple((file, *_stamp(file.stat())) for file in files))


def read_changes(data: str) -> tuple[Schema | None, list[TableDifference]]:
    """What differs between the record in the folder `data` and the previous edition it keeps.

    Returns
    -------
    tuple
        The schema of the previous edition and what differs by table; None and an empty list where
        the record keeps none.
    """
    folder = folder_of(data)
    before = previous.read(folder)
    if before is None:
        return None, []
    found = difference.difference(before.texts, difference.read(folder))
    return before.texts.schema, found


def _stamp(file: os.stat_result) -> tuple[int, int, int]:
    return file.st_mtime_ns, file.st_size, file.st_ino


@lru_cache(maxsize=1)
def _read(folder: Path, _stamps: tuple) -> Record:
    return record.load(folder)


def models_of(tables: Record, columns: list[str]) -> pd.DataFrame:
    """One row a model with its release and organisation, graded by the evidence of `columns`.

    `columns` are those of releases and models that the analysis rests on; `grade` is the lowest
    grade among them, and `release` and `organisation` are names for readers.
    """
    models = tables.models_with_release().rename(
        columns={"release_name": "release", "organisation_name": "organisation"}
    )
    for table in ("releases", "models"):
        own = [column for column in columns if column in getattr(tables, table).columns]
        models = record.with_confidence(models, tables, table, own)
    return counting.graded(models, columns)
