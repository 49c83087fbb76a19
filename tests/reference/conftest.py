"""The recorded notebooks under plain nbval: `pytest --nbval tests/reference`.

Each stands for the notebook of the book that has its name: as it is today, that one runs in a
kernel of its own, and nbval holds it to the recorded outputs.
"""

import socket
import tempfile
from functools import cache, partial
from pathlib import Path

import nbval.kernel
import py
import pytest
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbFile
from regression import references

from almanac.book.check import readable
from almanac.notebook import BUILDING

FOLDER = Path(__file__).parent
settled = cache(references.settled)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Take over what nbval collects here, with `--nbval` alone."""
    return [
        Recorded.from_parent(parent, path=file_path)
        if isinstance(found, IPyNbFile) and file_path.parent == FOLDER
        else found
        for found in (yield)
    ]


class Recorded(IPyNbFile):
    """A recorded notebook, with today's in the place that nbval reads and runs it in."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.folder, self.nb = tempfile.TemporaryDirectory(), None

    @property
    def fspath(self):
        return py.path.local(self.folder.name) / self.path.name

    def collect(self):
        source = references.BOOK / self.path.name
        settings = settled().get(self.path.stem, {})
        if faults := references.graft(source, settings, self.path, Path(self.fspath)):
            return [Ungrafted.from_parent(self, name="Cells", faults=faults)]
        cells = list(super().collect())
        for cell in cells:
            readable(cell, references.COMPARISON)
        return cells

    def setup(self):
        references.COMPARISON.begin(self.path.stem)
        if self.nb:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(BUILDING, "1")  # charts are kept as data
                if hasattr(socket, "AF_UNIX"):
                    # sockets that are files: kernels that start together take each other's ports
                    sockets = {"transport": "ipc", "ip": f"{self.folder.name}/k"}
                    patch.setattr(nbval.kernel, "KernelManager", partial(KernelManager, **sockets))
                super().setup()

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


class Ungrafted(pytest.Item):
    """A notebook whose cells are not those that were recorded."""

    def __init__(self, name, parent, faults):
        super().__init__(name, parent)
        self.faults = faults

    def runtest(self):
        pytest.fail("\n".join(self.faults), pytrace=False)
