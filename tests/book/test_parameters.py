from datetime import date, datetime

import pytest

from almanac.book.edition import ROOT
from almanac.book.errors import BuildError
from almanac.book.parameters import TYPES, Parameter, ParameterError, declared, read, settle

FLOOR = Parameter("size_floor_b", "float", 0.0, "smallest model")
LEVEL = Parameter("level", "float", 0.9, "coverage")
UNIT = Parameter("unit", "str", "release", "unit of counting")
BOOK = {"timeline": {"size_floor_b": FLOOR, "unit": UNIT}, "record": {"level": LEVEL}}


def test_every_kind_is_declared_with_its_default_and_meaning(tmp_path, write):
    lines = {
        "a": ("bool", "True", True),
        "b": ("int", "3", 3),
        "c": ("float", "0.5", 0.5),
        "d": ("str", '"text"', "text"),
        "e": ('"date"', '"2025-01-20"', "2025-01-20"),
        "f": ("list[str]", '["us", "china"]', ["us", "china"]),
    }
    assert {kind.strip('"') for kind, _, _ in lines.values()} == set(TYPES)
    cell = "\n".join(f"{n}: {kind} = {text}  # about {n}" for n, (kind, text, _) in lines.items())
    found = declared(write(tmp_path / "x.ipynb", parameters=cell))
    assert found == {
        name: Parameter(name, kind.strip('"'), value, f"about {name}")
        for name, (kind, _, value) in lines.items()
    }


@pytest.mark.parametrize(
    "line, said",
    [
        ("a = 3  # untyped", "its type is None"),
        ("a: dict = {}  # of no known type", "its type is dict"),
        ("a: int = 3", "it has no meaning"),
        ("a: int = len('abc')  # computed", "its value is len('abc')"),
        ("a: int = 'three'  # mistyped", "expected a whole number"),
        ('a: "date" = "2025-02-30"  # no such day', "expected a date as YYYY-MM-DD"),
    ],
)
def test_a_declaration_that_cannot_be_used(tmp_path, write, line, said):
    with pytest.raises(BuildError, match=r"^x\.ipynb, parameter a: ") as caught:
        declared(write(tmp_path / "x.ipynb", parameters=line))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"nbformat": 4, "metadata": {}}'])
def test_a_file_that_is_no_notebook(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)
    with pytest.raises(BuildError, match=r"^x\.ipynb: expected a notebook"):
        declared(tmp_path / "x.ipynb")


def test_values_reach_each_notebook_that_takes_them():
    assert settle(BOOK, {"size_floor_b": "20"}) == {
        "timeline": {"size_floor_b": 20.0, "unit": "release"},
        "record": {"level": 0.9},
    }


def test_a_misspelt_parameter_is_named_with_what_was_meant():
    with pytest.raises(ParameterError) as caught:
        settle(BOOK, {"siz_floor_b": "20", "zzz": "1", "level": "0.8"})
    first, second = str(caught.value).splitlines()
    assert "siz_floor_b: no notebook takes it; did you mean size_floor_b?" in first
    assert "known: level, size_floor_b, unit" in first
    assert "zzz" in second and "did you mean" not in second


def test_every_value_of_a_wrong_type_is_named():
    with pytest.raises(ParameterError) as caught:
        settle(BOOK, {"size_floor_b": "big", "level": True})
    assert str(caught.value).splitlines() == [
        "parameter size_floor_b: 'big' found, expected a number",
        "parameter level: True found, expected a number",
    ]


@pytest.mark.parametrize(
    "other",
    [Parameter("level", "float", 0.95, "coverage"), Parameter("level", "str", 0.9, "coverage")],
)
def test_one_name_has_one_type_and_default(other):
    with pytest.raises(BuildError, match=r"^moe\.ipynb, parameter level: "):
        settle({**BOOK, "moe": {"level": other}}, {})


def test_the_book_itself_agrees_on_its_parameters():
    notebooks = sorted((ROOT / "book").glob("*.ipynb"))
    settled = settle({path.stem: declared(path) for path in notebooks}, {"level": "0.8"})
    assert {values["level"] for values in settled.values() if "level" in values} == {0.8}


@pytest.mark.parametrize(
    "value, kind, result",
    [
        ("True", "bool", True),
        (" false", "bool", False),
        (True, "bool", True),
        ("12", "int", 12),
        ("1e3", "int", 1000),
        (12, "int", 12),
        ("-2.5", "float", -2.5),
        (3, "float", 3.0),
        ("2025-01-20", "date", "2025-01-20"),
        (date(2025, 1, 20), "date", "2025-01-20"),
        ("us, china", "list[str]", ["us", "china"]),
        (["us"], "list[str]", ["us"]),
        ("release", "str", "release"),
    ],
)
def test_values_are_read_as_their_kind(value, kind, result):
    found = read(value, kind)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    "value, kind",
    [
        ("yes", "bool"),
        (1, "bool"),
        (None, "bool"),
        ("1.5", "int"),
        ("", "int"),
        ("inf", "int"),
        (True, "int"),
        ("many", "float"),
        ("nan", "float"),
        ("1e999", "float"),
        (None, "float"),
        ("2025-1-20", "date"),
        ("2025-02-30", "date"),
        ("20 January 2025", "date"),
        (datetime(2025, 1, 20), "date"),
        ("", "list[str]"),
        ("us,,china", "list[str]"),
        ([], "list[str]"),
        ([1], "list[str]"),
        ({"us": 1}, "list[str]"),
        (3, "str"),
        (None, "str"),
    ],
)
def test_values_of_another_kind_are_refused(value, kind):
    with pytest.raises(ValueError):
        read(value, kind)
