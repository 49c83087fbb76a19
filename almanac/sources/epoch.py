"""Epoch AI, Data on AI Models: days, parameters and training tokens of models with open weights.

Its publication day is at times that of a paper. Its training tokens are the size of the data set,
which may be read several times, so they fill no cell. Where its blank `Model accessibility` leaves
the weights unknown, a row is not read.
"""

from almanac.sources.source import Shape, Source, fixed
from almanac.sources.statements import (
    LISTED,
    Document,
    Said,
    Statement,
    billions,
    day_of,
    is_hub_id,
    is_listed_id,
    number,
    sound_rows,
)

NAME = "epoch"
PAGE = "https://epoch.ai/data/ai-models"
FILES = {"all_ai_models.csv": "https://epoch.ai/data/all_ai_models.csv"}
NEEDED = ["Model", "Domain", "Publication date", "Parameters", "Model accessibility"]
# The newest column says what is counted; older ones are blank in newer downloads.
TOKENS = ("Training dataset size (total)", "Training dataset size (datapoints)")


def models(document: Document) -> Said:
    """One of the tables of models."""
    said = Said()
    for where, row in sound_rows(document, NEEDED, said):
        if "Language" not in row["Domain"] or not row["Model accessibility"].startswith("Open"):
            continue
        name = row["Model"].strip()
        if not is_listed_id(name):
            said.dropped.append(document.drop(where, name, "the name of a model"))
            continue
        said.statements.append(_says(document, name, LISTED, NAME))
        if row["Publication date"]:
            if day := day_of(row["Publication date"]):
                said.statements.append(_says(document, name, "released_on", day))
            else:
                found = row["Publication date"]
                said.dropped.append(document.drop(where, found, "a day in Publication date"))
        _count(said, document, where, name, "total_params_b", row["Parameters"])
        # a data point of another kind is no token, and a fine-tune's are not pre-training
        if row["Domain"].strip() == "Language" and not row.get("Base model"):
            column = next((column for column in TOKENS if row.get(column)), None)
            if column:
                _count(said, document, where, name, "training_tokens_b", row[column])
    return said


def versions(document: Document) -> Said:
    """Versions of models with their Hub developer, and the day each came out.

    The table is of those that were benchmarked; its days fill no cell (it dates Kimi-K2-0905 a
    year early).
    """
    said = Said()
    needed = ["id", "Model", "Version release date", "Hugging Face developer id"]
    for where, row in sound_rows(document, needed, said):
        day, developer = row["Version release date"], row["Hugging Face developer id"].strip()
        hub_id = f"{developer}/{row['id'].strip()}"
        if not day or not is_hub_id(hub_id):
            continue
        if not day_of(day):
            said.dropped.append(document.drop(where, day, "a day in Version release date"))
            continue
        statement = _says(document, row["id"].strip(), "released_on", day_of(day))
        said.statements.append(statement._replace(hub_id=hub_id, fills=False))
    return said


def _count(said: Said, document: Document, where: str, name: str, column: str, text: str) -> None:
    if not text.strip():
        return
    value = number(text)
    if value is None or value <= 0:
        said.dropped.append(document.drop(where, text, f"a count for {column}"))
        return
    said.statements.append(_says(document, name, column, billions(value)))


def _says(document, name, column, value):
    note = f"listed as {name}" if column == "released_on" else ""
    fills = column != "training_tokens_b"
    return Statement(
        *(NAME, name, "", column, value, PAGE, "aggregator", document.day, fills, note)
    )


SOURCE = Source(
    NAME,
    "Epoch AI",
    fixed(FILES),
    (
        Shape(r"all_ai_models\.csv", models, media="csv"),
        Shape(r"epoch_notable_2026-07\.csv", models, "2026-07-31", "csv"),
        Shape(r"epoch_large_scale_2026-01\.csv", models, "2026-01-31", "csv"),
        Shape(r"epoch_all_ml_systems_2025-06\.csv", models, "2025-06-30", "csv"),
        Shape(r"epoch_model_versions\.csv", versions, "2026-07-01", "csv"),
    ),
)
