import numpy as np
import pytest
from firthmodels import FirthLogisticRegression

from almanac.measures.firth import TOGETHER, lines


def by_library(years, hits, counts):
    """One line, each day once with the property and once without, weighted."""
    design = np.column_stack([np.ones_like(years), years])
    weights = np.concatenate([hits, counts - hits])
    having = np.repeat([True, False], len(years))
    kept = weights > 0
    model = FirthLogisticRegression(fit_intercept=False, max_iter=500, gtol=1e-6, xtol=1e-6)
    model.fit(np.vstack([design, design])[kept], having[kept], sample_weight=weights[kept])
    assert model.converged_
    return model.coef_


def test_each_line_is_that_of_a_library():
    random = np.random.default_rng(1)
    years = np.sort(random.uniform(-2, 1, 40))
    counts = random.poisson(3, (30, 40)).astype(float)
    rate = random.uniform(0.01, 0.6, 30)[:, None] * np.linspace(0.2, 1.5, 40)
    hits = random.binomial(counts.astype(int), rate).astype(float)
    assert (hits.sum(axis=1) < 5).any()  # some are all but separated
    found = lines(years, hits, counts)
    for place in range(30):
        expected = by_library(years, hits[place], counts[place])
        assert [found.level[place], found.slope[place]] == pytest.approx(expected, abs=1e-4)


def test_separated_series_stay_finite():
    """Time tells wholly; firthmodels and R's logistf give a slope of 3.8918 = 2 log(3.5 / 0.5)."""
    found = lines(np.array([0.0, 1.0]), np.array([[0.0, 3.0]]), np.array([[3.0, 3.0]]))
    assert [*found.level, *found.slope] == pytest.approx([-np.log(7), 2 * np.log(7)], abs=1e-5)
    years = np.linspace(-2, 0, 50)
    counts = np.full((1, 50), 4.0)
    last = np.where(np.arange(50) > 45, counts, 0)  # none, then all
    assert np.isfinite(lines(years, last, counts)).all()
    none, every = lines(years, 0 * counts, counts), lines(years, counts, counts)
    assert none.level < -4 and np.isfinite(none.slope)
    assert np.allclose(none.level, -every.level) and np.allclose(none.slope, -every.slope)


def test_weights_count_as_often_as_they_say():
    years = np.array([0.0, 0.5, 1.5])
    hits, counts = np.array([[1.0, 2.0, 2.0]]), np.array([[4.0, 4.0, 3.0]])
    rows = np.repeat(years, 2), np.array([[1.0, 0, 2, 0, 2, 0]]), np.array([[1.0, 3, 2, 2, 2, 1]])
    assert np.allclose(lines(years, hits, counts), lines(*rows))


def test_no_line_goes_through_a_single_day():
    years = np.array([0.0, 1.0, 2.0])
    counts = np.array([[0.0, 9.0, 0.0], [0.0, 0.0, 0.0], [2.0, 9.0, 0.0]])
    found = lines(years, counts * [0.0, 1 / 3, 0.0], counts)
    assert np.isnan(found.level).tolist() == np.isnan(found.slope).tolist() == [True, True, False]


def test_many_series_are_fitted_as_few():
    random = np.random.default_rng(2)
    counts = random.poisson(2, (2 * TOGETHER + 1, 9)).astype(float)
    hits, years = random.binomial(counts.astype(int), 0.4), np.arange(9.0)
    together = lines(years, hits, counts)
    for k in (0, TOGETHER, len(hits) - 1):
        one = lines(years, hits[k : k + 1], counts[k : k + 1])
        assert [together.level[k], together.slope[k]] == pytest.approx([one.level[0], one.slope[0]])


def test_a_line_is_the_same_from_wherever_its_time_counts():
    years = np.array([0.0, 1.0, 2.0])
    hits, counts = np.array([[1.0, 2.0, 4.0]]), np.full((1, 3), 6.0)
    found, later = lines(years, hits, counts), lines(years - 1, hits, counts)
    assert found.slope == pytest.approx(later.slope)
    assert later.level == pytest.approx(found.level + found.slope)
    assert found.since(np.array([1.0])).level == pytest.approx(later.level)
    assert found.at(years) == pytest.approx(later.at(years - 1))


def test_lines_are_the_same_from_wherever_they_begin():
    random = np.random.default_rng(3)
    counts = random.poisson(1, (50, 30)).astype(float)
    hits, years = random.binomial(counts.astype(int), 0.1), np.arange(30.0) / 12
    level, slope = lines(years, hits, counts)
    for near in ((-3.0, 0.5), (2.0, -4.0)):
        found = lines(years, hits, counts, near)
        assert np.allclose(found.level, level, atol=1e-6)
        assert np.allclose(found.slope, slope, atol=1e-6)
