"""Bad input: each kind has a clear line of its own, all are listed, and nothing is raised."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from almanac.record import Fault, validate

TABLES = ("organisations", "releases", "models", "techniques", "configs", "capabilities",
          "adoption", "engine_support", "events", "claims", "evidence")  # fmt: skip
LINE = re.compile(
    r"(\w+\.csv|datapackage\.json|previous\.zip):\d+ [\w+.]+: expected .+, found (\".*\"|nothing)"
)


def lines(tiny):
    found = [str(fault) for fault in validate(tiny.folder)]
    for line in found:
        assert LINE.fullmatch(line), line
    return found


def only(tiny):
    (line,) = lines(tiny)
    return line


def test_a_good_record_has_no_fault(tiny):
    assert validate(tiny.folder) == []


def test_the_folder_may_be_text(tiny):
    assert validate(str(tiny.folder)) == []


def test_a_fault_as_line_and_as_values():
    fault = Fault("models", 7, "name", "expected a name: fill it in", 'the "best"')
    assert str(fault) == r'models.csv:7 name: expected a name: fill it in, found "the \"best\""'
    assert fault.as_dict() == {
        "file": "models.csv", "table": "models", "line": 7, "column": "name",
        "problem": "expected a name: fill it in", "found": 'the "best"',
    }  # fmt: skip
    assert replace(fault, folder="mine").file == "mine/models.csv"


def test_a_fault_is_one_line_and_quotes_no_more_than_it_must():
    fault = Fault("models", 7, "name", "expected\none line", "a\nb" + "c" * 100)
    assert str(fault) == f'models.csv:7 name: expected one line, found "a\\nb{"c" * 77}…"'


def test_an_edition_that_is_kept_but_cannot_be_read(tiny, frozen_record):
    kept = tiny.folder / "previous.zip"
    kept.write_bytes((frozen_record / "previous.zip").read_bytes())
    assert validate(tiny.folder) == []
    kept.write_bytes(kept.read_bytes()[:-100])
    assert only(tiny).startswith("previous.zip:1 file: expected an edition to compare with, but")


# The folder and its schema


def test_a_data_folder_that_does_not_exist(tmp_path):
    (fault,) = validate(tmp_path / "nowhere")
    assert str(fault).startswith("datapackage.json:1 file: the data folder")
    assert str(fault).endswith("name a folder that holds datapackage.json, found nothing")


def test_a_data_folder_that_is_a_file(tiny):
    (fault,) = validate(tiny.path("models"))
    assert "does not exist" in fault.problem


def test_a_missing_schema(tiny):
    (tiny.folder / "datapackage.json").unlink()
    (fault,) = validate(tiny.folder)
    assert str(fault).startswith("datapackage.json:1 file: there is no datapackage.json in")


def test_a_schema_that_is_not_json(tiny):
    path = tiny.folder / "datapackage.json"
    text = path.read_text("utf-8")
    line = text[: text.index('"resources"')].count("\n") + 1
    path.write_text(text.replace('"resources":', '"resources"'), "utf-8")
    assert only(tiny).startswith(f"datapackage.json:{line} file: expected JSON")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"type": "integer"', '"type": "whole"', "expected a Data Package: "),
        ('"minimum": 0.001', '"minimum": "little"', "constraints that fit the type number"),
        ('"pattern": "[A-Z]{2}"', '"pattern": "[A-Z"', "constraints that fit the type string"),
        ('"resource": "organisations"', '"resource": "companies"', "each foreign key of releases"),
        ('"name": "open-weights-almanac"', '"nom": "x", "name": "Ö Ö"', "a Data Package"),
    ],
)
def test_a_schema_that_is_not_a_data_package(tiny, old, new, expected):
    path = tiny.folder / "datapackage.json"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    found = validate(tiny.folder)
    assert found
    assert all(fault.table == "datapackage" for fault in found)
    assert expected in found[0].problem


def test_a_schema_without_a_column_the_rules_need(tiny):
    path = tiny.folder / "datapackage.json"
    descriptor = json.loads(path.read_text("utf-8"))
    fields = descriptor["resources"][2]["schema"]["fields"]
    fields.remove(next(field for field in fields if field["name"] == "experts_per_token"))
    path.write_text(json.dumps(descriptor), "utf-8")
    found = lines(tiny)
    assert found[0] == (
        "datapackage.json:1 models.experts_per_token: expected a field of type integer, which the"
        " record's rules need: restore it, found nothing"
    )


# The structure of a table


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table(tiny, table):
    tiny.path(table).unlink()
    found = [line for line in lines(tiny) if line.startswith(f"{table}.csv")]
    assert found == [
        f"{table}.csv:1 file: expected {table}.csv in the data folder: add the table, found nothing"
    ]


def test_rules_and_keys_of_a_missing_table_are_skipped(tiny):
    tiny.path("organisations").unlink()
    tiny.path("techniques").unlink()
    files = [line.split(":")[0] for line in lines(tiny)]
    assert files == ["organisations.csv", "techniques.csv"]


def test_a_table_that_is_a_folder(tiny):
    tiny.path("events").unlink()
    tiny.path("events").mkdir()
    assert "events.csv:1 file: expected a file that can be read" in only(tiny)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tiny, content):
    tiny.path("events").write_bytes(content)
    assert lines(tiny)[-1] == (
        "events.csv:1 file: expected at least the header event_id,date,label,kind: add it,"
        " found nothing"
    )


def test_a_table_with_only_a_header_is_legal(tiny):
    tiny.rows["events"] = []
    tiny.write()
    assert validate(tiny.folder) == []


@pytest.mark.parametrize("kept", ["organisations", "releases", "models", "evidence"])
def test_a_record_of_which_one_table_has_rows_is_judged(tiny, kept):
    tiny.rows = {name: rows if name == kept else [] for name, rows in tiny.rows.items()}
    tiny.write()
    assert {fault.table for fault in validate(tiny.folder)} <= {kept}


def test_a_missing_column(tiny):
    tiny.edit("events", "event_id,date,label,kind", "event_id,date,kind")
    tiny.edit("events", "OpenAI o1-preview,", "")
    assert only(tiny) == (
        "events.csv:1 label: expected a column of this name: add it or correct the header,"
        ' found "event_id,date,kind"'
    )


def test_an_extra_column(tiny):
    tiny.edit("events", "label,kind", "label,kind,colour")
    tiny.edit("events", "closed_model", "closed_model,red")
    assert only(tiny) == (
        "events.csv:1 header: expected only the columns event_id,date,label,kind: remove or rename"
        ' this one, found "colour"'
    )


def test_a_wrong_column(tiny):
    tiny.edit("events", "label", "Label")
    extra, missing = lines(tiny)
    assert missing.startswith("events.csv:1 label: expected a column of this name")
    assert extra.endswith('found "Label"')


def test_a_column_that_stands_twice(tiny):
    tiny.edit("events", "label", "date")
    found = lines(tiny)
    assert any("expected each column once" in line and '"date"' in line for line in found)


def test_columns_in_another_order(tiny):
    tiny.edit("events", "label,kind", "kind,label")
    tiny.edit("events", "OpenAI o1-preview,closed_model", "closed_model,OpenAI o1-preview")
    assert "events.csv:1 header: expected the order event_id,date,label,kind" in only(tiny)


def test_cells_of_a_table_with_a_bad_header_are_still_checked(tiny):
    tiny.edit("events", "label", "Label")
    tiny.edit("events", "2024-09-12", "2024-09-31")
    assert lines(tiny)[-1].startswith("events.csv:2 date: expected a date that exists")


def test_a_file_that_is_not_utf8(tiny):
    tiny.set("claims", "us-trillion", said_by="Le Monde, édition")
    tiny.edit("claims", "édition", "édition", encoding="latin-1")
    assert only(tiny) == (
        r'claims.csv:3 file: expected text in UTF-8: save the file as UTF-8, found "\\xe9"'
    )


def test_a_byte_order_mark(tiny):
    tiny.path("events").write_bytes(b"\xef\xbb\xbf" + tiny.path("events").read_bytes())
    assert only(tiny).startswith(
        "events.csv:1 file: expected no byte-order mark: save the file as UTF-8 without one"
    )


def test_a_row_with_a_cell_too_many(tiny):
    tiny.edit("claims", "a paper.", "a paper.,")
    assert only(tiny).startswith("claims.csv:2 row: expected 6 cells, there are 7")


def test_a_row_with_a_cell_too_few(tiny):
    tiny.edit("releases", "deepseek-v3,deepseek,", "deepseek-v3,")
    assert only(tiny).startswith("releases.csv:3 row: expected 10 cells, there are 9")


def test_a_blank_line(tiny):
    tiny.edit("claims", "us-trillion,", "\nus-trillion,")
    assert only(tiny).startswith("claims.csv:3 row: expected a row: delete the blank line")


def test_a_quote_that_is_never_closed(tiny):
    tiny.edit("claims", "us-trillion,", 'us-trillion,"')
    assert only(tiny).startswith("claims.csv:3 file: expected CSV")


# Cells


def test_a_date_that_does_not_exist(tiny):
    tiny.set("releases", "deepseek-r1", released_on="2025-13-01")
    assert only(tiny) == (
        "releases.csv:2 released_on: expected a date that exists, written YYYY-MM-DD: correct the"
        ' cell, found "2025-13-01"'
    )


@pytest.mark.parametrize(
    ("table", "key", "column", "cell", "expected"),
    [
        ("events", "o1-preview", "date", "2024-9-12", "written YYYY-MM-DD"),
        ("events", "o1-preview", "date", "2017-12-31", "expected at least 2018-01-01"),
        ("events", "o1-preview", "date", "2026-11-01", "no later than 2026-10-31"),
        ("events", "o1-preview", "date", "", "never blank"),
        ("events", "o1-preview", "kind", "rumour", "expected one of closed_model, open_model,"),
        ("events", "o1-preview", "label", " o1", "no blanks before or after"),
        ("events", "o1-preview", "label", "o1\u00a0", "no blanks before or after"),
        ("events", "o1-preview", "label", "o1\npreview", "no line break inside a cell"),
        ("events", "o1-preview", "label", "o1\u2028preview", "no line break inside a cell"),
        ("models", "mixtral-8x7b", "licence_class", "5", "expected at most 4"),
        ("models", "mixtral-8x7b", "licence_class", "-1", "expected at least 0"),
        ("models", "mixtral-8x7b", "licence_class", "four", "a whole number written in digits"),
        ("models", "mixtral-8x7b", "licence", "", "never blank"),
        ("models", "mixtral-8x7b", "reasoning", "", "or undisclosed if it is unknown"),
        ("models", "mixtral-8x7b", "context_tokens", "32_768", "a whole number written in digits"),
        ("models", "mixtral-8x7b", "total_params_b", "46,7", "a number written with a point"),
        ("models", "mixtral-8x7b", "total_params_b", "NaN", "expected at least 0.001"),
        ("models", "mixtral-8x7b", "total_params_b", "٤٦", "a number written with a point"),
        ("models", "mixtral-8x7b", "total_params_b", "0.0001", "expected at least 0.001"),
        ("models", "mixtral-8x7b", "total_params_b", "30000", "expected at most 20000"),
        ("models", "mixtral-8x7b", "licence_flags", "eu_bar,revenue", "expected text of the form"),
        ("models", "mixtral-8x7b", "hub_id", "mixtral", "expected text of the form"),
        ("configs", "deepseek-v3", "ffn_gated", "TRUE", "expected true or false"),
        ("releases", "mixtral-8x7b", "url", "ftp://x.org", "expected text of the form https?://"),
        ("organisations", "meta", "country", "USA", "expected text of the form [A-Z]{2}"),
        ("claims", "r1-open", "verdict", "maybe", "expected one of supported, supported with"),
        ("capabilities", "DeepSeek-V3", "value", "inf", "a number written with a point"),
    ],
)
def test_a_cell_the_schema_does_not_allow(tiny, table, key, column, cell, expected):
    line = tiny.rows[table].index(tiny.row(table, key)) + 2
    tiny.set(table, key, **{column: cell})
    found = [each for each in lines(tiny) if not each.startswith("evidence")]
    assert len(found) == 1
    assert found[0].startswith(f"{table}.csv:{line} {column}: ")
    assert expected in found[0]
    assert found[0].endswith(f", found {json.dumps(cell, ensure_ascii=False)}")


def test_markup_in_a_name_is_legal(tiny):
    tiny.set("models", "deepseek-r1", name="<script>alert(1)</script>")
    assert validate(tiny.folder) == []


def test_lines_are_counted_as_an_editor_does(tiny):
    tiny.set("claims", "r1-open", because="MIT weights\nand\na paper.")
    tiny.set("claims", "us-trillion", verdict="perhaps")
    first, second = lines(tiny)
    assert first.startswith("claims.csv:2 because: expected no line break")
    assert second.startswith("claims.csv:5 verdict: expected one of")


def test_a_lone_carriage_return_is_a_line_break(tiny):
    tiny.edit("events", "OpenAI o1-preview", '"OpenAI\ro1-preview"')
    assert only(tiny).startswith("events.csv:2 label: expected no line break inside a cell")


def test_windows_line_ends_count_once(tiny):
    tiny.set("claims", "us-trillion", verdict="perhaps")
    text = tiny.path("claims").read_bytes()
    tiny.path("claims").write_bytes(text.replace(b"\n", b"\r\n"))
    assert only(tiny).startswith("claims.csv:3 verdict")


# Keys and rules


def test_an_unknown_organisation(tiny):
    tiny.set("releases", "deepseek-r1", organisation_id="deepsek")
    assert only(tiny) == (
        "releases.csv:2 organisation_id: expected a value of organisation_id in"
        ' organisations.csv: add that row or correct this cell, found "deepsek"'
    )


def test_an_unknown_base_model(tiny):
    tiny.set("models", "deepseek-r1", base_model_id="deepseek-v2")
    expected = "models.csv:2 base_model_id: expected a value of model_id in models.csv"
    assert only(tiny).startswith(expected)


@pytest.mark.parametrize("table", ["techniques", "configs", "capabilities", "adoption"])
def test_an_unknown_model(tiny, table):
    tiny.rows[table][-1]["model_id"] = "zeus"
    tiny.write()
    line = len(tiny.rows[table]) + 1
    assert f"{table}.csv:{line} model_id: expected a value of model_id in" in lines(tiny)[-1]


def test_a_duplicate_key(tiny):
    tiny.rows["events"] *= 2
    tiny.write()
    assert only(tiny) == (
        "events.csv:3 event_id: expected each key once, this one stands on line 2 already: remove"
        ' one of the rows, found "o1-preview"'
    )


def test_a_duplicate_composite_key(tiny):
    tiny.rows["techniques"].append(tiny.rows["techniques"][-1])
    tiny.write()
    assert only(tiny).startswith("techniques.csv:4 model_id+technique: expected each key once")


def test_a_duplicate_release_does_not_upset_the_rules(tiny):
    tiny.rows["releases"].insert(0, tiny.rows["releases"][0])
    tiny.write()
    assert only(tiny).startswith("releases.csv:3 release_id: expected each key once")


def test_rows_out_of_order(tiny):
    tiny.rows["organisations"].reverse()
    tiny.write()
    assert only(tiny) == (
        "organisations.csv:3 organisation_id: expected rows sorted by organisation_id, but mistral"
        ' stands above: sort the rows, found "meta"'
    )


def test_rows_with_equal_first_parts_of_the_key_out_of_order(tiny):
    tiny.rows["techniques"].reverse()
    tiny.write()
    assert only(tiny).startswith("techniques.csv:3 model_id+technique: expected rows sorted by")


def test_active_above_total(tiny):
    tiny.set("models", "mixtral-8x7b", active_params_b="56")
    assert only(tiny) == (
        "models.csv:6 active_params_b: expected at most total_params_b (46.7): correct one of the"
        ' two, found "56"'
    )


def test_all_faults_are_listed_in_the_order_of_tables_and_lines(tiny):
    tiny.set("releases", "deepseek-r1", organisation_id="deepsek", released_on="2025-13-01")
    tiny.set("models", "mixtral-8x7b", active_params_b="56", licence_class="9")
    tiny.set("models", "deepseek-r1", role="leader")
    tiny.path("events").write_bytes(b"")
    tiny.path("claims").write_bytes(b"\xff")
    found = [line.split(":")[0] + ":" + line.split(":")[1] for line in lines(tiny)]
    assert found == [
        "releases.csv:2 release_id",  # as no flagship is left
        "releases.csv:2 organisation_id",
        "releases.csv:2 released_on",
        "models.csv:2 role",
        "models.csv:6 active_params_b",
        "models.csv:6 licence_class",
        "events.csv:1 file",
        "claims.csv:1 file",
    ]


def test_a_cell_that_is_bad_in_itself_is_not_reported_again_by_a_rule(tiny):
    tiny.set("releases", "deepseek-r1", released_on="20 January")
    assert only(tiny).startswith("releases.csv:2 released_on: expected a date")


def test_a_cell_that_is_bad_in_itself_does_not_make_another_look_bad(tiny):
    tiny.set("models", "mixtral-8x7b", n_routed_experts="-8")
    assert only(tiny).startswith("models.csv:6 n_routed_experts: expected at least 0")


def test_importing_the_record_does_not_import_frictionless():
    code = "import sys, almanac.record; sys.exit('frictionless' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
