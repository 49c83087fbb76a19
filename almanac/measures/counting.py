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

# Models or units: a data frame for pages, a record array (`bare_models`) where a page counts them
# in hundreds of ways, since a selection from it takes a hundredth of the time. Both give a column
# by its name, and the rows of a mask in brackets.
Rows = pd.DataFrame | np.recarray


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
    found = pd.DataFrame(_properties(models, of))
    firsts = models.iloc[np.unique(of, return_index=True)[1]]
    found.insert(0, "unit_id", unit_ids(firsts, unit).array)
    found.insert(1, "name", firsts["name" if unit == "model" else "release"].array)
    found.insert(3, "organisation", firsts.organisation.array)
    return found.assign(grade=letters(found.grade))


def unit_ids(models: pd.DataFrame, unit: str) -> pd.Series:
    """The ``unit_id`` of each model's unit."""
    if unit == "family":
        return models.organisation_id.astype(str) + "/" + models.family.astype(str)
    return models[f"{unit}_id"]


def bare_models(models: pd.DataFrame, also: Sequence[str] = ()) -> np.recarray:
    """Models without names for readers, for what counts hundreds of times over.

    Parameters
    ----------
    models : as `select` gives them
    also : further columns of numbers or flags

    Returns
    -------
    recarray
        The same rows: model_id, release_id, organisation_id, family (numbers that stand for the
        names), role, region (texts), released_on, year, total_params_b, is_moe, is_reasoning,
        reasoning_known, grade (its place in `GRADES`, -1 for none), then `also`. The numbers are
        in the order of the names.
    """
    ids = ("model_id", "release_id", "organisation_id", "family")
    flags = ("is_moe", "is_reasoning", "reasoning_known")
    columns = {
        **{name: pd.factorize(models[name], sort=True)[0] for name in ids},
        **{name: models[name].fillna("").to_numpy(str) for name in ("role", "region")},
        **{name: models[name].to_numpy() for name in ("released_on", "year")},
        "total_params_b": models.total_params_b.to_numpy(float),
        **{name: models[name].to_numpy(bool) for name in flags},
        "grade": places_of_grades(models),
        **{name: _plain(models[name]) for name in also},
    }
    return np.rec.fromarrays(list(columns.values()), names=list(columns))


def _plain(values: pd.Series) -> np.ndarray:
    """Flags as such, all else as numbers, where what is missing is nan."""
    if values.dtype == bool:
        return values.to_numpy()
    return values.to_numpy(float, na_value=np.nan)


def bare_units(models: np.recarray, unit: str, flags: Sequence[str] = ()) -> np.recarray:
    """As `units`, of `bare_models`.

    Parameters
    ----------
    models : as `bare_models` gives them
    unit : a key of `UNITS`
    flags : further boolean columns; a unit has one if any of its models has

    Returns
    -------
    recarray
        The columns of `units` but unit_id, in the terms of `bare_models`, with the model_id of its
        first model for a name, then `flags`; its rows in the same order.
    """
    models, of = members(models, unit)
    first = np.unique(of, return_index=True)[1]
    columns = {"name": models.model_id[first]} | _properties(models, of, flags)
    columns["organisation"] = columns["organisation_id"]
    return np.rec.fromarrays(list(columns.values()), names=list(columns))


def bare(
    models: pd.DataFrame, unit: str, *, flags: Sequence[str] = (), also: Sequence[str] = ()
) -> tuple[np.recarray, np.recarray]:
    """`bare_models` with `flags` and `also`, and their `bare_units` with `flags`."""
    rows = bare_models(models, [*flags, *also])
    return rows, bare_units(rows, unit, flags)


def with_columns(rows: Rows, **columns: np.ndarray) -> Rows:
    """Rows with further columns, or others in the place of those they have."""
    if isinstance(rows, pd.DataFrame):
        return rows.assign(**columns)
    held = {name: rows[name] for name in rows.dtype.names} | columns
    return np.rec.fromarrays(list(held.values()), names=list(held))


def rows_at(rows: Rows, places: np.ndarray) -> Rows:
    """The rows at some places, in the order of the places."""
    if isinstance(rows, pd.DataFrame):
        return rows.iloc[places].reset_index(drop=True)
    return rows[places]


def members(models: Rows, unit: str) -> tuple[Rows, np.ndarray]:
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
    days = np.asarray(models.released_on)
    began = np.full(len(of), np.datetime64("9999-12-31"), days.dtype)
    np.minimum.at(began, of, days)
    first = days == began[of]
    return models[first], pd.factorize(of[first])[0]


def _properties(models: Rows, of: np.ndarray, flags: Sequence[str] = ()) -> dict:
    """What `units` says of each unit but its names, and `flags`: grades by their places."""
    first = np.unique(of, return_index=True)[1]

    def most(values):
        found = np.full(len(first), np.nan)
        np.fmax.at(found, of, np.asarray(values, float))  # fmax passes over what is missing
        return found

    def any_of(values):
        return np.bincount(of, np.asarray(values, float), len(first)) > 0

    is_moe, is_reasoning = any_of(models.is_moe), any_of(models.is_reasoning)
    flagships = np.asarray(models.role == "flagship", bool)
    of_flagships = any_of(flagships & np.asarray(models.is_moe, bool))
    grades = places_of_grades(models)
    return {
        **{
            column: getattr(models[column], "array", models[column])[first]
            for column in ("organisation_id", "region", "released_on", "year")
        },
        "total_params_b": most(models.total_params_b),
        "is_moe": is_moe,
        "is_reasoning": is_reasoning,
        # one model that reasons settles it
        "reasoning_known": is_reasoning | ~any_of(~np.asarray(models.reasoning_known, bool)),
        "n_models": np.bincount(of, minlength=len(first)),
        "grade": most(grades).astype(np.int8),
        "flagship_is_moe": np.where(any_of(flagships), of_flagships, is_moe),
        **{flag: any_of(models[flag]) for flag in flags},
    }


def graded(models: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add ``grade``, the lowest grade of evidence among `columns` of each model.

    A value without evidence of its own (blank, or of a column that needs none) does not count;
    where none has any, the grade is D.
    """
    grades = models[[f"{column}_confidence" for column in columns]]
    return models.assign(grade=grades.max(axis=1).fillna("D"))


def lowest_grade(rows: Rows) -> str:
    """The lowest grade of evidence in `rows`; a row without a grade counts as D."""
    places = places_of_grades(rows)
    return GRADES[-1 if (places < 0).any() else places.max(initial=-1)]


def well_sourced(rows: Rows) -> float:
    """Share of `rows` that rest on the vendor's own files or words (grades A and B)."""
    places = places_of_grades(rows)
    return ((places >= 0) & (places <= GRADES.index("B"))).sum() / max(len(places), 1)


def places_of_grades(rows: Rows) -> np.ndarray:
    """The place in `GRADES` of each row's grade, -1 for none."""
    if isinstance(rows, np.recarray):
        return rows.grade
    return pd.Categorical(rows.grade.array, dtype=_GRADES).codes


def letters(places: np.ndarray) -> pd.Series:
    """Grades by their places in `GRADES`; missing for -1."""
    return pd.Series(pd.Categorical.from_codes(places, dtype=_GRADES)).astype("str")


def rests_on(rows: Rows) -> dict:
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


def half_years(days: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    """The first day of the half-year of each day, with the index of `days` if it has one."""
    months = np.asarray(days).astype("datetime64[M]").astype(int)  # since January 1970
    starts = (months - months % 6).astype("datetime64[M]").astype(days.dtype)
    return pd.Series(starts, days.index) if isinstance(days, pd.Series) else starts


def name_half_year(start: pd.Timestamp) -> str:
    """A half-year as readers write it: 2025 H1."""
    return f"{start.year} H{1 if start.month == 1 else 2}"
