"""Saved copies: what is written is what is read, and what was tampered with is not."""

import json
from dataclasses import replace

import pytest

from almanac.refresh import copies
from almanac.refresh.fetch import Fetched
from almanac.sources import SOURCES
from almanac.sources.statements import Document, SourceError

ATOM = SOURCES["atom"]
TEXT = "org,model,modelId\nacme,Acme-1,acme/Acme-1\n"


def fetched(file="models.csv", text=TEXT):
    document = Document("atom", file, text, "2026-11-25")
    return Fetched({file: document}, {file: "https://atom.example"}, {file: text.encode()})


@pytest.fixture
def saved(tmp_path):
    copies.save(tmp_path, ATOM, fetched())
    return tmp_path


def test_what_is_saved_is_read_again(saved):
    got = copies.read(saved, [ATOM, SOURCES["epoch"]])
    assert got["atom"].documents == fetched().documents
    assert got["epoch"] == Fetched()
    (entry,) = json.loads((saved / "atom" / "manifest.json").read_text("utf-8"))
    assert entry["address"] == "https://atom.example"
    assert entry["bytes"] == len(TEXT)
    assert len(entry["sha256"]) == 64


def test_saving_again_replaces_the_whole(saved):
    copies.save(saved, ATOM, fetched("extra_models.csv"))
    assert set(copies.read(saved, [ATOM])["atom"].documents) == {"extra_models.csv"}
    assert sorted(path.name for path in saved.iterdir()) == ["atom"]


def test_a_file_that_changed_is_refused(saved):
    (saved / "atom" / "models.csv").write_text(TEXT + "acme,X,acme/X\n", "utf-8")
    assert "its checksum differs" in copies.read(saved, [ATOM])["atom"].failure


@pytest.mark.parametrize("file", ["../models.csv", "/etc/passwd", "other.csv", "", None, 3])
def test_a_manifest_leads_nowhere_else(saved, file):
    path = saved / "atom" / "manifest.json"
    (entry,) = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps([entry | {"file": file}]), "utf-8")
    assert "not as --save writes it" in copies.read(saved, [ATOM])["atom"].failure


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1]", "{}"])
def test_a_manifest_that_is_none(saved, text):
    (saved / "atom" / "manifest.json").write_text(text, "utf-8")
    assert "manifest.json" in copies.read(saved, [ATOM])["atom"].failure


def test_a_missing_file_is_said(saved):
    (saved / "atom" / "models.csv").unlink()
    assert "cannot be read" in copies.read(saved, [ATOM])["atom"].failure


@pytest.mark.parametrize("file", ["../up.csv", "a/b.csv", ".hidden", ""])
def test_no_copy_is_written_elsewhere(tmp_path, file):
    with pytest.raises(SourceError, match="no name for a saved copy"):
        copies.save(tmp_path, ATOM, fetched(file))


def test_files_handed_on_are_dated_by_name_or_by_what_is_known(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("tracked_models.csv", "notes.txt"):
        (tmp_path / "deep" / name).write_text(TEXT, "utf-8")
    (tmp_path / "hub_models_2026-10-05.csv").write_text("name\n", "utf-8")
    (tmp_path / "modelsdev_provider_rows.csv").write_text("provider\n", "utf-8")
    names = ("atom", "hub", "modelsdev")
    got = copies.read(tmp_path, [SOURCES[name] for name in names])
    assert got["atom"].documents["tracked_models.csv"].day == "2026-08-17"
    assert got["hub"].documents["hub_models_2026-10-05.csv"].day == "2026-10-05"
    assert "nothing says of which day" in got["modelsdev"].failure


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "tracked_models.csv").write_bytes(b"\xff\xfe")
    assert "is not text in UTF-8" in copies.read(tmp_path, [ATOM])["atom"].failure


def test_no_folder_is_replaced_that_save_did_not_write(tmp_path, saved):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "original.csv").write_text("mine", "utf-8")
    (saved / "atom" / "notes.txt").write_text("mine too", "utf-8")
    for name in ("hub", "atom"):
        before = sorted((tmp_path / name).iterdir())
        with pytest.raises(SourceError, match="which --save did not write: name another folder"):
            copies.save(tmp_path, SOURCES[name], fetched())
        assert sorted((tmp_path / name).iterdir()) == before


def test_a_manifest_of_somebody_else_protects_its_folder(tmp_path):
    (tmp_path / "atom").mkdir()
    (tmp_path / "atom" / "manifest.json").write_text('{"name": "an app"}', "utf-8")
    with pytest.raises(SourceError, match="manifest.json.*did not write"):
        copies.save(tmp_path, ATOM, fetched())


def test_copies_that_cannot_take_their_place_leave_the_last_ones(saved, monkeypatch):
    real = copies.os.replace

    def replace(source, target):
        if source.name == ".atom.part":
            raise PermissionError(13, "denied")
        real(source, target)

    monkeypatch.setattr(copies.os, "replace", replace)
    with pytest.raises(OSError, match="denied"):
        copies.save(saved, ATOM, fetched("extra_models.csv"))
    assert set(copies.read(saved, [ATOM])["atom"].documents) == {"models.csv"}


def test_what_a_save_that_was_cut_off_left_is_not_read(tmp_path):
    (tmp_path / ".atom.part").mkdir()
    (tmp_path / ".atom.part" / "tracked_models.csv").write_text(TEXT, "utf-8")
    assert copies.read(tmp_path, [ATOM])["atom"] == Fetched()


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tracked_models.csv").write_text(TEXT, "utf-8")
    failure = copies.read(tmp_path, [ATOM])["atom"].failure
    assert "several files are named tracked_models.csv" in failure


@pytest.mark.parametrize(
    "day, said",
    [("2999-01-01", "of 2999-01-01, a day to come"), ("2026-13-45", "nothing says of which day")],
)
def test_a_snapshot_is_of_a_day_that_has_been(tmp_path, day, said):
    (tmp_path / f"hub_models_{day}.csv").write_text("name\n", "utf-8")
    assert said in copies.read(tmp_path, [SOURCES["hub"]])["hub"].failure


def test_a_copy_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "LIMITS", replace(copies.LIMITS, size=len(TEXT) - 1))
    (tmp_path / "tracked_models.csv").write_text(TEXT, "utf-8")
    assert "expected at most" in copies.read(tmp_path, [ATOM])["atom"].failure
