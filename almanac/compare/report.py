"""A comparison in words: for a person, a pull request or a machine."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from almanac.compare.sides import Comparison, Side
from almanac.measures.changes import FOLLOWING, in_words
from almanac.measures.moves import Move, Moves, Result
from almanac.measures.writing import many
from almanac.record.difference import TableDifference

SHOWN = 20  # lines of a kind in a table, unless all are asked for
LONGEST_VALUE = 80  # characters; likewise
LONGEST_BODY = 60_000  # GitHub takes 65,536 characters in a comment
MARK = "<!-- almanac diff -->"  # by which the workflow finds its comment again


def text(comparison: Comparison, every: bool = False) -> str:
    """A comparison as plain text.

    Parameters
    ----------
    every : list all rows and values, and each value whole
    """
    return "\n".join(_lines(comparison, every))


def markdown(comparison: Comparison, every: bool = False) -> str:
    """The same for a comment on a pull request: nothing a record says is taken for markup."""
    parts = [MARK, f"### {_code(_side(comparison.old))} → {_code(_side(comparison.new))}"]
    if comparison.tables is not None:
        parts.append(f"**Data.** {in_words(comparison.tables)}")
        differing = [table for table in comparison.tables if table.differs]
        if differing:
            parts.append(_rows(("table", "rows", "added", "removed", "renamed", "values"),
                               map(_counts, differing)))  # fmt: skip
    if comparison.moves is not None:
        moves = comparison.moves
        parts.append(f"**Headlines.** {moves.in_words()}")
        if moves.moved:
            rows = ((_code(m.id), *map(_code, m.written()), _code(m.in_words()))
                    for m in moves.moved)  # fmt: skip
            parts.append(_rows(("headline", "before", "after", "moved"), rows))
    head = "\n\n".join(parts)
    listed = "\n".join(_lines(comparison, every)).replace("```", "'''")
    room = LONGEST_BODY - len(head)
    if len(listed) > room:
        listed = listed[: max(room, 0)].rpartition("\n")[0] + "\n... (cut)"
    head = head[:LONGEST_BODY]
    return (
        f"{head}\n\n<details><summary>Row by row</summary>\n\n```text\n{listed}\n```\n\n</details>"
    )


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """All of a comparison as plain values, for machines; see `book/rerun.md`."""
    moves = comparison.moves
    return {
        "old": {"name": comparison.old.name, "data_date": comparison.old.day},
        "new": {"name": comparison.new.name, "data_date": comparison.new.day},
        "differs": comparison.differs,
        "data": None if comparison.tables is None else [*map(_table_dict, comparison.tables)],
        "headlines": None if moves is None else _moves_dict(moves),
    }


def _lines(comparison: Comparison, every: bool) -> Iterator[str]:
    yield f"OLD {_side(comparison.old)}"
    yield f"NEW {_side(comparison.new)}"
    if comparison.tables is None:
        yield "\nData: not compared, as one of the two is results alone."
    else:
        yield f"\nData: {in_words(comparison.tables)}"
        for table in comparison.tables:
            if table.differs:
                yield from _table(table, every)
    if comparison.moves is None:
        yield "\nHeadlines: not compared, as one of the two is a record alone."
    else:
        yield from _headlines(comparison.moves, every)


def _side(side: Side) -> str:
    return _plain(f"{side.name}, data of {side.day}" if side.day else side.name)


def _table(table: TableDifference, every: bool) -> Iterator[str]:
    if table.before is None:
        yield f"\n{_plain(table.table)}: a new table of {many(table.after, 'row')}"
    elif table.after is None:
        yield f"\n{_plain(table.table)}: the table is gone, with {many(table.before, 'row')}"
    else:
        was = "" if table.before == table.after else f", {table.before:,} before"
        yield f"\n{_plain(table.table)}: {many(table.after, 'row')}{was}"
    for column, filled in table.new_columns.items():
        yield f"  new column {_plain(column)}, {many(filled, 'cell')} filled"
    for column, filled in table.lost_columns.items():
        yield f"  column {_plain(column)} is gone, {many(filled, 'cell')} were filled"
    if table.unmatched:
        yield "  rows are not compared, as the two give the table different keys"
    shown = _cut(every)
    whole = every or table.table not in FOLLOWING
    yield from _listed("renamed", table.renamed, lambda pair: " -> ".join(map(shown, pair)), every)
    if table.before is not None and table.after is not None:
        yield from _listed("added", table.added, lambda key: f"+ {shown(key)}", every, whole)
        yield from _listed("removed", table.removed, lambda key: f"- {shown(key)}", every, whole)
    values = list(table.changed.itertuples(index=False))
    yield from _listed("values changed", values, lambda cell: _value(cell, shown), every, whole)


def _listed(
    what: str, items: list, line: Callable[[Any], str], every: bool, whole: bool = True
) -> Iterator[str]:
    """A heading with the number of items, and the first of them, a line each."""
    if not items:
        return
    hidden = "" if whole else " (--all lists them)"
    yield f"  {len(items):,} {what}{hidden}"
    if not whole:
        return
    listed = items if every else items[:SHOWN]
    yield from (f"    {line(item)}" for item in listed)
    if len(items) > len(listed):
        yield f"    ... and {len(items) - len(listed):,} more (--all lists them)"


def _value(cell, shown: Callable[[str], str]) -> str:
    before, after = shown(cell.before) or "blank", shown(cell.after) or "blank"
    return f"{shown(cell.key)} {_plain(cell.column)}: {before} -> {after}"


def _headlines(moves: Moves, every: bool) -> Iterator[str]:
    yield f"\nHeadlines: {moves.in_words()}"
    for name, (before, after) in moves.parameters.items():
        yield f"  parameter {_plain(name)}: {_parameter(before)} -> {_parameter(after)}"
    yield from _listed("moved", moves.moved, _moved, True)
    yield from _listed("new", moves.added, lambda result: f"+ {_told(result)}", every)
    yield from _listed("gone", moves.gone, lambda result: f"- {_told(result)}", every)


def _parameter(value: Any) -> str:
    return "not there" if value is None else _plain(str(value))


def _moved(move: Move) -> str:
    before, after = move.written()
    return _plain(f"{move.id}: {before} -> {after}; {move.in_words()}")


def _told(result: Result) -> str:
    return _plain(f"{result['id']}: {result['text']}")


def _cut(every: bool) -> Callable[[str], str]:
    """What shows a text of a record: on one line, and cut where it is long, unless all is asked."""

    def shown(text: str) -> str:
        plain = _plain(text)
        return plain if every or len(plain) <= LONGEST_VALUE else f"{plain[: LONGEST_VALUE - 1]}…"

    return shown


def _plain(text: str) -> str:
    """A text without letters that a terminal would obey, which are told by their codes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def _counts(table: TableDifference) -> tuple[str, ...]:
    sizes = [f"{size:,}" if size is not None else "none" for size in (table.before, table.after)]
    rows = sizes[1] if sizes[0] == sizes[1] else " → ".join(sizes)
    lists = (table.added, table.removed, table.renamed, table.changed)
    return _code(table.table), rows, *(f"{len(one):,}" for one in lists)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in GitHub's Markdown; cells are safe already."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _code(text: str) -> str:
    """A text as code in a cell of such a table."""
    return "`" + _plain(text).replace("`", "'").replace("|", "/") + "`"


def _table_dict(table: TableDifference) -> dict[str, Any]:
    return {
        "table": table.table,
        "before": table.before,
        "after": table.after,
        "unmatched": table.unmatched,
        "new_columns": table.new_columns,
        "lost_columns": table.lost_columns,
        "added": table.added,
        "removed": table.removed,
        "renamed": [{"before": old, "after": new} for old, new in table.renamed],
        "changed": table.changed.to_dict("records"),
    }


def _moves_dict(moves: Moves) -> dict[str, Any]:
    return {
        "parameters": {
            name: {"before": before, "after": after}
            for name, (before, after) in moves.parameters.items()
        },
        "same": moves.same,
        "moved": [
            {
                "id": move.id,
                "chapter": move.chapter,
                "how": move.how,
                "why": move.why,
                "outside": move.outside,
                "overlap": move.overlap,
                "written": dict(zip(("before", "after"), move.written(), strict=True)),
                "before": dict(move.before),
                "after": dict(move.after),
            }
            for move in moves.moved
        ],
        "added": [dict(result) for result in moves.added],
        "gone": [dict(result) for result in moves.gone],
    }
