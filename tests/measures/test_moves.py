import pytest
import earlier
from almanac.measures.estimate import FORMATS
from almanac.measures.moves import HOW, moves, show


def edition(*results, **parameters):
    return {"results": list(results), "parameters": {"level": 0.9} | parameters}


def result(value, low=None, high=None, **facts):
    facts = {"id": "share", "exact": low is high is None} | facts
    return earlier.RESULT | {"value": value, "low": low, "high": high} | facts


def moved(old, new, **parameters):
    """How the one headline moved."""
    (move,) = moves(edition(old), edition(new, **parameters)).moved
    return move


OLD = result(0.5, 0.4, 0.6)


@pytest.mark.parametrize(
    "new, how, outside, overlap",
    [
        (result(0.55, 0.45, 0.65), "within", False, True),
        (result(0.6, 0.5, 0.7), "within", False, True),  # an end is part of the interval
        (result(0.4, 0.3, 0.5), "within", False, True),
        (result(0.61, 0.5, 0.7), "beyond", True, True),
        (result(0.39, 0.3, 0.5), "beyond", True, True),
        (result(0.8, 0.6, 0.9), "beyond", True, True),  # the two touch
        (result(0.8, 0.61, 0.9), "beyond", True, False),
        (result(0.2, 0.1, 0.39), "beyond", True, False),
        (result(0.5, 0.3, 0.6), "interval", False, True),
        (result(0.5, 0.4, None), "interval", False, True),
        (result(0.501, 0.4, 0.6), "digits", False, True),
        (result(0.5, 0.4001, 0.6), "digits", False, True),
    ],
)
def test_by_how_much_a_value_moves(new, how, outside, overlap):
    move = moved(OLD, new)
    assert (move.how, move.outside, move.overlap) == (how, outside, overlap)
    assert move.in_words().startswith(HOW[how])
    assert ("nothing in common" in move.in_words()) == (overlap is False)


@pytest.mark.parametrize(
    "old, value, how",
    [
        (result(0.5, 0.4, None), 0.99, "within"),
        (result(0.5, 0.4, None), 0.3, "beyond"),
        (result(0.5, None, 0.6), 0.01, "within"),
        (result(0.5, None, 0.6), 0.7, "beyond"),
        (result(0.5, exact=False), 0.99, "within"),  # open at both ends
    ],
)
def test_an_open_end_reaches_without_bound(old, value, how):
    assert moved(old, result(value, 0.0, 1.0)).how == how


def test_an_exact_value_has_no_interval_to_lie_in():
    move = moved(result(14.0, kind="count"), result(12.0, kind="count"))
    assert (move.how, move.outside, move.overlap) == ("exact", None, None)
    assert moved(result(1.4142, kind="ratio"), result(1.4143, kind="ratio")).how == "digits"


@pytest.mark.parametrize(
    "facts, why",
    [
        ({"unit": "share of models"}, "unit share of releases → share of models"),
        ({"level": 0.8}, "level 0.9 → 0.8"),
        ({"low": None, "high": None, "exact": True}, "with an interval → exact"),
    ],
)
def test_what_measures_something_else_is_not_judged(facts, why):
    move = moved(OLD, result(0.9, 0.8, 0.95) | facts)
    assert (move.how, move.why, move.outside, move.overlap) == ("incomparable", why, None, None)
    assert move.in_words() == f"not comparable: {why}"


def test_another_parameter_makes_values_incomparable_but_for_those_that_move_on():
    new = result(0.55, 0.45, 0.65)
    move = moved(OLD, new, level=0.8)
    assert (move.how, move.why) == ("incomparable", "parameters: level 0.9 → 0.8")
    assert moved(OLD, new | {"level": 0.8}, level=0.8).why == "level 0.9 → 0.8", "said once"
    later = {"as_of": "2026-12-31", "data": "mine"}
    (on,) = moves(edition(OLD, as_of="2026-11-30", data="data"), edition(new, **later)).moved
    assert on.how == "within"
    assert moved(OLD, new, regions=["us"]).how == "within", "the old edition had no such parameter"
    both = moves(edition(OLD, regions=["us"]), edition(new, regions=["us", "china"]))
    assert both.moved[0].why == "parameters: regions us → us, china"
    assert both.parameters == {"regions": (["us"], ["us", "china"])}


def test_what_did_not_move_is_no_move_whatever_its_words():
    found = moves(edition(OLD), edition(OLD | {"text": "Otherwise.", "n": 71}, level=0.8))
    assert (found.moved, found.same, found.differ) == ([], 1, False)
    assert found.in_words() == "The headline number is the same."


def test_headlines_that_came_and_went():
    one, two = OLD | {"id": "one"}, OLD | {"id": "two"}
    found = moves(edition(OLD, one), edition(OLD, two))
    assert ([r["id"] for r in found.added], [r["id"] for r in found.gone]) == (["two"], ["one"])
    assert found.differ
    assert found.in_words() == "The headline number is the same; 1 new; 1 gone."


def test_the_sentence_counts_what_moved_the_gravest_first():
    names = ("a", "b", "c", "d")
    old = edition(*(OLD | {"id": name} for name in names))
    news = [result(0.55, 0.4, 0.6), result(0.9, 0.8, 1.0), result(0.7, 0.6, 0.8), OLD]
    found = moves(old, edition(*(r | {"id": n} for n, r in zip(names, news, strict=True))))
    assert [move.id for move in found.moved] == ["b", "c", "a"]
    assert found.in_words() == (
        "Of 4 headline numbers 3 moved: 2 beyond the old interval, 1 within the old interval."
    )
    assert moves(edition(), edition()).in_words() == "There are no headline numbers."


@pytest.mark.parametrize(
    "facts, written",
    [
        (OLD, "50% (40% to 60%)"),
        (result(0.5, 0.4, None), "50% (at least 40%)"),
        (result(0.5, exact=False), "50% (open at both ends)"),
        (result(-7.2, -15.4, 3.0, kind="points"), "−7 (−15 to 3) percentage points"),
        (result(1049.0, kind="count"), "1,049"),
        (result(2.5, 2.25, 3.0, kind="ratio"), "2.50 (2.25 to 3.00)"),
        (result(-2.5, -3.25, None) | {"kind": None}, "−2.5 (−3.25 to open)"),
        (result(2.5) | {"kind": "of later editions"}, "2.5"),
    ],
)
def test_values_are_written_as_in_the_book(facts, written):
    assert show(facts) == written


def test_an_edition_that_did_not_say_how_is_written_as_the_other():
    old = {name: fact for name, fact in OLD.items() if name != "kind"}
    assert moved(old, result(0.55, 0.4, 0.6)).written() == ("50% (40% to 60%)", "55% (40% to 60%)")
    neither = moved(old, {k: v for k, v in result(0.55, 0.4, 0.6).items() if k != "kind"})
    assert neither.written() == ("0.5 (0.4 to 0.6)", "0.55 (0.4 to 0.6)")
    assert "share" in FORMATS
