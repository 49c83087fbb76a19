import numpy as np
import pandas as pd
import pytest

from almanac.measures import counting, moe
from almanac.measures.intervals import exact_binomial

DRAWS = dict(size=400, seed=7, level=0.9)
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


def test_sparsity_counts_a_body_once(models):
    big = {"architecture": "moe", "total_params_b": 100.0, "active_params_b": 10.0}
    table = models(
        big | {"release_id": "x"},
        big | {"release_id": "x"},  # a variant
        big | {"release_id": "x", "total_params_b": 50.0},  # another size
        big,  # another release
        big | {"active_params_b": None},
        big | {"total_params_b": None},
        {"total_params_b": 9.0},
    )
    chosen = counting.select(table, first_date="2025-01-01", as_of="2025-12-31")
    assert moe.sparsity(chosen).sparsity.tolist() == [0.1, 0.2, 0.1]


@pytest.fixture
def planted(units):
    """MoE models whose active share halves each year, with noise alike within organisations."""
    random = np.random.default_rng(3)  # of ten seeds, one gives an interval without the truth
    organisations = np.repeat(np.arange(40), random.integers(1, 8, 40))
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        random.integers(0, 1000, len(organisations)), "D"
    )
    noise = random.normal(0, 0.2, 40)[organisations] + random.normal(0, 0.1, len(organisations))
    years = (days - days.min()).days / 365.25
    return units(
        [f"o{i:02}" for i in organisations], days, sparsity=0.2 * 0.5**years * np.exp(noise)
    )


def test_a_planted_trend_is_found(planted):
    found = moe.sparsity_trend(planted, **DRAWS)
    assert found.value == pytest.approx(0.5, abs=0.04)
    assert found.low < 0.5 < found.high < 0.6
    assert (found.n, found.organisations) == (len(planted), 40)
    years = (planted.released_on - planted.released_on.min()).dt.days / 365.25
    slope = np.polyfit(years, np.log(planted.sparsity), 1)[0]
    assert found.value == pytest.approx(np.exp(slope))
    assert moe.sparsity_trend(planted, **DRAWS) == found


def test_no_trend_is_a_factor_of_one(planted):
    found = moe.sparsity_trend(planted.assign(sparsity=0.1), **DRAWS)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_models_of_one_day_make_no_trend(units):
    """Rounding must not make up a slope, not even in a few draws."""
    with pytest.raises(ValueError, match="undefined"):
        moe.sparsity_trend(units("abc", "2025-07-04", sparsity=[0.1, 0.2, 0.3]), **DRAWS)
    days = ["2025-07-04", "2025-07-04", "2026-07-04"]
    found = moe.sparsity_trend(units("abc", days, sparsity=[0.1, 0.1, 0.2]), **DRAWS)
    assert (found.low, found.high) == pytest.approx((2, 2), rel=0.01)


def test_one_organisation_has_no_interval(units):
    days = ["2025-01-01", "2026-01-01"]
    with pytest.raises(ValueError, match="two organisations"):
        moe.sparsity_trend(units("aa", days, sparsity=[0.1, 0.2]), **DRAWS)


def test_years_of_few_models_do_not_speak_unless_all_are_such():
    known = pd.DataFrame({"year": [2023, 2024, 2024, 2024], "sparsity": [0.5, 0.1, 0.2, 0.4]})
    assert moe.median_sparsity(known, least=3).to_dict() == {2024: 0.2}
    assert moe.median_sparsity(known, least=9).to_dict() == {2023: 0.5, 2024: 0.2}
