"""What a model costs to run, from its anatomy: arithmetic, memory, and bytes read a step.

A model of the machine, not a measurement: every number follows from published configurations and
from conditions that the caller states, and nothing is sampled, so nothing has an interval.

Per generated token a model does 2 FLOPs a parameter that works on it, plus attention over the
context (Kaplan et al., https://arxiv.org/abs/2001.08361, section 2.1, whose count leaves out
embeddings; here the output head counts, since each token multiplies with it). A step that
generates one token for each of B sequences reads every weight it uses once and the cache of each
sequence. With E routed experts of which k are chosen, uniformly and independently, a batch
touches E (1 - (1 - k/E)^B) of them on average: routing that favours some experts, or tokens that
agree, touch fewer. A step takes as long as the slower of reading and arithmetic (Williams,
Waterman and Patterson, Roofline, https://doi.org/10.1145/1498765.1498785), each at the machine's
peak: real engines are slower.

Units: billions of parameters, GFLOPs (1e9), gigabytes (1e9 bytes), kilobytes (1e3).
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate

LONGEST = 2**20  # tokens; contexts looked at for where two models cross
LARGEST = 4096  # sequences; batches looked at for where two models cross
BODY = ["weights_b", "matmul_b", "cache_growing"]  # what models of one body share
METHOD = "computed from published configurations; nothing is sampled"
DEEPSEEK = "https://arxiv.org/abs/2505.09343"
# What DeepSeek published of costs, in "Insights into DeepSeek-V3": kB of cache a token at 16 bits
# (Table 1), and GFLOPs of training a token at a sequence length of 4096 (Table 2).
PUBLISHED = (
    ("deepseek-v3", "cache", 70.272),
    ("qwen2.5-72b-instruct", "cache", 327.680),
    ("llama-3.1-405b-instruct", "cache", 516.096),
    ("deepseek-v2-chat", "training", 155.0),
    ("deepseek-v3", "training", 250.0),
    ("qwen2.5-72b-instruct", "training", 394.0),
    ("llama-3.1-405b-instruct", "training", 2448.0),
)


@dataclass(frozen=True)
class Conditions:
    """Under which a step is looked at.

    Attributes
    ----------
    batch : sequences generated at once
    context : tokens each of them has cached
    bits : of a weight
    cache_bits : of a cached element
    bandwidth_tb_s : memory bandwidth of the whole machine, in 1e12 bytes a second
    peak_pflop_s : arithmetic of the whole machine, in 1e15 FLOPs a second
    """

    batch: int = 1
    context: int = 4096
    bits: float = 16
    cache_bits: float = 16
    bandwidth_tb_s: float = 38.4
    peak_pflop_s: float = 7.9

    def __post_init__(self):
        for field in fields(self):
            value, least = getattr(self, field.name), 0
            if value < least or (value == least and field.name != "context"):
                raise ValueError(f"{field.name} is {value}, expected more than {least}")


def gflops(parts: pd.DataFrame, context, *, generating: bool = True):
    """GFLOPs a token with `context` tokens before it.

    The mean over a prompt of S tokens read at once is that at S / 2.

    Parameters
    ----------
    parts : as `anatomy.parts` gives them, or one of its rows
    context : in tokens; a number, or an array where `parts` is one row
    generating : whether one token at a time, or a prompt is read (the two differ in latent
        attention)
    """
    how = "generate" if generating else "read"
    seen = np.minimum(context, parts["window"])
    attended = parts[f"{how}_growing"] * context + parts[f"{how}_window"] * seen
    return 2 * parts["matmul_b"] + (attended + 4 * parts["cache_state"]) / 1e9


def weights_gb(parts: pd.DataFrame, bits: float):
    """Gigabytes of all weights at `bits` each; scales and parts left at other bits not counted."""
    return parts["weights_b"] * bits / 8


def cache_kb(parts: pd.DataFrame, bits: float):
    """Kilobytes that each further token adds to the cache, once the windows are full."""
    return parts["cache_growing"] * bits / 8 / 1e3


def cache_gb(parts: pd.DataFrame, context, bits: float):
    """Gigabytes of cache of one sequence of `context` tokens (a number or an array)."""
    in_window = np.minimum(context, parts["window"])
    elements = parts["cache_growing"] * context + parts["cache_window"] * in_window
    return (elements + parts["cache_state"]) * bits / 8 / 1e9


def weights_read_gb(parts: pd.DataFrame, batch, bits: float):
    """Gigabytes of weights that a step reads, experts chosen uniformly and independently.

    Parameters
    ----------
    batch : sequences; a number, or an array where `parts` is one row
    """
    touched = 1 - (1 - parts["expert_share"]) ** batch
    return (parts["fixed_b"] + parts["routed_b"] * touched) * bits / 8


def steps(parts: pd.DataFrame, given: Conditions) -> pd.DataFrame:
    """What a step reads and how long it takes at least.

    Returns
    -------
    DataFrame
        With the index of `parts`: weights_gb and cache_gb read; weights_ms, cache_ms and
        arithmetic_ms, the milliseconds of the step that reading weights, reading the cache and
        what arithmetic takes beyond both account for; tokens_per_s of one sequence.
    """
    weights = weights_read_gb(parts, given.batch, given.bits)
    cache = given.batch * cache_gb(parts, given.context, given.cache_bits)
    arithmetic = given.batch * gflops(parts, given.context) / given.peak_pflop_s / 1e3
    reading = (weights + cache) / given.bandwidth_tb_s
    return pd.DataFrame(
        {
            "weights_gb": weights,
            "cache_gb": cache,
            "weights_ms": weights / given.bandwidth_tb_s,
            "cache_ms": cache / given.bandwidth_tb_s,
            "arithmetic_ms": (arithmetic - reading).clip(lower=0),
            "tokens_per_s": 1e3 / np.maximum(reading, arithmetic),
        }
    )


def heavier_from(
    one: pd.Series, other: pd.Series, *, bits: float, other_bits: float,
    context: int = 0, cache_bits: float = 16,
) -> tuple[int, int] | None:  # fmt: skip
    """First and last batch at which a step of `one` reads more than a step of `other`.

    Parameters
    ----------
    one, other : rows of `anatomy.parts`
    bits, other_bits : of their weights
    context, cache_bits : of the caches, which count too; at a context of 0 only weights do

    Returns
    -------
    The batches, the last at most `LARGEST`; None where there is none up to it.
    """
    batch = np.arange(1, LARGEST + 1)

    def read(parts, weight_bits):
        cache = cache_gb(parts, context, cache_bits) if context else 0.0
        return weights_read_gb(parts, batch, weight_bits) + batch * cache

    heavier = batch[read(one, bits) > read(other, other_bits)]
    return (int(heavier[0]), int(heavier[-1])) if len(heavier) else None


def batches(found: tuple[int, int] | None) -> str:
    """In words, what `heavier_from` found."""
    if found is None:
        return "at no batch"
    first, last = found
    if last == LARGEST:
        return f"from a batch of {first:,}"
    return f"only at batches of {first:,} to {last:,}"


def first_heavier(parts: pd.DataFrame, other: pd.Series, bits: float) -> pd.Series:
    """Batch from which each model reads more weight bytes a step than `other`, at equal bits.

    1 where it does from the start; missing where it never does.
    """
    found = [
        heavier_from(row, other, bits=bits, other_bits=bits) for _, row in parts.iterrows()
    ]
    firsts = [None if batches is None else batches[0] for batches in found]
    return pd.Series(firsts, index=parts.index, dtype="Int64")


def equal_context(one: pd.Series, other: pd.Series) -> int | None:
    """Context, in tokens, beyond which `one` needs more arithmetic a generated token.

    None where it does from the start, or not up to `LONGEST` tokens.
    """
    # arithmetic is linear in the context but where a window is full
    knots = np.unique([0.0, one["window"], other["window"], LONGEST])
    more = np.array([gflops(one, knot) - gflops(other, knot) for knot in knots])
    if not more[0] < 0 < more[-1]:
        return None
    last = np.flatnonzero(more < 0)[-1]
    return round(np.interp(0, more[last : last + 2], knots[last : last + 2]))


def pair(parts: pd.DataFrame, subject: str, rival: str) -> tuple[pd.DataFrame, str]:
    """The two models to compare, one MoE and one dense.

    Parameters
    ----------
    parts : models as `anatomy.countable` gives them
    subject, rival : identifiers of the models wanted; where one is missing, the largest MoE model
        or the largest dense one stands in

    Returns
    -------
    The two rows, the MoE model first, and a sentence that says who stands in, empty where nobody
    does.

    Raises
    ------
    ValueError
        If there is no MoE or no dense model.
    """
    parts = parts[parts.cache_growing.notna()]
    chosen, stand_ins = [], []
    for wanted, moe in ((subject, True), (rival, False)):
        found = parts[parts.model_id == wanted]
        if found.empty:
            found = parts[parts.is_moe == moe].sort_values("weights_b", kind="stable").tail(1)
            if found.empty:
                kind = "mixture-of-experts" if moe else "dense"
                raise ValueError(f"no {kind} model whose configuration allows a count")
            stand_ins.append(f"{found['name'].iloc[0]} stands in for {wanted}")
        chosen.append(found)
    both = pd.concat(chosen)
    if not stand_ins:
        return both, ""
    words = " and ".join(stand_ins)
    return both, f"This edition lacks a count of the model that was to be compared, so {words}."


def exactly(
    rows: pd.DataFrame, value: float, unit: str, conditions: str, kind: str = "ratio"
) -> Estimate:
    """A result that follows from the configurations of `rows` and from stated conditions.

    Parameters
    ----------
    rows : the models it rests on, as `anatomy.countable` gives them
    value : the number
    unit : what it measures, in words
    conditions : under which it holds, in words
    kind : how it is written, a key of `estimate.FORMATS`
    """
    facts = rests_on(rows) | {"vendor_share": None}
    return Estimate(
        value=float(value), low=None, high=None, level=0.9, unit=unit, exact=True, kind=kind,
        method=f"{METHOD}; {conditions}", **facts,
    )  # fmt: skip


def compare(one: float, other: float) -> tuple[float, bool]:
    """How many times the larger of two numbers is the smaller, and whether `one` is the smaller."""
    return max(one, other) / min(one, other), bool(one < other)


def by_context(models: pd.DataFrame, contexts: list[int], names: dict[bool, str]) -> pd.DataFrame:
    """GFLOPs a token of each model at each context, when generating and when reading.

    Parameters
    ----------
    models : rows of `anatomy.parts` with their name
    contexts : tokens
    names : what generating (True) and reading a prompt (False) are called; where both take the
        same, only generating is given

    Returns
    -------
    DataFrame
        One row a model, way and context: model, how, context, gflops (to four digits).
    """
    rows = []
    for _, model in models.iterrows():
        for generating, how in names.items():
            if not generating and model.read_growing == model.generate_growing:
                continue
            found = gflops(model, np.array(contexts), generating=generating)
            rows += [
                {"model": model["name"], "how": how, "context": context, "gflops": round(one, 1)}
                for context, one in zip(contexts, found, strict=True)
            ]
    return pd.DataFrame(rows)


def by_batch(models: pd.DataFrame, batches: list[int], given: Conditions) -> pd.DataFrame:
    """Gigabytes a step reads of each model at each batch, weights alone and with caches.

    Returns
    -------
    DataFrame
        One row a model and batch: model, batch, weights_gb, total_gb.
    """
    frames = []
    for _, model in models.iterrows():
        weights = weights_read_gb(model, np.array(batches), given.bits)
        cache = np.array(batches) * cache_gb(model, given.context, given.cache_bits)
        frames.append(
            pd.DataFrame({"model": model["name"], "batch": batches, "weights_gb": weights,
                          "total_gb": weights + cache})
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def under_conditions(
    one: pd.Series, other: pd.Series, given: Conditions, contexts: list[int],
    batches: list[int], released_bits: tuple[float, float] | None,
) -> pd.DataFrame:  # fmt: skip
    """How many times less `one` needs than `other`, by context and batch.

    Parameters
    ----------
    one, other : rows of `anatomy.parts`
    given : the conditions that stay
    contexts, batches : those that vary
    released_bits : bits of a weight of each as released; None leaves that column out

    Returns
    -------
    DataFrame
        One row a context and batch: flops, bytes, bytes_as_released (`other` over `one`) and
        speed (`one` over `other`), so that above 1 is to the advantage of `one`.
    """
    rows = []
    for context in contexts:
        for batch in batches:
            at = replace(given, context=context, batch=batch)
            both = steps(pd.DataFrame([one, other]), at)
            read = both.weights_gb + both.cache_gb
            row = {
                "context": context,
                "batch": batch,
                "flops": gflops(other, context) / gflops(one, context),
                "bytes": read.iloc[1] / read.iloc[0],
                "speed": both.tokens_per_s.iloc[0] / both.tokens_per_s.iloc[1],
            }
            if released_bits:
                weights = [
                    weights_read_gb(model, batch, bits) + cache
                    for model, bits, cache in zip(
                        (one, other), released_bits, both.cache_gb, strict=True
                    )
                ]
                row["bytes_as_released"] = weights[1] / weights[0]
            rows.append(row)
    return pd.DataFrame(rows)


def burdens(
    one: pd.Series, other: pd.Series, released_bits: tuple[float, float]
) -> pd.DataFrame:
    """How many times as much of each resource `other` takes as `one`, whatever the conditions.

    Parameters
    ----------
    one, other : rows of `anatomy.parts`
    released_bits : bits of a weight of each as released

    Returns
    -------
    DataFrame
        One row a resource: resource (in words) and ratio (`other` over `one`; above 1, `one`
        takes less), the largest first. Arithmetic and cache are of one token, without attention
        over a context; weights are read at equal precision; memory is that for the weights.
    """
    mine, theirs = released_bits
    ratios = {
        "arithmetic": other.matmul_b / one.matmul_b,
        "weights read, batch of 1": weights_read_gb(other, 1, 8.0) / weights_read_gb(one, 1, 8.0),
        "cache": cache_kb(other, 16.0) / cache_kb(one, 16.0),
        "memory as released": weights_gb(other, theirs) / weights_gb(one, mine),
        "memory at equal bits": other.weights_b / one.weights_b,
    }
    table = pd.DataFrame({"resource": list(ratios), "ratio": list(ratios.values())})
    return table.sort_values("ratio", ascending=False, kind="stable", ignore_index=True)


def bodies(parts: pd.DataFrame) -> pd.DataFrame:
    """One model of each body whose costs are all known, in the order of `parts`."""
    known = parts[parts[["cache_growing", "cache_state"]].notna().all(axis=1)]
    return known.drop_duplicates(BODY, ignore_index=True)


def against_published(parts: pd.DataFrame) -> pd.DataFrame:
    """The model of this module beside the figures of `PUBLISHED`.

    Training takes three times the arithmetic of reading (Kaplan et al., section 2.1: a backward
    pass takes twice the forward one), at the mean context of a sequence.

    Returns
    -------
    DataFrame
        One row a figure whose model is among `parts`: name, figure (what it is, with its unit),
        published, computed and difference (a share of the published one).
    """
    models = parts.set_index("model_id")
    rows = []
    for model_id, kind, published in PUBLISHED:
        if model_id not in models.index:
            continue
        model = models.loc[model_id]
        if kind == "cache":
            figure, computed = "cache (kB a token)", cache_kb(model, 16)
        else:
            figure = "training (GFLOPs a token)"
            computed = 3 * gflops(model, 4096 / 2, generating=False)
        rows.append(
            {"name": model["name"], "figure": figure, "published": published,
             "computed": round(computed, 3), "difference": computed / published - 1}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "figure", "published", "computed", "difference"])


def flagships(
    parts: pd.DataFrame, adoption: pd.DataFrame, *, floor_b: float, most: int
) -> pd.DataFrame:
    """The best known flagships, by downloads from the Hub: one a family, and one a body.

    Models whose counts of weights, active weights and cache are equal have one body: of them and
    of a family the one with the most downloads is shown.

    Parameters
    ----------
    parts : models as `anatomy.countable` gives them
    adoption : the table of the record; of each model its latest `downloads_30d` counts, and none
        counts as 0
    floor_b : smallest total, in billions
    most : rows shown

    Returns
    -------
    DataFrame
        Rows of `parts` with ``downloads``, by total parameters, largest first. A model whose
        cache is unknown is left out.
    """
    counts = adoption[adoption.metric == "downloads_30d"].sort_values("measured_on")
    latest = counts.groupby("model_id").value.last().astype(float)
    known = parts[parts[["cache_growing", "cache_state"]].notna().all(axis=1)]
    known = known[(known.role == "flagship") & (known.weights_b >= floor_b)]
    known = known.assign(downloads=known.model_id.map(latest).fillna(0.0))
    ranked = known.sort_values(["downloads", "weights_b", "model_id"], ascending=False)
    best = ranked.drop_duplicates(["organisation_id", "family"]).drop_duplicates(BODY).head(most)
    return best.sort_values(["weights_b", "model_id"], ascending=False, ignore_index=True)
