import numpy as np
import pandas as pd
import pytest

from almanac.measures import counting, downloads

DRAWS = dict(size=400, seed=7, level=0.9)
MONTH = "downloads_30d"


def adopted(*rows):
    columns = ["model_id", "metric", "value", "measured_on", "value_confidence"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(measured_on=pd.to_datetime(table.measured_on))


def chosen(models, *rows):
    return counting.select(models(*rows), first_date="2025-01-01", as_of="2025-12-31")


def test_metrics_and_days_are_not_mixed(models):
    counts = adopted(
        ("m0", MONTH, 5, "2026-01-01", "C"),
        ("m0", MONTH, 7, "2026-02-01", "C"),
        ("m1", MONTH, 9, "2026-01-01", "C"),
        ("m1", "downloads_all", 99, "2026-02-01", "C"),
        ("m2", MONTH, 1, "2026-02-01", None),
    )
    found = downloads.counted(chosen(models, {}, {}, {}), counts, MONTH)
    assert found.model_id.tolist() == ["m0", "m2"]
    assert found.downloads.tolist() == [7, 1]
    assert found.grade.tolist() == ["C", "D"]


def test_no_counts(models):
    with pytest.raises(ValueError, match="expected one of"):
        downloads.counted(chosen(models, {}), adopted(), "likes")
    nothing = adopted(("m0", MONTH, 0, "2026-01-01", "C"))
    with pytest.raises(ValueError, match="no model has a count"):
        downloads.counted(chosen(models, {}), nothing, MONTH)


@pytest.fixture
def rows(units):
    """Twelve organisations with a dense model of 30 downloads and an MoE model of 10."""
    table = units([f"o{i:02}" for i in range(12)] * 2, is_moe=np.repeat([False, True], 12))
    table.loc[table.is_moe, ["total_params_b", "year"]] = [100.0, 2026]
    return table.assign(downloads=np.where(table.is_moe, 10.0, 30.0))


def test_shares_by_hand(rows):
    share = downloads.share_of_downloads(rows, "is_moe", MONTH, **DRAWS)
    assert (share.value, share.n, share.organisations) == (0.25, 24, 12)
    gap = downloads.gap(rows, "is_moe", MONTH, **DRAWS)
    assert gap.value == -25
    assert (gap.low, gap.high) == pytest.approx((-25, -25))  # each organisation is like the others
    assert gap.side == "below"


def test_equal_downloads_make_no_difference(rows):
    gap = downloads.gap(rows.assign(downloads=1000.0), "is_moe", MONTH, **DRAWS)
    assert gap.value == 0 and gap.side == "unclear"


def test_one_large_organisation_widens_the_interval(rows):
    rows.loc[(rows.organisation_id == "o00") & rows.is_moe, "downloads"] = 4000.0
    share = downloads.share_of_downloads(rows, "is_moe", MONTH, **DRAWS)
    assert share.value > 0.9 and share.low < 0.3
    gap = downloads.gap(rows, "is_moe", MONTH, **DRAWS)
    assert gap.side == "unclear"


def test_too_little_to_weigh(rows):
    few = rows[rows.organisation_id < "o09"]
    with pytest.raises(ValueError, match="at least 10 organisations"):
        downloads.share_of_downloads(few, "is_moe", MONTH, **DRAWS)
    with pytest.raises(ValueError, match="none or all"):
        downloads.gap(rows[rows.is_moe], "is_moe", MONTH, **DRAWS)


def test_groups_by_year_and_size(rows):
    found = downloads.by_group(rows, "is_moe", **DRAWS).set_index("group")
    assert found.index.tolist() == [
        "all", "released in 2025", "released in 2026", "under 10 B", "over 70 B",
    ]  # fmt: skip
    assert found.of_models.tolist() == [0.5, 0, 1, 0, 1]
    assert found.of_downloads.tolist() == [0.25, 0, 1, 0, 1]
    assert found.low.notna().tolist() == [True, False, False, False, False]


def test_a_planted_preference_is_found(units):
    """Downloads that favour MoE twofold: half of the models, two thirds of the downloads."""
    random = np.random.default_rng(4)
    names = [f"o{number}" for number in random.integers(0, 80, 1000)]
    flags = random.random(1000) < 0.5
    weights = random.exponential(1, 1000) * np.where(flags, 2, 1)
    table = units(names, is_moe=flags, downloads=weights)
    gap = downloads.gap(table, "is_moe", MONTH, **DRAWS)
    assert gap.low < 100 * (2 / 3 - 1 / 2) < gap.high and gap.side == "above"
