"""Analytic parameter counter: total and active parameters from published hyperparameters.

With L layers of width h, vocabulary V, and g = 3 matrices in a gated feed-forward network
(SwiGLU: gate, up, down) or 2 in one without a gate:

- embeddings: V h, and V h again for the output head unless tied;
- multi-head and grouped-query attention, n heads and m key-value heads of width d, values of
  width v (d unless stated): h n d (queries) + h m (d + v) (keys and values) + n v h (output);
  queries of rank q (multi-matrix factorisation) h q + q n d instead, outputs of rank o in each of
  u groups of heads n v o + u o h instead;
- multi-head latent attention, query rank q, key-value rank c, head parts a (without position),
  r (with) and v (value): queries h q + q n (a + r), or h n (a + r) uncompressed; keys and values
  h (c + r) + c n (a + v); output n v h;
- a gate on the output of attention: h n v by element, h n by head;
- sliding-window layers with heads of their own are counted with them, the others as above;
- linear attention with one decay per head (Lightning Attention): queries, keys, values, output
  gate and output, 5 h n d, and a norm of n d;
- Gated DeltaNet, a key heads of width d and b value heads of width v, convolution over w tokens:
  queries, keys, values, output gate and output h (2 a d + 3 b v), two scalars per value head 2 h b,
  convolution w (2 a d + b v), decays 2 b, norm v;
- Kimi Delta Attention, n heads of width d: queries, keys, values and output 4 h n d, convolution
  3 w n d, one scalar per head h n, decays n + n d, norm d, and a decay gate and an output gate,
  each h n d, or h p + p n d where it has rank p;
- Mamba-2, b heads of width v with states of d in a groups, read as b value heads and a key heads:
  input h (2 b v + 2 a d + b), convolution (w + 1) (b v + 2 a d) with its bias, 3 b, norm b v,
  output b v h;
- gated short convolution over w tokens: 4 h h + w h;
- feed-forward networks and experts of inner width f: g h f each; an expert layer has E routed and
  s shared experts and a router of h E; where routed experts work in a narrower width l, each has
  g l f and their layer 2 h l for the projections to l and back;
- norms: h per sequence mixer and per feed-forward network, h at the end, and q + c per layer in
  latent attention.

A layer has one sequence mixer and one feed-forward network unless `n_softmax_layers` or
`n_ffn_layers` say otherwise: in Nemotron-H each layer is one of them only, LongCat-Flash has two
attention and two dense networks beside the experts of a layer, Falcon-H1 both mixers in each layer.

Per token, an expert layer uses its k routed experts, the shared ones and the router; all else is
used in full, but for the input embedding, of which a token reads one row. Vendors differ on
whether to call that active: Qwen and Mistral's figures contain it, OpenAI leaves it out (gpt-oss
model card), MiniMax leaves the output head out too. All three counts are given.

Left out, since the columns do not describe them: biases, query and key norms, second norms after a
sublayer, attention sinks, learnt relative positions, indexers and compressors of sparse attention,
hyper-connections, that some layers have no value projection of their own (Gemma 4, DeepSeek-V4),
multi-token-prediction modules, and encoders of images or sound; but for the last two, together
below 1 % of the total in the models the tests check. What the columns do not tell is never guessed:
there is then no count.

Sources: Shazeer, GLU Variants Improve Transformer (https://arxiv.org/abs/2002.05202); Ainslie et
al., GQA (https://arxiv.org/abs/2305.13245); DeepSeek-V2 (https://arxiv.org/abs/2405.04434, latent
attention), DeepSeekMoE (https://arxiv.org/abs/2401.06066), MiniMax-01
(https://arxiv.org/abs/2501.08313, Lightning Attention), Yang et al., Gated Delta Networks
(https://arxiv.org/abs/2412.06464), Kimi Linear (https://arxiv.org/abs/2510.26692), Dao and Gu,
Mamba-2 (https://arxiv.org/abs/2405.21060), Qiu et al., Gated Attention
(https://arxiv.org/abs/2505.06708), LFM2 (https://arxiv.org/abs/2511.23404, short convolutions),
Step-3 (https://arxiv.org/abs/2507.19427, multi-matrix factorisation),
Nemotron-H (https://arxiv.org/abs/2504.03624), LongCat-Flash (https://arxiv.org/abs/2509.01322),
Nemotron 3 (https://arxiv.org/abs/2512.20856, experts of a narrower width), gpt-oss model card
(https://arxiv.org/abs/2508.10925). The shapes of linear mixers are those of the classes
MiniMaxLightningAttention, Qwen3_5GatedDeltaNet, KimiLinearDeltaAttention,
BailingHybridDeltaAttention, BambaMixer and Lfm2MoeShortConv, that of grouped outputs those of
DeepseekV4GroupedLinear, of
https://github.com/huggingface/transformers (5.23.0).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

ATTENTION = ("n_heads", "n_kv_heads", "head_dim")
LATENT_ATTENTION = ("n_heads", "kv_lora_rank", "nope_head_dim", "rope_head_dim", "v_head_dim")
LINEAR_ATTENTION = (
    "linear_key_heads",
    "linear_value_heads",
    "linear_key_dim",
    "linear_value_dim",
    "linear_conv_width",
)
WINDOW = "window_"


@dataclass(frozen=True)
class Count:
    """Parameters in billions (1e9).

    ``active_params_b`` includes the input embedding and ``active_without_embedding_b`` does not;
    they are equal where it is tied to the output head, which every token uses in full.
    ``active_without_head_b`` includes neither the embedding nor the output head.
    """

    total_params_b: float
    active_params_b: float
    active_without_embedding_b: float
    active_without_head_b: float


@dataclass(frozen=True)
class _Layers:
    """How many of each part a model has; a layer usually has one mixer and one network."""

    softmax: float
    linear: float
    ffn: float


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
    width, vocabulary, tied = _need(known, "hidden_size", "vocab_size", "tied_embeddings")
    layers = _layers(known)
    embedding = vocabulary * width
    head = 0 if tied else embedding
    norms = (layers.softmax + layers.linear + layers.ffn + 1) * width
    shared = embedding + head + norms
    shared += layers.linear and layers.linear * _linear_attention(known, width)
    shared += layers.softmax and _attention(known, layers.softmax, width)
    total_ffn, active_ffn = _feed_forward(known, layers.ffn, width)
    active = shared + active_ffn
    unread = 0 if tied else embedding
    return Count(
        total_params_b=(shared + total_ffn) / 1e9,
        active_params_b=active / 1e9,
        active_without_embedding_b=(active - unread) / 1e9,
        active_without_head_b=(active - unread - embedding) / 1e9,
    )


def _layers(known: Mapping[str, Any]) -> _Layers:
    layers, kind = _need(known, "n_layers", "attention")
    linear = {"linear": layers, "hybrid": None}.get(kind, 0)
    if linear is None:
        (linear,) = _need(known, "n_linear_layers")
    return _Layers(
        softmax=known.get("n_softmax_layers", layers - linear),
        linear=linear,
        ffn=known.get("n_ffn_layers", layers),
    )


def _attention(known: Mapping[str, Any], layers: float, width: float) -> float:
    """Parameters of all softmax layers, those with a window counted apart where they differ."""
    own = {name.removeprefix(WINDOW): known[name] for name in known if name.startswith(WINDOW)}
    own.pop("tokens", None)
    if not own:
        return layers * _softmax_attention(known, width)
    (unbounded,) = _need(known, "n_global_layers")
    windowed = _softmax_attention({**known, **own}, width)
    return unbounded * _softmax_attention(known, width) + (layers - unbounded) * windowed


def _softmax_attention(known: Mapping[str, Any], width: float) -> float:
    """Parameters of one softmax layer, with the norms inside it."""
    latent = known["attention"] == "mla" or "kv_lora_rank" in known
    mixer = _latent_attention if latent else _head_attention
    return mixer(known, width) + _gate(known, width)


def _gate(known: Mapping[str, Any], width: float) -> float:
    if "attention_gate" not in known:
        return 0
    heads, gate = _need(known, "n_heads", "attention_gate")
    return width * heads * (1 if gate == "head" else _value_dim(known, width))


def _value_dim(known: Mapping[str, Any], width: float) -> float:
    (heads,) = _need(known, "n_heads")
    return known.get("v_head_dim", known.get("head_dim", width / heads))


def _head_attention(known: Mapping[str, Any], width: float) -> float:
    if known["attention"] == "mha":
        known = {"n_kv_heads": known.get("n_heads"), **known}
    if "n_heads" in known:
        known = {"head_dim": width / known["n_heads"], **known}
    heads, kv_heads, dim = _need(known, *ATTENTION)
    value = _value_dim(known, width)
    key_value = width * kv_heads * (dim + value)
    return _query(known, width, heads * dim) + key_value + _output(known, width, heads * value)


def _output(known: Mapping[str, Any], width: float, values: float) -> float:
    """Parameters of the output, which may be compressed in groups of heads."""
    if "o_lora_rank" not in known:
        return values * width
    rank, groups = _need(known, "o_lora_rank", "o_groups")
    return rank * (values + groups * width)


def _query(known: Mapping[str, Any], width: float, queries: float) -> float:
    """Parameters of the queries, with the norm between the two matrices of compressed ones."""
    rank = known.get("q_lora_rank", 0)
    return rank * (width + queries + 1) if rank else width * queries


def _latent_attention(known: Mapping[str, Any], width: float) -> float:
    heads, kv_rank, plain, rotary, value = _need(known, *LATENT_ATTENTION)
    key_value = width * (kv_rank + rotary) + kv_rank * heads * (plain + value) + kv_rank
    query = _query(known, width, heads * (plain + rotary))
    return query + key_value + heads * value * width


def _linear_attention(known: Mapping[str, Any], width: float) -> float:
    """Parameters of one layer of linear attention or a state-space model."""
    (kind,) = _need(known, "linear_kind")
    if kind == "lightning":
        heads, dim = _need(known, "n_heads", "head_dim")
        return 5 * width * heads * dim + heads * dim
    if kind == "short_conv":
        (taps,) = _need(known, "linear_conv_width")
        return 4 * width * width + taps * width
    mixer = {"gated_deltanet": _gated_deltanet, "kda": _kimi_delta, "mamba2": _mamba}.get(kind)
    if mixer is None:
        raise _Missing(f"the projections of {kind} are not known")
    return mixer(known, width, *_need(known, *LINEAR_ATTENTION))


def _gated_deltanet(
    known: Mapping[str, Any], width: float, keys: float, values: float, key_dim: float,
    value_dim: float, taps: float,
) -> float:  # fmt: skip
    key, value = keys * key_dim, values * value_dim
    projections = width * (2 * key + 3 * value + 2 * values)
    return projections + taps * (2 * key + value) + 2 * values + value_dim


def _kimi_delta(
    known: Mapping[str, Any], width: float, keys: float, values: float, key_dim: float,
    value_dim: float, taps: float,
) -> float:  # fmt: skip
    key, value = keys * key_dim, values * value_dim
    gates = 0
    for name, out in (("linear_decay_rank", key), ("linear_gate_rank", value)):
        rank = known.get(name, 0)
        gates += rank * (width + out) if rank else width * out
    projections = width * (2 * key + 2 * value + values)
    return projections + gates + taps * (2 * key + value) + values + key + value_dim


def _mamba(
    known: Mapping[str, Any], width: float, groups: float, heads: float, state: float,
    head_dim: float, taps: float,
) -> float:  # fmt: skip
    inner, convolved = heads * head_dim, heads * head_dim + 2 * groups * state
    projections = width * (inner + convolved + heads) + inner * width
    return projections + (taps + 1) * convolved + 3 * heads + inner


def _feed_forward(known: Mapping[str, Any], layers: float, width: float) -> tuple[float, float]:
    """Total and active parameters of all feed-forward networks, with routers."""
    (gated,) = _need(known, "ffn_gated")
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
    experts, chosen, inner, shared = _need(
        known, "n_routed_experts", "experts_per_token", "expert_ffn_size", "n_shared_experts"
    )
    always = width * experts
    if shared:
        (shared_inner,) = _need(known, "shared_expert_ffn_size")
        always += shared * matrices * width * shared_inner
    narrow = known.get("expert_hidden_size", 0)
    always += 2 * width * narrow
    expert = matrices * (narrow or width) * inner
    expert_layers = layers - dense_layers
    total = dense + expert_layers * (experts * expert + always)
    active = dense + expert_layers * (chosen * expert + always)
    return total, active


def _need(known: Mapping[str, Any], *names: str) -> list[Any]:
    missing = [name for name in names if name not in known]
    if missing:
        raise _Missing(f"no {', '.join(missing)}")
    return [known[name] for name in names]
