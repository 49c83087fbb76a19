"""How headline numbers moved from one edition to another.

Of two values of a headline, the new one has moved by more than its interval where it lies outside
the old interval; an open end of that reaches without bound. That is no test: both editions count
nearly the same releases, so that even a small move within the interval is one of the record or of
the method and not of chance. It says whether a reader of the old edition was told to reckon with
the new value. An exact value has no interval: any change of it is told as such.

Values are compared only where they measure the same: where the unit, the level of the interval or
a parameter of the edition differs, a change is told and not judged. The day up to which releases
are counted is what makes a new edition, and is no such parameter; nor is the folder of the record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from almanac.measures.estimate import FORMATS, UNITS, ends, written
from almanac.measures.writing import MINUS, many

How = Literal["beyond", "exact", "within", "interval", "digits", "incomparable"]
HOW: dict[How, str] = {  # the gravest first
    "beyond": "beyond the old interval",
    "exact": "exact (no interval)",
    "incomparable": "not comparable",
    "within": "within the old interval",
    "interval": "in the interval alone",
    "digits": "by less than is written",
}
MOVING = {"as_of", "data"}  # parameters that may differ from edition to edition
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Move:
    """A headline whose value or interval is another than before.

    Attributes
    ----------
    id, chapter : of the headline, as the new edition has them
    how : by how much, a key of `HOW`
    why : what makes the values incomparable; else empty
    before, after : the results, as ``results.json`` holds them
    outside : whether the new value lies outside the old interval; None where there is none, or
        the values are not comparable
    overlap : whether the two intervals have a value in common; None likewise
    """

    id: str
    chapter: str
    how: How
    why: str
    before: Result
    after: Result
    outside: bool | None
    overlap: bool | None

    @property
    def kind(self) -> str | None:
        """How the headline is written, a key of `FORMATS`; None where neither edition says."""
        return _kind(self.after) or _kind(self.before)

    def in_words(self) -> str:
        """By how much it moved, in a phrase."""
        if self.how == "incomparable":
            return f"{HOW[self.how]}: {self.why}"
        if self.how == "beyond" and self.overlap is False:
            return f"{HOW[self.how]}; the intervals have nothing in common"
        return HOW[self.how]

    def written(self) -> tuple[str, str]:
        """Both values with their intervals, as the book writes them."""
        return show(self.before, self.kind), show(self.after, self.kind)


@dataclass(frozen=True)
class Moves:
    """How the headlines of an edition differ from those of another.

    Attributes
    ----------
    parameters : those that differ or that one edition alone has, each with both values, None for
        one that is not there
    added, gone : results that one edition alone has
    moved : those of both that are not the same, the gravest first
    same : how many are
    """

    parameters: dict[str, tuple[Any, Any]]
    added: list[Result]
    gone: list[Result]
    moved: list[Move]
    same: int

    @property
    def differ(self) -> bool:
        """Whether any headline does."""
        return bool(self.added or self.gone or self.moved)

    def counts(self) -> dict[How, int]:
        """How many moved by how much, the gravest first; without those of which there is none."""
        told = {how: sum(move.how == how for move in self.moved) for how in HOW}
        return {how: number for how, number in told.items() if number}

    def in_words(self) -> str:
        """A sentence on all of them."""
        both = len(self.moved) + self.same
        parts = []
        if both and not self.moved:
            parts.append(
                "the headline number is the same"
                if both == 1
                else f"all {both:,} headline numbers are the same"
            )
        elif both:
            told = ", ".join(f"{number:,} {HOW[how]}" for how, number in self.counts().items())
            parts.append(f"of {many(both, 'headline number')} {len(self.moved):,} moved: {told}")
        if self.added:
            parts.append(f"{len(self.added):,} new")
        if self.gone:
            parts.append(f"{len(self.gone):,} gone")
        text = "; ".join(parts) or "there are no headline numbers"
        return text[0].upper() + text[1:] + "."


def moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> Moves:
    """How headlines moved from one edition to another.

    Parameters
    ----------
    old, new : ``results.json`` of either, as `almanac.record.previous.parse_results` gives it
    """
    parameters = dict(_differing(old.get("parameters", {}), new.get("parameters", {})))
    other = {
        name: f"{name} {_shown(before)} → {_shown(after)}"
        for name, (before, after) in parameters.items()
        if name not in MOVING and before is not None and after is not None
    }
    before = {result["id"]: result for result in old["results"]}
    after = {result["id"]: result for result in new["results"]}
    both = [(before[name], after[name]) for name in after if name in before]
    moved = [
        _move(one, two, other)
        for one, two in both
        if any(one.get(name) != two.get(name) for name in ("value", "low", "high"))
    ]
    ranks = {how: rank for rank, how in enumerate(HOW)}
    return Moves(
        parameters,
        [result for name, result in after.items() if name not in before],
        [result for name, result in before.items() if name not in after],
        sorted(moved, key=lambda move: ranks[move.how]),
        len(both) - len(moved),
    )


def show(result: Result, kind: str | None = None) -> str:
    """The value of a result with its interval, as the book writes both: 57% (50% to 64%).

    Parameters
    ----------
    kind : how it is written, for results of editions that did not say yet
    """
    kind = _kind(result) or kind
    low, high = result.get("low"), result.get("high")
    if kind is None:  # all six digits that are held
        value = _plain(result["value"])
        told = ["open" if end is None else _plain(end) for end in (low, high)]
        return value if result["exact"] else f"{value} ({' to '.join(told)})"
    value = written(result["value"], kind)
    told = value if result["exact"] else f"{value} ({ends(low, high, kind)})"
    return told + UNITS.get(kind, "")


def _plain(number: float) -> str:
    return f"{number:g}".replace("-", MINUS)


def _kind(result: Result) -> str | None:
    kind = result.get("kind")
    return kind if isinstance(kind, str) and kind in FORMATS else None


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, tuple]]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield name, (old.get(name), new.get(name))


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _move(before: Result, after: Result, parameters: Mapping[str, str]) -> Move:
    """How one headline moved; `parameters` says by name which of the editions' differ."""
    reasons = [
        f"{name} {_shown(before.get(name))} → {_shown(after.get(name))}"
        for name in ("unit", "level")
        if before.get(name) != after.get(name)
    ]
    if before["exact"] != after["exact"]:
        exact = "exact → with an interval"
        reasons.append(exact if before["exact"] else "with an interval → exact")
    # that the level of the interval is another says so already
    if others := [told for told in parameters.values() if told not in reasons]:
        reasons.append(f"parameters: {', '.join(others)}")
    outside = overlap = None
    if not reasons and not before["exact"]:
        outside = not _holds(before, after["value"])
        overlap = _overlap(before, after)
    kind = _kind(after) or _kind(before)
    how: How
    if reasons:
        how = "incomparable"
    elif outside:
        how = "beyond"
    elif kind and show(before, kind) == show(after, kind):
        how = "digits"
    elif before["exact"]:
        how = "exact"
    else:
        how = "interval" if before["value"] == after["value"] else "within"
    why = "; ".join(reasons)
    return Move(after["id"], after["chapter"], how, why, before, after, outside, overlap)


def _holds(result: Result, value: float) -> bool:
    """Whether the interval of a result holds a value."""
    low, high = _bounds(result)
    return low <= value <= high


def _overlap(one: Result, other: Result) -> bool:
    (low, high), (other_low, other_high) = _bounds(one), _bounds(other)
    return low <= other_high and other_low <= high


def _bounds(result: Result) -> tuple[float, float]:
    """The ends of an interval; an open one reaches without bound."""
    low, high = result.get("low"), result.get("high")
    return (
        float("-inf") if low is None else low,
        float("inf") if high is None else high,
    )
