"""What the record holds and how well it is sourced."""

import pandas as pd

from almanac.measures.counting import GRADES
from almanac.record import Record, Schema, with_confidence
from almanac.record.schema import Field


def grades_by_column(record: Record) -> pd.DataFrame:
    """How many values of each column that needs evidence rest on each grade.

    Returns
    -------
    DataFrame
        One row a column: table, column, A, B, C, D, undisclosed and blank (counts of
        values).
    """
    rows = []
    for name, table in record.schema.tables.items():
        for column in table.evidenced:
            frame = getattr(record, name)
            grades = with_confidence(frame, record, name, [column])[f"{column}_confidence"]
            counts = grades.value_counts()
            rows.append(
                {
                    "table": name,
                    "column": column,
                    **{grade: int(counts.get(grade, 0)) for grade in GRADES},
                    "undisclosed": int((frame[column].astype("str") == "undisclosed").sum()),
                    "blank": int(frame[column].isna().sum()),
                }
            )
    return pd.DataFrame(rows)


FACTS = ("total_params_b", "active_params_b", "licence", "context_tokens", "reasoning")
OF_EXPERTS = ("n_routed_experts", "experts_per_token")


def well_sourced_flagships(record: Record) -> pd.Series:
    """Which flagships rest on the vendor's own files or words (grades A and B) in all that counts.

    That is the day of release, total and active parameters, licence, context, reasoning and each
    of its techniques, and for a mixture the experts and how many serve a token. A value that is
    blank or undisclosed counts against it.

    Returns
    -------
    Series
        True or False, by model_id.
    """
    models = record.models_with_release()
    models = models[models.role == "flagship"]
    models = with_confidence(models, record, "models", [*FACTS, *OF_EXPERTS])
    models = with_confidence(models, record, "releases", ["released_on"])
    sure = pd.DataFrame(
        {
            column: models[f"{column}_confidence"].isin(["A", "B"])
            for column in (*FACTS, *OF_EXPERTS, "released_on")
        }
    )
    sure[list(OF_EXPERTS)] = sure[list(OF_EXPERTS)].where(models.architecture == "moe", other=True)
    techniques = with_confidence(record.techniques, record, "techniques", ["technique"])
    weak = techniques[~techniques.technique_confidence.isin(["A", "B"])].model_id
    return (sure.all(axis=1) & ~models.model_id.isin(weak)).set_axis(models.model_id)


def corrections(record: Record) -> pd.DataFrame:
    """Values that were wrong, for readers: the newest first, then in the order of the tables.

    Returns
    -------
    DataFrame
        what (row and column), was, is_now, why, affects, wrong_since, corrected_on.
    """
    table = record.corrections
    places = table["table"].map({name: place for place, name in enumerate(record.schema.tables)})
    table = table.assign(place=places).sort_values(
        ["corrected_on", "place", "row", "column"], ascending=[False, True, True, True]
    )
    table = table.assign(what=table["row"] + ", " + table["column"].str.replace("_", " "))
    columns = ["what", "was", "is_now", "why", "affects", "wrong_since", "corrected_on"]
    return table[columns].reset_index(drop=True)


def codebook(schema: Schema) -> pd.DataFrame:
    """Every column of the record as `schema` describes it.

    Returns
    -------
    DataFrame
        table, column, type, values (what it may hold, in words; patterns of text, which only
        machines read, are left out), sourced ("yes" where every value needs a row of evidence)
        and meaning, in the order of the schema.
    """
    return pd.DataFrame(
        [
            {
                "table": name,
                "column": field.name,
                "type": field.type,
                "values": _allowed(name, field, schema),
                "sourced": "yes" if field.evidenced else "",
                "meaning": field.description,
            }
            for name, table in schema.tables.items()
            for field in table.fields
        ]
    )


def _allowed(name: str, field: Field, schema: Schema) -> str:
    """What a column may hold, in words: its part in a key, its constraints, what it refers to."""
    table = schema.tables[name]
    limits = field.constraints
    words = []
    if field.name in table.primary_key:
        words.append("key" if len(table.primary_key) == 1 else "part of the key")
    elif limits.get("required"):
        words.append("never blank")
    for key in table.foreign_keys:
        if key.columns == (field.name,):
            words.append(f"one of {key.table}.{key.references[0]}")
    if "enum" in limits:
        words.append("one of " + ", ".join(map(str, limits["enum"])))
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None:
        words.append(f"{low} to {high}")
    elif low is not None or high is not None:
        words.append(f"at least {low}" if low is not None else f"at most {high}")
    return "; ".join(words)


def sources(schema: Schema) -> pd.DataFrame:
    """The upstreams that the record takes facts from: source, address, licence."""
    return pd.DataFrame(
        [
            {
                "source": source["title"],
                "address": source.get("path", ""),
                "licence": source.get("license", ""),
            }
            for source in schema.sources
        ]
    )
