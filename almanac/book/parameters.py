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
    """One declared parameter.

    Attributes
    ----------
    name : of the variable
    kind : one of `TYPES`
    default : a Python value of that kind
    meaning : one phrase for readers
    """

    name: str
    kind: str
    default: object
    meaning: str


class ParameterError(BuildError):
    """A parameter is set that no notebook takes, or to a value of another type."""


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook takes.

    Raises
    ------
    BuildError
        If it is not a notebook, or a parameter lacks a type, a meaning or a literal default of
        its type.
    """
    from nbformat import ValidationError
    from nbformat.reader import NotJSONError
    from papermill import inspect_notebook

    try:
        inspected = inspect_notebook(str(notebook))
    except (NotJSONError, ValidationError, UnicodeDecodeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise BuildError(f"{notebook.name}: expected a notebook ({reason})") from None
    found = {}
    for name, facts in inspected.items():
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
            default = read(ast.literal_eval(facts["default"]), kind)
        except (SyntaxError, ValueError):
            raise BuildError(
                f"{where}: its value is {facts['default']}; {expected(kind)}, written out"
            ) from None
        found[name] = Parameter(name, kind, default, facts["help"])
    return found


def settle(
    notebooks: Mapping[str, Mapping[str, Parameter]], given: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """The value of every parameter of every notebook in this edition.

    Parameters
    ----------
    notebooks : what each notebook declares, by notebook name
    given : what `_config.yml`, the environment or the command line set; text is read as the
        parameter's type

    Raises
    ------
    ParameterError
        Naming every parameter that no notebook takes and every value of a wrong type, whatever
        may be cached.
    BuildError
        If notebooks give one parameter different types or defaults.
    """
    known = _known(notebooks)
    faults, values = [], {}
    for name, value in given.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}? " if close else ""
            faults.append(
                f"parameter {name}: no notebook takes it; {hint}known: {', '.join(sorted(known))}"
            )
            continue
        try:
            values[name] = read(value, known[name].kind)
        except ValueError:
            faults.append(f"parameter {name}: {value!r} found, {expected(known[name].kind)}")
    if faults:
        raise ParameterError("\n".join(faults))
    return {
        notebook: {name: values.get(name, p.default) for name, p in declared.items()}
        for notebook, declared in notebooks.items()
    }


def _known(notebooks: Mapping[str, Mapping[str, Parameter]]) -> dict[str, Parameter]:
    """Every parameter once; an edition has one value for each name, and so one default."""
    known = {}
    for notebook, parameters in notebooks.items():
        for name, parameter in parameters.items():
            first = known.setdefault(name, parameter)
            if (first.kind, first.default) != (parameter.kind, parameter.default):
                raise BuildError(
                    f"{notebook}.ipynb, parameter {name}: {parameter.kind} = {parameter.default!r} "
                    f"found, another notebook has {first.kind} = {first.default!r}"
                )
    return known


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

    Raises
    ------
    ValueError
        If it is not of that kind.
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
        names = [name.strip() for name in names]
        if not names or not all(names):
            raise ValueError
        return names
    if not isinstance(value, str):
        raise ValueError
    return value


def _text(value: object, allowed: tuple[str, ...]) -> str:
    text = str(value).strip().lower()
    if text not in allowed:
        raise ValueError
    return text
