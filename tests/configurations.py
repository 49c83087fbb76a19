"""Published hyperparameters of a few models, and their anatomy, for tests by hand."""

from dataclasses import asdict

import pandas as pd

from almanac.measures import anatomy
from almanac.record import counter

# github.com/deepseek-ai/DeepSeek-V3, inference/configs/config_671B.json
DEEPSEEK_V3 = dict(
    n_layers=61, n_dense_layers=3, hidden_size=7168, ffn_size=18432, ffn_gated=True,
    expert_ffn_size=2048, shared_expert_ffn_size=2048, n_heads=128, attention="mla",
    q_lora_rank=1536, kv_lora_rank=512, nope_head_dim=128, rope_head_dim=64, v_head_dim=128,
    vocab_size=129280, tied_embeddings=False, n_routed_experts=256, n_shared_experts=1,
    experts_per_token=8,
)  # fmt: skip
# arxiv.org/abs/2405.04434, section 3.1.2
DEEPSEEK_V2 = DEEPSEEK_V3 | dict(
    n_layers=60, n_dense_layers=1, hidden_size=5120, ffn_size=12288, expert_ffn_size=1536,
    shared_expert_ffn_size=1536, vocab_size=102400, n_routed_experts=160, n_shared_experts=2,
    experts_per_token=6,
)  # fmt: skip
# github.com/meta-llama/llama-models, models/sku_list.py
LLAMA_405B = dict(
    n_layers=126, hidden_size=16384, ffn_size=53248, ffn_gated=True, n_heads=128, n_kv_heads=8,
    head_dim=128, attention="gqa", vocab_size=128256, tied_embeddings=False,
)  # fmt: skip
# huggingface.co/Qwen/Qwen2.5-72B-Instruct, config.json
QWEN25_72B = dict(
    n_layers=80, hidden_size=8192, ffn_size=29568, ffn_gated=True, n_heads=64, n_kv_heads=8,
    head_dim=128, attention="gqa", vocab_size=152064, tied_embeddings=False,
)  # fmt: skip
# github.com/openai/gpt-oss, gpt_oss/torch/model.py: every second layer has a window of 128
GPT_OSS_120B = dict(
    n_layers=36, n_dense_layers=0, hidden_size=2880, ffn_gated=True, expert_ffn_size=2880,
    n_heads=64, n_kv_heads=8, head_dim=64, attention="gqa", window_tokens=128, n_global_layers=18,
    vocab_size=201088, tied_embeddings=False, n_routed_experts=128, n_shared_experts=0,
    experts_per_token=4,
)  # fmt: skip
# github.com/MiniMax-AI/MiniMax-M1, config.json: a state of 64 heads of 128 x 128 a linear layer
MINIMAX_M1 = dict(
    n_layers=80, n_dense_layers=0, hidden_size=6144, ffn_gated=True, expert_ffn_size=9216,
    n_heads=64, n_kv_heads=8, head_dim=128, attention="hybrid", n_linear_layers=70,
    linear_state_size=64 * 128 * 128, linear_kind="lightning", vocab_size=200064,
    tied_embeddings=False, n_routed_experts=32, n_shared_experts=0, experts_per_token=2,
)  # fmt: skip
COLUMNS = [
    "n_kv_heads", "head_dim", "kv_lora_rank", "nope_head_dim", "rope_head_dim", "v_head_dim",
    "n_linear_layers", "linear_state_size", "linear_kind", "window_tokens", "n_global_layers",
    "n_softmax_layers", "window_n_heads", "window_n_kv_heads", "window_head_dim",
    "n_routed_experts", "experts_per_token", "expert_ffn_size",
]  # fmt: skip


def anatomy_of(*configurations, **columns):
    """The anatomy of models of these hyperparameters, further columns as given."""
    rows = pd.DataFrame(list(configurations))
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *COLUMNS])))
    counts = [asdict(counter.count(row)[0]) for row in rows.to_dict("records")]
    facts = {
        "model_id": [f"m{number}" for number in range(len(rows))],
        "name": [f"Model {number}" for number in range(len(rows))],
        "organisation_id": "acme",
        "family": [f"F{number}" for number in range(len(rows))],
        "role": "flagship",
        "is_moe": rows.n_routed_experts.notna(),
        "grade": "A",
    }
    return anatomy.parts(rows, pd.DataFrame(counts)).assign(**facts | columns)


def body(configuration):
    """The anatomy of one model, as one row."""
    return anatomy_of(configuration).iloc[0]
