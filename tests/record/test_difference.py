import shutil

import pandas as pd
import pytest
import earlier
from almanac.record import difference, read_schema
from almanac.record.difference import DifferenceError, Texts


@pytest.fixture(scope="module")
def now(frozen_record):
    return difference.read(frozen_record)


@pytest.fixture(scope="module")
def found(now):
    """What differs between the earlier edition and the small record, by table."""
    return {table.table: table for table in difference.difference(earlier.texts(), now)}


def changed(now, **tables):
    """The record with some of its tables otherwise."""
    return Texts(now.schema, {**now.tables, **tables})


def only(old, new):
    """The tables that differ, by name."""
    return {table.table: table for table in difference.difference(old, new) if table.differs}


def test_a_record_does_not_differ_from_itself(now, frozen_record):
    assert only(now, difference.read(frozen_record)) == {}


def test_every_table_is_told_of_in_the_order_of_the_schema(found, now):
    assert list(found) == list(now.schema.tables)
    assert {name for name, table in found.items() if table.differs} == {
        "organisations", "models", "events",
    }  # fmt: skip


def test_rows_that_came_and_went(found):
    models, events = found["models"], found["events"]
    assert (models.added, models.removed) == ([earlier.NEW_MODEL], [])
    assert (events.added, events.removed) == ([], [earlier.LOST_EVENT])
    assert models.after == models.before + 1


def test_values_that_changed_and_no_number_written_otherwise(found):
    assert found["models"].changed.to_numpy().tolist() == [list(value) for value in earlier.VALUES]


def test_a_column_that_is_new_or_gone_is_told_as_such(found, now):
    organisations = found["organisations"]
    filled = int((now.tables["organisations"][earlier.NEW_COLUMN] != "").sum())
    assert organisations.new_columns == {earlier.NEW_COLUMN: filled}
    assert len(organisations.changed) == 0
    back = only(now, earlier.texts())["organisations"]
    assert back.lost_columns == {earlier.NEW_COLUMN: filled}


def test_the_order_of_rows_and_columns_is_no_difference(now):
    models = now.tables["models"]
    turned = models.iloc[::-1][list(models.columns[::-1])].reset_index(drop=True)
    assert only(now, changed(now, models=turned)) == {}


def test_a_table_that_one_record_alone_has(now):
    without = Texts(now.schema, {k: v for k, v in now.tables.items() if k != "claims"})
    gone = only(now, without)["claims"]
    assert (gone.before, gone.after) == (len(now.tables["claims"]), None)
    assert gone.removed == now.tables["claims"].claim_id.tolist()
    new = only(without, now)["claims"]
    assert (new.before, new.added) == (None, gone.removed)


def renamed(now, **names):
    """The record after models got other names: those tables, and `renamed`."""
    told = pd.DataFrame(
        [
            {"table": "models", "old_key": old, "new_key": new, "renamed_on": "", "why": ""}
            for old, new in names.items()
        ]
    )
    tables = {"renamed": told}
    for name, column in (("models", "model_id"), ("techniques", "model_id"),
                         ("adoption", "model_id"), ("models", "base_model_id"),
                         ("capabilities", "model_id"), ("codings", "model_id"),
                         ("configs", "model_id")):  # fmt: skip
        frame = tables.get(name, now.tables[name])
        tables[name] = frame.assign(**{column: frame[column].replace(names)})
    evidence = now.tables["evidence"].copy()
    for at, (table, row) in enumerate(zip(evidence["table"], evidence["row"], strict=True)):
        first, slash, rest = row.partition("/")
        if table in {"models", "techniques", "adoption", "configs"} and first in names:
            evidence.loc[at, "row"] = names[first] + slash + rest
    return changed(now, **tables, evidence=evidence)


@pytest.fixture(scope="module")
def reasoner(now):
    """A model that many tables name."""
    return now.tables["techniques"].model_id.iloc[0]


def test_a_new_name_is_one_change_wherever_it_stands(now, reasoner):
    after = renamed(now, **{reasoner: "other-name"})
    assert (after.tables["evidence"]["row"] != now.tables["evidence"]["row"]).sum() > 5
    differing = only(now, after)
    assert set(differing) == {"models", "renamed"}
    models = differing["models"]
    assert models.renamed == [(reasoner, "other-name")]
    assert (models.added, models.removed, len(models.changed)) == ([], [], 0)


def test_a_value_that_changes_with_the_name_is_still_told(now, reasoner):
    after = renamed(now, **{reasoner: "other-name"})
    models = after.tables["models"]
    models.loc[models.model_id == "other-name", "licence"] = "MIT-0"
    (value,) = only(now, after)["models"].changed.itertuples(index=False)
    assert (value.key, value.column, value.after) == ("other-name", "licence", "MIT-0")


def test_names_are_followed_from_one_to_the_next(now, reasoner):
    after = renamed(now, **{reasoner: "last"})
    told = after.tables["renamed"]
    chain = pd.concat([told.assign(new_key="between"), told.assign(old_key="between")])
    (models,) = [
        table
        for table in difference.difference(now, changed(after, renamed=chain))
        if table.table == "models"
    ]
    assert models.renamed == [(reasoner, "last")]


@pytest.mark.parametrize("new_key", ["nowhere", "{itself}"])
def test_a_name_that_leads_nowhere_is_none(now, reasoner, new_key):
    models = now.tables["models"]
    told = pd.DataFrame(
        [{"table": "models", "old_key": reasoner, "new_key": new_key.format(itself=reasoner),
          "renamed_on": "", "why": ""}]
    )  # fmt: skip
    after = changed(now, renamed=told, models=models[models.model_id != reasoner])
    found = only(now, after)["models"]
    assert (found.renamed, found.removed) == ([], [reasoner])


def test_two_rows_that_became_one(now):
    """What had the name always is followed; of the other its rows are gone."""
    one, other = now.tables["models"].model_id.iloc[:2]
    after = renamed(now, **{one: other})
    models = after.tables["models"].drop_duplicates("model_id", keep="last")
    evidence = after.tables["evidence"]
    evidence = evidence.drop_duplicates(
        ["table", "row", "column", "source_url", "value"], keep="last"
    )
    found = only(now, changed(after, models=models, evidence=evidence))
    assert found["models"].renamed == [(one, other)]
    assert (found["models"].added, found["models"].removed) == ([], [])
    assert len(found["models"].changed) == 0


def test_another_key_is_told_and_rows_are_not_matched(now, tmp_path, frozen_record):
    folder = shutil.copytree(frozen_record, tmp_path / "other")
    text = (folder / "datapackage.json").read_text("utf-8")
    schema = text.replace('"primaryKey": [\n          "event_id"\n',
                          '"primaryKey": [\n          "event_id",\n          "date"\n')  # fmt: skip
    assert schema != text
    (folder / "datapackage.json").write_text(schema, "utf-8")
    table = folder / "events.csv"
    table.write_text(table.read_text("utf-8") + "zzz,2020-01-01,Z,news\n", "utf-8")
    events = only(now, difference.read(folder))["events"]
    assert events.unmatched
    assert (events.added, events.after) == ([], events.before + 1)


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda f: (f / "datapackage.json").unlink(), "is no record: there is no datapackage.json"),
        (lambda f: (f / "datapackage.json").write_text("{"), "expected JSON"),
        (lambda f: (f / "models.csv").write_bytes(b"model_id\n\xff\n"), "models.csv is no table"),
        (lambda f: (f / "models.csv").write_text(""), "models.csv is no table"),
        (lambda f: (f / "models.csv").write_text("a,b\n1,2\n"), "has no column model_id"),
        (
            lambda f: (f / "events.csv").write_text("event_id,date\na,1\na,2\n"),
            "events.csv has the key 'a' twice",
        ),
    ],
)
def test_what_cannot_be_read_is_said(frozen_record, tmp_path, spoil, said):
    folder = shutil.copytree(frozen_record, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(DifferenceError, match="spoilt") as error:
        difference.read(folder)
    assert said in str(error.value)


def test_a_missing_file_is_a_missing_table(frozen_record, tmp_path, now):
    folder = shutil.copytree(frozen_record, tmp_path / "less")
    (folder / "claims.csv").unlink()
    assert only(now, difference.read(folder))["claims"].after is None
    assert "claims" in read_schema(folder).tables
