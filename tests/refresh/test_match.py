"""Exact Hub ids, then reviewed aliases, and nothing that merely looks alike."""

from almanac.refresh.match import about, match, settled


def matched(read_record, *statements):
    return match(statements, read_record())


def test_hub_ids_match_whatever_their_case(read_record, says):
    found = matched(read_record, says("modelsdev", "ACME/acme-1", "reasoning", "none"))
    assert set(found.statements) == {("acme-1", "modelsdev")}


def test_aliases_match_by_the_listed_name(read_record, says):
    found = matched(
        read_record,
        says("epoch", "", "total_params_b", "100", listed_id="Acme 1"),
        says("epoch", "", "total_params_b", "100", listed_id="acme 1"),
        says("llmstats", "", "total_params_b", "100", listed_id="Acme 1"),
    )
    assert set(found.statements) == {("acme-1", "epoch")}
    assert set(found.unmatched) == {("epoch", "acme 1"), ("llmstats", "Acme 1")}


def test_what_a_reviewer_left_out_stays_out(read_record, says):
    one = says("hub", "acme/Left-Out", "likes", "1")
    found = matched(read_record, one, one._replace(column="downloads_30d"))
    assert (found.statements, found.unmatched) == ({}, {})
    assert found.left_out == {"quantisation": 1}, "an entry counts once"


def test_a_word_on_a_repository_holds_for_every_list(read_record, says):
    found = matched(read_record, says("atom", "acme/Left-Out", "listed_in", "atom"))
    assert (found.unmatched, found.left_out) == ({}, {"quantisation": 1})


def test_a_copy_on_the_hub_speaks_only_where_the_model_itself_does_not(read_record, says):
    copy = "acme/Acme-1-Copy"
    found = matched(
        read_record,
        says("hub", copy, "likes", "9"),
        says("hub", copy, "total_params_b", "101"),
        says("hub", copy, "licence", "MIT"),
        says("hub", "acme/Acme-1", "total_params_b", "100"),
    )
    stated = [(s.hub_id, s.column) for s in found.statements["acme-1", "hub"]]
    assert stated == [("acme/Acme-1", "total_params_b"), (copy, "licence")]


def test_nothing_is_matched_by_a_likeness(read_record, says):
    names = ("acme/Acme-1-FP8", "acme/Acme1", "other/Acme-1", "acme/Acme-1.")
    found = matched(read_record, *(says("hub", name, "likes", "1") for name in names))
    assert found.statements == {}
    assert len(found.unmatched) == 4


def test_the_newest_snapshot_is_a_sources_word(says):
    old = says("epoch", "a/b", "total_params_b", "7", stated_on="2025-01-01")
    new = old._replace(value="8", stated_on="2026-01-01")
    (one,) = settled([new, old])["total_params_b"]
    assert one.value == "8"


def test_the_day_most_name_wins_and_fills_only_with_a_majority(says):
    def day(*days):
        return settled([says("modelsdev", "a/b", "released_on", d) for d in days])["released_on"][0]

    one = day("2025-01-02", "2025-01-01", "2025-01-02")
    assert (one.value, one.fills, one.note) == ("2025-01-02", True, "2 of 3 entries say so")
    one = day("2025-01-02", "2025-01-01")
    assert (one.value, one.fills) == ("2025-01-01", False)


def test_what_providers_disagree_on_fills_nothing(says):
    flags = [says("modelsdev", "a/b", "reasoning", v) for v in ("none", "optional", "optional")]
    (one,) = settled(flags)["reasoning"]
    assert (one.value, one.fills) == ("optional", False)
    context = [says("modelsdev", "a/b", "context_tokens", v) for v in ("4096", "131072")]
    assert settled(context)["context_tokens"][0].value == "131072"


def test_counts_keep_their_days(says):
    likes = [says("hub", "a/b", "likes", v, stated_on=d) for v, d in
             (("5", "2026-01-01"), ("8", "2026-02-01"), ("9", "2026-02-01"))]  # fmt: skip
    assert [(s.stated_on, s.value) for s in settled(likes)["likes"]] == [
        *(("2026-01-01", "5"), ("2026-02-01", "9")),
    ]


def test_what_an_entry_is(says):
    statements = [
        says("hub", "a/b", "pipeline", "text-generation"),
        says("hub", "a/b", "likes", "1"),
    ]
    assert about(statements) == {"pipeline": "text-generation"}
