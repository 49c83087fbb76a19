"""The counter against published totals, with hyperparameters from the vendors' own files."""

import pytest

from almanac.record.counter import count

# github.com/deepseek-ai/DeepSeek-V3, inference/configs/config_671B.json; 671 B and 37 B: README
DEEPSEEK_V3 = dict(
    n_layers=61, n_dense_layers=3, hidden_size=7168, ffn_size=18432, ffn_gated=True,
    expert_ffn_size=2048, shared_expert_ffn_size=2048, n_heads=128, attention="mla",
    q_lora_rank=1536, kv_lora_rank=512, nope_head_dim=128, rope_head_dim=64, v_head_dim=128,
    vocab_size=129280, tied_embeddings=False, n_routed_experts=256, n_shared_experts=1,
    experts_per_token=8,
)  # fmt: skip
# huggingface.co/mistralai/Mixtral-8x7B-v0.1; 46.7 B and 12.9 B: mistral.ai/news/mixtral-of-experts
MIXTRAL = dict(
    n_layers=32, n_dense_layers=0, hidden_size=4096, ffn_gated=True, expert_ffn_size=14336,
    n_heads=32, n_kv_heads=8, head_dim=128, attention="gqa", vocab_size=32000,
    tied_embeddings=False, n_routed_experts=8, n_shared_experts=0, experts_per_token=2,
)  # fmt: skip
# huggingface.co/Qwen/Qwen3-30B-A3B; 30.5 B and 3.3 B: its card
QWEN3_30B = dict(
    n_layers=48, n_dense_layers=0, hidden_size=2048, ffn_gated=True, expert_ffn_size=768,
    n_heads=32, n_kv_heads=4, head_dim=128, attention="gqa", vocab_size=151936,
    tied_embeddings=False, n_routed_experts=128, n_shared_experts=0, experts_per_token=8,
)  # fmt: skip
# github.com/meta-llama/llama-models, models/sku_list.py; 405,853,388,800: Hub safetensors
LLAMA_405B = dict(
    n_layers=126, hidden_size=16384, ffn_size=53248, ffn_gated=True, n_heads=128, n_kv_heads=8,
    head_dim=128, attention="gqa", vocab_size=128256, tied_embeddings=False,
)  # fmt: skip
# github.com/openai/gpt-oss, gpt_oss/torch/model.py; 116.8 B and 5.1 B: arxiv.org/abs/2508.10925
GPT_OSS_120B = dict(
    n_layers=36, n_dense_layers=0, hidden_size=2880, ffn_gated=True, expert_ffn_size=2880,
    n_heads=64, n_kv_heads=8, head_dim=64, attention="gqa", vocab_size=201088,
    tied_embeddings=False, n_routed_experts=128, n_shared_experts=0, experts_per_token=4,
)  # fmt: skip
# github.com/MiniMax-AI/MiniMax-01, README: 456 B and 45.9 B; softmax attention after every 7 layers
MINIMAX_TEXT_01 = dict(
    n_layers=80, n_dense_layers=0, hidden_size=6144, ffn_gated=True, expert_ffn_size=9216,
    n_heads=64, n_kv_heads=8, head_dim=128, attention="hybrid", n_linear_layers=70,
    linear_state_size=64 * 128 * 128, vocab_size=200064, tied_embeddings=False,
    n_routed_experts=32, n_shared_experts=0, experts_per_token=2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "total", "active"),
    [
        (DEEPSEEK_V3, 671, 37),
        (MIXTRAL, 46.7, 12.9),
        (QWEN3_30B, 30.5, 3.3),
        (LLAMA_405B, 405.85, 405.85),
        (GPT_OSS_120B, 116.8, 5.1),
        (MINIMAX_TEXT_01, 456, 45.9),
    ],
    ids=["DeepSeek-V3", "Mixtral-8x7B", "Qwen3-30B-A3B", "Llama-3.1-405B", "gpt-oss-120b",
         "MiniMax-Text-01"],
)  # fmt: skip
def test_published_counts_are_re_derived(row, total, active):
    counted, reason = count(row)
    assert reason == ""
    assert counted.total_params_b == pytest.approx(total, rel=0.005)
    nearest = min(
        counted.active_params_b,
        counted.active_without_embedding_b,
        key=lambda value: abs(value - active),
    )
    assert nearest == pytest.approx(active, rel=0.03)


def test_openai_leaves_the_input_embedding_out_of_active_and_qwen_does_not():
    assert count(GPT_OSS_120B)[0].active_without_embedding_b == pytest.approx(5.13, abs=0.01)
    assert count(QWEN3_30B)[0].active_params_b == pytest.approx(3.35, abs=0.01)


def test_llama_is_exact_to_the_weight():
    assert count(LLAMA_405B)[0].total_params_b == pytest.approx(405.8533888, abs=1e-9)


def test_a_dense_model_uses_all_it_has():
    counted, _ = count(LLAMA_405B)
    assert counted.active_params_b == counted.total_params_b


def test_a_tied_output_head_is_counted_once_and_used_in_full():
    tied, untied = count(LLAMA_405B | {"tied_embeddings": True})[0], count(LLAMA_405B)[0]
    assert untied.total_params_b - tied.total_params_b == pytest.approx(128256 * 16384 / 1e9)
    assert tied.active_without_embedding_b == tied.active_params_b == tied.total_params_b


def test_a_network_without_gate_has_two_matrices():
    plain = count(LLAMA_405B | {"ffn_gated": False})[0].total_params_b
    fewer = count(LLAMA_405B)[0].total_params_b - plain
    assert fewer == pytest.approx(126 * 16384 * 53248 / 1e9)


def test_multi_head_attention_needs_no_kv_heads():
    counted, _ = count(LLAMA_405B | {"attention": "mha", "n_kv_heads": None, "head_dim": None})
    more = counted.total_params_b - count(LLAMA_405B)[0].total_params_b
    assert more == pytest.approx(126 * 2 * 16384 * 120 * 128 / 1e9)


def test_shared_experts_are_active():
    with_one = count(MIXTRAL | {"n_shared_experts": 1, "shared_expert_ffn_size": 1024})[0]
    more = 32 * 3 * 4096 * 1024 / 1e9
    without = count(MIXTRAL)[0]
    assert with_one.total_params_b - without.total_params_b == pytest.approx(more)
    assert with_one.active_params_b - without.active_params_b == pytest.approx(more)


def test_uncompressed_latent_queries():
    row = DEEPSEEK_V3 | {"q_lora_rank": None}
    more = count(row)[0].total_params_b - count(DEEPSEEK_V3)[0].total_params_b
    assert more == pytest.approx(61 * (7168 * 24576 - (7168 * 1536 + 1536 * 24576 + 1536)) / 1e9)


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (LLAMA_405B, "ffn_size"),
        (LLAMA_405B, "vocab_size"),
        (LLAMA_405B, "n_heads"),
        (LLAMA_405B, "attention"),
        (LLAMA_405B, "ffn_gated"),
        (MIXTRAL, "n_dense_layers"),
        (MIXTRAL, "experts_per_token"),
        (MIXTRAL, "n_routed_experts"),
        (DEEPSEEK_V3, "kv_lora_rank"),
        (DEEPSEEK_V3, "shared_expert_ffn_size"),
        (MINIMAX_TEXT_01, "n_linear_layers"),
        (MINIMAX_TEXT_01, "linear_state_size"),
    ],
)
def test_a_missing_column_is_the_reason_for_no_count(row, missing):
    counted, reason = count(row | {missing: None})
    assert counted is None
    assert missing in reason


def test_linear_layers_of_another_kind_are_not_guessed():
    # Gated DeltaNet of Qwen3-Next-80B-A3B: 32 value heads, keys and values 128 wide
    counted, reason = count(MINIMAX_TEXT_01 | {"linear_state_size": 32 * 128 * 128})
    assert counted is None
    assert reason == "the columns do not describe the projections of this kind of linear layer"
