import pandas as pd
import pytest
from bs4 import BeautifulSoup

from almanac.charts import claims as shown
from almanac.measures.article import METHODS
from almanac.measures.claims import Part, Verdict

HOSTILE = "<script>x</script>\"'&"


@pytest.fixture
def record():
    """The two tables that give names."""

    class Named:
        models = pd.DataFrame({"model_id": ["m"], "name": [HOSTILE]})
        releases = pd.DataFrame({"release_id": ["r"], "name": ["Release R"]})

    return Named


def values(url="https://x.org/a?b=<c>"):
    rows = [
        ("models", "m", "total_params_b", "400", "B", url),
        ("releases", "r", "released_on", "2025-01-01", "C", url),
        ("models", "other", "licence", "MIT", "A", url),
    ]
    return pd.DataFrame(
        rows, columns=["table", "row", "column", "value", "grade", "source_url"]
    )


def verdict(computed="overstated", recorded="supported", claim=HOSTILE):
    parts = (
        Part(HOSTILE, True, "claim", (("models", "m", "total_params_b"),), ("m",)),
        Part("It fails.", False, "claim", (("releases", "r", "released_on"),), ("m",)),
        Part("Gone.", None, "caveat"),
        Part("Gone.", None, "caveat"),
    )
    return Verdict("one", claim, HOSTILE, recorded, computed, parts)


def sections(record, *verdicts, **other):
    html = shown.Sections(list(verdicts), values(**other), record)._repr_html_()
    return html, BeautifulSoup(html, "html.parser")


def test_a_claim_is_a_section_with_its_parts(record):
    _, page = sections(record, verdict())
    section = page.section
    assert section["id"] == "claim-one"
    assert page.find(id=section["aria-labelledby"]).text == HOSTILE
    assert section.p.strong.text == "In this edition: overstated. In the record: supported."
    assert [item.text for item in section("li")] == [
        f"Holds. {HOSTILE}", "Does not hold. It fails.", "Caveat, open. Gone.",
    ]  # fmt: skip
    assert section.find(class_="basis")("a")[-1]["href"] == "#claim-one"


def test_an_agreed_verdict_is_said_once(record):
    _, page = sections(record, verdict("supported"))
    assert page.strong.text == "Supported."


def test_models_and_values_are_linked(record):
    _, page = sections(record, verdict())
    link = page.find(class_="basis").a
    assert link["href"] == "record.html#m"
    assert link.text == HOSTILE
    assert page.summary.text.startswith("2 values behind this")
    assert [term.text for term in page("dt")] == [
        f"{HOSTILE}, total params b: 400", "Release R, released on: 2025-01-01",
    ]  # fmt: skip
    assert page.dd.text == "B x.org/a?b=<c>"
    assert page.dd.a["href"] == "https://x.org/a?b=<c>"


def test_nothing_of_the_record_is_markup(record):
    html, page = sections(record, verdict())
    assert "<script" not in html and page.script is None
    _, page = sections(record, verdict(), url="javascript:alert(1)")
    assert page.dd.a is None and "javascript:alert(1)" in page.dd.text


def test_a_claim_without_values_has_no_list_of_them(record):
    bare = Verdict("two", "Two", "so", "opinion", "opinion", (Part("Said.", None, "opinion"),))
    _, page = sections(record, bare)
    assert page.details is None
    assert page.find(class_="basis").text == "Link to this claim"


def test_the_overview_shows_both_verdicts_where_one_differs():
    agreed = verdict("supported")
    assert list(shown.overview([agreed]).columns) == ["claim", "verdict"]
    both = shown.overview([agreed, verdict()])
    assert both.iloc[1].tolist() == [HOSTILE, "overstated", "supported"]
    assert shown.overview([]).empty


def steps():
    return pd.DataFrame(
        {
            "region": ["china", "us", "us"],
            "released_on": pd.to_datetime(["2025-03-01", "2025-01-01", "2025-09-01"]),
            "name": ["C", "U", "V"],
            "total_params_b": [1000.0, 400.0, 2000.0],
            "model_id": ["c", "u", "v"],
        }
    )


def test_standings_on_a_day():
    say = lambda day: shown.standings(steps(), pd.Timestamp(day))  # noqa: E731
    assert say("2025-07-15") == "China 1,000 B (C), United States 400 B (U)"
    assert say("2025-09-01") == "United States 2,000 B (V), China 1,000 B (C)"
    assert say("2025-02-01") == "United States 400 B (U)"
    assert say("2024-01-01") == ""


def test_what_a_rival_takes_more_of_is_drawn_from_even():
    table = pd.DataFrame({"resource": ["arithmetic", "memory"], "ratio": [11.024, 0.6], "x": 1})
    chart = shown.burdens(table, "A finding", "In words").to_dict()
    (rows,) = chart["datasets"].values()
    assert [row["says"] for row in rows] == ["11.02", "0.60"]
    assert {row["even"] for row in rows} == {1.0} and "x" not in rows[0]
    assert chart["usermeta"]["columns"] == ["resource", "ratio"]
    assert chart["title"] == "A finding"


def followers():
    return pd.DataFrame(
        {
            "name": ["A", "B"],
            "organisation": ["O", "P"],
            "region": ["us", "china"],
            "released_on": pd.to_datetime(["2025-02-01", "2025-02-02"]),
            "total_params_b": [7.0, None],
            "method": list(METHODS[:2]),
            "secret": 1,
        }
    )


CHARTS = {
    "largest": lambda: shown.largest_so_far(
        steps(), "2025-07-15", "2026-01-01", title="A finding", description="In words."
    ),
    "one region": lambda: shown.largest_so_far(
        steps()[:1], "2025-07-15", "2026-01-01", title="A finding", description="In words."
    ),
    "followers": lambda: shown.followers(
        followers(), 671.0, title="A finding", description="In words."
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_words_and_only_what_it_draws(name):
    spec = CHARTS[name]().to_dict()
    assert (spec["title"], spec["description"], spec["width"]) == (
        "A finding", "In words.", "container",
    )  # fmt: skip
    datasets = list(spec["datasets"].values())
    assert any(set(spec["usermeta"]["columns"]) <= set(rows[0]) for rows in datasets)
    assert "secret" not in str(spec)


def test_the_staircases_reach_the_last_day_and_are_named():
    spec = CHARTS["largest"]().to_dict()
    labels = {row["label"] for rows in spec["datasets"].values() for row in rows if "label" in row}
    assert labels == {"the article", "United States: V", "China: C"}
    lines = spec["datasets"][spec["layer"][1]["data"]["name"]]
    assert sum(row["released_on"].startswith("2026-01-01") for row in lines) == 2


def test_methods_in_words():
    assert shown.methods(followers()) == (
        "reinforcement learning 1, a teacher's traces 1, another way, or not said 0"
    )
