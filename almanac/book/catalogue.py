"""The record as the table on its page shows it: one row a model, with all its sources."""

import pandas as pd

from almanac.record import Record


def rows(record: Record) -> list[dict]:
    """One row a model, in the order of their ids.

    Returns
    -------
    list of dict
        Ready for JSON. `evidence` lists, for each value of the model and its release, column,
        value, grade, kind, address and note of every source, the chosen and the others.
    """
    models = record.models_with_release().sort_values("model_id")
    said = _evidence(record)
    return [
        {
            "name": row["name"],
            "organisation": row.organisation_name,
            "region": row.region,
            "released": _day(row.released_on),
            "status": row.status,
            "total": _number(row.total_params_b),
            "active": _number(row.active_params_b),
            "architecture": row.architecture,
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


def _evidence(record: Record) -> dict[tuple[str, str], list[list[str]]]:
    said: dict[tuple[str, str], list[list[str]]] = {}
    for row in record.evidence.itertuples(index=False):
        said.setdefault((row.table, row.row), []).append(
            [
                *(row.column, row.value, row.confidence),
                *(row.source_kind, row.source_url, _text(row.note)),
            ]
        )
    return said


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
