"""A key that was published never disappears without a word."""

from pathlib import Path

import pandas as pd
import pytest

from almanac.record import history, load

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "tests" / "reference" / "keys.csv"


@pytest.fixture
def published(tiny):
    return history.keys(load(tiny.folder))


def test_the_keys_of_the_real_record_are_all_there_or_accounted_for():
    lost = history.lost(load(ROOT / "data"), pd.read_csv(PUBLISHED, dtype=str))
    assert lost.empty, (
        f"published keys that are gone: {lost.to_csv(index=False)}"
        "name each in data/renamed.csv, or in data/corrections.csv if the row was wrong"
    )


def test_keys_of_what_others_quote(published):
    assert set(published["table"]) == set(history.LASTING)
    assert ("models", "deepseek-v3") in zip(published["table"], published["key"], strict=True)


def drop_model(tiny, key):
    tiny.rows["models"] = [row for row in tiny.rows["models"] if row["model_id"] != key]
    tiny.write()


def test_a_key_that_goes_without_a_word_is_lost(tiny, published):
    drop_model(tiny, "mixtral-8x7b")
    lost = history.lost(load(tiny.folder), published)
    assert lost.to_numpy().tolist() == [["models", "mixtral-8x7b"]]


def test_a_renamed_key_is_not_lost(tiny, published):
    drop_model(tiny, "mixtral-8x7b")
    tiny.rows["renamed"] = [
        dict(table="models", old_key="mixtral-8x7b", new_key="deepseek-v3",
             renamed_on="2026-10-01", why="merged")
    ]  # fmt: skip
    tiny.write()
    assert history.lost(load(tiny.folder), published).empty


@pytest.mark.parametrize(
    ("column", "is_now", "accounted"),
    [("model_id", "", True), ("model_id", "deepseek-v3", False), ("total_params_b", "", False)],
)
def test_a_row_that_was_wrong_is_accounted_for_by_its_correction(
    tiny, published, column, is_now, accounted
):
    drop_model(tiny, "mixtral-8x7b")
    tiny.rows["corrections"] = [
        dict(corrected_on="2026-10-01", table="models", row="mixtral-8x7b", column=column,
             was="mixtral-8x7b", is_now=is_now, wrong_since="2026-09-01", affects="counts",
             why="never released")
    ]  # fmt: skip
    tiny.write()
    assert history.lost(load(tiny.folder), published).empty is accounted


def test_what_the_newest_edition_changed_is_read_item_by_item(tmp_path):
    (tmp_path / history.CHANGES).write_text(
        "# What changed\n\nWords.\n\n## 2026-11-30\n\n- **Coverage**: more of `models`.\n- Less.\n\n"
        "## 2026-11-24\n\nFirst edition.\n"
    )
    assert list(history.changes(tmp_path)) == ["2026-11-30", "2026-11-24"]
    day, items = history.latest(tmp_path)
    assert day == "2026-11-30"
    assert items.values.tolist() == [["Coverage", "more of models."], ["", "Less."]]


def test_a_record_need_not_say_what_it_changed(tmp_path):
    day, items = history.latest(tmp_path)
    assert day == "" and items.empty and list(items.columns) == ["what", "change"]
