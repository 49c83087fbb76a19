from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from almanac.measures import size_records

DRAWS = dict(size=400, seed=7, level=0.9)


def test_a_record_exceeds_all_before(units):
    days = [f"2025-01-{day:02}" for day in (1, 2, 3, 3, 3, 4, 5)]
    sizes = [np.nan, 7, 13, 70, 65, 70, 72]  # unknown; first; smaller on a day; a tie; next
    found = size_records.records(units("abcdefg", days, total_params_b=sizes))
    assert list(found.total_params_b) == [7, 70, 72]
    assert list(found.organisation_id) == ["b", "d", "g"]


def test_a_record_is_more_than_a_way_of_rounding(units):
    days = [f"2025-01-0{day}" for day in (1, 2, 3, 4)]
    found = size_records.records(units("abcd", days, total_params_b=[405, 405.85, 411, 414]))
    assert list(found.total_params_b) == [405, 414]  # over 2 % more than the record, not the last


def test_no_known_size_sets_no_record(units):
    assert size_records.records(units("ab", total_params_b=np.nan)).empty


def test_records_of_active_size(units):
    table = units("abc", [f"2025-01-0{d}" for d in (1, 2, 3)], total_params_b=[7, 300, 400])
    found = size_records.records(table.assign(active_params_b=[7, np.nan, 5]), "active_params_b")
    assert list(found.organisation_id) == ["a"]


def test_expected_records_are_harmonic_numbers():
    for draws, expected in ((1, 1), (2, 3 / 2), (4, 25 / 12), (10, 7381 / 2520)):
        sizes = pd.Series(2.0 ** np.arange(draws))
        found = size_records.by_chance(sizes, **DRAWS | {"size": 20_000})
        assert found[0] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("sizes", [[1, 2, 3, 4, 5, 6], [7, 7, 8, 8, 8.1, 70], [1, 1, 1, 1, 1, 1]])
def test_records_by_chance_agree_with_every_order(sizes):
    """All orders are equally likely: count the records of each, with ties and without."""
    counts = []
    for order in permutations(sizes):
        records = [0.0]
        for one in order:
            records += [one] if one > 1.02 * records[-1] else []
        counts.append(len(records) - 1)
    for level in (0.5, 0.8, 0.9):
        expected, low, high = size_records.by_chance(
            pd.Series(sizes), size=20_000, seed=1, level=level
        )
        assert expected == pytest.approx(np.mean(counts), abs=0.03)
        assert low == np.quantile(counts, (1 - level) / 2, method="inverted_cdf")
        assert high == np.quantile(counts, (1 + level) / 2, method="inverted_cdf")


def test_the_first_draw_is_always_a_record():
    assert size_records.by_chance(pd.Series([7.0]), **DRAWS) == (1, 1, 1)


def test_records_are_held_against_chance(units):
    for records, said in ((9, "more than chance"), (1, "fewer than"), (3, "as many as chance may")):
        assert said in size_records.in_words(records, (4, 2, 6), 0.9)
    text = size_records.in_words(3, (4.2, 2, 6), 0.9)
    assert text.endswith("set 4 records (90% of the time between 2 and 6).")
    table = units("ab", total_params_b=[1.1, 2800])
    assert size_records.title(table, (4, 3, 6)) == (
        "From 1.1 to 2,800 billion parameters in 2 records: fewer than chance alone would set"
    )
