import pytest

from almanac.book.seal import is_sealed, place, seal


@pytest.fixture
def files(tmp_path):
    """Two sealed files."""
    made = tmp_path / "moe.0123.ipynb", tmp_path / "moe.0123.pictures.json"
    for file in made:
        file.write_text(f"this is {file.name}")
    seal(*made)
    return made


def test_files_that_stay_as_they_were_are_sealed(files, tmp_path):
    assert is_sealed(*files)
    assert {path.name for path in tmp_path.iterdir()} == {
        "moe.0123.ipynb", "moe.0123.pictures.json", "moe.0123.seal"
    }  # fmt: skip


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\xff" + file.read_bytes()[1:]),
        lambda file: file.unlink(),
    ],
    ids=["cut short", "empty", "one byte", "missing"],
)
def test_a_file_that_has_changed_is_not(files, number, change):
    change(files[number])
    assert not is_sealed(*files)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\xff"])
def test_a_broken_seal_holds_nothing(files, text):
    place(files[0]).write_text(text, "latin-1")
    assert not is_sealed(*files)


def test_a_seal_is_of_all_its_files(files):
    assert not is_sealed(files[0])
    place(files[0]).unlink()
    assert not is_sealed(*files)
