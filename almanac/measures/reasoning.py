"""The spread of reasoning models around DeepSeek-R1. Description, not cause: no organisation
was untreated, and reasoning models with open weights precede R1."""

import pandas as pd


def sides(units: pd.DataFrame, day: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The units released before `day`, and those on or after it."""
    before = units.released_on < pd.Timestamp(day)
    return units[before], units[~before]


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
