"""What an upstream says: statements about models, names in engines, and rows that are left out.

A parser gives a statement for each thing an upstream says of an entry, in the words of the
record: the column it is about and the value as it would stand in the cell. It matches nothing
and judges nothing but the shape of its own upstream.
"""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

LISTED = "listed_in"  # the column of a statement that says no more than that the upstream has it
METRICS = ("downloads_30d", "downloads_all", "likes", "ollama_pulls")
# a part of a Hub id has at most 96 characters
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/\w[\w.-]{0,95}", re.ASCII)
HUB_PAGE = re.compile(r"https?://(?:www\.)?huggingface\.co/([^/?#\s]+/[^/?#\s]+)/?")
LONGEST_CELL = 1_000_000  # Epoch AI quotes abstracts and long notes
LONGEST_ID = 200


class SourceError(Exception):
    """An upstream cannot be read; the message is one line a person can act on."""


class Statement(NamedTuple):
    """What an upstream says of one thing.

    Attributes
    ----------
    source : name of the source's module
    listed_id : what the upstream calls the entry
    hub_id : the entry's repository on the Hugging Face Hub, blank where the upstream gives none
    column : column of releases or models, a metric of adoption, or `LISTED`
    value : as it would stand in the cell
    source_url : public page that states it
    source_kind : as in the evidence table
    stated_on : day of the snapshot (ISO date)
    fills : whether the source is good enough to fill a blank cell
    note : what a reader should know
    """

    source: str
    listed_id: str
    hub_id: str
    column: str
    value: str
    source_url: str
    source_kind: str
    stated_on: str
    fills: bool = True
    note: str = ""


class EngineName(NamedTuple):
    """A name in an engine's source: a row of engine_support as it would stand there."""

    engine: str
    kind: str
    name: str
    moe: str
    first_on: str
    bound: str
    source_url: str
    note: str


class Dropped(NamedTuple):
    """Something an upstream says that is left out: where it stands, and what is wrong with it."""

    source: str
    file: str
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        where = quoted(self.where)[1:-1]  # a key of the upstream's own can stand in it
        return f"{self.file} {where}: expected {self.expected}, found {quoted(self.found)}"


@dataclass
class Said:
    """All that one document, or one source, says."""

    statements: list[Statement] = field(default_factory=list)
    engines: list[EngineName] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def extend(self, other: "Said") -> None:
        """Add what another document says."""
        self.statements += other.statements
        self.engines += other.engines
        self.dropped += other.dropped


@dataclass(frozen=True)
class Document:
    """One upstream file: who it is from, its name, its text, and the day it was read."""

    source: str
    file: str
    text: str
    day: str

    def drop(self, where: str, found: Any, expected: str) -> Dropped:
        """A row of the document that is left out."""
        return Dropped(self.source, self.file, where, str(found), expected)


def decoded(source: str, file: str, data: bytes) -> str:
    """The text of a file in UTF-8, without the byte-order mark.

    Raises
    ------
    SourceError
        If it is not UTF-8: what stood at the bad place cannot be told.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = repr(data[error.start : error.start + 4])[2:-1]
        raise SourceError(
            f"{source}: {file} is not text in UTF-8 (byte {error.start} is {found})"
        ) from None


def rows(document: Document, needed: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV document, each with where it stands; comment lines are passed over.

    Raises
    ------
    SourceError
        If it is not CSV, or lacks one of the columns `needed`: its schema has changed.
    """
    refuse_html(document, "CSV")
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        lines = io.StringIO(document.text, newline="")
        start = 0
        for line in lines:
            if not line.startswith("#"):
                break
            start += 1
        lines.seek(0)
        for _ in range(start):
            next(lines)
        reader = csv.DictReader(lines, strict=True)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise SourceError(
                f"{document.source}: {document.file} has no column {', '.join(missing)}: its"
                f" schema has changed (it has {quoted(', '.join(reader.fieldnames or ()))})"
            )
        for row in reader:
            extra = row.pop(None, None)
            if extra is not None or None in row.values():
                row["\0cells"] = "a row as long as the header"
            yield (
                f"line {start + reader.line_num}",
                {key: value if isinstance(value, str) else "" for key, value in row.items()},
            )
    except csv.Error as error:
        raise SourceError(f"{document.source}: {document.file} is not CSV ({error})") from None
    finally:
        csv.field_size_limit(before)


def sound_rows(
    document: Document, needed: Iterable[str], said: Said
) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of a CSV document, but for those of a wrong length or with control characters."""
    needed = list(needed)
    for where, row in rows(document, needed):
        if row.pop("\0cells", None):
            found = ",".join(row.values())
            said.dropped.append(document.drop(where, found, "as many cells as the header"))
            continue
        bad = [name for name in needed if has_control(row[name])]
        if bad:
            found = row[bad[0]]
            said.dropped.append(document.drop(where, found, f"plain text in {bad[0]}"))
            continue
        yield where, row


def as_json(document: Document, kind: type) -> Any:
    """The document as JSON, an object or a list as `kind` says.

    Raises
    ------
    SourceError
        If it is anything else.
    """
    refuse_html(document, "JSON")
    name = {dict: "an object", list: "a list"}[kind]
    try:
        value = json.loads(document.text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise SourceError(
            f"{document.source}: {document.file} is not JSON ({error.msg}, line {error.lineno})"
        ) from None
    except (ValueError, RecursionError):
        raise SourceError(
            f"{document.source}: {document.file} is not JSON that can be read: it is nested too"
            " deeply, or holds a number that is too long or none"
        ) from None
    if not isinstance(value, kind):
        raise SourceError(
            f"{document.source}: {document.file} should hold {name}: its schema has changed"
        )
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def refuse_html(document: Document, wanted: str) -> None:
    """Raise SourceError if the document is a page where it should be data."""
    if re.match(r"\s*<(!doctype|html|head|body)", document.text, re.IGNORECASE):
        raise SourceError(f"{document.source}: {document.file} is HTML, not {wanted}")


def is_hub_id(text: Any) -> bool:
    """Whether a text can be a repository on the Hub: nothing that climbs out of a folder."""
    return isinstance(text, str) and ".." not in text and bool(HUB_ID.fullmatch(text))


def is_listed_id(text: Any) -> bool:
    """Whether a text can be shown and kept as an upstream's name for an entry.

    A name that a spreadsheet would take for a formula is none.
    """
    return (
        isinstance(text, str)
        and text == text.strip()
        and 0 < len(text) <= LONGEST_ID
        and not has_control(text)
        and text[0] not in "=+-"
    )


def has_control(text: str) -> bool:
    """Whether a text has characters that steer a terminal or that no file in UTF-8 can hold."""
    return any(
        ord(c) < 32 and c not in "\n\t" or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000
        for c in text
    )


def hub_id_of(address: str) -> str:
    """The Hub repository an address is the page of, or blank."""
    found = HUB_PAGE.fullmatch(address.strip())
    return found[1] if found and is_hub_id(found[1]) else ""


def hub_page(hub_id: str) -> str:
    """Public page of a repository on the Hub."""
    return f"https://huggingface.co/{hub_id}"


def day_of(text: Any) -> str | None:
    """The full ISO day a text begins with, or None if it names none."""
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d(?!\d)", text):
        return None
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None


def billions(count: Decimal | int | float | str) -> str:
    """A count in billions (1e9) as the record writes it: 671, 32.76, 0.135."""
    value = Decimal(str(count)) / 1_000_000_000
    if value.adjusted() >= 0:
        value = round(value, 2)
    elif value:
        value = round(value, 2 - value.adjusted())
    return plain(value)


def plain(value: Decimal | float | str) -> str:
    """A number without trailing zeros or an exponent."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(text: Any) -> Decimal | None:
    """The finite number a text or a JSON number is, or None."""
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        return None
    try:
        value = Decimal(str(text).strip())
    except ArithmeticError:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < 30 else None


def unexpected(error: Exception) -> str:
    """What to say of an error that nobody thought of."""
    what = quoted(f"{type(error).__name__} {error}", 120)[1:-1]
    return f"cannot be read, by a fault of the almanac's own: report it ({what})"


def quoted(text: str, longest: int = 80) -> str:
    """A text in double quotes on one line, cut where it is long."""
    shown = json.dumps(text[:longest], ensure_ascii=True)
    return shown if len(text) <= longest else f'{shown[:-1]}..."'
