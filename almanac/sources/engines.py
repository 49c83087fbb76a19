"""What the engines' sources share: names read out of Python, and the table of first days.

A reading of today's source shows that a name is there, so its day is the latest the name can have
come. Only a history says the day itself.
"""

import ast
from collections.abc import Callable, Iterable, Iterator

from almanac.sources.source import Shape
from almanac.sources.statements import (
    Document,
    EngineName,
    Said,
    SourceError,
    day_of,
    is_listed_id,
    refuse_html,
    sound_rows,
)

ARCHITECTURE = "architecture"
PARSER = "reasoning_parser"
PRESENT = "present on the day it was read: an upper bound"
COMMIT = "date of the first commit in the public history that holds the name"
KINDS = {"arch": ARCHITECTURE, "model_file": ARCHITECTURE, PARSER: PARSER}
LONGEST_CODE = 1_000_000  # characters; a syntax tree takes several hundred times their memory
FIRST_SEEN_DAY = "2026-10-30"


def tables(document: Document, variables: Iterable[str]) -> list[str]:
    """String keys of the mappings that Python source assigns to `variables`.

    A mapping is a dict, or an OrderedDict of a list of pairs, as it stands in the source; what is
    computed is passed over.

    Raises
    ------
    SourceError
        If it is not Python, or assigns none of the variables: it has moved.
    """
    refuse_html(document, "Python")
    if len(document.text) > LONGEST_CODE:
        raise SourceError(f"{document.source}: {document.file} is too long to be read as Python")
    try:
        tree = ast.parse(document.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SourceError(f"{document.source}: {document.file} is not Python") from None
    wanted = set(variables)
    names, seen = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        found = {target.id for target in targets if isinstance(target, ast.Name)} & wanted
        if found and node.value is not None:
            seen |= found
            names += _keys(node.value)
    if not names:
        missing = ", ".join(sorted(wanted - seen) or sorted(wanted))
        raise SourceError(
            f"{document.source}: {document.file} holds no table {missing}: its layout has changed"
        )
    return list(dict.fromkeys(names))


def _keys(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Call):
        for argument in node.args:
            yield from _keys(argument)
    elif isinstance(node, ast.Dict):
        yield from _strings(node.keys)
    elif isinstance(node, (ast.List, ast.Tuple)):
        pairs = (pair for pair in node.elts if isinstance(pair, ast.Tuple) and pair.elts)
        yield from _strings(pair.elts[0] for pair in pairs)


def _strings(nodes: Iterable[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def present(document: Document, engine: str, kind: str, names: Iterable[str], page: str) -> Said:
    """Names that are there today."""
    said = Said()
    for name in names:
        if is_listed_id(name):
            said.engines.append(
                EngineName(engine, kind, name, "", document.day, "latest", page, PRESENT)
            )
        else:
            said.dropped.append(document.drop(kind, name, "a plain name"))
    return said


def first_seen(engine: str, page: str) -> Shape:
    """How the table of first days is read for one engine."""
    return Shape(r"first_seen\.csv", _first_seen(engine, page), FIRST_SEEN_DAY, "csv")


def _first_seen(engine: str, page: str) -> Callable[[Document], Said]:
    def parse(document: Document) -> Said:
        said = Said()
        needed = ["engine", "kind", "name", "first_date", "source", "is_moe"]
        for where, row in sound_rows(document, needed, said):
            if row["engine"] != engine:
                continue
            day, kind = day_of(row["first_date"]), KINDS.get(row["kind"])
            if not day or not kind or not is_listed_id(row["name"]):
                found = f"{row['kind']},{row['name']},{row['first_date']}"
                said.dropped.append(document.drop(where, found, "a kind, a name and a day"))
                continue
            exact = row["source"] == "git"
            note = COMMIT if exact else f"first seen in {row['source']}: an upper bound"
            said.engines.append(
                EngineName(
                    *(engine, kind, row["name"], _moe(engine, kind, row["is_moe"]), day),
                    *("exact" if exact else "latest", page, note),
                )
            )
        return said

    return parse


def _moe(engine: str, kind: str, flag: str) -> str:
    """Whether an architecture is a mixture; vLLM's and SGLang's flags are wrong both ways."""
    if engine != "llama.cpp" or kind != ARCHITECTURE:
        return ""
    return {"True": "true", "False": "false"}.get(flag, "")
