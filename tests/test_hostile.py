"""Whatever a text of the record holds, each part of the site shows it as text.

Each part is made twice, of attacks and of harmless words, and must have the same elements with the
same attributes both times. What a browser makes of whole pages is in `site/test_hostile.py`.
"""

import ast
import dataclasses
import io
import json
import re
from xml.etree import ElementTree

import hostile
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pybtex.database import parse_string

from almanac import notebook
from almanac.book import cards, catalogue, citation, feed, figures, foot, head, page, pictures
from almanac.book.edition import Edition
from almanac.book.parameters import Parameter
from almanac.charts import claims, tables, theme
from almanac.charts import organisations as shown
from almanac.measures.claims import Part, Verdict
from almanac.measures.organisations import First, Mark, Profile
from almanac.record import load, validate

ADDRESS = "https://host/"
ATTACKS = [f"{attack} name" for attack in (*hostile.ATTACKS, *hostile.FORMULAS)]
HARMLESS = [f"{number} name".ljust(60, "n") for number in range(len(ATTACKS))]
MARK = Mark("m-1", "Model 1", "Release 1", pd.Timestamp("2025-01-20"), "day", 671.0)
ACME = Profile(
    "acme", "Acme", "Holding", "FR", "europe", "A note.", 2, 3, 0, MARK, MARK,
    First(MARK, 0), First(None, 0), MARK, 0,
)  # fmt: skip


@pytest.fixture(scope="module")
def record(hostile_record):
    return load(hostile_record)


@pytest.fixture(scope="module")
def harmless(frozen_record):
    return load(frozen_record)


def skeleton(html):
    """The elements of HTML with the names of their attributes, in order."""
    soup = BeautifulSoup(html, "html.parser")
    return [(element.name, *sorted(element.attrs)) for element in soup.find_all(True)]


def text_of(html):
    return BeautifulSoup(html, "html.parser").get_text()


def spec_of(texts):
    """A chart with the texts as its title, its axis' labels and its tooltips, as it is stored."""
    rows = [{"name": text, "n": number} for number, text in enumerate(texts, start=1)]
    spec = {
        "title": texts[0],
        "description": texts[1],
        "data": {"name": "d"},
        "datasets": {"d": rows},
        "mark": "bar",
        "encoding": {
            "x": {"field": "n", "type": "quantitative"},
            "y": {"field": "name", "type": "nominal", "sort": texts, "axis": {"labelLimit": 90}},
            "tooltip": [{"field": "name"}],
        },
        "width": "container",
    }
    return theme._store(spec)[theme.MIME]


def test_the_record_is_valid_and_has_every_attack_in_every_free_column(hostile_record, record):
    assert validate(hostile_record) == []
    for name, table in record.schema.tables.items():
        frame = getattr(record, name)
        for field in table.fields:
            if hostile.free(table, field):
                held = "\n".join(frame[field.name].dropna())
                missed = [attack for attack in hostile.ATTACKS if attack not in held]
                assert not missed, (name, field.name)
                begun = [start for start in hostile.FORMULAS if start in held]
                assert len(begun) >= min(len(frame) // 2, len(hostile.FORMULAS)), field.name


def made_of(texts):
    """Parts of pages, each made of the texts."""
    frame = pd.DataFrame({"name": texts, "day": pd.Timestamp("2025-01-20"), texts[2]: texts})
    spec = spec_of(texts)
    profiles = [
        dataclasses.replace(
            ACME, name=text, parent=text, region_note=text,
            last=dataclasses.replace(ACME.last, release=text),
            largest=dataclasses.replace(ACME.largest, name=text),
        )
        for text in texts
    ]  # fmt: skip
    verdicts = [
        Verdict("a", text, text, "wrong", "wrong", (Part(text, True, "claim", (), ("m",)),))
        for text in texts
    ]
    sections = claims.Sections.__new__(claims.Sections)
    sections.verdicts, sections.names, sections.values = verdicts, {"m": texts[0]}, {}
    source = f"data = {json.dumps(texts[3])}"
    declared = {"data": Parameter("data", "str", "data", texts[4])}
    return {
        "table": tables.Table(frame, texts[0], wrap=True)._repr_html_(),
        "folded table": tables.Table(frame, texts[1], folded=True)._repr_html_(),
        "figure": figures.figure(spec, "a", ["almanac.measures.moe.f"], texts[0], texts[1], ""),
        "index": shown.Index(profiles)._repr_html_(),
        "cards": shown.Cards(profiles)._repr_html_(),
        "claims": sections._repr_html_(),
        "parameters": page.used(source, "moe", declared),
    }


@pytest.fixture(scope="module")
def parts():
    return made_of(ATTACKS), made_of(HARMLESS)


@pytest.mark.parametrize(
    "name", ["table", "folded table", "figure", "index", "cards", "claims", "parameters"]
)
def test_a_part_has_no_element_and_no_attribute_of_its_texts(parts, name):
    attacked, harmless = (made[name] for made in parts)
    assert skeleton(attacked) == skeleton(harmless)
    if name != "parameters":
        said = text_of(attacked)
        # HTML itself has no letters of control
        texts = ATTACKS if name != "figure" else map(theme.drawable, ATTACKS)
        assert [text for text in texts if text not in said] == []


def test_a_picture_shows_every_text_and_is_well_formed():
    spec = spec_of(ATTACKS)
    for svg in re.findall(r"<svg.*?</svg>", pictures.pictures(spec, "a"), re.DOTALL):
        words = "".join(ElementTree.fromstring(svg).itertext())
        assert "**bold**" in words and "currentColor" not in svg.split("<g", 1)[0]
        elements = {element for element, *_ in skeleton(svg)}
        assert elements <= {"svg", "g", "path", "text", "line", "rect"}
    wide = spec | {"encoding": spec["encoding"] | {"text": {"field": "name"}}, "mark": "text"}
    svg = pictures.svg(wide, 685)
    words = "".join(ElementTree.fromstring(svg).itertext())
    assert [text for text in map(theme.drawable, ATTACKS) if text not in words] == []
    # names of the picture's own parts are made anew, words that look like them are not
    assert 'id="a" url(#b) href="#c"' in pictures.pictures(wide, "fig")


def test_a_label_that_ends_within_a_letter_of_two_halves_is_drawn():
    for length in (10, 11):
        assert pictures.pictures(spec_of(["W" * length + "\U0001f9ff" * 9, "b"]), "a")


def test_a_card_is_drawn_of_any_text():
    words = " ".join(ATTACKS[-8:])
    image = Image.open(io.BytesIO(cards.card(words, words, words, words, spec_of(ATTACKS))))
    assert image.format == "PNG" and image.size == (cards.WIDTH, cards.HEIGHT)


def test_the_explorer_has_no_element_of_its_texts(record, harmless):
    attacked = BeautifulSoup(catalogue.explorer(record), "html.parser")
    plain = BeautifulSoup(catalogue.explorer(harmless), "html.parser")
    kinds = {(element.name, *sorted(element.attrs)) for element in attacked.find_all(True)}
    formerly = {("span", "id")}  # the small record has no renamed keys
    assert kinds == {(e.name, *sorted(e.attrs)) for e in plain.find_all(True)} | formerly
    names = [row.th.get_text() for row in attacked.tbody.find_all("tr")]
    assert sorted(names) == sorted(" ".join(name.split()) for name in record.models.name)
    old = [span["id"] for span in attacked.tbody.find_all("span")]
    assert sorted(old) == sorted(" ".join(key.split()) for key in record.renamed.old_key)


def test_the_sources_of_the_explorer_are_data(record):
    entries = catalogue.sources(record, catalogue.newest(record))
    for script in catalogue.pieces(entries):
        number, models = re.fullmatch(r"almanacSources\((\d+), (.*)\);\n", script, re.S).groups()
        for entry in json.loads(models):
            links = [*entry[1:3], *(source[3] for value in entry[3] for source in value[2])]
            assert all(link.startswith(("https://", "http://")) for link in links if link)
    assert 'window.ran=1</script>"' not in text_of(catalogue.explorer(record))


def test_the_feed_holds_texts_as_texts(hostile_record, record):
    edition = Edition(hostile_record, {"data": str(hostile_record)}, ADDRESS)
    news = feed.entries(edition, record.corrections)
    root = ElementTree.fromstring(feed.atom(edition, news).encode())
    contents = [element.text for element in root.iter(f"{{{feed.ATOM}}}content")]
    elements = {element for content in contents for element in skeleton(content)}
    assert elements == {("ul",), ("li",), ("p",)}
    said = " ".join(map(text_of, contents))
    for column in ("was", "is_now", "why"):
        texts = map(theme.drawable, record.corrections[column].dropna())
        assert [text for text in texts if text not in said] == []


def test_the_head_and_the_foot_hold_texts_as_texts(hostile_record, frozen_record):
    def tags(data, text):
        edition = Edition(data, {"data": str(data)}, ADDRESS)
        return head.tags(edition, head.START, text, text, lambda file, _: file)

    text = " ".join(ATTACKS)
    told = BeautifulSoup(tags(hostile_record, text), "html.parser")
    plain = skeleton(tags(frozen_record, "a"))
    assert skeleton(str(told)) == [one for one in plain if one != ("link", "href", "rel")]
    assert told.find("meta", {"name": "description"})["content"] == text
    assert told.find(property="og:title")["content"] == text
    assert json.loads(told.script.string)["version"].startswith("data = ")
    # an address that is none of the web is no link
    values = foot.values(Edition(hostile_record, {}, ADDRESS))
    assert values["licence"] == {"name": "CC BY 4.0", "path": ""}


def test_the_citation_is_read_back_as_one_entry(hostile_record):
    edition = Edition(hostile_record, {"data": str(hostile_record)}, ADDRESS)
    (entry,) = parse_string(citation.bibtex(edition), "bibtex").entries.values()
    assert not set(entry.fields["note"].replace("\\&", "&")) & set("$^~{}")
    assert hostile.NAME in citation.apa(edition)


def test_what_is_quoted_in_prose_is_stored_as_text_alone(monkeypatch):
    stored = []
    monkeypatch.setattr("myst_nb.ext.glue.ipy_display", lambda data, **_: stored.append(data))
    notebook.quote(**{str(number): text for number, text in enumerate(ATTACKS)})
    kinds = {kind.rpartition("papermill.record/")[2] for data in stored for kind in data}
    assert kinds == {"text/plain"}
    said = [ast.literal_eval(text) for data in stored for text in data.values()]
    assert said == ATTACKS
