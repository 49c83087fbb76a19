"""Citations name the edition and its data, and no address or year that nobody gave."""

from dataclasses import replace

import pytest
import yaml
from pybtex.database import parse_string

from almanac.book import citation
from almanac.book.edition import Edition

ADDRESS = "https://host/a_b/"


@pytest.fixture
def made(frozen_record):
    return Edition(frozen_record, {"unit": "model"})


@pytest.fixture
def authors(tmp_path, monkeypatch):
    """Gives the work other authors."""
    described = yaml.safe_load(citation.FILE.read_text("utf-8"))
    monkeypatch.setattr(citation, "FILE", tmp_path / "CITATION.cff")

    def authors(*found):
        citation.FILE.write_text(yaml.safe_dump(described | {"authors": list(found)}), "utf-8")

    return authors


def test_the_work_is_that_of_the_citation_file():
    described = yaml.safe_load(citation.FILE.read_text("utf-8"))
    found = citation.work()
    assert found.title == described["title"]
    assert [author.name for author in found.authors] == [a["name"] for a in described["authors"]]
    assert "\n" not in found.abstract


def test_a_work_that_is_its_own_author_is_named_once(made):
    day = made.data_date()
    expected = (
        f"The Open-Weights Almanac (edition unit = model; data of {day}) [Data set]. ({day[:4]})."
    )
    assert citation.apa(made) == expected
    assert citation.apa(replace(made, address=ADDRESS)) == f"{expected} {ADDRESS}"


def test_people_and_bodies_are_cited_each_in_their_way(made, authors):
    authors({"family-names": "Noether", "given-names": "Amalie Emmy"}, {"name": "The Makers"})
    assert citation.apa(made).startswith(
        f"Noether, A. E., & The Makers. ({made.data_date()[:4]}). The Open-Weights Almanac ("
    )
    (entry,) = parse_string(citation.bibtex(made), "bibtex").entries.values()
    first, second = entry.persons["author"]
    assert first.last_names == ["Noether"]
    assert second.last_names == ["{The Makers}"]


def test_the_default_edition_is_called_so(made, monkeypatch):
    monkeypatch.setattr(Edition, "is_default", True)
    assert citation.named(made) == f"default edition, data of {made.data_date()}"


def test_bibtex_can_be_read_again(made):
    text = citation.bibtex(replace(made, address=ADDRESS))
    ((key, entry),) = parse_string(text, "bibtex").entries.items()
    assert key == f"almanac-{made.data_date()}"
    assert entry.fields["year"] == made.data_date()[:4]
    assert entry.fields["note"] == f"edition unit = model; data of {made.data_date()}"
    assert f'url = "{ADDRESS}"' in text  # as it is: styles print it so
    assert "url" not in parse_string(citation.bibtex(made), "bibtex").entries[key].fields


def test_values_of_parameters_are_no_markup_of_bibtex(made):
    hostile = replace(made, given={"unit": '}"\\input{x}%&_#'})
    (entry,) = parse_string(citation.bibtex(hostile), "bibtex").entries.values()
    assert "\\input" not in citation.bibtex(hostile)
    assert '"inputx' in entry.fields["note"]


def test_a_chart_is_cited_with_its_page_and_edition(made):
    cited = citation.of_chart("A rise.", "How?", "book/moe.html#moe-share", made)
    assert cited == (
        f"A rise [Chart]. ({made.data_date()[:4]}). In “How?”, "
        f"The Open-Weights Almanac (edition unit = model; data of {made.data_date()})."
    )
    published = replace(made, address=ADDRESS)
    assert citation.of_chart("A rise.", "How?", "book/moe.html#moe-share", published) == (
        f"{cited} {ADDRESS}book/moe.html#moe-share"
    )
