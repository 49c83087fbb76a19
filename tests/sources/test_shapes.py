"""What each source says, in the shape it is served and in the tables handed on."""

import pytest

from almanac.sources import SOURCES


def values(said):
    return {(s.listed_id, s.column): s.value for s in said.statements}


def test_every_source_names_itself_and_its_addresses_are_https():
    from almanac.sources.source import Wanted

    for name, source in SOURCES.items():
        assert source.name == name
        addresses = source.addresses(Wanted(namespaces=("acme",)))
        assert addresses
        for file, address in addresses.items():
            assert source.shape(file), f"nothing reads {file}"
            assert address.startswith("https://")


@pytest.mark.parametrize("folder", ["atom", "tables"])
def test_atom(read, folder):
    said = read("atom", folder)
    assert values(said) == {
        ("acme/Acme-1", "listed_in"): "atom",
        ("acme/Acme-2", "listed_in"): "atom",
        ("acme/Acme-1", "total_params_b"): "100",
        ("acme/Acme-1", "architecture"): "dense",
        ("acme/Acme-2", "total_params_b"): "30",
        ("acme/Acme-2", "active_params_b"): "3",
        ("acme/Acme-2", "architecture"): "moe",
        ("acme/Acme-1", "released_on"): "2025-01-10",
    }
    found = [(d.where, d.found) for d in said.dropped]
    assert ("line 3", "not a hub id") in found
    assert ("line 5", "many") in found
    assert ("notes", "1 that begin with Legacy data") in found
    assert ("line 5", "acme/Acme-2,June") in found


@pytest.mark.parametrize("folder", ["hub", "tables"])
def test_hub(read, folder):
    said = read("hub", folder)
    stated = values(said)
    assert stated["acme/Acme-1", "hub_created_on"] == "2025-01-08"
    assert stated["acme/Acme-1", "total_params_b"] == "100.04"
    assert stated["acme/Acme-1", "licence"] == "MIT"
    assert stated["acme/Acme-1", "downloads_30d"] == "1200"
    assert stated["acme/Acme-1", "likes"] == "77"
    assert stated["acme/Acme-1", "model_type"] == "llama"
    quantised = {column for listed, column in stated if listed == "acme/Acme-1-Mini-AWQ"}
    assert quantised.isdisjoint({"total_params_b", "licence"}), "packed weights are no count"
    assert all(s.column != "active_params_b" for s in said.statements)
    assert all(s.source_url.startswith("https://huggingface.co/") for s in said.statements)
    expected = {"a day of creation", "a count in downloads_30d", "a count in likes"}
    assert expected <= {d.expected for d in said.dropped}


def test_hub_counts_are_dated_by_their_snapshot(read):
    likes = [
        (s.value, s.stated_on) for s in read("hub", "tables").statements if s.column == "likes"
    ]
    assert ("77", "2026-11-25") in likes
    assert ("70", "2026-11-25") in likes


def test_hub_context_of_llmfit_fills_nothing(read):
    said = [s for s in read("hub", "tables").statements if s.column == "context_tokens"]
    assert said and not any(s.fills for s in said)


def test_hub_takes_no_id_that_climbs(read):
    assert "../../etc/passwd" in [d.found for d in read("hub", "hub").dropped]


def test_hub_config_gives_experts_and_the_native_context(read):
    stated = {s.column: s for s in read("hub", "hub").statements if s.source_kind == "config"}
    assert {column: s.value for column, s in stated.items()} == {
        "n_routed_experts": "64",
        "experts_per_token": "4",
        "context_tokens": "32768",
    }
    assert stated["context_tokens"].hub_id == "acme/Acme-2"


@pytest.mark.parametrize("folder", ["modelsdev", "tables"])
def test_modelsdev(read, folder):
    said = read("modelsdev", folder)
    assert all(s.column != "listed_in" or s.listed_id != "closed-1" for s in said.statements)
    reasoning = [(s.hub_id, s.value, s.fills) for s in said.statements if s.column == "reasoning"]
    assert reasoning == [
        ("acme/Acme-1", "none", True),
        ("Acme/acme-2", "optional", True),
        ("acme/Acme-1", "yes", False),
        ("", "none", True),
    ]
    days = [(s.hub_id, s.value) for s in said.statements if s.column == "released_on"]
    assert days == [("acme/Acme-1", "2025-01-10")] * 2, "a month is no day"
    context = [s for s in said.statements if s.column == "context_tokens"]
    assert [(s.value, s.fills) for s in context] == [("131072", False), ("128000", False)]
    assert {"=cmd()", "soon", "4.5"} <= {d.found for d in said.dropped}


@pytest.mark.parametrize("folder", ["epoch", "tables"])
def test_epoch(read, folder):
    said = read("epoch", folder)
    stated = {k: v for k, v in values(said).items() if k[0].startswith("Acme 1")}
    assert stated == {
        ("Acme 1", "listed_in"): "epoch",
        ("Acme 1", "released_on"): "2025-01-10",
        ("Acme 1", "total_params_b"): "100",
        ("Acme 1", "training_tokens_b"): "15000",
        ("Acme 1 tuned", "listed_in"): "epoch",
        ("Acme 1 tuned", "released_on"): "2025-02-01",
        ("Acme 1 tuned", "total_params_b"): "100",
    }
    assert not {"Closed 1", "Seer"} & {s.listed_id for s in said.statements}
    assert "many" in [d.found for d in said.dropped]


def test_epoch_versions_are_evidence_by_hub_id(read):
    (version,) = [s for s in read("epoch", "tables").statements if s.hub_id]
    assert (version.hub_id, version.value, version.fills) == ("acme/Acme-1", "2025-01-11", False)


@pytest.mark.parametrize("folder", ["recipes", "tables"])
def test_recipes(read, folder):
    said = read("recipes", folder)
    stated = {
        column: value for (listed, column), value in values(said).items() if listed == "acme/Acme-2"
    }
    assert stated == {
        "listed_in": "recipes",
        "architecture": "moe",
        "total_params_b": "30.5",
        "active_params_b": "3",
        "context_tokens": "32768",
    }
    assert said.dropped


@pytest.mark.parametrize("folder", ["llmstats", "tables"])
def test_llmstats(read, folder):
    said = read("llmstats", folder)
    stated = [s for s in said.statements if s.listed_id == "acme-1"]
    assert {s.column: s.value for s in stated} == {
        "released_on": "2025-01-10",
        "licence": "MIT",
        "total_params_b": "100",
    }
    assert {s.hub_id for s in stated} == {"acme/Acme-1"}


def test_llmstats_takes_no_link_that_two_models_share(read):
    said = read("llmstats", "tables")
    assert {s.hub_id for s in said.statements if s.listed_id in ("acme-x", "acme-y")} == {""}
    assert {"-1", "soon"} <= {d.found for d in said.dropped}
    assert "closed" not in {s.listed_id for s in said.statements}


def test_ollama_library(read):
    said = read("ollama", "ollama")
    assert [(s.listed_id, s.value) for s in said.statements] == [
        ("acme1", "21200000"),
        ("acme2", "900"),
    ]
    assert [d.where for d in said.dropped] == ["odd"]


def test_ollama_months_end_before_the_counts_broke(read):
    said = read("ollama", "tables")
    assert [(s.listed_id, s.value, s.stated_on) for s in said.statements] == [
        ("acme1", "21200000", "2026-05-31")
    ]
    assert sorted(d.found for d in said.dropped) == ["20000000", "acme2,2026-05-31,32.5"]


ENGINES = {
    "transformers": {
        ("architecture", "acme", "2026-11-25", "latest"),
        ("architecture", "llama", "2026-11-25", "latest"),
        ("architecture", "acme_vl", "2026-11-25", "latest"),
        ("architecture", "acme", "2025-01-09", "exact"),
    },
    "vllm": {
        ("architecture", "AcmeForCausalLM", "2026-11-25", "latest"),
        ("architecture", "LlamaForCausalLM", "2026-11-25", "latest"),
        ("architecture", "BertModel", "2026-11-25", "latest"),
        ("reasoning_parser", "acme", "2026-11-25", "latest"),
    },
    "sglang": {
        ("architecture", "acme", "2026-11-25", "latest"),
        ("reasoning_parser", "acme", "2026-11-25", "latest"),
        ("reasoning_parser", "deepseek-r1", "2026-11-25", "latest"),
    },
    "llamacpp": {
        ("architecture", "acme", "2026-11-25", "latest"),
        ("architecture", "llama", "2026-11-25", "latest"),
    },
    "trl": {
        ("rl_trainer", "grpo", "2026-11-25", "latest"),
        ("rl_trainer", "acme", "2026-11-25", "latest"),
    },
}
HISTORIES = {
    "transformers": {
        ("architecture", "acme", "2025-01-09", "exact"),
        ("architecture", "acme_vl", "2025-03-01", "latest"),
    },
    "vllm": {
        ("architecture", "AcmeForCausalLM", "2025-01-09", "exact"),
        ("reasoning_parser", "acme", "2025-02-01", "latest"),
    },
    "sglang": {("architecture", "acme", "2025-01-10", "exact")},
    "llamacpp": {("architecture", "acme", "2025-01-11", "exact")},
    "trl": {("rl_trainer", "grpo", "2025-01-20", "exact")},
}


@pytest.mark.parametrize("name", ENGINES)
def test_engines_as_they_are_today(read, name):
    said = read(name, name)
    assert {(e.kind, e.name, e.first_on, e.bound) for e in said.engines} == ENGINES[name]


@pytest.mark.parametrize("name", HISTORIES)
def test_engines_by_their_history(read, name):
    said = read(name, "tables")
    assert {(e.kind, e.name, e.first_on, e.bound) for e in said.engines} == HISTORIES[name]


def test_only_engines_whose_flag_is_right_say_what_is_a_mixture(read):
    moe = {name: {e.moe for e in read(name, "tables").engines} for name in HISTORIES}
    assert moe["llamacpp"] == {"true"}
    assert moe["transformers"] == {"false", "true"}
    assert moe["vllm"] == moe["sglang"] == moe["trl"] == {""}
