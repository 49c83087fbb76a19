"""A table of headlines as the frames that the chapters' charts draw."""

import pandas as pd
import pytest

from almanac.charts import forms
from almanac.measures import sweeps


@pytest.fixture
def headlines():
    rows = [
        # as_of, unit, value, low, high, exact
        ("2024-12-31", "release", 0.5, 0.4, 0.7, False),
        ("2025-03-31", "model", 0.8, 0.7, None, False),
        ("2025-06-30", "family", 0.3, None, 0.5, False),
        ("2025-09-30", "release", 0.9, None, None, True),
    ]
    table = pd.DataFrame(
        rows, columns=["parameter_as_of", "parameter_unit", "value", "low", "high", "exact"]
    )
    numbers = {"n": 10, "organisations": 5, "id": "moe-share", "unit": "share of releases"}
    return table.assign(**numbers).astype({"exact": "boolean"})


def test_a_curve(headlines):
    curve = sweeps.curve(headlines, "moe-share", 0.6)
    assert curve.side.tolist() == ["unclear", "above", "below", "above"]
    assert curve.unit.tolist() == ["release", "model", "family", "release"]
    assert curve.list.unique().tolist() == ["record"]  # not a parameter of the notebooks
    assert curve.as_of.tolist() == headlines.parameter_as_of.tolist()
    drawn = forms.specification_curve(curve, "share", "share", 0.6, title="t", description="d")
    assert len(drawn.to_dict()["usermeta"]["columns"]) > 5


def test_a_backcast(headlines):
    found = sweeps.backcast(headlines.iloc[::-1], "moe-share", pd.Timestamp("2025-04-30"))
    assert found.quarter.tolist() == ["2024 Q4", "2025 Q1", "2025 Q2", "2025 Q3"]
    assert found.settled.tolist() == [True, True, False, False]
    forms.then_and_now(found, "share", "share", title="t", description="d").to_dict()
    twice = pd.concat([headlines, headlines])
    with pytest.raises(ValueError, match="expected a sweep of as_of"):
        sweeps.backcast(twice, "moe-share", pd.Timestamp("2025-04-30"))


def test_a_headline_that_is_not_there(headlines):
    with pytest.raises(ValueError, match="no headline 'other'"):
        sweeps.curve(headlines, "other", 0)
