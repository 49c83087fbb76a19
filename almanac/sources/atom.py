"""ATOM Project: models its editors track, their parameters, and corrected release days."""

from almanac.sources.source import Shape, Source, fixed
from almanac.sources.statements import (
    LISTED,
    Document,
    Said,
    Statement,
    day_of,
    is_hub_id,
    number,
    plain,
    sound_rows,
)

NAME = "atom"
PAGE = "https://github.com/Interconnects-AI/tracked-models"
RAW = "https://raw.githubusercontent.com/Interconnects-AI/tracked-models/main"
FILES = {
    "models.csv": f"{RAW}/models.csv",
    "extra_models.csv": f"{RAW}/extra_models.csv",
    "model_parameters.csv": f"{RAW}/metadata/model_parameters.csv",
    "release_date_corrections.csv": f"{RAW}/metadata/release_date_corrections.csv",
}
UNREVIEWED = "Legacy data"  # begins the note of parameters the editors have not looked at


def tracked(document: Document) -> Said:
    """Hub ids the editors track."""
    said = Said()
    for where, row in sound_rows(document, ["org", "model", "modelId"], said):
        if not is_hub_id(row["modelId"]):
            said.dropped.append(document.drop(where, row["modelId"], "a Hub id"))
            continue
        said.statements.append(_says(document, row["modelId"], LISTED, NAME))
    return said


def parameters(document: Document) -> Said:
    """Total and active parameters, but for those that the editors call not reviewed."""
    said, unreviewed = Said(), 0
    needed = ["model_id", "total_params_b", "active_params_b", "is_moe", "notes"]
    for where, row in sound_rows(document, needed, said):
        if not is_hub_id(row["model_id"]):
            said.dropped.append(document.drop(where, row["model_id"], "a Hub id"))
            continue
        if row["notes"].startswith(UNREVIEWED):
            unreviewed += 1
            continue
        for column in ("total_params_b", "active_params_b"):
            if not row[column].strip():
                continue
            value = number(row[column])
            if value is None:
                said.dropped.append(document.drop(where, row[column], f"a number in {column}"))
                continue
            said.statements.append(_says(document, row["model_id"], column, plain(value)))
        moe = row["is_moe"].strip().lower()
        if moe in ("true", "false"):
            kind = "moe" if moe == "true" else "dense"
            said.statements.append(_says(document, row["model_id"], "architecture", kind))
    if unreviewed:
        found = f"{unreviewed} that begin with {UNREVIEWED}"
        said.dropped.append(document.drop("notes", found, "rows that its editors have reviewed"))
    return said


def corrections(document: Document) -> Said:
    """Release days that differ from the day the Hub repository was created."""
    said = Said()
    needed = ["model_id", "hf_created_at", "actual_release_date", "notes"]
    for where, row in sound_rows(document, needed, said):
        day = day_of(row["actual_release_date"])
        if not is_hub_id(row["model_id"]) or not day:
            found = f"{row['model_id']},{row['actual_release_date']}"
            said.dropped.append(document.drop(where, found, "a Hub id and a day"))
            continue
        note = f"correction of {row['model_id']}: {row['notes'].strip()}"
        said.statements.append(_says(document, row["model_id"], "released_on", day, note=note))
    return said


def _says(document, hub_id, column, value, note=""):
    return Statement(
        *(NAME, hub_id, hub_id, column, value, PAGE, "aggregator", document.day, True, note)
    )


SOURCE = Source(
    NAME,
    "ATOM Project",
    fixed(FILES),
    (
        Shape(r"(tracked_)?(extra_)?models\.csv", tracked, "2026-08-17", "csv"),
        Shape(r"(tracked_)?model_parameters\.csv", parameters, "2026-08-17", "csv"),
        Shape(r"(tracked_)?release_date_corrections\.csv", corrections, "2026-08-17", "csv"),
    ),
)
