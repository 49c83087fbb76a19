import pandas as pd
import pytest

from almanac.measures import claims
from almanac.measures.claims import NotHere, Part, Reader, Verdict, verdict


def parts(text):
    """Parts from a short form, as in "claim+ claim- caveat? beyond"."""
    signs = {"+": True, "-": False, "?": None}
    return [
        Part(f"{number}", signs.get(word[-1]), word.rstrip("+-?"))
        for number, word in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("claim+", "supported"),
        ("claim+ caveat-", "supported"),
        ("claim+ caveat+", "supported with caveat"),
        ("claim+ caveat- beyond", "supported with caveat"),
        ("claim+ opinion", "supported with caveat"),
        ("claim+ claim-", "overstated"),
        ("claim+ claim- caveat+ today-", "overstated"),
        ("claim-", "wrong"),
        ("claim- claim- caveat+", "wrong"),
        ("claim+ today+", "supported"),
        ("claim+ today- caveat+", "superseded"),
        ("beyond", "outside the record"),
        ("beyond opinion", "outside the record"),
        ("opinion opinion", "opinion"),
        ("claim+ note?", "supported"),
        # what is not here may be either way
        ("claim?", "undecided"),
        ("claim+ claim?", "undecided"),
        ("claim- claim?", "undecided"),  # overstated or wrong
        ("claim+ claim- claim?", "overstated"),
        ("claim+ caveat?", "undecided"),
        ("claim+ caveat? caveat+", "supported with caveat"),
        ("claim+ caveat? beyond", "supported with caveat"),
        ("claim+ today?", "undecided"),
    ],
)
def test_the_rule(text, expected):
    assert verdict(parts(text)) == expected
    assert verdict(reversed(parts(text))) == expected


def test_a_claim_without_parts_has_no_verdict():
    with pytest.raises(ValueError, match="without parts"):
        verdict(parts("note+"))


@pytest.mark.parametrize(
    "recorded, text, expected",
    [
        ("supported", "claim+ claim-", ["1"]),
        ("supported", "claim+ caveat+ beyond", ["0", "1"]),  # no single part gives it back
        ("overstated", "claim+ claim+ caveat+", ["0", "1"]),
        ("superseded", "claim+ today+", ["1"]),
        ("supported", "claim+ claim?", ["1"]),
        ("supported", "claim+", []),
    ],
)
def test_the_parts_that_stand_against_a_recorded_verdict(recorded, text, expected):
    found = parts(text)
    one = Verdict("c", "Claim", "because", recorded, verdict(found), tuple(found))
    assert [part.words for part in one.turned()] == expected
    assert one.agrees is not expected or expected == []


MODEL = {"architecture": "dense", "role": "flagship", "reasoning": "none", "licence": "MIT"}


@pytest.fixture
def small(record_of):
    """A record of a chain of models: a base, what its maker and what another makes of it."""
    owners = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c", "late": "a"}
    days = dict(zip(owners, ["2025-01-01", "2025-02-01", "2025-03-01", "2025-03-01", "", ""],
                    strict=True)) | {"late": "2026-01-01"}  # fmt: skip
    bases = {"a2": "a1", "b1": "a2", "b2": "b1"}
    sizes = {"a1": 10, "a2": 20, "b1": 500, "b2": 30, "c1": 2000, "late": 900}
    return record_of(
        {
            "organisations": [
                {"organisation_id": o, "name": o.upper(), "region": r}
                for o, r in (("a", "us"), ("b", "china"), ("c", "us"))
            ],
            "releases": [
                {
                    "release_id": f"r-{m}",
                    "organisation_id": o,
                    "name": f"Release {m}",
                    "released_on": days[m],
                    "announced_on": days[m] or "2025-01-15",
                    "status": "released" if days[m] else "announced",
                }
                for m, o in owners.items()
            ],
            "models": [
                MODEL
                | {
                    "model_id": m,
                    "release_id": f"r-{m}",
                    "name": m.upper(),
                    "base_model_id": bases.get(m, ""),
                    "total_params_b": sizes[m],
                }
                for m in owners
            ],
            "configs": [{"model_id": "a1", "attention": "gqa"}],
            "techniques": [{"model_id": "a2", "technique": "rl_verifiable", "algorithm": "GRPO"}],
            "events": [{"event_id": "e", "date": "2025-02-02", "label": "E", "kind": "news"}],
            "capabilities": [
                {"subject": "A1", "metric": "eci", "value": v, "measured_on": d}
                for v, d in ((1, "2025-01-01"), (2, "2025-06-01"))
            ],
            "claims": [
                {"claim_id": i, "claim": f"Claim {i}", "said_by": "x", "said_on": "2025-07-15",
                 "verdict": "supported", "because": "so"}
                for i in ("one", "three", "two")
            ],
            "evidence": [
                {"table": t, "row": r, "column": c, "value": v, "confidence": g,
                 "source_url": f"https://x.org/{g}", "source_kind": "card"}
                for t, r, c, v, g in (
                    ("models", "a1", "total_params_b", "10", "B"),
                    ("models", "a1", "total_params_b", "11", "A"),
                    ("releases", "r-a1", "released_on", "2025-01-01", "C"),
                    ("techniques", "a2/rl_verifiable", "technique", "rl_verifiable", "A"),
                )
            ],
        }
    )  # fmt: skip


def reader(record, as_of="2025-12-31"):
    return Reader(record, "2025-07-15", as_of, 8, 900.0)


def test_a_reader_knows_only_what_was_there_on_its_last_day(small):
    r = reader(small)
    assert set(r.models.index) == {"a1", "a2", "b1", "b2", "c1"}
    assert set(r.released.index) == {"a1", "a2", "b1", "b2"}
    assert list(r.until(pd.Timestamp("2025-02-01")).index) == ["a1", "a2"]
    early = reader(small, "2025-01-10")
    assert list(early.models.index) == ["a1"]
    for ask in (
        lambda: early.value("c1", "total_params_b"),
        lambda: early.event("e"),
        lambda: r.model("late"),
        lambda: r.model("never"),
        lambda: r.value("a1", "active_params_b"),  # blank
        lambda: r.value("a2", "attention"),  # no configuration
        lambda: r.score("A1", "arena"),
    ):
        with pytest.raises(NotHere):
            ask()


def test_a_reader_remembers_what_it_read(small):
    r = reader(small)
    assert r.value("a1", "total_params_b") == 10
    assert r.value("a1", "released_on") == pd.Timestamp("2025-01-01")
    assert r.value("a1", "attention") == "gqa"
    assert list(r.techniques("a2").algorithm) == ["GRPO"]
    assert r.event("e") == pd.Timestamp("2025-02-02")
    assert (r.score("A1", "eci"), r.score("A1", "eci", "2025-01-01")) == (2, 1)
    assert r.cells == [
        ("models", "a1", "total_params_b"),
        ("releases", "r-a1", "released_on"),
        ("configs", "a1", "attention"),
        ("techniques", "a2/rl_verifiable", "technique"),
        ("events", "e", "date"),
        ("capabilities", "A1/eci/2025-06-01", "value"),
        ("capabilities", "A1/eci/2025-01-01", "value"),
    ]
    assert r.read == ["a1", "a2"]


def test_a_model_is_its_makers_own_if_all_it_was_made_from_is(small):
    assert reader(small).models.own.to_dict() == {
        "a1": True, "a2": True, "b1": False, "b2": False, "c1": True,
    }  # fmt: skip


CHECKS = {
    "two": [
        ("claim", lambda r: (f"A1 has {r.value('a1', 'total_params_b'):g}.", True)),
        ("caveat", lambda r: (r.name("late"), True)),
    ],
    "one": [("claim", lambda r: (f"{len(r.techniques('a2'))} label.", False))],
}


def judged(record, as_of="2025-12-31"):
    return claims.judge(record, CHECKS, as_of=as_of, weeks=8, near_trillion_b=900.0)


def test_claims_are_judged_in_the_order_of_the_checks(small):
    two, one, three = judged(small)
    assert (two.claim_id, two.computed) == ("two", "undecided")
    assert [part.words for part in two.parts] == ["A1 has 10.", "Not in this edition: late."]
    assert two.parts[0].models == ("a1",)
    assert (one.claim_id, one.computed, one.recorded) == ("one", "wrong", "supported")
    assert (three.claim_id, three.computed) == ("three", "undecided")
    assert three.parts[0].words == "No check is written for this claim."
    later = {v.claim_id: v.computed for v in judged(small, "2026-06-30")}
    assert later == {"two": "supported with caveat", "one": "wrong", "three": "undecided"}


def test_nothing_is_decided_before_a_claim_is_made(small):
    found = judged(small, "2025-07-14")
    assert {v.computed for v in found} == {"undecided"}
    assert "ends before 15 July 2025" in found[0].parts[0].words
    assert judged(small, "2025-07-15")[1].computed == "wrong"


def test_the_sources_are_those_of_the_values_read(small):
    found = claims.sources(small, judged(small))
    assert found.to_dict("records") == [
        {"table": "models", "row": "a1", "column": "total_params_b", "value": "10", "grade": "B",
         "source_url": "https://x.org/B"},
        {"table": "techniques", "row": "a2/rl_verifiable", "column": "technique",
         "value": "rl_verifiable", "grade": "A", "source_url": "https://x.org/A"},
    ]  # fmt: skip
    assert claims.sources(small, []).empty


def test_how_many_hold_is_an_exact_count(small):
    found = judged(small, "2026-06-30")
    held = claims.held(small, found, claims.sources(small, found), 0.9)
    assert (held.value, held.n, held.organisations, held.exact) == (1, 3, 1, True)
    assert held.confidence == "B"
    assert claims.counts(found) == {"supported with caveat": 1, "wrong": 1, "undecided": 1}
    assert claims.summary(found) == (
        "The record supports {value} of 3 claims, with a caveat; 1 is wrong and "
        "1 is undecided in this edition."
    )
    assert claims.difference(found) == "In this edition 3 of 3 verdicts differ from those of the " \
        "record."  # fmt: skip


@pytest.mark.parametrize(
    "computed, expected",
    [
        (["supported", "supported with caveat"],
         "The record supports {value} of 2 claims, 1 as they stand and 1 with a caveat."),
        (["supported with caveat"] * 2,
         "The record supports {value} of 2 claims, all of them with a caveat."),
        (["supported"], "The record supports {value} of 1 claim."),
        (["superseded", "superseded", "opinion"],
         "The record supports {value} of 3 claims; 2 are superseded and 1 is opinion."),
    ],
)  # fmt: skip
def test_the_summary_says_what_there_is(computed, expected):
    found = [Verdict("c", "", "", kind, kind, ()) for kind in computed]
    assert claims.summary(found) == expected
    assert claims.difference(found).startswith("Every recorded verdict agrees")


def test_the_largest_so_far_of_each_region(small):
    found = claims.largest_so_far(small, ["us", "china"], "2026-06-30")
    # not B1, which is built on A2, and not C1, which was only announced
    assert list(zip(found.region, found.model_id, strict=True)) == [
        ("us", "a1"), ("us", "a2"), ("us", "late"),
    ]  # fmt: skip
    assert len(claims.largest_so_far(small, ["us"], "2025-12-31")) == 2
    assert claims.largest_so_far(small, ["europe"], "2025-12-31").empty


def test_words():
    assert claims.billions(1000.0) == "1,000 B"
    assert claims.billions(0.36) == "0.36 B"
    assert claims.billions(405.85) == "405.9 B"
    assert claims.listed(["A"]) == "A"
    assert claims.listed(iter("ABC")) == "A, B and C"
    assert [claims.plural(n, "model") for n in (0, 1, 1200)] == [
        "no models", "1 model", "1,200 models",
    ]  # fmt: skip
