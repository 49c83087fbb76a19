import pandas as pd
import pytest
import earlier
from almanac.measures import changes
from almanac.record import difference
from almanac.record.difference import TableDifference


@pytest.fixture(scope="module")
def found(frozen_record):
    return difference.difference(earlier.texts(), difference.read(frozen_record))


def test_the_sentence_counts_what_differs(found):
    assert changes.in_words(found) == (
        "3 of 15 tables differ: 1 row added, 1 row removed, 2 values changed, 1 new column."
    )
    assert changes.in_words([TableDifference("one", 1, 1)]) == "none of 1 table differs."
    new = TableDifference("one", None, 2, added=["a", "b"])
    assert changes.in_words([new]) == "1 of 1 table differs: 2 rows added."
    assert changes.in_words([TableDifference("one", None, 0)]) == "1 of 1 table differs."


def test_each_table_that_differs_has_a_row_and_each_count_that_tells_a_column(found):
    table = changes.by_table(found)
    assert list(table.columns) == [
        "table", "rows_before", "rows_now", "added", "removed", "values_changed", "columns",
    ]  # fmt: skip
    assert table.set_index("table").loc["models"].tolist() == [117, 118, 1, 0, 2, ""]
    assert table["columns"].iloc[0] == "region_in_doubt is new, filled in 0 rows"
    new = changes.by_table([TableDifference("one", None, 2, added=["a", "b"])])
    assert pd.isna(new.rows_before[0]) and new.rows_now[0] == 2
    assert changes.by_table([]).empty


def test_rows_and_values_are_listed_but_for_evidence(found):
    rows = changes.rows(found)
    assert rows.to_numpy().tolist() == [
        ["models", earlier.NEW_MODEL, "added"], ["events", earlier.LOST_EVENT, "removed"],
    ]  # fmt: skip
    values = changes.values(found)
    assert values.to_numpy().tolist() == [["models", *value] for value in earlier.VALUES]
    sources = TableDifference(
        "evidence", 1, 2, added=["a"],
        changed=pd.DataFrame([("a", "note", "", "b")], columns=difference.CHANGED),
    )  # fmt: skip
    other = TableDifference("new", None, 1, added=["a"])
    renamed = TableDifference("models", 1, 1, renamed=[("old", "new")])
    assert changes.rows([sources, other, renamed]).to_numpy().tolist() == [
        ["models", "new", "renamed, was old"]
    ]
    assert changes.values([sources]).empty
