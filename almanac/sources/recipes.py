"""vLLM recipes: parameters and context of models, checked by hand for serving them."""

import re
from decimal import Decimal
from typing import Any

from almanac.sources.source import Shape, Source, Wanted
from almanac.sources.statements import (
    LISTED,
    Document,
    Said,
    SourceError,
    Statement,
    as_json,
    is_hub_id,
    number,
    plain,
    sound_rows,
)

NAME = "recipes"
PAGE = "https://github.com/vllm-project/recipes"
SITE = "https://recipes.vllm.ai"
COUNT = re.compile(r"(\d+(?:\.\d+)?) ?([MBT])", re.IGNORECASE)
SCALE = {"M": Decimal("0.001"), "B": Decimal(1), "T": Decimal(1000)}
FIELDS = ("architecture", "parameter_count", "active_parameters", "context_length")


def recipe(document: Document) -> Said:
    """One recipe as the recipes' site gives it."""
    said = Said()
    model = as_json(document, dict).get("model")
    if not isinstance(model, dict) or not is_hub_id(model.get("model_id")):
        said.dropped.append(document.drop("model", str(model)[:200], "a model with a Hub id"))
        return said
    _model(said, document, "model", model["model_id"], [model.get(name) for name in FIELDS])
    return said


def table(document: Document) -> Said:
    """All recipes as a table."""
    said = Said()
    columns = [f"model_{name}" for name in FIELDS]
    for where, row in sound_rows(document, ["model_model_id", *columns], said):
        if not is_hub_id(row["model_model_id"]):
            said.dropped.append(document.drop(where, row["model_model_id"], "a Hub id"))
            continue
        _model(said, document, where, row["model_model_id"], [row[name] for name in columns])
    return said


def index(document: Document) -> Said:
    """The list of recipes says nothing itself, but its own shape must be right."""
    said = Said()
    for place, entry in enumerate(as_json(document, list), 1):
        if not isinstance(entry, dict) or not is_hub_id(entry.get("hf_id")):
            said.dropped.append(document.drop(f"entry {place}", str(entry)[:200], "an hf_id"))
    if not _more(document, "", Wanted()):
        raise SourceError(f"{NAME}: {document.file} lists no recipe: its schema has changed")
    return said


def _model(said: Said, document: Document, where: str, hub_id: str, values: list[Any]) -> None:
    architecture, total, active, context = values

    def says(column: str, value: str) -> None:
        page = (NAME, hub_id, hub_id, column, value, PAGE, "aggregator", document.day)
        said.statements.append(Statement(*page))

    says(LISTED, NAME)
    if architecture in ("dense", "moe"):
        says("architecture", architecture)
    elif architecture:
        said.dropped.append(document.drop(where, str(architecture)[:200], "dense or moe"))
    for column, value in (("total_params_b", total), ("active_params_b", active)):
        if not value or str(value).lower() in ("undisclosed", "unknown"):
            continue
        found = COUNT.fullmatch(str(value).strip())
        if not found:
            said.dropped.append(document.drop(where, str(value)[:200], "a count as 30.5B"))
            continue
        says(column, plain(Decimal(found[1]) * SCALE[found[2].upper()]))
    if context not in (None, ""):
        tokens = number(context)
        if tokens is None or tokens != int(tokens):
            said.dropped.append(document.drop(where, str(context)[:200], "a number of tokens"))
        elif tokens > 0:  # 0 is how a recipe says nothing
            says("context_tokens", plain(int(tokens)))


def _addresses(wanted: Wanted) -> dict[str, str]:
    return {"models.json": f"{SITE}/models.json"}


def _more(document: Document, link: str, wanted: Wanted) -> dict[str, str]:
    """The recipes of the index, but for those of variants of another."""
    if document.file != "models.json":
        return {}
    ids = [
        entry["hf_id"]
        for entry in as_json(document, list)
        if isinstance(entry, dict)
        and is_hub_id(entry.get("hf_id"))
        and not entry.get("derived_from")
    ]
    return {f"recipe-{hub_id.replace('/', '--')}.json": f"{SITE}/{hub_id}.json" for hub_id in ids}


SOURCE = Source(
    NAME,
    "vLLM recipes",
    _addresses,
    (
        Shape(r"models\.json", index, media="json"),
        Shape(r"recipe-[\w.-]+--[\w.-]+\.json", recipe, media="json"),
        Shape(r"vllm_recipes\.csv", table, "2026-08-21", "csv"),
    ),
    _more,
)
