"""How to cite an edition, and a chart of it: the work is that of CITATION.cff.

The year is that of the data, and the edition and the day of its data are named, since another
edition may show other numbers. An address is given only where the edition has one.
"""

from dataclasses import dataclass

import yaml

from almanac.book.edition import ROOT, Edition

FILE = ROOT / "CITATION.cff"
MARKUP = "{}\\$^~"  # of BibTeX and LaTeX, which a parameter's value must not become


@dataclass(frozen=True)
class Author:
    """Who made the work: a person, named as "Family, G.", or a body of people."""

    name: str
    person: bool


@dataclass(frozen=True)
class Work:
    """What is cited, whichever edition of it; its abstract is one paragraph."""

    title: str
    authors: tuple[Author, ...]
    abstract: str
    keywords: tuple[str, ...]


def work() -> Work:
    """The work as CITATION.cff describes it."""
    described = yaml.safe_load(FILE.read_text("utf-8"))
    return Work(
        described["title"],
        tuple(_author(author) for author in described["authors"]),
        " ".join(described["abstract"].split()),
        tuple(described.get("keywords", ())),
    )


def named(edition: Edition) -> str:
    """What tells the edition from all others, in a few words: its name and its data's day."""
    name = "default edition, " if edition.is_default else f"edition {edition.name}; "
    return f"{name}data of {edition.data_date()}"


def apa(edition: Edition) -> str:
    """The edition as a line of a list of references, in APA's style, as plain text."""
    cited = work()
    title, year = f"{cited.title} ({named(edition)}) [Data set].", f"({_year(edition)})."
    names = [author.name for author in cited.authors]
    if names == [cited.title]:  # a work that is its own author is named once
        parts = [title, year]
    else:
        makers = ", ".join(names[:-1]) + ", & " * (len(names) > 1) + names[-1]
        parts = [makers.rstrip(".") + ".", year, title]
    return " ".join([*parts, *([edition.address] if edition.address else [])])


def bibtex(edition: Edition) -> str:
    """The edition as an entry for BibTeX."""
    from pybtex.database import BibliographyData, Entry, Person

    cited = work()
    fields = {
        "title": f"{{{cited.title}}}",  # braces keep its capitals
        "year": _year(edition),
        "howpublished": "Data set",
        "note": "".join(letter for letter in named(edition) if letter not in MARKUP),
    }
    if edition.address:
        fields["url"] = edition.address
    # in braces it is one name, without first and last
    names = [a.name if a.person else f"{{{a.name}}}" for a in cited.authors]
    people = {"author": [Person(name) for name in names]}
    entry = Entry("misc", list(fields.items()), people)
    text = BibliographyData({f"almanac-{edition.data_date()}": entry}).to_string("bibtex")
    if edition.address:  # pybtex escapes addresses too, which BibTeX's styles take as they are
        text = "\n".join(
            f'    url = "{edition.address}"' if line.startswith("    url = ") else line
            for line in text.splitlines()
        )
    return text.rstrip("\n") + "\n"


def of_chart(title: str, page: str, path: str, edition: Edition) -> str:
    """One chart as a line of a list of references, as plain text.

    Parameters
    ----------
    title : the chart's
    page : the title of its page
    path : of the chart from the root of the site, as ``book/moe.html#moe-share``
    """
    title = title.rstrip(".")
    source = f"{work().title} ({named(edition)})"
    where = [f"{edition.address}{path}"] if edition.address else []
    return " ".join([f"{title} [Chart]. ({_year(edition)}). In “{page}”, {source}.", *where])


def _author(described: dict) -> Author:
    if "family-names" not in described:
        return Author(described["name"], person=False)
    initials = [f"{name[0]}." for name in described.get("given-names", "").split()]
    return Author(", ".join(filter(None, [described["family-names"], " ".join(initials)])), True)


def _year(edition: Edition) -> str:
    return edition.data_date()[:4]
