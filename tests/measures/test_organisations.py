import pandas as pd
import pytest

from almanac.measures import organisations

ACME = {"organisation_id": "acme", "name": "Acme", "country": "US", "region": "us"}


def release(key, day="2025-01-01", organisation="acme", **other):
    return {
        "release_id": key, "organisation_id": organisation, "name": f"Release {key}", "family": "F",
        "released_on": day, "date_precision": "day", "status": "released",
    } | other  # fmt: skip


def model(key, of, **other):
    return {
        "model_id": key, "release_id": of, "name": f"Model {key}", "role": "flagship",
        "total_params_b": 7, "architecture": "dense", "modality": "text", "licence": "MIT",
        "licence_class": 4, "reasoning": "none",
    } | other  # fmt: skip


@pytest.fixture
def profile_of(record_of):
    """The profile of Acme, of these releases and models."""

    def build(releases, models, **other):
        record = record_of(
            {"organisations": [ACME | other], "releases": releases, "models": models}
        )
        (found,) = organisations.profiles(record)
        return found

    return build


def test_counts_and_ends(profile_of):
    one = profile_of(
        [release("r2", "2025-06-01"), release("r1", "2024-01-01"), release("r3", "2025-06-02")],
        [
            model("b", "r1", role="size", total_params_b=70),
            model("a", "r1", total_params_b=7),
            model("c", "r2", total_params_b=70),
            model("d", "r3", total_params_b=""),
        ],
        parent="Holding",
    )
    assert (one.releases, one.models, one.unreleased, one.parent) == (3, 4, 0, "Holding")
    assert (one.first.model_id, one.first.release) == ("a", "Release r1")  # the flagship
    assert (one.last.model_id, one.last.released_on) == ("d", pd.Timestamp("2025-06-02"))
    assert (one.largest.model_id, one.unsized) == ("b", 1)  # the first of equals


def test_a_last_release_is_known_by_its_flagship(profile_of):
    one = profile_of([release("r")], [model("z", "r"), model("a", "r", role="base")])
    assert one.last.model_id == "z"


def test_the_first_of_a_kind(profile_of):
    one = profile_of(
        [release("r1", "2024-01-01"), release("r2", "2025-01-01"), release("r3", "2025-02-01")],
        [
            model("a", "r1"),
            model("b", "r2", architecture="moe", reasoning="optional"),
            model("c", "r3", architecture="moe", reasoning="always"),
        ],
    )
    assert one.first_moe == organisations.First(one.first_moe.mark, 0)
    assert one.first_moe.mark.model_id == one.first_reasoning.mark.model_id == "b"


@pytest.mark.parametrize(
    "said, mark, unknown",
    [
        (["none", "none", "none"], None, 0),  # known to have none
        (["none", "undisclosed", "none"], None, 1),
        (["undisclosed", "always", "undisclosed"], "m1", 1),  # a later one changes nothing
        (["none", "optional", "always"], "m1", 0),
    ],
)
def test_unknown_is_never_none(said, mark, unknown, profile_of):
    one = profile_of(
        [release(f"r{n}", f"2025-0{n + 1}-01") for n in range(3)],
        [model(f"m{n}", f"r{n}", reasoning=what) for n, what in enumerate(said)],
    )
    found = one.first_reasoning
    assert (found.mark and found.mark.model_id) == mark
    assert found.unknown == unknown


def test_what_is_not_released_is_counted_apart(profile_of):
    one = profile_of(
        [release("r1", "", status="announced"), release("r2", status="withdrawn")],
        [model("a", "r1", architecture="moe"), model("b", "r2")],
    )
    assert (one.releases, one.models, one.unreleased) == (0, 0, 2)
    assert one.first is one.last is one.largest is one.first_moe.mark is None


def test_they_come_by_name_and_those_with_most_models_stay(record_of):
    others = [ACME | {"organisation_id": f"o{n}", "name": name} for n, name in
              enumerate(["beta", "Alpha", "Gamma"])]  # fmt: skip
    record = record_of(
        {
            "organisations": others,
            "releases": [release("r0", organisation="o0"), release("r2", organisation="o2")],
            "models": [model("a", "r0"), model("b", "r2"), model("c", "r2", role="size")],
        }
    )
    found = organisations.profiles(record)
    assert [one.name for one in found] == ["Alpha", "beta", "Gamma"]
    assert [one.name for one in organisations.busiest(found, 2)] == ["beta", "Gamma"]
    assert organisations.busiest(found, 9) == found
    with pytest.raises(ValueError, match="most_organisations is 0"):
        organisations.busiest(found, 0)


def test_they_are_counted_in_words(record_of):
    record = record_of(
        {
            "organisations": [
                ACME, ACME | {"organisation_id": "b", "country": "CN"},
                ACME | {"organisation_id": "idle", "country": "FR"},
            ],
            "releases": [release("r"), release("s", organisation="b")],
            "models": [
                model("m", "r", architecture="moe"), model("n", "s", reasoning="undisclosed")
            ],
        }
    )  # fmt: skip
    assert organisations.in_words(organisations.profiles(record)) == (
        "2 organisations of 2 countries and territories have released open-weights models: "
        "1 of them a mixture-of-experts, 0 a reasoning model (of 1 more it is not known)."
    )
