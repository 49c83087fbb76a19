import io
import json
import os
import tracemalloc
import zipfile

import pytest
import earlier
from almanac.record import difference, previous
from almanac.record.previous import PreviousError


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder that keeps the earlier edition."""
    folder = tmp_path_factory.mktemp("record")
    previous.keep(folder, earlier.texts(), earlier.results())
    return folder


def test_what_is_kept_comes_back(kept):
    back = previous.read(kept)
    was = earlier.texts()
    assert not any(table.differs for table in difference.difference(was, back.texts))
    assert back.texts.schema == was.schema
    assert back.results == earlier.results() == previous.read_results(kept)


def test_a_record_need_not_keep_one(tmp_path):
    assert previous.read(tmp_path) is None
    assert previous.read_results(tmp_path) is None


def test_the_same_edition_gives_the_same_bytes(kept, tmp_path):
    path = previous.keep(tmp_path, earlier.texts(), earlier.results())
    assert path.read_bytes() == (kept / previous.FILE).read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == [previous.FILE]


@pytest.mark.parametrize("fails", ["zipfile.ZipFile.writestr", "os.replace"])
def test_a_full_disk_leaves_what_was_kept(kept, tmp_path, monkeypatch, fails):
    path = tmp_path / previous.FILE
    path.write_bytes((kept / previous.FILE).read_bytes())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fails, full)
    with pytest.raises(OSError):
        previous.keep(tmp_path, earlier.texts(), earlier.results())
    assert path.read_bytes() == (kept / previous.FILE).read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == [previous.FILE]


def rewritten(kept, **files):
    """The bytes of the archive with some files otherwise; None leaves one out."""
    data = io.BytesIO()
    with zipfile.ZipFile(kept / previous.FILE) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            text = files.get(name.partition(".")[0], old.read(name))
            if text is not None:
                new.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda kept: b"no zip", "not a zip file"),
        (lambda kept: (kept / previous.FILE).read_bytes()[:-500], "not a zip file"),
        (lambda kept: rewritten(kept, datapackage=None), "there is no datapackage.json"),
        (lambda kept: rewritten(kept, results=None), "there is no results.json"),
        (lambda kept: rewritten(kept, results="[]"), "results.json has no list `results`"),
        (lambda kept: rewritten(kept, events="event_id\na\na\n"), "has the key 'a' twice"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(kept, tmp_path, spoil, said):
    (tmp_path / previous.FILE).write_bytes(spoil(kept))
    with pytest.raises(PreviousError, match=r"previous\.zip cannot be read") as error:
        previous.read(tmp_path)
    assert said in str(error.value)
    assert "keep it anew with `almanac keep`, or remove it" in str(error.value)


def test_a_changed_byte_is_noticed(kept, tmp_path):
    data = bytearray((kept / previous.FILE).read_bytes())
    with zipfile.ZipFile(kept / previous.FILE) as zipped:
        entry = zipped.getinfo("models.csv")
    data[entry.header_offset + 200] ^= 255
    (tmp_path / previous.FILE).write_bytes(data)
    with pytest.raises(PreviousError, match="cannot be read"):
        previous.read(tmp_path)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(previous, "MOST_BYTES", 60_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("read all the same"))
    (tmp_path / previous.FILE).write_bytes((kept / previous.FILE).read_bytes())
    with pytest.raises(PreviousError, match="more than 60,000 bytes"):
        previous.read(tmp_path)


def test_an_archive_that_holds_more_than_it_says_fills_no_memory(kept, tmp_path):
    path = tmp_path / previous.FILE
    with zipfile.ZipFile(kept / previous.FILE) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            name = entry.filename
            data = b"\n" * 10**8 if name == "models.csv" else old.read(name)
            new.writestr(name, data, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    said = ((10**8).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert data.count(said[0]) == 2  # before the file, and in the list at the end
    path.write_bytes(data.replace(*said))
    tracemalloc.start()
    with pytest.raises(PreviousError, match="cannot be read"):
        previous.read(tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("make", ["link", "pipe", "folder"])
def test_an_archive_that_is_no_file_is_not_opened(tmp_path, make):
    path = tmp_path / previous.FILE
    match make:
        case "link":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
    with pytest.raises(PreviousError, match=f"found a {make}"):
        previous.read(tmp_path)


def test_a_table_of_an_archive_has_the_bounds_of_a_record(kept, tmp_path):
    path = tmp_path / previous.FILE
    with zipfile.ZipFile(kept / previous.FILE) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            data = old.read(entry.filename)
            bomb = data + b"\n" * 10**6 if entry.filename == "models.csv" else data
            new.writestr(entry.filename, bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(PreviousError, match=r"models.csv:\d+ row: expected rows"):
        previous.read(tmp_path)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"value": "1"}, "results[0] has no proper 'value': '1' found"),
        ({"value": True}, "results[0] has no proper 'value'"),
        ({"exact": 0}, "results[0] has no proper 'exact'"),
        ({"value": float("inf")}, "results.json is no JSON"),
        ({"text": None}, "results[0] has no proper 'text'"),
        ({"low": "no"}, "results[0]: 'low' is 'no', expected a number"),
        ({"id": "timeline-bend"}, "the id 'timeline-bend' stands twice"),
    ],
)
def test_results_of_another_kind_are_refused(change, said):
    results = earlier.results()
    results["results"][0] |= change
    with pytest.raises(PreviousError) as error:
        previous.parse_results(json.dumps(results).encode(), "results.json")
    assert said in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["{", '{"results": [], "parameters": {"level": NaN}}', "[" * 100_000, '{"results": [1]}', "null"],
)
def test_what_is_no_json_or_no_results_is_refused(text):
    with pytest.raises(PreviousError, match=r"^results\.json"):
        previous.parse_results(text.encode(), "results.json")


def test_the_small_record_keeps_the_edition_that_was_made_up_for_it(frozen_record):
    """Made by `previous.keep(RECORD, earlier.texts(), earlier.results())`."""
    held, made = previous.read(frozen_record), earlier.texts()
    assert held.texts.schema == made.schema
    assert not any(table.differs for table in difference.difference(held.texts, made))
    assert held.results == earlier.results()
