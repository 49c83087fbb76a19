"""The parameters of an edition: what the notebooks declare, and what this edition sets.

Each notebook has one cell tagged `parameters`, with a line a parameter:

    size_floor_b: float = 0.0  # smallest model to count, billions of parameters
"""

import ast
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from almanac.book.errors import BuildError

TYPES = ("bool", "int", "float", "str", "date", "list[str]")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter; `kind` is one of `TYPES`, `default` a Python value."""

    name: str
    kind: str
    default: object
    meaning: str


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook takes.

    Raises:
        BuildError: if a parameter lacks a type, a meaning or a literal default.
    """
    from papermill import inspect_notebook

    found = {}
    for name, facts in inspect_notebook(str(notebook)).items():
        where = f"{notebook.name}, parameter {name}"
        kind = facts["inferred_type_name"]
        if kind not in TYPES:
            raise BuildError(
                f"{where}: its type is {kind}; expected `{name}: TYPE = value  # meaning` "
                f"with TYPE one of {', '.join(TYPES)}"
            )
        if not facts["help"]:
            raise BuildError(f"{where}: it has no meaning; add a comment after its value")
        try:
            default = ast.literal_eval(facts["default"])
        except (SyntaxError, ValueError):
            raise BuildError(
                f"{where}: its value is {facts['default']}; expected a literal"
            ) from None
        found[name] = Parameter(name, kind, default, facts["help"])
    return found


def settle(
    notebooks: Mapping[str, Mapping[str, Parameter]], given: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """The value of every parameter of every notebook in this edition.

    Args:
        notebooks: what each notebook declares, by notebook name.
        given: what `_config.yml`, the environment or the command line set; text is read as
            the parameter's type.

    Raises:
        BuildError: naming every parameter that no notebook takes and every value of a wrong
            type, whatever may be cached.
    """
    known = {name: p for declared in notebooks.values() for name, p in declared.items()}
    faults, values = [], {}
    for name, value in given.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(
                f"parameter {name}: no notebook takes it{hint} Known: {', '.join(sorted(known))}"
            )
            continue
        try:
            values[name] = read(value, known[name].kind)
        except ValueError:
            faults.append(f"parameter {name}: {value!r} found, {expected(known[name].kind)}")
    if faults:
        raise BuildError("\n".join(faults))
    return {
        notebook: {name: values.get(name, p.default) for name, p in declared.items()}
        for notebook, declared in notebooks.items()
    }


def expected(kind: str) -> str:
    """What a value of this kind looks like, for an error message."""
    return {
        "bool": "expected true or false",
        "int": "expected a whole number",
        "float": "expected a number",
        "str": "expected text",
        "date": "expected a date as YYYY-MM-DD",
        "list[str]": "expected names with commas between them",
    }[kind]


def read(value: object, kind: str) -> object:
    """A value as its kind: text from a command line, or what YAML made of it.

    Raises:
        ValueError: if it is not of that kind.
    """
    if kind == "bool":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}[_text(value, ("true", "false"))]
    if kind in ("int", "float"):
        if isinstance(value, bool):
            raise ValueError
        number = float(str(value).strip())
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError
        if kind == "int":
            if number != int(number):
                raise ValueError
            return int(number)
        return number
    if kind == "date":
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            raise ValueError
        return date.fromisoformat(str(value)).isoformat()
    if kind == "list[str]":
        names = value.split(",") if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError
        return [name.strip() for name in names]
    if not isinstance(value, str):
        raise ValueError
    return value


def _text(value: object, allowed: tuple[str, ...]) -> str:
    text = str(value).strip().lower()
    if text not in allowed:
        raise ValueError
    return text
