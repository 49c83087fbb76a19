"""The anatomy of models, against published figures and by hand."""

import pytest
from configurations import (
    DEEPSEEK_V2,
    DEEPSEEK_V3,
    GPT_OSS_120B,
    LLAMA_405B,
    MINIMAX_M1,
    QWEN25_72B,
    anatomy_of,
    body,
)

from almanac.measures import anatomy, counting


# kB a token at 16 bits: "Insights into DeepSeek-V3", Table 1, https://arxiv.org/abs/2505.09343
@pytest.mark.parametrize(
    ("configuration", "kilobytes"),
    [(DEEPSEEK_V3, 70.272), (QWEN25_72B, 327.680), (LLAMA_405B, 516.096)],
)
def test_cache_is_that_which_deepseek_published(configuration, kilobytes):
    assert body(configuration).cache_growing * 2 / 1e3 == pytest.approx(kilobytes, abs=1e-9)


def test_multi_head_attention_caches_every_head():
    one = body(QWEN25_72B | {"attention": "mha", "n_kv_heads": None})
    assert one.cache_growing == 80 * 64 * 2 * 128
    assert one.attention_kind == "multi-head"


def test_experts_are_split_off_by_hand():
    one = body(DEEPSEEK_V3)
    expert = 3 * 7168 * 2048
    assert one.routed_b == pytest.approx(58 * 256 * expert / 1e9)
    assert one.expert_share == 8 / 256
    assert one.weights_b - one.routed_b == pytest.approx(
        one.fixed_b + 129280 * 7168 / 1e9  # the embedding is held, and looked up
    )
    assert one.fixed_b + one.routed_b * one.expert_share == pytest.approx(one.matmul_b)


def test_a_dense_model_works_on_all_but_its_embedding():
    one = body(LLAMA_405B)
    assert one.routed_b == 0
    assert one.expert_share == 1
    assert one.fixed_b == one.matmul_b == pytest.approx(one.weights_b - 128256 * 16384 / 1e9)


def test_layers_with_a_window_are_apart():
    one = body(GPT_OSS_120B)
    assert one.cache_growing == one.cache_window == 18 * 8 * 2 * 64
    assert one.generate_window == 18 * 2 * 64 * 2 * 64
    assert one.window == 128
    assert one.attention_kind == "sliding window"


def test_layers_with_a_window_may_have_heads_of_their_own():
    # huggingface.co/google/gemma-4-31B-it: 10 layers of 4 heads of 512, 50 of 16 of 256
    one = body(
        LLAMA_405B
        | dict(n_layers=60, hidden_size=5376, n_heads=32, n_kv_heads=4, head_dim=512,
               window_tokens=1024, n_global_layers=10, window_n_kv_heads=16, window_head_dim=256)
    )  # fmt: skip
    assert one.cache_growing == 10 * 4 * 2 * 512
    assert one.cache_window == 50 * 16 * 2 * 256
    assert one.generate_window == 50 * 2 * 32 * 2 * 256


def test_values_may_be_narrower_than_keys():
    one = body(LLAMA_405B | dict(head_dim=192, v_head_dim=128))
    assert one.cache_growing == 126 * 8 * (192 + 128)


def test_where_the_layers_with_a_window_are_not_counted_nothing_is_guessed():
    both = anatomy_of(GPT_OSS_120B | {"n_global_layers": None}, LLAMA_405B)
    unknown = ["cache_growing", "cache_window", "generate_growing", "generate_window"]
    assert both.loc[0, unknown].isna().all()
    assert both.loc[1, unknown].notna().all()
    assert both.weights_b.notna().all()


def test_linear_layers_keep_a_state_and_no_cache():
    one = body(MINIMAX_M1)
    assert one.cache_growing == 10 * 8 * 2 * 128
    assert one.cache_state == 70 * 64 * 128 * 128
    assert one.attention_kind == "partly linear"
    assert body(LLAMA_405B).cache_state == 0


def test_an_unknown_state_stays_unknown_but_short_convolutions_have_none():
    unknown = body(MINIMAX_M1 | {"linear_state_size": None})
    assert unknown.cache_state != unknown.cache_state
    short = body(MINIMAX_M1 | dict(linear_state_size=None, linear_kind="short_conv",
                                   linear_conv_width=3))  # fmt: skip
    assert short.cache_state == 0


def test_latent_attention_generates_on_its_latent_and_reads_without():
    one = body(DEEPSEEK_V2)
    assert one.generate_growing == 60 * 2 * 128 * (512 + 64 + 512)
    assert one.read_growing == 60 * 2 * 128 * (128 + 64 + 128)
    assert one.attention_kind == "latent"
    other = body(LLAMA_405B)
    assert other.generate_growing == other.read_growing == 126 * 2 * 128 * 256


def test_countable_models_are_graded_by_their_configuration(record_of):
    llama = {name: str(value) for name, value in LLAMA_405B.items()}
    llama |= {"ffn_gated": "true", "tied_embeddings": "false"}
    cell = {"table": "configs", "source_url": "https://example.org", "source_kind": "config",
            "accessed_on": "2026-01-01"}  # fmt: skip
    evidence = [
        cell | {"row": "counted", "column": name, "value": value, "confidence": grade}
        for (name, value), grade in zip(
            llama.items(), ["B" if name == "head_dim" else "A" for name in llama], strict=True
        )
    ]
    record = record_of(
        {
            "organisations": [{"organisation_id": "acme", "name": "Acme", "region": "us"}],
            "releases": [{"release_id": "r", "organisation_id": "acme", "name": "R",
                          "family": "F", "released_on": "2025-03-01", "status": "released"}],
            "models": [
                {"model_id": model, "release_id": "r", "name": model, "role": "flagship",
                 "architecture": "dense", "total_params_b": "405", "reasoning": "none"}
                for model in ("counted", "uncounted", "unconfigured")
            ],
            "configs": [
                {"model_id": "counted"} | llama,
                {"model_id": "uncounted"} | llama | {"vocab_size": ""},
            ],
            "evidence": evidence,
        }
    )  # fmt: skip
    models = record.models_with_release().assign(grade="D")
    models = counting.select(models, first_date="2025-01-01", as_of="2025-12-31")
    found = anatomy.countable(record, models)
    assert list(found.model_id) == ["counted"]
    assert list(found.grade) == ["B"]
    assert anatomy.countable(record, models[models.model_id == "unconfigured"]).empty
