"""A file of one's own becomes an overlay, and nothing in it is guessed."""

import datetime as dt
import json
import textwrap

import pandas as pd
import pytest

from almanac.record import mapping, overlay, read_schema
from almanac.record.mapping import MappingError, slug

FILE = """\
name,lab,params,active,day,open,thinks,site
Own 1,DeepSeek,7000000000,7000000000,5 May 2025,yes,no,https://example.org/1
Own 2,DeepSeek,671000000000,37000000000,6 May 2025,yes,unknown,https://example.org/2
Shut,Meta,1,1,,no,no,https://example.org/3
"""
MAPPING = """\
source:
  url: {from: site}
  kind: card
  confidence: B
  read_on: 2025-06-01
where:
  open: ["yes"]
tables:
  releases:
    release_id: {slug: name}
    organisation_id: {from: lab, values: {DeepSeek: deepseek}}
    name: {from: name}
    family: {is: Own}
    released_on: {from: day, date: "%d %B %Y"}
    date_precision: {is: day}
    status: {is: released}
  models:
    model_id: {slug: name}
    release_id: {slug: name}
    name: {from: name}
    role: {is: flagship}
    total_params_b: {from: params, times: 1e-9}
    active_params_b: {from: active, times: 1e-9}
    architecture: {is: dense}
    modality: {is: text}
    licence: {is: undisclosed}
    licence_class: {is: 0}
    reasoning: {from: thinks, values: {"no": none, unknown: undisclosed}}
"""


@pytest.fixture
def made(tiny, tmp_path):
    """A function that maps a file, and gives what comes out."""
    folder = tmp_path / "own"
    folder.mkdir()

    def make(file=FILE, rules=MAPPING, name="own.csv"):
        (folder / name).write_text(file, "utf-8")
        (folder / "mapping.yml").write_text(rules, "utf-8")
        return mapping.apply(folder / name, folder / "mapping.yml", read_schema(tiny.folder))

    make.folder = folder
    return make


def refused(made, *arguments, **options):
    with pytest.raises(MappingError) as caught:
        made(*arguments, **options)
    return caught.value.faults


def test_a_file_becomes_an_overlay_that_fits_the_record(made, tiny):
    found = made()
    assert found.left_out == 1
    models = found.tables["models"].set_index("model_id")
    assert models.loc["own-1", ["total_params_b", "reasoning"]].tolist() == ["7", "none"]
    assert models.loc["own-2", ["total_params_b", "reasoning"]].tolist() == ["671", "undisclosed"]
    assert found.tables["releases"].released_on.tolist() == ["2025-05-05", "2025-05-06"]
    said = found.tables["evidence"].set_index(["row", "column"])
    assert said.loc[("own-1", "total_params_b")].tolist() == [
        "models", "7", "https://example.org/1", "card", "2025-06-01", "B", "",
    ]  # fmt: skip
    assert ("own-2", "reasoning") not in said.index  # nobody can name a source for it
    found.write(made.folder / "overlay")
    assert overlay.validate(tiny.folder, [made.folder / "overlay"]) == []


def test_tables_that_are_there_are_not_written_over(made):
    folder = made.folder / "overlay"
    made().write(folder)
    made().write(folder)  # the same again
    before = (folder / "models.csv").read_text()
    other = made(rules=MAPPING.replace("family: {is: Own}", "family: {is: Other}"))
    with pytest.raises(FileExistsError, match="releases.csv"):
        other.write(folder)
    assert (folder / "models.csv").read_text() == before
    other.write(folder, over=True)
    assert ",Other," in (folder / "releases.csv").read_text()
    assert not [path for path in folder.iterdir() if path.name[0] == "."]


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("from: lab", "from: labs", "mapping.yml:11 labs: own.csv has no such column; did you "
         "mean lab?"),
        ("  models:", "  modles:", "mapping.yml:17 modles: the record has no such table; did you "
         "mean models?"),
        ("architecture:", "arcitecture:", "mapping.yml:24 arcitecture: the record has no such "
         "column; did you mean architecture?"),
        ("times: 1e-9", "time: 1e-9", "mapping.yml:22 tables.models.total_params_b.time: it is no "
         "key of a mapping; did you mean times?"),
        ("{slug: name}", "{slug: name, is: x}", "mapping.yml:10 tables.releases.release_id: "
         "expected one of from, is and slug"),
        ("{is: Own}", "{is: Own, times: 2}", "mapping.yml:13 tables.releases.family: values, "
         "times, date and blank go with from"),
        ("    model_id: {slug: name}\n", "", "mapping.yml:17 models: expected its key model_id to "
         "be mapped"),
        ("confidence: B", "confidence: E", "mapping.yml:4 source.confidence: input should be"),
        ("where:\n", "where: [\n", "mapping.yml:8 expected YAML"),
        (MAPPING, "- a\n", "mapping.yml:1 expected keys source, rows, where and tables"),
        ("{DeepSeek: deepseek}", "{Deepseek: deepseek}", "own.csv line 2, "
         "releases.organisation_id: 'DeepSeek' is not among its values; did you mean Deepseek?"),
        ("%d %B %Y", "%d.%m.%Y", "own.csv line 2, releases.released_on: '5 May 2025' found, "
         "expected a date as %d.%m.%Y"),
        ("{from: active, times", "{from: lab, times", "own.csv line 2, models.active_params_b: "
         "'DeepSeek' found, expected a number"),
        ("{is: flagship}", "{is: main}", "own.csv line 2, models.role: expected one of flagship"),
        ("{slug: name}", "{from: name}", "own.csv line 2, releases.release_id (from name): "
         "expected text of the form"),
        ("{from: site}", "{from: name}", "own.csv line 2: source.url is 'Own 1', expected an "
         "address"),
        ("    release_id: {slug: name}\n", "    release_id: {is: one}\n", "own.csv line 3: "
         "releases one has name 'Own 2', but 'Own 1' at line 2: choose one by `where`"),
    ],
)  # fmt: skip
def test_what_a_mapping_does_not_account_for_is_refused(made, old, new, said):
    assert old in MAPPING
    faults = refused(made, rules=MAPPING.replace(old, new, 1))
    assert [fault for fault in faults if fault.startswith(said)], faults


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("own.csv", "a,b\n1\n", "own.csv:2 expected 2 cells"),
        ("own.csv", "name,lab\n", "own.csv: expected at least one row"),
        ("own.json", "{", "own.json: expected a json file"),
        ("own.json", "[1]", "own.json row 1: expected an object with a row's cells"),
        ("own.parquet", "PAR1", "own.parquet: expected a parquet file"),
        ("own.xlsx", "", "own.xlsx: expected a file that ends in .csv, .parquet or .json"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(made, name, text, said):
    assert [fault for fault in refused(made, text, name=name) if fault.startswith(said)]


def test_the_same_rows_come_from_parquet_and_json(made):
    made()
    frame = pd.read_csv(made.folder / "own.csv").astype({"params": "float64"})
    frame.to_parquet(made.folder / "own.parquet")
    listed = {"labs": {"all": json.loads(frame.to_json(orient="records"))}}
    (made.folder / "own.json").write_text(json.dumps(listed))
    for rows in (
        mapping.read_rows(made.folder / "own.parquet"),
        mapping.read_rows(made.folder / "own.json", "labs.all"),
    ):
        assert [row.cells["params"] for row in rows] == ["7000000000", "671000000000", "1"]
        assert [row.cells["day"] for row in rows] == ["5 May 2025", "6 May 2025", ""]


def test_rows_of_json_lie_where_the_mapping_says(tmp_path):
    held = {"p": {"models": {"m/1": {"limit": {"context": 5}, "open": True, "list": [1]},
                             "m/2": {"price": 1e-7, "none": None}}}}  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps(held))
    first, second = mapping.read_rows(tmp_path / "c.json", "*.models.*")
    assert first.place == "row p/m/1"
    assert first.cells == {"limit.context": "5", "open": "true", "@1": "p", "@2": "m/1"}
    assert second.cells == {"price": "0.0000001", "none": "", "@1": "p", "@2": "m/2"}
    with pytest.raises(MappingError, match="it has no 'q'; there are p"):
        mapping.read_rows(tmp_path / "c.json", "q.models.*")


def test_a_key_out_of_a_name():
    assert slug("Qwen3 235B-A22B (Thinking)") == "qwen3-235b-a22b-thinking"
    assert slug("../../Ünïcode v2.5 ") == "unicode-v2.5"


def test_text_of_a_file_is_never_code(made):
    hostile = "{0.__class__}$(touch x)`x`;=1+1"
    found = made(FILE.replace("Own 1", hostile))
    assert hostile in found.tables["models"]["name"].tolist()
    assert found.updated == dt.date(2025, 6, 1)
    with pytest.raises(MappingError, match="expected YAML"):
        made(rules=textwrap.dedent("""\
            source: !!python/object/apply:os.system ["touch x"]
            tables: {}
            """))
