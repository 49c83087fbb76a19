"""Which model of the record an upstream's entry is about, and what several entries say together.

An entry is matched by its exact Hub id first (the Hub itself takes no heed of case), then by a
reviewed row of the table of aliases. Names that merely look alike are never matched.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from almanac.refresh.tables import Row, Tables
from almanac.sources.statements import METRICS, Statement

ABOUT = ("pipeline", "model_type", "derived", "architecture")  # say what an entry is, fill nothing


@dataclass
class Matched:
    """Statements by the model they are about, and those that are about none.

    Attributes
    ----------
    statements : by model and source
    unmatched : by source and the entry's id there
    left_out : entries a reviewer left out, by reason
    """

    statements: dict[tuple[str, str], list[Statement]] = field(default_factory=dict)
    unmatched: dict[tuple[str, str], list[Statement]] = field(default_factory=dict)
    left_out: Counter = field(default_factory=Counter)


def match(statements: Iterable[Statement], tables: Tables) -> Matched:
    """Find the model of each statement.

    A reviewer's word on a repository holds for every list that names it. Of a copy of a model's
    weights on the Hub, the counts of downloads and likes are its own, and the rest counts only
    where the Hub says nothing of the model's own repository.
    """
    models = tables.rows["models"]
    by_hub = {row["hub_id"].lower(): row["model_id"] for row in models.values() if row["hub_id"]}
    reviewed = {(row["list"], row["listed_id"]): row for row in tables.rows["aliases"].values()}
    matched, left_out, copies = Matched(), {}, []
    for statement in statements:
        entry = (statement.source, statement.listed_id)
        model = by_hub.get(statement.hub_id.lower()) if statement.hub_id else None
        if model is not None:
            matched.statements.setdefault((model, statement.source), []).append(statement)
            continue
        alias = _reviewed(statement, reviewed)
        if alias is None:
            matched.unmatched.setdefault(entry, []).append(statement)
        elif not alias["model_id"]:
            left_out[entry] = alias["reason"]
        elif statement.source == "hub":
            copies.append((alias["model_id"], statement))
        else:
            model = alias["model_id"]
            matched.statements.setdefault((model, statement.source), []).append(statement)
    said = {
        (model, one.column)
        for (model, source), of in matched.statements.items()
        if source == "hub"
        for one in of
    }
    for model, statement in copies:
        if statement.column not in METRICS and (model, statement.column) not in said:
            matched.statements.setdefault((model, "hub"), []).append(statement)
    matched.left_out = Counter(left_out.values())
    return matched


def _reviewed(statement: Statement, reviewed: Mapping[tuple[str, str], Row]) -> Row | None:
    """What a reviewer said of an entry: by its own list, or of its repository."""
    names = [(statement.source, statement.listed_id)]
    if statement.hub_id:
        names += [(statement.source, statement.hub_id), ("hub", statement.hub_id)]
    return next((reviewed[name] for name in names if name in reviewed), None)


def settled(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """What one source says of one model, by column, one statement a column.

    A count of adoption is dated, so it keeps a statement a day and entry. Else the newest snapshot
    is the source's word, and where it says several things the rule of the column makes one of them.
    """
    columns: dict[str, list[Statement]] = {}
    for statement in statements:
        columns.setdefault(statement.column, []).append(statement)
    return {
        column: _by_day(said) if column in METRICS else [_one(column, _newest(said))]
        for column, said in columns.items()
    }


def _newest(said: list[Statement]) -> list[Statement]:
    newest = max(statement.stated_on for statement in said)
    return [statement for statement in said if statement.stated_on == newest]


def _by_day(said: list[Statement]) -> list[Statement]:
    """One count a day and entry: that of the last document, as pages can overlap."""
    days = {(statement.stated_on, statement.listed_id): statement for statement in said}
    return [days[day] for day in sorted(days)]


def _one(column: str, said: list[Statement]) -> Statement:
    counts = Counter(statement.value for statement in said)
    if len(counts) == 1:
        return next((statement for statement in said if statement.fills), said[0])
    if column == "context_tokens":
        # a provider serves less than the model can, never more
        value = max(counts, key=int)
    elif column in ("released_on", "hub_created_on"):
        value = min(counts, key=lambda day: (-counts[day], day))
    else:
        value = min(counts, key=lambda text: (-counts[text], text))
    chosen = next(statement for statement in said if statement.value == value)
    share = f"{counts[value]} of {len(said)} entries say so"
    note = f"{chosen.note}; {share}" if chosen.note else share
    # what entries disagree on is evidence, but fills no cell, unless it is the day most name
    agreed = column == "released_on" and 2 * counts[value] > len(said)
    return chosen._replace(fills=chosen.fills and agreed, note=note)


def about(statements: Iterable[Statement]) -> dict[str, str]:
    """What statements say an entry is: its pipeline, type, origin and architecture."""
    return {one.column: one.value for one in statements if one.column in ABOUT}
