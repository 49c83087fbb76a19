import datetime as dt
import json
from pathlib import Path

import pytest

from almanac.record.schema import ForeignKey, SchemaError, read_schema

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def schema():
    return read_schema(DATA)


def rewrite(tiny, change):
    path = tiny.folder / "datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    change(descriptor)
    path.write_text(json.dumps(descriptor), "utf-8")


def test_the_tables_of_the_record(schema):
    assert list(schema.tables) == [
        "organisations", "releases", "models", "techniques", "configs", "capabilities",
        "adoption", "engine_support", "events", "claims", "aliases", "codings", "corrections",
        "renamed", "evidence",
    ]  # fmt: skip


def test_the_day_the_record_is_as_of(tiny):
    assert read_schema(tiny.folder).updated == dt.date(2026, 10, 31)


def test_frictionless_accepts_the_package():
    from frictionless import Package

    assert Package.validate_descriptor(str(DATA / "datapackage.json")).valid


def test_every_field_says_what_it_means(schema):
    for table in schema.tables.values():
        for field in table.fields:
            assert field.description.endswith("."), f"{table.name}.{field.name}"
            assert "title" not in field.constraints


def test_key_columns_come_first_and_are_required(schema):
    for table in schema.tables.values():
        assert table.columns[0] == table.primary_key[0]
        for column in table.primary_key:
            assert table.field(column).constraints["required"] is True


def test_every_source_names_its_licence(schema):
    assert all(source["title"] and source["license"] for source in schema.sources)


def test_a_foreign_key_to_the_own_table_is_resolved(schema):
    own = ForeignKey(("base_model_id",), "models", ("model_id",))
    assert own in schema.tables["models"].foreign_keys


def test_evidenced_columns(schema):
    assert schema.tables["releases"].evidenced == ("announced_on", "released_on", "hub_created_on")
    assert schema.tables["models"].evidenced == (
        "total_params_b", "active_params_b", "n_routed_experts", "n_shared_experts",
        "experts_per_token", "context_tokens", "licence", "reasoning",
    )  # fmt: skip


def test_an_unknown_field_is_a_key_error(schema):
    with pytest.raises(KeyError):
        schema.tables["models"].field("colour")


def test_a_missing_folder_says_what_to_name(tmp_path):
    with pytest.raises(SchemaError, match=r"nowhere does not exist: name a folder that holds"):
        read_schema(tmp_path / "nowhere")


def test_a_missing_schema_says_where(tmp_path):
    with pytest.raises(SchemaError, match="there is no datapackage.json in"):
        read_schema(tmp_path)


def test_bad_json_is_reported_with_its_line(tmp_path):
    (tmp_path / "datapackage.json").write_text('{\n  "name": "x",\n}', "utf-8")
    with pytest.raises(SchemaError, match="expected JSON") as error:
        read_schema(tmp_path)
    assert error.value.line in (2, 3)  # Python 3.13 points at the comma, earlier ones past it


def test_a_schema_that_is_not_utf8_is_reported_with_its_line(tmp_path):
    (tmp_path / "datapackage.json").write_bytes(b'{\n"name": "\xe9"}')
    with pytest.raises(SchemaError, match="UTF-8") as error:
        read_schema(tmp_path)
    assert (error.value.line, error.value.found) == (2, r"\xe9")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("resources"), "expected the package to have a resources"),
        (lambda d: d.update(updated="31 October 2026"), "written YYYY-MM-DD"),
        (lambda d: d["resources"][2].pop("schema"), r"expected resources\[2\] to have a schema"),
        (lambda d: d["resources"][2].update(path="../x.csv"), "to be models.csv"),
        (lambda d: d["resources"][2]["schema"].update(primaryKey="id"), "a key of models names"),
        (lambda d: d["resources"][2]["schema"].update(foreignKeys=[1]), "each foreign key of"),
        (
            lambda d: d["resources"][2]["schema"].update(primaryKey=[]),
            "primaryKey of models to name",
        ),
        (lambda d: d["resources"][2]["schema"].update(primaryKey=[1]), "primaryKey of models to"),
        (lambda d: d["resources"][2]["schema"].update(foreignKeys=1), "to have a foreignKeys"),
        (lambda d: d["resources"].insert(0, 1), r"expected resources\[0\] to be an object"),
    ],
)
def test_a_schema_the_record_cannot_use_names_the_property(tiny, change, message):
    rewrite(tiny, change)
    with pytest.raises(SchemaError, match=message):
        read_schema(tiny.folder)
