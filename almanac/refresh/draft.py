"""Draft rows for proposed new models that a person asked for by name.

A draft holds what sources state and no more; who adds it reads the vendor's own words next. It is
refused where the record's rules need what nobody states.
"""

import re
from collections.abc import Iterable

from almanac.refresh.match import about, settled
from almanac.refresh.propose import (
    LISTS,
    MODEL,
    Change,
    Edit,
    NewModel,
    Proposal,
    evidence_edit,
    licence_classes,
)
from almanac.refresh.tables import Row, Tables
from almanac.sources.statements import LISTED, Statement, hub_page

MODALITIES = {
    "text-generation": "text",
    "text2text-generation": "text",
    "image-text-to-text": "text;image",
    "audio-text-to-text": "text;audio",
    "video-text-to-text": "text;video",
}


class DraftError(Exception):
    """A model cannot be drafted; the message says what is missing."""


def drafts(proposal: Proposal, hub_ids: Iterable[str], tables: Tables) -> list[Change]:
    """Changes that add models, those of one organisation and day in one release.

    Raises
    ------
    DraftError
        If one of them is not proposed, or lacks what a row cannot be without.
    """
    proposed = {new.hub_id.lower(): new for new in proposal.new_models}
    groups: dict[tuple[str, str], list[tuple[NewModel, dict[str, Statement]]]] = {}
    for hub_id in dict.fromkeys(hub_id.lower() for hub_id in hub_ids):
        new = proposed.get(hub_id)
        if new is None:
            raise DraftError(f"{hub_id} is not among the proposed new models")
        if not new.organisation_id:
            space = new.hub_id.split("/")[0]
            raise DraftError(
                f"{new.hub_id}: no organisation of the record publishes as {space}: add it to"
                " organisations.csv first"
            )
        said = {column: ones[0] for column, ones in settled(new.statements).items()}
        day = said.get("released_on") or said.get("hub_created_on")
        if day is None:
            raise DraftError(f"{new.hub_id}: no source states a day: add it by hand")
        groups.setdefault((new.organisation_id, day.value), []).append((new, said))
    return [_release(of, tables) for _, of in sorted(groups.items())]


def _release(of: list[tuple[NewModel, dict[str, Statement]]], tables: Tables) -> Change:
    of.sort(key=lambda pair: -float(pair[0].total_params_b or 0))
    flagship, said = of[0]
    release_id = _free(flagship.hub_id, {key[0] for key in tables.rows["releases"]})
    name = flagship.hub_id.split("/")[1]
    day = said.get("released_on")
    if day is None:
        day = said["hub_created_on"]._replace(
            column="released_on", note="Hub creation date; weights may have become public later"
        )
    release = {
        "release_id": release_id,
        "organisation_id": flagship.organisation_id,
        "name": name,
        "family": name,
        "released_on": day.value,
        "date_precision": "day",
        "status": "released",
        "url": hub_page(flagship.hub_id),
    }
    edits = [evidence_edit(tables, "releases", release_id, day.column, day)]
    if created := _earliest(of):
        release["hub_created_on"] = created.value
        edits.append(evidence_edit(tables, "releases", release_id, created.column, created))
    edits.append(Edit("releases", (release_id,), release))
    taken = {key[0] for key in tables.rows["models"]}
    for new, words in of:
        model_id = _free(new.hub_id, taken)
        taken.add(model_id)
        row, evidence = _model(new, words, tables, model_id)
        row |= {"release_id": release_id, "role": "flagship" if new is flagship else "size"}
        edits += [Edit("models", (model_id,), row), *evidence]
    names = ", ".join(new.hub_id for new, _ in of)
    return Change(
        *("model", "releases", release_id, "release_id", "", names, day.source),
        *(hub_page(flagship.hub_id), max(s.stated_on for _, w in of for s in w.values())),
        *("draft: read the vendor's own words next", tuple(edits)),
    )


def _model(
    new: NewModel, said: dict[str, Statement], tables: Tables, model_id: str
) -> tuple[Row, list[Edit]]:
    found = about(new.statements)
    architecture = found.get("architecture")
    if architecture is None:
        key = ("transformers", "architecture", found.get("model_type", ""))
        moe = tables.rows["engine_support"].get(key, {}).get("moe", "")
        architecture = {"true": "moe", "false": "dense"}.get(moe)
    if architecture is None:
        raise DraftError(f"{new.hub_id}: no source says whether it is dense or moe: add it by hand")
    modality = MODALITIES.get(found.get("pipeline", ""))
    if modality is None:
        raise DraftError(f"{new.hub_id}: its pipeline tag tells no modality: add it by hand")
    lists = {one.value for one in new.statements if one.column == LISTED}
    row = {
        "model_id": model_id,
        "name": new.hub_id.split("/")[1],
        "hub_id": new.hub_id,
        "architecture": architecture,
        "modality": modality,
        "licence": "undisclosed",
        "licence_class": "0",
        "reasoning": "undisclosed",
        LISTED: ";".join(name for name in LISTS if name in lists),
    }
    classes = licence_classes(tables)
    evidence = []
    for column in MODEL:
        statement = said.get(column)
        if statement is None:
            continue
        evidence.append(evidence_edit(tables, "models", model_id, statement.column, statement))
        if not statement.fills or column == "reasoning":
            continue
        if column == "licence":
            if statement.value not in classes:
                continue
            row["licence_class"], row["licence_flags"] = classes[statement.value]
        row[column] = statement.value
    return row, evidence


def _earliest(of: list[tuple[NewModel, dict[str, Statement]]]) -> Statement | None:
    created = [said["hub_created_on"] for _, said in of if "hub_created_on" in said]
    return min(created, key=lambda statement: statement.value, default=None)


def _free(hub_id: str, taken: set[str]) -> str:
    """A key from a repository's name that no row has."""
    name = re.sub(r"[^a-z0-9.]+", "-", hub_id.split("/")[1].lower()).strip("-.")
    if name not in taken:
        return name
    return f"{re.sub(r'[^a-z0-9.]+', '-', hub_id.split('/')[0].lower())}-{name}"
