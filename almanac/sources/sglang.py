"""SGLang: files of model implementations, and reasoning parsers.

The folder of models also holds helpers; a file is a model if it names an entry class, so the
files not known yet are read too.
"""

import re

from almanac.sources.engines import ARCHITECTURE, PARSER, first_seen, present, tables
from almanac.sources.source import Shape, Source, Wanted, fixed
from almanac.sources.statements import Document, Said, SourceError, as_json

NAME = ENGINE = "sglang"
PAGE = "https://github.com/sgl-project/sglang"
FOLDER = "python/sglang/srt"
RAW = f"https://raw.githubusercontent.com/sgl-project/sglang/main/{FOLDER}"
FILES = {
    "models.json": f"https://api.github.com/repos/sgl-project/sglang/contents/{FOLDER}/models",
    "reasoning_parser.py": f"{RAW}/parser/reasoning_parser.py",
}
MODULE = re.compile(r"(\w{1,100})\.py", re.ASCII)
ENTRY = re.compile(r"^EntryClass\b", re.MULTILINE)


def folder(document: Document) -> Said:
    """The list of files says nothing itself."""
    if not _modules(document):
        raise SourceError(f"{NAME}: {document.file} lists no module: its layout has changed")
    return Said()


def _modules(document: Document) -> list[str]:
    entries = [entry.get("name") for entry in as_json(document, list) if isinstance(entry, dict)]
    found = [MODULE.fullmatch(name) for name in entries if isinstance(name, str)]
    return [match[1] for match in found if match and not match[1].startswith("__")]


def module(document: Document) -> Said:
    """One file of the folder: a model, if it names an entry class."""
    if not ENTRY.search(document.text):
        return Said()
    name = document.file.removeprefix("model-").removesuffix(".py")
    return present(document, ENGINE, ARCHITECTURE, [name], PAGE)


def parsers(document: Document) -> Said:
    """Reasoning parsers."""
    return present(document, ENGINE, PARSER, tables(document, ["DetectorMap"]), PAGE)


def _more(document: Document, link: str, wanted: Wanted) -> dict[str, str]:
    if document.file != "models.json":
        return {}
    known = wanted.names.get(f"{ENGINE}/{ARCHITECTURE}", frozenset())
    return {
        f"model-{name}.py": f"{RAW}/models/{name}.py"
        for name in _modules(document)
        if name not in known
    }


SOURCE = Source(
    NAME,
    "SGLang",
    fixed(FILES),
    (
        Shape(r"models\.json", folder, media="json"),
        Shape(r"model-\w+\.py", module),
        Shape(r"reasoning_parser\.py", parsers),
        first_seen(ENGINE, PAGE),
    ),
    _more,
)
