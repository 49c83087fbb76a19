"""Record today's outputs as the reference: run by `make accept`, which shows what changed and asks.

The references of the notebooks are executed anew on the frozen record. The headline values come
from the default edition in `_build/html`, if it is built from what the project holds now. Keys of
the record and addresses of that site that are new are from then on published: none may disappear
without a word.

All is written into a copy of `tests/reference`, which takes its place at the end: whatever stops
this before leaves everything as it was.
"""

import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "site"))

import click
import nbformat
import pandas as pd
from almanac.book import edition, site
from almanac.book.check import place
from almanac.book.differences.outputs import differences
from almanac.book.errors import BuildError
from almanac.notebook import RESULT
from almanac.record import history, load
from filelock import FileLock, Timeout
from published import addresses, dead
from regression import references

HEADLINES = "results.json"
KEYS = "keys.csv"
ADDRESSES = "urls.txt"
LOCK = edition.ROOT / "_build" / "accept.lock"


@click.command()
@click.option("--yes", is_flag=True, help="Record without asking, as in a script.")
def main(yes: bool) -> None:
    """Show what differs from tests/reference and record all of it, or nothing."""
    LOCK.parent.mkdir(exist_ok=True)
    try:
        with FileLock(LOCK, timeout=0):
            accept(references.REFERENCE, propose, yes)
    except Timeout:
        sys.exit("Another `make accept` is at work: wait until it has ended.")
    except BuildError as error:
        sys.exit(f"{error}\n\nNothing is recorded.")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted: nothing is recorded.")


def accept(folder: Path, propose: Callable[[Path], list[str]], yes: bool) -> None:
    """Have the content of a folder changed as a whole, once somebody has agreed.

    Parameters
    ----------
    folder : what is changed
    propose : changes a copy of the folder, and says what it has changed
    yes : whether somebody has agreed beforehand

    Raises
    ------
    SystemExit
        If nobody agrees; the folder is then as it was, as it is whatever else stops this.
    """
    recover(folder)
    with beside(folder) as new:
        before = contents(folder)
        print("\n".join(propose(new)))
        if contents(new) == before:
            print("There is nothing to record.")
            return
        if not yes:
            if not sys.stdin.isatty():
                sys.exit(
                    "Nothing is recorded: nobody can be asked here. Run `make accept` in a "
                    "terminal, or `make accept YES=1` once you have read the above."
                )
            if not click.confirm("Record these?"):
                sys.exit("Nothing is recorded.")
        if contents(folder) != before:
            sys.exit(f"Nothing is recorded: {folder} has changed meanwhile. Run this again.")
        swap(folder, new)
        print("Recorded.", flush=True)


@contextmanager
def beside(folder: Path):
    """A copy of a folder next to it, for as long as it is needed."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # left by one that was killed
    try:
        yield Path(shutil.copytree(folder, new, ignore=shutil.ignore_patterns("__pycache__")))
    finally:
        shutil.rmtree(new, ignore_errors=True)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their places in it, what Python compiles apart."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def swap(folder: Path, new: Path) -> None:
    """Put the new folder in the place of the old one, by two renames that Ctrl-C cannot part."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        site.replace(folder, new)
    except OSError:
        recover(folder)
        raise
    finally:
        signal.signal(signal.SIGINT, usual)


def recover(folder: Path) -> None:
    """Bring the old folder back if the process was killed between the two renames."""
    old = folder.with_name(f"{folder.name}.old")
    if old.exists() and not folder.exists():
        os.rename(old, folder)


def propose(new: Path) -> list[str]:
    """Write today's outputs into a copy of the references: what changed, a line each.

    Raises
    ------
    BuildError
        If a notebook fails.
    """
    shutil.rmtree(references.COMPARISON.pictures, ignore_errors=True)  # of the last run
    lines = propose_notebooks(new)
    build = edition.ROOT / "_build"
    if site.is_current(build, edition.fingerprint(edition.edition({}))):
        lines += propose_headlines(new, build / "html")
        lines += propose_addresses(new, build / "html")
    else:
        lines.append(
            "Headline values and addresses: left as they were, as the default edition is not built "
            "from what the project holds now; `make book` first."
        )
    lines += propose_looks(new) or ["Looks of the pages: nothing changed."]
    return [*lines, f"Published keys: {propose_keys(new, edition.ROOT / 'data')} new."]


def propose_notebooks(new: Path) -> list[str]:
    """Execute all notebooks anew: what differs, as the regression tests tell it."""
    settings, sources = references.settled(), references.notebooks()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        with references.forked_kernels(references.PRELOAD) as call:
            recorded = call(
                references.record,
                [(source, settings[source.stem], Path(folder)) for source in sources],
            )
        for path in recorded:
            old = new / path.name
            lines += notebook_changes(old, path)
            shutil.copyfile(path, old)
    for old in sorted(new.glob("*.ipynb")):
        if old.stem not in settings:
            old.unlink()
            lines.append(f"{old.name}: removed, as its notebook is")
    return lines or ["References: nothing changed."]


def notebook_changes(old: Path, new: Path) -> list[str]:
    """What differs between two executed copies of a notebook, a message a cell."""
    if not old.exists():
        return [f"{new.name}: recorded for the first time"]
    notebook = nbformat.read(new, as_version=4)
    before = {cell.id: cell for cell in nbformat.read(old, as_version=4).cells}
    after = {cell.id: cell for cell in notebook.cells}
    lines = []
    for name, cell in after.items():
        if cell.cell_type != "code":
            continue
        if name not in before:
            lines.append(f"{new.name}, {place(notebook, cell)}: it is new")
        elif differences(outputs := before[name].get("outputs", []), cell.outputs):
            comparison = references.COMPARISON
            lines.append(comparison.message(notebook, cell, new.stem, outputs, cell.outputs))
    lines += [f"{new.name}, cell ({name}): it is gone" for name in before if name not in after]
    if not lines and not filecmp.cmp(old, new, shallow=False):
        lines.append(f"{new.name}: its text or code changed, and no output")
    return lines


def propose_headlines(new: Path, pages: Path) -> list[str]:
    """Copy the headline values of the default edition in `pages`; what moved."""
    path = new / HEADLINES
    before = _headlines(path.read_text("utf-8")) if path.exists() else []
    text = (pages / HEADLINES).read_text("utf-8")
    path.write_text(text, "utf-8")
    return differences(before, _headlines(text)) or ["Headline values: nothing changed."]


def _headlines(text: str) -> list[dict]:
    """Headline values as outputs, to compare as those of a cell are."""
    return [
        {"output_type": "display_data", "data": {RESULT: result}}
        for result in json.loads(text)["results"]
    ]


def propose_addresses(new: Path, pages: Path) -> list[str]:
    """Add the addresses of a site to those published before; a line for each that leads nowhere.

    None goes: whoever moves a page or renames a place leads its readers on.
    """
    path = new / ADDRESSES
    before = set(path.read_text("utf-8").split())
    after = before | addresses(pages)
    path.write_text("".join(f"{address}\n" for address in sorted(after)), "utf-8")
    lost = [f"{address}: published, but leads nowhere now" for address in dead(before, pages)]
    return [*lost, f"Published addresses: {len(after) - len(before)} new."]


def propose_looks(new: Path) -> list[str]:
    """Take the pictures of the index and the chapters anew; a line for each that changed."""
    from browser import launched, served
    from looks import accept

    with tempfile.TemporaryDirectory() as folder:
        data = edition.ROOT / references.PARAMETERS["data"]
        command = [Path(sys.executable).with_name("almanac"), "build", "-q"]
        done = subprocess.run([*command, "--data", data, "--out", folder], check=False)
        if done.returncode:
            return ["Looks of the pages: left as they were, as the small record was not built."]
        with served(Path(folder) / "_build" / "html") as url, launched() as browser:
            return accept(browser, url, new / "looks")


def propose_keys(new: Path, data: Path) -> int:
    """Add the record's keys to those published before, none of which goes: how many are new."""
    path = new / KEYS
    published = pd.read_csv(path, dtype=str)
    both = pd.concat([published, history.keys(load(data))]).drop_duplicates()
    both.sort_values(["table", "key"]).to_csv(path, index=False, lineterminator="\n")
    return len(both) - len(published)


if __name__ == "__main__":
    main()
