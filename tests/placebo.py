"""A record in which nothing ever changes: every quarter, on one day, each ships the same again.

As many organisations of each region do the same, so no region differs from another either. On it
no chapter may announce a change, a trend or a difference.
"""

import csv
import json
from operator import itemgetter
from pathlib import Path

import pandas as pd

from almanac.record import read_schema

DATA = Path(__file__).parents[1] / "data"
REGIONS = {"us": "US", "china": "CN", "europe": "FR", "other": "KR"}
QUARTERS = pd.period_range("2023Q1", "2026Q3", freq="Q")
# Lists that say the same as the vendor, of every kind shipped or of some
LISTS = (
    ("https://github.com/Interconnects-AI/tracked-models", range(6)),
    ("https://epoch.ai/data", (0, 1, 3)),
    ("https://models.dev", (1, 3, 4)),
)
# What an organisation ships: total and active parameters (B), reasoning, licence.
KINDS = (
    (100, 10, "none", ("Apache-2.0", 4)),
    (7, 7, "optional", ("MIT", 4)),
    (32, 32, "none", ("Model License", 2)),
    (400, 40, "always", ("MIT", 4)),
    (14, 14, "none", ("Research License", 1)),
    (71, 71, "optional", ("Model License", 2)),
)
# How every mixture of experts is built, whatever its stated size
CONFIG = {
    "n_dense_layers": 1, "hidden_size": 2048, "ffn_size": 8192,
    "ffn_gated": "true", "expert_ffn_size": 1024, "shared_expert_ffn_size": 1024, "n_heads": 16,
    "n_kv_heads": 4, "head_dim": 128, "attention": "gqa", "vocab_size": 100000,
    "tied_embeddings": "false",
}  # fmt: skip
NOTE = "stated, and not what its configuration makes"


def tables() -> dict[str, list[dict]]:
    """The rows of the record's tables, by name; those not named are empty."""
    names = (
        "organisations", "releases", "models", "techniques", "adoption", "codings", "configs"
    )  # fmt: skip
    found = {name: [] for name in names}
    for number in range(len(KINDS) * len(REGIONS)):
        kind, region = divmod(number, len(REGIONS))
        region = list(REGIONS)[region]
        name = f"{region}-{kind}"
        found["organisations"].append(
            {"organisation_id": name, "name": name, "country": REGIONS[region], "region": region,
             "hub_namespaces": name}
        )  # fmt: skip
        for quarter in QUARTERS:
            release(found, name, KINDS[kind], f"{quarter.asfreq('M', 'end') - 1}-10")
    found["engine_support"] = engines()
    found["capabilities"] = scores()
    found["events"] = [
        {"event_id": name, "date": day, "label": name, "kind": "open_model"}
        for name, day in (("deepseek-r1", "2025-01-20"), ("mixtral-torrent", "2023-12-08"),
                          ("o1-preview", "2024-09-12"))
    ]  # fmt: skip
    return found


def release(found, organisation, kind, day):
    """Add one release of one model."""
    total, active, reasoning, (licence, licence_class) = kind
    key = f"{organisation}-{day}"
    found["releases"].append(
        {"release_id": key, "organisation_id": organisation, "name": key, "family": key,
         "announced_on": day, "released_on": day, "hub_created_on": day, "date_precision": "day",
         "status": "released", "url": f"https://example.org/{key}"}
    )  # fmt: skip
    moe = {"architecture": "moe", "n_routed_experts": 64, "n_shared_experts": 1,
           "experts_per_token": 4}  # fmt: skip
    found["models"].append(
        {"model_id": key, "release_id": key, "name": key, "hub_id": f"{organisation}/{key}",
         "role": "flagship", "total_params_b": total, "active_params_b": active,
         "context_tokens": 131072, "modality": "text", "licence": licence,
         "licence_class": licence_class, "reasoning": reasoning, "listed_in": "atom;hub"}
        | (moe if active < total else {"architecture": "dense"})
    )  # fmt: skip
    if active < total:
        layers = 24 + len(found["configs"])  # or it would be no new design
        found["configs"].append({"model_id": key, "n_layers": layers} | CONFIG)
    found["adoption"].append(
        {"model_id": key, "metric": "downloads_30d", "value": 1000, "measured_on": "2026-10-31"}
    )
    if reasoning != "none":
        technique = "hybrid_toggle" if reasoning == "optional" else "separate_thinking_model"
        found["techniques"] += [
            {"model_id": key, "technique": technique},
            {"model_id": key, "technique": "rl_verifiable", "algorithm": "GRPO"},
        ]
        found["codings"] += [
            {"model_id": key, "coder": coder, "technique": label,
             "source_url": "https://example.org/card"}
            for coder in ("first", "second")
            for label in ("rl_verifiable", technique)
        ]  # fmt: skip


def engines():
    """Two architectures a quarter in one engine, one a mixture of experts, and a parser in two."""
    return [
        {"engine": engine, "kind": kind, "name": f"{name}-{quarter}".lower(), "moe": moe,
         "family": f"Family {quarter}" if kind == "reasoning_parser" else "",
         "first_on": f"{quarter.end_time:%Y-%m-%d}", "bound": "exact"}
        for quarter in QUARTERS
        for engine, kind, name, moe in (
            ("transformers", "architecture", "dense", "false"),
            ("transformers", "architecture", "moe", "true"),
            ("vllm", "reasoning_parser", "parser", ""),
            ("sglang", "reasoning_parser", "parser-of", ""),
        )
    ]  # fmt: skip


def scores():
    """Open and closed systems of both regions that on one day of each quarter score the same, a
    point more than the quarter before: all frontiers rise, and none behind another."""
    return [
        {"subject": f"{region} {access} {quarter}", "metric": metric, "value": 100 + number,
         "measured_on": "2026-10-31", "access": access, "region": region,
         "released_on": f"{quarter.asfreq('M', 'end') - 1}-10"}
        for number, quarter in enumerate(QUARTERS)
        for metric in ("eci", "arena", "livebench")
        for region in ("us", "china")
        for access in ("open", "closed")
    ]  # fmt: skip


def sources(key):
    """Where a value of the row with this key is stated: by the vendor, and by lists."""
    kind = key.split("-")[1:2]
    return [
        {"source_url": "https://example.org/card", "source_kind": "card", "confidence": "B"},
        *(
            {"source_url": f"{address}/{key}", "source_kind": "aggregator", "confidence": "C"}
            for address, kinds in LISTS
            if kind and kind[0].isdigit() and int(kind[0]) in kinds
        ),
    ]


def write(folder: Path) -> Path:
    """Write the record into `folder`, under the real schema and valid by it."""
    folder.mkdir(parents=True, exist_ok=True)
    package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    (folder / "datapackage.json").write_text(json.dumps(package), "utf-8")
    schema, rows = read_schema(folder), tables()
    rows["evidence"] = []
    for name, table in schema.tables.items():
        if name != "evidence":
            key = itemgetter(*table.primary_key)
            rows[name] = sorted(rows.get(name, []), key=key)
            rows["evidence"] += [
                {"table": name, "row": "/".join(str(row[k]) for k in table.primary_key),
                 "column": column, "value": row[column], "accessed_on": package["updated"],
                 "note": NOTE if column in ("total_params_b", "active_params_b") else ""} | source
                for row in rows[name]
                for column in table.evidenced
                if row.get(column) not in (None, "", "undisclosed")
                for source in sources(str(row[table.primary_key[0]]))
            ]  # fmt: skip
    rows["evidence"].sort(key=lambda row: [row[k] for k in schema.tables["evidence"].primary_key])
    for name, table in schema.tables.items():
        with (folder / table.path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, table.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name])
    return folder
