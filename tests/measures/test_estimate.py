import json

import pytest

from almanac.measures.estimate import Estimate

KNOWN = dict(
    value=0.256, low=0.2, high=0.304, level=0.9, n=1200, organisations=40,
    unit="share of releases", method="a bootstrap", confidence="C", kind="share",
)  # fmt: skip


def estimate(**other):
    return Estimate(**KNOWN | other)


def test_a_share_reads_as_percentages():
    assert estimate().show() == "26%"
    assert estimate().show_interval() == "90% interval: 20% to 30%"


def test_points_say_their_unit_once_and_have_a_true_minus():
    points = estimate(kind="points", value=-12.3, low=-20.0, high=4.6)
    assert points.show() == "\N{MINUS SIGN}12 percentage points"
    assert points.show_interval() == "90% interval: \N{MINUS SIGN}20 to 5 percentage points"


def test_a_small_loss_is_no_negative_zero():
    assert estimate(kind="points", value=-0.3).show() == "0 percentage points"


def test_counts_and_ratios():
    assert estimate(kind="count", value=1200, low=None, high=None, exact=True).show() == "1,200"
    assert estimate(kind="ratio", value=1.256).show() == "1.26"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, 0.3, "90% interval: at most 30%"),
        (0.2, None, "90% interval: at least 20%"),
        (0.0, None, "90% interval: at least 0%"),
        (None, None, "90% interval: open at both ends"),
    ],
)
def test_open_ends_are_said(low, high, words):
    assert estimate(low=low, high=high).show_interval() == words


def test_an_end_at_zero_is_not_open():
    assert estimate(low=0.0).show_interval() == "90% interval: 0% to 30%"


def test_an_exact_value_has_no_interval():
    assert estimate(low=None, high=None, exact=True).show_interval() == ""
    with pytest.raises(ValueError, match="exact"):
        estimate(exact=True)
    with pytest.raises(ValueError, match="exact"):
        estimate(low=None, exact=True)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"unit": ""}, {"kind": "percent"}])
def test_what_readers_could_not_judge_is_refused(wrong):
    with pytest.raises(ValueError):
        estimate(**wrong)


def test_the_basis_names_everything_it_rests_on():
    assert estimate().basis() == (
        "Share of releases; n = 1,200 from 40 organisations; a bootstrap; "
        "lowest grade of evidence C"
    )


def test_results_hold_six_digits_and_how_they_are_written():
    facts = estimate(value=0.123456789, low=0.0, high=None).as_dict()
    assert (facts["value"], facts["low"], facts["high"]) == (0.123457, 0.0, None)
    assert set(facts) == set(KNOWN) | {"exact", "vendor_share", "neutral"}
    assert json.loads(json.dumps(facts)) == facts


def test_the_basis_says_how_much_rests_on_vendors():
    assert "rest on vendors" not in estimate().basis()
    assert "62% rest on vendors' own words alone" in estimate(vendor_share=0.62).basis()


@pytest.mark.parametrize(
    ("low", "high", "side"),
    [(0.26, 0.3, "above"), (0.1, 0.24, "below"), (0.2, 0.3, "unclear"), (None, 0.24, "below"),
     (0.26, None, "above"), (None, 0.3, "unclear"), (0.25, 0.3, "unclear")],
)  # fmt: skip
def test_an_interval_lies_on_a_side_or_on_neither(low, high, side):
    assert estimate(low=low, high=high, neutral=0.25).side == side


def test_an_exact_value_lies_where_it_is():
    exact = dict(low=None, high=None, exact=True, neutral=0.25)
    assert estimate(**exact).side == "above"
    assert estimate(**exact, value=0.25).side == "unclear"


def test_without_a_neutral_value_there_is_no_side():
    with pytest.raises(ValueError, match="no neutral value"):
        _ = estimate().side
