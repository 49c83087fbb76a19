"""A record of any number of models, for measuring: the real one in copies.

No row of it is true, so it is written to a folder of its own and never into `data/`. Each copy of
an organisation has its releases, models and their evidence under keys of its own (`qwen3-8b.copy7`),
its days earlier by as many days as its copy's number leaves of `SPREAD`, so that days tie no more
than in the real record. What is not of a model (events, claims, engines, corrections) is there
once.

    python benchmarks/generated.py MODELS FOLDER
"""

import shutil
import sys
from pathlib import Path

import pandas as pd

from almanac.record.schema import read_schema
from almanac.record.tables import row_names

ROOT = Path(__file__).resolve().parent.parent
SPREAD = 28  # days that copies are moved by
DAYS = ["announced_on", "released_on", "hub_created_on"]
COPIED = ("organisations", "releases", "models", "techniques", "configs", "capabilities",
          "adoption", "aliases", "codings")  # fmt: skip
OWN = {"subject": "capabilities", "listed_id": "aliases"}  # keys that lead to no other table
IDS = ("organisation_id", "release_id", "model_id", "base_model_id")


def generate(models: int, target: Path, source: Path = ROOT / "data") -> int:
    """Write a record of at least `models` models into the new folder `target`.

    A release is copied whole or not at all, so there may be a few more: their number is returned.
    """
    schema = read_schema(source)
    real = {
        name: pd.read_csv(source / table.path, dtype="str", keep_default_na=False)
        for name, table in schema.tables.items()
    }
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.csv"))
    in_all = len(real["models"])
    parts = {name: [] for name in (*COPIED, "evidence")}
    for number in range(-(-models // in_all)):
        wanted = min(models - number * in_all, in_all)
        chosen = real if wanted == in_all else _first(real, wanted)
        for name, rows in _copy(schema, chosen, number).items():
            parts[name].append(rows)
        real["corrections"] = real["corrections"] if number else chosen["corrections"]
    written = {**real, **{name: pd.concat(rows) for name, rows in parts.items()}}
    once = real["evidence"]
    written["evidence"] = pd.concat(
        [written["evidence"], once[~once["table"].isin(COPIED)]]
    )
    for name, table in schema.tables.items():
        rows = written[name].sort_values(list(table.primary_key))
        rows.to_csv(target / table.path, index=False, lineterminator="\n")
    return len(written["models"])


def _first(real: dict[str, pd.DataFrame], models: int) -> dict[str, pd.DataFrame]:
    """The rows of the first releases that have so many models between them.

    Those of systems that claims speak of come first, as chapters look for them.
    """
    of_release = real["models"].groupby("release_id").size()
    releases = real["releases"]
    asked = releases["organisation_id"].isin(ASKED)
    order = pd.concat([releases[asked], releases[~asked]])
    before = order["release_id"].map(of_release).fillna(0).cumsum().shift(fill_value=0)
    kept = dict(real)
    kept["releases"] = order[before < models].sort_index()
    kept["models"] = real["models"][
        real["models"]["release_id"].isin(kept["releases"]["release_id"])
    ].copy()
    ids = set(kept["models"]["model_id"]) | {""}
    lost = ~kept["models"]["base_model_id"].isin(ids)
    kept["models"].loc[lost, "base_model_id"] = ""
    for name in COPIED:
        if name not in ("organisations", "releases", "models"):
            kept[name] = real[name][real[name]["model_id"].isin(ids)]
    kept["corrections"] = real["corrections"].head(0)  # of rows that may be gone
    return kept


ASKED = ("openai", "meta", "microsoft", "ibm", "google", "deepseek", "alibaba-qwen", "minimax",
         "baidu", "huawei", "moonshot")  # fmt: skip


def _copy(schema, real: dict[str, pd.DataFrame], number: int) -> dict[str, pd.DataFrame]:
    """The rows of one copy, and their evidence; copy 0 is the real record's."""
    if number == 0:
        copied = {name: real[name] for name in COPIED}
        names = {name: row_names(real[name], schema.tables[name]) for name in COPIED}
        said = real["evidence"]
        held = [said["table"].eq(name) & said["row"].isin(names[name]) for name in COPIED]
        return {**copied, "evidence": said[pd.concat(held, axis=1).any(axis=1)]}
    suffix, earlier = f".copy{number}", pd.Timedelta(days=1 + number % SPREAD)
    copied, said = {}, []
    for name in COPIED:
        rows = real[name].copy()
        for column in rows.columns.intersection([*IDS, *OWN]):
            if column in OWN and OWN[column] != name:
                continue
            rows[column] = rows[column].where(rows[column] == "", rows[column] + suffix)
        days = rows.columns.intersection(DAYS)
        rows[days] = rows[days].apply(_moved, earlier=earlier)
        copied[name] = rows
        table = schema.tables[name]
        renamed = pd.Series(
            row_names(rows, table).array, index=row_names(real[name], table).array
        )
        told = real["evidence"][real["evidence"]["table"] == name].copy()
        told = told[told["row"].isin(renamed.index)]
        told["row"] = told["row"].map(renamed)
        day = told["column"].isin(DAYS)
        told.loc[day, "value"] = _moved(told.loc[day, "value"], earlier)
        own = told["column"].isin(IDS)
        told.loc[own, "value"] = told.loc[own, "value"] + suffix
        said.append(told)
    return {**copied, "evidence": pd.concat(said)}


def _moved(days: pd.Series, earlier: pd.Timedelta) -> pd.Series:
    moved = (pd.to_datetime(days, format="%Y-%m-%d", errors="coerce") - earlier).dt.strftime(
        "%Y-%m-%d"
    )
    return moved.where(moved.notna(), days)


if __name__ == "__main__":
    print(generate(int(sys.argv[1]), Path(sys.argv[2])), "models")
