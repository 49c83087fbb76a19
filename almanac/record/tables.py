"""Reading the record's tables into typed frames.

Reading does not validate: `almanac.record.validate` says whether a record can be trusted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from almanac.record import bounds
from almanac.record.schema import Schema, Table, read_schema

Errors = Literal["raise", "coerce"]


@dataclass(frozen=True)
class Record:
    """Every table of a record as a typed frame, columns as in the schema, and the schema itself.

    Dates are ``datetime64[us]``, numbers ``float64``, integers ``Int64``, booleans ``boolean``,
    all else ``str``; a blank cell is missing. Rows are in the order of the file.
    """

    schema: Schema
    organisations: pd.DataFrame
    releases: pd.DataFrame
    models: pd.DataFrame
    techniques: pd.DataFrame
    configs: pd.DataFrame
    capabilities: pd.DataFrame
    adoption: pd.DataFrame
    engine_support: pd.DataFrame
    events: pd.DataFrame
    claims: pd.DataFrame
    aliases: pd.DataFrame
    codings: pd.DataFrame
    corrections: pd.DataFrame
    renamed: pd.DataFrame
    evidence: pd.DataFrame

    def models_with_release(self) -> pd.DataFrame:
        """Models, each with the columns of its release and organisation.

        Returns
        -------
        DataFrame
            One row per model, in the order of ``models``. The names of the release and the
            organisation are ``release_name`` and ``organisation_name``; every other column keeps
            the name it has in its own table.
        """
        releases = self.releases.rename(columns={"name": "release_name"})
        organisations = self.organisations.rename(columns={"name": "organisation_name"})
        joined = self.models.merge(releases, on="release_id", how="left", validate="m:1")
        return joined.merge(organisations, on="organisation_id", how="left", validate="m:1")


def load(folder: str | Path) -> Record:
    """Read the record in `folder`.

    Parameters
    ----------
    folder : folder with ``datapackage.json`` and the CSV files it names

    Raises
    ------
    SchemaError
        If ``datapackage.json`` is missing or cannot be used.
    FileNotFoundError
        If a table is missing.
    ValueError
        If a table cannot be read as the schema says; `validate` lists every fault.
    """
    schema = read_schema(folder)
    missing = set(Record.__dataclass_fields__) - {"schema"} - set(schema.tables)
    if missing:
        raise ValueError(f"datapackage.json does not describe {', '.join(sorted(missing))}")
    frames = {
        name: _read(Path(folder) / table.path, table)
        for name, table in schema.tables.items()
        if name in Record.__dataclass_fields__
    }
    return Record(schema=schema, **frames)


def typed(text: pd.Series, kind: str, errors: Errors = "raise") -> pd.Series:
    """Give a column of text the type the schema names.

    Parameters
    ----------
    text : strings, missing where the cell is blank
    kind : Frictionless type: ``date``, ``number``, ``integer``, ``boolean``; all else is text
    errors : whether a cell that is not of the type raises ValueError or TypeError, or is missing
        in the result
    """
    if kind == "date":
        return pd.to_datetime(text, format="%Y-%m-%d", errors=errors).astype("datetime64[us]")
    if kind == "number":
        return pd.to_numeric(text, errors=errors).astype("float64")
    if kind == "integer":
        numbers = pd.to_numeric(text, errors=errors).astype("float64")
        if errors == "coerce":
            values = numbers.to_numpy()
            # Beyond 2**53 a float no longer tells neighbouring integers apart.
            odd = (np.abs(values) >= 2**53) | (np.floor(values) < values)
            numbers = numbers.mask(odd) if odd.any() else numbers
        return numbers.astype("Int64")
    if kind == "boolean":
        values = text.map({"true": True, "false": False})
        unknown = text[values.isna() & text.notna()]
        if errors == "raise" and not unknown.empty:
            raise ValueError(f"expected true or false, found {unknown.iloc[0]!r}")
        return values.astype("boolean")
    return text


def row_names(frame: pd.DataFrame, table: Table) -> pd.Series:
    """The name evidence gives each row of `table`: its primary key, parts joined by ``/``.

    `frame` may be typed or text; the result is text with the index of `frame`.
    """
    parts = [
        frame[column].dt.strftime("%Y-%m-%d")
        if pd.api.types.is_datetime64_dtype(frame[column])
        else frame[column]
        for column in table.primary_key
    ]
    return parts[0].str.cat(parts[1:], sep="/") if len(parts) > 1 else parts[0]


def _read(path: Path, table: Table) -> pd.DataFrame:
    try:
        bounds.check_table(path)
        text = pd.read_csv(
            path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8"
        )
        if tuple(text.columns) != table.columns:
            raise ValueError(f"its columns are {', '.join(text.columns)}")
        return pd.DataFrame(
            {field.name: typed(text[field.name], field.type) for field in table.fields}
        )
    except (ValueError, TypeError) as error:
        # Pandas follows some of its messages with lines of advice for programmers.
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"{path} is not as the schema says ({reason}): `almanac validate` lists every fault"
        ) from error
