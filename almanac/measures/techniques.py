"""How models are taught to reason, and how their thinking is switched.

Several labels may hold for one model. They are of two kinds: how it was trained, and how its
thinking is controlled. What is exclusive is what is *stated* about training (`STATEMENTS`): that
verifiable rewards were used, that only traces or distillation were, or nothing at all.

A label says what a source was found to state. A reader who had only a card may have missed what
a paper says, so a label's share is a lower bound and the share of silence an upper one.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from almanac.measures import counting, shares
from almanac.measures.counting import UNITS, Rows, half_years, name_half_year
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import FEW, effective_n, share_interval
from almanac.measures.writing import DAY

TRAINING = {
    "rl_verifiable": "RL on verifiable rewards",
    "sft_traces_teacher": "tuned on a teacher's traces",
    "sft_traces_self": "tuned on own traces",
    "strong_to_weak_distillation": "distilled from larger sibling",
    "cold_start_sft": "cold start before RL",
}
CONTROL = {
    "hybrid_toggle": "one model with a switch",
    "separate_thinking_model": "separate thinking model",
    "budget_control": "thinking budget",
    "interleaved_tools": "thinks between tool calls",
}
TECHNIQUES = TRAINING | CONTROL | {"undisclosed": "not disclosed"}
STATEMENTS = {
    "rl": "RL on verifiable rewards",
    "traces": "only traces or distillation",
    "nothing": "nothing found on training",
}
MODES = {
    "optional": "can be switched",
    "separate": "separate thinking model",
    "always": "always thinks",
}
# Names of teachers that stand for more than one checkpoint. A teacher belongs to the line its
# name begins with, in either case; any other stands for itself.
LINES = ("DeepSeek-R1", "QwQ", "Qwen3", "Kimina-Prover", "Magistral", "gpt-oss")
HOUSES = ("same organisation", "another organisation", "unknown here")


def labelled(models: pd.DataFrame, techniques: pd.DataFrame) -> pd.DataFrame:
    """Add the labels to the models, and let ``grade`` stand for their evidence too.

    Parameters
    ----------
    models : one row a model, with model_id and grade
    techniques : the record's table with ``technique_confidence``, as `record.with_confidence`
        adds it; a label without evidence of its own (``undisclosed``) does not count for it

    Returns
    -------
    DataFrame
        `models` with a boolean column for each key of `TECHNIQUES`, and the lowest grade of both.
    """
    found = {
        name: models.model_id.isin(techniques.model_id[techniques.technique == name])
        for name in TECHNIQUES
    }
    worst = techniques.groupby("model_id").technique_confidence.max()
    worst = models.model_id.map(worst).fillna(models.grade)
    return models.assign(**found, grade=worst.where(worst > models.grade, models.grade))


def taught(models: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The units that reason, with what is stated about how they were taught.

    Parameters
    ----------
    models : as `counting.select` gives them, with the columns of `labelled`
    unit : a key of `counting.UNITS`; a unit has a label if any of its reasoning models has it

    Returns
    -------
    DataFrame
        As `counting.units` gives them, of the reasoning models alone, with a boolean column a
        technique, ``stated`` (whether anything is, about training) and ``statement`` (a key of
        `STATEMENTS`).
    """
    thinking = models[models.is_reasoning.to_numpy()]
    rows = counting.units(thinking, unit)
    bare = counting.bare_models(thinking, list(TECHNIQUES))
    held = pd.DataFrame(counting.bare_units(bare, unit, list(TECHNIQUES)))[list(TECHNIQUES)]
    stated = held[list(TRAINING)].any(axis=1)
    statement = np.select([held.rl_verifiable, stated], ["rl", "traces"], "nothing")
    return pd.concat([rows, held.assign(stated=stated, statement=statement)], axis=1)


def thinking(models: pd.DataFrame) -> pd.DataFrame:
    """The models that reason, with ``stated``, whether anything is about their training.

    Counted with the flags rl_verifiable and stated they are, for specification curves, the units
    of `taught`.

    Parameters
    ----------
    models : as `labelled` gives them
    """
    reason = models[models.reasoning.isin(["optional", "always"])]
    return reason.assign(stated=reason[list(TRAINING)].any(axis=1))


def rl_share(rows: Rows, unit: str, *, size: int, seed: int, level: float) -> Estimate:
    """Of the units whose training is stated, the share that was given RL on verifiable rewards.

    One half is neutral: above it, most were.

    Parameters
    ----------
    rows : as `taught` gives them, or units with the flags rl_verifiable and stated
    unit, size, seed, level : as in `shares.share`

    Raises
    ------
    ValueError
        If nothing is stated about the training of any.
    """
    found = shares.share(
        rows[rows.stated], "rl_verifiable", unit, size=size, seed=seed, level=level
    )
    return replace(found, unit=f"share of reasoning {UNITS[unit]} of stated training", neutral=0.5)


def rl_bounds(rows: pd.DataFrame) -> tuple[float, float]:
    """The share with RL on verifiable rewards among all `rows` if none of those of unknown
    training had it, and if all had (0 to 1; Manski, American Economic Review 80, 1990)."""
    return float(rows.rl_verifiable.mean()), float((rows.rl_verifiable | ~rows.stated).mean())


def rl_change(
    rows: Rows, day: str, unit: str, *, size: int, seed: int, level: float
) -> Estimate:
    """How the share of `rl_share` differs from `day` on from before, in percentage points.

    Raises
    ------
    ValueError
        If one side of the day has no unit of stated training.
    """
    stated = rows[rows.stated]
    late = np.asarray(stated.released_on) >= pd.Timestamp(day)
    found = shares.difference_within(
        stated, late, "rl_verifiable", unit, size=size, seed=seed, level=level
    )
    return replace(found, unit=f"{found.unit}, of stated training")


def with_paper(evidence: pd.DataFrame, models: pd.DataFrame, unit: str) -> pd.Series:
    """Whether a paper is among the sources of a unit: of any value of its release or models.

    Parameters
    ----------
    evidence : the record's table
    models : as `counting.select` gives them
    unit : a key of `counting.UNITS`

    Returns
    -------
    Series of bool, indexed by the ``unit_id`` of `taught`.
    """
    papers = evidence[evidence.source_kind == "paper"]
    rows = {name: set(papers.row[papers.table == name]) for name in ("models", "releases")}
    coded = set(papers.row[papers.table == "techniques"].str.split("/").str[0])
    found = models.model_id.isin(rows["models"] | coded) | models.release_id.isin(rows["releases"])
    return found.groupby(counting.unit_ids(models, unit)).max()


def before_in_words(rows: pd.DataFrame, day: str, unit: str) -> str:
    """What was stated about the training of the units released before `day`, in words."""
    early = rows[rows.released_on < pd.Timestamp(day)]
    if early.empty:
        return ""
    counts = early.statement.value_counts()
    return (
        f"Of the {len(early)} reasoning {UNITS[unit]} before {pd.Timestamp(day):{DAY}}, "
        f"{counts.get('rl', 0)} state RL on verifiable rewards and {counts.get('traces', 0)} only "
        "traces or distillation."
    )


def papers_in_words(
    rows: pd.DataFrame, paper: pd.Series, day: str | pd.Timestamp, unit: str
) -> str:
    """What having a paper to read does to the labels, in words.

    Parameters
    ----------
    rows : as `taught` gives them
    paper : whether each of them has a paper among its sources
    day : divides the earlier from the later ones
    unit : a key of `counting.UNITS`
    """
    if not 0 < paper.sum() < len(rows):
        return ""
    what, late = UNITS[unit], rows.released_on >= pd.Timestamp(day)
    read, unread = rows[paper], rows[~paper]
    text = (
        f"Training is stated for {read.stated.sum()} of the {len(read)} reasoning {what} with a "
        f"paper among their sources, and for {unread.stated.sum()} of the {len(unread)} without. "
    )
    if 0 < late.sum() < len(rows):
        text += (
            f"Before {pd.Timestamp(day):{DAY}} {paper[~late].mean():.0%} have a paper, from "
            f"then on {paper[late].mean():.0%}. "
        )
    if 0 < late[paper].sum() < len(read):
        early, later = read[~late[paper]], read[late[paper]]
        text += (
            f"Among those with a paper, RL on verifiable rewards is stated for "
            f"{early.rl_verifiable.sum()} of {len(early)} before that day and for "
            f"{later.rl_verifiable.sum()} of {len(later)} after."
        )
    return text.strip()


def simultaneous(totals: pd.DataFrame, level: float) -> pd.DataFrame:
    """Simultaneous intervals of the shares of kinds of which each row has exactly one.

    Together they cover all the shares with probability `level` (Goodman, Technometrics 7, 1965).
    Organisations ship in bursts, so the counts are first divided by the mean design effect over
    the kinds, estimated between organisations (Rao and Scott, JASA 76, 1981): as many independent
    rows would tell as much. With fewer organisations than `intervals.FEW` that is too uncertain,
    and rows of one organisation are taken to be all alike (Kish; `intervals.effective_n`).

    Parameters
    ----------
    totals : one row an organisation, one column a kind, with counts
    level : coverage of all shares together, between 0 and 1

    Returns
    -------
    DataFrame
        One row a kind: share, low and high (0 to 1).

    Raises
    ------
    ValueError
        If `totals` counts nothing.
    """
    from statsmodels.stats.proportion import multinomial_proportions_confint

    counts, sizes = totals.to_numpy(float), totals.sum(axis=1).to_numpy(float)
    rows = sizes.sum()
    if not rows:
        raise ValueError("there are no rows to take shares of")
    share = counts.sum(axis=0) / rows
    if len(totals) < FEW:
        effective = effective_n(pd.Series(sizes))
    else:
        effective = rows / max(1.0, _design_effect(counts, sizes, share))
    ends = multinomial_proportions_confint(share * effective, 1 - level, method="goodman")
    return pd.DataFrame({"share": share, "low": ends[:, 0], "high": ends[:, 1]}, totals.columns)


def _design_effect(counts: np.ndarray, sizes: np.ndarray, share: np.ndarray) -> float:
    """Mean over the kinds of the variance of a share between clusters over that of independent
    rows, weighted by 1 - share; 1 where only one kind occurs."""
    seen = (share > 0) & (share < 1)
    if not seen.any():
        return 1.0
    clusters, rows = len(sizes), sizes.sum()
    residuals = counts[:, seen] - sizes[:, None] * share[seen]
    between = clusters / (clusters - 1) * (residuals**2).sum(axis=0) / rows**2
    effects = between / (share[seen] * (1 - share[seen]) / rows)
    return float((effects * (1 - share[seen])).sum() / (seen.sum() - 1))


def statements_by_half_year(rows: pd.DataFrame, as_of: str, level: float) -> pd.DataFrame:
    """What is stated about training, by half-year.

    Parameters
    ----------
    rows : as `taught` gives them
    as_of : last day the data speaks of
    level : of the simultaneous intervals of a half-year

    Returns
    -------
    DataFrame
        One row a half-year and statement: period, statement (in words), hits, n, organisations
        (counts), share, low, high (0 to 1, to four places) and complete.
    """
    found = []
    for start, group in rows.groupby(half_years(rows.released_on)):
        totals = pd.crosstab(group.organisation_id, group.statement)
        totals = totals.reindex(columns=list(STATEMENTS), fill_value=0)
        last = start + pd.DateOffset(months=6) - pd.Timedelta(days=1)
        found.append(
            simultaneous(totals, level).assign(
                period=name_half_year(start),
                statement=list(STATEMENTS.values()),
                hits=totals.sum().to_numpy(),
                n=len(group),
                organisations=len(totals),
                complete=last <= pd.Timestamp(as_of),
            )
        )
    columns = ["period", "statement", "hits", "n", "organisations", "share", "low", "high",
               "complete"]
    table = pd.concat(found, ignore_index=True)[columns]
    return table.round({"share": 4, "low": 4, "high": 4})


def technique_mix(rows: pd.DataFrame, *, size: int, seed: int, level: float) -> pd.DataFrame:
    """How many units carry each label; several may hold for one, so the shares do not add up.

    Parameters
    ----------
    rows : as `taught` gives them
    size, seed, level : of the interval of each share on its own; see `intervals.share_interval`

    Returns
    -------
    DataFrame
        From the most to the least frequent technique that occurs: technique (in words), about
        (training, control or silence), hits, n (counts), share, low, high (0 to 1, to four
        places).
    """
    found = []
    for technique, words in TECHNIQUES.items():
        hits = int(rows[technique].sum())
        if not hits:
            continue
        low, high, _ = share_interval(rows, technique, size=size, seed=seed, level=level)
        about = (
            "training" if technique in TRAINING else "control" if technique in CONTROL
            else "silence"
        )
        found.append((words, about, hits, len(rows), hits / len(rows), low, high))
    columns = ["technique", "about", "hits", "n", "share", "low", "high"]
    table = pd.DataFrame(found, columns=columns)
    table = table.sort_values(["hits", "technique"], ascending=[False, True])
    return table.round({"share": 4, "low": 4, "high": 4}).reset_index(drop=True)


def teachers(
    techniques: pd.DataFrame, models: pd.DataFrame, everyone: pd.DataFrame
) -> pd.DataFrame:
    """Who learned from whose traces or outputs, one row a model and teacher it names.

    A cell may name several teachers, with ``;``, a comma or *and* between them; "others" is
    none. Checkpoints of one line are one teacher (`LINES`).

    Parameters
    ----------
    techniques : the record's table
    models : as `counting.select` gives them; lessons of models that are not in it are left out
    everyone : all models of the record, with organisation_id and family

    Returns
    -------
    DataFrame
        By day: model_id, name, organisation_id, organisation, released_on, teacher (the line) and
        house, a value of `HOUSES`: whose the teacher is, by families that its name begins with.
    """
    named = techniques.dropna(subset="teacher")
    named = named.assign(teacher=named.teacher.str.split(r";|,|\band\b")).explode("teacher")
    named["teacher"] = named.teacher.str.strip().map(_line)
    named = named[(named.teacher != "") & (named.teacher != "others")]
    columns = ["model_id", "name", "organisation_id", "organisation", "released_on"]
    found = named[["model_id", "teacher"]].drop_duplicates().merge(models[columns], on="model_id")
    families = everyone.drop_duplicates(["organisation_id", "family"])
    plain = families.family.map(_plain)
    homes = {
        teacher: set(families.organisation_id[[_plain(teacher).startswith(name) for name in plain]])
        for teacher in found.teacher.unique()
    }
    own = np.array(
        [
            home in homes[teacher]
            for home, teacher in zip(found.organisation_id, found.teacher, strict=True)
        ],
        bool,
    )
    known = found.teacher.map(homes.get).astype(bool)
    found["house"] = np.select([own, known], [HOUSES[0], HOUSES[1]], HOUSES[2])
    found = found.sort_values(["released_on", "model_id", "teacher"], ignore_index=True)
    return found[[*columns, "teacher", "house"]]


def ranked(lessons: pd.DataFrame, least: int) -> pd.DataFrame:
    """The rows of `teachers` by how many models name the teacher, of those that `least` do."""
    pupils = lessons.groupby("teacher").model_id.transform("nunique")
    rows = lessons.assign(pupils=pupils)[pupils >= least]
    return rows.sort_values(
        ["pupils", "teacher", "released_on"], ascending=[False, True, True], ignore_index=True
    )


def _line(name: str) -> str:
    for line in LINES:
        if re.match(re.escape(line) + r"(?![a-z])", name, re.IGNORECASE):
            return line
    return name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def built_on(models: pd.DataFrame, family: str) -> set[str]:
    """Ids of the models whose weights began as those of a model of `family`, through however
    many models of the record; the family's own are not among them."""
    parents = models.set_index("model_id").base_model_id.dropna()
    members = set(models.model_id[models.family == family])
    reached, found = members, set()
    while reached:
        reached = set(parents.index[parents.isin(reached)]) - found - members
        found |= reached
    return found


def followers(
    models: pd.DataFrame, pupils: Iterable[str], begun: Iterable[str], since: str
) -> pd.DataFrame:
    """The organisations whose models learned from a teacher, or began as its weights.

    Parameters
    ----------
    models : as `counting.select` gives them
    pupils : ids of the models that name the teacher, of `teachers`
    begun : ids of the models that `built_on` gives
    since : day to count from

    Returns
    -------
    DataFrame
        By day of the first: organisation_id, organisation, days (since that day), released_on and
        first (day and name of the first model), taught, built and models (counts: with the
        teacher named, begun as its weights, and either).
    """
    rows = models.assign(taught=models.model_id.isin(pupils), built=models.model_id.isin(begun))
    rows = rows[rows.taught | rows.built]
    rows = rows.sort_values(["released_on", "model_id"])
    found = rows.groupby(["organisation_id", "organisation"], sort=False).agg(
        released_on=("released_on", "first"),
        first=("name", "first"),
        taught=("taught", "sum"),
        built=("built", "sum"),
        models=("model_id", "size"),
    )
    found.insert(0, "days", (found.released_on - pd.Timestamp(since)).dt.days)
    return found.reset_index()


def followers_in_words(found: pd.DataFrame, teacher: str, home: str) -> str:
    """How many followed a teacher, in words.

    Parameters
    ----------
    found : as `followers` gives it
    teacher : name for readers
    home : organisation_id of the teacher's own organisation
    """
    if found.empty:
        return f"No model counted here names {teacher} as its teacher or began as its weights."
    own, others = found[found.organisation_id == home], found[found.organisation_id != home]
    text = (
        f"Models that learned from {teacher}, or began as its weights or those of its pupils: "
        f"{found.models.sum()}, of {_some(len(found), 'organisation')}. That {teacher} was the "
        f"teacher is stated for {found.taught.sum()}; such weights were the start of "
        f"{found.built.sum()}; {own.models.sum()} came from the teacher's own organisation."
    )
    if len(others):
        first = others.iloc[0]
        text += (
            f" The first from another one, {first['first']}, came after "
            f"{_some(first.days, 'day')}."
        )
    return text


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def teachers_in_words(lessons: pd.DataFrame, most: int = 3) -> str:
    """The teachers named by most models, and how long each was, in words."""
    if lessons.empty:
        return "No model counted here names a teacher."
    named = lessons.groupby("teacher").agg(
        models=("model_id", "nunique"),
        organisations=("organisation_id", "nunique"),
        last=("released_on", "max"),
    )
    named = named.sort_values(["models", "organisations"], ascending=False, kind="stable")
    told = [
        f"{row.Index} ({_some(row.models, 'model')} of {_some(row.organisations, 'organisation')}, "
        f"the last on {row.last:{DAY}})"
        for row in named.head(most).itertuples()
    ]
    return f"Teachers named: {len(named)}. The most frequent: {'; '.join(told)}."


def modes(models: pd.DataFrame) -> pd.DataFrame:
    """The reasoning models with ``mode``, in words: how their thinking is switched.

    A separate thinking model is one for which a source names a counterpart that does not think;
    the other models that always think may have one that nobody named.

    Parameters
    ----------
    models : as `counting.select` gives them, with the columns of `labelled`
    """
    thinking = models[models.is_reasoning]
    separate = (thinking.reasoning == "always") & thinking.separate_thinking_model
    kind = thinking.reasoning.mask(separate, "separate")
    return thinking.assign(mode=kind.map(MODES))


def modes_by_half_year(thinking: pd.DataFrame) -> pd.DataFrame:
    """Reasoning models by half-year and mode: period, mode and models (count), where any.

    Parameters
    ----------
    thinking : as `modes` gives them
    """
    table = thinking.assign(period=half_years(thinking.released_on).map(name_half_year))
    table = table.groupby(["period", "mode"]).size().rename("models").reset_index()
    place = table["mode"].map({mode: place for place, mode in enumerate(MODES.values())})
    return table.assign(place=place).sort_values(["period", "place"], ignore_index=True)[
        ["period", "mode", "models"]
    ]


def turns(thinking: pd.DataFrame, by: Iterable[str]) -> pd.DataFrame:
    """The lines of models that had both a switch and separate thinking models.

    Parameters
    ----------
    thinking : as `modes` gives them
    by : columns that name a line, such as organisation and family

    Returns
    -------
    DataFrame
        By day of the first turn: the columns of `by`, stretches (in words, by day: each is a run
        of releases of one mode), turned_on (first day of the second stretch) and turn ("merged",
        "split", or "both at once" where the first stretch holds both), and turns (their count).
    """
    by = list(by)
    two = {MODES["optional"]: "switch", MODES["separate"]: "separate"}
    rows = thinking[thinking["mode"].isin(two)].assign(mode=lambda t: t["mode"].map(two))
    found = []
    for line, group in rows.groupby(by):
        if group["mode"].nunique() < 2:
            continue
        days = group.groupby("released_on")["mode"].unique()
        days = days.map(lambda kinds: " and ".join(sorted(kinds)))
        runs = days[days != days.shift()]
        turn = {"switch": "split", "separate": "merged"}.get(runs.iloc[0], "both at once")
        found.append(
            (
                *line,
                "; ".join(f"{kind} from {day:%Y-%m-%d}" for day, kind in runs.items()),
                runs.index[min(1, len(runs) - 1)],
                turn,
                len(runs) - 1,
            )
        )
    table = pd.DataFrame(found, columns=[*by, "stretches", "turned_on", "turn", "turns"])
    return table.sort_values(["turned_on", *by], ignore_index=True)


def turns_in_words(table: pd.DataFrame) -> str:
    """How many families of `turns` went which way, in words."""
    if table.empty:
        return "No family counted here had both a switch and separate thinking models."
    ways = table.turn.value_counts()
    text = (
        f"Families that had both at some time: {len(table)}. First came a switch and then separate "
        f"models in {ways.get('split', 0)}, the other way round in {ways.get('merged', 0)}"
    )
    if at_once := ways.get("both at once", 0):
        text += f", both at once in {at_once}"
    again = table[table.turns > 1]
    if len(again):
        text += f". More than one turn: {', '.join(again.family)}"
    return f"{text}."
