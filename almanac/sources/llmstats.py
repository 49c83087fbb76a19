"""LLM-stats: days, parameters, training tokens and licences, with a link to the weights.

Its training tokens fill no cell: distilled and fine-tuned models carry those of another model, or
of the fine-tuning.
"""

import re
from collections import Counter
from typing import Any

from almanac.sources.licences import licence
from almanac.sources.source import Shape, Source, Wanted
from almanac.sources.statements import (
    Document,
    Said,
    SourceError,
    Statement,
    as_json,
    billions,
    day_of,
    hub_id_of,
    is_listed_id,
    number,
    sound_rows,
)

NAME = "llmstats"
PAGE = "https://github.com/JonathanChavezTamales/llm-leaderboard"
REPOSITORY = "JonathanChavezTamales/llm-leaderboard"
TREE = f"https://api.github.com/repos/{REPOSITORY}/git/trees/main?recursive=1"
RAW = f"https://raw.githubusercontent.com/{REPOSITORY}/main"
MODEL = re.compile(
    r"data/organizations/([\w.-]{1,96})/models/([\w.-]{1,96})/model\.json", re.ASCII
)
COUNTS = {"param_count": "total_params_b", "training_tokens": "training_tokens_b"}
NEEDED = ("model_id", "release_date", "license_id", "param_count", "training_tokens")


def table(document: Document) -> Said:
    """All models as a table."""
    said = Said()
    rows = list(sound_rows(document, [*NEEDED, "source_weights_link"], said))
    linked = Counter(hub_id_of(row["source_weights_link"]).lower() for _, row in rows)
    for where, row in rows:
        # one repository cannot be two models: the link names no one of them
        alone = linked[hub_id_of(row["source_weights_link"]).lower()] == 1
        _model(said, document, where, row, alone)
    return said


def model(document: Document) -> Said:
    """One model's file in the repository."""
    said = Said()
    entry = as_json(document, dict)
    missing = [name for name in NEEDED if name not in entry]
    if missing:
        said.dropped.append(document.drop("file", ", ".join(entry), f"{', '.join(missing)} too"))
    else:
        _model(said, document, "file", entry, True)
    return said


def tree(document: Document) -> Said:
    """The repository's list of files says nothing itself."""
    if not _models(document):
        raise SourceError(f"{NAME}: {document.file} lists no model: its layout has changed")
    return Said()


def _models(document: Document) -> dict[str, str]:
    """Paths of the models' files in the list, each by the name of its copy."""
    entries = as_json(document, dict).get("tree")
    entries = entries if isinstance(entries, list) else []
    paths = [entry.get("path") for entry in entries if isinstance(entry, dict)]
    found = [MODEL.fullmatch(path) for path in paths if isinstance(path, str)]
    return {
        f"model-{match[1]}--{match[2]}.json": match[0]
        for match in found
        if match and ".." not in match[0]
    }


def _model(said: Said, document: Document, where: str, row: dict[str, Any], linked: bool) -> None:
    name = row["model_id"]
    if not is_listed_id(name):
        said.dropped.append(document.drop(where, str(name)[:200], "a model_id"))
        return
    if row["license_id"] == "proprietary":
        return
    link, licence_id = (
        text if isinstance(text, str) else ""
        for text in (row.get("source_weights_link"), row["license_id"])
    )
    hub_id = hub_id_of(link) if linked else ""

    def says(column: str, value: str, note: str = "") -> None:
        said.statements.append(
            Statement(
                *(NAME, name, hub_id, column, value, PAGE, "aggregator", document.day),
                *(column != "training_tokens_b", note),
            )
        )

    if row["release_date"]:
        if day := day_of(row["release_date"]):
            says("released_on", day, f"listed as {name}")
        else:
            found = str(row["release_date"])[:200]
            said.dropped.append(document.drop(where, found, "a day in release_date"))
    if spdx := licence(licence_id):
        says("licence", spdx)
    for key, column in COUNTS.items():
        if not row[key]:
            continue
        value = number(row[key])
        if value is None or value <= 0:
            said.dropped.append(document.drop(where, str(row[key])[:200], f"a count in {key}"))
        else:
            says(column, billions(value))


def _addresses(wanted: Wanted) -> dict[str, str]:
    return {"tree.json": TREE}


def _more(document: Document, link: str, wanted: Wanted) -> dict[str, str]:
    if document.file != "tree.json":
        return {}
    return {file: f"{RAW}/{path}" for file, path in _models(document).items()}


SOURCE = Source(
    NAME,
    "LLM-stats",
    _addresses,
    (
        Shape(r"tree\.json", tree, media="json"),
        Shape(r"model-[\w.-]+\.json", model, media="json"),
        Shape(r"llmstats_models\.csv", table, "2025-10-16", "csv"),
    ),
    _more,
)
