"""One run of a sweep, on whatever machine: a notebook in a fresh kernel, and what it publishes.

A run carries its notebook, and its record as one archive that each worker unpacks once, so a
worker needs the installed project of the same code and nothing else: no shared folder.
"""

import hashlib
import io
import json
import os
import socket
import tempfile
import threading
import zipfile
from contextlib import ExitStack
from pathlib import Path

from almanac.book import edition, kernels
from almanac.book.errors import BuildError
from almanac.book.execute import execute
from almanac.book.page import results
from almanac.book.pipeline import preloaded
from almanac.notebook import BUILDING, FOLDERS

ONE_AT_A_TIME = threading.Lock()  # kernels are set up by the environment, which threads share
WARMED = {}  # of this worker: the record that its kernels start with, and where they come from
KEPT = ExitStack()


class OtherCode(Exception):
    """A worker has other code than the sweep was begun with."""


def code_digest() -> str:
    """A digest of the code that computes, which all workers must share."""
    return edition.digest(edition.code())


def packed(data: Path) -> bytes:
    """The record in a folder as an archive, the same bytes for the same record."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(edition.tables(data)):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpacked(record: bytes) -> Path:
    """The folder of a packed record on this machine, unpacked unless it is there.

    It lies in the temporary folder under the digest of its bytes, complete or not at all.
    """
    digest = hashlib.sha256(record).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"almanac-record-{os.getuid()}-{digest}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as name:
            made = Path(name) / "record"
            made.mkdir()
            with zipfile.ZipFile(io.BytesIO(record)) as archive:
                archive.extractall(made)
            try:
                os.rename(made, folder)
            except OSError:  # another worker was first
                if not folder.exists():
                    raise
    return folder


def run(name: str, notebook: str, parameters: dict, record: bytes, code: str) -> dict:
    """Run a notebook and give what it publishes.

    Parameters
    ----------
    name, notebook : its file's name and text
    parameters : the value of each of its parameters; ``data`` only names the record
    record : as `packed` gives it
    code : as `code_digest` gave it where the sweep began

    Returns
    -------
    dict
        ``results`` as `page.results` gives them and ``data_date``; or ``failed``, naming notebook,
        cell and error.

    Raises
    ------
    OtherCode
        If this worker has other code.
    """
    if code_digest() != code:
        raise OtherCode(
            f"the worker on {socket.gethostname()} has other code of the Almanac; install there "
            "the commit that the sweep is begun with"
        )
    import nbformat

    folder = unpacked(record)
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="almanac-run-") as work:
        source, target = Path(work) / name, Path(work) / f"executed-{name}"
        source.write_text(notebook, "utf-8")
        os.environ[BUILDING] = "1"
        os.environ[FOLDERS] = json.dumps({parameters["data"]: str(folder)})
        try:
            with kernels.kernels_from(_zygote(folder)):
                execute(source, target, dict(parameters), Path(work))
        except BuildError as error:
            return {"failed": str(error)}
        except Exception as error:  # a kernel that died, a cell that took too long
            return {"failed": f"{name}: {type(error).__name__}: {error}"}
        finally:
            del os.environ[BUILDING], os.environ[FOLDERS]
        found = results(nbformat.read(target, as_version=4))
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return {"results": found, "data_date": package["updated"]}


def _zygote(folder: Path) -> str | None:
    """The process that this worker's kernels are forked from, warmed with a record.

    It ends with the worker, however that ends.
    """
    if folder not in WARMED:
        KEPT.close()
        WARMED.clear()
        WARMED[folder] = KEPT.enter_context(kernels.zygote(*preloaded(folder)))
    return WARMED[folder]
