"""Each rule finds what it forbids, at its cell, and nothing in a good record."""

import dataclasses
import datetime as dt

import pytest

from almanac.record import load
from almanac.record import rules as r
from almanac.record.rules import RULES, Checked


@pytest.fixture
def check(tiny):
    """Applies a rule to the tiny record as it stands, rows under their line numbers."""

    def check(rule, **schema):
        record = load(tiny.folder)
        frames = {
            table: getattr(record, table).set_axis(range(2, len(getattr(record, table)) + 2))
            for table in record.schema.tables
        }
        return list(rule(Checked(dataclasses.replace(record.schema, **schema), frames)))

    return check


def cells(findings):
    return [finding[:3] for finding in findings]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_a_good_record_breaks_no_rule(check, rule):
    assert check(rule.check) == []


def test_every_rule_is_registered():
    public = {name for name, thing in vars(r).items()
              if getattr(thing, "__module__", "") == r.__name__ and callable(thing)
              and name[0].islower() and name[0] != "_"}  # fmt: skip
    assert public == {rule.check.__name__ for rule in RULES}


def test_active_above_total(tiny, check):
    tiny.set("models", "mixtral-8x7b", active_params_b="56")
    (finding,) = check(r.active_at_most_total)
    assert finding[:3] == ("models", 6, "active_params_b")
    assert "at most total_params_b (46.7)" in finding.problem


def test_active_equal_to_total_is_fine(tiny, check):
    tiny.set("models", "mixtral-8x7b", active_params_b="46.7")
    assert check(r.active_at_most_total) == []


@pytest.mark.parametrize(
    ("architecture", "experts", "fine"),
    [
        ("moe", "2", True),
        ("moe", "", True),
        ("moe", "1", False),
        ("moe", "0", False),
        ("dense", "", True),
        ("dense", "1", True),
        ("dense", "0", True),
        ("dense", "8", False),
    ],
)
def test_a_mixture_has_more_than_one_expert(tiny, check, architecture, experts, fine):
    tiny.set("models", "mixtral-8x7b", architecture=architecture, n_routed_experts=experts)
    found = cells(check(r.mixture_has_experts))
    assert found == ([] if fine else [("models", 6, "n_routed_experts")])


@pytest.mark.parametrize(("chosen", "fine"), [("8", True), ("9", False), ("", True)])
def test_top_k_above_the_routed_experts(tiny, check, chosen, fine):
    tiny.set("models", "mixtral-8x7b", experts_per_token=chosen)
    found = cells(check(r.top_k_at_most_routed))
    assert found == ([] if fine else [("models", 6, "experts_per_token")])


def test_a_date_after_the_day_the_record_is_as_of(tiny, check):
    tiny.set("events", "o1-preview", date="2026-11-01")
    (finding,) = check(r.dates_within_record)
    assert finding[:3] == ("events", 2, "date")
    assert "no later than 2026-10-31" in finding.problem


def test_dates_of_every_table_are_looked_at(check):
    found = check(r.dates_within_record, updated=dt.date(2017, 12, 31))
    assert {finding.table for finding in found} == {
        "releases", "capabilities", "adoption", "engine_support", "events", "claims", "evidence",
    }  # fmt: skip


def test_a_date_on_the_day_itself_is_fine(tiny, check):
    tiny.set("events", "o1-preview", date="2026-10-31")
    assert check(r.dates_within_record) == []


def test_a_released_release_without_a_day(tiny, check):
    tiny.set("releases", "mixtral-8x7b", released_on="")
    assert cells(check(r.release_day_fits_status)) == [("releases", 5, "released_on")]


def test_an_announced_release_with_a_day(tiny, check):
    tiny.set("releases", "llama-4-behemoth", released_on="2025-04-05")
    assert cells(check(r.release_day_fits_status)) == [("releases", 4, "released_on")]


def test_a_withdrawn_release_may_have_a_day_or_none(tiny, check):
    tiny.set("releases", "mixtral-8x7b", status="withdrawn")
    tiny.set("releases", "llama-4-behemoth", status="withdrawn")
    assert check(r.release_day_fits_status) == []


def test_a_base_released_later(tiny, check):
    tiny.set("models", "deepseek-v3-base", base_model_id="deepseek-r1")
    (finding,) = check(r.base_released_first)
    assert finding[:3] == ("models", 4, "base_model_id")
    assert "(2024-12-26), but it was released on 2025-01-20" in finding.problem


def test_a_base_without_a_day_is_no_finding(tiny, check):
    tiny.set("models", "deepseek-r1", base_model_id="llama-4-behemoth")
    assert check(r.base_released_first) == []


def test_a_release_without_flagship(tiny, check):
    tiny.set("models", "mixtral-8x7b", role="size")
    assert cells(check(r.one_flagship)) == [("releases", 5, "release_id")]


def test_a_release_with_two_flagships(tiny, check):
    tiny.set("models", "deepseek-v3-base", role="flagship")
    (finding,) = check(r.one_flagship)
    assert finding[:3] == ("models", 4, "role")
    assert "deepseek-v3 already" in finding.problem


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"table": "colours"}, "one of adoption, aliases,"),
        ({"column": "colour"}, "a column of models.csv: one of model_id,"),
        ({"row": "gpt-5"}, "the key of a row of models.csv (model_id)"),
    ],
)
def test_evidence_of_something_that_is_not_there(tiny, check, cell, expected):
    evidence = tiny.evidence("models", "mixtral-8x7b", "modality", "text") | cell
    tiny.rows["evidence"].append(evidence)
    tiny.write()
    (finding,) = check(r.evidence_names_a_cell)
    line = len(tiny.rows["evidence"]) + 1
    assert finding[:3] == ("evidence", line, next(iter(cell)))
    assert expected in finding.problem


RENAMED = {"table": "models", "old_key": "deepseek-v3-old", "new_key": "deepseek-v3",
           "renamed_on": "2026-10-01", "why": "as the vendor writes it"}  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "column", "expected"),
    [
        ({}, None, None),
        ({"table": "colours"}, "table", "one of adoption, aliases,"),
        ({"old_key": "mixtral-8x7b"}, "old_key", "no longer has"),
        ({"new_key": "gpt-5"}, "new_key", "the key of a row of models.csv"),
    ],
)
def test_a_renamed_key_leads_from_one_that_is_gone_to_one_that_is(
    tiny, check, cell, column, expected
):
    tiny.rows["renamed"] = [RENAMED | cell]
    tiny.write()
    found = check(r.history_names_cells)
    assert cells(found) == ([("renamed", 2, column)] if column else [])
    assert not found or expected in found[0].problem


CORRECTION = {"corrected_on": "2026-10-01", "table": "models", "row": "deepseek-v3",
              "column": "total_params_b", "was": "685", "is_now": "671",
              "wrong_since": "2026-09-01", "affects": "sizes", "why": "with MTP"}  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ({}, None),
        ({"column": "colour"}, "column"),
        ({"row": "gpt-5"}, "row"),
        ({"row": "gpt-5", "is_now": ""}, None),  # a row that should not have been there
        ({"wrong_since": "2026-10-02"}, "corrected_on"),
    ],
)
def test_a_correction_names_a_cell(tiny, check, cell, column):
    tiny.rows["corrections"] = [CORRECTION | cell]
    tiny.write()
    assert cells(check(r.history_names_cells)) == ([("corrections", 2, column)] if column else [])


def test_evidence_names_a_row_of_a_composite_key(tiny, check):
    row = "deepseek-v3/likes/2026-10-05"
    tiny.rows["evidence"].append(tiny.evidence("adoption", row, "value", "4401"))
    tiny.write()
    assert check(r.evidence_names_a_cell) == []
    tiny.rows["evidence"][-1]["row"] = "deepseek-v3/likes"
    tiny.write()
    assert cells(check(r.evidence_names_a_cell)) == [
        ("evidence", len(tiny.rows["evidence"]) + 1, "row")
    ]


@pytest.mark.parametrize(
    ("table", "key", "line", "column", "other"),
    [
        ("releases", "deepseek-v3", 3, "announced_on", "2024-12-27"),
        ("releases", "deepseek-v3", 3, "released_on", "2024-12-27"),
        ("releases", "deepseek-v3", 3, "hub_created_on", "2024-12-27"),
        ("models", "deepseek-v3", 3, "total_params_b", "672"),
        ("models", "deepseek-v3", 3, "active_params_b", "36"),
        ("models", "deepseek-v3", 3, "n_routed_experts", "255"),
        ("models", "deepseek-v3", 3, "n_shared_experts", "2"),
        ("models", "deepseek-v3", 3, "experts_per_token", "9"),
        ("models", "deepseek-v3", 3, "context_tokens", "65536"),
        ("models", "deepseek-v3", 3, "licence", "MIT"),
        ("models", "deepseek-v3", 3, "reasoning", "optional"),
    ],
)
def test_a_value_no_source_gives(tiny, check, table, key, line, column, other):
    was = tiny.row(table, key)[column]
    tiny.row(table, key)[column] = other
    tiny.write()
    (finding,) = check(r.values_have_evidence)
    assert finding[:3] == (table, line, column)
    assert f"in evidence.csv, which says {was}:" in finding.problem


def test_a_value_without_evidence(tiny, check):
    tiny.rows["evidence"] = [
        row for row in tiny.rows["evidence"]
        if (row["row"], row["column"]) != ("mixtral-8x7b", "licence")
    ]  # fmt: skip
    tiny.write()
    (finding,) = check(r.values_have_evidence)
    assert finding[:3] == ("models", 6, "licence")
    assert "which has none: add its source" in finding.problem


def test_undisclosed_needs_no_source(tiny, check):
    tiny.rows["evidence"] = [
        row for row in tiny.rows["evidence"] if row["row"] != "llama-4-behemoth"
    ]
    tiny.write()
    found = {finding.column for finding in check(r.values_have_evidence)}
    assert found == {"announced_on", "total_params_b", "active_params_b", "n_routed_experts"}


def test_a_number_may_be_written_otherwise_in_its_evidence(tiny, check):
    for row in tiny.rows["evidence"]:
        if row["column"] in ("total_params_b", "n_routed_experts"):
            row["value"] = f"{float(row['value']):.3f}"
    tiny.write()
    assert check(r.values_have_evidence) == []


def test_a_rival_beside_the_chosen_source_is_fine(tiny, check):
    tiny.rows["evidence"].append(
        tiny.evidence("models", "deepseek-v3", "total_params_b", "684.5", confidence="C")
    )
    tiny.write()
    assert check(r.values_have_evidence) == []


@pytest.mark.parametrize(
    ("model", "line", "reasoning", "fine"),
    [
        ("mixtral-8x7b", 6, "optional", False),
        ("mixtral-8x7b", 6, "always", False),
        ("mixtral-8x7b", 6, "undisclosed", True),
        ("deepseek-r1", 2, "none", False),
        ("deepseek-r1", 2, "undisclosed", True),
    ],
)
def test_reasoning_and_techniques_agree(tiny, check, model, line, reasoning, fine):
    tiny.set("models", model, reasoning=reasoning)
    found = cells(check(r.reasoning_has_technique))
    assert found == ([] if fine else [("models", line, "reasoning")])


@pytest.mark.parametrize(
    ("column", "value", "fine"),
    [
        ("total_params_b", "671", True),
        ("total_params_b", "704", True),
        ("total_params_b", "705", False),
        ("total_params_b", "637", False),
        ("active_params_b", "34", True),  # without embedding and output head 35.7, less 5 % 33.9
        ("active_params_b", "33.8", False),
        ("active_params_b", "39.4", True),  # with it 37.6, plus 5 % 39.4
        ("active_params_b", "39.5", False),
    ],
)
def test_stated_parameters_follow_from_the_configuration(tiny, check, column, value, fine):
    tiny.set("models", "deepseek-v3", **{column: value})
    found = cells(check(r.parameters_follow_from_config))
    assert found == ([] if fine else [("models", 3, column)])


def test_a_note_explains_a_difference_in_its_own_column_only(tiny, check):
    tiny.set("models", "deepseek-v3", total_params_b="684.5", active_params_b="60")
    tiny.set("configs", "deepseek-v3", n_layers="50")
    for row in tiny.rows["evidence"]:
        if (row["row"], row["column"]) == ("deepseek-v3", "total_params_b"):
            row["note"] = "with the multi-token-prediction module of 14 B"
    tiny.write()
    assert cells(check(r.parameters_follow_from_config)) == [("models", 3, "active_params_b")]


def test_a_configuration_that_cannot_be_counted_is_no_finding(tiny, check):
    tiny.set("models", "deepseek-v3", total_params_b="1000")
    tiny.set("configs", "deepseek-v3", vocab_size="")
    assert check(r.parameters_follow_from_config) == []
