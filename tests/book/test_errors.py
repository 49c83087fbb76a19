import pytest

from almanac.book.errors import BuildError, told


@pytest.mark.parametrize(
    "error, said",
    [
        (BuildError("a cell"), "a cell"),
        (OSError("odd"), "odd"),
        (OSError(2, "No such file", "x.csv"), "x.csv: No such file"),
        (
            OSError(28, "No space left on device", "moe.html"),
            "moe.html: No space left on device: free some space, or build elsewhere with --out",
        ),
        (OSError(30, "Read-only file system"), "Read-only file system: build elsewhere with --out"),
    ],
)
def test_an_error_is_told_in_a_sentence(error, said):
    assert told(error) == said
