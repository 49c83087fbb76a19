"""What differs between the rows of two tables."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from almanac.book.differences.words import as_json, change, cut, shown

ALIKE = 0.5  # share of its values that a row must keep to be the same row
MANY = 40_000  # pairs of rows; more are not searched for what is alike
LONG = 12  # lines; more are counted before they are told


def rows(before: list[dict], after: list[dict], naming: Sequence[str], what: str = "") -> list[str]:
    """What differs between the rows of two tables: changed ones by what names them, then those
    that came and those that went.

    Parameters
    ----------
    before, after : rows, each by its columns
    naming : columns that tell rows apart, most telling first; as many are used as it takes
    what : to say which rows, where there are others
    """
    old_columns, new_columns = _columns(before), _columns(after)
    gone = [name for name in old_columns if name not in new_columns] if after else []
    new = [name for name in new_columns if name not in old_columns] if before else []
    lines = []
    for name, renamed in _renamed(before, after, gone, new).items():
        lines.append(f"{what}column renamed: {change(name, renamed)}")
        gone.remove(name)
        new.remove(renamed)
        before = [{renamed if key == name else key: row[key] for key in row} for row in before]
        naming = [renamed if key == name else key for key in naming]
    lines += [f"{what}column {cut(shown(name))} is gone" for name in gone]
    lines += [f"{what}column {cut(shown(name))} is new" for name in new]
    old = [{name: v for name, v in row.items() if name not in gone} for row in before]
    now = [{name: v for name, v in row.items() if name not in new} for row in after]
    old_left, now_left = _without_same(old, now)
    if not old_left and not now_left:
        if not lines and list(map(as_json, old)) != list(map(as_json, now)):
            lines.append(f"{what}rows stand in another order")
        return lines
    keys = _keys([name for name in naming if name not in gone], old, now)
    pairs = _rows_paired(old_left, now_left, keys)
    changed = [(a, b) for a, b in pairs if a is not None and b is not None]
    came = [b for a, b in pairs if a is None]
    went = [a for a, b in pairs if b is None]
    found = [f"{what}{_named(a, keys)}: {_cells(a, b)}" for a, b in changed]
    found += [f"{what}row added: {_whole(row, keys)}" for row in came]
    found += [f"{what}row gone: {_whole(row, keys)}" for row in went]
    if len(found) > LONG:
        counts = {"changed": changed, "added": came, "gone": went}
        said = ", ".join(f"{len(some):,} {word}" for word, some in counts.items() if some)
        lines.append(f"{what}of {len(before):,} rows {said}")
    return lines + found


def _columns(some: list[dict]) -> list[str]:
    return list(dict.fromkeys(name for row in some for name in row))


def _renamed(before: list[dict], after: list[dict], gone: list[str], new: list[str]) -> dict:
    """Columns that have another name now, and which: their values are all the same."""
    found = {}
    for name in gone:
        values = [row.get(name) for row in before]
        same = [one for one in new if [row.get(one) for row in after] == values]
        if same and same[0] not in found.values():
            found[name] = same[0]
    return found


def _without_same(old: list[dict], now: list[dict]) -> tuple[list[dict], list[dict]]:
    """The rows that have no equal on the other side."""
    both = Counter(map(as_json, old)) & Counter(map(as_json, now))
    left = []
    for some in (old, now):
        counts, kept = both.copy(), []
        for row in some:
            text = as_json(row)
            if counts[text]:
                counts[text] -= 1
            else:
                kept.append(row)
        left.append(kept)
    return left[0], left[1]


def _keys(naming: list[str], old: list[dict], now: list[dict]) -> list[str]:
    """Columns that name every row on both sides: as few of the naming ones as it takes, then of
    others that hold the same values on both. Those that do come first, since a name that changed
    finds no row again."""

    def named(keys):
        """How many rows the columns tell apart."""
        return sum(len({as_json([row.get(key) for key in keys]) for row in some}) for some in both)

    both = (old, now)
    held = {
        name: Counter(as_json(row.get(name)) for row in old)
        == Counter(as_json(row.get(name)) for row in now)
        for name in _columns([*old, *now])
    }
    naming = sorted(naming, key=lambda name: not held.get(name))
    keys: list[str] = []
    told = named(keys)
    for name in [*naming, *(name for name in held if held[name] and name not in naming)]:
        if told == len(old) + len(now):
            break
        if (more := named([*keys, name])) > told:
            keys, told = [*keys, name], more
    return keys or naming[:1]


def _rows_paired(old: list[dict], now: list[dict], keys: list[str]):
    """Rows that are the same one: by what names them, else by most of their values."""
    waiting = defaultdict(list)
    for row in now:
        waiting[as_json([row.get(key) for key in keys])].append(row)
    pairs, lone = [], []
    for row in old:
        same = waiting[as_json([row.get(key) for key in keys])] if keys else None
        if same:
            pairs.append((row, same.pop(0)))
        else:
            lone.append(row)
    rest = [row for some in waiting.values() for row in some]
    for row in lone:
        if len(lone) * len(rest) > MANY or not rest:
            pairs.append((row, None))
            continue
        likeness = [sum(row.get(name) == one.get(name) for name in row) for one in rest]
        best = max(likeness)
        found = best >= ALIKE * len(row) and best > 0
        pairs.append((row, rest.pop(likeness.index(best)) if found else None))
    return pairs + [(None, row) for row in rest]


def _named(row: dict, keys: list[str]) -> str:
    told = ", ".join(f"{name} {_short(row.get(name))}" for name in keys)
    return cut(told or "row " + _whole(row, []))


def _short(value) -> str:
    return shown(value).removesuffix("T00:00:00")


def _cells(before: dict, after: dict) -> str:
    return "; ".join(
        f"{shown(name)} {change(before.get(name), after.get(name))}"
        for name in dict.fromkeys([*before, *after])
        if as_json(before.get(name)) != as_json(after.get(name))
    )


def _whole(row: dict, keys: list[str]) -> str:
    names = dict.fromkeys([*(key for key in keys if key in row), *row])
    return ", ".join(f"{shown(name)} {cut(_short(row[name]))}" for name in names)
