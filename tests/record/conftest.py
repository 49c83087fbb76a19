"""A tiny record of real facts that tests break, one cell at a time."""

import csv
import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
V3 = "https://github.com/deepseek-ai/DeepSeek-V3"
R1 = "https://github.com/deepseek-ai/DeepSeek-R1"
MIXTRAL = "https://mistral.ai/news/mixtral-of-experts"
LLAMA4 = "https://ai.meta.com/blog/llama-4-multimodal-intelligence/"

ORGANISATIONS = [
    dict(organisation_id="deepseek", name="DeepSeek", country="CN", region="china"),
    dict(organisation_id="meta", name="Meta", country="US", region="us"),
    dict(organisation_id="mistral", name="Mistral AI", country="FR", region="europe"),
]
RELEASE = dict(date_precision="day", status="released")
RELEASES = [
    RELEASE
    | dict(release_id="deepseek-r1", organisation_id="deepseek", name="DeepSeek-R1",
           family="DeepSeek-R1", announced_on="2025-01-20", released_on="2025-01-20", url=R1),
    RELEASE
    | dict(release_id="deepseek-v3", organisation_id="deepseek", name="DeepSeek-V3",
           family="DeepSeek-V3", announced_on="2024-12-26", released_on="2024-12-26",
           hub_created_on="2024-12-25", url=V3),
    RELEASE
    | dict(release_id="llama-4-behemoth", organisation_id="meta", name="Llama 4 Behemoth",
           family="Llama 4", announced_on="2025-04-05", status="announced", url=LLAMA4),
    RELEASE
    | dict(release_id="mixtral-8x7b", organisation_id="mistral", name="Mixtral 8x7B",
           family="Mixtral", announced_on="2023-12-11", released_on="2023-12-08", url=MIXTRAL),
]  # fmt: skip
MODEL = dict(architecture="moe", modality="text", licence_class="4", reasoning="none")
DEEPSEEK = MODEL | dict(
    total_params_b="671", active_params_b="37", n_routed_experts="256", n_shared_experts="1",
    experts_per_token="8", context_tokens="131072",
)  # fmt: skip
MODELS = [
    DEEPSEEK
    | dict(model_id="deepseek-r1", release_id="deepseek-r1", name="DeepSeek-R1", role="flagship",
           base_model_id="deepseek-v3-base", licence="MIT", reasoning="always",
           hub_id="deepseek-ai/DeepSeek-R1", listed_in="atom;hub"),
    DEEPSEEK
    | dict(model_id="deepseek-v3", release_id="deepseek-v3", name="DeepSeek-V3", role="flagship",
           base_model_id="deepseek-v3-base", licence="DeepSeek License", licence_class="2"),
    DEEPSEEK
    | dict(model_id="deepseek-v3-base", release_id="deepseek-v3", name="DeepSeek-V3-Base",
           role="base", licence="DeepSeek License", licence_class="2", training_tokens_b="14800"),
    MODEL
    | dict(model_id="llama-4-behemoth", release_id="llama-4-behemoth", name="Llama 4 Behemoth",
           role="flagship", total_params_b="2000", active_params_b="288", n_routed_experts="16",
           licence="undisclosed", licence_class="0", modality="text;image",
           reasoning="undisclosed"),
    MODEL
    | dict(model_id="mixtral-8x7b", release_id="mixtral-8x7b", name="Mixtral 8x7B",
           role="flagship", total_params_b="46.7", active_params_b="12.9", n_routed_experts="8",
           experts_per_token="2", context_tokens="32768", licence="Apache-2.0"),
]  # fmt: skip
TECHNIQUES = [
    dict(model_id="deepseek-r1", technique="cold_start_sft"),
    dict(model_id="deepseek-r1", technique="rl_verifiable", algorithm="GRPO"),
]
CONFIGS = [
    dict(model_id="deepseek-v3", n_layers="61", n_dense_layers="3", hidden_size="7168",
         ffn_size="18432", ffn_gated="true", expert_ffn_size="2048", shared_expert_ffn_size="2048",
         n_heads="128", attention="mla", q_lora_rank="1536", kv_lora_rank="512",
         nope_head_dim="128", rope_head_dim="64", v_head_dim="128", vocab_size="129280",
         tied_embeddings="false"),
]  # fmt: skip
CLAIMS = [
    dict(claim_id="r1-open", claim="R1's weights and method are open.", said_by="The press",
         said_on="2025-07-14", verdict="supported", because="MIT weights and a paper."),
    dict(claim_id="us-trillion", claim="US models near a trillion are proprietary.",
         said_by="The press", said_on="2025-07-14", verdict="supported with caveat",
         because="Behemoth was only announced."),
]  # fmt: skip
EVENTS = [
    dict(event_id="o1-preview", date="2024-09-12", label="OpenAI o1-preview", kind="closed_model"),
]
ADOPTION = [
    dict(model_id="deepseek-v3", metric="likes", value="4401", measured_on="2026-10-05"),
]
ENGINE_SUPPORT = [
    dict(engine="trl", kind="rl_trainer", name="GRPOTrainer", first_on="2025-01-20",
         bound="exact"),
]  # fmt: skip
CAPABILITIES = [
    dict(subject="DeepSeek-V3", metric="livebench", value="60.5", measured_on="2025-01-01",
         access="open", region="china", model_id="deepseek-v3"),
]  # fmt: skip


class Tiny:
    """A record in the making: rows of text by table, in the folder the schema stands in."""

    def __init__(self, folder: Path):
        self.folder = folder
        package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
        package["updated"] = "2026-10-31"
        (folder / "datapackage.json").write_text(json.dumps(package, indent=2), "utf-8")
        self.schemas = {resource["name"]: resource["schema"] for resource in package["resources"]}
        self.rows = {name: [] for name in self.schemas} | {
            "organisations": ORGANISATIONS, "releases": RELEASES, "models": MODELS,
            "techniques": TECHNIQUES, "configs": CONFIGS, "capabilities": CAPABILITIES,
            "adoption": ADOPTION, "engine_support": ENGINE_SUPPORT, "events": EVENTS,
            "claims": CLAIMS,
        }  # fmt: skip
        self.rows = {table: [dict(row) for row in rows] for table, rows in self.rows.items()}
        self.rows["evidence"] = []
        for table in ("models", "releases"):
            self.add_evidence(table)
        self.sort("evidence")
        self.write()

    def columns(self, table):
        return [field["name"] for field in self.schemas[table]["fields"]]

    def sort(self, table):
        key = self.schemas[table]["primaryKey"]
        self.rows[table].sort(key=lambda row: [row[part] for part in key])

    def add_evidence(self, table):
        (key,) = self.schemas[table]["primaryKey"]
        for row in self.rows[table]:
            for field in self.schemas[table]["fields"]:
                if field.get("evidenced") and row.get(field["name"]):
                    self.rows["evidence"].append(self.evidence(
                        table, row[key], field["name"], row[field["name"]]))  # fmt: skip

    def evidence(self, table, row, column, value, **other):
        known = dict(source_url=V3, source_kind="vendor", accessed_on="2026-10-01", confidence="A")
        return dict(table=table, row=row, column=column, value=value) | known | other

    def row(self, table, key):
        """The row of a table whose first column is `key`."""
        return next(row for row in self.rows[table] if row[self.columns(table)[0]] == key)

    def set(self, table, key, **cells):
        """Change cells, and the evidence behind them, so that no other rule is broken."""
        row = self.row(table, key)
        for column, value in cells.items():
            evidence = [e for e in self.rows["evidence"] if (e["table"], e["row"]) == (table, key)]
            evidence = [e for e in evidence if e["column"] == column]
            if evidence and value:
                evidence[0]["value"] = value
            elif evidence:
                self.rows["evidence"].remove(evidence[0])
            row[column] = value
        self.write()

    def write(self):
        for table, rows in self.rows.items():
            with self.path(table).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, self.columns(table), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    def path(self, table):
        return self.folder / f"{table}.csv"

    def edit(self, table, old, new, encoding="utf-8"):
        """Replace text in a table's file, as an editor would."""
        text = self.path(table).read_text("utf-8")
        assert old in text
        self.path(table).write_bytes(text.replace(old, new).encode(encoding))


@pytest.fixture
def tiny(tmp_path):
    return Tiny(tmp_path)
