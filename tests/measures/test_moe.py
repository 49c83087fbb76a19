import numpy as np
import pandas as pd
import pytest

from almanac.measures import moe
from almanac.measures.intervals import exact_binomial

DRAWS = dict(size=400, seed=7, level=0.9)
UNDER, MIDDLE, OVER = moe.BANDS


def test_ten_and_seventy_belong_to_the_middle():
    sizes = pd.Series([0.1, 9.99, 10, 70, 70.01, 2000, np.nan])
    bands = moe.size_band(sizes)
    assert bands[:6].tolist() == [UNDER, UNDER, MIDDLE, MIDDLE, OVER, OVER]
    assert bands[6] == ""


def test_bands_of_nullable_numbers():
    bands = moe.size_band(pd.Series([5, None, 80], dtype="Float64"))
    assert bands.tolist() == [UNDER, "", OVER]


def test_shares_by_year_and_band(units):
    table = units(
        "abcde", ["2024-02-01"] + ["2025-02-01"] * 4,
        total_params_b=[7, 7, 80, 90, np.nan], is_moe=[False, False, True, False, True],
    )  # fmt: skip
    found = moe.by_year_and_band(table, **DRAWS)
    columns = ["band", "year", "hits", "n", "organisations", "share"]
    assert found[columns].to_numpy().tolist() == [
        [UNDER, 2024, 0, 1, 1, 0.0],
        [UNDER, 2025, 0, 1, 1, 0.0],
        [OVER, 2025, 1, 2, 2, 0.5],
    ]
    assert (found.low[2], found.high[2]) == pytest.approx(exact_binomial(0.5, 2, 0.9), abs=5e-5)


def curve(*rows):
    columns = ["size_floor_b", "list", "value", "side"]
    return pd.DataFrame(rows, columns=columns).assign(unit="release")


def test_ways_of_counting_against_a_figure():
    ways = curve(
        (0.0, "record", 0.3, "below"),
        (0.0, "record", 0.4, "below"),
        (0.0, "atom", None, None),
        (70.0, "record", 0.7, "above"),
        (70.0, "record", 0.5, "unclear"),
    )
    assert moe.against_figure(ways).to_numpy().tolist() == [
        [0.0, "record", 2, 0.3, 0.4, 2, 0, 0],
        [70.0, "record", 2, 0.5, 0.7, 0, 1, 1],
    ]
    said = moe.figure_in_words(ways, "60%")
    assert said.startswith("Of 4 ways of counting, 1 put the whole interval above 60%, 2 put it")
    assert "the other 1 include" in said
    assert "only models of at least 70 B" in said
    assert said.endswith("Every one that counts models of every size lies below.")


def test_words_claim_no_more_than_the_ways_show():
    ways = curve((0.0, "record", 0.7, "above"), (70.0, "record", 0.5, "unclear"))
    said = moe.figure_in_words(ways, "60%")
    assert "at least" not in said and "Every one" not in said
    assert "Too little" in moe.figure_in_words(curve((0.0, "record", None, None)), "60%")
