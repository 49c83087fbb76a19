"""Analytic parameter counter: total and active parameters from published hyperparameters.

With L layers of width h, vocabulary V, and g = 3 matrices in a gated feed-forward network
(SwiGLU: gate, up, down) or 2 in one without a gate:

- embeddings: V h, and V h again for the output head unless tied;
- multi-head and grouped-query attention, n heads and m key-value heads of width d:
  h n d (queries) + 2 h m d (keys and values) + n d h (output);
- multi-head latent attention, query rank q, key-value rank c, head parts a (without position),
  r (with) and v (value): queries h q + q n (a + r), or h n (a + r) uncompressed; keys and values
  h (c + r) + c n (a + v); output n v h;
- linear attention with one decay per head (Lightning Attention): queries, keys, values, output
  gate and output, 5 h n d;
- feed-forward networks and experts of inner width f: g h f each; an expert layer has E routed and
  s shared experts and a router of h E;
- norms: 2 h per layer, h at the end, and q + c per layer in latent attention.

Per token, an expert layer uses its k routed experts, the shared ones and the router; all else is
used in full, but for the input embedding, of which a token reads one row. Vendors differ on
whether to call that active: OpenAI leaves it out (gpt-oss model card), Qwen and Mistral's figures
contain it. Both counts are given.

Left out, since the columns do not describe them: biases, query and key norms, attention sinks,
multi-token-prediction modules, and encoders of images or sound; together below 1 % in the models
the tests check. A linear layer is counted only where its state is n d d, that of Lightning
Attention; the projections of other linear mixers (Mamba, Gated DeltaNet) cannot be told from the
columns.

Sources: Shazeer, GLU Variants Improve Transformer (https://arxiv.org/abs/2002.05202); Ainslie et
al., GQA (https://arxiv.org/abs/2305.13245); DeepSeek-V2 (https://arxiv.org/abs/2405.04434, latent
attention), DeepSeekMoE (https://arxiv.org/abs/2401.06066), MiniMax-01
(https://arxiv.org/abs/2501.08313, Lightning Attention), gpt-oss model card
(https://arxiv.org/abs/2508.10925).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

ATTENTION = ("n_heads", "n_kv_heads", "head_dim")
LATENT_ATTENTION = ("n_heads", "kv_lora_rank", "nope_head_dim", "rope_head_dim", "v_head_dim")
LINEAR_ATTENTION = ("n_heads", "head_dim", "linear_state_size")


@dataclass(frozen=True)
class Count:
    """Parameters in billions (1e9).

    ``active_params_b`` includes the input embedding and ``active_without_embedding_b`` does not;
    they are equal where it is tied to the output head, which every token uses in full.
    """

    total_params_b: float
    active_params_b: float
    active_without_embedding_b: float


class _Missing(Exception):
    """The columns do not say enough to count; the message says why."""


def count(row: Mapping[str, Any]) -> tuple[Count | None, str]:
    """Count the parameters of a model.

    Parameters
    ----------
    row : a row of ``configs`` together with ``n_routed_experts``, ``n_shared_experts`` and
        ``experts_per_token`` of the model; widths and ranks in elements, blanks as None or NA

    Returns
    -------
    The count and an empty text, or None and the reason why the columns do not allow one.
    """
    known = {name: value for name, value in row.items() if not pd.isna(value)}
    try:
        return _count(known), ""
    except _Missing as reason:
        return None, str(reason)


def _count(known: Mapping[str, Any]) -> Count:
    layers, width, vocabulary, tied = _need(
        known, "n_layers", "hidden_size", "vocab_size", "tied_embeddings"
    )
    embedding = vocabulary * width
    head = 0 if tied else embedding
    shared = embedding + head + _attention(known) + (2 * layers + 1) * width
    total_ffn, active_ffn = _feed_forward(known)
    active = shared + active_ffn
    unread = 0 if tied else embedding
    return Count(
        total_params_b=(shared + total_ffn) / 1e9,
        active_params_b=active / 1e9,
        active_without_embedding_b=(active - unread) / 1e9,
    )


def _attention(known: Mapping[str, Any]) -> float:
    """Parameters of the sequence mixers of all layers, with the norms inside them."""
    layers, width, kind = _need(known, "n_layers", "hidden_size", "attention")
    if kind == "linear":
        return layers * _linear_attention(known, width)
    if kind == "hybrid":
        (linear,) = _need(known, "n_linear_layers")
        softmax = _latent_attention if "kv_lora_rank" in known else _head_attention
        return linear * _linear_attention(known, width) + (layers - linear) * softmax(known, width)
    return layers * (_latent_attention if kind == "mla" else _head_attention)(known, width)


def _head_attention(known: Mapping[str, Any], width: float) -> float:
    if known["attention"] == "mha":
        known = {"n_kv_heads": known.get("n_heads"), **known}
    if "n_heads" in known:
        known = {"head_dim": width / known["n_heads"], **known}
    heads, kv_heads, dim = _need(known, *ATTENTION)
    return 2 * width * heads * dim + 2 * width * kv_heads * dim


def _latent_attention(known: Mapping[str, Any], width: float) -> float:
    heads, kv_rank, plain, rotary, value = _need(known, *LATENT_ATTENTION)
    query_rank = known.get("q_lora_rank", 0)
    queries = heads * (plain + rotary)
    query = width * queries
    if query_rank:
        query = width * query_rank + query_rank * queries + query_rank
    key_value = width * (kv_rank + rotary) + kv_rank * heads * (plain + value) + kv_rank
    return query + key_value + heads * value * width


def _linear_attention(known: Mapping[str, Any], width: float) -> float:
    heads, dim, state = _need(known, *LINEAR_ATTENTION)
    if state != heads * dim * dim:
        raise _Missing("the columns do not describe the projections of this kind of linear layer")
    return 5 * width * heads * dim


def _feed_forward(known: Mapping[str, Any]) -> tuple[float, float]:
    """Total and active parameters of the feed-forward networks of all layers, with routers."""
    layers, width, gated = _need(known, "n_layers", "hidden_size", "ffn_gated")
    matrices = 3 if gated else 2
    experts = known.get("n_routed_experts", 0)
    dense_layers = layers
    if experts > 1 or "expert_ffn_size" in known:
        (dense_layers,) = _need(known, "n_dense_layers")
    dense = 0
    if dense_layers:
        (inner,) = _need(known, "ffn_size")
        dense = dense_layers * matrices * width * inner
    if dense_layers == layers:
        return dense, dense
    experts, chosen, inner = _need(
        known, "n_routed_experts", "experts_per_token", "expert_ffn_size"
    )
    shared = 0
    if known.get("n_shared_experts", 0):
        (shared_inner,) = _need(known, "shared_expert_ffn_size")
        shared = known["n_shared_experts"] * matrices * width * shared_inner
    expert = matrices * width * inner
    router = width * experts
    expert_layers = layers - dense_layers
    total = dense + expert_layers * (experts * expert + shared + router)
    active = dense + expert_layers * (chosen * expert + shared + router)
    return total, active


def _need(known: Mapping[str, Any], *names: str) -> list[Any]:
    missing = [name for name in names if name not in known]
    if missing:
        raise _Missing(f"no {', '.join(missing)}")
    return [known[name] for name in names]
