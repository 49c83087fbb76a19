"""Which measures a chart shows: read from the notebook's code, so that no list can go stale."""

import ast
import importlib
import inspect
from collections.abc import Iterator

import pandas as pd

MEASURES = "almanac.measures."
CHARTS = "almanac.charts."
IN_WORDS = {"title", "description"}  # arguments of charts that hold words, not what is drawn
ASIDE = {str, "str", pd.Timestamp, "pd.Timestamp"}  # what words and settings are, drawn data not


def behind(sources: list[str]) -> list[list[str]]:
    """For each code cell the functions of `almanac.measures` whose results its charts draw.

    Followed are the arguments of the cell's charts, from assignment to assignment, until a
    measure is met; what that one was given in turn is told by its own source.

    Parameters
    ----------
    sources : the code of a notebook's cells, in their order

    Returns
    -------
    list of list of str
        For each cell full names such as `almanac.measures.shares.by_half_year`, in the order of
        the code, each once.
    """
    trees = [ast.parse(source) for source in sources]
    reader = _Reader({name: full for tree in trees for name, full in _imported(tree)})
    return [reader.read(tree) for tree in trees]


class _Reader:
    """Reads code in the order it runs in, and keeps what each name was last made of."""

    def __init__(self, imported: dict[str, str]):
        self.imported = imported
        self.known: dict[str, list[str]] = {}  # name: the measures nearest to its value

    def read(self, tree: ast.Module) -> list[str]:
        found: dict[str, None] = {}
        for statement in _in_order(tree.body):
            for call in ast.walk(statement):
                if self.called(call).startswith(CHARTS):
                    drawn = [*call.args, *(k.value for k in call.keywords if k.arg not in IN_WORDS)]
                    for argument in drawn:
                        found |= dict.fromkeys(self.measures(argument))
            for name, made in _named(statement):
                self.known[name] = self.measures(made)
        return list(found)

    def measures(self, made: ast.AST) -> list[str]:
        """The measures an expression calls, else those that the names in it were made of."""
        nodes = list(ast.walk(made))
        here = [
            name
            for name in map(self.called, nodes)
            if name.startswith(MEASURES) and _gives_data(name)
        ]
        names = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
        return here or [each for name in names for each in self.known.get(name, [])]

    def called(self, node: ast.AST) -> str:
        """The full name of the Almanac's function that a node calls; empty if it calls none."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=function)):
                return f"{self.imported.get(module, '')}.{function}"
            case ast.Call(func=ast.Name(id=function)):
                return self.imported.get(function, "")
        return ""


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that are imported from the Almanac, with their full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("almanac"):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _in_order(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements without those that only hold others, in whose place these come.

    Of alternatives the main one comes last, so that what it makes is what counts.
    """
    for statement in body:
        match statement:
            case ast.If(body=main, orelse=other):
                yield from _in_order([*other, *main])
            case ast.Try(body=main, handlers=handlers, orelse=then):
                caught = [each for handler in handlers for each in handler.body]
                yield from _in_order([*caught, *main, *then])
            case ast.For(target=target, iter=iterated, body=main):
                yield ast.Assign([target], iterated)
                yield from _in_order(main)
            case ast.With(body=main):
                yield from _in_order(main)
            case _:
                yield statement


def _named(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """The names that a statement makes, each with what it is made of."""
    match statement:
        case ast.Assign(targets=targets, value=made):
            pass
        case ast.AnnAssign(target=target, value=made) | ast.AugAssign(target=target, value=made):
            targets = [target]
        case ast.FunctionDef(name=name):
            targets, made = [ast.Name(name)], statement
        case _:
            return
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and made is not None:
                yield node.id, made


def _gives_data(name: str) -> bool:
    """Whether a measure gives what can be drawn, and not settings, words or a day."""
    module, _, function = name.rpartition(".")
    found = getattr(importlib.import_module(module), function)
    return inspect.isfunction(found) and inspect.signature(found).return_annotation not in ASIDE
