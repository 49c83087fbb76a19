import dataclasses

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from almanac.charts import organisations as shown
from almanac.measures.organisations import First, Mark, Profile

HOSTILE = "<script>x</script>\"'&"
MARK = Mark("m-1", "Model 1", "Release 1", pd.Timestamp("2025-01-20"), "day", 671.0)
ACME = Profile(
    "acme", "Acme", "Holding", "FR", "europe", "A note.", 2, 3, 0, MARK, MARK,
    First(MARK, 0), First(None, 0), MARK, 0,
)  # fmt: skip


def card(**other):
    """The facts of a card by their label, and the card."""
    html = shown.Cards([dataclasses.replace(ACME, **other)])._repr_html_()
    section = BeautifulSoup(html, "html.parser").section
    facts = {row.dt.text: row.dd for row in section("div")}
    return facts, section


def test_a_card_has_an_anchor_and_links_to_the_record():
    facts, section = card()
    assert section["id"] == "acme"
    assert section.find(id=section["aria-labelledby"]).text == "Acme"
    assert [p.text for p in section("p")] == [
        "Part of Holding. France, counted as Europe. A note.", "3 models in 2 releases",
    ]  # fmt: skip
    assert section("p")[1].a["href"] == "record.html?organisation=acme"
    assert facts["First release"].a["href"] == "record.html#m-1"
    assert facts["First release"].text == "Release 1, 20 January 2025"
    assert facts["First MoE"].text == "Model 1, 20 January 2025"
    assert facts["Largest model"].text == "Model 1, 671\N{NO-BREAK SPACE}B"


@pytest.mark.parametrize(
    "first, text",
    [
        (First(None, 0), "none so far"),
        (First(None, 2), "undisclosed: none is known, of 2 of 3 models nobody says"),
        (First(MARK, 1), "Model 1, 20 January 2025 (of 1 earlier model nobody says)"),
    ],
)
def test_none_is_said_only_where_it_is_known(first, text):
    assert card(first_reasoning=first)[0]["First reasoning model"].text == text


@pytest.mark.parametrize(
    "precision, text", [("month", "January 2025"), ("quarter", "2025 Q1"), ("year", "2025")]
)
def test_a_day_is_no_more_precise_than_it_is_known(precision, text):
    mark = dataclasses.replace(MARK, date_precision=precision)
    assert card(last=mark)[0]["Latest release"].text == f"Release 1, {text}"


def test_an_organisation_with_nothing_released():
    facts, section = card(
        releases=0, models=0, unreleased=1, first=None, last=None, largest=None,
        first_moe=First(None, 0),
    )  # fmt: skip
    assert facts == {}
    assert section("p")[1].text == "0 models in 0 releases, and 1 model announced or withdrawn"
    assert card(largest=None, unsized=3)[0]["Largest model"].text == "undisclosed"


def test_a_country_without_a_name_keeps_its_code():
    assert [shown.country(code) for code in ("DE", "QX")] == ["Germany", "QX"]
    assert "United States." in card(country="US", region="us")[1].p.text


def test_the_index_links_to_every_card_by_region():
    there = [ACME, dataclasses.replace(ACME, organisation_id="b", name="B", region="china")]
    page = BeautifulSoup(shown.Index(there)._repr_html_(), "html.parser")
    assert [one.text for one in page("summary")] == ["China (1)", "Europe (1)"]
    assert [link["href"] for link in page("a")] == ["#b", "#acme"]
    assert page.nav["aria-label"]


def test_nothing_of_the_record_is_markup():
    mark = dataclasses.replace(MARK, name=HOSTILE, release=HOSTILE)
    facts, section = card(
        name=HOSTILE, parent=HOSTILE, region_note=HOSTILE, first=mark, first_moe=First(mark, 0)
    )
    assert section.find("script") is None
    assert section.h3.text == HOSTILE
    assert section.p.text.count(HOSTILE) == 2
    assert facts["First release"].a.text == facts["First MoE"].a.text == HOSTILE
    index = BeautifulSoup(
        shown.Index([dataclasses.replace(ACME, name=HOSTILE)])._repr_html_(), "html.parser"
    )
    assert index.find("script") is None and index.a.text == HOSTILE
