"""An edition before the small frozen record, made up, that differs from it in known ways."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from almanac.record import difference
from almanac.record.difference import Texts
from almanac.record.schema import parse_schema

RECORD = Path(__file__).parent / "fixtures" / "record"
DAY = "2026-11-20"
NEW_MODEL = "aya-23-8b"  # which the earlier edition does not have
LOST_EVENT = "gpt-2"  # which it alone has
NEW_COLUMN = "region_in_doubt"
VALUES = [  # key, column, before and now
    ("aya-23-35b", "total_params_b", "35", "34.98"),
    ("aya-expanse-32b", "licence", "", "CC-BY-NC-4.0"),
]
AS_NUMBER = ("aya-expanse-32b", "total_params_b", "32.0")  # which is 32 now

RESULT = {
    "chapter": "moe", "text": "A share of {}.", "level": 0.9, "n": 70, "organisations": 12,
    "unit": "share of releases", "confidence": "B", "exact": False, "kind": "share",
    "method": "cluster bootstrap by organisation", "neutral": None, "vendor_share": None,
}  # fmt: skip
HEADLINES = {  # of the earlier edition: value and interval, chosen beside today's
    "moe-share": (0.5, 0.35, 0.6),  # today's lies outside, its interval does not
    "timeline-bend": (0.9, 0.85, 1.2),  # today's interval lies outside too
    "moe-large": (0.6, 0.2, 0.9),  # today's lies inside
    "moe-small": (0.0, 0.0, 0.5),  # today's is the same, its interval is not
    "audit-days": (0.4001, 0.068, 0.8256),  # the same in the digits that are written
    "moe-ceiling": (1.0, 0.301638, None),  # the same
    "record-models": (117.0, None, None),
    "lost-share": (0.25, 0.1, 0.4),
}


def texts() -> Texts:
    """The record of the earlier edition."""
    now = difference.read(RECORD)
    descriptor = copy.deepcopy(now.schema.descriptor) | {"updated": DAY}
    for resource in descriptor["resources"]:
        fields = resource["schema"]["fields"]
        fields[:] = [field for field in fields if field["name"] != NEW_COLUMN]
    tables = dict(now.tables)
    tables["organisations"] = tables["organisations"].drop(columns=NEW_COLUMN)
    event = pd.DataFrame([{"event_id": LOST_EVENT, "date": "2019-02-14", "label": "GPT-2",
                           "kind": "open_model"}])  # fmt: skip
    tables["events"] = pd.concat([tables["events"], event], ignore_index=True)
    models = tables["models"]
    models = models[models.model_id != NEW_MODEL].reset_index(drop=True)
    for key, column, before in [*((k, c, b) for k, c, b, _ in VALUES), AS_NUMBER]:
        models.loc[models.model_id == key, column] = before
    tables["models"] = models
    return replace(now, schema=parse_schema(json.dumps(descriptor).encode()), tables=tables)


def results() -> dict:
    """The headline results of the earlier edition, as its ``results.json`` holds them."""
    units = {
        "timeline-bend": ("ratio", "factor a year in the growth factor of releases a month"),
        "audit-days": ("share", "share of lists' values that agree with values of the record that "
                       "rest on vendors"),
        "moe-ceiling": ("share", "share of releases at which the fitted curve levels off"),
        "record-models": ("count", "models"),
    }  # fmt: skip
    made = []
    for name, (value, low, high) in HEADLINES.items():
        kind, unit = units.get(name, ("share", "share of releases"))
        exact = name == "record-models"
        made.append(RESULT | {"id": name, "value": value, "low": low, "high": high, "kind": kind,
                              "unit": unit, "exact": exact,
                              "text": RESULT["text"].format(value)})  # fmt: skip
    return {"edition": "default", "data_date": DAY, "parameters": {"as_of": "2026-09-30"},
            "results": made}  # fmt: skip


def write(folder: Path) -> Path:
    """Write the record of the earlier edition into `folder`."""
    folder.mkdir(parents=True)
    made = texts()
    (folder / "datapackage.json").write_text(json.dumps(made.schema.descriptor), "utf-8")
    for name, frame in made.tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return folder
