import dataclasses
import json
import re

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from almanac.book import catalogue
from almanac.record import load

HOSTILE = "<script>alert('x')</script>\"' onfocus=x **b** ${x} {{x}}\n\n<img src=x>"


@pytest.fixture(scope="module")
def record(frozen_record):
    return load(frozen_record)


@pytest.fixture(scope="module")
def page(record):
    return parsed(record)


@pytest.fixture(scope="module")
def entries(record):
    return catalogue.sources(record, catalogue.newest(record))


def parsed(record, **other):
    return BeautifulSoup(catalogue.explorer(record, **other), "html.parser")


def rows(page):
    return page.table.tbody.find_all("tr", recursive=False)


def row_of(page, model_id):
    """A row's texts by the field of their column."""
    fields = [head["data-field"] for head in page.table.thead("th")]
    cells = page.find("tr", id=model_id)(["th", "td"])
    return dict(zip(fields, (cell.text for cell in cells), strict=True))


def changed(record, model_id=None, **columns):
    """The record with other values in `models` or `releases`, of one model or of all."""
    tables = {}
    for name in ("models", "releases"):
        frame = getattr(record, name)
        own = {column: value for column, value in columns.items() if column in frame}
        if not own:
            continue
        of = pd.Series(True, frame.index)
        if model_id:
            release = record.models.set_index("model_id").release_id[model_id]
            of = frame.model_id == model_id if name == "models" else frame.release_id == release
        tables[name] = frame.assign(**{c: frame[c].mask(of, v) for c, v in own.items()})
    return dataclasses.replace(record, **tables)


def test_each_model_has_a_row_with_its_id_the_newest_first(record, page):
    ids = [row["id"] for row in rows(page)]
    assert sorted(ids) == sorted(record.models.model_id)
    days = record.models_with_release().set_index("model_id").released_on[ids].dropna()
    assert days.is_monotonic_decreasing
    assert all(row.th["scope"] == "row" and row.th.a["href"] == f"#{row['id']}"
               for row in rows(page))  # fmt: skip


def test_values_are_those_of_the_record(record, page):
    for _, model in record.models_with_release().iterrows():
        shown = row_of(page, model.model_id)
        assert shown["name"] == model["name"]
        assert shown["organisation"] == model.organisation_name
        assert shown["licence"] == model.licence
        assert shown["reasoning"] == model.reasoning
        for field, column in (("total", "total_params_b"), ("context", "context_tokens")):
            text = shown[field].replace(",", "")
            assert (float(text) if text else None) == (
                None if pd.isna(model[column]) else pytest.approx(model[column], rel=1e-11)
            )
        day = "" if pd.isna(model.released_on) else f"{model.released_on:%Y-%m-%d}"
        assert shown["released"].startswith(day)


@pytest.mark.parametrize(
    "columns, text",
    [
        ({"status": "released", "date_precision": "day"}, "2025-01-20"),
        ({"status": "released", "date_precision": "month"}, "2025-01-20 (month)"),
        ({"status": "withdrawn", "date_precision": "year"}, "2025-01-20 (year, withdrawn)"),
        ({"status": "announced", "released_on": pd.NaT}, "only announced"),
        ({"status": "released", "released_on": pd.NaT}, ""),
    ],
)
def test_a_day_says_what_it_is_worth(columns, text, record):
    columns = {"released_on": pd.Timestamp("2025-01-20")} | columns
    assert row_of(parsed(changed(record, "deepseek-r1", **columns)), "deepseek-r1")["released"] == (
        text
    )


@pytest.mark.parametrize(
    "architecture, routed, shared, chosen, text",
    [
        ("moe", 256, 1, 8, "8 of 256 + 1 shared"),
        ("moe", 8, 0, 2, "2 of 8"),
        ("moe", 8, pd.NA, 2, "2 of 8"),
        ("moe", 16, pd.NA, pd.NA, "16"),
        ("moe", pd.NA, pd.NA, 4, "undisclosed"),
        ("dense", pd.NA, pd.NA, pd.NA, ""),
    ],
)
def test_experts_in_words(architecture, routed, shared, chosen, text, record):
    made = changed(
        record, "deepseek-r1", architecture=architecture, n_routed_experts=routed,
        n_shared_experts=shared, experts_per_token=chosen,
    )  # fmt: skip
    assert row_of(parsed(made), "deepseek-r1")["experts"] == text


def test_filters_offer_what_is_there_and_no_more(record, page):
    def options(of, name):
        return [option["value"] for option in of.find("select", attrs={"name": name})("option")][1:]

    assert set(options(page, "organisation")) == set(record.models_with_release().organisation_id)
    assert set(options(page, "licence")) == set(record.models.licence)
    assert options(page, "architecture") == ["moe", "dense"]
    assert options(parsed(changed(record, architecture="dense")), "architecture") == ["dense"]
    ranges = {field["name"] for field in page("input")} - {"search"}
    assert ranges == {"from", "to", "min", "max", "active-min", "active-max"}


def test_headers_have_a_scope_and_controls_a_label(page):
    assert {head["scope"] for head in page.table.thead("th")} == {"col"}
    for control in page.form(["input", "select"]):
        assert control.find_parent("label").text.strip()
    assert page.table.caption.text


def test_a_large_record_shows_the_newest_and_says_so(record):
    few = parsed(record, most=5)
    newest = catalogue.newest(record).model_id.head(5)
    assert [row["id"] for row in rows(few)] == list(newest)
    assert f"The newest 5 of {len(record.models):,} models" in few.caption.text
    assert "newest" not in parsed(record).caption.text


def test_a_record_without_models_is_an_empty_table(record):
    empty = dataclasses.replace(record, models=record.models[:0])
    assert rows(parsed(empty)) == []
    assert catalogue.sources(empty, catalogue.newest(empty)) == []
    assert list(catalogue.pieces([])) == []


def test_what_is_not_stated_is_a_blank(record):
    bare = changed(
        record, "deepseek-r1", total_params_b=float("nan"), active_params_b=float("nan"),
        context_tokens=pd.NA,
    )  # fmt: skip
    shown = row_of(parsed(bare), "deepseek-r1")
    assert [shown[field] for field in ("total", "active", "context")] == ["", "", ""]


def test_a_former_id_leads_to_its_model(record):
    lines = [("models", "r0", "r1-old"), ("models", "r1-old", "deepseek-r1"),
             ("releases", "other", "deepseek-r1"), ("models", "deepseek-v3", "deepseek-r1"),
             ("models", "a", "b"), ("models", "b", "a")]  # fmt: skip
    renamed = pd.DataFrame(lines, columns=["table", "old_key", "new_key"])
    row = parsed(dataclasses.replace(record, renamed=renamed)).find("tr", id="deepseek-r1")
    # the id of another model is that model's own
    assert [anchor["id"] for anchor in row.th("span")] == ["r0", "r1-old"]


def test_nothing_of_the_record_is_markup(record):
    hostile = changed(record, name=HOSTILE, licence=HOSTILE)
    hostile = dataclasses.replace(hostile, organisations=record.organisations.assign(name=HOSTILE))
    text = catalogue.explorer(hostile)
    page = BeautifulSoup(text, "html.parser")
    assert page.find(["script", "img"]) is None
    as_text = " ".join(HOSTILE.split())
    for row in rows(page):
        assert [row.th.text, row.td.text] == [as_text, as_text]
    assert page.find("select", attrs={"name": "licence"})("option")[1]["value"] == as_text
    assert "\n\n" not in text  # where HTML in Markdown would end
    allowed = {"style"} | {name for tag in page(True) for name in tag.attrs if name[:2] == "on"}
    assert not [tag for tag in page(True) if allowed & set(tag.attrs)]


def test_every_source_of_a_model_and_its_release_is_with_it(record, entries):
    evidence = record.evidence
    release = record.models.set_index("model_id").release_id
    for entry in entries:
        own = evidence[
            ((evidence.table == "models") & (evidence.row == entry[0]))
            | ((evidence.table == "releases") & (evidence.row == release[entry[0]]))
            | ((evidence.table == "techniques") & evidence.row.str.startswith(f"{entry[0]}/"))
        ]
        said = [source[:2] + source[3:4] for value in entry[3] for source in value[2]]
        expected = own[["value", "confidence", "source_url"]].to_numpy().tolist()
        assert sorted(said) == sorted(expected)
    assert any(value[2] for value in entries[0][3])


def source(value, grade, url="https://a.org", **other):
    return {
        "table": "models", "row": "deepseek-r1", "column": "total_params_b", "value": value,
        "source_url": url, "source_kind": "vendor", "confidence": grade, "note": None,
    } | other  # fmt: skip


def values_of(record, *lines, model_id="deepseek-r1"):
    """What the panel of a model says if these lines were all evidence: the entry, by label."""
    made = dataclasses.replace(record, evidence=pd.DataFrame(list(lines)))
    models = catalogue.newest(made)
    (entry,) = [one for one in catalogue.sources(made, models) if one[0] == model_id]
    return entry, {label: (value, said) for label, value, said in entry[3]}


def test_the_source_that_is_used_comes_first_and_who_says_otherwise_last(record):
    _, values = values_of(
        record, source("684.5", "A"), source("671", "C"), source("671.0", "B"), source("x", "A")
    )
    value, said = values["total parameters (B)"]
    assert value == "671"
    assert [(one[0], one[1], one[5]) for one in said] == [
        ("671.0", "B", catalogue.USED),
        ("671", "C", catalogue.AGREES),
        ("684.5", "A", catalogue.OTHERWISE),
        ("x", "A", catalogue.OTHERWISE),
    ]


def test_a_blank_agrees_with_no_source(record):
    bare = changed(record, "deepseek-r1", total_params_b=float("nan"))
    _, values = values_of(bare, source("671", "A"))
    value, said = values["total parameters (B)"]
    assert value == "" and [one[5] for one in said] == [catalogue.OTHERWISE]


def test_days_are_compared_as_days(record):
    release = record.models.set_index("model_id").release_id["deepseek-r1"]
    line = source("2025-01-20", "B", table="releases", row=release, column="released_on")
    _, values = values_of(record, line)
    assert values["released on"] == (
        "2025-01-20", [["2025-01-20", "B", "vendor", "https://a.org", "", catalogue.USED]]
    )  # fmt: skip


def test_what_nobody_states_is_named(record):
    bare = changed(
        record, "deepseek-r1", context_tokens=pd.NA, reasoning="undisclosed", architecture="moe",
        n_routed_experts=pd.NA,
    )  # fmt: skip
    entry, _ = values_of(bare, source("671", "A"))
    assert {"context (tokens)", "reasoning", "routed experts"} <= set(entry[4])
    dense = changed(bare, "deepseek-r1", architecture="dense")
    entry, _ = values_of(dense, source("671", "A"))
    assert "routed experts" not in entry[4]


def test_only_addresses_of_the_web_are_given(record):
    hostile = changed(record, "deepseek-r1", url="javascript:alert(1)")
    entry, values = values_of(hostile, source("671", "A", url="javascript:alert(1)"))
    assert entry[1] == "" and values["total parameters (B)"][1][0][3] == ""


def test_scripts_hold_the_models_in_the_order_of_the_rows(page, entries, tmp_path, record):
    catalogue.write(tmp_path / "sources", record)
    files = sorted((tmp_path / "sources").iterdir())
    assert [file.name for file in files] == [f"{n:03}.js" for n in range(len(files))]
    found = []
    for number, file in enumerate(files):
        call = re.fullmatch(
            r"almanacSources\((\d+), (\[.*\])\);\n", file.read_text("utf-8"), re.DOTALL
        )
        assert int(call[1]) == number
        held = json.loads(call[2])
        assert len(held) == catalogue.RUN or number == len(files) - 1
        found += held
    assert found == entries
    assert [entry[0] for entry in found] == [row["id"] for row in rows(page)]
    assert page.table["data-run"] == str(catalogue.RUN)


def test_the_explorer_takes_the_place_of_its_cell(record):
    cells = [nbformat.v4.new_markdown_cell("x", id=name) for name in ("title", catalogue.PLACE)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    catalogue.fill(notebook, record)
    assert [cell.id for cell in notebook.cells] == ["title", catalogue.PLACE]
    assert notebook.cells[1].outputs[0].data["text/html"] == catalogue.explorer(record)
    nbformat.validate(notebook)
