"""Transformers: model types it generates text with, and the day each was added.

The automatic classes say which types there are; the page of a type that is not known yet says the
day it was added.
"""

import re

from almanac.sources.engines import ARCHITECTURE, COMMIT, present, tables
from almanac.sources.source import Shape, Source, Wanted, fixed
from almanac.sources.statements import (
    Document,
    EngineName,
    Said,
    day_of,
    is_listed_id,
    sound_rows,
)

NAME = ENGINE = "transformers"
PAGE = "https://github.com/huggingface/transformers"
RAW = "https://raw.githubusercontent.com/huggingface/transformers/main"
FILES = {"modeling_auto.py": f"{RAW}/src/transformers/models/auto/modeling_auto.py"}
CLASSES = ("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES")
ADDED = re.compile(r"added to Hugging Face Transformers on (\d{4}-\d\d-\d\d)")
TYPE = re.compile(r"[\w.-]{1,100}", re.ASCII)


def types(document: Document) -> Said:
    """Model types that generate text, present today."""
    return present(document, ENGINE, ARCHITECTURE, tables(document, CLASSES), PAGE)


def page(document: Document) -> Said:
    """The documentation of one type."""
    said = Said()
    name = document.file.removeprefix("doc-").removesuffix(".md")
    found = ADDED.search(document.text)
    if not found or not day_of(found[1]):
        said.dropped.append(document.drop(name, document.text[:60], "the day it was added"))
        return said
    address = f"{PAGE}/blob/main/docs/source/en/model_doc/{name}.md"
    note = "day it was added, by its documentation"
    said.engines.append(
        EngineName(ENGINE, ARCHITECTURE, name, "", found[1], "exact", address, note)
    )
    return said


def table(document: Document) -> Said:
    """Model types as a table, with the day of each and whether it is a mixture of experts."""
    said = Said()
    needed = ["model", "git_added", "added_best", "causal_lm", "image_text", "is_moe"]
    for where, row in sound_rows(document, needed, said):
        if "True" not in (row["causal_lm"], row["image_text"]):
            continue
        day = day_of(row["added_best"])
        if not day or not is_listed_id(row["model"]):
            found = f"{row['model']},{row['added_best']}"
            said.dropped.append(document.drop(where, found, "a model type and a day"))
            continue
        exact = row["git_added"] == row["added_best"]
        note = COMMIT if exact else "first seen in a release: an upper bound"
        moe = {"True": "true", "False": "false"}.get(row["is_moe"], "")
        said.engines.append(
            EngineName(
                *(ENGINE, ARCHITECTURE, row["model"], moe, day),
                *("exact" if exact else "latest", PAGE, note),
            )
        )
    return said


def _more(document: Document, link: str, wanted: Wanted) -> dict[str, str]:
    if document.file != "modeling_auto.py":
        return {}
    known = wanted.names.get(f"{ENGINE}/{ARCHITECTURE}", frozenset())
    return {
        f"doc-{name}.md": f"{RAW}/docs/source/en/model_doc/{name}.md"
        for name in tables(document, CLASSES)
        if name not in known and TYPE.fullmatch(name) and ".." not in name
    }


SOURCE = Source(
    NAME,
    "Transformers",
    fixed(FILES),
    (
        Shape(r"modeling_auto\.py", types),
        Shape(r"doc-[\w.-]+\.md", page),
        Shape(r"transformers_models\.csv", table, "2026-11-13", "csv"),
    ),
    _more,
)
