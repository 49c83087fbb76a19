"""The record as the table on its page shows it: one row a model, with all its sources."""

import pandas as pd

from almanac.charts.theme import REGION_NAMES
from almanac.record import Record

ARCHITECTURE_NAMES = {"dense": "dense", "moe": "mixture-of-experts"}


def rows(record: Record) -> list[dict]:
    """One row a model, in the order of their ids.

    Returns
    -------
    list of dict
        Ready for JSON. `evidence` lists, for each value of the model and its release, column,
        value, grade, kind, address, note of every source, and whether it is the value used; for
        each column those come first, best grade before others.
    """
    models = record.models_with_release().sort_values("model_id")
    said = _evidence(record.evidence, _cells(record))
    return [
        {
            "name": row["name"],
            "organisation": row.organisation_name,
            "region": REGION_NAMES[row.region],
            "released": _day(row.released_on),
            "status": row.status,
            "total": _number(row.total_params_b),
            "active": _number(row.active_params_b),
            "architecture": ARCHITECTURE_NAMES[row.architecture],
            "experts": _experts(row),
            "context": _number(row.context_tokens),
            "licence": _text(row.licence),
            "reasoning": row.reasoning,
            "url": _text(row.url),
            "evidence": said.get(("releases", row.release_id), [])
            + said.get(("models", row.model_id), []),
        }
        for _, row in models.iterrows()
    ]


def _cells(record: Record) -> dict[tuple[str, str, str], object]:
    """The values of releases and models by table, row and column."""
    return {
        (name, row, column): value
        for name in ("releases", "models")
        for column in record.schema.tables[name].evidenced
        for row, value in zip(
            getattr(record, name).iloc[:, 0], getattr(record, name)[column], strict=True
        )
    }


def _evidence(
    evidence: pd.DataFrame, cells: dict[tuple[str, str, str], object]
) -> dict[tuple[str, str], list[list]]:
    said: dict[tuple[str, str], list[list]] = {}
    for row in evidence.sort_values(["column", "confidence"], kind="stable").itertuples():
        used = _same(row.value, cells.get((row.table, row.row, row.column)))
        said.setdefault((row.table, row.row), []).append(
            [
                *(row.column, row.value, row.confidence),
                *(row.source_kind, row.source_url, _text(row.note), used),
            ]
        )
    for sources in said.values():
        sources.sort(key=lambda source: (source[0], not source[-1]))
    return said


def _same(said: str, cell: object) -> bool:
    """Whether a source says what the record holds: numbers as numbers, days as days."""
    if pd.isna(cell):
        return False
    if isinstance(cell, pd.Timestamp):
        return said == _day(cell)
    if isinstance(cell, str):
        return said == cell
    try:
        return float(said) == float(cell)
    except ValueError:
        return False


def _experts(row: pd.Series) -> str:
    if pd.isna(row.n_routed_experts):
        return ""
    chosen = "" if pd.isna(row.experts_per_token) else f"{row.experts_per_token} of "
    shared = (
        f" + {row.n_shared_experts} shared"
        if pd.notna(row.n_shared_experts) and row.n_shared_experts > 0
        else ""
    )
    return f"{chosen}{row.n_routed_experts}{shared}"


def _day(value) -> str:
    return "" if pd.isna(value) else value.date().isoformat()


def _number(value) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value) -> str:
    return "" if pd.isna(value) else str(value)
