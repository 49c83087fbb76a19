"""models.dev: what providers that serve a model say of it.

Only entries marked as open weights count. Providers disagree, and some date their own hosting,
so each provider's word is a statement of its own; see `almanac.refresh.match` for what is made
of several. A context length is what a provider serves, which is often less than the model can, so
it fills no cell.
"""

import json
from typing import Any

from almanac.sources.source import Shape, Source, fixed
from almanac.sources.statements import (
    LISTED,
    Document,
    Said,
    SourceError,
    Statement,
    as_json,
    day_of,
    is_hub_id,
    is_listed_id,
    number,
    plain,
    sound_rows,
)

NAME = "modelsdev"
PAGE = "https://models.dev"
FILES = {"api.json": "https://models.dev/api.json"}


def api(document: Document) -> Said:
    """``api.json``: providers, each with its models."""
    said, known, years = Said(), 0, 0
    for provider, entry in as_json(document, dict).items():
        models = entry.get("models") if isinstance(entry, dict) else None
        if not isinstance(models, dict):
            said.dropped.append(document.drop(provider, str(entry)[:200], "a provider with models"))
            continue
        for key, model in models.items():
            where = f"{provider}/{key}"
            if not isinstance(model, dict) or not isinstance(model.get("reasoning"), bool):
                found = str(model)[:200]
                said.dropped.append(document.drop(where, found, "a model that states reasoning"))
                continue
            known += 1
            if model.get("open_weights") is not True:
                continue
            limit = model.get("limit")
            context = limit.get("context") if isinstance(limit, dict) else None
            years += _model(
                said,
                document,
                where,
                listed=model.get("id", key),
                canonical="",
                day=model.get("release_date"),
                context=context,
                reasons=model["reasoning"],
                options=model.get("reasoning_options"),
            )
    _drop_years(said, document, years)
    if not known:
        raise SourceError(
            f"{NAME}: {document.file} holds no provider's models: its schema has changed"
        )
    return said


def provider_rows(document: Document) -> Said:
    """The same as a table, one row a provider and model."""
    said, years = Said(), 0
    needed = ["provider", "id", "canonical", "release_date", "reasoning", "open_weights"]
    for where, row in sound_rows(document, [*needed, "context", "reasoning_options"], said):
        if row["open_weights"] != "True":
            continue
        try:
            options = json.loads(row["reasoning_options"] or "null")
        except (ValueError, RecursionError):
            found = row["reasoning_options"]
            said.dropped.append(document.drop(where, found, "JSON in reasoning_options"))
            continue
        if row["reasoning"] not in ("True", "False"):
            said.dropped.append(document.drop(where, row["reasoning"], "True or False"))
            continue
        years += _model(
            said,
            document,
            where,
            listed=row["id"],
            canonical=row["canonical"],
            day=row["release_date"],
            context=row["context"] or None,
            reasons=row["reasoning"] == "True",
            options=options,
        )
    _drop_years(said, document, years)
    return said


def _drop_years(said: Said, document: Document, years: int) -> None:
    """Report, at once, the days that stand for a year."""
    if years:
        expected = "a day, not the first of January, which stands for a year"
        said.dropped.append(document.drop("release_date", f"{years} such days", expected))


def _model(
    said: Said,
    document: Document,
    where: str,
    *,
    listed: Any,
    canonical: str,
    day: Any,
    context: Any,
    reasons: bool,
    options: Any,
) -> bool:
    """Take what one entry says; whether its day stands for a year, of which nothing is said."""
    if not is_listed_id(listed):
        said.dropped.append(document.drop(where, listed, "a model's id"))
        return False
    # some providers put their own name before the Hub id
    hub_id = "/".join(listed.split("/")[-2:])
    hub_id = hub_id if is_hub_id(hub_id) else ""

    def says(column: str, value: str, fills: bool = True) -> None:
        name = canonical if is_listed_id(canonical) else listed
        said.statements.append(
            Statement(*(NAME, name, hub_id, column, value, PAGE, "aggregator", document.day, fills))
        )

    says(LISTED, NAME)
    says("reasoning", _reasoning(reasons, options), fills=not reasons or _switched(options))
    is_day = bool(day and day_of(day) and len(day) == 10)
    is_year = is_day and day.endswith("-01-01")
    if is_day and not is_year:
        says("released_on", day)
    elif day and not is_day and not _is_month(day):
        said.dropped.append(document.drop(where, day, "a day in release_date"))
    if context is not None:
        value = number(context)
        if value is None or value != int(value):
            said.dropped.append(document.drop(where, context, "a number of tokens in context"))
        elif value > 0:
            says("context_tokens", plain(value), fills=False)
    return is_year


def _is_month(day: Any) -> bool:
    """Whether a date names no day, which is no fault upstream and no day for us."""
    return isinstance(day, str) and day_of(f"{day}-01") is not None


def _reasoning(reasons: bool, options: Any) -> str:
    """`yes` is no value of the record: a provider cannot tell always from a switch it lacks."""
    if not reasons:
        return "none"
    return "optional" if _switched(options) else "yes"


def _switched(options: Any) -> bool:
    """Whether reasoning can be switched or graded: one effort level alone is no choice."""
    if not isinstance(options, list):
        return False
    for option in options:
        kind = option.get("type") if isinstance(option, dict) else None
        if kind in ("toggle", "budget_tokens"):
            return True
        levels = option.get("values") if kind == "effort" else None
        if isinstance(levels, list) and len(levels) > 1:
            return True
    return False


SOURCE = Source(
    NAME,
    "models.dev",
    fixed(FILES),
    (
        Shape(r"api\.json", api, media="json"),
        Shape(r"modelsdev_.*provider_rows\.csv", provider_rows, media="csv"),
    ),
)
