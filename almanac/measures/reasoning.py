"""The spread of reasoning models around DeepSeek-R1. Description, not cause: no organisation
was untreated, and reasoning models with open weights precede R1."""

import pandas as pd

from almanac.measures.intervals import wilson

MODES = {"optional": "can be switched", "always": "always on"}
TECHNIQUES = {
    "rl_verifiable": "RL on verifiable rewards",
    "sft_traces_teacher": "tuned on a teacher's traces",
    "sft_traces_self": "tuned on own traces",
    "strong_to_weak_distillation": "distilled from larger sibling",
    "cold_start_sft": "cold start before RL",
    "hybrid_toggle": "one model with a switch",
    "separate_thinking_model": "separate thinking model",
    "budget_control": "thinking budget",
    "interleaved_tools": "thinks between tool calls",
    "undisclosed": "not disclosed",
}


def sides(units: pd.DataFrame, day: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The units released before `day`, and those on or after it."""
    before = units.released_on < pd.Timestamp(day)
    return units[before], units[~before]


def modes_by_half_year(models: pd.DataFrame, periods: pd.Series) -> pd.DataFrame:
    """Reasoning models by half-year and mode.

    Parameters
    ----------
    models : as `counting.select` gives them
    periods : name of the half-year of each model, with the index of `models`

    Returns
    -------
    DataFrame
        One row a half-year and mode that has any: period, mode (in words), models (count).
    """
    table = models.assign(period=periods)[models.is_reasoning]
    return (
        table.assign(mode=table.reasoning.map(MODES))
        .groupby(["period", "mode"])
        .size()
        .rename("models")
        .reset_index()
    )


def technique_mix(models: pd.DataFrame, techniques: pd.DataFrame, level: float) -> pd.DataFrame:
    """How many reasoning models carry each technique label; several may hold for one model.

    Parameters
    ----------
    models : as `counting.select` gives them
    techniques : the record's table of that name
    level : of the Wilson intervals, which treat models as independent

    Returns
    -------
    DataFrame
        From the most to the least frequent technique: technique (in words), models, n (counts;
        n of all reasoning models), share, low, high (0 to 1, to four places).
    """
    reasoning = models[models.is_reasoning]
    labels = techniques[techniques.model_id.isin(reasoning.model_id)]
    counts = labels.groupby("technique").model_id.nunique()
    rows = []
    for technique, found in counts.items():
        low, high = wilson(int(found), len(reasoning), level)
        rows.append(
            {
                "technique": TECHNIQUES[technique],
                "models": int(found),
                "n": len(reasoning),
                "share": found / len(reasoning),
                "low": low,
                "high": high,
            }
        )
    columns = ["technique", "models", "n", "share", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values(["models", "technique"], ascending=[False, True])
    return table.round({"share": 4, "low": 4, "high": 4}).reset_index(drop=True)


def distilled_from(techniques: pd.DataFrame, models: pd.DataFrame, teacher: str) -> pd.DataFrame:
    """Rows of `models` of which a technique names a teacher that contains `teacher`.

    Any part of the name counts, in either case: ``R1`` is in DeepSeek-R1-0528, and in OpenR1.
    """
    named = techniques[techniques.teacher.fillna("").str.contains(teacher, case=False, regex=False)]
    return models[models.model_id.isin(named.model_id)]


def counts_around(units: pd.DataFrame, rival: str, day: str) -> str:
    """In words, how many units reason before the rival day, and between it and `day`."""
    prior, later = sides(units, rival)
    between, _ = sides(later, day)
    parts = [
        f"{name} it was {some.is_reasoning.sum()} of {len(some)}"
        for name, some in (("before o1-preview", prior), ("between it and then", between))
        if len(some)
    ]
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if parts else ""


def difference_bounds(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, float]:
    """The least and the greatest difference of the shares after and before, in points, that the
    units of unknown reasoning allow."""
    (low_before, high_before), (low_after, high_after) = bounds(before), bounds(after)
    return 100 * (low_after - high_before), 100 * (high_after - low_before)


def bounds(units: pd.DataFrame) -> tuple[float, float]:
    """The share that reasons if no unit of unknown reasoning did, and if all did (0 to 1)."""
    return float(units.is_reasoning.mean()), float(
        (units.is_reasoning | ~units.reasoning_known).mean()
    )
