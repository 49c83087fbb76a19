import pandas as pd

from almanac.measures.firsts import cumulative, firsts


def test_the_first_of_each_organisation(units):
    table = units(
        "abacbdd",
        ["2023-01-01", "2023-02-01", "2023-03-01", "2023-04-01", "2023-05-01"] + ["2023-06-01"] * 2,
        is_moe=[False, True, True, False, True, False, True],
    )
    found = firsts(table, "is_moe").set_index("organisation")
    assert found["first"].fillna("").to_dict() == {
        "A": "Unit 2", "B": "Unit 1", "C": "", "D": "Unit 6",
    }  # fmt: skip
    assert found.at_once.to_dict() == {"A": False, "B": True, "C": False, "D": True}
    assert found.entered_on["A"] == pd.Timestamp("2023-01-01")
    assert pd.isna(found.first_on["C"])
    assert found.last_on["A"] == pd.Timestamp("2023-03-01")


def test_two_organisations_of_one_name_stay_apart(units):
    table = units("ab", is_moe=[True, False], organisation="Lab", grade=["A", "C"])
    found = firsts(table, "is_moe")
    assert found.organisation_id.tolist() == ["a", "b"]
    assert found.first_on.notna().tolist() == [True, False]
    assert found.grade.tolist() == ["A", "C"]


def test_an_organisation_rests_on_all_its_releases(units):
    assert firsts(units("aa", grade=["A", "C"]), "is_moe").grade.tolist() == ["C"]


def test_nobody_has_moe(units):
    found = firsts(units("ab"), "is_moe")
    assert found.first_on.isna().all() and not found.at_once.any()


def test_cumulative_counts_one_row_a_day():
    dates = pd.Series(pd.to_datetime(["2025-02-01", None, "2025-01-01", "2025-01-01"]))
    found = cumulative(dates)
    assert found.date.dt.strftime("%m-%d").tolist() == ["01-01", "02-01"]
    assert found.organisations.tolist() == [2, 3]
    assert cumulative(dates[1:2]).empty
