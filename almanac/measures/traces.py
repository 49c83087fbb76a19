"""Traces of reasoning models in software: what engines and trainers gained, and when.

An engine needs a parser to tell a model's thinking from its answer, so the first day of one is
an independent, dated sign that a family of reasoning models was worth serving. Parsers merge by
the ``family`` that ``engine_support.csv`` names for them: aliases and variants in one engine
(vLLM's ``GptOss`` and ``openai_gptoss``), and the two engines' names for one thing, are one. A
family may be served by another's parser and never get its own: QwQ is read by DeepSeek-R1's.
"""

import pandas as pd

from almanac.measures.writing import DAY

PARSER, TRAINER = "reasoning_parser", "rl_trainer"
ENGINES = {"vllm": "vLLM", "sglang": "SGLang", "trl": "TRL"}
NEAR = 7  # days; a parser that came within them came with the release


def parsers(support: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The first parser of each family in each engine.

    Parameters
    ----------
    support : the record's table of engine support
    as_of : last day to count

    Returns
    -------
    DataFrame
        By day: family, engine (name for readers), parser (its name in the source), first_on and
        bound. Where an exact day and an upper bound tie, the exact one stands.
    """
    rows = support[
        (support.kind == PARSER) & support.family.notna()
        & (support.first_on <= pd.Timestamp(as_of))
    ]
    rows = rows.sort_values(["first_on", "bound", "engine", "name"])
    rows = rows.drop_duplicates(["family", "engine"]).assign(engine=rows.engine.map(ENGINES))
    return rows.rename(columns={"name": "parser"})[
        ["family", "engine", "parser", "first_on", "bound"]
    ].reset_index(drop=True)


def trainers(support: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The trainers of TRL by day: trainer, first_on and bound."""
    rows = support[(support.kind == TRAINER) & (support.first_on <= pd.Timestamp(as_of))]
    rows = rows.sort_values(["first_on", "name"]).rename(columns={"name": "trainer"})
    return rows[["trainer", "first_on", "bound"]].reset_index(drop=True)


def cumulative(parsed: pd.DataFrame) -> pd.DataFrame:
    """How many families had a parser by each day, in each engine and in either.

    Parameters
    ----------
    parsed : as `parsers` gives them

    Returns
    -------
    DataFrame
        One row a series and day that adds to it: series, date and families (count so far).
    """
    either = parsed.drop_duplicates("family").assign(engine="either engine")
    series = []
    for name, group in pd.concat([either, parsed]).groupby("engine", sort=False):
        days = group.groupby("first_on").size().cumsum()
        series.append(
            pd.DataFrame({"series": name, "date": days.index, "families": days.to_numpy()})
        )
    columns = ["series", "date", "families"]
    return pd.concat(series, ignore_index=True) if series else pd.DataFrame(columns=columns)


def lags(parsed: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Days from a family's first reasoning model to its first parser in either engine.

    Parameters
    ----------
    parsed : as `parsers` gives them
    models : as `counting.select` gives them

    Returns
    -------
    DataFrame
        By day of the parser: family, organisation, released_on, first_on, engine, parser, bound
        and days; negative where the parser came first, an upper bound where `bound` is latest.
        Families without a reasoning model in the record have no row.
    """
    thinking = models[models.is_reasoning].sort_values("released_on")
    first = thinking.drop_duplicates("family")[["family", "organisation", "released_on"]]
    found = parsed.drop_duplicates("family").merge(first, on="family")
    found["days"] = (found.first_on - found.released_on).dt.days
    return found[["family", "organisation", "released_on", "first_on", "engine", "parser", "bound",
                  "days"]]


def firsts_in_words(parsed: pd.DataFrame, trained: pd.DataFrame, trainer: str, since: str) -> str:
    """The first parser and the day of one trainer, counted from a day, in words.

    Parameters
    ----------
    parsed, trained : as `parsers` and `trainers` give them
    trainer : name of the trainer
    since : day to count from, R1's
    """
    parts = []
    if len(parsed):
        first = parsed.iloc[0]
        parts.append(
            f"The first reasoning parser, {first.parser} in {first.engine}, came on "
            f"{first.first_on:{DAY}}, {_apart(first.first_on, since)}."
        )
    row = trained[trained.trainer == trainer]
    if len(row):
        day = row.first_on.iloc[0]
        parts.append(
            f"{trainer.upper()} came to TRL on {day:{DAY}}, "
            f"{_apart(day, since)}; of TRL's trainers {(trained.first_on < day).sum()} came before "
            f"it and {(trained.first_on > day).sum()} after."
        )
    return " ".join(parts) or "No parser or trainer is dated here."


def _apart(day: pd.Timestamp, since: str) -> str:
    days = (day - pd.Timestamp(since)).days
    if not days:
        return "on R1's day itself"
    return f"{abs(days)} days {'after' if days > 0 else 'before'} R1"


def lags_in_words(late: pd.DataFrame) -> str:
    """How soon families had a parser, among those whose day is exact, in words."""
    exact = late[late.bound == "exact"]
    if exact.empty:
        return ""
    return (
        f"Of {len(exact)} families whose first parser has an exact day, "
        f"{(exact.days <= NEAR).sum()} had one within {NEAR} days of their first reasoning model "
        f"in the record, {(exact.days <= 0).sum()} of them by the very day."
    )
