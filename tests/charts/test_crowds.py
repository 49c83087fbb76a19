"""A hundred thousand marks are gathered into as many as a page can hold, and none is lost."""

import numpy as np
import pandas as pd
import pytest

from almanac.charts import crowds, forms


@pytest.fixture
def many():
    rng = np.random.default_rng(1)
    n = 20_000
    return pd.DataFrame(
        {
            "name": [f"m{i}" for i in range(n)],
            "organisation": rng.choice(["a", "b"], n),
            "released_on": pd.Timestamp("2023-01-01")
            + pd.to_timedelta(rng.integers(0, 1300, n), "D"),
            "total_params_b": np.exp(rng.normal(2, 2, n)),
            "is_moe": rng.random(n) < 0.3,
            "region": rng.choice(["us", "china"], n),
            "rank": 1,
        }
    )


@pytest.mark.parametrize("most", [50, 400, 1200])
def test_each_row_is_in_one_mark(many, most):
    found = crowds.gathered(many, "released_on", "total_params_b", apart="organisation", most=most)
    assert most / 3 < len(found) <= most
    assert found[crowds.COUNT].sum() == len(many)
    # a mark stands where its rows are: none is far from those it stands for, nor mixed
    assert found.groupby("organisation")[crowds.COUNT].sum().to_dict() == (
        many.organisation.value_counts().to_dict()
    )
    early = many.released_on < "2024-01-01"
    share = found.loc[found.released_on < "2024-01-01", crowds.COUNT].sum() / len(many)
    assert share == pytest.approx(early.mean(), abs=0.08)


def test_few_are_left_as_they_are(many):
    few = many.head(100)
    found = crowds.gathered(few, "released_on", "total_params_b")
    pd.testing.assert_frame_equal(found, few)
    assert crowds.in_words(few, found) == "" and crowds.told(found) == []


def test_places_that_are_all_one_are_one_mark(many):
    same = many.assign(released_on=pd.Timestamp("2024-01-01"), total_params_b=7.0)
    found = crowds.gathered(same, "released_on", "total_params_b", most=10)
    assert found[crowds.COUNT].tolist() == [len(same)]


def test_lines_keep_their_ends_and_their_shape():
    months = np.linspace(0, 60, 5000)
    line = pd.DataFrame({"rule": "a", "months": months, "share": np.minimum(1, months / 40)})
    short = pd.DataFrame({"rule": "b", "months": [0.0, 9.0], "share": [0.0, 0.5]})
    both = pd.concat([line, short], ignore_index=True)
    found = crowds.steps(both, "months", apart="rule")
    assert (found.rule == "b").sum() == 2
    drawn = found[found.rule == "a"]
    assert len(drawn) <= 152
    assert drawn.iloc[[0, -1]].months.tolist() == [0, 60]
    held = np.interp(months, drawn.months, drawn.share)
    assert abs(held - line.share).max() < 0.02


def test_a_chart_says_that_marks_are_gathered(many):
    records = many.nlargest(2, "total_params_b").sort_values("released_on").reset_index(drop=True)
    spec = forms.sizes(many, records, title="t", description="Every release.").to_dict()
    rows = max(spec["datasets"].values(), key=len)
    assert len(rows) <= crowds.MOST
    assert sum(row[crowds.COUNT] for row in rows) == len(many)
    assert "20,000 are drawn as" in spec["description"]
    strips = forms.strips(many, title="t", description="d").to_dict()
    assert sum(len(rows) for rows in strips["datasets"].values()) <= 600
