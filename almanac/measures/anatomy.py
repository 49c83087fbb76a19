"""What a model's published configuration fixes: its weights by part, its cache, its attention.

The parameters come from `almanac.record.counter`; the rest is read off the same columns. With
c softmax attention layers that look at the whole context and w that look at a sliding window:

- cache, elements a token and layer: m (d + v) in multi-head and grouped-query attention with m
  key-value heads of width d and values of width v (Ainslie et al., GQA,
  https://arxiv.org/abs/2305.13245); the latent and the rotary key, rank + r, in multi-head latent
  attention (DeepSeek-V2, https://arxiv.org/abs/2405.04434, section 2.1); a sliding-window layer
  stops growing at its window; a linear layer keeps a state of constant size;
- attention arithmetic, FLOPs a cached token and layer, n query heads, a multiplication and an
  addition counted as two: 2 n (d + v). Latent attention reads a prompt with its keys and values
  written out, 2 n (a + r + v), a the part of a head without position, but generates on the latent
  itself, the up-projections absorbed into the query and the output (DeepSeek-V2, section 2.1.2):
  2 n (2 rank + r), with no more parameters a token and far fewer bytes;
- a linear layer updates and reads its state: 4 FLOPs an element, at least.

Left out, since the columns do not describe them: state of short convolutions, indexers and
compressors of sparse attention, layers that share one cache or use keys as values; softmax,
norms and activations. A model that picks which cached tokens it reads does less than is counted
here. Where the columns do not say how many layers have a window, there is no cache and no
attention arithmetic: nothing is guessed.
"""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from almanac import record as almanac_record
from almanac.measures.counting import graded
from almanac.record import Record, counter

KINDS = {
    "mha": "multi-head",
    "gqa": "grouped-query",
    "window": "sliding window",
    "mla": "latent",
    "hybrid": "partly linear",
}


def countable(record: Record, models: pd.DataFrame) -> pd.DataFrame:
    """Those of `models` whose published configuration allows a count, with their anatomy.

    Parameters
    ----------
    models : one row a model with its release and organisation, as `counting.select` gives them

    Returns
    -------
    DataFrame
        Rows of `models` in their order, with the columns of ``configs`` and those of `parts`, and
        ``grade``, the lowest grade of evidence among the cells of ``configs`` that are filled.
    """
    columns = [column for column in record.configs.columns if column != "model_id"]
    configs = record.configs[record.configs.model_id.isin(models.model_id)]
    said = record.evidence[record.evidence["table"] == "configs"]
    own = replace(record, evidence=said[said.row.isin(configs.model_id)])
    configs = almanac_record.with_confidence(configs, own, "configs", columns)
    configs = graded(configs, columns)[["model_id", *columns, "grade"]]
    rows = models.drop(columns="grade", errors="ignore").merge(configs, on="model_id")
    counts = [counter.count(row)[0] for row in rows.to_dict("records")]
    known = np.array([found is not None for found in counts], dtype=bool)
    totals = pd.DataFrame(
        [asdict(found) for found in counts if found is not None],
        columns=list(counter.Count.__dataclass_fields__),
    )
    return parts(rows[known].reset_index(drop=True), totals)


def parts(rows: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """The numbers that costs are made of.

    Parameters
    ----------
    rows : columns of ``configs``, with n_routed_experts and experts_per_token of the model
    totals : the fields of `counter.Count` for the same rows, in billions

    Returns
    -------
    DataFrame
        `rows` with

        - weights_b: all parameters; matmul_b: those that work on every token (embedding rows are
          looked up, not multiplied); routed_b: those of all routed experts; fixed_b: those read
          whatever is routed; in billions
        - expert_share: chosen over routed experts, 1 in a dense model
        - cache_growing, cache_window: cached elements a token, of layers without and with a
          window; window: its length in tokens (0 without); cache_state: elements whatever the
          context, all layers together
        - generate_growing, generate_window, read_growing, read_window: FLOPs a token and cached
          token, when generating and when reading a prompt
        - attention_kind: a value of `KINDS`
    """
    number = rows[_numbers(rows)].astype(float)
    experts = number.n_routed_experts.where(number.n_routed_experts > 1)
    share = (number.experts_per_token / experts).fillna(1.0)
    total, active = totals.total_params_b, totals.active_params_b
    # what a token does not use of its layers are the experts not chosen
    routed = ((total - active) / (1 - share).where(share < 1)).fillna(0.0)
    matmul = totals.active_without_embedding_b
    softmax, linear, growing, windowed = _layers(rows, number)
    cache, cache_window, generate, generate_window, read, read_window = _per_layer(rows, number)
    state = linear * number.linear_state_size.where(rows.linear_kind != "short_conv", 0.0)
    window = number.window_tokens
    return rows.assign(
        weights_b=total,
        matmul_b=matmul,
        routed_b=routed,
        fixed_b=matmul - routed * share,
        expert_share=share,
        cache_growing=growing * cache,
        cache_window=_unless_none(windowed, cache_window),
        cache_state=state.where(linear > 0, 0.0),
        window=window.fillna(0.0),
        generate_growing=growing * generate,
        generate_window=_unless_none(windowed, generate_window),
        read_growing=growing * read,
        read_window=_unless_none(windowed, read_window),
        attention_kind=_kind(rows),
    )


def _numbers(rows: pd.DataFrame) -> list[str]:
    named = ("attention", "linear_kind", "attention_gate", "ffn_gated", "tied_embeddings")
    own = [
        *counter.ATTENTION, *counter.LATENT_ATTENTION, "n_layers", "hidden_size",
        "n_linear_layers", "linear_state_size", "window_tokens", "n_global_layers",
        "n_softmax_layers", "window_n_heads", "window_n_kv_heads", "window_head_dim",
        "n_routed_experts", "experts_per_token",
    ]  # fmt: skip
    return [column for column in dict.fromkeys(own) if column not in named]


def _layers(rows: pd.DataFrame, number: pd.DataFrame) -> tuple[pd.Series, ...]:
    """Softmax layers, linear ones, and softmax layers without and with a window."""
    linear = number.n_linear_layers.where(rows.attention == "hybrid", 0.0)
    linear = linear.mask(rows.attention == "linear", number.n_layers)
    softmax = number.n_softmax_layers.fillna(number.n_layers - linear)
    growing = number.n_global_layers.where(number.window_tokens.notna(), softmax)
    return softmax, linear, growing, softmax - growing


def _per_layer(rows: pd.DataFrame, number: pd.DataFrame) -> list[pd.Series]:
    """Cached elements and FLOPs (generating, reading) of one layer without and one with a
    window, alternating."""
    heads = number.n_heads
    key_values = number.n_kv_heads.fillna(heads.where(rows.attention == "mha"))
    dim = number.head_dim.fillna(number.hidden_size / heads)
    latent = number.kv_lora_rank.notna()
    rank, rotary, plain = number.kv_lora_rank, number.rope_head_dim, number.nope_head_dim
    each = []
    for n, m, d in (
        (heads, key_values, dim),
        (
            number.window_n_heads.fillna(heads),
            number.window_n_kv_heads.fillna(key_values),
            number.window_head_dim.fillna(dim),
        ),
    ):
        v = number.v_head_dim.fillna(d)
        each.append(
            (
                (rank + rotary).where(latent, m * (d + v)),
                (2 * n * (2 * rank + rotary)).where(latent, 2 * n * (d + v)),
                (2 * n * (plain + rotary + v)).where(latent, 2 * n * (d + v)),
            )
        )
    return [one for pair in zip(*each, strict=True) for one in pair]


def _unless_none(layers: pd.Series, amount: pd.Series) -> pd.Series:
    """Layers times amount; nothing where there are no such layers, even if the amount is
    unknown."""
    return (layers * amount).mask(layers == 0, 0.0)


def _kind(rows: pd.DataFrame) -> pd.Series:
    kind = rows.attention.mask(rows.window_tokens.notna(), "window")
    return kind.mask(rows.attention.isin(["linear", "hybrid"]), "hybrid").map(KINDS)
