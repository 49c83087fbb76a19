"""What a sweep keeps, on any file system that fsspec knows."""

import json

import pandas as pd
import pytest

from almanac.book.errors import BuildError
from almanac.editions.store import Store

FOUND = {"results": [{"id": "a", "value": 1.5}], "data_date": "2026-11-01"}


@pytest.mark.parametrize("kind", ["", "file://", "memory://"])
def test_what_is_kept_is_found_again(kind, tmp_path):
    store = Store(f"{kind}{tmp_path}/out")
    assert store.finished() == {}
    store.keep("moe.1", FOUND)
    store.write(pd.DataFrame({"id": ["a"]}), [])
    again = Store(f"{kind}{tmp_path}/out")
    assert again.finished() == {"moe.1": FOUND}
    with again.files.open(f"{again.root}/headlines.parquet") as file:
        assert pd.read_parquet(file).id.tolist() == ["a"]
    assert not [path for path in again.files.find(again.root) if "/." in path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": 1, "data_date": ""}', "\0"])
def test_a_file_that_cannot_be_read_is_as_good_as_none(text, tmp_path):
    store = Store(str(tmp_path))
    store.keep("moe.1", FOUND)
    (tmp_path / "runs" / "moe.2.json").write_text(text)
    (tmp_path / "runs" / ".moe.3.json.77").write_text(json.dumps(FOUND))  # cut off
    assert store.finished() == {"moe.1": FOUND}


def test_an_address_of_a_kind_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BuildError, match="--out nope://x: "):
        Store("nope://x")
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildError, match="--out .*file: "):
        Store(str(tmp_path / "file"))
