import numpy as np
import pandas as pd
import pytest

from almanac.measures import intervals
from almanac.measures.intervals import (
    BOOTSTRAP,
    EXACT_BINOMIAL,
    cluster_bootstrap,
    effective_n,
    exact_binomial,
    exact_difference,
    share_interval,
    sums_of,
    wilson,
)

DRAWS = dict(size=400, seed=7, level=0.9)

# Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: the score method without
# continuity correction and the "exact" method, at 95 %.
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("hits", "n", "score", "exact"), NEWCOMBE)
def test_published_binomial_intervals(hits, n, score, exact):
    assert wilson(hits, n, 0.95) == pytest.approx(score, abs=5e-5)
    assert exact_binomial(hits / n, n, 0.95) == pytest.approx(exact, abs=5e-5)


def test_exact_binomial_at_the_ends_is_closed_and_mirrored():
    # 1 - (alpha / 2) ** (1 / n), solved by hand from (1 - p) ** n = alpha / 2
    assert exact_binomial(0, 10, 0.95) == (0.0, pytest.approx(1 - 0.025**0.1))
    assert exact_binomial(1, 10, 0.95) == (pytest.approx(0.025**0.1), 1.0)


def test_exact_binomial_takes_parts_of_rows():
    narrower, wanted, wider = (exact_binomial(0.3, n, 0.9) for n in (5.0, 4.5, 4.0))
    assert wider[0] < wanted[0] < narrower[0] < 0.3 < narrower[1] < wanted[1] < wider[1]


def test_the_combination_of_two_intervals_is_newcombes(monkeypatch):
    """From Wilson's intervals it must give Newcombe's published one for 56/70 - 48/80.

    Statistics in Medicine 17 (1998) 873-890, table II, example (a), method 10.
    """
    monkeypatch.setattr(
        intervals, "exact_binomial", lambda share, n, level: wilson(round(share * n), n, level)
    )
    found = exact_difference(48 / 80, 56 / 70, 80, 70, 0.95)
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_difference_of_extremes_keeps_a_width():
    low, high = exact_difference(0.0, 0.0, 5, 8, 0.9)
    assert -1 < low < 0 < high < 1
    assert exact_difference(0.0, 1.0, 5, 8, 0.9)[1] == 1.0


def test_effective_n_by_hand():
    assert effective_n(pd.Series([4, 4, 4])) == 3  # alike: as many as organisations
    assert effective_n(pd.Series([1, 2, 3])) == pytest.approx(36 / 14)
    assert effective_n(pd.Series([9])) == 1
    assert effective_n(pd.Series([3, 0, 3])) == 2  # who shipped nothing adds nothing


def test_the_bootstrap_of_a_mean_has_the_right_width():
    """The share of one row in each of 100 organisations is a binomial draw over 100."""
    totals = sums_of(hits=[1] * 50 + [0] * 50, rows=[1] * 100)
    low, high = cluster_bootstrap(
        totals, lambda sums: sums.hits / sums.rows, size=4000, seed=1, level=0.9
    )
    assert (low, high) == pytest.approx((0.42, 0.58), abs=0.011)  # binom.ppf of 0.05 and 0.95


def test_the_organisation_is_drawn_and_not_the_row():
    hits, rows = np.repeat([1, 0], 10), np.ones(20)
    once, ten_times = (sums_of(hits=n * hits, rows=n * rows) for n in (1, 10))
    share = lambda sums: sums.hits / sums.rows  # noqa: E731
    assert cluster_bootstrap(once, share, **DRAWS) == cluster_bootstrap(ten_times, share, **DRAWS)


def test_the_seed_fixes_the_interval():
    totals = sums_of(hits=range(20), rows=[20] * 20)
    share = lambda sums: sums.hits / sums.rows  # noqa: E731
    first = cluster_bootstrap(totals, share, **DRAWS)
    assert cluster_bootstrap(totals, share, **DRAWS) == first
    assert cluster_bootstrap(totals, share, **DRAWS | {"seed": 8}) != first


def test_undefined_draws_are_left_out_and_nothing_else_is_refused():
    share = lambda sums: sums.over / sums.under  # noqa: E731
    ends = cluster_bootstrap(sums_of(over=[1, 1, 0], under=[0, 1, 1]), share, **DRAWS)
    assert np.isfinite(ends).all()
    with pytest.raises(ValueError, match="undefined in every draw"):
        cluster_bootstrap(sums_of(over=[0, 0], under=[0, 0]), share, **DRAWS)


def test_one_organisation_gives_no_bootstrap():
    with pytest.raises(ValueError, match="two organisations"):
        cluster_bootstrap(sums_of(hits=[3]), lambda sums: sums.hits, **DRAWS)


def shipped(organisations, hits):
    """Two rows an organisation, the first of which has the property in the first `hits`."""
    return pd.DataFrame(
        {
            "organisation_id": [f"o{i}" for i in range(organisations) for _ in "ab"],
            "flag": [i < hits and row == 0 for i in range(organisations) for row in range(2)],
        }
    )


@pytest.mark.parametrize(
    ("organisations", "hits", "kind"),
    [(10, 5, BOOTSTRAP), (9, 5, EXACT_BINOMIAL), (30, 0, EXACT_BINOMIAL)],
)
def test_where_the_bootstrap_collapses_the_interval_is_exact(organisations, hits, kind):
    low, high, found = share_interval(shipped(organisations, hits), "flag", **DRAWS)
    assert found == kind
    assert low <= hits / organisations / 2 <= high
    assert high - low > 0.05
    if kind == EXACT_BINOMIAL:
        assert (low, high) == exact_binomial(hits / organisations / 2, organisations, 0.9)


def test_a_share_of_one_is_exact_too():
    low, high, kind = share_interval(shipped(30, 0).assign(flag=True), "flag", **DRAWS)
    assert (high, kind) == (1.0, EXACT_BINOMIAL)
    assert low == pytest.approx(0.05 ** (1 / 30))


def test_one_organisation_alone_says_almost_nothing():
    low, high, _ = share_interval(shipped(1, 1), "flag", **DRAWS)
    assert high - low > 0.9


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="no rows"):
        share_interval(shipped(0, 0), "flag", **DRAWS)


def test_the_bootstrap_covers_what_it_says_on_bursts():
    """At 90 % it must cover 85 to 95 % where organisations ship in bursts of like models.

    An interval that took rows as independent would not: Wilson's covers far less.
    """
    random, truth = np.random.default_rng(20250120), 0.4
    covered = covered_by_wilson = 0
    trials = 500
    for _ in range(trials):
        sizes = np.minimum(random.geometric(0.25, 80), 12)
        hits = random.binomial(sizes, random.beta(truth, 1 - truth, 80))
        totals = sums_of(hits=hits, rows=sizes)
        low, high = cluster_bootstrap(
            totals, lambda sums: sums.hits / sums.rows, size=400, seed=3, level=0.9
        )
        covered += low <= truth <= high
        low, high = wilson(hits.sum(), sizes.sum(), 0.9)
        covered_by_wilson += low <= truth <= high
    assert 0.85 <= covered / trials <= 0.95
    assert covered_by_wilson / trials < 0.75
