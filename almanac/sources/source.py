"""What makes a module a source: its addresses, how its files are named, and its parsers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from almanac.sources.statements import Document, Said, day_of

Addresses = Mapping[str, str]  # name of the saved file: address it is read from
DAY = re.compile(r"(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class Wanted:
    """What of the record decides which documents of an upstream are worth reading.

    Attributes
    ----------
    namespaces : Hub namespaces of the record's organisations
    configs : Hub repositories of models that lack a value their configuration states
    names : names known of each engine and kind, as ``engine/kind``
    """

    namespaces: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """How one kind of file of a source is named and read.

    Attributes
    ----------
    name : pattern of the file's whole name
    parse : what reads it
    day : the day of copies whose name holds no day and that no manifest dates
    media : json, csv, html or text, as an answer must look
    """

    name: str
    parse: Callable[[Document], Said]
    day: str = ""
    media: str = "text"

    def fits(self, file: str) -> bool:
        """Whether a file of this name has the shape."""
        return bool(re.fullmatch(self.name, file))

    def dated(self, file: str) -> str:
        """The day of a copy, by its name or what is known of it; blank if neither says."""
        found = DAY.search(file)
        return day_of(found[1]) or "" if found else self.day


def fixed(addresses: Addresses) -> Callable[[Wanted], Addresses]:
    """The addresses of a source whose documents are the same whatever the record wants."""
    return lambda wanted: addresses


def _no_more(document: Document, link: str, wanted: Wanted) -> Addresses:
    return {}


@dataclass(frozen=True)
class Source:
    """An upstream.

    Attributes
    ----------
    name : what the command line calls it
    title : what readers call it
    addresses : the documents to begin with
    shapes : the kinds of file it has; the first that fits reads a file
    more : further documents that one document, with its Link header, leads to; those that do not
        exist or may not be read are reported, without failing the source
    """

    name: str
    title: str
    addresses: Callable[[Wanted], Addresses]
    shapes: tuple[Shape, ...]
    more: Callable[[Document, str, Wanted], Addresses] = _no_more

    def shape(self, file: str) -> Shape | None:
        """The shape of a file of this name, or None if the source has no such file."""
        return next((shape for shape in self.shapes if shape.fits(file)), None)
