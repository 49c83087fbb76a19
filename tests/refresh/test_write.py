"""Whole and valid, or not at all."""

import json
import os
import signal

import pytest

from almanac.record import validate
from almanac.refresh import propose, run, tables, write
from almanac.refresh.write import WriteError


@pytest.fixture
def files(record):
    """The bytes of the record, read anew at each call."""
    return lambda: {path.name: path.read_bytes() for path in sorted(record.iterdir())}


@pytest.fixture
def offered(read_record, said, says):
    """The record as it was read, and the changes of a small proposal."""

    def make(*statements):
        statements = statements or (says("atom", "acme/Acme-2", "total_params_b", "30"),)
        before = read_record()
        return before, propose.propose(said(statements), before).changes

    return make


def test_what_is_not_changed_stays_to_the_byte(read_record, files):
    assert read_record().files() == files()


def test_a_write_is_valid_moves_the_day_and_leaves_nothing_behind(record, offered, files):
    kept, taken_back = write.write(*offered())
    assert (len(kept), taken_back) == (1, [])
    assert validate(record) == []
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"
    assert json.loads((record / "datapackage.json").read_text("utf-8"))["updated"] == "2026-11-25"
    assert [path.name for path in record.parent.iterdir()] == ["data"]


def test_writing_twice_changes_nothing_more(record, offered, files, said, says):
    statements = [
        says("atom", "acme/Acme-2", "total_params_b", "30"),
        says("hub", "acme/Acme-2", "total_params_b", "40"),
        says("hub", "acme/Acme-1-Mini", "total_params_b", "8.1"),
        says("hub", "acme/Acme-1", "likes", "99"),
        says("modelsdev", "acme/Acme-1", "reasoning", "optional"),
        says("epoch", "acme/Acme-2", "released_on", "2025-06-03"),
    ]
    write.write(*offered(*statements))
    once = files()
    before, changes = offered(*statements)
    assert changes == []
    write.write(before, changes)
    assert files() == once


def test_the_day_never_moves_back(record, offered, says):
    write.write(*offered(says("hub", "acme/Acme-1", "likes", "9", stated_on="2026-01-01")))
    assert json.loads((record / "datapackage.json").read_text("utf-8"))["updated"] == "2026-11-20"


def test_what_breaks_a_rule_is_taken_back_and_the_rest_is_written(record, offered, says):
    kept, taken_back = write.write(
        *offered(
            says("atom", "acme/Acme-2", "total_params_b", "30"),
            says("atom", "acme/Acme-2", "active_params_b", "300"),
            says("hub", "acme/Acme-1", "likes", "99"),
        )
    )
    assert {change.column for change, _ in taken_back} == {"total_params_b", "active_params_b"}
    assert "expected at most total_params_b" in taken_back[0][1]
    assert [change.row for change in kept] == ["acme-1/likes/2026-11-25"]
    assert validate(record) == []


def test_a_rule_that_blames_another_row_finds_the_change(record, offered, says, read_record):
    # acme-2 is trained from acme-1, whose day would come after its own
    (record / "releases.csv").write_text(
        (record / "releases.csv").read_text("utf-8").replace("2025-06-01", "2025-01-10"), "utf-8"
    )
    evidence = (record / "evidence.csv").read_text("utf-8")
    evidence = evidence.replace("2025-06-01", "2025-01-10").replace(
        "https://acme.example/1,vendor,2026-11-20,B,\nreleases,acme-2",
        "https://models.dev,aggregator,2026-11-20,C,\nreleases,acme-2",
    )
    (record / "evidence.csv").write_text(evidence, "utf-8")
    assert validate(record) == []
    kept, taken_back = write.write(
        *offered(says("modelsdev", "acme/Acme-1", "released_on", "2025-01-20"))
    )
    assert kept == []
    assert "expected a model released no later" in taken_back[0][1]
    assert validate(record) == []


def test_a_record_with_faults_of_its_own_is_left_alone(record, offered, files):
    before, changes = offered()
    (record / "models.csv").write_text("broken\n", "utf-8")
    before.digests["models.csv"] = tables.digest(b"broken\n")
    faulty = files()
    with pytest.raises(WriteError, match="has faults of its own"):
        write.write(before, changes)
    assert files() == faulty


def test_a_table_that_changed_meanwhile_is_left_alone(record, offered, files):
    before, changes = offered()
    with (record / "claims.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    edited = files()
    with pytest.raises(WriteError, match=r"claims.csv has changed since it was read"):
        write.write(before, changes)
    assert files() == edited


def test_two_do_not_write_at_once(record, offered, files):
    before, changes = offered()
    untouched = files()
    with write._locked(record), pytest.raises(WriteError, match="another refresh is writing"):
        write.write(before, changes)
    assert files() == untouched


def test_a_fault_that_no_change_explains_stops_the_write(record, offered, files, monkeypatch):
    before, changes = offered()
    untouched = files()
    from almanac.record import Fault

    def judge(folder):
        return [] if folder == record else [Fault("claims", 1, "file", "expected sense", None)]

    monkeypatch.setattr(write, "validate", judge)
    with pytest.raises(WriteError, match="the new record would have faults"):
        write.write(before, changes)
    assert files() == untouched
    assert [path.name for path in record.parent.iterdir()] == ["data"]


def test_a_full_disk_while_staging_changes_nothing(record, offered, files, monkeypatch):
    before, changes = offered()
    untouched = files()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "_stage", full)
    with pytest.raises(OSError, match="No space left"):
        write.write(before, changes)
    assert files() == untouched


def cut_off_after(count, monkeypatch):
    """Let the swap die after some files have changed places."""
    real, done = os.replace, []

    def replace(source, target):
        if str(target).endswith((".csv", "datapackage.json")):
            if len(done) == count:
                raise KeyboardInterrupt
            done.append(target)
        return real(source, target)

    monkeypatch.setattr(write.os, "replace", replace)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_write_that_is_cut_off_is_finished_by_the_next(record, offered, monkeypatch, count):
    before, changes = offered()
    with monkeypatch.context() as patch:
        cut_off_after(count, patch)
        with pytest.raises(KeyboardInterrupt):
            write.write(before, changes)
    assert write.recover(record)
    assert validate(record) == []
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"
    assert [path.name for path in record.parent.iterdir()] == ["data"]
    assert not write.recover(record)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_refresh_that_is_killed_is_seen_by_all_and_finished_by_the_next(record, offered, count):
    before, changes = offered()
    child = os.fork()
    if child == 0:
        real, done = os.replace, []

        def replace(source, target):
            if str(target).endswith((".csv", "datapackage.json")):
                if len(done) == count:
                    os.kill(os.getpid(), signal.SIGKILL)
                done.append(target)
            real(source, target)

        write.os.replace = replace
        write.write(before, changes)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    (fault,) = validate(record)
    assert str(fault).startswith(f"{record}:1 file: expected a whole record, but a refresh was cut")
    with pytest.raises(run.RefreshError, match="half old and half new: refresh with --write"):
        run.refresh(record, [], copies=None, save=record, dated=False, named=False, write=False,
                    add=(), form="text")  # fmt: skip
    assert write.recover(record)
    assert validate(record) == []
    assert tables.read(record).rows["models"]["acme-2",]["total_params_b"] == "30"
    assert [path.name for path in record.parent.iterdir()] == ["data"]


def test_no_file_of_a_lock_is_left_and_it_still_locks(record):
    with write._locked(record):
        with pytest.raises(WriteError, match="another refresh is writing"), write._locked(record):
            pass
        assert {path.name for path in record.parent.iterdir()} == {"data", ".data.lock"}
        late = os.open(record.parent / ".data.lock", os.O_RDWR)  # by one who comes just before
    os.close(late)
    assert [path.name for path in record.parent.iterdir()] == ["data"]
    with write._locked(record), pytest.raises(WriteError), write._locked(record):
        pass


def test_a_cut_off_write_never_runs_over_an_edit(record, offered, monkeypatch):
    before, changes = offered()
    with monkeypatch.context() as patch:
        cut_off_after(1, patch)
        with pytest.raises(KeyboardInterrupt):
            write.write(before, changes)
    with (record / "models.csv").open("a", encoding="utf-8") as file:
        file.write("edited\n")
    with pytest.raises(WriteError, match="restore .* from git"):
        write.recover(record)
    assert (record / "models.csv").read_text("utf-8").endswith("edited\n")


def test_an_edit_while_the_new_record_is_judged_is_not_run_over(
    record, offered, files, monkeypatch
):
    before, changes = offered()
    real = write.validate

    def judge(folder):
        if folder != record:
            with (record / "claims.csv").open("a", encoding="utf-8") as file:
                file.write("\n")
        return real(folder)

    monkeypatch.setattr(write, "validate", judge)
    with pytest.raises(WriteError, match=r"claims.csv has changed since it was read"):
        write.write(before, changes)
    assert (record / "claims.csv").read_text("utf-8").endswith("\n\n")
    assert not write.is_cut_off(record)


def test_files_that_cannot_all_change_places_are_said_and_finished_later(
    record, offered, monkeypatch
):
    before, changes = offered()
    real, done = os.replace, []

    def replace(source, target):
        done.append(target)
        if len(done) == 3:  # the marker, one file, and then no more
            raise PermissionError(13, "denied")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(write.os, "replace", replace)
        with pytest.raises(write.CutOff, match=r"written in part only .*--write again"):
            write.write(before, changes)
    assert write.is_cut_off(record)
    assert write.recover(record)
    assert validate(record) == []


def test_all_is_on_the_disk_before_files_change_places(record, offered, monkeypatch):
    before, changes = offered()
    real_sync, real_replace, order = write._sync, os.replace, []
    monkeypatch.setattr(write, "_sync", lambda p: (order.append(p.name), real_sync(p)))
    monkeypatch.setattr(
        write.os, "replace", lambda s, t: (order.append(f"to {t.name}"), real_replace(s, t))
    )
    write.write(before, changes)
    moved = [name.removeprefix("to ") for name in order if name.startswith("to ")][1:]
    assert moved
    assert {*moved, "ready.json.part"} <= set(order[: order.index("to ready.json")])
    assert order[-1] == record.name
