"""The feed by the rules of RFC 4287, and that what the record says stays text in it."""

from datetime import datetime
from xml.etree import ElementTree

import pandas as pd
import pytest

from almanac.book import feed
from almanac.book.edition import Edition
from almanac.record import history, load

ADDRESS = "https://host/book/"
NAME = {"": feed.ATOM}
HOSTILE = "<script>window.ran = 1</script> & \x0b"


@pytest.fixture
def made(tmp_path, frozen_record):
    """An edition of a record with two days of changes."""
    package = (frozen_record / "datapackage.json").read_text("utf-8")
    (tmp_path / "datapackage.json").write_text(package, "utf-8")
    (tmp_path / history.CHANGES).write_text(
        f"# Changes\n\nIntroduction.\n\n## 2026-11-03\n\n- **Days**: {HOSTILE}"
        "[x](javascript:alert)\n\n## 2026-11-01\n\nFirst edition.\n",
        "utf-8",
    )
    return Edition(tmp_path, {}, ADDRESS)


@pytest.fixture
def corrections(frozen_record):
    """Three corrections on two days, one of them with a source."""
    rows = [
        ("2026-11-02", "models", "b/1", "total_params_b", "1", None, "no source states it"),
        ("2026-11-02", "models", "a_1", "name", HOSTILE, "A", "card (https://host/card)"),
        ("2026-11-03", "models", "c", "name", None, "C", "read again"),
    ]
    columns = ["corrected_on", "table", "row", "column", "was", "is_now", "why"]
    frame = pd.DataFrame(rows, columns=columns)
    types = load(frozen_record).corrections.dtypes
    return frame.astype({column: types[column] for column in columns})


def read(edition, corrections):
    return ElementTree.fromstring(feed.atom(edition, feed.entries(edition, corrections)))


def test_days_are_told_newest_first(made, corrections):
    news = feed.entries(made, corrections)
    days = [(entry.day, entry.kind) for entry in news]
    assert days == sorted(
        {
            (made.data_date(), "edition"),
            ("2026-11-03", "edition"),
            ("2026-11-03", "corrections"),
            ("2026-11-02", "corrections"),
            ("2026-11-01", "edition"),
        },
        reverse=True,
    )
    titles = {(entry.day, entry.kind): entry.title for entry in news}
    assert titles["2026-11-02", "corrections"] == "2 values corrected on 2026-11-02"
    assert titles["2026-11-03", "corrections"] == "1 value corrected on 2026-11-03"


def test_a_correction_gives_what_was_and_is_and_the_source(made, corrections):
    (day,) = [
        entry
        for entry in feed.entries(made, corrections)
        if (entry.day, entry.kind) == ("2026-11-02", "corrections")
    ]
    items = day.content.removeprefix("<ul><li>").removesuffix("</li></ul>").split("</li><li>")
    assert items[0].startswith("models, a_1, name: &lt;script&gt;")
    assert items[0].endswith(" → A; card (https://host/card)")
    assert items[1] == "models, b/1, total params b: 1 → blank; no source states it"


def test_it_is_atom(made, corrections):
    root = read(made, corrections)
    assert root.tag == f"{{{feed.ATOM}}}feed"
    assert root.find("author/name", NAME).text
    for element in [root, *root.findall("entry", NAME)]:
        for name in ("id", "title", "updated"):  # each once
            (found,) = element.findall(name, NAME)
            assert found.text.strip()
        moment = element.find("updated", NAME).text
        assert datetime.fromisoformat(moment).utcoffset() is not None
    identities = [element.text for element in root.iter(f"{{{feed.ATOM}}}id")]
    assert len(identities) == len(set(identities))
    assert all(identity.startswith("tag:host,20") for identity in identities)
    links = {link.get("rel"): link.get("href") for link in root.findall("link", NAME)}
    assert links == {"self": f"{ADDRESS}feed.xml", "alternate": ADDRESS}
    for link in root.iter(f"{{{feed.ATOM}}}link"):
        assert link.get("href").startswith(ADDRESS)
    assert root.find("updated", NAME).text == root.find("entry/updated", NAME).text


def test_what_the_record_says_is_text(made, corrections):
    for content in read(made, corrections).iter(f"{{{feed.ATOM}}}content"):
        assert content.get("type") == "html"
        assert "<script" not in content.text
        assert "href" not in content.text  # a link that is not http is none


def test_the_same_record_gives_the_same_feed_in_any_order(made, corrections):
    once = feed.atom(made, feed.entries(made, corrections))
    assert once == feed.atom(made, feed.entries(made, corrections[::-1]))


def test_a_record_without_a_word_on_its_changes_has_its_own_day(made, corrections):
    (made.data / history.CHANGES).unlink()
    (entry,) = feed.entries(made, corrections[:0])
    assert (entry.day, entry.title) == (made.data_date(), f"Edition of {made.data_date()}")
    assert read(made, corrections[:0]).find("entry/content", NAME).text == entry.title
