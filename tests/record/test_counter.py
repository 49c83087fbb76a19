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
# github.com/MoonshotAI/Kimi-K2, README: 1 T and 32 B; 1,026,408,235,864: Hub safetensors
KIMI_K2 = DEEPSEEK_V3 | dict(
    n_dense_layers=1, n_heads=64, vocab_size=163840, n_routed_experts=384
)  # fmt: skip
# github.com/MiniMax-AI/MiniMax-M1, config.json; 456 B and 45.9 B: README; 456,089,655,296: Hub
MINIMAX_M1 = dict(
    n_layers=80, n_dense_layers=0, hidden_size=6144, ffn_gated=True, expert_ffn_size=9216,
    n_heads=64, n_kv_heads=8, head_dim=128, attention="hybrid", n_linear_layers=70,
    linear_kind="lightning", vocab_size=200064, tied_embeddings=False,
    n_routed_experts=32, n_shared_experts=0, experts_per_token=2,
)  # fmt: skip
# huggingface.co/Qwen/Qwen3-Next-80B-A3B-Instruct, config.json; 79,674,391,296: Hub safetensors of
# Qwen3-Coder-Next, which has no multi-token-prediction module
QWEN3_NEXT = dict(
    n_layers=48, n_dense_layers=0, hidden_size=2048, ffn_gated=True, expert_ffn_size=512,
    shared_expert_ffn_size=512, n_heads=16, n_kv_heads=2, head_dim=256, attention="hybrid",
    attention_gate="element", n_linear_layers=36, linear_kind="gated_deltanet",
    linear_key_heads=16, linear_value_heads=32, linear_key_dim=128, linear_value_dim=128,
    linear_conv_width=4, vocab_size=151936, tied_embeddings=False, n_routed_experts=512,
    n_shared_experts=1, experts_per_token=10,
)  # fmt: skip
# huggingface.co/moonshotai/Kimi-Linear-48B-A3B-Instruct; 49.12 B: Hub safetensors
KIMI_LINEAR = dict(
    n_layers=27, n_dense_layers=1, hidden_size=2304, ffn_size=9216, ffn_gated=True,
    expert_ffn_size=1024, shared_expert_ffn_size=1024, n_heads=32, attention="hybrid",
    kv_lora_rank=512, nope_head_dim=128, rope_head_dim=64, v_head_dim=128, n_linear_layers=20,
    linear_kind="kda", linear_key_heads=32, linear_value_heads=32, linear_key_dim=128,
    linear_value_dim=128, linear_conv_width=4, linear_gate_rank=128, linear_decay_rank=128,
    vocab_size=163840, tied_embeddings=False, n_routed_experts=256, n_shared_experts=1,
    experts_per_token=8,
)  # fmt: skip
# huggingface.co/nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8, config.json; 120.6 B, 12.7 B: card
NEMOTRON_3_SUPER = dict(
    n_layers=88, n_dense_layers=0, n_softmax_layers=8, n_linear_layers=40, n_ffn_layers=40,
    hidden_size=4096, ffn_gated=False, expert_ffn_size=2688, expert_hidden_size=1024,
    shared_expert_ffn_size=5376, n_heads=32, n_kv_heads=2, head_dim=128, attention="hybrid",
    linear_kind="mamba2", linear_key_heads=8, linear_value_heads=128, linear_key_dim=128,
    linear_value_dim=64, linear_conv_width=4, vocab_size=131072, tied_embeddings=False,
    n_routed_experts=512, n_shared_experts=1, experts_per_token=22,
)  # fmt: skip
# huggingface.co/LiquidAI/LFM2-8B-A1B; 8,339,929,856: Hub safetensors
LFM2 = dict(
    n_layers=24, n_dense_layers=2, hidden_size=2048, ffn_size=7168, ffn_gated=True,
    expert_ffn_size=1792, n_heads=32, n_kv_heads=8, head_dim=64, attention="hybrid",
    n_linear_layers=18, linear_kind="short_conv", linear_conv_width=3, vocab_size=65536,
    tied_embeddings=True, n_routed_experts=32, n_shared_experts=0, experts_per_token=4,
)  # fmt: skip
# github.com/XiaomiMiMo/MiMo-V2-Flash: 309 B and 15 B
MIMO_V2_FLASH = dict(
    n_layers=48, n_dense_layers=1, hidden_size=4096, ffn_size=16384, ffn_gated=True,
    expert_ffn_size=2048, n_heads=64, n_kv_heads=4, head_dim=192, v_head_dim=128,
    attention="gqa", window_tokens=128, n_global_layers=9, window_n_kv_heads=8,
    vocab_size=152576, tied_embeddings=False, n_routed_experts=256, n_shared_experts=0,
    experts_per_token=8,
)  # fmt: skip
# github.com/meituan-longcat/LongCat-Flash-Chat: 560 B and at most 31.3 B
LONGCAT_FLASH = dict(
    n_layers=28, n_dense_layers=56, n_softmax_layers=56, n_ffn_layers=84, hidden_size=6144,
    ffn_size=12288, ffn_gated=True, expert_ffn_size=2048, n_heads=64, attention="mla",
    q_lora_rank=1536, kv_lora_rank=512, nope_head_dim=128, rope_head_dim=64, v_head_dim=128,
    vocab_size=131072, tied_embeddings=False, n_routed_experts=512, n_shared_experts=0,
    experts_per_token=12,
)  # fmt: skip
# github.com/stepfun-ai/Step3: 316 B (language model) and 38 B
STEP3 = dict(
    n_layers=61, n_dense_layers=5, hidden_size=7168, ffn_size=18432, ffn_gated=True,
    expert_ffn_size=5120, shared_expert_ffn_size=5120, n_heads=64, n_kv_heads=1, head_dim=256,
    attention="gqa", q_lora_rank=2048, vocab_size=128815, tied_embeddings=False,
    n_routed_experts=48, n_shared_experts=1, experts_per_token=3,
)  # fmt: skip
# huggingface.co/deepseek-ai/DeepSeek-V4-Flash, config.json; 284 B and 13 B: its card
DEEPSEEK_V4_FLASH = dict(
    n_layers=43, n_dense_layers=0, hidden_size=4096, ffn_gated=True, expert_ffn_size=2048,
    shared_expert_ffn_size=2048, n_heads=64, n_kv_heads=1, head_dim=512, attention="gqa",
    q_lora_rank=1024, o_lora_rank=1024, o_groups=8, vocab_size=129280, tied_embeddings=False,
    n_routed_experts=256, n_shared_experts=1, experts_per_token=6,
)  # fmt: skip

WITH, WITHOUT_EMBEDDING, WITHOUT_HEAD = (
    "active_params_b", "active_without_embedding_b", "active_without_head_b",
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "total", "active", "convention"),
    [
        pytest.param(DEEPSEEK_V3, 671, 37, WITHOUT_EMBEDDING, id="DeepSeek-V3"),
        pytest.param(MIXTRAL, 46.7, 12.9, WITH, id="Mixtral-8x7B"),
        pytest.param(QWEN3_30B, 30.5, 3.3, WITH, id="Qwen3-30B-A3B"),
        pytest.param(LLAMA_405B, 405.85, 405.85, WITH, id="Llama-3.1-405B"),
        pytest.param(GPT_OSS_120B, 116.8, 5.1, WITHOUT_EMBEDDING, id="gpt-oss-120b"),
        pytest.param(KIMI_K2, 1026.4, 32, WITHOUT_EMBEDDING, id="Kimi-K2"),
        pytest.param(MINIMAX_M1, 456, 45.9, WITHOUT_HEAD, id="MiniMax-M1"),
        pytest.param(NEMOTRON_3_SUPER, 120.6, 12.7, WITH, id="Nemotron-3-Super"),
        pytest.param(MIMO_V2_FLASH, 309, 15, WITHOUT_EMBEDDING, id="MiMo-V2-Flash"),
        pytest.param(LONGCAT_FLASH, 560, 31.3, WITHOUT_EMBEDDING, id="LongCat-Flash"),
        pytest.param(DEEPSEEK_V4_FLASH, 284, 13, WITHOUT_EMBEDDING, id="DeepSeek-V4-Flash"),
        pytest.param(STEP3, 316, 38, WITHOUT_EMBEDDING, id="Step-3"),
    ],
)
def test_published_counts_are_re_derived(row, total, active, convention):
    counted, reason = count(row)
    assert reason == ""
    assert counted.total_params_b == pytest.approx(total, rel=0.002)
    assert getattr(counted, convention) == pytest.approx(active, rel=0.017)


@pytest.mark.parametrize(
    ("row", "weights"),
    [
        pytest.param(LLAMA_405B, 405_853_388_800, id="grouped-query attention"),
        pytest.param(KIMI_K2, 1_026_408_235_864, id="latent attention"),
        pytest.param(QWEN3_30B, 30_532_122_624, id="experts"),
        pytest.param(MINIMAX_M1, 456_089_655_296, id="lightning attention"),
        pytest.param(QWEN3_NEXT, 79_674_391_296, id="gated deltanet"),
        pytest.param(KIMI_LINEAR, 49_122_681_728, id="kimi delta attention"),
        pytest.param(LFM2, 8_339_929_856, id="short convolution"),
    ],
)
def test_safetensors_totals_of_the_hub_are_re_derived(row, weights):
    """What is left out (query and key norms, biases) is below a few parts in a million."""
    assert count(row)[0].total_params_b == pytest.approx(weights / 1e9, rel=5e-6)


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
    two = count(MIXTRAL | {"n_shared_experts": 2, "shared_expert_ffn_size": 1024})[0]
    assert two.total_params_b - with_one.total_params_b == pytest.approx(more)
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
        (MIXTRAL, "n_shared_experts"),
        (MINIMAX_M1, "n_linear_layers"),
        (MINIMAX_M1, "linear_kind"),
        (QWEN3_NEXT, "linear_conv_width"),
        (MIMO_V2_FLASH, "n_global_layers"),
        (DEEPSEEK_V4_FLASH, "o_groups"),
    ],
)
def test_a_missing_column_is_the_reason_for_no_count(row, missing):
    counted, reason = count(row | {missing: None})
    assert counted is None
    assert missing in reason


def test_a_linear_layer_of_unknown_kind_is_not_guessed():
    counted, reason = count(MINIMAX_M1 | {"linear_kind": "rwkv"})
    assert counted is None
    assert reason == "the projections of rwkv are not known"


# One linear layer, an embedding of one row that is the output head, and no feed-forward network.
ONE_LAYER = dict(
    n_layers=1, n_linear_layers=1, n_ffn_layers=0, hidden_size=10, ffn_gated=True,
    attention="hybrid", linear_key_heads=2, linear_value_heads=4, linear_key_dim=8,
    linear_value_dim=5, linear_conv_width=3, vocab_size=1, tied_embeddings=True,
)  # fmt: skip
KEY, VALUE = 2 * 8, 4 * 5


@pytest.mark.parametrize(
    ("kind", "projections", "small"),
    [
        ("mamba2", 10 * (2 * VALUE + 2 * KEY + 4) + VALUE * 10,
         (3 + 1) * (VALUE + 2 * KEY) + 3 * 4 + VALUE),
        ("gated_deltanet", 10 * (2 * KEY + 3 * VALUE + 2 * 4), 3 * (2 * KEY + VALUE) + 2 * 4 + 5),
        ("kda", 10 * (3 * KEY + 3 * VALUE + 4), 3 * (2 * KEY + VALUE) + 4 + KEY + 5),
        ("lightning", 5 * 10 * 6 * 7, 6 * 7),
        ("short_conv", 4 * 10 * 10, 3 * 10),
    ],
)  # fmt: skip
def test_a_linear_layer_to_the_weight(kind, projections, small):
    counted, _ = count(ONE_LAYER | {"linear_kind": kind, "n_heads": 6, "head_dim": 7})
    embedding, norms = 10, 2 * 10
    weights = projections + small + embedding + norms
    assert counted.total_params_b * 1e9 == pytest.approx(weights, abs=1e-6)


def test_a_latent_layer_to_the_weight():
    row = DEEPSEEK_V3 | dict(
        n_layers=1, n_ffn_layers=0, n_dense_layers=0, n_routed_experts=None, expert_ffn_size=None,
        hidden_size=10, vocab_size=1, tied_embeddings=True, n_heads=2, q_lora_rank=3,
        kv_lora_rank=4, nope_head_dim=5, rope_head_dim=6, v_head_dim=7,
    )  # fmt: skip
    queries = 10 * 3 + 3 + 3 * 2 * (5 + 6)
    keys_and_values = 10 * (4 + 6) + 4 + 4 * 2 * (5 + 7)
    weights = queries + keys_and_values + 2 * 7 * 10 + 10 + 2 * 10
    assert count(row)[0].total_params_b * 1e9 == pytest.approx(weights, abs=1e-6)


def test_the_gates_of_kimi_delta_attention_have_ranks_of_their_own():
    full = count(KIMI_LINEAR | {"linear_gate_rank": None})[0].total_params_b
    more = 20 * (2304 * 4096 - 128 * (2304 + 4096)) / 1e9
    assert full - count(KIMI_LINEAR)[0].total_params_b == pytest.approx(more)
    both = count(KIMI_LINEAR | {"linear_gate_rank": None, "linear_decay_rank": None})[0]
    assert both.total_params_b - full == pytest.approx(more)


@pytest.mark.parametrize(("gate", "width"), [("element", 64 * 256), ("head", 64)])
def test_a_gate_on_the_output_of_attention(gate, width):
    more = count(STEP3 | {"attention_gate": gate})[0].total_params_b
    assert more - count(STEP3)[0].total_params_b == pytest.approx(61 * 7168 * width / 1e9)
    row = LLAMA_405B | {"attention_gate": gate}
    assert count(row | {"head_dim": None}) == count(row)


def test_sliding_window_layers_have_heads_of_their_own():
    alike = count(MIMO_V2_FLASH | {"window_n_kv_heads": None})[0]
    fewer = count(MIMO_V2_FLASH)[0].total_params_b - alike.total_params_b
    assert fewer == pytest.approx(39 * 4096 * 4 * (192 + 128) / 1e9)
    wide = count(MIMO_V2_FLASH | {"window_n_heads": 65})[0].total_params_b
    more = wide - count(MIMO_V2_FLASH)[0].total_params_b
    assert more == pytest.approx(39 * 4096 * (192 + 128) / 1e9)


def test_an_output_compressed_in_groups_of_heads():
    whole = count(DEEPSEEK_V4_FLASH | {"o_lora_rank": None})[0].total_params_b
    fewer = whole - count(DEEPSEEK_V4_FLASH)[0].total_params_b
    compressed = 32768 * 1024 + 8 * 1024 * 4096
    assert fewer == pytest.approx(43 * (32768 * 4096 - compressed) / 1e9)


def test_experts_of_a_narrower_width_bring_two_projections():
    wide = count(NEMOTRON_3_SUPER | {"expert_hidden_size": None})[0]
    fewer = wide.total_params_b - count(NEMOTRON_3_SUPER)[0].total_params_b
    experts = 512 * 2 * (4096 - 1024) * 2688
    assert fewer == pytest.approx(40 * (experts - 2 * 4096 * 1024) / 1e9)


def test_a_vendor_may_leave_out_embedding_and_head():
    counted, _ = count(MINIMAX_M1)
    left_out = counted.active_params_b - counted.active_without_head_b
    assert left_out == pytest.approx(2 * 200064 * 6144 / 1e9)
    tied = count(LFM2)[0]
    assert tied.active_params_b - tied.active_without_head_b == pytest.approx(65536 * 2048 / 1e9)
