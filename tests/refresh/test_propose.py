"""What is filled, changed, kept beside, or left out."""

import pytest

from almanac.refresh.propose import propose, wanted
from almanac.sources.statements import EngineName


@pytest.fixture
def proposed(read_record, said):
    """A proposal from statements and engine names."""

    def make(*statements, engines=()):
        return propose(said(statements, engines), read_record())

    return make


def changes(proposal):
    return [(c.kind, c.row, c.column, c.old, c.new) for c in proposal.changes]


def edits(proposal, table):
    return [e for change in proposal.changes for e in change.edits if e.table == table]


def test_a_blank_is_filled_with_its_evidence(proposed, says):
    proposal = proposed(says("atom", "acme/Acme-2", "total_params_b", "30"))
    assert changes(proposal) == [("filled", "acme-2", "total_params_b", "", "30")]
    (evidence,) = edits(proposal, "evidence")
    assert evidence.cells["confidence"] == "C"
    assert evidence.cells["accessed_on"] == "2026-11-25"
    assert evidence.cells["source_url"] == "https://github.com/Interconnects-AI/tracked-models"


@pytest.mark.parametrize(
    "url, value",
    [("https://github.com/Interconnects-AI/tracked-models", "30"),
     ("https://acme.example", "undisclosed")],
)  # fmt: skip
def test_a_blank_left_on_purpose_stays(read_record, says, said, url, value):
    tables = read_record()
    key = ("models", "acme-2", "total_params_b", url, value)
    tables.rows["evidence"][key] = dict(
        zip(("table", "row", "column", "source_url", "value"), key, strict=True),
        source_kind="aggregator", accessed_on="2026-10-01", confidence="C", note="not chosen",
    )  # fmt: skip
    proposal = propose(said([says("atom", "acme/Acme-2", "total_params_b", "30")], ()), tables)
    assert [c.kind for c in proposal.changes if c.kind == "filled"] == []


def test_a_weak_word_does_not_keep_a_blank_from_a_better_one(read_record, says, said):
    tables = read_record()
    key = ("models", "acme-2", "total_params_b", "https://huggingface.co/acme/Acme-2", "29")
    tables.rows["evidence"][key] = dict(
        zip(("table", "row", "column", "source_url", "value"), key, strict=True),
        source_kind="hub", accessed_on="2026-10-01", confidence="C", note="",
    )  # fmt: skip
    proposal = propose(said([says("atom", "acme/Acme-2", "total_params_b", "30")], ()), tables)
    assert changes(proposal)[0] == ("filled", "acme-2", "total_params_b", "", "30")


def test_a_note_never_excuses_a_count_that_the_configuration_contradicts(proposed, says):
    proposal = proposed(says("atom", "acme/Acme-2", "total_params_b", "30", note="by hand"))
    assert edits(proposal, "evidence")[0].cells["note"] == ""


@pytest.mark.parametrize("column, value", [("total_params_b", "70"), ("licence", "Apache-2.0")])
def test_what_rests_on_a_vendor_stands(proposed, says, column, value):
    proposal = proposed(says("hub", "acme/Acme-1", column, value))
    assert [c.kind for c in proposal.changes] == ["evidence"]
    assert edits(proposal, "models") == []
    (conflict,) = proposal.conflicts
    assert (conflict.says, conflict.known) == (value, False)
    assert conflict.rests_on in ("A vendors", "B vendors")


def test_a_source_may_change_its_own_mind(proposed, says):
    proposal = proposed(says("hub", "acme/Acme-1-Mini", "total_params_b", "8.1"))
    assert changes(proposal) == [("changed", "acme-1-mini", "total_params_b", "7.24", "8.1")]
    gone = [e.key for e in edits(proposal, "evidence") if e.cells is None]
    assert [key[-1] for key in gone] == ["7.24"], "its earlier word goes: git has it"


@pytest.mark.parametrize("grade", ["A", "B", "D"])
def test_what_is_more_than_a_sources_plain_word_stays(read_record, says, said, grade):
    tables = read_record()
    for row in tables.rows["evidence"].values():
        if (row["row"], row["column"]) == ("acme-1-mini", "total_params_b"):
            row["confidence"] = grade
    proposal = propose(said([says("hub", "acme/Acme-1-Mini", "total_params_b", "8.1")], ()), tables)
    assert "changed" not in [c.kind for c in proposal.changes]


@pytest.mark.parametrize("grade, gone", [("A", []), ("B", []), ("C", ["90"]), ("D", ["90"])])
def test_only_a_sources_plain_word_makes_room_for_its_new_one(
    read_record, says, said, grade, gone
):
    tables = read_record()
    page = "https://huggingface.co/acme/Acme-1"
    key = ("models", "acme-1", "total_params_b", page, "90")
    tables.rows["evidence"][key] = dict(
        zip(("table", "row", "column", "source_url", "value"), key, strict=True),
        source_kind="hub", accessed_on="2026-10-01", confidence=grade, note="",
    )  # fmt: skip
    proposal = propose(said([says("hub", "acme/Acme-1", "total_params_b", "80")], ()), tables)
    found = [e.key[-1] for e in edits(proposal, "evidence") if e.cells is None]
    assert found == gone


def test_another_source_may_not(proposed, says):
    proposal = proposed(says("atom", "acme/Acme-1-Mini", "total_params_b", "8.1"))
    assert [c.kind for c in proposal.changes] == ["evidence"]
    assert proposal.conflicts[0].rests_on == "C hub"


@pytest.mark.parametrize("value", ["7.2", "7.24", "7", "7.3"])
def test_values_agree_as_closely_as_they_are_stated(proposed, says, value):
    proposal = proposed(says("hub", "acme/Acme-1-Mini", "total_params_b", value))
    assert (proposal.agreeing, proposal.changes, proposal.conflicts) == (1, [], [])


def test_the_first_source_fills_and_the_next_conflicts(proposed, says):
    proposal = proposed(
        says("hub", "acme/Acme-2", "total_params_b", "40"),
        says("atom", "acme/Acme-2", "total_params_b", "30"),
    )
    kinds = [(c.kind, c.source) for c in proposal.changes]
    assert kinds == [("filled", "atom"), ("evidence", "hub")], "by precedence, not by order"
    assert proposal.conflicts[0].holds == "30"


def test_a_weak_word_is_evidence_only(proposed, says):
    proposal = proposed(says("hub", "acme/Acme-1", "context_tokens", "4096", fills=False))
    assert changes(proposal) == [("evidence", "acme-1", "context_tokens", "", "4096")]


def test_a_weak_word_takes_no_evidence_away(proposed, says):
    proposal = proposed(says("epoch", "acme/Acme-2", "released_on", "2025-05-01", fills=False))
    assert proposal.changes == []
    assert proposal.conflicts[0].weak


def test_a_licence_comes_with_its_class(proposed, says):
    proposal = proposed(
        says("hub", "acme/Acme-2", "licence", "MIT"),
        says("hub", "acme/Acme-1-Mini", "licence", "Unheard Of"),
    )
    (edit, entailed) = edits(proposal, "models")
    assert edit.cells == {"licence": "MIT"}
    assert entailed.cells == {"licence_class": "4", "licence_flags": ""}
    assert [c.kind for c in proposal.changes] == ["evidence", "filled"]


def test_a_model_that_reasons_gets_a_technique_nobody_discloses(proposed, says):
    proposal = proposed(
        says("modelsdev", "acme/Acme-1", "reasoning", "optional"),
        says("modelsdev", "acme/Acme-2", "reasoning", "yes"),
    )
    assert [e.cells["technique"] for e in edits(proposal, "techniques")] == ["undisclosed"]
    kinds = {(c.kind, c.row, c.new) for c in proposal.changes}
    assert kinds == {("filled", "acme-1", "optional"), ("evidence", "acme-2", "yes")}


def test_experts_of_a_dense_model_are_no_fill(proposed, says):
    proposal = proposed(
        says("hub", "acme/Acme-1", "n_routed_experts", "64"),
        says("hub", "acme/Acme-2", "n_routed_experts", "64"),
        says("hub", "acme/Acme-1-Mini", "n_routed_experts", "1"),
    )
    assert {(c.kind, c.row) for c in proposal.changes} == {
        ("evidence", "acme-1"),
        ("filled", "acme-2"),
    }


# Releases


def test_the_flagships_day_comes_before_an_earlier_one(proposed, says):
    proposal = proposed(
        says("modelsdev", "acme/Acme-1", "released_on", "2025-01-12"),
        says("modelsdev", "acme/Acme-1-Mini", "released_on", "2025-01-09"),
    )
    assert [(c.says, c.holds) for c in proposal.conflicts] == [("2025-01-12", "2025-01-10")]


def test_else_the_earliest_day_of_the_release(proposed, says):
    proposal = proposed(says("modelsdev", "acme/Acme-1-Mini", "released_on", "2025-01-09"))
    assert proposal.conflicts[0].says == "2025-01-09"
    assert edits(proposal, "evidence")[0].cells["note"] == "of acme/Acme-1-Mini"


def test_a_day_of_the_same_source_moves_a_little_but_not_a_year(proposed, says):
    near = proposed(says("epoch", "acme/Acme-2", "released_on", "2025-06-03"))
    assert changes(near) == [("changed", "acme-2", "released_on", "2025-06-01", "2025-06-03")]
    far = proposed(says("epoch", "acme/Acme-2", "released_on", "2024-06-01"))
    assert [c.kind for c in far.changes] == ["evidence"]
    assert far.conflicts[0].says == "2024-06-01"


def test_the_first_repository_counts(proposed, says):
    proposal = proposed(
        says("hub", "acme/Acme-1", "hub_created_on", "2025-01-08"),
        says("hub", "acme/Acme-1-Mini", "hub_created_on", "2025-01-07"),
        says("hub", "acme/Acme-2", "hub_created_on", "2026-01-01"),
    )
    assert changes(proposal) == [("filled", "acme-1", "hub_created_on", "", "2025-01-07")]


# Counts, lists, engines


def test_counts_are_dated_and_carry_evidence(proposed, says):
    proposal = proposed(
        says("hub", "acme/Acme-1", "likes", "77"),
        says("hub", "acme/Acme-1", "likes", "70", stated_on="2026-04-22"),
        says("hub", "acme/Acme-1", "downloads_30d", "5"),
    )
    assert sorted((c.kind, c.row) for c in proposal.changes) == [
        ("adoption", "acme-1/downloads_30d/2026-11-25"),
        ("adoption", "acme-1/likes/2026-11-25"),
        ("evidence", "acme-1/likes/2026-04-22"),
    ]


def test_a_weekly_reading_keeps_a_count_a_month(proposed, says):
    proposal = proposed(
        *(
            says("hub", "acme/Acme-1", "likes", "80", stated_on=f"2026-05-{day}")
            for day in (10, 17)
        ),
        says("hub", "acme/Acme-1", "likes", "81", stated_on="2026-06-14"),
    )
    rows = [c.row for c in proposal.changes]
    assert rows == ["acme-1/likes/2026-06-14"], "the record has one of 2026-04-22"
    assert proposal.left_out == {"counts within 27 days of another": 2}


def test_a_count_that_changed_after_its_day_is_a_conflict(proposed, says):
    proposal = proposed(says("hub", "acme/Acme-1", "likes", "71", stated_on="2026-04-22"))
    assert proposal.changes == []
    assert (proposal.conflicts[0].holds, proposal.conflicts[0].says) == ("70", "71")


def test_pulls_of_an_entry_belong_to_the_flagship(proposed, says):
    proposal = proposed(
        says("ollama", "", "ollama_pulls", "21200000", listed_id="acme1"),
    )
    assert [c.row for c in proposal.changes] == ["acme-1/ollama_pulls/2026-11-25"]


def test_several_entries_of_a_release_keep_their_models_and_their_series(proposed, says):
    def entry(name, value, day="2026-11-25"):
        return says("ollama", "", "ollama_pulls", value, listed_id=name, stated_on=day)

    proposal = proposed(
        *(entry("acme1", "10"), entry("acme1-big", "5"), entry("acme1-old", "9")),
        *(entry("acme1-old", "8", "2026-10-25"), entry("acme1", "2", "2026-10-25")),
    )
    assert {c.row: c.new for c in proposal.changes} == {
        "acme-1/ollama_pulls/2026-11-25": "5",
        "acme-1-mini/ollama_pulls/2026-11-25": "10",
        "acme-1-mini/ollama_pulls/2026-10-25": "2",
    }
    (dropped,) = proposal.dropped
    assert dropped.file == "acme1-old"


def test_lists_are_noted_in_their_order(proposed, says):
    proposal = proposed(
        says("epoch", "", "listed_in", "epoch", listed_id="Acme 1"),
        says("atom", "acme/Acme-1", "listed_in", "atom"),
        says("hub", "acme/Acme-1", "listed_in", "hub"),
    )
    assert [c.new for c in proposal.changes] == ["atom;hub", "atom;hub;epoch"]


def engine(
    engine="vllm", kind="architecture", name="AcmeForCausalLM", day="2025-01-09", bound="exact"
):
    return EngineName(engine, kind, name, "", day, bound, f"https://github.com/{engine}", "")


@pytest.mark.parametrize(
    "day, bound, new",
    [
        ("2025-01-09", "exact", {"first_on": "2025-01-09", "bound": "exact"}),
        ("2025-01-20", "latest", {"first_on": "2025-01-20"}),
        ("2025-03-01", "latest", None),
        ("2025-03-01", "exact", None),
        ("2025-02-01", "exact", {"bound": "exact"}),
    ],
)
def test_an_upper_bound_can_only_get_better(proposed, day, bound, new):
    proposal = proposed(engines=[engine(day=day, bound=bound)])
    found = edits(proposal, "engine_support")
    assert [e.cells for e in found] == ([new] if new else [])


@pytest.mark.parametrize("grade", ["A", "B", "D"])
def test_a_day_that_rests_on_more_than_a_reading_stands(read_record, said, grade):
    tables = read_record()
    for row in tables.rows["evidence"].values():
        if row["table"] == "engine_support":
            row["confidence"] = grade
    proposal = propose(said((), [engine(day="2025-01-09")]), tables)
    assert proposal.changes == []
    (conflict,) = proposal.conflicts
    assert (conflict.holds, conflict.says) == ("2025-02-01", "2025-01-09")
    assert conflict.rests_on.startswith(f"{grade} ")


def test_an_exact_day_stands(proposed):
    there = dict(engine="transformers", name="acme")
    proposal = proposed(engines=[engine(**there, day="2025-01-08")])
    assert proposal.changes == []
    assert proposal.conflicts[0].holds == "2025-01-09"
    assert proposed(engines=[engine(**there, day="2026-11-25", bound="latest")]).agreeing == 1


def test_a_name_not_seen_before_is_added_once_with_its_best_day(proposed):
    proposal = proposed(
        engines=[
            engine(name="NewForCausalLM", day="2026-11-25", bound="latest"),
            engine(name="NewForCausalLM", day="2026-11-20", bound="exact"),
        ]
    )
    assert changes(proposal) == [
        ("engine", "vllm/architecture/NewForCausalLM", "first_on", "", "2026-11-20")
    ]


# What is left out


@pytest.mark.parametrize(
    "column, value",
    [
        ("total_params_b", "30000000"),
        ("total_params_b", "-1"),
        ("context_tokens", "1e6"),
        ("released_on", "2017-01-01"),
        ("released_on", "2027-01-01"),
        ("likes", "-5"),
        ("reasoning", "perhaps"),
        ("licence", "MIT\nand more"),
    ],
)
def test_implausible_values_are_left_out_and_said(proposed, says, column, value):
    proposal = proposed(says("atom", "acme/Acme-1", column, value))
    assert (proposal.changes, proposal.conflicts) == ([], [])
    (dropped,) = proposal.dropped
    assert (dropped.source, dropped.found) == ("atom", value)
    assert dropped.expected


def test_new_models_are_those_of_organisations_or_lists(proposed, says):
    proposal = proposed(
        says("hub", "acme/New-7B", "hub_created_on", "2026-11-01"),
        says("atom", "acme/New-7B", "listed_in", "atom"),
        says("hub", "somebody/Llama-finetune", "likes", "1"),
        says("atom", "other/Tracked-8B", "listed_in", "atom"),
        says("hub", "acme/New-7B-GGUF", "likes", "1"),
        says("modelsdev", "acme/served", "reasoning", "none"),
    )
    found = [(new.hub_id, new.organisation_id, new.sources) for new in proposal.new_models]
    assert found == [
        ("acme/New-7B", "acme", ("hub", "atom")),
        ("other/Tracked-8B", "", ("atom",)),
    ]
    assert proposal.left_out == {"of nobody in the record": 1, "quantisation": 1}
    assert proposal.unmatched == {"modelsdev": ["acme/served"]}


def test_what_is_worth_reading(read_record):
    found = wanted(read_record())
    assert found.namespaces == ("acme",)
    assert found.configs == ("acme/Acme-1", "acme/Acme-1-Mini", "acme/Acme-2")
    assert found.names["vllm/architecture"] == {"AcmeForCausalLM"}
