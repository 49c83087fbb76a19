"""What differs between the outputs of a cell, in words.

A reader sees what moved and from what to what, never the raw text of a page or the specification
of a chart. Numbers are shown with all their digits: what is not the same never reads the same.
"""

import hashlib
from ast import literal_eval
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from almanac.book.differences.charts import chart, forms
from almanac.book.differences.rows import rows
from almanac.book.differences.words import as_json, change, cut, line, shown, texts
from almanac.book.figures import title_of
from almanac.charts.theme import MIME
from almanac.notebook import RESULT, VERDICTS

QUOTED = "application/papermill.record/"  # what the types of quotable values begin with
TEXTS = ("value", "interval", "brief", "short", "basis")  # that `notebook.headline` makes quotable
NAMED = ("headline", "verdict", "quoted value")  # what is another thing under another name
ROWS = 12  # lines of one output; what is left is counted
LINES = 24  # of all outputs of a cell


@dataclass(frozen=True)
class Output:
    """One thing that a cell gave.

    Attributes
    ----------
    kind : what it is, in words
    name : what tells it from others of its kind; empty where nothing does
    content : the value, text, HTML or specification
    beside : whether it only stands in for another, as the text of a chart does
    """

    kind: str
    name: str
    content: object
    beside: bool = False

    def __str__(self):
        if not self.name:
            return self.kind
        name = shown(self.name)
        return f"{self.kind} {name}" if self.kind in NAMED else f"{self.kind} “{cut(name)}”"


Pair = tuple[Output | None, Output | None]


def differences(before: Sequence[dict], after: Sequence[dict]) -> list[str]:
    """What differs between the outputs of a cell, a line each; empty if nothing does.

    Parameters
    ----------
    before, after : outputs as notebooks hold them
    """
    moved = [pair for pair in _pairs(before, after) if not _same(*pair)]
    told = [pair for pair in moved if not _either(pair).beside] or moved
    headlines = {_either(pair).name for pair in told if _either(pair).kind == "headline"}
    told = [pair for pair in told if not _repeats(_either(pair), headlines)]
    most = max(2, min(ROWS, LINES // max(1, len(told))))
    lines = [one for pair in told for one in _told(*pair, most)]
    return lines or _otherwise(before, after)


def moved_charts(
    before: Sequence[dict], after: Sequence[dict]
) -> list[tuple[int, dict | None, dict | None]]:
    """The charts of a cell that differ: the place of each among its charts, what it was and what
    it is; None where there is none."""
    pairs = [pair for pair in _pairs(before, after) if _either(pair).kind == "chart"]
    return [
        (number, old and old.content, new and new.content)
        for number, (old, new) in enumerate(pairs, start=1)
        if not _same(old, new)
    ]


def _read(outputs: Sequence[dict]) -> list[Output]:
    """The outputs one by one, the texts of a stream joined, as nbval does."""
    found = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            said = "printed text" if output["name"] == "stdout" else f"text on {output['name']}"
            place = next((i for i, one in enumerate(found) if one.kind == said), len(found))
            text = found[place].content if place < len(found) else ""
            found[place:place + 1] = [Output(said, "", text + output["text"])]
        elif kind == "error":
            found.append(Output("error", "", f"{output['ename']}: {output['evalue']}"))
        else:
            found += _of_data(output.get("data", {}), output.get("metadata", {}))
    return found


def _of_data(data: dict, metadata: dict) -> Iterator[Output]:
    for mime, content in data.items():
        if mime == RESULT:
            yield Output("headline", content["id"], content)
        elif mime == VERDICTS:
            for verdict in content["verdicts"]:
                yield Output("verdict", verdict["claim_id"], verdict)
        elif mime.startswith(QUOTED):
            name = metadata.get("scrapbook", {}).get("name", "")
            yield Output("quoted value", name, _literal(content))
        elif mime == MIME:
            yield Output("chart", title_of(content), content)
        elif mime == "text/html":
            caption, _ = _table_of(content)
            yield Output("HTML" if caption is None else "table", caption or "", content)
        elif mime == "text/plain":
            yield Output("text", "", content, beside=len(data) > 1)
        elif mime.startswith("image/") and mime != "image/svg+xml":
            digest = hashlib.sha256(str(content).encode()).hexdigest()[:8]
            size = f"{len(content):,} characters, digest {digest}"
            yield Output(f"picture ({mime})", "", size, beside=True)  # nbval does not compare them
        else:
            yield Output(f"output of type {mime}", "", content)


def _literal(text: str):
    """What a value was whose `repr` is quoted."""
    try:
        return literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _pairs(before: Sequence[dict], after: Sequence[dict]) -> list[Pair]:
    """What was and what is: by kind and name, and what has another name now by its place."""
    old, new = _read(before), _read(after)
    found, free = {}, dict(enumerate(new))
    waiting = defaultdict(list)
    for place, output in free.items():
        waiting[output.kind, output.name].append(place)
    for place, output in enumerate(old):
        if waiting[output.kind, output.name]:
            found[place] = free.pop(waiting[output.kind, output.name].pop(0))
    for place, output in enumerate(old):
        if place not in found and output.kind not in NAMED:
            same = next((key for key, one in free.items() if one.kind == output.kind), None)
            if same is not None:
                found[place] = free.pop(same)
    pairs = [(output, found.get(place)) for place, output in enumerate(old)]
    return pairs + [(None, output) for output in free.values()]


def _either(pair: Pair) -> Output:
    return pair[1] or pair[0]


def _same(before: Output | None, after: Output | None) -> bool:
    return bool(before and after) and as_json(before.content) == as_json(after.content)


def _repeats(one: Output, headlines: set[str]) -> bool:
    """Whether a quotable text only says what a headline that moved does."""
    if one.kind != "quoted value":
        return False
    return any(one.name in {name, *(f"{name}-{text}" for text in TEXTS)} for name in headlines)


def _told(before: Output | None, after: Output | None, most: int) -> list[str]:
    """The lines of one output that differs."""
    if before is None:
        return [line(f"{after} is new{_gist(after)}")]
    if after is None:
        return [line(f"{before} is gone{_gist(before)}")]
    lines = _WAYS.get(before.kind, _any)(before.content, after.content)
    if not lines:  # alike but for what the words leave out
        lines = texts(as_json(before.content), as_json(after.content))
    if len(lines) == 1 and not lines[0].startswith(("-", "+")):
        return [line(f"{after}: {lines[0]}")]
    if len(lines) > most + 1:
        lines = [*lines[:most], f"and {len(lines) - most:,} more differences"]
    return [f"{after}:", *(line(f"    {one}") for one in lines)]


def _gist(one: Output) -> str:
    """What was lost or came, in a few words."""
    if one.kind in NAMED or isinstance(one.content, str) and one.kind not in ("table", "HTML"):
        content = one.content
        if isinstance(content, dict):
            content = content.get("text") or content.get("computed", "")
        return f": {cut(shown(content)) or '(empty)'}"
    return ""


def _any(before, after) -> list[str]:
    """Texts by their lines, what JSON holds by its places."""
    if isinstance(before, str) and isinstance(after, str):
        return texts(before, after)
    return forms(before, after)


def _headline(before: dict, after: dict) -> list[str]:
    """Value, interval and n first; the sentence last."""
    ends = [f"{_end(one.get('low'))} to {_end(one.get('high'))}" for one in (before, after)]
    facts = []
    if before.get("value") != after.get("value"):
        facts.append(f"value {change(before.get('value'), after.get('value'))}")
    if ends[0] != ends[1]:
        facts.append(f"interval {change(*ends)}")
    for name in dict.fromkeys(["n", *before, *after]):
        old, new = before.get(name), after.get(name)
        if name not in ("id", "value", "low", "high", "text") and as_json(old) != as_json(new):
            facts.append(f"{name} {change(old, new)}")
    lines = ["; ".join(facts)] if facts else []
    if before.get("text") != after.get("text"):
        lines.append(f"text {change(before.get('text'), after.get('text'))}")
    return lines


def _end(number) -> str:
    return "open" if number is None else shown(number)


def _table_of(text: str) -> tuple[str | None, list[dict]]:
    """Caption and rows of the only table in HTML, each row by its columns; None if there is not
    just one."""
    if text.count("<table") != 1:
        return None, []
    from bs4 import BeautifulSoup

    table = BeautifulSoup(text, "html.parser").table
    caption = table.caption.get_text() if table.caption else ""
    found = [row(["th", "td"], recursive=False) for row in table("tr")]
    lines = [[cell.get_text() for cell in row] for row in found]
    head = lines.pop(0) if found and all(cell.name == "th" for cell in found[0]) else []
    names, seen = [], Counter()
    for place in range(max(map(len, [head, *lines]))):
        name = head[place] if place < len(head) and head[place] else f"column {place + 1}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return caption, [dict(zip(names, row, strict=False)) for row in lines]


def _table(before: str, after: str) -> list[str]:
    """Changed cells by row and column; rows and columns that came or went."""
    (old_caption, old), (new_caption, new) = _table_of(before), _table_of(after)
    lines = [] if old_caption == new_caption else [f"caption: {change(old_caption, new_caption)}"]
    columns = list(old[0] if old else {})
    lines += rows(old, new, columns[: max(1, len(columns) // 2)])
    return lines or _html(before, after)


def _html(before: str, after: str) -> list[str]:
    """What a reader sees, else what the mark-up says."""
    from bs4 import BeautifulSoup

    seen = [
        "\n".join(BeautifulSoup(text, "html.parser").stripped_strings) for text in (before, after)
    ]
    if seen[0] != seen[1]:
        return texts(*seen)
    broken = [text.replace("><", ">\n<") for text in (before, after)]
    return ["only its mark-up differs:", *texts(*broken)]


def _otherwise(before: Sequence[dict], after: Sequence[dict]) -> list[str]:
    """Where all outputs say the same: their order, else what they are wrapped in."""
    orders = [[str(one) for one in _read(some)] for some in (before, after)]
    if orders[0] != orders[1]:
        old, new = next(two for two in zip(*orders, strict=True) if two[0] != two[1])
        return [line(f"the same outputs in another order, the first of them: {change(old, new)}")]
    wrapped = [[_wrapping(output) for output in some] for some in (before, after)]
    if as_json(wrapped[0]) == as_json(wrapped[1]):
        return []
    return ["its outputs say the same, but are held otherwise:", *forms(*wrapped)[:ROWS]]


def _wrapping(output: dict) -> dict:
    """What holds an output; its number and its traceback are of no matter."""
    data = {"data": sorted(output["data"])} if "data" in output else {}
    return {
        name: value
        for name, value in output.items()
        if name not in ("execution_count", "traceback", "data", "text")
    } | data


_WAYS = {"headline": _headline, "table": _table, "HTML": _html, "chart": chart}
