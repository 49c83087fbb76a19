"""Own rows over a record's: what is added and replaced, and where a fault is told."""

import csv
import json

import pandas as pd
import pytest

from almanac import record
from almanac.record import overlay
from almanac.record.overlay import Layer, OverlayError, in_words, merge, names

OWN = "https://example.org/own"


@pytest.fixture
def mine(tmp_path_factory):
    """An empty overlay, and a function that gives it a table."""
    folder = tmp_path_factory.mktemp("own") / "mine"
    folder.mkdir()

    def write(table, *rows):
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    write.folder = folder
    return write


def said(table, row, column, value, day="2026-10-01"):
    return dict(table=table, row=row, column=column, value=value, source_url=OWN,
                source_kind="aggregator", accessed_on=day, confidence="C", note="")  # fmt: skip


def faults(base, *overlays):
    return [str(fault) for fault in overlay.validate(base.folder, overlays)]


def test_a_row_is_added_and_one_replaced(tiny, mine):
    mine("releases", dict(release_id="deepseek-r2", organisation_id="deepseek", name="R2",
                          family="R2", released_on="2026-09-01", date_precision="day",
                          status="released", url=OWN))  # fmt: skip
    mine("models",
         dict(model_id="deepseek-r2", release_id="deepseek-r2", name="R2", role="flagship",
              modality="text", licence="MIT", licence_class="4", reasoning="undisclosed"),
         # all as it was but for one cell
         dict(model_id="mixtral-8x7b", release_id="mixtral-8x7b", name="Mixtral 8x7B",
              role="flagship", modality="text", licence="Own", licence_class="1",
              reasoning="none"))  # fmt: skip
    mine("evidence", said("releases", "deepseek-r2", "released_on", "2026-09-01"),
         said("models", "deepseek-r2", "licence", "MIT"),
         said("models", "mixtral-8x7b", "licence", "Own"))  # fmt: skip
    assert faults(tiny, mine.folder)[0].startswith("mine/models.csv:2 architecture: expected")
    mine("models", *[row | {"architecture": "moe"} for row in csv.DictReader(
        (mine.folder / "models.csv").open(encoding="utf-8"))])
    assert faults(tiny, mine.folder) == []
    merged = merge(tiny.folder, [mine.folder])
    assert merged.layers == [
        Layer("mine", "releases", added=1, replaced=0, same=0),
        Layer("mine", "models", added=1, replaced=1, same=0),
        Layer("mine", "evidence", added=3, replaced=0, same=0),
    ]
    assert in_words(merged.layers) == [
        "overlay mine: 5 rows added, 1 replaced (releases 1, models 2, evidence 3)"
    ]
    merged.write(tiny.folder.parent / "merged")
    models = record.load(tiny.folder.parent / "merged").models.set_index("model_id")
    assert models.licence["mixtral-8x7b"] == "Own"
    assert models.total_params_b["mixtral-8x7b"] == 46.7  # not among the overlay's columns
    assert pd.isna(models.total_params_b["deepseek-r2"])
    assert list(models.index) == sorted(models.index)


def test_a_blank_replaces_and_the_same_is_no_change(tiny, mine):
    mine("events", {"event_id": "o1-preview", "label": "OpenAI o1-preview"})
    assert merge(tiny.folder, [mine.folder]).layers == [Layer("mine", "events", 0, 0, 1)]
    mine("models", {"model_id": "deepseek-v3-base", "training_tokens_b": ""})
    merged = merge(tiny.folder, [mine.folder])
    row = merged.tables["models"].set_index("model_id").loc["deepseek-v3-base"]
    assert (row.training_tokens_b, row.total_params_b) == ("", "671")


def test_a_later_overlay_lies_over_an_earlier_one(tiny, mine, tmp_path_factory):
    mine("events", {"event_id": "o1-preview", "label": "first"}, {"event_id": "z", "label": "z"})
    other = tmp_path_factory.mktemp("other") / "mine"
    other.mkdir()
    (other / "events.csv").write_text("event_id,label\no1-preview,second\n")
    merged = merge(tiny.folder, [mine.folder, other])
    assert merged.tables["events"].label.tolist() == ["second", "z"]
    assert merged.origins["events"] == [("mine (2)", 2), ("mine", 3)]
    assert [layer.overlay for layer in merged.layers] == ["mine", "mine (2)"]
    assert names([other, other, other]) == ["mine", "mine (2)", "mine (3)"]


def test_a_fault_is_told_where_it_stands(tiny, mine):
    # the record's own row comes to another line of the merged table
    tiny.row("events", "o1-preview")["date"] = "2024-13-12"
    tiny.write()
    mine("events", {"event_id": "a", "date": "2024-01-01", "label": "A", "kind": "closed_model"},
         {"event_id": "b", "date": "soon", "label": "B", "kind": "closed_model"})  # fmt: skip
    own, base = sorted(faults(tiny, mine.folder), reverse=True)
    assert own.startswith("mine/events.csv:3 date: expected a date that exists")
    assert base.startswith("events.csv:2 date: expected a date that exists")


@pytest.mark.parametrize(
    "file, text, said",
    [
        ("modles.csv", "model_id\n", "mine:1 file: expected only tables of the record in an "
         'overlay: did you mean models.csv?, found "modles.csv"'),
        ("events.csv", "event_id,lable\na,b\n", 'mine/events.csv:1 header: expected only the '
         'columns event_id,date,label,kind: did you mean label?, found "lable"'),
        ("events.csv", "label\nb\n", "mine/events.csv:1 event_id: expected a column of this name"),
        ("events.csv", "event_id,label\n,b\n", "mine/events.csv:2 event_id: expected the key"),
        ("events.csv", "event_id,label\na,b\na,c\n", "mine/events.csv:3 event_id: expected each"),
        ("events.csv", "event_id,label\na,b,c\n", "mine/events.csv:2 row: expected 2 cells"),
        ("events.csv", "event_id,label\r\n\r\n", "mine/events.csv:2 row: expected a row"),
        ("notes.md", "", "mine:1 file: expected at least one table of the record"),
        ("datapackage.json", '{"updated": "2026-12-01", "name": "x"}',
         'mine/datapackage.json:1 file: expected {"updated": "YYYY-MM-DD"} and nothing else'),
        ("datapackage.json", '{\n"updated": ', "mine/datapackage.json:2 file: expected"),
        ("datapackage.json", '{"updated": "soon"}', "mine/datapackage.json:1 updated: expected"),
    ],
)  # fmt: skip
def test_an_overlay_of_another_form_is_refused(tiny, mine, file, text, said):
    (mine.folder / file).write_text(text, "utf-8", newline="")
    assert [line for line in faults(tiny, mine.folder) if line.startswith(said)]
    with pytest.raises(OverlayError):
        merge(tiny.folder, [mine.folder])


def test_a_newer_overlay_makes_a_newer_record(tiny, mine):
    mine("evidence", said("models", "mixtral-8x7b", "licence", "Apache-2.0", day="2026-11-05"))
    (line,) = faults(tiny, mine.folder)
    assert line.startswith("mine/evidence.csv:2 accessed_on: expected a day no later than")
    (mine.folder / "datapackage.json").write_text('{"updated": "2026-11-06"}')
    assert faults(tiny, mine.folder) == []
    merged = merge(tiny.folder, [mine.folder])
    merged.write(tiny.folder.parent / "merged")
    written = json.loads((tiny.folder.parent / "merged" / "datapackage.json").read_text())
    assert written["updated"] == "2026-11-06"
    assert written["resources"] == merged.schema.descriptor["resources"]


def test_writing_takes_the_place_of_what_was_there(tiny, mine, tmp_path_factory):
    mine("events", {"event_id": "o1-preview", "label": "another"})
    folder = tmp_path_factory.mktemp("out") / "record"
    folder.mkdir()
    (folder / "left.csv").write_text("over")
    merge(tiny.folder, [mine.folder]).write(folder)
    assert not (folder / "left.csv").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["record"]
    assert (folder / "models.csv").read_bytes() == tiny.path("models").read_bytes()
