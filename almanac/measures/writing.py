"""How sentences write days and counts, on every page alike."""

DAY = "%-d %B %Y"
MINUS = "\N{MINUS SIGN}"


def many(number: int, noun: str) -> str:
    """A count with its noun, as in "1 organisation" and "1,049 organisations"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
