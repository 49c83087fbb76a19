"""Simulated units of counting with known truth: organisations that ship in bursts of like models.

Organisations are drawn from a population, as the intervals read the record: each has its own
pace and its own taste, so its releases resemble each other and those of others less.
"""

import numpy as np
import pandas as pd


def units(
    seed: int,
    *,
    organisations: int = 60,
    start: str = "2024-01-01",
    end: str = "2025-12-31",
    pace: float = 4.0,
    growth: float = 1.0,
    share: float = 0.4,
    jump: float = 0.0,
    jump_on: str = "2025-01-01",
    spread: float = 1.0,
) -> pd.DataFrame:
    """Units as `counting.units` gives them.

    Parameters
    ----------
    seed : of the random generator
    organisations : how many
    start, end : first and last day
    pace : mean number of units an organisation ships over all; paces vary as a gamma law of shape
        one, so that few ship much
    growth : factor a year in the number of units
    share : chance that a unit has the property before `jump_on`; tastes vary by a beta law
    jump : added to the share from `jump_on` on, in the mean over organisations
    spread : sum of the beta law's two numbers; the smaller, the more alike an organisation's units
    """
    random = np.random.default_rng(seed)
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    years = (last - first).days / 365.25
    sizes = random.poisson(pace * random.gamma(1.0, 1.0, organisations))
    of = np.repeat(np.arange(organisations), sizes)
    # days by the inverse of an exponentially growing rate
    uniform, rate = random.random(len(of)), np.log(growth)
    when = uniform * years if rate == 0 else np.log1p(uniform * np.expm1(rate * years)) / rate
    days = first + pd.to_timedelta(np.floor(when * 365.25), unit="D")
    tastes = [
        random.beta(mean * spread, (1 - mean) * spread, organisations)
        for mean in (share, share + jump)
    ]
    late = days >= pd.Timestamp(jump_on)
    chance = np.where(late, tastes[1][of], tastes[0][of])
    has = random.random(len(of)) < chance
    return pd.DataFrame(
        {
            "organisation_id": [f"o{number}" for number in of],
            "organisation": [f"O {number}" for number in of],
            "region": "us",
            "released_on": days,
            "year": days.year,
            "is_moe": has,
            "is_reasoning": has,
            "total_params_b": 7.0,
            "grade": "A",
        }
    ).sort_values("released_on", ignore_index=True)


def covered(estimates, truth: float) -> float:
    """Share of estimates whose interval holds `truth`; an open end reaches without bound."""
    held = [
        (e.low is None or e.low <= truth) and (e.high is None or truth <= e.high)
        for e in estimates
    ]
    return float(np.mean(held))
