import json
from dataclasses import replace

import pandas as pd
import pytest
import earlier
from almanac.compare import report, sides
from almanac.compare.sides import Side
from almanac.record import difference
from almanac.record.difference import Texts


@pytest.fixture(scope="module")
def new(frozen_record):
    results = earlier.results()
    moved = {"moe-share": (0.29, 0.1, 0.5), "moe-large": (0.62, 0.2, 0.9)}
    for result in results["results"]:
        if result["id"] in moved:
            result["value"], result["low"], result["high"] = moved[result["id"]]
    results["results"] = [r for r in results["results"] if r["id"] != "lost-share"]
    results["results"].append(earlier.RESULT | {"id": "found", "value": 0.1, "low": 0.0,
                                                "high": 0.2, "text": "Found."})  # fmt: skip
    results["parameters"]["as_of"] = "2026-10-31"
    return Side("new", difference.read(frozen_record), results)


@pytest.fixture(scope="module")
def comparison(new):
    return sides.compare(Side("old", earlier.texts(), earlier.results()), new)


TEXT = """\
OLD old, data of 2026-11-20
NEW new, data of 2026-11-24

Data: 3 of 15 tables differ: 1 row added, 1 row removed, 2 values changed, 1 new column.

organisations: 12 rows
  new column region_in_doubt, 0 cells filled

models: 118 rows, 117 before
  1 added
    + aya-23-8b
  2 values changed
    aya-23-35b total_params_b: 35 -> 34.98
    aya-expanse-32b licence: blank -> CC-BY-NC-4.0

events: 6 rows, 7 before
  1 removed
    - gpt-2

Headlines: Of 7 headline numbers 2 moved: 1 beyond the old interval, 1 within the old interval; 1 new; 1 gone.
  parameter as_of: 2026-09-30 -> 2026-10-31
  2 moved
    moe-share: 50% (35% to 60%) -> 29% (10% to 50%); beyond the old interval
    moe-large: 60% (20% to 90%) -> 62% (20% to 90%); within the old interval
  1 new
    + found: Found.
  1 gone
    - lost-share: A share of 0.25."""  # noqa: E501


def test_all_of_a_comparison_as_text(comparison):
    assert report.text(comparison) == TEXT


def test_what_is_the_same_is_said_in_two_sentences(new):
    text = report.text(sides.compare(new, new))
    assert "Data: none of 15 tables differs." in text
    assert text.endswith("Headlines: All 8 headline numbers are the same.")


def test_what_is_not_compared_is_said(new):
    record = replace(new, results=None)
    assert "Headlines: not compared, as one of the two is a record alone." in report.text(
        sides.compare(new, record)
    )
    results = replace(new, texts=None)
    assert "Data: not compared, as one of the two is results alone." in report.text(
        sides.compare(results, new)
    )


@pytest.fixture(scope="module")
def long(new):
    """A comparison with many rows, a long value, letters of control, markup and new evidence."""
    tables = dict(new.texts.tables)
    events = tables["events"]
    more = [events.assign(event_id=events.event_id + f"-{number:03}") for number in range(100)]
    nasty = events.tail(1).assign(event_id="z", label="\x1b[31m```\n</details>|`@all` " + "x" * 99)
    tables["events"] = pd.concat([*more, nasty], ignore_index=True)
    tables["evidence"] = tables["evidence"].iloc[:-7]
    after = Side("after `|x", Texts(new.texts.schema, tables), new.results)
    before = nasty.assign(label="was")
    old = Side("old", Texts(new.texts.schema, {**new.texts.tables, "events": before}), new.results)
    return sides.compare(old, after)


def test_long_lists_and_values_are_cut_unless_all_is_asked_for(long):
    cut, every = report.text(long), report.text(long, every=True)
    assert cut.count("\n    + ") == report.SHOWN
    assert "    ... and 580 more (--all lists them)" in cut
    assert "  7 removed (--all lists them)" in cut, "evidence is counted"
    assert "x…" in cut and "x" * 99 not in cut
    assert every.count("\n    + ") == 600
    assert "x" * 99 in every and "--all" not in every
    assert every.count("\n    - models/") + every.count("\n    - techniques/") == 7


def test_a_text_of_the_record_neither_moves_the_terminal_nor_ends_a_line(long):
    text = report.text(long, every=True)
    assert "\x1b" not in text
    assert "z label: was -> \\x1b[31m```\\n</details>|`@all` xxx" in text


def test_markdown_takes_nothing_for_markup(long):
    text = report.markdown(long, every=True)
    before, fence, rest = text.partition("```text\n")
    inside, end, after = rest.partition("\n```\n")
    assert text.startswith(report.MARK + "\n") and fence and end
    assert "@all" in inside and "@all" not in before
    assert "```" not in inside
    assert after == "\n</details>"
    heading = next(line for line in before.splitlines() if line.startswith("### "))
    assert "`old, data of 2026-11-24` → `after '/x, data of" in heading
    assert "| `events` | 1 → 601 | 600 | 0 | 0 | 1 |" in before


def test_markdown_shows_headlines_as_a_table(comparison):
    text = report.markdown(comparison)
    assert "| `moe-share` | `50% (35% to 60%)` | `29% (10% to 50%)` | `beyond the old" in text
    assert "**Headlines.** Of 7 headline numbers 2 moved" in text


def test_markdown_fits_into_a_comment(long, monkeypatch):
    monkeypatch.setattr(report, "LONGEST_BODY", 3000)
    text = report.markdown(long, every=True)
    assert 2500 < len(text) < 3200
    assert text.endswith("... (cut)\n```\n\n</details>")


FORM = {
    "old": {"name", "data_date"},
    "headlines": {"parameters", "same", "moved", "added", "gone"},
    "moved": {"id", "chapter", "how", "why", "outside", "overlap", "written", "before", "after"},
    "table": {"table", "before", "after", "unmatched", "new_columns", "lost_columns", "added",
              "removed", "renamed", "changed"},
}  # fmt: skip


def test_json_has_all_of_it_in_a_form_that_stays(comparison):
    told = json.loads(json.dumps(report.as_dict(comparison)))
    assert set(told) == {"old", "new", "differs", "data", "headlines"}
    assert told["differs"] is True
    assert set(told["old"]) == set(told["new"]) == FORM["old"]
    assert set(told["headlines"]) == FORM["headlines"]
    moved = told["headlines"]["moved"][0]
    assert set(moved) == FORM["moved"]
    assert (moved["id"], moved["how"], moved["outside"]) == ("moe-share", "beyond", True)
    assert moved["written"] == {"before": "50% (35% to 60%)", "after": "29% (10% to 50%)"}
    tables = {table["table"]: table for table in told["data"]}
    assert all(set(table) == FORM["table"] for table in tables.values())
    assert len(tables) == 15
    assert tables["models"]["changed"][0] == {
        "key": "aya-23-35b", "column": "total_params_b", "before": "35", "after": "34.98",
    }  # fmt: skip


def test_the_form_is_described_where_it_is_said_to_be():
    text = (earlier.RECORD.parents[2] / "book" / "rerun.md").read_text("utf-8")
    described = text.partition("## Compare two editions")[2].partition("\n## ")[0]
    for name in set().union(*FORM.values()) - {"headlines"}:
        assert name in described, name


def test_a_rename_is_told(new):
    models = new.texts.tables["models"]
    first = models.model_id.iloc[0]
    told = pd.DataFrame([{"table": "models", "old_key": first, "new_key": "other",
                          "renamed_on": "", "why": ""}])  # fmt: skip
    tables = {"models": models.assign(model_id=models.model_id.replace(first, "other")),
              "renamed": told}  # fmt: skip
    after = replace(new, texts=Texts(new.texts.schema, {**new.texts.tables, **tables}))
    compared = sides.compare(new, after)
    assert f"  1 renamed\n    {first} -> other" in report.text(compared)
    (table,) = [t for t in report.as_dict(compared)["data"] if t["table"] == "models"]
    assert table["renamed"] == [{"before": first, "after": "other"}]
