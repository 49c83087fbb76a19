import subprocess
import sys

import pandas as pd
import pytest

from almanac.record import load
from almanac.record.schema import SchemaError, read_schema
from almanac.record.tables import row_names, typed


def test_every_column_has_the_type_of_the_schema(tiny):
    record = load(tiny.folder)
    dtypes = {"date": "datetime64[us]", "number": "float64", "integer": "Int64",
              "boolean": "boolean", "string": "str"}  # fmt: skip
    for table in record.schema.tables.values():
        frame = getattr(record, table.name)
        assert tuple(frame.columns) == table.columns
        for field in table.fields:
            assert str(frame[field.name].dtype) == dtypes[field.type], f"{table.name}.{field.name}"


def test_values_are_read(tiny):
    record = load(tiny.folder)
    v3 = record.models.set_index("model_id").loc["deepseek-v3"]
    assert (v3["total_params_b"], v3["n_routed_experts"]) == (671.0, 256)
    releases = record.releases.set_index("release_id")
    assert releases.loc["deepseek-r1", "released_on"] == pd.Timestamp(2025, 1, 20)
    assert releases["released_on"].isna().to_dict()["llama-4-behemoth"]
    assert record.configs.loc[0, "ffn_gated"]
    assert not record.configs.loc[0, "tied_embeddings"]


def test_only_a_blank_cell_is_missing(tiny):
    tiny.set("models", "deepseek-r1", name="NA")
    assert load(tiny.folder).models.loc[0, "name"] == "NA"


def test_a_record_cannot_be_reassigned(tiny):
    with pytest.raises(AttributeError):
        load(tiny.folder).models = None


def test_models_with_release(tiny):
    joined = load(tiny.folder).models_with_release()
    assert list(joined["model_id"]) == [row["model_id"] for row in tiny.rows["models"]]
    r1 = joined.set_index("model_id").loc["deepseek-r1"]
    names = (r1["name"], r1["release_name"], r1["organisation_name"], r1["region"])
    assert names == ("DeepSeek-R1", "DeepSeek-R1", "DeepSeek", "china")
    assert joined.columns.is_unique


def test_a_release_that_stands_twice_does_not_multiply_models(tiny):
    tiny.rows["releases"].insert(0, tiny.rows["releases"][0])
    tiny.write()
    with pytest.raises(ValueError, match="not a many-to-one merge"):
        load(tiny.folder).models_with_release()


def test_what_cannot_be_read_points_to_validate(tiny):
    tiny.set("releases", "deepseek-r1", released_on="2025-13-01")
    message = r"releases.csv is not as the schema says \(.*\): `almanac validate` lists"
    with pytest.raises(ValueError, match=message):
        load(tiny.folder)


@pytest.mark.parametrize(
    ("table", "key", "column", "cell"),
    [
        ("models", "deepseek-v3", "n_routed_experts", "25.6"),
        ("models", "deepseek-v3", "total_params_b", "many"),
        ("configs", "deepseek-v3", "ffn_gated", "yes"),
    ],
)
def test_a_cell_of_another_type_is_not_read(tiny, table, key, column, cell):
    tiny.set(table, key, **{column: cell})
    with pytest.raises(ValueError, match="not as the schema says"):
        load(tiny.folder)


def test_another_header_is_not_read(tiny):
    tiny.edit("events", "event_id,date", "event_id,day")
    with pytest.raises(ValueError, match="its columns are event_id, day"):
        load(tiny.folder)


def test_a_missing_table_is_not_found(tiny):
    tiny.path("events").unlink()
    with pytest.raises(FileNotFoundError, match=r"events\.csv"):
        load(tiny.folder)


def test_a_missing_schema_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"there is no datapackage\.json"):
        load(tmp_path)


def test_coerced_cells_of_another_type_are_missing():
    text = pd.Series(["8", "8.5", "many", "99999999999999999999", None], dtype="str")
    assert typed(text, "integer", "coerce").isna().tolist() == [False, True, True, True, True]
    assert typed(text, "number", "coerce").isna().tolist() == [False, False, True, False, True]
    assert typed(text, "date", "coerce").isna().all()
    assert typed(text, "boolean", "coerce").isna().all()


def test_row_names_join_the_key(tiny):
    record, schema = load(tiny.folder), read_schema(tiny.folder)
    assert row_names(record.models, schema.tables["models"]).iloc[0] == "deepseek-r1"
    names = row_names(record.adoption, schema.tables["adoption"])
    assert names.iloc[0] == "deepseek-v3/likes/2026-10-05"


def test_loading_does_not_import_frictionless(tiny):
    code = (
        "import sys; from almanac.record import load; load(sys.argv[1]);"
        "sys.exit('frictionless' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, tiny.folder], check=True)
