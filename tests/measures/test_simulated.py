"""The intervals of the shared estimators on simulated records of known truth.

At 90 % they must hold the truth in 85 to 95 % of many records. `make soak` takes 500 records; here
60 show that nothing is far off.
"""

import numpy as np
import pandas as pd
import pytest
from measures.simulated import covered, units

from almanac.measures import reasoning, shares, timeline

DRAWS = dict(size=400, level=0.9)


def share(seed):
    return shares.share(units(seed), "is_moe", "release", seed=seed, **DRAWS)


def difference(seed, jump):
    sides = reasoning.sides(units(seed, share=0.3, jump=jump), "2025-01-01")
    return shares.difference(*sides, "is_reasoning", "release", seed=seed, **DRAWS)


def rate_ratio(seed, growth):
    return timeline.rate_ratio(
        units(seed, growth=growth), "2025-12-31", "release", seed=seed, **DRAWS
    )


CASES = {
    "a share": (share, 0.4),
    "no difference": (lambda seed: difference(seed, 0.0), 0.0),
    "a difference": (lambda seed: difference(seed, 0.3), 30.0),
    "no growth": (lambda seed: rate_ratio(seed, 1.0), 1.0),
    "growth": (lambda seed: rate_ratio(seed, 1.5), 1.5),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def test_intervals_are_not_far_off(case):
    estimate, truth = case
    found = [estimate(seed) for seed in range(60)]
    assert 0.8 <= covered(found, truth) <= 0.98
    values = np.array([one.value for one in found])
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 4 * error  # unbiased, up to chance


@pytest.mark.soak
def test_intervals_cover_what_they_say(case):
    estimate, truth = case
    found = [estimate(seed) for seed in range(1000, 1500)]
    assert 0.85 <= covered(found, truth) <= 0.95


@pytest.mark.soak
@pytest.mark.parametrize("name", ["no difference", "no growth"])
def test_where_nothing_happens_little_is_announced(name):
    """Of 500 records without any change no more than 15 % give an interval that leaves it out."""
    estimate, _ = CASES[name]
    announced = [estimate(seed).side != "unclear" for seed in range(2000, 2500)]
    assert np.mean(announced) <= 0.15


def test_the_simulation_is_what_it_says():
    many = pd.concat(
        [units(seed, growth=2.0, share=0.3, jump=0.4) for seed in range(200)], ignore_index=True
    )
    late = many.released_on >= "2025-01-01"
    assert late.sum() / (~late).sum() == pytest.approx(2, abs=0.06)
    assert many.is_moe[late].mean() == pytest.approx(0.7, abs=0.02)
    assert many.is_moe[~late].mean() == pytest.approx(0.3, abs=0.02)
    per_record = len(many) / 200
    assert per_record == pytest.approx(240, rel=0.05)
