"""The claims of the article of July 2025, taken apart; see `claims` for roles and the rule.

Each function reads one part: it returns a sentence with what it computed and whether it is so.
Model names and numbers come from the record; what is fixed here is which models a claim is about
and what its words are taken to mean (the constants).
"""

from collections.abc import Callable

import pandas as pd

from almanac.measures.claims import (
    Check,
    Finding,
    NotHere,
    Reader,
    Role,
    billions,
    day,
    listed,
    plural,
)

WESTERN = ("us", "europe")
SEVERAL = 3  # models that make a slew
HANDFUL = 10  # models that are a handful at most
TINY_B = 5.0  # billions of parameters; nobody has fixed what tiny is
METHODS = ("reinforcement learning", "a teacher's traces", "another way, or not said")
SCALE = 0.1  # of a model's size, from which a replication is of its scale

CHECKS: dict[str, list[tuple[Role, Check]]] = {}


def part(claim_id: str, role: Role) -> Callable[[Check], Check]:
    """Enter a function as a part of a claim."""

    def enter(check: Check) -> Check:
        CHECKS.setdefault(claim_id, []).append((role, check))
        return check

    return enter


def declared(claim_id: str, role: Role, words: str) -> None:
    """Enter a part that no value decides."""
    part(claim_id, role)(lambda r: (words, None))


def _technique(r: Reader, model_id: str, technique: str) -> pd.DataFrame:
    labels = r.techniques(model_id)
    return labels[labels.technique == technique]


def _reasoning(models: pd.DataFrame) -> pd.DataFrame:
    return models[models.reasoning.isin(["always", "optional"])]


def _largest(models: pd.DataFrame) -> str:
    """Id of the largest, a flagship before its base of the same size."""
    if models.total_params_b.notna().sum() == 0:
        raise NotHere("a model of known size")
    ordered = models.assign(lesser=models.role != "flagship").sort_values(
        ["total_params_b", "lesser"], ascending=[False, True], na_position="last"
    )
    return ordered.index[0]


# OpenAI's first open-weights model since GPT-2 was due that week and was put off ------------------


@part("openai-open-model-delay", "claim")
def no_open_model_before(r: Reader) -> Finding:
    if "openai" not in set(r.record.organisations.organisation_id):
        raise NotHere("OpenAI")
    before = r.until(r.said)
    before = before[before.organisation_id == "openai"]
    earliest = r.record.releases.released_on.min()
    return (
        f"The record, which begins in {earliest.year}, after GPT-2, has "
        f"{plural(len(before), 'open language model')} by OpenAI until {day(r.said)}.",
        before.empty,
    )


@part("openai-open-model-delay", "claim")
def put_off(r: Reader) -> Finding:
    on = r.event("openai-open-model-delay")
    days = (r.said - on).days
    return f"The delay was announced on {day(on)}, {plural(days, 'day')} earlier.", 0 <= days <= 7


@part("openai-open-model-delay", "note")
def promise_kept(r: Reader) -> Finding:
    on = r.value("gpt-oss-120b", "released_on")
    return (
        f"{r.name('gpt-oss-120b')} followed on {day(on)}, {plural((on - r.said).days, 'day')} "
        "after the article.",
        None,
    )


declared(
    "openai-open-model-delay", "beyond",
    "The reason for the delay, and open weights other than language models, such as Whisper for "
    "speech, are not in the record.",
)  # fmt: skip


# The best US open model of the year so far was Llama 4, Maverick at 400 B -------------------------

MAVERICK, BEHEMOTH = "llama-4-maverick-17b-128e-instruct", "llama-4-behemoth"


@part("llama-4-best-us", "claim")
def maverick_size(r: Reader) -> Finding:
    total = r.value(MAVERICK, "total_params_b")
    active = r.value(MAVERICK, "active_params_b")
    words = f"{r.name(MAVERICK)} has {billions(total)} parameters, {billions(active)} active."
    return words, round(total) == 400


@part("llama-4-best-us", "claim")
def largest_us_of_the_year(r: Reader) -> Finding:
    r.value(MAVERICK, "total_params_b")
    year = r.until(r.said)
    year = year[year.own & (year.region == "us") & (year.released_on.dt.year == r.said.year)]
    largest = _largest(year)
    return (
        f"Of {plural(len(year), 'US model')} of {r.said.year} by {day(r.said)} that are not built "
        f"on another organisation's weights, the largest is {r.name(largest)}.",
        year.total_params_b[largest] <= r.value(MAVERICK, "total_params_b"),
    )


@part("llama-4-best-us", "claim")
def behemoth_unreleased(r: Reader) -> Finding:
    total, status = r.value(BEHEMOTH, "total_params_b"), r.value(BEHEMOTH, "status")
    on = r.event("behemoth-delay")
    words = (
        f"{r.name(BEHEMOTH)}, {billions(total)}, is {status} and without weights by "
        f"{day(r.as_of)}; its delay was reported on {day(on)}."
    )
    return words, status == "announced" and on <= r.said and round(total, -3) == 2000


@part("llama-4-best-us", "caveat")
def others_score_higher(r: Reader) -> Finding:
    r.model(MAVERICK)
    scores = r.record.capabilities.dropna(subset="model_id")
    rivals = r.until(r.said)
    rivals = rivals[(rivals.region == "us") & (rivals.released_on.dt.year == r.said.year)]
    scores = scores[scores.model_id.isin(rivals.index)]
    said, beaten = [], False
    for metric, label in (("arena", "Arena"), ("eci", "Epoch's index")):
        last = scores[scores.metric == metric].sort_values("measured_on")
        last = last.drop_duplicates("model_id", keep="last").set_index("model_id")
        if MAVERICK not in last.index:
            continue
        own, best = last.value[MAVERICK], last.value.idxmax()
        r.score(last.subject[best], metric)
        r.score(last.subject[MAVERICK], metric)
        place = int((last.value > own).sum()) + 1
        top = f", behind {r.name(best)}" if place > 1 else ""
        said.append(f"on {label} it is number {place} of {len(last)}{top}")
        beaten |= place > 1
    if not said:
        raise NotHere("a score of Maverick")
    return (
        f"Among US open models of {r.said.year} by then that have a score, measured later: "
        f"{listed(said)}.",
        beaten,
    )


declared(
    "llama-4-best-us", "opinion",
    "Poorly received is a judgement, and that Behemoth was shelved was reported by the press and "
    "not confirmed by Meta.",
)  # fmt: skip


# Microsoft gave Phi-4 14B reasoning through RL ----------------------------------------------------


@part("phi-4-rl", "claim")
def phi_size(r: Reader) -> Finding:
    total, plus = r.value("phi-4", "total_params_b"), r.value("phi-4-reasoning-plus", "reasoning")
    words = f"{r.name('phi-4')} has {billions(total)}; {r.name('phi-4-reasoning-plus')} reasons."
    return words, round(total) == 14 and plus in ("always", "optional")


@part("phi-4-rl", "claim")
def plus_by_reinforcement(r: Reader) -> Finding:
    learned = _technique(r, "phi-4-reasoning-plus", "rl_verifiable")
    how = f", by {learned.algorithm.iloc[0]}" if learned.algorithm.notna().any() else ""
    verb = "is" if len(learned) else "is not"
    return (
        f"{r.name('phi-4-reasoning-plus')} {verb} labelled as trained by reinforcement learning on "
        f"verifiable rewards{how}.",
        len(learned) > 0,
    )


@part("phi-4-rl", "caveat")
def other_without_reinforcement(r: Reader) -> Finding:
    plain = _technique(r, "phi-4-reasoning", "rl_verifiable").empty
    return f"{r.name('phi-4-reasoning')} {'is not' if plain else 'is so too'}.", plain


@part("phi-4-rl", "caveat")
def taught(r: Reader) -> Finding:
    both = ["phi-4-reasoning", "phi-4-reasoning-plus"]
    teachers = [set(_technique(r, m, "sft_traces_teacher").teacher.dropna()) for m in both]
    shared = sorted(set.intersection(*teachers))
    if not shared:
        return "The two name no common teacher.", False
    return f"Both were first fine-tuned on reasoning traces of {listed(shared)}.", True


# IBM released a handful of tiny models for agents -------------------------------------------------


def _granite(r: Reader) -> pd.DataFrame:
    models = r.until(r.said)
    models = models[(models.organisation_id == "ibm") & (models.released_on.dt.year == r.said.year)]
    if models.empty:
        raise NotHere(f"a model of IBM from {r.said.year}")
    return models


@part("ibm-tiny-agents", "claim")
def handful(r: Reader) -> Finding:
    models = _granite(r)
    r.note_cells(models, "released_on", "total_params_b")
    return (
        f"{plural(len(models), 'model')} by IBM in {r.said.year} until {day(r.said)}: "
        f"{listed(models.sort_values('released_on').name)}.",
        len(models) <= HANDFUL,
    )


@part("ibm-tiny-agents", "claim")
def small(r: Reader) -> Finding:
    models = _granite(r)
    largest = models.total_params_b.max()
    return (
        f"The smallest has {billions(models.total_params_b.min())} parameters, the largest "
        f"{billions(largest)}.",
        models.total_params_b.min() <= TINY_B,
    )


@part("ibm-tiny-agents", "caveat")
def not_all_tiny(r: Reader) -> Finding:
    models = _granite(r)
    more = int((models.total_params_b > TINY_B).sum())
    return f"{more} of the {len(models)} have more than {billions(TINY_B)}.", more > 0


@part("ibm-tiny-agents", "caveat")
def tiny_was_a_preview(r: Reader) -> Finding:
    final = r.value("granite-4.0-h-tiny", "released_on")
    preview = r.value("granite-4.0-tiny-preview", "released_on")
    return (
        f"{r.name('granite-4.0-tiny-preview')} of {day(preview)} was a preview; "
        f"{r.name('granite-4.0-h-tiny')} is of {day(final)}.",
        preview <= r.said < final,
    )


declared("ibm-tiny-agents", "beyond", "What a model is meant for has no column in the record.")


# Google's Gemma 3 is multimodal and tops out at 27 B ----------------------------------------------

GEMMA = "gemma-3-27b-it"


def _gemma(r: Reader) -> pd.DataFrame:
    sizes = r.with_it(GEMMA)
    sizes = sizes[sizes.role != "base"].sort_values("total_params_b")
    r.note_cells(sizes, "total_params_b", "modality")
    return sizes


@part("gemma-3-multimodal", "claim")
def tops_out(r: Reader) -> Finding:
    sizes = _gemma(r)
    return (
        f"The sizes are {listed(sizes.name)}; the largest has "
        f"{billions(sizes.total_params_b.max())} parameters.",
        round(sizes.total_params_b.max()) == 27,
    )


@part("gemma-3-multimodal", "claim")
def mostly_images(r: Reader) -> Finding:
    sizes = _gemma(r)
    images = sizes.modality.str.contains("image")
    words = f"{images.sum()} of the {len(sizes)} sizes take images as well as text."
    return words, images.mean() > 0.5


@part("gemma-3-multimodal", "caveat")
def text_only(r: Reader) -> Finding:
    sizes = _gemma(r)
    without = sizes[sizes.modality == "text"]
    if without.empty:
        return "No size takes text only.", False
    return f"Text only: {listed(without.name)}.", True


@part("gemma-3-multimodal", "caveat")
def restricted(r: Reader) -> Finding:
    name, kind = r.value(GEMMA, "licence"), r.value(GEMMA, "licence_class")
    return f"The licence is {name}, of class {kind} on the record's scale of 0 to 4.", kind <= 2


# Other US open models are small beside Maverick ---------------------------------------------------


def _beside(r: Reader) -> tuple[pd.DataFrame, float]:
    """US models of known size by the day without Llama 4, and Maverick's size."""
    size = r.value(MAVERICK, "total_params_b")
    llama_4 = r.model(MAVERICK).release_id
    us = r.until(r.said)
    us = us[(us.region == "us") & us.total_params_b.notna() & (us.release_id != llama_4)]
    return us, size


@part("us-models-small", "claim")
def own_of_the_year_smaller(r: Reader) -> Finding:
    us, size = _beside(r)
    own = us[us.own & (us.released_on.dt.year == r.said.year)]
    if own.empty:
        raise NotHere("a US model beside Llama 4")
    smaller = (own.total_params_b < size).sum()
    return (
        f"Of {plural(len(own), 'US model')} of {r.said.year} by {day(r.said)}, outside Llama 4 and "
        f"not built on another organisation's weights, {smaller} are smaller than Maverick; half "
        f"have at most {billions(own.total_params_b.median())}, the largest has "
        f"{own.total_params_b.max() / size:.0%} of its {billions(size)}.",
        smaller == len(own),
    )


@part("us-models-small", "claim")
def all_smaller(r: Reader) -> Finding:
    us, size = _beside(r)
    larger = us[us.total_params_b > size]
    releases = larger.sort_values("released_on").drop_duplicates("release_id")
    r.note_cells(larger.loc[releases.index], "total_params_b", "released_on")
    names = [
        f"{row['name']} ({billions(row.total_params_b)}, {row.released_on.year})"
        for _, row in releases.iterrows()
    ]
    if not names:
        return f"None of all {len(us)} US open models by then, of any make, is larger.", True
    words = f"Of all {len(us)} US open models by then, of any year and make, those larger than "
    words += f"Maverick are in {plural(len(names), 'release')}: {listed(names)}."
    return words, False


@part("us-models-small", "caveat")
def small_by_active(r: Reader) -> Finding:
    us, _ = _beside(r)
    active = r.value(MAVERICK, "active_params_b")
    known = us[us.active_params_b.notna() & (us.released_on.dt.year == r.said.year)]
    more = int((known.active_params_b > active).sum())
    return (
        f"By active parameters Maverick has {billions(active)}: {more} of {len(known)} other US "
        f"models of {r.said.year} have more.",
        more > 0,
    )


# DeepSeek R1 runs faster and on fewer resources than Llama 3.1 405B and replicates o1 -------------

R1, LLAMA_405B = "deepseek-r1", "llama-3.1-405b-instruct"
RELEASED_BITS = (8.0, 16.0)  # of a weight, as the cost page has it from their makers
O1_BENCH = "2024-11-25"  # LiveBench's questions when R1 came


@part("r1-vs-llama-405b", "claim")
def r1_size(r: Reader) -> Finding:
    total, kind = r.value(R1, "total_params_b"), r.value(R1, "architecture")
    return (
        f"{r.name(R1)} has {billions(total)} parameters and is "
        f"{'a mixture of experts' if kind == 'moe' else kind}.",
        round(total) == 671 and kind == "moe",
    )


@part("r1-vs-llama-405b", "claim")
def less_arithmetic(r: Reader) -> Finding:
    dense, sparse = r.value(LLAMA_405B, "active_params_b"), r.value(R1, "active_params_b")
    return (
        f"It uses {billions(sparse)} of them for each token, {r.name(LLAMA_405B)} all its "
        f"{billions(dense)}: by active parameters {dense / sparse:.0f} times the arithmetic.",
        dense / sparse >= 2,
    )


@part("r1-vs-llama-405b", "claim")
def reasons_openly(r: Reader) -> Finding:
    kind, name = r.value(R1, "licence_class"), r.value(R1, "licence")
    method = _technique(r, R1, "rl_verifiable")
    how = f"by {method.algorithm.iloc[0]} " if method.algorithm.notna().any() else ""
    known = "published" if len(method) else "not known"
    return (
        f"Its weights are under {name}; its training by reinforcement learning {how}is {known}.",
        kind == 4 and len(method) > 0 and r.value(R1, "reasoning") in ("always", "optional"),
    )


@part("r1-vs-llama-405b", "caveat")
def more_memory(r: Reader) -> Finding:
    own, other = r.value(R1, "total_params_b"), r.value(LLAMA_405B, "total_params_b")
    return (
        f"At equal precision its weights take {own / other:.2f} times the memory of Llama's.",
        own > other,
    )


@part("r1-vs-llama-405b", "caveat")
def below_o1(r: Reader) -> Finding:
    name = r.name(R1)
    index = r.score("DeepSeek-R1", "eci"), r.score("o1-2024-12-17_high", "eci")
    before = r.score("o1-preview-2024-09-12", "eci")
    bench = [r.score(s, "livebench", O1_BENCH) for s in (R1, "o1-2024-12-17-high")]
    return (
        f"On Epoch's index {name} has {index[0]:.1f}, o1 {index[1]:.1f} and o1-preview "
        f"{before:.1f}; on LiveBench of {O1_BENCH} {name} has {bench[0]:.1f} and o1 "
        f"{bench[1]:.1f}.",
        index[0] < index[1] or bench[0] < bench[1],
    )


declared(
    "r1-vs-llama-405b", "beyond",
    "Speed in use depends on hardware and load, on which the chapter on cost has more; parity with "
    "o1 is DeepSeek's own table, and training data and code were not published.",
)  # fmt: skip


# Within weeks Western developers replicated it ----------------------------------------------------


def followers(r: Reader) -> pd.DataFrame:
    """Reasoning models of organisations other than DeepSeek in the weeks after R1.

    Returns
    -------
    DataFrame
        Rows of the reader's models by day, with ``by_rl`` (reinforcement learning on verifiable
        rewards is among its labels) and ``taught`` (a teacher's traces are).

    Raises
    ------
    NotHere
        If R1 is not in the record.
    """
    start = r.value(R1, "released_on")
    end = start + pd.Timedelta(weeks=r.weeks)
    models = r.until(min(end, r.as_of))
    models = _reasoning(models[models.released_on > start])
    models = models[models.organisation_id != r.model(R1).organisation_id]
    labels = r.record.techniques
    return models.assign(
        by_rl=models.index.isin(labels[labels.technique == "rl_verifiable"].model_id),
        taught=models.index.isin(labels[labels.technique == "sft_traces_teacher"].model_id),
    ).sort_values("released_on")


def followers_by_method(r: Reader) -> pd.DataFrame:
    """The followers with the one method that tells them apart; empty where R1 is not there.

    Returns
    -------
    DataFrame
        name, organisation, region, released_on, total_params_b and method (of `METHODS`). A model
        that learned from a teacher's traces and by reinforcement learning counts as the latter.
    """
    try:
        found = followers(r)
    except NotHere:
        found = r.models.iloc[:0].assign(by_rl=False, taught=False)
    method = pd.Series(METHODS[2], index=found.index)
    method = method.mask(found.taught, METHODS[1]).mask(found.by_rl, METHODS[0])
    columns = ["name", "organisation_name", "region", "released_on", "total_params_b"]
    named = found[columns].rename(columns={"organisation_name": "organisation"})
    return named.assign(method=method).reset_index(drop=True)


def count_methods(found: pd.DataFrame) -> dict[str, int]:
    """How many followers are of the West and of China, and how many of them by reinforcement."""
    by_rl = found.method == METHODS[0]
    sides = {"west": found.region.isin(WESTERN), "china": found.region == "china"}
    return {name: int(side.sum()) for name, side in sides.items()} | {
        f"{name}_by_rl": int((side & by_rl).sum()) for name, side in sides.items()
    }


@part("western-replication", "claim")
def code_within_days(r: Reader) -> Finding:
    days = (r.event("tinyzero") - r.value(R1, "released_on")).days
    return (
        f"The code of TinyZero, {plural(days, 'day')} after R1, repeats the method on puzzles.",
        0 <= days <= 7 * r.weeks,
    )


@part("western-replication", "claim")
def western_by_rl(r: Reader) -> Finding:
    found = followers(r)
    found = found[found.by_rl & found.region.isin(WESTERN)]
    for model_id in found.index:
        _technique(r, model_id, "rl_verifiable")
    r.note_cells(found, "released_on")
    words = f"In the {r.weeks} weeks after R1 {plural(len(found), 'Western model')} with open "
    words += "weights came from reinforcement learning on verifiable rewards"
    names = [f"{row['name']} ({day(row.released_on)})" for _, row in found.iterrows()]
    return f"{words}: {listed(names)}." if names else f"{words}.", not found.empty


@part("western-replication", "claim")
def at_scale(r: Reader) -> Finding:
    found = followers(r)
    found = found[found.by_rl & found.region.isin(WESTERN)]
    size, largest = r.value(R1, "total_params_b"), _largest(found)
    ratio = r.value(largest, "total_params_b") / size
    return (
        f"The largest of them, {r.name(largest)}, has {billions(found.total_params_b[largest])}, "
        f"{ratio:.0%} of R1's {billions(size)}.",
        ratio >= SCALE,
    )


@part("western-replication", "caveat")
def mostly_taught(r: Reader) -> Finding:
    found = followers(r)
    west = found[found.region.isin(WESTERN)]
    taught, by_rl = int(west.taught.sum()), int(west.by_rl.sum())
    return (
        f"Of {plural(len(west), 'Western reasoning model')} of those weeks {taught} learned from a "
        f"teacher's traces and {by_rl} from reinforcement learning, or from both.",
        taught > by_rl,
    )


@part("western-replication", "caveat")
def more_in_china(r: Reader) -> Finding:
    found = followers(r)
    by_rl = found[found.by_rl]
    china, west = (by_rl.region == "china").sum(), by_rl.region.isin(WESTERN).sum()
    return (
        f"Of {plural(len(by_rl), 'model')} by reinforcement learning in those weeks {china} came "
        f"from China and {west} from the West.",
        china > west,
    )


@part("western-replication", "caveat")
def western_before(r: Reader) -> Finding:
    start = r.value(R1, "released_on")
    before = _reasoning(r.until(start - pd.Timedelta(days=1)))
    before = before[before.region.isin(WESTERN)]
    r.note_cells(before, "released_on")
    if before.empty:
        return "No Western reasoning model with open weights precedes R1.", False
    teachers = {
        t for m in before.index for t in _technique(r, m, "sft_traces_teacher").teacher.dropna()
    }
    names = [f"{row['name']} ({day(row.released_on)})" for _, row in before.iterrows()]
    taught = f", taught by {listed(sorted(teachers))}" if teachers else ""
    return f"Already before R1 there was, in the West, {listed(names)}{taught}.", True


@part("western-replication", "caveat")
def open_r1_distils(r: Reader) -> Finding:
    own = r.until(r.said)
    own = own[own.organisation_id == "open-r1"].sort_values("released_on")
    if own.empty:
        raise NotHere("a model of Open R1")
    labels = pd.concat([r.techniques(model_id) for model_id in own.index])
    reinforced = (labels.technique == "rl_verifiable").sum()
    r.note_cells(own.head(1), "released_on")
    weeks = (own.released_on.iloc[0] - r.value(R1, "released_on")).days / 7
    return (
        f"Open R1's first model, {own.name.iloc[0]}, came {weeks:.0f} weeks after R1; of its "
        f"{plural(len(own), 'model')} by {day(r.said)} {reinforced or 'none'} used reinforcement "
        f"learning and {(labels.technique == 'sft_traces_teacher').sum()} are distilled.",
        reinforced == 0,
    )


@part("western-replication", "note")
def s1_teacher(r: Reader) -> Finding:
    teacher = _technique(r, "s1-32b", "sft_traces_teacher").teacher.dropna()
    return f"{r.name('s1-32b')} learned from {listed(teacher) if len(teacher) else 'none'}.", None


# Alibaba followed with a slew of reasoning and MoE models -----------------------------------------


def _alibaba(r: Reader) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Alibaba's models before R1, and from R1 to the day."""
    start = r.value(R1, "released_on")
    models = r.until(r.said).sort_values("released_on")
    models = models[models.parent == "Alibaba"]
    if models.empty:
        raise NotHere("a model of Alibaba")
    return models[models.released_on < start], models[models.released_on >= start]


@part("alibaba-slew", "claim")
def reasoning_after(r: Reader) -> Finding:
    found = _reasoning(_alibaba(r)[1])
    r.note_cells(found, "released_on", "reasoning")
    releases = found.drop_duplicates("release_id")
    names = [f"{row.release_name} ({day(row.released_on)})" for _, row in releases.iterrows()]
    words = f"From R1 to {day(r.said)} Alibaba released {plural(len(found), 'reasoning model')}"
    return f"{words}, in {listed(names)}." if names else f"{words}.", len(found) >= SEVERAL


@part("alibaba-slew", "claim")
def experts_after(r: Reader) -> Finding:
    found = _alibaba(r)[1]
    found = found[found.architecture == "moe"]
    r.note_cells(found, "architecture")
    words = f"{len(found)} of its models of that time are mixtures of experts"
    return f"{words}: {listed(found.name)}." if len(found) else f"{words}.", len(found) > 0


@part("alibaba-slew", "caveat")
def reasoning_earlier(r: Reader) -> Finding:
    found = _reasoning(_alibaba(r)[0])
    r.note_cells(found, "released_on")
    if found.empty:
        return "None of its reasoning models precedes R1.", False
    names = [f"{row['name']} ({day(row.released_on)})" for _, row in found.iterrows()]
    return f"Before R1 it had released {listed(names)}, which reason.", True


@part("alibaba-slew", "caveat")
def experts_earlier(r: Reader) -> Finding:
    found = _alibaba(r)[0]
    found = found[found.architecture == "moe"]
    if found.empty:
        return "None of its mixtures of experts precedes R1.", False
    r.note_cells(found.head(1), "released_on")
    first = found.iloc[0]
    return (
        f"Its mixtures of experts begin with {first['name']} of {day(first.released_on)}.",
        True,
    )


# MiniMax M1: 456 B, reasoning, Apache-2.0, June, one-million-token context, a new attention -------

M1, TEXT_01 = "minimax-m1-80k", "minimax-text-01"


@part("minimax-m1", "claim")
def m1_size(r: Reader) -> Finding:
    total, on = r.value(M1, "total_params_b"), r.value(M1, "released_on")
    words = f"{r.name(M1)} has {billions(total)} parameters and was released on {day(on)}."
    return words, round(total) == 456 and (on.year, on.month) == (2025, 6)


@part("minimax-m1", "claim")
def m1_reasons(r: Reader) -> Finding:
    mode, name = r.value(M1, "reasoning"), r.value(M1, "licence")
    return (
        f"Reasoning: {mode}. Licence: {name}.",
        mode in ("always", "optional") and name == "Apache-2.0",
    )


@part("minimax-m1", "claim")
def m1_context(r: Reader) -> Finding:
    context = int(r.value(M1, "context_tokens"))
    return f"Its context holds {context:,} tokens.", context >= 1_000_000


@part("minimax-m1", "caveat")
def attention_not_new(r: Reader) -> Finding:
    earlier = r.value(TEXT_01, "released_on")
    kinds = [r.value(m, "attention") for m in (TEXT_01, M1)]
    linear = [r.value(m, "linear_kind") for m in (TEXT_01, M1)]
    same = kinds[0] == kinds[1] and linear[0] == linear[1]
    return (
        f"Its attention ({kinds[1]}, with {linear[1]} layers) is "
        f"{'that' if same else 'not that'} of {r.name(TEXT_01)} of {day(earlier)}.",
        same and earlier < r.value(M1, "released_on"),
    )


@part("minimax-m1", "note")
def m1_active(r: Reader) -> Finding:
    active, total = r.value(M1, "active_params_b"), r.value(M1, "total_params_b")
    return f"{billions(active)} of the {billions(total)} are active for each token.", None


# Baidu opened ERNIE, MoE, 47 B to 424 B, in June --------------------------------------------------

ERNIE = "ernie-4.5-vl-424b-a47b"


def _ernie(r: Reader) -> pd.DataFrame:
    models = r.with_it(ERNIE)
    r.note_cells(models, "total_params_b", "architecture")
    return models.sort_values("total_params_b")


@part("baidu-ernie", "claim")
def ernie_in_june(r: Reader) -> Finding:
    on, number = r.value(ERNIE, "released_on"), len(_ernie(r))
    words = f"{plural(number, 'model')} of ERNIE 4.5 were released on {day(on)}."
    return words, (on.year, on.month) == (2025, 6)


@part("baidu-ernie", "claim")
def ernie_experts(r: Reader) -> Finding:
    models = _ernie(r)
    experts = models.architecture == "moe"
    return (
        f"{experts.sum()} of them are mixtures of experts, the largest of "
        f"{billions(models.total_params_b.max())}.",
        experts.mean() > 0.5 and round(models.total_params_b.max()) == 424,
    )


@part("baidu-ernie", "caveat")
def active_count(r: Reader) -> Finding:
    models = _ernie(r)
    experts = models[models.architecture == "moe"]
    r.note_cells(experts, "active_params_b")
    those = experts[experts.active_params_b.round() == 47]
    if those.empty:
        return "No model has 47 B active parameters.", False
    totals = listed(billions(total) for total in sorted(set(those.total_params_b)))
    return (
        f"{billions(those.active_params_b.iloc[0])} is the active count of the models of {totals}; "
        f"the smallest mixture has {billions(experts.total_params_b.min())} in total.",
        experts.total_params_b.min().round() != 47,
    )


@part("baidu-ernie", "caveat")
def ernie_dense(r: Reader) -> Finding:
    models = _ernie(r)
    dense = models[models.architecture == "dense"]
    if dense.empty:
        return "No model is dense.", False
    names = [f"{row['name']} ({billions(row.total_params_b)})" for _, row in dense.iterrows()]
    return f"Dense: {listed(names)}.", True


# Huawei opened Pangu, trained on its own accelerators ---------------------------------------------

PANGU, PANGU_7B = "pangu-pro-moe-72b-a16b", "openpangu-embedded-7b"


@part("huawei-pangu", "claim")
def pangu_open(r: Reader) -> Finding:
    on, total = r.value(PANGU, "released_on"), r.value(PANGU, "total_params_b")
    words = f"{r.name(PANGU)}, {billions(total)}, was released on {day(on)}."
    return words, on <= r.said


@part("huawei-pangu", "caveat")
def small_pangu_later(r: Reader) -> Finding:
    on = r.value(PANGU_7B, "released_on")
    days = (on - r.value(PANGU, "released_on")).days
    words = f"The weights of the small dense model, {r.name(PANGU_7B)}, are of {day(on)}, "
    return f"{words}{plural(days, 'day')} later.", on > r.said


@part("huawei-pangu", "caveat")
def bars_europe(r: Reader) -> Finding:
    flags, name = r.model(PANGU).licence_flags, r.value(PANGU, "licence")
    barred = pd.notna(flags) and "eu_bar" in flags.split(";")
    verb = "bars" if barred else "does not bar"
    return f"Its licence, {name}, {verb} use in the European Union.", barred


declared(
    "huawei-pangu", "beyond",
    "That it was trained on Ascend chips is Huawei's word. The allegation of copying was reported, "
    "denied and not proven.",
)  # fmt: skip


# Moonshot's one-trillion-parameter MoE of July beats proprietary models by its own account --------

KIMI = "kimi-k2-instruct"
# names in Epoch's index of US proprietary models of that spring
RIVALS = {
    "gpt-4.1-2025-04-14": "GPT-4.1",
    "claude-sonnet-4-20250514": "Claude Sonnet 4",
    "claude-opus-4-20250514": "Claude Opus 4",
}


@part("kimi-k2", "claim")
def kimi_size(r: Reader) -> Finding:
    total, kind = r.value(KIMI, "total_params_b"), r.value(KIMI, "architecture")
    on = r.value(KIMI, "released_on")
    experts = "a mixture of experts" if kind == "moe" else kind
    return (
        f"{r.name(KIMI)} has {billions(total)} parameters, is {experts} and was released on "
        f"{day(on)}.",
        round(total, -2) == 1000 and kind == "moe" and (on.year, on.month) == (2025, 7),
    )


@part("kimi-k2", "caveat")
def kimi_reasons_not(r: Reader) -> Finding:
    mode = r.value(KIMI, "reasoning")
    return f"Its reasoning mode in the record: {mode}.", mode == "none"


@part("kimi-k2", "caveat")
def kimi_index(r: Reader) -> Finding:
    own = r.score("Kimi-K2-Instruct", "eci")
    rivals = {label: r.score(subject, "eci") for subject, label in RIVALS.items()}
    above = [name for name, value in rivals.items() if value > own]
    values = listed(f"{name} {value:.1f}" for name, value in rivals.items())
    return f"On Epoch's index, measured later, it has {own:.1f}; {values}.", bool(above)


declared("kimi-k2", "beyond", "Its own account is Moonshot's table of benchmarks.")


# The only US models near a trillion are proprietary -----------------------------------------------


def _own_of(r: Reader, region: str, when: pd.Timestamp) -> pd.DataFrame:
    models = r.until(when)
    models = models[models.own & (models.region == region)]
    if models.empty:
        raise NotHere("a model of the region")
    return models


def _ahead(r: Reader, region: str, when: pd.Timestamp) -> tuple[str, int]:
    """The largest own model of a region by then, in words, and how many are near a trillion."""
    models = _own_of(r, region, when)
    largest = _largest(models)
    total = r.value(largest, "total_params_b")
    r.value(largest, "released_on")
    near = models[models.total_params_b >= r.near_trillion_b]
    return f"{r.name(largest)} with {billions(total)}", int(near.release_id.nunique())


@part("us-trillion-proprietary", "claim")
def us_then(r: Reader) -> Finding:
    largest, near = _ahead(r, "us", r.said)
    words = f"By {day(r.said)} {plural(near, 'US release')} with open weights, not built on "
    words += f"another's, had {billions(r.near_trillion_b)} or more; the largest was {largest}."
    return words, near == 0


@part("us-trillion-proprietary", "claim")
def china_then(r: Reader) -> Finding:
    largest, near = _ahead(r, "china", r.said)
    words = f"From China {plural(near, 'release')} had; the largest was {largest}."
    return words, near > 0


@part("us-trillion-proprietary", "today")
def us_now(r: Reader) -> Finding:
    largest, near = _ahead(r, "us", r.as_of)
    words = f"By {day(r.as_of)} {plural(near, 'US release')} reached that size; the largest is "
    return f"{words}{largest}.", near == 0


@part("us-trillion-proprietary", "note")
def china_now(r: Reader) -> Finding:
    largest, near = _ahead(r, "china", r.as_of)
    words = f"From China {plural(near, 'release')} did; the largest is {largest}."
    return words, None


declared(
    "us-trillion-proprietary", "beyond",
    "The sizes of proprietary models are not disclosed, so that half of the comparison is open.",
)  # fmt: skip
declared(
    "us-trillion-proprietary", "opinion", "What each country does behind closed doors is opinion."
)


# Half of the world's AI researchers call China home -----------------------------------------------

declared("half-of-researchers", "beyond", "The record holds models and no census of people.")
