"""Small frames as the measures take them; a test names only the columns it is about."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from almanac.record import load, read_schema

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def record_of(tmp_path):
    """Builds a record of a few cells, by table, under the real schema."""

    def build(values):
        (tmp_path / "datapackage.json").write_bytes((DATA / "datapackage.json").read_bytes())
        for name, table in read_schema(DATA).tables.items():
            with (tmp_path / table.path).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, table.columns)
                writer.writeheader()
                writer.writerows(values.get(name, []))
        return load(tmp_path)

    return build


@pytest.fixture
def models():
    """Builds models with their release and organisation joined on, one from each mapping."""

    def build(*rows):
        known = [
            {
                "model_id": f"m{number}",
                "name": f"Model {number}",
                "release_id": f"r{number}",
                "release": f"Release {number}",
                "organisation_id": "acme",
                "organisation": "Acme",
                "family": "F",
                "region": "us",
                "status": "released",
                "released_on": "2025-03-01",
                "role": "flagship",
                "architecture": "dense",
                "reasoning": "none",
                "total_params_b": 7.0,
                "active_params_b": 7.0,
                "grade": "A",
            }
            | row
            for number, row in enumerate(rows)
        ]
        return pd.DataFrame(known).assign(released_on=lambda t: pd.to_datetime(t.released_on))

    return build


@pytest.fixture
def units():
    """Builds units of counting, one for each organisation named."""

    def build(organisations, days="2025-03-01", **columns):
        table = pd.DataFrame({"organisation_id": list(organisations)})
        table = table.assign(
            name=[f"Unit {number}" for number in range(len(table))],
            organisation=table.organisation_id.str.upper(),
            region="us",
            released_on=pd.to_datetime(days),
            total_params_b=7.0,
            is_moe=False,
            is_reasoning=False,
            grade="A",
        )
        return table.assign(year=table.released_on.dt.year).assign(**columns)

    return build
