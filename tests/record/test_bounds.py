"""What a record may not weigh, and where it may not lead: each is refused before it is parsed.

Small files stand for the large ones here, under lower limits; the large ones themselves, and what
memory they take, are in the soak tests at the end.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from almanac.record import SchemaError, bounds, load, overlay, read_schema, validate
from almanac.record.bounds import OutOfBounds

RECORD = Path(__file__).parents[1] / "fixtures" / "record"
HEADER = b"event_id,date,label,kind\n"


def only(tiny):
    (fault,) = map(str, validate(tiny.folder))
    return fault


def lower(monkeypatch, **limits):
    monkeypatch.setattr(bounds, "LIMITS", replace(bounds.LIMITS, **limits))


def rewrite(tiny, change):
    path = tiny.folder / "datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    change(package)
    path.write_text(json.dumps(package), "utf-8")


# Tables


@pytest.mark.parametrize(
    ("limits", "content", "said"),
    [
        (dict(row=1024), b"a," + b"x" * 2000, "2 row: expected a row of at most 1 kB"),
        (dict(row=1024), b'a,"' + b"x\n" * 2000, "close the quote"),
        (dict(row=1024), b"\n" * 500 + b'a,"' + b"\n" * 2000, "502 row: expected a row of at most"),
        (dict(row=1024), b"\r" * 2000, "2 row: expected a row of at most 1 kB"),
        (dict(blank=100), b"\n" * 102, "102 row: expected rows: delete the blank lines"),
        (dict(blank=100), b"\r\n" * 102, "102 row: expected rows: delete the blank lines"),
        (dict(rows=10), b"a\n" * 12, "12 row: expected at most 10 rows"),
        (dict(cells=99), b",,,,,,,,,\n" * 12, "12 row: expected at most 99 cells"),
        (dict(table=500), b"x" * 500, "1 file: expected at most 500 bytes"),
    ],
    ids="cell quoted blank-quoted returns blank windows rows cells table".split(),
)
def test_a_table_that_is_too_much(tiny, monkeypatch, limits, content, said):
    tiny.path("events").write_bytes(HEADER + content)
    lower(monkeypatch, **limits)
    (fault,) = [str(f) for f in validate(tiny.folder) if f.table == "events"]
    assert fault.startswith("events.csv:") and said in fault
    with pytest.raises(ValueError, match="is not as the schema says"):
        load(tiny.folder)


def test_a_table_of_ten_thousand_columns(tiny):
    names = ",".join(f"c{number}" for number in range(10_000))
    tiny.path("events").write_text(f"{names}\n", "utf-8")
    assert only(tiny).startswith("events.csv:1 header: expected at most 1000 columns")
    assert "found \"10000 columns\"" in only(tiny)


def test_just_as_much_as_may_be_is_read(tiny, monkeypatch):
    size = max(tiny.path(name).stat().st_size for name in tiny.rows)
    longest = max(len(line) for n in tiny.rows for line in tiny.path(n).read_bytes().splitlines())
    rows = max(map(len, tiny.rows.values()))
    commas = max(tiny.path(name).read_bytes().count(b",") for name in tiny.rows)
    columns = max(len(tiny.columns(name)) for name in tiny.rows)
    enough = dict(table=size, row=longest + 1, rows=rows, cells=commas, columns=columns, blank=0)
    lower(monkeypatch, **enough)
    assert validate(tiny.folder) == []
    load(tiny.folder)
    for name, limit in enough.items():
        if limit:
            lower(monkeypatch, **enough | {name: limit - 1})
            assert validate(tiny.folder) != [], name


def test_a_sparse_file_of_gigabytes_is_not_read(tiny):
    os.truncate(tiny.path("evidence"), 100 * 2**30)
    assert "expected at most" in only(tiny)


@pytest.mark.parametrize("make", ["link", "device", "pipe", "socket", "nowhere"])
@pytest.mark.parametrize("name", ["events.csv", "datapackage.json", "README.md", "CHANGELOG.md"])
def test_what_is_no_file_is_not_opened(tiny, make, name, monkeypatch):
    path = tiny.folder / name
    path.unlink(missing_ok=True)
    match make:
        case "link":  # to a file that a site would publish
            elsewhere = tiny.folder.parent / f"{tiny.folder.name}-elsewhere.csv"
            elsewhere.write_bytes(HEADER)
            path.symlink_to(elsewhere)
        case "device":
            path.symlink_to("/dev/zero")
        case "nowhere":
            path.symlink_to(tiny.folder / "missing")
        case "pipe":
            os.mkfifo(path)
        case "socket":
            monkeypatch.chdir(tiny.folder)  # as the path of a socket is short
            socket.socket(socket.AF_UNIX).bind(name)
    if make in ("pipe", "socket") and name.endswith(".md"):
        assert validate(tiny.folder) == []  # nobody reads it
        return
    assert f'found "a {"link" if make in ("link", "device", "nowhere") else make}"' in only(tiny)
    with pytest.raises(ValueError):
        load(tiny.folder)


def test_a_folder_and_hidden_files_beside_the_tables_are_nobodys_concern(tiny):
    (tiny.folder / "drafts").mkdir()
    (tiny.folder / ".lock").symlink_to("/dev/zero")
    (tiny.folder / "last").symlink_to(tiny.folder.parent)
    assert validate(tiny.folder) == []


def test_a_folder_that_is_too_large(tiny):
    for number in range(3):
        (tiny.folder / f"notes{number}").touch()
        os.truncate(tiny.folder / f"notes{number}", 2**30)
    assert only(tiny).startswith("datapackage.json:1 file: expected at most 2048 MB in the folder")


def test_a_table_all_of_whose_rows_are_wrong_is_not_listed_to_the_end(tiny, monkeypatch):
    lower(monkeypatch, faults=5)
    event = dict(date="2024-13-12", label="x", kind="closed_model")
    tiny.rows["events"] = [dict(event, event_id=f"e{number:02}") for number in range(20)]
    tiny.write()
    faults = validate(tiny.folder)
    assert [fault.line for fault in faults] == [2, 3, 4, 5, 6, 7]
    assert "no more than 5 of a kind are listed" in faults[-1].problem
    tiny.path("events").write_bytes(HEADER + b"a\n" * 20)
    assert len(validate(tiny.folder)) == 6


@pytest.mark.parametrize("make", ["link", "pipe", "folder", "row"])
@pytest.mark.parametrize("name", ["events.csv", "datapackage.json"])
def test_an_overlay_has_the_same_bounds(tiny, tmp_path_factory, make, name):
    over = tmp_path_factory.mktemp("over")
    (over / "claims.csv").write_text("claim_id\nr1-open\n", "utf-8")
    match make:
        case "link":
            (over / name).symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(over / name)
        case "folder":
            (over / name).mkdir()
        case "row":
            (over / name).write_bytes(HEADER + b"x" * 5 * 2**20)
    (fault,) = overlay.validate(tiny.folder, [over])
    assert fault.file == f"{over.name}/{name}" and fault.problem.startswith("expected")


# The schema


def test_a_schema_that_is_too_large_or_too_deep(tiny):
    rewrite(tiny, lambda package: package.update(more=json.loads("[" * 40 + "]" * 40)))
    assert only(tiny).startswith("datapackage.json:1 file: expected at most 32 levels of JSON")
    path = tiny.folder / "datapackage.json"
    for text in ('{"a":' * 200_000, '{"a": 1' + "0" * 10_000 + "}"):
        path.write_text(text, "utf-8")
        assert "expected" in only(tiny)
    os.truncate(path, 100 * 2**20)
    assert only(tiny).startswith("datapackage.json:1 file: expected at most 4 MB")


@pytest.mark.parametrize(
    "name", ["../events", "/etc/passwd", "a/b", "..", "Events", "https://x", ""]
)
def test_a_table_whose_name_would_lead_elsewhere(tiny, name):
    resource_of = {"name": name, "path": f"{name}.csv"}
    rewrite(tiny, lambda package: package["resources"][2].update(resource_of))
    assert only(tiny).startswith("datapackage.json:1 name: expected the name of resources[2]")
    with pytest.raises(SchemaError):
        read_schema(tiny.folder)


@pytest.mark.parametrize(
    "path", ["../models.csv", "/etc/passwd", "https://host.example/models.csv", ["models.csv"], ""]
)
def test_a_path_that_leads_elsewhere(tiny, path):
    rewrite(tiny, lambda package: package["resources"][2].update(path=path))
    assert only(tiny).startswith("datapackage.json:1 path: expected")


@pytest.mark.parametrize("value", ["http://127.0.0.1:9/x.json", "x.json", "/etc/passwd", {}, [1]])
@pytest.mark.parametrize("change", ["profile", "profiles", "of a table"])
def test_a_profile_is_fetched_from_nowhere(tiny, monkeypatch, value, change):
    def refused(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    if change == "of a table":
        rewrite(tiny, lambda package: package["resources"][2].update(profile=value))
    else:
        rewrite(tiny, lambda package: package.update({change: value}))
    assert only(tiny).startswith("datapackage.json:1 profile")


@pytest.mark.parametrize("name", ["schema", "models_with_release", "more"])
def test_a_table_that_the_record_does_not_have(tiny, name):
    more = {"name": name, "path": f"{name}.csv"}
    rewrite(tiny, lambda package: package["resources"].append(package["resources"][0] | more))
    (tiny.folder / f"{name}.csv").write_bytes(tiny.path("organisations").read_bytes())
    assert only(tiny).startswith(f"datapackage.json:1 {name}: expected only the tables")
    rewrite(tiny, lambda package: package["resources"].pop())
    rewrite(tiny, lambda package: package["resources"].pop())
    assert "expected a table of this name" in only(tiny)


# The large ones, with the memory and the time that they take


# A process that does nothing else, as one begins with the memory of what it was forked from. Its
# last line says the exit code, the memory (kB) of the largest process, and the seconds of all.
MEASURED = """
import json, resource, subprocess, sys
most = int(sys.argv[1])
if most:
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
code = subprocess.run(sys.argv[2:], stderr=subprocess.STDOUT).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_maxrss, used.ru_utime + used.ru_stime]), file=sys.stderr)
"""
MILLION = 10**6


def cell(write):
    write(b"a,2024-09-12,")
    for _ in range(500):
        write(b"x" * MILLION)
    write(b",closed_model\n")


def columns(write):
    write(b"," * 10_000 + b"\n")


def blank_lines(write):
    for _ in range(100):
        write(b"\n" * MILLION)


def blank_lines_in_quotes(write):
    write(b'a,2024-09-12,"')
    blank_lines(write)
    write(b'",closed_model\n')


def cells(write):
    for _ in range(500):
        write((b"," * 999 + b"\n") * 1000)


def rows(write):
    for _ in range(100):
        write(b"a\n" * MILLION)


def zeros(write):
    write.__self__.truncate(100 * 2**30)


@pytest.mark.soak
@pytest.mark.parametrize(
    "bomb", [cell, columns, blank_lines, blank_lines_in_quotes, cells, rows, zeros]
)
def test_a_bomb_is_refused_by_every_command_within_little_memory(bomb, tmp_path):
    data = tmp_path / "record"
    shutil.copytree(RECORD, data)
    with (data / "events.csv").open("wb") as file:
        file.write(b"" if bomb == columns else HEADER)
        bomb(file.write)
    (tmp_path / "copies" / "atom").mkdir(parents=True)
    for command in (
        ["validate", "--data", data],
        ["refresh", "--from", tmp_path / "copies", "--data", data],
        ["build", "-q", "--data", data, "--out", tmp_path / "out"],
    ):
        almanac = Path(sys.executable).parent / "almanac"
        # a build draws with V8, which reserves more room than there is
        most = 0 if command[0] == "build" else 4 * 2**30
        ran = [sys.executable, "-c", MEASURED, str(most), almanac, *map(str, command)]
        done = subprocess.run(ran, capture_output=True, text=True, check=False)
        *said, used = (done.stdout + done.stderr).splitlines()
        code, memory, seconds = json.loads(used)
        print(f"{bomb.__name__}, {command[0]}: {memory / 2**10:.0f} MB, {seconds:.1f} s")
        assert code == 1 and "events.csv" in str(said), said
        assert "Traceback" not in str(said) and len(str(said)) < 2000, said
        assert memory < 400 * 2**10
    assert not (tmp_path / "out" / "_build" / "html").exists()


def test_a_pipe_is_told_apart_before_it_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutOfBounds, match="a pipe"):
        bounds.opened(tmp_path / "pipe", 10)
