"""From what to what, in one line."""

import difflib
import json
import os

LINE = 240  # characters
TEXT = 90  # characters of each side of a change; the rest of a long text is left out
CONTEXT = 4  # words before and after a change in a long text


def shown(value) -> str:
    """A value on one line, whole: texts as they are, all else as JSON; letters that cannot be
    seen, or that steer a terminal, by their numbers."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def cut(text: str, most: int = TEXT) -> str:
    """A text of at most about so many characters, with how many are left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def change(before, after) -> str:
    """From what to what; of long texts only where they differ."""
    old, new = shown(before), shown(after)
    if old == new:  # 1 and "1"
        old, new = json.dumps(before), json.dumps(after)
    if max(len(old), len(new)) > TEXT:
        old, new = _where(old, new)
    return f"{cut(old) or '(empty)'} -> {cut(new) or '(empty)'}"


def _where(old: str, new: str) -> tuple[str, str]:
    """Two texts without the words at their beginnings and ends that they share."""
    a, b = old.split(" "), new.split(" ")
    least = min(len(a), len(b))
    start = next((i for i in range(least) if a[i] != b[i]), least)
    end = next((i for i in range(least - start) if a[-1 - i] != b[-1 - i]), least - start)
    start, end = max(0, start - CONTEXT), max(0, end - CONTEXT)

    def part(words):
        kept = " ".join(words[start : len(words) - end])
        return ("… " if start else "") + kept + (" …" if end else "")

    first, second = part(a), part(b)
    same = len(os.path.commonprefix([first, second]))
    if same > TEXT // 2:  # of long words, from near the first letter on that differs
        first, second = (f"…{text[same - TEXT // 4 :]}" for text in (first, second))
    return first, second


def line(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= LINE else f"{text[:LINE]}…"


def as_json(value) -> str:
    """A value as text to compare: nothing is rounded, and 1 is neither 1.0 nor true."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def texts(before: str, after: str) -> list[str]:
    """One changed line as from what to what, more as a unified diff."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) == len(new):
        moved = [two for two in zip(old, new, strict=True) if two[0] != two[1]]
        if len(moved) == 1:
            return [change(*moved[0])]
    if len(old) <= 1 and len(new) <= 1:
        return [change(before, after)]
    return unified(old, new)


def unified(before: list[str], after: list[str]) -> list[str]:
    """The lines that only one of two texts has, with a sign before each."""
    return [
        one[0] + cut(shown(one[1:]), 2 * TEXT)
        for one in list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
        if not one.startswith("@@")
    ]
