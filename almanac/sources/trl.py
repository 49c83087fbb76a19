"""TRL: trainers, each by the file that holds it."""

import re

from almanac.sources.engines import COMMIT, present
from almanac.sources.source import Shape, Source, fixed
from almanac.sources.statements import Document, EngineName, Said, SourceError, as_json, day_of

NAME = ENGINE = "trl"
KIND = "rl_trainer"
PAGE = "https://github.com/huggingface/trl"
FILES = {"tree.json": "https://api.github.com/repos/huggingface/trl/git/trees/main?recursive=1"}
FILE = re.compile(r"trl/(?:trainer|experimental/\w+)/(\w+)_trainer\.py", re.ASCII)
HISTORY = re.compile(r"@(\S+) (\S+)")


def tree(document: Document) -> Said:
    """Trainers in today's list of files."""
    entries = as_json(document, dict).get("tree")
    entries = entries if isinstance(entries, list) else []
    paths = [entry.get("path") for entry in entries if isinstance(entry, dict)]
    found = [FILE.fullmatch(path) for path in paths if isinstance(path, str)]
    names = dict.fromkeys(match[1] for match in found if match)
    if not names:
        raise SourceError(f"{NAME}: {document.file} lists no trainer: its layout has changed")
    return present(document, ENGINE, KIND, names, PAGE)


def history(document: Document) -> Said:
    """First days of trainers, out of the repository's history; a trainer that moved keeps its
    first."""
    said, first = Said(), {}
    for number, line in enumerate(document.text.splitlines(), 1):
        if not line.strip():
            continue
        found = HISTORY.match(line)
        day = day_of(found[1]) if found else None
        if not day:
            said.dropped.append(document.drop(f"line {number}", line, "@DAY PATH"))
        elif file := FILE.fullmatch(found[2]):
            first[file[1]] = min(day, first.get(file[1], day))
    for name, day in sorted(first.items()):
        said.engines.append(EngineName(ENGINE, KIND, name, "", day, "exact", PAGE, COMMIT))
    return said


SOURCE = Source(
    NAME,
    "TRL",
    fixed(FILES),
    (
        Shape(r"tree\.json", tree, media="json"),
        Shape(r"trl_trainers\.txt", history, "2026-07-24"),
    ),
)
