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
SETTLED = 1e-6  # in log-odds: the last step, of which what is left is the square
TOGETHER = 200  # series: more would not stay in a processor's cache


class Lines(NamedTuple):
    """Log-odds linear in time, one line a series: their level at time 0, their slope."""

    level: np.ndarray
    slope: np.ndarray

    def since(self, years: np.ndarray) -> "Lines":
        """The same lines, their time counted from one of each, (series,), in the old."""
        return Lines(self.level + self.slope * years, self.slope)

    def at(self, years: np.ndarray) -> np.ndarray:
        """Log-odds at some times: shape (series, times)."""
        return self.level[:, None] + self.slope[:, None] * years


def lines(
    years: np.ndarray,
    hits: np.ndarray,
    counts: np.ndarray,
    near: tuple[float, float] | None = None,
) -> Lines:
    """The line of each series that Firth's penalised likelihood is highest for.

    Newton's method; a step that lowers the likelihood is halved (Heinze and Schemper 2002, section
    2.2). Its derivatives are those of the penalised likelihood: with the expected information
    alone, as is usual, small series take a hundred rounds to settle.

    Parameters
    ----------
    years : time of each day, (days,)
    hits, counts : units with the property and all units on each day, (series, days) both; they
        may be weights that are not whole
    near : level and slope that the lines are not far from, to begin with; without it each begins
        level, at its share

    Returns
    -------
    Lines
        With nan where a series has units on fewer than two days.
    """
    if len(hits) > TOGETHER:
        parts = [slice(first, first + TOGETHER) for first in range(0, len(hits), TOGETHER)]
        fits = [lines(years, hits[part], counts[part], near) for part in parts]
        return Lines(*map(np.concatenate, zip(*fits, strict=True)))
    middle = years.mean() if len(years) else 0.0
    powers = np.vander(years - middle, 4, increasing=True)
    every, first, second = (counts @ powers[:, :3]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        single = ~(second - first**2 / every > 1e-9)  # no line through a single day
        level = np.log((hits.sum(axis=1) + 0.5) / (every - hits.sum(axis=1) + 0.5))
    at = np.array([level, np.zeros(len(level))])
    if near and np.isfinite(near).all():
        at[:] = [[near[0] + near[1] * middle], [near[1]]]
    best, step = _climb(at, powers, hits, counts)
    found = single.copy()
    for _ in range(ROUNDS):
        found |= np.abs(step).max(axis=0) < SETTLED
        if found.all():
            break
        rest = ~found
        reached = at[:, rest] + step[:, rest]
        value, following = _climb(reached, powers, hits[rest], counts[rest])
        higher = value >= best[rest] - 1e-12 * np.abs(best[rest])
        at[:, rest] = np.where(higher, reached, at[:, rest])
        best[rest] = np.where(higher, value, best[rest])
        step[:, rest] = np.where(higher, following, step[:, rest] / 2)
    slope = np.where(found & ~single, at[1], np.nan)
    return Lines(at[0] - slope * middle, slope)


def _climb(
    at: np.ndarray, powers: np.ndarray, hits: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Penalised log-likelihood of each series at a level and slope, and Newton's step from it.

    `powers` of each day's time, from 0 to 3, (days, 4).
    """
    line = powers[:, :2]

    def quadratic(form):  # of each day's (1, time), for symmetric forms, (2, 2, series)
        return np.array([form[0, 0], 2 * form[0, 1], form[1, 1]]).T @ powers[:, :3].T

    with np.errstate(all="ignore"):  # a step too far has no likelihood, and is halved
        odds = at.T @ line.T
        chance = 1 / (1 + np.exp(-odds))
        each = chance * (1 - chance)
        apart = 0.5 - chance
        weight = counts * each
        one, first, second = (weight @ powers[:, :3]).T
        determinant = one * second - first**2
        value = (hits * odds + counts * (np.log(chance) - odds)).sum(axis=1)
        value += np.log(determinant) / 2
        inverse = np.array([[second, -first], [-first, one]]) / determinant  # of the information
        leverage = each * quadratic(inverse)  # of one unit of each day
        pull = counts * apart
        up = ((hits - counts * chance + pull * leverage) @ line).T
        # how the score changes with the level and the slope, which move the leverage too
        bends = (weight * apart @ powers).T * 2
        fall = []
        for power in (0, 1):
            bend = np.array([bends[power : power + 2], bends[power + 1 : power + 3]])
            moved = np.einsum("abs,bcs,cds->ads", inverse, bend, inverse)
            steady = weight * (1 + leverage) - 2 * pull * leverage * apart
            fall.append(((steady * powers[:, power] + pull * each * quadratic(moved)) @ line).T)
        (a, b), (_, d) = fall
        # far from the top the likelihood may curve the other way: there the information leads
        sound = (a > 0) & (a * d > b**2)
        a, b, d = (np.where(sound, *pair) for pair in ((a, one), (b, first), (d, second)))
        step = np.array([d * up[0] - b * up[1], a * up[1] - b * up[0]]) / (a * d - b**2)
    return value, step
