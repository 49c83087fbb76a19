import math

import numpy as np
import pandas as pd
import pytest

from almanac.measures import audit
from almanac.measures.intervals import cluster_bootstrap, sums_by

DRAWS = dict(size=200, seed=1, level=0.9)
ATOM = "https://github.com/Interconnects-AI/tracked-models"
EPOCH = "https://epoch.ai/data/ai-models"
DEV = "https://models.dev"
HUB = "https://huggingface.co/acme/one"


def said(row, column, value, url, kind="aggregator", grade="C", note=""):
    table = "releases" if column.endswith("_on") else "models"
    return dict(table=table, row=row, column=column, value=value, source_url=url,
                source_kind=kind, confidence=grade, note=note)  # fmt: skip


VALUES = {
    "organisations": [dict(organisation_id="acme", region="us")],
    "releases": [
        dict(release_id="r1", organisation_id="acme", name="One", released_on="2025-01-20",
             status="released", date_precision="day"),
        dict(release_id="r2", organisation_id="acme", name="Two", released_on="2025-06-01",
             status="released", date_precision="day"),
    ],
    "models": [
        dict(model_id="m1", release_id="r1", total_params_b="671", context_tokens="131072",
             reasoning="always", architecture="moe", n_routed_experts="256"),
        dict(model_id="m2", release_id="r2", total_params_b="70", context_tokens="8192",
             reasoning="none", architecture="dense"),
    ],
    "evidence": [
        said("r1", "released_on", "2025-01-20", HUB, "vendor", "A", "stated by the vendor"),
        said("r1", "released_on", "2025-01-20", ATOM),
        said("r1", "released_on", "2025-02-20", EPOCH),
        said("r1", "hub_created_on", "2025-01-18", HUB, "hub"),
        said("r2", "released_on", "2025-06-01", EPOCH),  # the record rests on it
        said("m1", "total_params_b", "671", HUB, "vendor", "A"),
        said("m1", "total_params_b", "685", HUB, "hub"),  # within 2 % of it not, but nearly
        said("m1", "total_params_b", "670", ATOM),
        said("m1", "context_tokens", "131072", HUB, "config", "A"),
        said("m1", "context_tokens", "128000", DEV),
        said("m1", "reasoning", "always", HUB, "card", "B"),
        said("m1", "reasoning", "yes", DEV),
        said("m2", "reasoning", "none", HUB, "card", "B"),
        said("m2", "reasoning", "yes", DEV),
    ],
}  # fmt: skip


@pytest.fixture
def record(record_of):
    return record_of(VALUES)


def pair(table, column, first, second):
    row = table[(table.column == column) & (table["first"] == first) & (table.second == second)]
    return row.iloc[0]


@pytest.fixture
def models(record):
    return record.models_with_release().assign(grade="B", organisation_id=["acme", "else"])


def held(found, column, source):
    return found[(found.column == column) & (found.source == source)]


def test_lists_are_compared_with_values_that_rest_on_vendors(record, models):
    found = audit.against_record(audit.statements(record), models, meant=False)
    epoch = held(found, "released_on", "epoch")
    assert (epoch.days.tolist(), epoch.agree.tolist()) == ([31], [False])  # r2 rests on Epoch
    assert held(found, "released_on", "atom").agree.tolist() == [True]
    assert "vendors" not in set(found.source)
    assert set(found.grade) == {"A", "B"}


def test_the_day_a_repository_was_made_is_the_hubs_word_on_the_release_day(record, models):
    said = audit.statements(record)
    hub = held(audit.against_record(said, models, meant=False), "released_on", "hub")
    assert hub.days.tolist() == [-2]
    assert held(audit.against_record(said, models), "released_on", "hub").empty


def test_two_sources_are_compared_where_both_speak(record):
    found = audit.agreement(audit.statements(record), 0.9)
    both = pair(found, "released_on", "ATOM Project", "Epoch AI")
    assert (both.both, both.agree, both.days, both.later) == (1, 0, 31, 31)
    none = (found["first"] == "ATOM Project") & (found.second == "models.dev")
    assert found[none].empty


def test_rounded_parameters_and_contexts_agree(record, models):
    found = audit.against_record(audit.statements(record), models)
    assert held(found, "total_params_b", "atom").agree.tolist() == [True]
    assert held(found, "total_params_b", "hub").agree.tolist() == [False]
    assert held(found, "context_tokens", "modelsdev").agree.tolist() == [True]


def test_reasoning_is_compared_as_a_flag(record, models):
    found = audit.agreement(audit.statements(record), 0.9)
    dev = pair(found, "reasoning", "vendors' own words", "models.dev")
    assert (dev.both, dev.agree, dev.kappa) == (2, 1, 0)
    assert math.isnan(pair(found, "released_on", "vendors' own words", "Epoch AI").kappa)
    flags = held(audit.against_record(audit.statements(record), models), "reasoning", "modelsdev")
    assert sorted(flags.agree) == [False, True]


def test_the_share_over_all_lists(record, models):
    found = audit.share_agreeing(audit.against_record(audit.statements(record), models), **DRAWS)
    # atom day, epoch day, hub and atom size, context, two reasoning flags
    assert found.n == 7
    assert found.value == pytest.approx(4 / 7)
    assert (found.organisations, found.confidence, found.vendor_share) == (2, "B", 1)


def test_near_are_days_within_a_week_and_rounded_parameters(record_of, models):
    more = [said("r1", "released_on", day, url) for day, url in [("2025-01-27", DEV), (
            "2025-01-28", "https://github.com/vllm-project/recipes")]]  # fmt: skip
    record = record_of({**VALUES, "evidence": [*VALUES["evidence"], *more]})
    found = audit.against_record(audit.statements(record), models, near=True)
    assert held(found, "released_on", "modelsdev").agree.tolist() == [True]
    assert held(found, "released_on", "recipes").agree.tolist() == [False]
    assert held(found, "total_params_b", "hub").agree.tolist() == [True]  # 685 for 671
    assert held(found, "reasoning", "modelsdev").agree.sum() == 1


def test_agreement_by_column_and_list(record, models):
    found = audit.against_record(audit.statements(record), models)
    table = audit.by_column_and_list(found, 1, **DRAWS).set_index("what")
    assert list(table.index)[:2] == ["day · ATOM", "day · Epoch"]
    assert table.loc["reasoning · models.dev", ["n", "models", "share"]].tolist() == [2, 1, 0.5]
    assert table.loc["reasoning · models.dev", "low"] < 0.5
    few = audit.by_column_and_list(found, 2, **DRAWS)
    assert few.what.tolist() == ["reasoning · models.dev"]


def test_days_apart(record, models):
    held = audit.against_record(audit.statements(record), models, meant=False)
    found = audit.day_differences(held)
    table = found.set_index(["source", "apart"])
    assert table.loc[("ATOM Project", "same day"), "releases"] == 1
    assert table.loc[("Epoch AI", "over 30 days"), "share"] == 1
    assert table.loc[("Hub metadata", "1 to 7 days"), "releases"] == 1


def test_the_worst_are_named_with_the_reason_for_the_choice(record):
    names = record.releases.set_index("release_id").name
    rows = audit.worst(audit.statements(record)["released_on"], "released_on", names, 5)
    assert rows.name.tolist() == ["One"]  # the day its repository was made is no mistake
    assert rows.source.tolist() == ["Epoch AI"]
    assert rows.apart.tolist() == [31]
    assert rows.why.tolist() == ["stated by the vendor"]
    assert rows.grade.tolist() == ["A"]
    assert len(audit.worst(audit.statements(record)["released_on"], "released_on", names, 0)) == 0
    models = pd.Series({"m1": "Model 1", "m2": "Model 2"})
    sizes = audit.statements(record)["total_params_b"]
    assert audit.worst(sizes, "total_params_b", models, 1).why.item() == (
        "the organisation's own word"
    )


def test_contradicted_values_by_the_grade_they_rest_on(record):
    table = audit.choices(audit.statements(record)).set_index("column")
    assert table.loc["released_on", ["values", "A", "B", "C", "D"]].tolist() == [1, 1, 0, 0, 0]
    assert table.loc["reasoning", ["values", "B"]].tolist() == [1, 1]
    assert "context_tokens" not in table.index


def test_what_is_missing_is_asked_of_those_it_applies_to(record):
    table = audit.missing(record.models_with_release()).set_index(["field", "year"])
    assert table.loc[("routed experts", 2025), ["n", "missing"]].tolist() == [1, 0]
    assert table.loc[("experts per token", 2025), ["n", "missing"]].tolist() == [1, 1]
    assert table.loc[("licence", 2025), ["n", "missing"]].tolist() == [2, 2]
    assert table.loc[("total parameters", 2025), "share"] == 0


def listed(*lists):
    return pd.DataFrame(
        {
            "release_id": [f"r{number}" for number in range(len(lists))],
            "organisation_id": [f"o{number % 12}" for number in range(len(lists))],
            "listed_in": lists,
            "grade": "A",
        }
    )


def test_a_release_is_on_a_list_if_any_of_its_models_is():
    models = listed("atom", "hub;atom", None).assign(release_id=["r", "r", "s"])
    held = audit.captures(models).set_index("release_id")
    assert held.loc["r", ["atom", "hub", "lists"]].tolist() == [True, True, 2]
    assert held.loc["s", "lists"] == 0


def test_the_bound_on_unlisted_releases_is_chaos():
    alone = ["atom"] * 30 + ["hub"] * 10
    held = audit.captures(listed(*alone, *["atom;hub"] * 14, *["atom;hub;epoch"] * 20))
    found = audit.unlisted(held, **DRAWS)
    assert found.value == pytest.approx((40**2 - 30**2 - 10**2) / (2 * 15))
    assert found.low < found.value and found.high is None
    assert found.n == 74


def test_the_lower_end_of_the_bound_is_one_sided():
    held = audit.captures(listed(*["atom"] * 30, *["hub"] * 10, *["atom;hub"] * 14))

    def low(level):
        return audit.unlisted(held, size=400, seed=1, level=level).low

    # of 400 draws a tenth lies below the end at 0.9, not a twentieth as in a two-sided interval
    assert low(0.95) < low(0.9) < low(0.8)
    two_sided = cluster_bootstrap(
        sums_by(held.organisation_id, atom=held.atom & (held.lists == 1),
                hub=held.hub & (held.lists == 1), twice=held.lists == 2),
        lambda sums: sums.atom * sums.hub / (sums.twice + 1), size=400, seed=1, level=0.8,
    )  # fmt: skip
    assert low(0.9) == pytest.approx(two_sided[0])


def test_releases_on_no_list_do_not_move_the_bound():
    lists = ["atom"] * 30 + ["atom;hub"] * 14
    more = [*lists, *[None] * 9]
    assert (
        audit.unlisted(audit.captures(listed(*more)), **DRAWS).value
        == audit.unlisted(audit.captures(listed(*lists)), **DRAWS).value
    )


def test_without_lists_there_is_no_bound():
    with pytest.raises(ValueError, match="no list holds"):
        audit.unlisted(audit.captures(listed(None, None)), **DRAWS)


def test_the_bound_is_right_for_independent_lists_of_unlike_reach():
    random, names = np.random.default_rng(7), np.array(["atom", "epoch", "hub", "recipes"])
    found, truth, below = [], [], 0
    for _ in range(60):
        on = random.random((400, 4)) < [0.5, 0.4, 0.3, 0.2]
        models = listed(*[";".join(names[row]) or None for row in on])
        models["organisation_id"] = [f"o{number}" for number in range(400)]
        bound = audit.unlisted(audit.captures(models), **DRAWS)
        found.append(bound.value)
        truth.append((~on.any(axis=1)).sum())
        below += bound.low <= truth[-1]
    assert np.mean(found) == pytest.approx(np.mean(truth), rel=0.05)
    assert 48 <= below <= 59  # of 60, at a level of 0.9


def test_days_known_to_the_month_are_not_compared(record_of):
    vague = [dict(row, date_precision="month") for row in VALUES["releases"]]
    found = audit.agreement(audit.statements(record_of({**VALUES, "releases": vague})), 0.9)
    assert found[found.column == "released_on"].empty


def test_sources_say_when_they_were_last_read(record_of):
    read = [dict(row, accessed_on="2026-10-01") for row in VALUES["evidence"]]
    read[1]["accessed_on"] = "2026-11-01"  # the ATOM Project's day
    table = audit.lists(record_of({**VALUES, "evidence": read})).set_index("source")
    assert table.loc["ATOM Project", "values"] == 2
    assert table.loc["ATOM Project", "last_read"] == pd.Timestamp("2026-11-01")
    assert table.loc["Epoch AI", "last_read"] == pd.Timestamp("2026-10-01")
