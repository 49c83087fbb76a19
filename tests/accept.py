"""Record today's outputs as the reference: run by `make accept`, after reading what changed.

The references of the notebooks are executed anew on the frozen record. The headline values come
from the default edition in `_build/html`, if it is built from what the project holds now. Keys of
the record and addresses of that site that are new are from then on published: none may disappear
without a word.
"""

import difflib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "site"))

import nbformat
import pandas as pd
from almanac.book import edition, site
from almanac.book.errors import BuildError
from almanac.record import history, load
from published import addresses, dead
from regression import references

HEADLINES = references.REFERENCE / "results.json"
KEYS = references.REFERENCE / "keys.csv"
ADDRESSES = references.REFERENCE / "urls.txt"
LONGEST_LINE = 400  # characters; what a chart says in words is one long line


def main() -> None:
    """Record and print what changed; exit code 1 if a notebook fails."""
    references.REFERENCE.mkdir(exist_ok=True)
    settings = references.settled()
    changes = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            with references.forked_kernels(references.PRELOAD) as call:
                recorded = call(
                    references.record,
                    [
                        (source, settings[source.stem], Path(folder))
                        for source in references.notebooks()
                    ],
                )
        except BuildError as error:
            sys.exit(f"{error}\n\nThe references stay as they were.")
        for new in recorded:
            old = references.REFERENCE / new.name
            changes += notebook_changes(old, new)
            shutil.copyfile(new, old)
    for old in sorted(references.REFERENCE.glob("*.ipynb")):
        if old.stem not in settings:
            old.unlink()
            changes.append(f"{old.name}: removed, as its notebook is")
    print("\n".join(changes or ["References: nothing changed."]))
    build = edition.ROOT / "_build"
    if site.is_current(build, edition.fingerprint(edition.edition({}))):
        print("\n".join(accept_headlines(build / "html")))
        print("\n".join(accept_addresses(build / "html")))
    else:
        print(
            "Headline values and addresses: left as they were, as the default edition is not built "
            "from what the project holds now; `make book` first."
        )
    print("\n".join(accept_looks() or ["Looks of the pages: nothing changed."]))
    print(f"Published keys: {accept_keys(edition.ROOT / 'data')} new.")


def notebook_changes(old: Path, new: Path) -> list[str]:
    """A line a code cell whose outputs changed, and the lines that differ in them."""
    if not old.exists():
        return [f"{new.name}: recorded for the first time"]
    before, after = _outputs(old), _outputs(new)
    lines = []
    for cell in dict.fromkeys([*before, *after]):
        if cell not in after:
            lines.append(f"{new.name}, {cell}: cell gone")
        elif cell not in before:
            lines.append(f"{new.name}, {cell}: cell new")
        elif before[cell] != after[cell]:
            lines.append(f"{new.name}, {cell}: output changed")
            differing = difflib.unified_diff(before[cell], after[cell], n=0, lineterm="")
            lines += [
                "    " + line[:LONGEST_LINE]
                for line in differing
                if not line.startswith(("---", "+++", "@@"))
            ]
    return lines


def _outputs(notebook: Path) -> dict[str, list[str]]:
    """The outputs of each code cell, as lines to compare."""
    return {
        cell.id: json.dumps(cell.outputs, indent=1, sort_keys=True, ensure_ascii=False).splitlines()
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code"
    }


def accept_headlines(pages: Path) -> list[str]:
    """Copy the headline values of the default edition in `pages`; a line for each that moved."""
    text = (pages / "results.json").read_text("utf-8")
    before = _headlines(HEADLINES.read_text("utf-8")) if HEADLINES.exists() else {}
    after = _headlines(text)
    HEADLINES.write_text(text, "utf-8")
    moved = [
        f"{name}: {before.get(name, 'not there')} -> {after.get(name, 'gone')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    return moved or ["Headline values: nothing changed."]


def accept_addresses(pages: Path) -> list[str]:
    """Add the addresses of a site to those published before; a line for each that leads nowhere.

    None goes: whoever moves a page or renames a place leads its readers on.
    """
    before = set(ADDRESSES.read_text("utf-8").split())
    after = before | addresses(pages)
    ADDRESSES.write_text("".join(f"{address}\n" for address in sorted(after)), "utf-8")
    lost = [f"{address}: published, but leads nowhere now" for address in dead(before, pages)]
    return [*lost, f"Published addresses: {len(after) - len(before)} new."]


def accept_looks() -> list[str]:
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
            return accept(browser, url)


def accept_keys(data: Path) -> int:
    """Add the record's keys to those published before, none of which goes: how many are new."""
    published = pd.read_csv(KEYS, dtype=str)
    both = pd.concat([published, history.keys(load(data))]).drop_duplicates()
    both.sort_values(["table", "key"]).to_csv(KEYS, index=False, lineterminator="\n")
    return len(both) - len(published)


def _headlines(text: str) -> dict[str, str]:
    return {result["id"]: result["text"] for result in json.loads(text)["results"]}


if __name__ == "__main__":
    main()
