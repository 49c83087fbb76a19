"""The recorded notebooks under plain nbval: `pytest --nbval tests/reference`.

Each stands for the notebook of the book of the same name, as it is today, which runs in a kernel of
its own and is held to the recorded outputs.
"""

import os
import tempfile
from functools import cached_property
from pathlib import Path

import pytest
from nbval.plugin import IPyNbFile
from regression import references

from almanac.book.check import readable
from almanac.book.execute import CELL_SECONDS
from almanac.notebook import BUILDING

FOLDER = Path(__file__).parent


class Recorded(IPyNbFile):
    """A recorded notebook; nbval runs today's, which lies elsewhere, in its place."""

    @cached_property
    def _place(self):
        return tempfile.TemporaryDirectory()

    @property
    def fspath(self):
        """What nbval reads, and in whose folder it runs it."""
        return self._legacy(Path(self._place.name) / self.path.name)

    def collect(self):
        source = references.BOOK / self.path.name
        settings = references.settled().get(self.path.stem, {})
        faults = references.graft(source, settings, self.path, Path(self.fspath))
        if faults:
            return [Fault.from_parent(self, name="Outputs", said="\n".join(faults))]
        cells = list(super().collect())
        for cell in cells:
            readable(cell, references.COMPARISON)
        return cells

    def setup(self):
        references.COMPARISON.begin(self.path.stem)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(BUILDING, "1")  # charts are kept as data
            super().setup()
