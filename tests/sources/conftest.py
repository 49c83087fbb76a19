"""Small hand-made samples of what each upstream serves, and of the tables handed on."""

from pathlib import Path

import pytest

from almanac.sources import SOURCES
from almanac.sources.statements import Document, Said

SAVED = Path(__file__).parent / "saved"


@pytest.fixture
def read():
    """What a source says in the files of a folder of samples, all of one day."""

    def parse(name: str, folder: str) -> Said:
        source, said = SOURCES[name], Said()
        for path in sorted((SAVED / folder).iterdir()):
            if shape := source.shape(path.name):
                text = path.read_text("utf-8")
                said.extend(shape.parse(Document(name, path.name, text, "2026-11-25")))
        return said

    return parse


@pytest.fixture
def document():
    """A document of a source, by its text."""

    def make(name: str, file: str, text: str) -> Document:
        return Document(name, file, text, "2026-11-25")

    return make
