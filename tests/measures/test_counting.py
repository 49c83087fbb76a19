import warnings
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from almanac.measures import counting
from almanac.measures.estimate import Estimate
from almanac.record import read_schema

SCHEMA = read_schema(Path(__file__).parents[2] / "data")
YEAR = dict(first_date="2025-01-01", as_of="2025-12-31")


def days(*text):
    return pd.Series(pd.to_datetime(list(text)))


def test_regions_and_grades_are_the_schemas():
    region = SCHEMA.tables["organisations"].field("region")
    assert list(counting.REGIONS) == region.constraints["enum"]
    grade = SCHEMA.tables["evidence"].field("confidence")
    assert list(counting.GRADES) == grade.constraints["enum"]


def test_both_first_and_last_day_count(models):
    table = models(
        *({"released_on": day} for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01"))
    )
    assert list(counting.select(table, **YEAR).model_id) == ["m1", "m2"]
    as_dates = {"first_date": date(2025, 1, 1), "as_of": date(2025, 12, 31)}
    assert list(counting.select(table, **as_dates).model_id) == ["m1", "m2"]


def test_only_what_was_released_counts(models):
    table = models({}, {"status": "announced"}, {"status": "withdrawn"}, {"released_on": None})
    assert list(counting.select(table, **YEAR).model_id) == ["m0"]


def test_a_size_floor_includes_its_own_size_and_leaves_out_the_unknown(models):
    table = models({"total_params_b": 10.0}, {"total_params_b": 9.9}, {"total_params_b": None})
    assert list(counting.select(table, **YEAR, size_floor_b=10).model_id) == ["m0"]
    assert len(counting.select(table, **YEAR)) == 3


def test_regions_are_chosen_and_unknown_ones_refused(models):
    table = models({}, {"region": "china"})
    assert list(counting.select(table, **YEAR, regions=["china"]).model_id) == ["m1"]
    with pytest.raises(ValueError, match="mars"):
        counting.select(table, **YEAR, regions=["us", "mars"])


def test_nothing_to_count_is_said(models):
    for wrong in ({"regions": []}, {"size_floor_b": 8}):
        with pytest.raises(ValueError, match="no model qualifies"):
            counting.select(models({}), **YEAR, **wrong)
    with pytest.raises(ValueError, match="after as_of"):
        counting.select(models({}), first_date="2026-01-01", as_of="2025-12-31")


def test_one_day_may_be_counted(models):
    assert len(counting.select(models({}), first_date="2025-03-01", as_of="2025-03-01")) == 1


def test_what_a_model_is(models):
    """Every value the schema allows; what is not disclosed is not counted as reasoning."""
    model = SCHEMA.tables["models"]
    reasoning = model.field("reasoning").constraints["enum"]
    chosen = counting.select(models(*({"reasoning": value} for value in reasoning)), **YEAR)
    assert dict(zip(chosen.reasoning, chosen.is_reasoning, strict=True)) == {
        "none": False, "optional": True, "always": True, "undisclosed": False,
    }  # fmt: skip
    kinds = model.field("architecture").constraints["enum"]
    chosen = counting.select(models(*({"architecture": value} for value in kinds)), **YEAR)
    assert dict(zip(chosen.architecture, chosen.is_moe, strict=True)) == {
        "dense": False, "moe": True,
    }  # fmt: skip


@pytest.fixture
def family(models):
    """A release of three models, a later one of the same family, and another organisation's."""
    first = {"release_id": "a-1", "release": "A 1", "family": "A"}
    return counting.select(
        models(
            first | {"total_params_b": 8.0},
            first | {"role": "size", "architecture": "moe", "total_params_b": 30.0, "grade": "C"},
            first | {"role": "size", "total_params_b": None, "grade": "B"},
            {"release_id": "a-2", "release": "A 2", "family": "A", "released_on": "2025-06-01",
             "reasoning": "always", "total_params_b": 99.0},
            {"release_id": "b", "family": "A", "organisation_id": "beta", "organisation": "Beta",
             "released_on": "2025-02-01", "role": "size", "architecture": "moe"},
        ),
        **YEAR,
    )  # fmt: skip


def test_a_release_is_what_its_models_are(family):
    units = counting.units(family, "release")
    assert list(units.unit_id) == ["b", "a-1", "a-2"]  # by day
    release = units.set_index("unit_id").loc["a-1"]
    assert release["name"] == "A 1"
    assert release.total_params_b == 30  # the largest known
    assert release.is_moe and not release.is_reasoning
    assert not release.flagship_is_moe
    assert release.n_models == 3
    assert release.grade == "C"  # the lowest
    assert units.flagship_is_moe.dtype == bool


def test_without_a_flagship_all_models_speak(family):
    assert counting.units(family, "release").set_index("unit_id").loc["b"].flagship_is_moe


def test_models_are_counted_one_by_one(family):
    units = counting.units(family, "model")
    assert len(units) == 5 and (units.n_models == 1).all()
    assert units.is_moe.sum() == 2 and units.flagship_is_moe.equals(units.is_moe)
    assert set(units.name) == set(family.name)
    assert units.total_params_b.isna().sum() == 1  # unknown stays unknown


def test_a_family_counts_once_as_it_was_on_its_first_day(family):
    units = counting.units(family, "family").set_index("unit_id")
    assert list(units.index) == ["beta/A", "acme/A"]  # one name, two organisations
    assert units.loc["acme/A"].released_on == pd.Timestamp("2025-03-01")
    assert units.loc["acme/A"].total_params_b == 30
    assert not units.loc["acme/A"].is_reasoning


def test_all_of_a_familys_first_day_counts(models):
    same_day = models({"release_id": "x"}, {"release_id": "y", "architecture": "moe"})
    (family,) = counting.units(counting.select(same_day, **YEAR), "family").itertuples()
    assert family.n_models == 2 and family.is_moe


def test_an_unknown_unit_is_refused(family):
    with pytest.raises(ValueError, match="paper"):
        counting.units(family, "paper")


def test_grades_fall_to_the_lowest_and_blanks_do_not_count():
    table = pd.DataFrame(
        {
            "a_confidence": ["A", "A", None, None],
            "b_confidence": ["B", "D", "A", None],
            "c_confidence": ["D", "D", "D", "D"],
        },
        dtype="str",
    )
    assert list(counting.graded(table, ["a", "b"]).grade) == ["B", "D", "A", "D"]


def test_lowest_grade_and_share_well_sourced():
    rows = pd.DataFrame({"grade": ["A", "C", "B", "B"]}, dtype="str")
    assert counting.lowest_grade(rows) == "C"
    assert counting.well_sourced(rows) == 0.75
    ungraded = pd.DataFrame({"grade": ["A", None]}, dtype="str")
    assert counting.lowest_grade(ungraded) == "D"
    assert counting.well_sourced(ungraded) == 0.5


def test_half_years_turn_over_on_the_first_of_january_and_july():
    found = counting.half_years(days("2025-01-01", "2025-06-30", "2025-07-01", "2025-12-31"))
    assert list(found.map(counting.name_half_year)) == ["2025 H1", "2025 H1", "2025 H2", "2025 H2"]
    assert list(found.dt.strftime("%Y-%m-%d")) == ["2025-01-01"] * 2 + ["2025-07-01"] * 2


def test_half_years_keep_the_index():
    odd = days("2025-01-01", "2025-08-01").set_axis([5, 3])
    assert list(counting.half_years(odd).index) == [5, 3]


def test_counting_warns_of_nothing(family):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for unit in counting.UNITS:
            counting.units(family, unit)


def test_reasoning_of_a_release_is_unknown_unless_a_model_settles_it(models):
    table = models(
        {"release_id": "a", "reasoning": "undisclosed"},
        {"release_id": "a", "reasoning": "always", "role": "size"},
        {"release_id": "b", "reasoning": "undisclosed"},
        {"release_id": "b", "reasoning": "none", "role": "size"},
        {"release_id": "c", "reasoning": "none"},
    )
    units = counting.units(counting.select(table, **YEAR), "release").set_index("unit_id")
    assert units.is_reasoning.to_dict() == {"a": True, "b": False, "c": False}
    assert units.reasoning_known.to_dict() == {"a": True, "b": False, "c": True}


def test_what_rests_on_vendors_is_told_apart():
    rows = pd.DataFrame({"grade": ["A", "B", "C", "D"]})

    def estimate(sure):
        if sure.empty:
            raise ValueError("no rows")
        return Estimate(0.5, 0.25, 0.75, 0.9, len(sure), 2, "u", "m", "B", kind="share")

    assert counting.on_vendors_words(rows, estimate) == (
        "On these 2 alone it is 50% (90% interval: 25% to 75%)."
    )
    assert counting.on_vendors_words(rows[2:], estimate) == (
        "Too few rest on vendors' own words alone for the same number."
    )


@pytest.mark.parametrize("unit", counting.UNITS)
def test_what_counts_fast_counts_the_same(family, unit):
    full = counting.units(family, unit)
    models, bare = counting.bare(family, unit)
    units = pd.DataFrame(bare).assign(grade=counting.letters(bare.grade))
    same = ["released_on", "year", "region", "total_params_b", "is_moe", "is_reasoning",
            "reasoning_known", "n_models", "flagship_is_moe", "grade"]  # fmt: skip
    pd.testing.assert_frame_equal(units[same], full[same], check_dtype=False)
    for name, other in (("organisation", bare.organisation_id), ("name", bare.name)):
        assert (pd.factorize(full[name])[0] == pd.factorize(other)[0]).all()
    assert list(counting.letters(models.grade)) == list(family.grade)
