"""Logistic lines that stay finite: Firth's penalised likelihood, for hundreds of series at once.

Where hardly any unit has a property, maximum likelihood sends the level or the slope to minus
infinity (separation). Firth's penalty, half the logarithm of the determinant of the information,
keeps them finite and takes the first-order bias out of them (Biometrika 80, 1993; for separation
Heinze and Schemper, Statistics in Medicine 21, 2002). A bootstrap asks for hundreds of fits, which
is why they are made side by side here; that each is the one of a library is a test.
"""

from typing import NamedTuple

import numpy as np

ROUNDS = 100  # of Newton's method, each either a step or half of one
SETTLED = 1e-6
TOGETHER = 200  # series: more would not stay in a processor's cache


class Lines(NamedTuple):
    """Log-odds linear in time, one line a series: their level at time 0, their slope."""

    level: np.ndarray
    slope: np.ndarray

    def at(self, years: np.ndarray) -> np.ndarray:
        """Log-odds at some times: shape (series, times)."""
        return self.level[:, None] + self.slope[:, None] * years


def lines(
    years: np.ndarray,
    hits: np.ndarray,
    counts: np.ndarray,
    near: tuple[float, float] | None = None,
    settled: float = SETTLED,
) -> Lines:
    """The line of each series that Firth's penalised likelihood is highest for.

    Newton's method with the expected information; a step that lowers the likelihood is halved
    (Heinze and Schemper 2002, section 2.2).

    Parameters
    ----------
    years : time of each day: (days,) or (series, days)
    hits, counts : units with the property and all units on each day, (series, days) both; they
        may be weights that are not whole
    near : level and slope that the lines are not far from, to begin with; without it each begins
        level, at its share
    settled : the last step, in log-odds, which is about what is left of the way

    Returns
    -------
    Lines
        With nan where a series has units on fewer than two days.
    """
    if len(hits) > TOGETHER:
        parts = [slice(first, first + TOGETHER) for first in range(0, len(hits), TOGETHER)]
        times = np.broadcast_to(years, hits.shape)
        fits = [lines(times[part], hits[part], counts[part], near, settled) for part in parts]
        return Lines(*map(np.concatenate, zip(*fits, strict=True)))
    every = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (counts * years).sum(axis=1) / every
        since = years - middle[:, None]
        spread = (counts * since**2).sum(axis=1)
        found = ~(spread > 1e-9)  # no line through a single day
        level = np.log((hits.sum(axis=1) + 0.5) / (every - hits.sum(axis=1) + 0.5))
    at = np.array([level, np.zeros(len(level))])
    if near and np.isfinite(near).all():
        at = np.array([near[0] + near[1] * middle, np.full(len(level), near[1])])
    best, step = _climb(at, since, hits, counts)
    for _ in range(ROUNDS):
        found |= np.abs(step).max(axis=0) < settled
        if found.all():
            break
        rest = ~found
        reached = at[:, rest] + step[:, rest]
        value, following = _climb(reached, since[rest], hits[rest], counts[rest])
        higher = value >= best[rest] - 1e-12 * np.abs(best[rest])
        at[:, rest] = np.where(higher, reached, at[:, rest])
        best[rest] = np.where(higher, value, best[rest])
        step[:, rest] = np.where(higher, following, step[:, rest] / 2)
    slope = np.where(found & (spread > 1e-9), at[1], np.nan)
    return Lines(at[0] - slope * middle, slope)


def _climb(
    at: np.ndarray, since: np.ndarray, hits: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Penalised log-likelihood of each series at a level and slope, and Newton's step from it."""
    odds = at[0][:, None] + at[1][:, None] * since
    chance = 1 / (1 + np.exp(-odds))
    each = chance * (1 - chance)
    weight = counts * each
    one, first, second = (
        (weight * power).sum(axis=1) for power in (1, since, since**2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = one * second - first**2
        value = (hits * odds + counts * (np.log(chance) - odds)).sum(axis=1)
        value += np.log(determinant) / 2
        # of one unit of each day
        leverage = each * (
            second[:, None] - 2 * first[:, None] * since + one[:, None] * since**2
        ) / determinant[:, None]
        score = hits - counts * chance + counts * leverage * (0.5 - chance)
        ups = score.sum(axis=1), (score * since).sum(axis=1)
        step = np.array([second * ups[0] - first * ups[1], one * ups[1] - first * ups[0]])
        return value, step / determinant
