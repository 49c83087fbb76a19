"""What differs between two charts in Vega-Lite, and between any two values that JSON can hold."""

import difflib
import hashlib
from collections.abc import Iterator

from almanac.book.differences.rows import rows
from almanac.book.differences.words import TEXT, as_json, change, cut, shown

NAMING = ("nominal", "ordinal", "temporal")  # types of fields that tell rows apart
CHANNELS = ("x", "y", "row", "column", "facet", "color", "detail", "shape", "strokeDash", "text")
FIRST = ("title", "description", "mark", "encoding")  # what a chart is known by


def chart(before: dict, after: dict) -> list[str]:
    """What it says and how it draws, then the rows that it draws."""
    old, now = _Drawn(before), _Drawn(after)
    pairs = _tables_paired(old.tables, now.tables)
    labels = [{}, {}]
    for number, (a, b) in enumerate(pairs, start=1):
        labels[0][a], labels[1][b] = f"rows {number}", f"rows {number}"
    lines = forms(old.form(labels[0]), now.form(labels[1]))
    several = len(pairs) > 1
    for a, b in pairs:
        if a is None or b is None:
            one, name, word = (now, b, "new") if a is None else (old, a, "gone")
            count = len(one.tables[name])
            lines.append(f"{one.marks[name]}: its {count:,} rows are {word}")
        else:
            what = f"{now.marks[b]}, " if several else ""
            naming = dict.fromkeys([*now.naming[b], *old.naming[a]])
            lines += rows(old.tables[a], now.tables[b], list(naming), what)
    return lines


class _Drawn:
    """A chart's tables apart from its form.

    Attributes
    ----------
    tables : rows by the name of their table, in the order in which the form uses them
    naming : columns that tell the rows of each apart, most telling first
    marks : what draws each first
    """

    def __init__(self, spec: dict):
        self._spec = spec
        self.tables, self.naming, self.marks = {}, {}, {}
        self._fields = {}
        self._visit(spec, None)
        for name, some in spec.get("datasets", {}).items():
            self._add(name, some)  # one that nothing uses
        for name, found in self._fields.items():
            present = {column for row in self.tables[name] for column in row}
            ranked = [field for field in _ranked(found) if field in present]
            words = [
                column
                for column in dict.fromkeys(one for row in self.tables[name] for one in row)
                if any(isinstance(row.get(column), str) for row in self.tables[name])
            ]
            self.naming[name] = ranked or words

    def _add(self, name: str, some) -> None:
        if name not in self.tables:
            self.tables[name] = [row if isinstance(row, dict) else {"value": row} for row in some]
            self._fields[name], self.marks[name] = [], "chart"

    def _visit(self, part, table) -> None:
        """Note which view draws which table, and by what fields."""
        if isinstance(part, list):
            for one in part:
                self._visit(one, table)
            return
        if not isinstance(part, dict):
            return
        if (name := self._name(part.get("data"))) is not None:
            table = name
        if table in self.tables:
            if "mark" in part and self.marks[table] == "chart":
                mark = part["mark"]
                self.marks[table] = str(mark.get("type") if isinstance(mark, dict) else mark)
            encoding = part.get("encoding", {})
            if isinstance(encoding, dict):
                self._fields[table] += [
                    (channel, found["field"].replace("\\", ""), found.get("type", ""))
                    for channel, given in encoding.items()
                    for found in _with_fields(given)
                ]
        for key, one in part.items():
            if key not in ("data", "datasets", "encoding", "config", "usermeta"):
                self._visit(one, table)

    def _name(self, data) -> str | None:
        """The table that a view is given, None if it is given none."""
        if not isinstance(data, dict):
            return None
        if isinstance(data.get("values"), list):
            name = _inline(data)
            self._add(name, data["values"])
            return name
        name = data.get("name")
        if name in self._spec.get("datasets", {}):
            self._add(name, self._spec["datasets"][name])
            return name
        return None

    def form(self, labels: dict[str, str]) -> dict:
        """The specification without its rows, its tables called by other names."""

        def renamed(part):
            if isinstance(part, list):
                return [renamed(one) for one in part]
            if not isinstance(part, dict):
                return part
            if isinstance(part.get("values"), list) and (name := _inline(part)) in labels:
                return {key: value for key, value in part.items() if key != "values"} | {
                    "name": labels[name]
                }
            return {
                key: labels.get(one, one)
                if key == "name" and isinstance(one, str)
                else renamed(one)
                for key, one in part.items()
            }

        return renamed({key: one for key, one in self._spec.items() if key != "datasets"})


def _inline(data: dict) -> str:
    return "inline " + hashlib.sha256(as_json(data["values"]).encode()).hexdigest()


def _with_fields(given) -> Iterator[dict]:
    """The definitions of a channel that name a field."""
    if isinstance(given, list):
        for one in given:
            yield from _with_fields(one)
    elif isinstance(given, dict):
        if isinstance(given.get("field"), str):
            yield given
        for key in ("condition", "sort"):
            yield from _with_fields(given.get(key))


def _ranked(found: list[tuple[str, str, str]]) -> list[str]:
    """Fields that name rows, those of places and colours before those of tooltips."""
    naming = [(channel, field) for channel, field, kind in found if kind in NAMING]
    known = {channel: place for place, channel in enumerate(CHANNELS)}
    naming.sort(key=lambda two: known.get(two[0], len(CHANNELS)))
    return list(dict.fromkeys(field for _, field in naming))


def _tables_paired(old: dict, now: dict) -> list[tuple[str | None, str | None]]:
    """Which table is which: by its name, which stands for its rows, then by its columns, then by
    its place."""

    def columns(some):
        return sorted({name for row in some for name in row})

    found = {name: name for name in old if name in now}
    for alike in (lambda a, b: columns(old[a]) == columns(now[b]), lambda a, b: True):
        for a in old:
            free = [b for b in now if b not in found.values() and a not in found and alike(a, b)]
            if free:
                found[a] = free[0]
    pairs = [(name, found.get(name)) for name in old]
    return pairs + [(None, name) for name in now if name not in found.values()]


def forms(before, after) -> list[str]:
    """What differs between two values that JSON can hold, by the places where it does."""
    known = {name: place for place, name in enumerate(FIRST)}
    moves = sorted(
        _moves(before, after, ()), key=lambda move: known.get((*move[0], "")[0], len(known))
    )
    return [f"{cut(shown(' '.join(path)))}: {said}" if path else said for path, said in moves]


Move = tuple[tuple[str, ...], str]  # where, and what became of it


def _moves(before, after, path: tuple[str, ...]) -> Iterator[Move]:
    if as_json(before) == as_json(after):
        return
    if path and path[-1] == "mark":
        before, after = (
            {"type": mark} if isinstance(mark, str) else mark for mark in (before, after)
        )
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            if key not in after:
                yield (*path, key), f"is gone, was {_brief(before[key])}"
            elif key not in before:
                yield (*path, key), f"is new: {_brief(after[key])}"
            else:
                yield from _moves(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_moves(before, after, path)
    else:
        old, new = (
            _brief(value) if isinstance(value, (dict, list)) else value for value in (before, after)
        )
        yield path, change(old, new)


def _list_moves(before: list, after: list, path: tuple[str, ...]) -> Iterator[Move]:
    if not any(isinstance(one, (dict, list)) for one in [*before, *after]):
        if len(as_json(before)) <= TEXT and len(as_json(after)) <= TEXT:
            yield path, change(before, after)
            return
        gone = [one for one in before if one not in after]
        new = [one for one in after if one not in before]
        both = {"without": gone, "with": new}
        said = [f"{word} {cut(shown(some))}" for word, some in both.items() if some]
        yield path, "; ".join(said) or "in another order"
        return
    matcher = difflib.SequenceMatcher(
        None, list(map(as_json, before)), list(map(as_json, after)), autojunk=False
    )
    for _, start, end, first, last in matcher.get_opcodes():
        for place in range(max(end - start, last - first)):
            old, new = start + place, first + place
            if old >= end:
                yield (*path, str(new + 1)), f"is new: {_brief(after[new])}"
            elif new >= last:
                yield (*path, str(old + 1)), f"is gone, was {_brief(before[old])}"
            else:
                yield from _moves(before[old], after[new], (*path, str(new + 1)))


def _brief(value) -> str:
    """A part of a specification in a few words: a view by its mark and its fields."""
    if not isinstance(value, dict):
        return cut(shown(value))
    if "mark" in value:
        mark = value["mark"]
        mark = mark.get("type") if isinstance(mark, dict) else mark
        fields = [
            f"{channel} {found['field']}"
            for channel, given in value.get("encoding", {}).items()
            for found in _with_fields(given)
        ]
        return cut(shown(f"{mark} of {', '.join(dict.fromkeys(fields)) or 'no field'}"))
    if "field" in value:
        return cut(shown(f"{value['field']} ({value.get('type', 'no type')})"))
    return cut(", ".join(f"{key} {shown(one)}" for key, one in value.items()) or "empty")
