"""Likeness of recipes on a made-up lineage in which it is known who is like whom."""

import pandas as pd
import pytest

from almanac.measures import counting, recipes

LEVEL = 0.9
V3 = {
    "model_id": "v3", "release_id": "v3", "name": "V3", "organisation_id": "deep",
    "released_on": "2025-01-01", "architecture": "moe", "total_params_b": 640.0,
    "active_params_b": 40.0, "n_routed_experts": 256, "n_shared_experts": 1,
    "experts_per_token": 8, "base_model_id": None,
}  # fmt: skip
V3_CONFIG = {
    "n_layers": 61, "n_dense_layers": 3, "hidden_size": 7168, "vocab_size": 129280,
    "expert_ffn_size": 2048, "expert_hidden_size": None, "ffn_gated": True, "attention": "mla",
    "kv_lora_rank": 512, "n_ffn_layers": None, "grade": "A",
}  # fmt: skip
WHOLE = ["n_routed_experts", "n_shared_experts", "experts_per_token"]


@pytest.fixture
def build(models):
    """Builds `recipes.designs` of models that are V3 but for the cells given."""

    def make(*rows, **configured):
        made = [V3, *(V3 | row for row in rows)]
        table = models(*made).astype(dict.fromkeys(WHOLE, "Int64"))
        table = counting.select(table, first_date="2018-01-01", as_of="2026-12-31")
        configs = pd.DataFrame(
            {"model_id": row["model_id"]} | V3_CONFIG | configured.get(row["model_id"], {})
            for row in made
        )
        numbers = [c for c in configs if c not in ("model_id", "attention", "ffn_gated", "grade")]
        configs = configs.astype(dict.fromkeys(numbers, "Int64"))
        return recipes.designs(table, configs.astype({"ffn_gated": "boolean"}))

    return make


def other(name, **cells):
    return {"model_id": name, "release_id": name, "organisation_id": name, "name": name,
            "released_on": "2025-06-01"} | cells  # fmt: skip


def scored(designs):
    reference = designs[designs.model_id == "v3"].iloc[0]
    return recipes.likeness(designs, reference), reference


def test_models_trained_on_from_another_are_no_designs(build):
    tune = other("tune", base_model_id="v3")
    assert build(tune, tune=dict(vocab_size=1)).model_id.tolist() == ["v3"]


def test_a_base_of_the_same_release_is_no_other_body(build):
    chat = other("chat", base_model_id="chat-base")
    base = other("chat-base", release_id="chat", role="base")
    designs = build(chat, base, chat=dict(vocab_size=1))
    assert "chat" in designs.model_id.tolist()


def test_a_dense_base_leaves_the_experts_new(build):
    dense = other("dense", architecture="dense", n_routed_experts=None)
    grown = other("grown", base_model_id="dense", released_on="2025-07-01")
    assert "grown" in build(dense, grown, grown=dict(vocab_size=1)).model_id.tolist()


def test_the_same_body_again_counts_once_whoever_publishes_it(build):
    again, elsewhere = other("again", organisation_id="deep"), other("elsewhere")
    assert build(again, elsewhere).model_id.tolist() == ["v3"]
    wider = build(again, elsewhere, elsewhere=dict(hidden_size=8192))
    assert wider.model_id.tolist() == ["v3", "elsewhere"]


def test_bodies_of_which_too_little_is_known_are_not_taken_for_one(build):
    unknown = dict(vocab_size=None)
    designs = build(other("a"), other("b"), a=unknown, b=unknown)
    assert designs.model_id.tolist() == ["v3", "a", "b"]


def test_traits_are_read_from_the_configuration(build):
    designs = build(
        other("hybrid"), other("half"), other("none"), other("unsaid"),
        hybrid=dict(attention="hybrid", vocab_size=1),
        half=dict(n_dense_layers=31, vocab_size=2),
        none=dict(n_dense_layers=0, attention="gqa", kv_lora_rank=None, vocab_size=3),
        unsaid=dict(attention=None, kv_lora_rank=None, n_dense_layers=None, vocab_size=4),
    ).set_index("model_id")  # fmt: skip
    assert designs.latent_attention[["v3", "hybrid", "half", "none"]].tolist() == [
        True, True, True, False,
    ]  # fmt: skip
    assert designs.few_dense[["v3", "half", "none"]].tolist() == [True, False, False]
    assert designs.loc["unsaid", ["latent_attention", "few_dense"]].isna().all()
    assert designs.sparsity["v3"] == 0.0625


def test_a_design_has_the_lower_grade_of_model_and_configuration(build):
    designs = build(other("b", grade="B"), b=dict(grade="D", vocab_size=1))
    assert designs.set_index("model_id").grade.to_dict() == {"v3": "A", "b": "D"}


def test_an_exact_copy_is_wholly_alike_and_half_of_a_trait_is_half_a_mark(build):
    designs = build(
        other("copy"),
        other("double", n_routed_experts=512),
        other("root", experts_per_token=16, n_shared_experts=0),
        other("more", n_routed_experts=round(256 * 2**0.5)),
        copy=dict(vocab_size=1), double=dict(vocab_size=2), root=dict(vocab_size=3),
        more=dict(vocab_size=4),
    )  # fmt: skip
    table, _ = scored(designs)
    likeness = table.set_index("model_id").likeness
    assert likeness["v3"] == likeness["copy"] == 1
    assert likeness["double"] == pytest.approx(6 / 7)
    assert likeness["root"] == pytest.approx(5 / 7)
    assert likeness["more"] == pytest.approx(6.5 / 7, abs=1e-3)


def test_unknown_traits_do_not_count_and_too_few_say_nothing(build):
    designs = build(
        other("gap", n_shared_experts=None),
        other("blank", n_shared_experts=None, n_routed_experts=None),
        gap=dict(vocab_size=1),
        blank=dict(vocab_size=2, attention=None, kv_lora_rank=None),
    )
    table = scored(designs)[0].set_index("model_id")
    assert (table.known["gap"], table.likeness["gap"]) == (6, 1)
    assert table.known["blank"] == 4
    assert pd.isna(table.likeness["blank"])


def test_likeness_does_not_depend_on_the_other_models(build):
    near, far = other("near", n_routed_experts=300), other("far", n_routed_experts=4)
    alone = scored(build(near, near=dict(vocab_size=1)))[0]
    both = scored(build(near, far, near=dict(vocab_size=1), far=dict(vocab_size=2)))[0]
    assert alone.likeness[1] == both.set_index("model_id").likeness["near"]


def test_one_design_a_release_of_others_is_marked(build):
    designs = build(
        other("small", release_id="x", total_params_b=64.0, active_params_b=4.0),
        other("large", release_id="x", n_routed_experts=8),
        other("own", organisation_id="deep"),
        small=dict(vocab_size=1), large=dict(vocab_size=2), own=dict(vocab_size=3),
    )  # fmt: skip
    table, reference = scored(designs)
    chosen = recipes.candidates(table, reference, 0.9)
    assert chosen.model_id.tolist() == ["large"]  # not the size most like it
    assert chosen.is_close.tolist() == [False]
    assert recipes.candidates(table, reference, 0.8).is_close.tolist() == [True]


def test_traits_before_and_since_are_counted_apart(build):
    designs = build(
        other("early", released_on="2024-06-01", n_shared_experts=0, total_params_b=320.0),
        other("late", n_shared_experts=1),
        other("later", n_shared_experts=2),
        early=dict(vocab_size=1), late=dict(vocab_size=2), later=dict(vocab_size=3),
    )  # fmt: skip
    table, reference = scored(designs)
    traits = recipes.by_trait(recipes.candidates(table, reference, 0.75), reference, LEVEL)
    traits = traits.set_index("trait")
    shared = traits.loc["shared experts"]
    assert (shared.reference, shared.same_before, shared.n_before) == ("1", 0, 1)
    assert (shared.same_since, shared.n_since) == (0.5, 2)
    assert traits.same_since["routed experts"] == 1
    assert (traits.same_before["active share"], traits.reference["active share"]) == (0, "6.2%")


def test_without_any_before_there_is_no_share(build):
    table, reference = scored(build(other("late"), late=dict(vocab_size=1)))
    traits = recipes.by_trait(recipes.candidates(table, reference, 0.75), reference, LEVEL)
    assert traits.n_before.eq(0).all() and traits.same_before.isna().all()


def test_differences_are_named_with_their_values(build):
    designs = build(
        other("copy"), other("kin", n_routed_experts=384, active_params_b=21.0),
        copy=dict(vocab_size=1),
        kin=dict(vocab_size=2, attention="gqa", kv_lora_rank=None),
    ).set_index("model_id")  # fmt: skip
    reference = designs.loc["v3"]
    assert recipes.differences(designs.loc["copy"], reference) == "none"
    assert recipes.differences(designs.loc["kin"], reference) == (
        "latent attention no; routed experts 384; active share 3.3%"
    )
