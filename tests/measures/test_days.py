import pandas as pd
import pytest

from almanac.measures import days
from almanac.measures.estimate import Estimate


@pytest.fixture
def dated(models):
    """Four releases, one of two models, with other days than that of release or without."""
    rows = models(
        dict(release_id="a", released_on="2025-01-10"),
        dict(release_id="a", released_on="2025-01-10"),
        dict(release_id="b", released_on="2025-02-10"),
        dict(release_id="c", released_on="2025-03-10"),
        dict(release_id="d", released_on="2025-04-10"),
    )
    announced = ["2025-01-09", "2025-01-09", "2025-02-10", "2024-12-31", None]
    created = [None, None, None, None, "2025-04-17"]
    return rows.assign(
        announced_on=pd.to_datetime(announced), hub_created_on=pd.to_datetime(created)
    )


def models_before_march(rows):
    early = (rows.released_on < "2025-03-01").sum()
    if not early:
        raise ValueError("none")
    return Estimate(
        value=early, low=None, high=None, level=0.9, n=len(rows), organisations=1, unit="models",
        method="count", confidence="A", kind="count", exact=True,
    )  # fmt: skip


def test_models_by_another_day(dated):
    found = days.by_day(dated, "announced")
    assert list(found.release_id) == ["a", "a", "b", "c"]
    assert list(found.released_on) == list(dated.announced_on[:4])


def test_both_results_rest_on_the_same_models(dated):
    found = days.compare(dated, models_before_march).set_index("day")
    row = found.loc["day of announcement"]
    assert (row.releases, row.median_days) == (3, 1)  # 1, 0 and 69 days later
    assert row.within_a_week == pytest.approx(2 / 3)
    assert (row.by_this_day.value, row.by_day_of_release.value) == (4, 3)
    assert row.by_this_day.n == row.by_day_of_release.n == 4
    hub = found.loc["creation on the Hub"]
    assert (hub.releases, hub.median_days, hub.within_a_week) == (1, -7, 1)
    assert hub.by_this_day is None and hub.by_day_of_release is None


def test_in_words_and_as_rows(dated):
    found = days.compare(dated, models_before_march)
    assert days.in_words(found) == (
        "The day of announcement is known for 3 releases and lies within 7 days of the day of "
        "release for 67% of them; their ratio is 4 by it and 3 by the day of release. The creation "
        "on the Hub is known for 1 releases and lies within 7 days of the day of release for 100% "
        "of them; they are too few for the ratio."
    )
    rows = days.as_rows(found)
    assert list(rows["ratio by it"]) == ["4 ()", "too few"]
    assert list(rows["within 7 days"]) == ["67%", "100%"]


def test_a_day_that_nobody_states(dated):
    found = days.compare(dated.assign(announced_on=pd.NaT), models_before_march)
    assert days.in_words(found).startswith("The day of announcement is known for no release.")
    assert days.as_rows(found)["within 7 days"].isna()[0]
