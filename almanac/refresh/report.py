"""A proposal in words, for a person, a pull request or a machine."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from almanac.refresh.propose import Change, Conflict, NewModel, Proposal

SHOWN = 40  # lines a section; JSON has them all
NAMED = 5  # repositories a reason
LONGEST_BODY = 60_000  # GitHub takes 65,536 characters in the body of a pull request
HEADINGS = {
    "model": "New models, as drafts",
    "filled": "Blanks filled",
    "changed": "Values changed",
    "engine": "Names in engines",
}
COUNTED = {
    "adoption": "Counts of adoption",
    "listed": "Models found in a list",
    "evidence": "Evidence for what the record holds, or against it",
}


def text(proposal: Proposal, written: list[Change] | None = None) -> str:
    """A proposal as text.

    Parameters
    ----------
    proposal : the proposal
    written : what of it was written, or None if nothing was to be
    """
    return "\n".join(_lines(proposal, written))


def markdown(proposal: Proposal, written: list[Change] | None = None) -> str:
    """The same for the body of a pull request: nothing an upstream says is taken for markup."""
    body = text(proposal, written).replace("`", "'")
    if len(body) > LONGEST_BODY:
        body = body[:LONGEST_BODY].rsplit("\n", 1)[0] + "\n... (cut)"
    return f"```text\n{body}\n```"


def as_dict(proposal: Proposal, written: list[Change] | None = None) -> dict[str, Any]:
    """All of a proposal as plain values, for machines."""
    return {
        "written": None if written is None else len(written),
        "changes": [_change_dict(change) for change in proposal.changes],
        "taken_back": [
            {**_change_dict(change), "because": because} for change, because in proposal.taken_back
        ],
        "conflicts": [vars(conflict) for conflict in proposal.conflicts],
        "new_models": [_new_dict(new) for new in proposal.new_models],
        "agreeing": proposal.agreeing,
        "left_out": dict(proposal.left_out),
        "out_of_scope": proposal.out_of_scope,
        "unmatched": proposal.unmatched,
        "dropped": [dropped._asdict() for dropped in proposal.dropped],
        "failures": proposal.failures,
    }


def _lines(proposal: Proposal, written: list[Change] | None) -> Iterator[str]:
    by_kind: dict[str, list[Change]] = {}
    for change in proposal.changes:
        by_kind.setdefault(change.kind, []).append(change)
    if written is None:
        yield "Proposal; nothing is written without --write."
    else:
        yield f"Written: {len(written)} of {len(proposal.changes)} changes proposed."
    for source, failure in proposal.failures.items():
        yield f"FAILED {source}: {failure}"
    for kind, heading in HEADINGS.items():
        yield from _section(heading, map(_change, by_kind.get(kind, ())))
    for kind, heading in COUNTED.items():
        if of := by_kind.get(kind):
            yield f"\n{heading}: {len(of)} ({_counts(change.source for change in of)})"
    yield from _conflicts(proposal.conflicts)
    newest = sorted(proposal.new_models, key=lambda new: new.day, reverse=True)
    yield from _section("Repositories that may be new models, newest first", map(_new, newest))
    yield from _section(
        "Taken back, as the record would break a rule",
        (f"{_change(change)}: {because}" for change, because in proposal.taken_back),
    )
    yield from _section("Bad rows, left out", (f"{d.source} {d}" for d in proposal.dropped))
    if proposal.left_out:
        yield f"\nLeft out by rule or review: {_totals(proposal.left_out)}"
    yield from _section(
        "Of it, repositories that their name, tag, size or day rules out",
        (f"{reason}: {_some(names)}" for reason, names in proposal.out_of_scope.items()),
    )
    if proposal.unmatched:
        counts = {source: len(names) for source, names in proposal.unmatched.items()}
        yield f"\nNames that no model has (aliases.csv says what they are): {_totals(counts)}"
    yield f"\nValues that agree: {proposal.agreeing}"


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    if lines:
        yield f"\n{heading}: {len(lines)}"
        yield from (f"  {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  ... and {len(lines) - SHOWN} more (--json lists all)"


def _conflicts(conflicts: list[Conflict]) -> Iterator[str]:
    new = [c for c in conflicts if not c.known and not c.weak]
    yield from _section("Conflicts: the record stands, look at both", map(_conflict, new))
    known = Counter(c.source for c in conflicts if c.known)
    weak = Counter(c.source for c in conflicts if c.weak and not c.known)
    if known:
        yield f"\nConflicts the record knows already: {_totals(known)}"
    if weak:
        yield f"\nConflicts with words too weak to fill a cell: {_totals(weak)}"


def _change(change: Change) -> str:
    if change.kind == "model":
        return f"{change.row}: {change.new} ({change.note}) {change.address}"
    what = f"{change.table} {change.row} {change.column}: {change.old or 'blank'} -> {change.new}"
    note = f", {change.note}" if change.note else ""
    return f"{what} ({change.source}, {change.stated_on}{note}) {change.address}"


def _conflict(conflict: Conflict) -> str:
    return (
        f"{conflict.table} {conflict.row} {conflict.column}: {conflict.holds}"
        f" ({conflict.rests_on}), but {conflict.source} says {conflict.says} {conflict.address}"
    )


def _new(new: NewModel) -> str:
    facts = [new.day or "no day", f"{new.total_params_b} B" if new.total_params_b else "no size"]
    who = new.organisation_id or "organisation not in the record"
    return f"{new.hub_id} ({', '.join([*facts, who])}; {', '.join(new.sources)})"


def _some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _counts(names: Iterable[str]) -> str:
    return _totals(Counter(names))


def _totals(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _change_dict(change: Change) -> dict[str, Any]:
    return {name: value for name, value in vars(change).items() if name != "edits"}


def _new_dict(new: NewModel) -> dict[str, Any]:
    said = [
        {"source": s.source, "column": s.column, "value": s.value, "address": s.source_url}
        for s in new.statements
    ]
    plain = {name: value for name, value in vars(new).items() if name != "statements"}
    return {**plain, "says": said}
