from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measures.simulated import units as simulated

from almanac.measures import counting, techniques
from almanac.measures.intervals import FEW, effective_n, exact_binomial
from almanac.record import read_schema

SCHEMA = read_schema(Path(__file__).parents[2] / "data")
DRAWS = dict(size=400, seed=7, level=0.9)
NAMED = techniques.TECHNIQUES


def test_techniques_and_modes_are_the_schemas():
    technique = SCHEMA.tables["techniques"].field("technique")
    assert set(NAMED) == set(technique.constraints["enum"])
    mode = SCHEMA.tables["models"].field("reasoning")
    known = set(mode.constraints["enum"]) - {"none", "undisclosed"}
    assert set(techniques.MODES) == known | {"separate"}
    assert next(iter(techniques.TRAINING)) == "rl_verifiable"  # `taught` takes it by its place


def labels(*rows):
    columns = ["model_id", "technique", "teacher", "technique_confidence"]
    return pd.DataFrame([(*row, *(None, None))[:4] for row in rows], columns=columns)


@pytest.fixture
def record(models):
    """Two releases of two models, one of one, and one that does not reason."""
    rows = [
        dict(release_id="r0", organisation_id="a", family="F", reasoning="always"),
        dict(release_id="r0", organisation_id="a", family="F", reasoning="optional"),
        dict(release_id="r1", organisation_id="a", family="F", released_on="2025-04-01",
             reasoning="optional"),
        dict(release_id="r2", organisation_id="b", family="G", reasoning="always"),
        dict(release_id="r3", organisation_id="b", family="H", reasoning="none"),
        dict(release_id="r4", organisation_id="c", family="F", reasoning="always"),
    ]  # fmt: skip
    table = techniques.labelled(
        models(*rows),
        labels(
            ("m0", "cold_start_sft", None, "B"),
            ("m1", "rl_verifiable", None, "C"),
            ("m1", "hybrid_toggle", None, "A"),
            ("m2", "hybrid_toggle", None, "A"),
            ("m3", "sft_traces_teacher", "R1", "A"),
            ("m4", "rl_verifiable", None, "A"),  # does not reason
            ("m5", "undisclosed", None, None),
        ),
    )
    return counting.select(table, first_date="2025-01-01", as_of="2025-12-31")


def test_a_label_counts_with_its_evidence(record):
    assert record.set_index("model_id").grade.to_dict() == {
        "m0": "B", "m1": "C", "m2": "A", "m3": "A", "m4": "A", "m5": "A",
    }  # fmt: skip


def test_a_release_has_what_any_of_its_models_has(record):
    found = techniques.taught(record, "release").set_index("unit_id")
    assert found.statement.to_dict() == {
        "r0": "rl", "r2": "traces", "r4": "nothing", "r1": "nothing",
    }  # fmt: skip
    assert found.stated.to_dict() == {"r0": True, "r2": True, "r4": False, "r1": False}
    assert found.hybrid_toggle.to_dict() == {"r0": True, "r2": False, "r4": False, "r1": True}
    assert found.grade["r0"] == "C"


def test_models_and_families_too(record):
    models = techniques.taught(record, "model").set_index("unit_id")
    assert models.statement["m0"] == "traces" and models.statement["m1"] == "rl"
    families = techniques.taught(record, "family").set_index("unit_id")
    # one name in two organisations; of a/F only the first day, without the switch of r1
    assert families.statement.to_dict() == {"a/F": "rl", "b/G": "traces", "c/F": "nothing"}
    assert families.released_on["a/F"] == pd.Timestamp("2025-03-01")


def test_a_family_counts_from_its_first_model_that_reasons(models):
    table = models(
        dict(family="F", reasoning="none", released_on="2025-01-01"),
        dict(family="F", reasoning="always", released_on="2025-02-01"),
        dict(family="F", reasoning="always", released_on="2025-03-01"),
    )
    table = techniques.labelled(table, labels(("m2", "rl_verifiable", None, "A")))
    chosen = counting.select(table, first_date="2025-01-01", as_of="2025-12-31")
    found = techniques.taught(chosen, "family")
    assert found[["released_on", "statement"]].to_numpy().tolist() == [
        [pd.Timestamp("2025-02-01"), "nothing"]
    ]


@pytest.mark.parametrize("unit", counting.UNITS)
def test_specifications_count_the_same_units(record, unit):
    full = techniques.taught(record, unit)
    flags = ["rl_verifiable", "stated"]
    bare = counting.bare_models(techniques.thinking(record), flags)
    bare = counting.bare_units(bare, unit, flags)
    assert [counting.GRADES[place] for place in bare.grade] == list(full.grade)
    for column in (*flags, "released_on"):
        assert list(bare[column]) == list(full[column])
    firms = pd.factorize(full.organisation_id)[0]
    assert list(pd.factorize(bare.organisation_id)[0]) == list(firms)
    nothing = record[~record.is_reasoning]
    assert techniques.taught(nothing, unit).empty and techniques.thinking(nothing).empty


def test_the_share_is_of_those_stated(record):
    rows = techniques.taught(record, "release")
    found = techniques.rl_share(rows, "release", **DRAWS)
    assert (found.value, found.n, found.organisations, found.neutral) == (0.5, 2, 2, 0.5)
    assert (found.low, found.high) == exact_binomial(0.5, 2, 0.9)
    assert found.side == "unclear"
    assert techniques.rl_bounds(rows) == (0.25, 0.75)
    with pytest.raises(ValueError, match="no rows"):
        techniques.rl_share(rows[~rows.stated], "release", **DRAWS)


def trained(seed, **truth):
    """Simulated units, all of stated training, of which `is_moe` says whether RL was used."""
    rows = simulated(seed, **truth)
    return rows.assign(rl_verifiable=rows.is_moe, stated=True)


def test_a_planted_change_is_found_and_a_placebo_is_not():
    def sides(jump):
        return [
            techniques.rl_change(
                trained(seed, share=0.4, jump=jump), "2025-01-01", "release",
                size=200, seed=1, level=0.9,
            )
            for seed in range(20)
        ]  # fmt: skip

    planted, placebo = sides(0.4), sides(0.0)
    assert np.mean([one.value for one in planted]) == pytest.approx(40, abs=5)
    assert sum(one.side == "above" for one in planted) >= 18
    assert sum(one.side != "unclear" for one in placebo) <= 5
    with pytest.raises(ValueError, match="both sides"):
        techniques.rl_change(trained(1), "2030-01-01", "release", **DRAWS)


SHARES = (0.5, 0.2, 0.3)


def totals(seed, organisations, alike):
    """Counts of three kinds by organisation; the smaller `alike`, the more alike its rows."""
    random = np.random.default_rng(seed)
    sizes = random.poisson(4.0 * random.gamma(1.0, 1.0, organisations))
    tastes = random.dirichlet(np.array(SHARES) * alike, organisations)
    counts = pd.DataFrame(random.multinomial(sizes, tastes), columns=list("abc"))
    return counts[counts.sum(axis=1) > 0]


def coverage(seeds, organisations, alike):
    """How often the three intervals hold the three truths together."""
    held = []
    for seed in seeds:
        found = techniques.simultaneous(totals(seed, organisations, alike), 0.9)
        truth = np.array(SHARES)
        held.append(((found.low <= truth) & (truth <= found.high)).all())
    return np.mean(held)


def goodman(count, n, quantile):
    """Goodman's interval by its formula; the quantile is of a chi-square of one degree."""
    root = np.sqrt(quantile * (quantile + 4 * count * (n - count) / n))
    return [(quantile + 2 * count + sign * root) / (2 * (n + quantile)) for sign in (-1, 1)]


def test_organisations_of_one_row_get_goodmans_intervals():
    table = pd.DataFrame({"a": [1] * 4 + [0] * 4, "b": [0] * 4 + [1, 1, 0, 0],
                          "c": [0] * 6 + [1, 1]})  # fmt: skip
    found = techniques.simultaneous(table, 0.9)
    for kind, count in {"a": 4, "b": 2, "c": 2}.items():
        expected = goodman(count, 8, 4.528806)  # 1 - 0.1 / 3
        assert list(found.loc[kind, ["low", "high"]]) == pytest.approx(expected, abs=1e-5)
    assert list(found.share) == [0.5, 0.25, 0.25]


def test_copies_of_a_row_tell_nothing_new():
    """Twenty organisations with five rows all alike tell as much as twenty rows."""
    once = pd.DataFrame({"a": [1] * 12 + [0] * 8, "b": [0] * 12 + [1] * 8})
    one, five = techniques.simultaneous(once, 0.9), techniques.simultaneous(5 * once, 0.9)
    assert list(one.share) == list(five.share)
    # twenty draws tell as much as nineteen about a variance that is estimated from them
    assert list(one.loc["a", ["low", "high"]]) == pytest.approx(goodman(11.4, 19, 3.841459))
    narrow = techniques.simultaneous(pd.concat([once] * 5, ignore_index=True), 0.9)
    width = (five.high - five.low).a
    assert (narrow.high - narrow.low).a < 0.6 * width
    assert width == pytest.approx((one.high - one.low).a, rel=0.03)


def test_few_organisations_are_taken_as_so_many_rows():
    table = pd.DataFrame({"a": [9, 0, 1], "b": [0, 6, 1]})
    found = techniques.simultaneous(table, 0.9)
    assert len(table) < FEW
    n = effective_n(pd.Series([9, 6, 2]))
    assert list(found.share) == [10 / 17, 7 / 17]
    expected = goodman(10 / 17 * n, n, 3.841459)  # 1 - 0.1 / 2
    assert list(found.loc["a", ["low", "high"]]) == pytest.approx(expected, abs=1e-5)


def test_one_kind_alone_has_an_interval_too():
    found = techniques.simultaneous(pd.DataFrame({"a": [1] * 20, "b": [0] * 20}), 0.9)
    assert found.share.tolist() == [1, 0]
    assert 0.7 < found.low.a < 1 and found.low.b == 0 and 0 < found.high.b < 0.3
    with pytest.raises(ValueError, match="no rows"):
        techniques.simultaneous(pd.DataFrame({"a": [0], "b": [0]}), 0.9)


@pytest.mark.parametrize("alike", [1.0, 1e6], ids=["bursts", "independent"])
def test_simultaneous_intervals_are_not_far_off(alike):
    assert 0.8 <= coverage(range(60), 60, alike) <= 0.99


@pytest.mark.soak
@pytest.mark.parametrize(
    ("organisations", "alike", "most"),
    [(60, 1.0, 0.95), (60, 1e6, 0.95), (30, 1.0, 0.95), (15, 1.0, 0.95), (8, 1.0, 1.0)],
)
def test_simultaneous_intervals_cover_what_they_say(organisations, alike, most):
    """With fewer organisations than ten they are wide, and cover more."""
    assert 0.84 <= coverage(range(1000, 2000), organisations, alike) <= most


def test_statements_by_half_year_add_up(record):
    rows = techniques.taught(record, "release")
    found = techniques.statements_by_half_year(rows, "2025-06-29", 0.9)
    assert found[["period", "statement", "hits", "n"]].to_numpy().tolist() == [
        ["2025 H1", techniques.STATEMENTS["rl"], 1, 4],
        ["2025 H1", techniques.STATEMENTS["traces"], 1, 4],
        ["2025 H1", techniques.STATEMENTS["nothing"], 2, 4],
    ]
    assert found.share.sum() == 1 and not found.complete.any()
    assert (found.low <= found.share).all() and (found.share <= found.high).all()
    assert techniques.statements_by_half_year(rows, "2025-06-30", 0.9).complete.all()


def test_the_mix_counts_a_unit_once_a_label(record):
    found = techniques.technique_mix(techniques.taught(record, "release"), **DRAWS)
    assert found[["technique", "about", "hits", "n"]].to_numpy().tolist() == [
        [NAMED["hybrid_toggle"], "control", 2, 4],
        [NAMED["rl_verifiable"], "training", 1, 4],
        [NAMED["cold_start_sft"], "training", 1, 4],
        [NAMED["undisclosed"], "silence", 1, 4],
        [NAMED["sft_traces_teacher"], "training", 1, 4],
    ]
    assert (found.low < found.share).all() and (found.share < found.high).all()
    nothing = techniques.technique_mix(techniques.taught(record[:0], "release"), **DRAWS)
    assert nothing.empty and list(nothing) == list(found)


def test_before_the_day_in_words(record):
    rows = techniques.taught(record, "release")
    assert techniques.before_in_words(rows, "2025-03-15", "release") == (
        "Of the 3 reasoning releases before 15 March 2025, 1 state RL on verifiable rewards and 1 "
        "only traces or distillation."
    )
    assert techniques.before_in_words(rows, "2025-01-01", "release") == ""


def test_papers_are_found_in_any_value(record):
    evidence = pd.DataFrame(
        [
            ("models", "m0", "paper"),
            ("models", "m5", "card"),
            ("releases", "r1", "paper"),
            ("techniques", "m3/sft_traces_teacher", "paper"),
            ("releases", "r4x", "paper"),
        ],
        columns=["table", "row", "source_kind"],
    )
    found = techniques.with_paper(evidence, record, "release")
    assert found.to_dict() == {"r0": True, "r1": True, "r2": True, "r3": False, "r4": False}
    assert techniques.with_paper(evidence, record, "family")["a/F"]
    rows = techniques.taught(record, "release")
    told = techniques.papers_in_words(rows, rows.unit_id.map(found), "2025-03-15", "release")
    assert told == (
        "Training is stated for 2 of the 3 reasoning releases with a paper among their sources, "
        "and for 0 of the 1 without. Before 15 March 2025 67% have a paper, from then on 100%. "
        "Among those with a paper, RL on verifiable rewards is stated for 1 of 2 before that day "
        "and for 0 of 1 after."
    )
    all_read = pd.Series(True, rows.index)
    assert techniques.papers_in_words(rows, all_read, "2025-03-15", "release") == ""


@pytest.fixture
def school(models):
    """R1, two organisations that learned from it, and one that began as a pupil's weights."""
    rows = [
        dict(model_id="r1", organisation_id="deepseek", family="DeepSeek-R1",
             released_on="2025-01-20", reasoning="always", base_model_id=None),
        dict(model_id="r1-small", organisation_id="deepseek", family="DeepSeek-R1",
             released_on="2025-01-20", reasoning="always", base_model_id="qwen"),
        dict(model_id="pupil", organisation_id="a", family="P", released_on="2025-01-22",
             reasoning="always", base_model_id="qwen"),
        dict(model_id="heir", organisation_id="b", family="H", released_on="2025-02-20",
             reasoning="always", base_model_id="r1-small"),
        dict(model_id="grandchild", organisation_id="b", family="H", released_on="2025-03-20",
             reasoning="always", base_model_id="heir"),
        dict(model_id="qwq", organisation_id="q", family="QwQ", released_on="2025-03-05",
             reasoning="always", base_model_id=None),
        dict(model_id="later", organisation_id="q", family="Qwen3", released_on="2025-05-05",
             reasoning="optional", base_model_id=None),
    ]  # fmt: skip
    return counting.select(models(*rows), first_date="2025-01-01", as_of="2025-12-31")


LESSONS = labels(
    ("r1-small", "sft_traces_teacher", "DeepSeek-R1"),
    ("pupil", "sft_traces_teacher", "deepseek-r1-0528; QwQ-32B"),
    ("pupil", "cold_start_sft", "DeepSeek-R1"),
    ("later", "sft_traces_teacher", "QwQ-32B and others"),
    ("later", "strong_to_weak_distillation", "Qwen3-235B-A22B, Qwen3-32B"),
    ("qwq", "rl_verifiable", None),
    ("elsewhere", "sft_traces_teacher", "DeepSeek-R1"),
    ("heir", "sft_traces_teacher", "QwQuest and Alpha 9"),
)


def test_teachers_are_split_and_merged_by_line(school):
    found = techniques.teachers(LESSONS, school, school)
    same, another, unknown = techniques.HOUSES
    assert found[["model_id", "teacher", "house"]].to_numpy().tolist() == [
        ["r1-small", "DeepSeek-R1", same],
        ["pupil", "DeepSeek-R1", another],
        ["pupil", "QwQ", another],
        ["heir", "Alpha 9", unknown],
        ["heir", "QwQuest", another],  # its name goes on: another line
        ["later", "QwQ", same],
        ["later", "Qwen3", same],
    ]
    few = techniques.teachers(LESSONS, school[school.model_id == "pupil"], school)
    assert list(few.house) == [another, another]  # teachers that an edition leaves out are known
    assert techniques.ranked(found, 2)[["teacher", "pupils"]].to_numpy().tolist() == [
        ["DeepSeek-R1", 2], ["DeepSeek-R1", 2], ["QwQ", 2], ["QwQ", 2],
    ]  # fmt: skip
    assert techniques.teachers_in_words(found, 1) == (
        "Teachers named: 5. The most frequent: DeepSeek-R1 (2 models of 2 organisations, the last "
        "on 22 January 2025)."
    )
    assert techniques.teachers(LESSONS, school[:0], school).empty
    assert techniques.teachers_in_words(found[:0]) == "No model counted here names a teacher."


def test_lines_of_weights_go_through_pupils(school):
    assert techniques.built_on(school, "DeepSeek-R1") == {"heir", "grandchild"}
    assert techniques.built_on(school, "Qwen3") == set()
    circle = school.assign(base_model_id=school.base_model_id.mask(school.model_id == "r1", "heir"))
    assert techniques.built_on(circle, "DeepSeek-R1") == {"heir", "grandchild"}


def test_followers_by_organisation(school):
    lessons = techniques.teachers(LESSONS, school, school)
    pupils = lessons.model_id[lessons.teacher == "DeepSeek-R1"]
    begun = techniques.built_on(school, "DeepSeek-R1")
    found = techniques.followers(school, pupils, begun, "2025-01-20")
    columns = ["organisation_id", "days", "taught", "built", "models"]
    assert found[columns].to_numpy().tolist() == [
        ["deepseek", 0, 1, 0, 1], ["a", 2, 1, 0, 1], ["b", 31, 0, 2, 2],
    ]  # fmt: skip
    told = techniques.followers_in_words(found, "DeepSeek-R1", "deepseek")
    assert told == (
        "Models that learned from DeepSeek-R1, or began as its weights or those of its pupils: 4, "
        "of 3 organisations. That DeepSeek-R1 was the teacher is stated for 2; such weights were "
        "the start of 2; 1 came from the teacher's own organisation. The first from another one, "
        "Model 2, came after 2 days."
    )
    nothing = techniques.followers(school, [], [], "2025-01-20")
    assert "No model counted here" in techniques.followers_in_words(nothing, "R1", "deepseek")


@pytest.fixture
def switches(models):
    """One family that split and merged again, one that merged, one with both at once, one plain."""
    two = {"t": ("optional", "hybrid_toggle"), "s": ("always", "separate_thinking_model")}
    plan = {"Split": "tsst", "Merged": "st", "At once": None, "Plain": "tt"}
    rows, marks = [], []
    for family, kinds in plan.items():
        days = enumerate(kinds) if kinds else ((0, "t"), (0, "s"))
        for month, kind in days:
            reasoning, technique = two[kind]
            marks.append((f"m{len(rows)}", technique, None, "A"))
            rows.append(dict(family=family, organisation=family, reasoning=reasoning,
                             released_on=f"2025-0{month + 1}-01"))  # fmt: skip
    rows.append(dict(family="Always", reasoning="always", released_on="2025-08-01"))
    table = techniques.labelled(models(*rows), labels(*marks))
    chosen = counting.select(table, first_date="2025-01-01", as_of="2025-12-31")
    return techniques.modes(chosen)


def test_modes_by_half_year(switches):
    found = techniques.modes_by_half_year(switches)
    assert found.to_numpy().tolist() == [
        ["2025 H1", techniques.MODES["optional"], 6],
        ["2025 H1", techniques.MODES["separate"], 4],
        ["2025 H2", techniques.MODES["always"], 1],
    ]


def test_turns_tell_which_way_a_family_went(switches):
    found = techniques.turns(switches, ["organisation", "family"])
    assert found[["family", "turn", "turns"]].to_numpy().tolist() == [
        ["At once", "both at once", 0], ["Merged", "merged", 1], ["Split", "split", 2],
    ]  # fmt: skip
    assert found.stretches.iloc[2] == (
        "switch from 2025-01-01; separate from 2025-02-01; switch from 2025-04-01"
    )
    assert found.turned_on.iloc[2] == pd.Timestamp("2025-02-01")
    assert techniques.turns_in_words(found) == (
        "Families that had both at some time: 3. First came a switch and then separate models in "
        "1, the other way round in 1, both at once in 1. More than one turn: Split."
    )
    assert "No family" in techniques.turns_in_words(found[:0])
