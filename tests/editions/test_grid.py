"""What a grid asks for, and what is told of one that cannot be run."""

import pytest

from almanac.editions import grid
from almanac.editions.grid import GridError

GRID = """\
parameters:
  unit: [release, model]
  size_floor_b: [0, 0.0, 10]
  year: [2024, 2025]
chapters: [moe, record]
data: [tests/fixtures/record]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "grid.yml").write_text(text)
        return tmp_path / "grid.yml"

    return write


def test_every_combination_once_and_each_run_once(write):
    found = grid.sweep(write(GRID))
    assert len(found.combinations) == 2 * 2 * 2  # 0 and 0.0 are one
    assert found.combinations[0] == {
        "data": "tests/fixtures/record", "unit": "release", "size_floor_b": 0.0, "year": 2024,
    }  # fmt: skip
    # the page of the record takes none of them: it runs once
    assert len(found.runs) == 8 + 1
    assert [run_id.partition(".")[0] for run_id in found.of[0]] == ["moe", "record"]
    assert grid.in_words(found, ["a"]) == (
        "8 combinations, 9 runs of notebooks, 1 of which are there already: 8 to do"
    )


def test_a_run_is_known_by_all_that_it_depends_on(write):
    one = grid.sweep(write(GRID)).runs
    assert one.keys() == grid.sweep(write(GRID)).runs.keys()
    other = grid.sweep(write(GRID.replace("tests/fixtures/record", "data"))).runs
    assert not one.keys() & other.keys()


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("unit:", "units:", "grid.yml:2 parameter units: no notebook takes it; did you mean unit?"),
        ("[2024, 2025]", "[2024, soon]", "grid.yml:4 parameter year: 'soon' found, expected a"),
        ("[2024, 2025]", "2024", "grid.yml:4 year: 2024 found, expected a list of values"),
        ("[2024, 2025]", "[]", "grid.yml:4 year: [] found, expected a list of values"),
        ("[moe, record]", "[mo, record]", "grid.yml:5 mo: no such chapter; did you mean moe?"),
        ("chapters:", "chapter:", "grid.yml:5 chapter: it is no key of a grid; did you mean chap"),
        ("tests/fixtures/record", "nowhere", "grid.yml:6 nowhere: expected the folder of a record"),
        (GRID, "- a\n", "grid.yml:1 expected keys parameters, chapters, data"),
        ("year: [", "year: [[", "grid.yml:5 expected YAML"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(write, old, new, said):
    assert old in GRID
    with pytest.raises(GridError) as caught:
        grid.sweep(write(GRID.replace(old, new)))
    assert said in str(caught.value)


def test_a_slip_that_asks_for_too_much_is_told(write, monkeypatch):
    monkeypatch.setattr(grid, "MOST", 11)
    with pytest.raises(GridError, match="12 combinations asked for, at most 11 can be"):
        grid.sweep(write(GRID))


@pytest.mark.parametrize("name", ["specification", "backcast"])
def test_the_grids_of_the_project_can_be_run(name):
    found = grid.sweep(grid.ROOT / "sweeps" / f"{name}.yml")
    assert len(found.combinations) == 12
    assert len(found.runs) == 36
