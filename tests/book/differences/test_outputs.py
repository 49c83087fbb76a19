"""Words for every kind of output, and for whatever may change in any that the book has."""

import copy
import random

import nbformat
import pytest
from nbformat.v4 import new_output
from regression.references import REFERENCE

from almanac.book.differences.outputs import LINES, differences, moved_charts
from almanac.book.differences.words import LINE
from almanac.charts.theme import MIME
from almanac.notebook import RESULT, VERDICTS

REFERENCES = sorted(REFERENCE.glob("*.ipynb"))


def display(data, **metadata):
    return new_output("display_data", data, metadata=metadata)


def glue(name, value):
    kind = "application/papermill.record/"
    return display({f"{kind}text/plain": repr(value)},
                   scrapbook={"name": name, "mime_prefix": kind})  # fmt: skip


def headline(**facts):
    result = {"id": "moe-share", "value": 0.29, "low": 0.1, "high": 0.5, "n": 24,
              "unit": "share", "text": "29% of the 24 releases."} | facts  # fmt: skip
    return display({RESULT: result, "text/plain": result["text"]})


def table(rows, caption="Models by year"):
    head, *body = rows
    cells = "".join(
        f"<tr><th scope=row>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>"
        for row in body
    )
    names = "".join(f"<th>{name}</th>" for name in head)
    text = (
        f"<table><caption>{caption}</caption><thead><tr>{names}</tr></thead>"
        f"<tbody>{cells}</tbody></table>"
    )
    return display({"text/html": text, "text/plain": caption})


def chart(title="Models", **more):
    return display({MIME: {"title": title, "mark": "bar", **more}, "text/plain": f"Chart: {title}"})


HEAD = ["year", "models"]
CASES = {
    "nothing": ([headline(), chart()], [headline(), chart()], []),
    "nothing at all": ([], [], []),
    "a printed text": (
        [new_output("stream", name="stdout", text="a\n"),
         new_output("stream", name="stdout", text="b\n")],
        [new_output("stream", name="stdout", text="a\nc\n")],
        ["printed text: b -> c"],
    ),
    "a warning": (
        [], [new_output("stream", name="stderr", text="old\n")], ["text on stderr is new: old\\n"],
    ),
    "a value": (
        [new_output("execute_result", {"text/plain": "13.8"})],
        [new_output("execute_result", {"text/plain": "13.9"})],
        ["text: 13.8 -> 13.9"],
    ),
    "a quoted value": ([glue("share", "13.8")], [glue("share", 13.8)],
                       ['quoted value share: "13.8" -> 13.8']),
    "a quoted value of another name": (
        [glue("share", "1")], [glue("part", "1")],
        ["quoted value share is gone: 1", "quoted value part is new: 1"],
    ),
    "a headline": (
        [headline()], [headline(value=0.3, low=None, n=25, text="30% of the 25 releases.")],
        ["headline moe-share:",
         "    value 0.29 -> 0.3; interval 0.1 to 0.5 -> open to 0.5; n 24 -> 25",
         "    text 29% of the 24 releases. -> 30% of the 25 releases."],
    ),
    "a headline and what it makes quotable": (
        [glue("moe-share-value", "29%"), glue("moe-share-more", "x"), headline()],
        [glue("moe-share-value", "30%"), glue("moe-share-more", "y"), headline(value=0.3)],
        ["quoted value moe-share-more: x -> y", "headline moe-share: value 0.29 -> 0.3"],
    ),
    "a verdict": (
        [display({VERDICTS: {"verdicts": [{"claim_id": "a", "computed": "holds"}]}})],
        [display({VERDICTS: {"verdicts": [{"claim_id": "a", "computed": "open"}]}})],
        ["verdict a: computed: holds -> open"],
    ),
    "a table": (
        [table([HEAD, [2024, 41], [2025, 62]])], [table([HEAD, [2024, 41], [2025, 63]])],
        ["table “Models by year”: year 2025: models 62 -> 63"],
    ),
    "a table of another name": (
        [table([HEAD, [2025, 62]])], [table([HEAD, [2025, 62]], caption="Models")],
        ["table “Models”: caption: Models by year -> Models"],
    ),
    "a table's mark-up": (
        [table([HEAD, [2025, 62]])],
        [display({"text/html": table([HEAD, [2025, 62]]).data["text/html"].replace(
            "<td>", "<td class=day>"), "text/plain": "Models by year"})],
        ["table “Models by year”:", "    only its mark-up differs:",
         "    <td>62</td> -> <td class=day>62</td>"],
    ),
    "an empty table's columns": (
        [table([HEAD])], [table([["year", "count"]])], ["table “Models by year”: models -> count"],
    ),
    "other HTML": (
        [display({"text/html": "<ul><li>one<li>two</ul>"})],
        [display({"text/html": "<ul><li>one<li>three</ul>"})],
        ["HTML: two -> three"],
    ),
    "a chart": ([chart()], [chart("Shares")], ["chart “Shares”: title: Models -> Shares"]),
    "a chart's words alone": (
        [chart()], [display({MIME: chart().data[MIME], "text/plain": "Chart"})],
        ["text: Chart: Models -> Chart"],
    ),
    "a chart more": ([chart()], [chart(), chart("Shares")], ["chart “Shares” is new"]),
    "a chart less": ([chart(), chart("Shares")], [chart("Shares")], ["chart “Models” is gone"]),
    "an error": (
        [new_output("error", ename="KeyError", evalue="a", traceback=["x"])],
        [new_output("error", ename="KeyError", evalue="b", traceback=["y"])],
        ["error: KeyError: a -> KeyError: b"],
    ),
    "another type": (
        [display({"application/geo+json": {"at": [1, {"deep": 2}]}})],
        [display({"application/geo+json": {"at": [1, {"deep": 3}]}})],
        ["output of type application/geo+json: at 2 deep: 2 -> 3"],
    ),
    "LaTeX": (
        [display({"text/latex": "$a$"})], [display({"text/latex": "$b$"})],
        ["output of type text/latex: $a$ -> $b$"],
    ),
    "another order": (
        [glue("a", 1), glue("b", 2)], [glue("b", 2), glue("a", 1)],
        ["the same outputs in another order, the first of them: quoted value a -> quoted value b"],
    ),
    "another wrapping": (
        [display({"text/plain": "1"})], [new_output("execute_result", {"text/plain": "1"})],
        ["its outputs say the same, but are held otherwise:",
         "1 output_type: display_data -> execute_result"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_told_in_words(name):
    before, after, said = CASES[name]
    assert differences(before, after) == said


def test_where_a_chart_stands_among_those_of_its_cell_is_known():
    before = [chart("One"), chart("Two"), chart("Three")]
    after = [chart("One"), chart("Two", width=300), chart("Four")]
    found = moved_charts(before, after)
    assert [number for number, _, _ in found] == [2, 3]
    assert found[0][2]["width"] == 300 and found[1][1]["title"] == "Three"
    assert moved_charts(before[:1], []) == [(1, before[0].data[MIME], None)]


def leaves(value, path=()):
    """Where the values stand that JSON holds."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, (dict, list)):
            yield from leaves(part, (*path, key))
        else:
            yield (*path, key)


def changed(value, drawn):
    """The value, changed in one place, ever so little."""
    if isinstance(value, str):
        place = drawn.randrange(len(value))
        other = "~" if value[place] != "~" else "#"
        return value[:place] + other + value[place + 1 :]
    if isinstance(value, (dict, list)):
        new = copy.deepcopy(value)
        *path, last = drawn.choice(list(leaves(value)))
        part = new
        for key in path:
            part = part[key]
        part[last] = changed(part[last], drawn) if part[last] else "other"
        return new
    return value + 1 if isinstance(value, int) else value * (1 + 1e-12)


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_whatever_changes_in_an_output_of_the_book_is_told_and_stays_short(path):
    drawn = random.Random(path.stem)
    for cell in nbformat.read(path, as_version=4).cells:
        for number, output in enumerate(cell.get("outputs", [])):
            for mime, value in output.get("data", {}).items():
                after = list(cell.outputs)
                data = output["data"] | {mime: changed(value, drawn)}
                after[number] = nbformat.from_dict({**output, "data": data})
                lines = differences(cell.outputs, after)
                assert lines, (cell.id, mime)
                assert max(map(len, lines)) <= LINE + 1 and len(lines) <= LINES
                assert not any('{"' in text for text in lines), lines
