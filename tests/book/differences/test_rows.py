import random

from almanac.book.differences.rows import LONG, rows

MODELS = [
    {"year": 2024, "region": "China", "models": 41, "share": 0.5},
    {"year": 2024, "region": "Europe", "models": 9, "share": 0.25},
    {"year": 2025, "region": "China", "models": 62, "share": 0.75},
]
NAMING = ["year", "region"]


def but(place, **values):
    """The rows, one of them changed."""
    return [row | values if number == place else row for number, row in enumerate(MODELS)]


def test_a_changed_cell_is_told_by_row_and_column():
    assert rows(MODELS, but(2, models=63, share=0.8), NAMING) == [
        "year 2025, region China: models 62 -> 63; share 0.75 -> 0.8"
    ]


def test_as_many_columns_name_a_row_as_it_takes():
    china = [MODELS[0], MODELS[2]]
    assert rows(china, [MODELS[0], MODELS[2] | {"models": 63}], NAMING) == [
        "year 2025: models 62 -> 63"
    ]


def test_columns_that_keep_their_values_name_rows_before_those_that_do_not():
    old = [{"side": "below", "unit": unit, "low": 1} for unit in ("model", "release")]
    new = [old[0] | {"side": "includes", "low": 2}, old[1]]
    assert rows(old, new, ["side", "unit"]) == ["unit model: side below -> includes; low 1 -> 2"]
    sized = [{"unit": "model", "size": size, "low": 1} for size in (1, 2)]
    assert rows(sized, [sized[0], sized[1] | {"low": 2}], ["unit"]) == ["size 2: low 1 -> 2"]


def test_rows_that_came_and_went_are_told_whole():
    assert rows(MODELS, MODELS[:2], NAMING) == [
        "row gone: year 2025, region China, models 62, share 0.75"
    ]
    assert rows(MODELS[1:], MODELS, NAMING) == [
        "row added: year 2024, region China, models 41, share 0.5"
    ]
    assert rows([], MODELS[:1], NAMING) == [
        "row added: year 2024, region China, models 41, share 0.5"
    ]


def test_a_row_whose_name_changed_is_still_that_row():
    assert rows(MODELS, but(1, region="Europa"), NAMING) == [
        "year 2024, region Europe: region Europe -> Europa"
    ]


def test_columns_that_came_went_or_were_renamed_are_told_once():
    extra = [row | {"n": 7} for row in MODELS]
    assert rows(MODELS, extra, NAMING) == ["column n is new"]
    assert rows(extra, MODELS, NAMING) == ["column n is gone"]
    renamed = [{"count" if k == "models" else k: v for k, v in row.items()} for row in MODELS]
    assert rows(MODELS, renamed, NAMING) == ["column renamed: models -> count"]
    named = [{"when" if k == "year" else k: v for k, v in row.items()} for row in but(2, models=1)]
    assert rows(MODELS, named, NAMING) == [
        "column renamed: year -> when",
        "when 2025, region China: models 62 -> 1",
    ]


def test_another_order_alone_is_told():
    assert rows(MODELS, MODELS[::-1], NAMING) == ["rows stand in another order"]
    assert rows(MODELS, MODELS, NAMING) == []


def test_rows_without_a_name_of_their_own_are_told_apart_by_what_they_hold():
    twins = [{"kind": "a", "n": 1}, {"kind": "a", "n": 2}, {"kind": "a", "n": 2}]
    assert rows(twins, [*twins[:2], {"kind": "a", "n": 3}], ["kind"]) == ["kind a: n 2 -> 3"]
    old, new = [{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 3}]
    assert rows(old, new, []) == ["row added: n 3", "row gone: n 2"]


def test_many_changes_are_counted_first():
    old = [{"id": number, "n": 0} for number in range(100)]
    lines = rows(old, [{"id": number, "n": 1} for number in range(1, 102)], ["id"])
    assert lines[0] == "of 100 rows 99 changed, 2 added, 1 gone"
    assert len(lines) == 103 > LONG


def test_thousands_of_rows_of_other_names_take_no_time():
    def some(first):
        return [{"id": f"m{n}", "n": random.random()} for n in range(first, first + 5000)]

    lines = rows(some(0), some(5000), ["id"])
    assert lines[0] == "of 5,000 rows 5,000 added, 5,000 gone"
