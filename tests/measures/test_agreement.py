import math

import pandas as pd
import pytest

from almanac.measures import agreement

DRAWS = dict(size=200, seed=1, level=0.9)


def codings(*rows):
    return pd.DataFrame(rows, columns=["model_id", "coder", "technique"])


@pytest.fixture
def models():
    return pd.DataFrame(
        {"model_id": list("abcd"), "organisation_id": list("xxyz"), "grade": list("ABCA")}
    )


def test_kappa_of_a_published_table():
    # Cohen 1960 as in Fleiss, Statistical Methods, 1981: 20 yes/yes, 5 and 10 split, 15 no/no.
    first = ["y"] * 25 + ["n"] * 25
    second = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert agreement.kappa(pd.Series(first), pd.Series(second)) == pytest.approx(0.4)


def test_kappa_is_undefined_where_there_is_one_category():
    assert math.isnan(agreement.kappa(pd.Series([True, True]), pd.Series([True, True])))


def test_kappa_of_full_agreement_and_of_none():
    flags = pd.Series([True, False, True, False])
    assert agreement.kappa(flags, flags) == 1
    assert agreement.kappa(flags, ~flags) == -1


def test_each_model_is_asked_for_each_technique(models):
    coded = agreement.coded_twice(
        codings(
            ("a", "first", "rl"), ("a", "second", "rl"), ("a", "second", "toggle"),
            ("b", "first", "toggle"), ("b", "second", "undisclosed"),
        ),
        models,
    )  # fmt: skip
    assert len(coded) == 2 * 3
    rows = coded.set_index(["model_id", "technique"])
    assert rows.loc[("a", "rl"), ["first", "second"]].tolist() == [True, True]
    assert rows.loc[("a", "toggle"), ["first", "second"]].tolist() == [False, True]
    assert rows.loc[("b", "undisclosed"), ["first", "second"]].tolist() == [False, True]
    assert rows.loc[("b", "rl"), ["first", "second"]].tolist() == [False, False]
    assert rows.loc[("a", "rl"), "organisation_id"] == "x"


def test_agreement_by_technique(models):
    coded = agreement.coded_twice(
        codings(
            *[(m, c, "rl") for m in "ab" for c in ("first", "second")],
            ("c", "first", "rl"), ("c", "second", "toggle"),
            ("d", "first", "toggle"), ("d", "second", "toggle"),
        ),
        models,
    )  # fmt: skip
    table = agreement.by_technique(coded).set_index("technique")
    assert list(table.index) == ["rl", "toggle"]
    assert table.loc["rl", ["models", "first", "second", "both"]].tolist() == [4, 3, 2, 2]
    assert table.loc["rl", "agree"] == 0.75
    assert table.loc["rl", "kappa"] == pytest.approx(0.5)


def test_overall_is_the_kappa_of_all_pairs_and_lies_in_its_interval(models):
    coded = agreement.coded_twice(
        codings(
            *[(m, c, "rl") for m in "abc" for c in ("first", "second")],
            ("c", "first", "toggle"), ("d", "second", "rl"), ("d", "first", "toggle"),
            ("d", "second", "toggle"),
        ),
        models,
    )  # fmt: skip
    found = agreement.overall(coded, **DRAWS)
    assert found.value == pytest.approx(agreement.kappa(coded["first"], coded.second))
    assert found.low <= found.value <= found.high
    assert (found.n, found.organisations) == (4, 3)
    assert agreement.alike(coded) == 0.5  # a and b


def test_where_all_organisations_are_alike_the_interval_is_the_kappa_itself():
    labels = [
        ("a", "first", "rl"), ("a", "second", "rl"), ("b", "second", "rl"),
        ("b", "first", "toggle"), ("c", "first", "toggle"), ("c", "second", "toggle"),
    ]  # fmt: skip
    rows = [(f"{name}{n}", coder, technique) for n in "123" for name, coder, technique in labels]
    models = pd.DataFrame({"model_id": sorted({row[0] for row in rows}), "grade": "A"})
    models["organisation_id"] = models.model_id.str[-1]
    found = agreement.overall(agreement.coded_twice(codings(*rows), models), **DRAWS)
    assert (found.low, found.high) == pytest.approx((found.value, found.value))
