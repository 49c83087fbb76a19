"""What is counted: which models are in, and what one unit is.

The default unit is the release: one organisation putting one family's weights out on one day.
A release has a property (mixture-of-experts, reasoning) if at least one of its models has it,
and its size is that of its largest model.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from almanac.measures.estimate import Estimate

UNITS = {"release": "releases", "model": "models", "family": "families"}
REGIONS = ("us", "china", "europe", "other")
GRADES = "ABCD"  # of evidence, best first; see the methods page
_GRADES = pd.CategoricalDtype(list(GRADES), ordered=True)


def select(
    models: pd.DataFrame,
    *,
    first_date: str | date,
    as_of: str | date,
    size_floor_b: float = 0.0,
    regions: list[str] | None = None,
) -> pd.DataFrame:
    """The released models that an edition counts.

    Parameters
    ----------
    models : one row a model with its release and organisation joined on
    first_date, as_of : first and last day of release to count, both included
    size_floor_b : smallest total parameters to count, in billions; above 0 it also leaves out
        models whose size is unknown
    regions : regions of the publisher to count; None counts all

    Returns
    -------
    DataFrame
        The rows that qualify, by day of release, with ``is_moe``, ``is_reasoning`` (bool) and
        ``year`` (int) added, and ``reasoning_known``, False where reasoning is ``undisclosed``.

    Raises
    ------
    ValueError
        If a region is unknown, the dates are in the wrong order, or nothing qualifies.
    """
    first, last = pd.Timestamp(first_date), pd.Timestamp(as_of)
    if first > last:
        raise ValueError(f"first_date {first:%Y-%m-%d} is after as_of {last:%Y-%m-%d}")
    wanted = REGIONS if regions is None else regions
    if unknown := sorted(set(wanted) - set(REGIONS)):
        raise ValueError(f"regions holds {unknown}, expected some of {', '.join(REGIONS)}")
    chosen = models[
        (models.status == "released")
        & models.released_on.between(first, last)
        & models.region.isin(wanted)
    ]
    if size_floor_b > 0:
        chosen = chosen[chosen.total_params_b >= size_floor_b]
    if chosen.empty:
        raise ValueError("no model qualifies: check first_date, as_of, size_floor_b and regions")
    return chosen.assign(
        is_moe=chosen.architecture == "moe",
        is_reasoning=chosen.reasoning.isin(["optional", "always"]),
        reasoning_known=chosen.reasoning != "undisclosed",
        year=chosen.released_on.dt.year,
    ).sort_values(["released_on", "model_id"], ignore_index=True)


def units(models: pd.DataFrame, unit: str) -> pd.DataFrame:
    """One row a unit of counting.

    Parameters
    ----------
    models : as `select` gives them
    unit : a key of `UNITS`. A family counts once, on the day of its first model among `models`
        and with the models of that day; what joins it later does not change it.

    Returns
    -------
    DataFrame
        By day of release: unit_id, name, organisation_id, organisation, region, released_on,
        year, total_params_b (the largest known among its models), is_moe, is_reasoning,
        reasoning_known (False if none is known to reason and some are undisclosed),
        flagship_is_moe (of its flagships; of all its models where it has none), n_models and
        grade (the lowest grade of evidence of what the row rests on).

    Raises
    ------
    ValueError
        If the unit is unknown.
    """
    models, of = members(models, unit)
    found = _properties(models, of)
    firsts = models.iloc[np.unique(of, return_index=True)[1]]
    found.insert(0, "unit_id", unit_ids(firsts, unit).array)
    found.insert(1, "name", firsts["name" if unit == "model" else "release"].array)
    found.insert(3, "organisation", firsts.organisation.array)
    return found.assign(grade=found.grade.astype("str"))


def unit_ids(models: pd.DataFrame, unit: str) -> pd.Series:
    """The ``unit_id`` of each model's unit."""
    if unit == "family":
        return models.organisation_id + "/" + models.family
    return models[f"{unit}_id"]


def bare_units(models: pd.DataFrame, unit: str, flags: Sequence[str] = ()) -> pd.DataFrame:
    """As `units`, but without names for readers, for what counts hundreds of times over.

    Parameters
    ----------
    models : as `units` takes them; texts may be categories, which is faster
    unit : a key of `UNITS`
    flags : further boolean columns; a unit has one if any of its models has

    Returns
    -------
    DataFrame
        The columns of `units` but unit_id, name and organisation, then `flags`; its rows in the
        same order.
    """
    return _properties(*members(models, unit), flags)


def members(models: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The models that count towards `units`, and the place of each one's unit among them.

    Parameters
    ----------
    models, unit : as in `units`
    """
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}, expected one of {', '.join(UNITS)}")
    if unit != "family":
        return models, pd.factorize(models[f"{unit}_id"])[0]
    organisations, families = (
        pd.factorize(models[column])[0] for column in ("organisation_id", "family")
    )
    of = pd.factorize(organisations * (families.max(initial=0) + 1) + families)[0]
    days = models.released_on.to_numpy()
    began = np.full(len(of), np.datetime64("9999-12-31"), days.dtype)
    np.minimum.at(began, of, days)
    first = days == began[of]
    return models[first], pd.factorize(of[first])[0]


def _properties(
    models: pd.DataFrame, of: np.ndarray, flags: Sequence[str] = ()
) -> pd.DataFrame:
    """What `units` says of each unit but its names, and `flags`, in numpy."""
    first = np.unique(of, return_index=True)[1]

    def most(values):
        found = np.full(len(first), np.nan)
        np.fmax.at(found, of, np.asarray(values, float))  # fmax passes over what is missing
        return found

    moe = models.is_moe.to_numpy(bool)
    is_moe, is_reasoning = most(moe) > 0, most(models.is_reasoning) > 0
    of_flagships = most(np.where(models.role == "flagship", moe, np.nan))
    grades = _places_of_grades(models)
    lowest = np.nan_to_num(most(np.where(grades < 0, np.nan, grades)), nan=-1).astype(int)
    return pd.DataFrame(
        {
            **{
                column: models[column].array[first]
                for column in ("organisation_id", "region", "released_on", "year")
            },
            "total_params_b": most(models.total_params_b),
            "is_moe": is_moe,
            "is_reasoning": is_reasoning,
            # one model that reasons settles it
            "reasoning_known": is_reasoning | (most(~models.reasoning_known.to_numpy(bool)) == 0),
            "n_models": np.bincount(of, minlength=len(first)),
            "grade": pd.Categorical.from_codes(lowest, dtype=_GRADES),
            "flagship_is_moe": np.where(np.isnan(of_flagships), is_moe, of_flagships > 0),
            **{flag: most(models[flag]) > 0 for flag in flags},
        }
    )


def graded(models: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add ``grade``, the lowest grade of evidence among `columns` of each model.

    A value without evidence of its own (blank, or of a column that needs none) does not count;
    where none has any, the grade is D.
    """
    grades = models[[f"{column}_confidence" for column in columns]]
    return models.assign(grade=grades.max(axis=1).fillna("D"))


def lowest_grade(rows: pd.DataFrame) -> str:
    """The lowest grade of evidence in `rows`; a row without a grade counts as D."""
    places = _places_of_grades(rows)
    return GRADES[-1 if (places < 0).any() else places.max(initial=-1)]


def well_sourced(rows: pd.DataFrame) -> float:
    """Share of `rows` that rest on the vendor's own files or words (grades A and B)."""
    places = _places_of_grades(rows)
    return ((places >= 0) & (places <= GRADES.index("B"))).sum() / max(len(places), 1)


def _places_of_grades(rows: pd.DataFrame) -> np.ndarray:
    return pd.Categorical(rows.grade.array, dtype=_GRADES).codes  # -1 for none


def rests_on(rows: pd.DataFrame) -> dict:
    """What an `Estimate` of these rows rests on: n, organisations and the grades of evidence."""
    return {
        "n": len(rows),
        "organisations": len(pd.factorize(rows.organisation_id)[1]),
        "confidence": lowest_grade(rows),
        "vendor_share": well_sourced(rows),
    }


def on_vendors_words(rows: pd.DataFrame, estimate: Callable[[pd.DataFrame], Estimate]) -> str:
    """What an estimate would be on those of `rows` alone that are of grade A or B, in words."""
    sure = rows[rows.grade.isin(["A", "B"])]
    try:
        found = estimate(sure)
    except ValueError:  # none, or none on one side of a comparison
        return "Too few rest on vendors' own words alone for the same number."
    return f"On these {found.n:,} alone it is {found.show()} ({found.show_interval()})."


def half_years(days: pd.Series) -> pd.Series:
    """The first day of the half-year of each day."""
    return pd.to_datetime(
        {"year": days.dt.year, "month": days.dt.month.gt(6).map({False: 1, True: 7}), "day": 1}
    )


def name_half_year(start: pd.Timestamp) -> str:
    """A half-year as readers write it: 2025 H1."""
    return f"{start.year} H{1 if start.month == 1 else 2}"
