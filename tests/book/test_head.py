"""What pages tell machines, with and without an address of their own."""

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from almanac.book import head
from almanac.book.edition import Edition

ADDRESS = "https://host/book/"
HOSTILE = '"><script>window.ran = 1</script>'


@pytest.fixture
def made(frozen_record):
    return Edition(frozen_record, {})


def parsed(edition, page="book/moe", title="A page", description="It finds."):
    def link(name, resource):
        return f"../{name}"

    return BeautifulSoup(head.tags(edition, page, title, description, link), "html.parser")


def metas(soup):
    """What is said of the page itself, by name."""
    return {
        meta.get("property") or meta["name"]: meta["content"]
        for meta in soup.find_all("meta")
        if meta.get("property") or meta.get("name") in ("description", "twitter:card")
    }


def test_without_an_address_nothing_is_absolute_but_what_others_publish(made):
    soup = parsed(made, "book/index")
    assert metas(soup) == {
        "description": "It finds.",
        "og:type": "website",
        "og:site_name": "The Open-Weights Almanac",
        "og:title": "A page",
        "og:description": "It finds.",
        "twitter:card": "summary",
    }
    assert [link["rel"] for link in soup.find_all("link")] == [["license"]]
    described = json.loads(soup.find("script").string)
    assert "url" not in described
    urls = [file["contentUrl"] for file in described["distribution"]]
    assert all(url.startswith("../") for url in urls)


def test_with_an_address_previews_have_a_picture(made):
    soup = parsed(replace(made, address=ADDRESS))
    found = metas(soup)
    assert found["og:type"] == "article"
    assert found["og:url"] == f"{ADDRESS}book/moe.html"
    assert found["og:image"] == f"{ADDRESS}cards/moe.png"
    assert found["og:image:alt"] == "A page – It finds."
    assert found["twitter:card"] == "summary_large_image"
    feed = soup.find("link", rel="alternate")
    assert (feed["type"], feed["href"]) == ("application/atom+xml", "../feed.xml")
    assert soup.find("script") is None  # the data is described on its own pages


@pytest.mark.parametrize("page", head.DATASET)
def test_the_data_is_described_on_the_first_page_and_on_that_of_the_record(made, page):
    soup = parsed(replace(made, address=ADDRESS), page)
    described = json.loads(soup.find("script", type="application/ld+json").string)
    assert described["@type"] == "Dataset"
    assert 50 <= len(described["description"]) <= 5000  # what search engines ask for
    assert described["dateModified"] == made.data_date()
    assert described["url"] == ADDRESS
    for file in described["distribution"]:
        assert file["contentUrl"].startswith(ADDRESS)


def test_a_page_without_text_says_nothing_of_itself(made):
    assert metas(parsed(made, "search", "", "")) == {}


def test_words_stay_text(made):
    hostile = replace(made, given={"unit": HOSTILE})
    soup = parsed(hostile, "book/index", HOSTILE, HOSTILE)
    (data,) = soup.find_all("script")
    assert HOSTILE in json.loads(data.string)["version"]
    assert metas(soup)["og:title"] == HOSTILE


def test_the_root_leads_to_the_first_page_and_is_shown_like_it(made):
    soup = BeautifulSoup(head.root(made, HOSTILE, "It finds."), "html.parser")
    assert soup.title.string == "The Open-Weights Almanac"
    assert soup.find("meta", {"http-equiv": "refresh"})["content"] == "0; url=book/index.html"
    assert metas(soup)["og:title"] == HOSTILE
    (data,) = soup.find_all("script")
    files = [file["contentUrl"] for file in json.loads(data.string)["distribution"]]
    assert "results.json" in files
    published = head.root(replace(made, address=ADDRESS), "A page", "It finds.")
    found = metas(BeautifulSoup(published, "html.parser"))
    assert found["og:image"] == f"{ADDRESS}cards/index.png"
    assert found["og:url"] == f"{ADDRESS}book/index.html"


def section(*children):
    return nodes.section("", nodes.title("", "Title"), *children)


def paragraph(*children):
    return nodes.paragraph("", "", *children)


def test_a_page_is_described_by_its_finding_else_by_its_first_paragraph():
    finding = nodes.container("", paragraph(nodes.Text("Half\nof them.")), classes=["finding"])
    quoted = nodes.block_quote("", paragraph(nodes.Text("Quoted.")))
    raw = nodes.raw("", "<a href='x'>", format="html")
    first = paragraph(raw, nodes.Text("A link"), raw.deepcopy(), nodes.inline("", " and more."))
    for children, expected in [
        ((quoted, first, finding), "Half of them."),
        ((quoted.deepcopy(), paragraph(), first.deepcopy()), "A link and more."),
        ((), ""),
    ]:
        doctree = nodes.document(None, None)
        doctree += section(*children)
        assert head.description(doctree) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Short.", "Short."),
        ("One. " * 100, ("One. " * 59).strip()),
        ("word, " * 100, ("word, " * 49).rstrip(", ") + "…"),
    ],
)
def test_a_long_description_ends_with_a_sentence_or_a_word(text, expected):
    assert head.shortened(text) == expected
    assert len(expected) <= head.LONGEST
