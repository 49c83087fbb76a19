"""The codebook page says what the schema says, table by table and column by column."""

import json

import pytest
from bs4 import BeautifulSoup


@pytest.fixture(scope="module")
def described(frozen_record):
    return json.loads((frozen_record / "datapackage.json").read_text("utf-8"))["resources"]


@pytest.fixture(scope="module")
def shown(built_site):
    page = BeautifulSoup((built_site / "book" / "codebook.html").read_text("utf-8"), "html.parser")
    tables = {}
    for table in page.select("article table"):
        if table.caption is None:
            continue  # the parameters of the page
        headers = [cell.get_text() for cell in table.select("thead th")]
        rows = [
            dict(zip(headers, (cell.get_text() for cell in row.select("td, th")), strict=True))
            for row in table.select("tbody tr")
        ]
        tables[table.caption.get_text()] = rows
    return tables


def test_every_table_is_explained_in_the_order_of_the_schema(shown, described):
    assert list(shown) == [f"{table['path']}: {table['description']}" for table in described]


def test_every_column_is_explained_as_in_the_schema(shown, described):
    for table, rows in zip(described, shown.values(), strict=True):
        fields = table["schema"]["fields"]
        assert [row["column"] for row in rows] == [field["name"] for field in fields]
        for row, field in zip(rows, fields, strict=True):
            assert row["meaning"] == field["description"]
            assert row["type"] == field["type"]
            assert row["sourced"] == ("yes" if field.get("evidenced") else "")
            for allowed in field.get("constraints", {}).get("enum", []):
                assert str(allowed) in row["values"]
