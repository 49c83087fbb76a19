import numpy as np
import pandas as pd
import pytest

from almanac.measures import moe
from almanac.measures.intervals import wilson

UNDER, MIDDLE, OVER = moe.BANDS


def test_ten_and_seventy_belong_to_the_middle():
    sizes = pd.Series([0.1, 9.99, 10, 70, 70.01, 2000, np.nan])
    bands = moe.size_band(sizes)
    assert bands[:6].tolist() == [UNDER, UNDER, MIDDLE, MIDDLE, OVER, OVER]
    assert pd.isna(bands[6])


def test_bands_of_nullable_numbers():
    bands = moe.size_band(pd.Series([5, None, 80], dtype="Float64"))
    assert bands.fillna("unknown").tolist() == [UNDER, "unknown", OVER]


def test_shares_by_year_and_band(units):
    table = units(
        "abcde", ["2024-02-01"] + ["2025-02-01"] * 4,
        total_params_b=[7, 7, 80, 90, np.nan], is_moe=[False, False, True, False, True],
    )  # fmt: skip
    found = moe.by_year_and_band(table, 0.9)
    assert found[["year", "band", "hits", "n", "share"]].to_numpy().tolist() == [
        [2024, UNDER, 0, 1, 0.0],
        [2025, OVER, 1, 2, 0.5],
        [2025, UNDER, 0, 1, 0.0],
    ]
    assert (found.low[1], found.high[1]) == pytest.approx(wilson(1, 2, 0.9), abs=5e-5)
