"""Each organisation's releases in short: how many, the first and last, and its first of a kind."""

from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from almanac.record import Record

KNOWN = {  # of a model's column: what has the property, and what says that it is not known
    "architecture": (("moe",), ("undisclosed",)),
    "reasoning": (("optional", "always"), ("undisclosed",)),
}


@dataclass(frozen=True)
class Mark:
    """A model that marks a first, a last or a largest.

    Attributes
    ----------
    model_id, name : of the model
    release : name of its release
    released_on : its day
    date_precision : what the day is worth: day, month, quarter or year
    total_params_b : its size in billions, nan if not stated
    """

    model_id: str
    name: str
    release: str
    released_on: pd.Timestamp
    date_precision: str
    total_params_b: float


@dataclass(frozen=True)
class First:
    """The first model with a property that is known to have it.

    Attributes
    ----------
    mark : the model; None if none is known to have it
    unknown : how many of the organisation's models before it (of all, if there is none) may have
        it or not: nobody says. Only where this is 0 is "none" known.
    """

    mark: Mark | None
    unknown: int


@dataclass(frozen=True)
class Profile:
    """One organisation.

    Attributes
    ----------
    organisation_id, name, parent, country, region, region_note : as the record has them, empty
        where blank; `country` is a code of ISO 3166-1
    releases, models : how many are released
    unreleased : how many models are only announced or withdrawn
    first, last : flagship of its first and its last release; None if nothing is released
    first_moe, first_reasoning : the first of the kind
    largest : its largest model by total parameters; None if no size is stated
    unsized : how many of its models state no total
    """

    organisation_id: str
    name: str
    parent: str
    country: str
    region: str
    region_note: str
    releases: int
    models: int
    unreleased: int
    first: Mark | None
    last: Mark | None
    first_moe: First
    first_reasoning: First
    largest: Mark | None
    unsized: int


def profiles(record: Record) -> list[Profile]:
    """All organisations of the record, by name.

    Models of one day are taken in the order of their role, the flagship first, then of size, the
    largest first, and of name.
    """
    models = record.models_with_release()
    models = models.assign(minor=models.role != "flagship").sort_values(
        ["released_on", "minor", "total_params_b", "name", "model_id"],
        ascending=[True, True, False, True, True],
    )
    of = defaultdict(list)
    for model in models.itertuples(index=False):
        of[model.organisation_id].append(model)
    found = [_profile(row, of[row.organisation_id]) for row in record.organisations.itertuples()]
    return sorted(found, key=lambda one: (one.name.casefold(), one.organisation_id))


def busiest(found: list[Profile], most: int) -> list[Profile]:
    """The `most` organisations with the most models, in the order they have in `found`.

    Raises
    ------
    ValueError
        If `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"most_organisations is {most}, expected 1 or more")
    chosen = sorted(found, key=lambda one: (-one.models, one.organisation_id))[:most]
    ids = {one.organisation_id for one in chosen}
    return [one for one in found if one.organisation_id in ids]


def _profile(row, models: list) -> Profile:
    released = [model for model in models if model.status == "released"]
    days = [model.released_on for model in released]
    sized = [model for model in released if pd.notna(model.total_params_b)]
    names = ("organisation_id", "name", "parent", "country", "region", "region_note")
    return Profile(
        **{name: "" if pd.isna(getattr(row, name)) else getattr(row, name) for name in names},
        releases=len({model.release_id for model in released}),
        models=len(released),
        unreleased=len(models) - len(released),
        first=_mark(released),
        last=_mark([model for model in released if model.released_on == max(days)]),
        first_moe=_first(released, "architecture"),
        first_reasoning=_first(released, "reasoning"),
        # of equals the first by day, as sorting keeps their order
        largest=_mark(sorted(sized, key=lambda model: -model.total_params_b)),
        unsized=len(released) - len(sized),
    )


def _first(models: list, column: str) -> First:
    """The first of an organisation's released models, by day, that is known to have a property."""
    having, silent = KNOWN[column]
    mark = _mark([model for model in models if getattr(model, column) in having])
    unknown = [
        model
        for model in models
        if (pd.isna(getattr(model, column)) or getattr(model, column) in silent)
        and (mark is None or model.released_on < mark.released_on)
    ]
    return First(mark, len(unknown))


def _mark(models: list) -> Mark | None:
    """The first of some models; None if there is none."""
    if not models:
        return None
    first = models[0]
    return Mark(
        first.model_id, first.name, first.release_name, first.released_on, first.date_precision,
        float(first.total_params_b),
    )  # fmt: skip


def in_words(found: list[Profile]) -> str:
    """What the organisations have done, counted, in one sentence."""
    active = [one for one in found if one.models]
    moe = sum(one.first_moe.mark is not None for one in active)
    reasoning = sum(one.first_reasoning.mark is not None for one in active)
    silent = sum(
        one.first_reasoning.mark is None and one.first_reasoning.unknown > 0 for one in active
    )
    countries = len({one.country for one in active})
    return (
        f"{len(active):,} organisations of {countries:,} countries and territories have released "
        f"open-weights models: {moe:,} of them a mixture-of-experts, "
        f"{reasoning:,} a reasoning model"
        + (f" (of {silent:,} more it is not known)" if silent else "")
        + "."
    )
