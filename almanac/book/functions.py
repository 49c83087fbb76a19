"""The page that lists the functions and classes behind the numbers, each with its source.

Read from the code without running it: the page can neither go stale nor slow a build down by
imports. Sphinx's viewcode shows the source of every function that is listed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from almanac.book.edition import ROOT

PAGE = "book/functions"  # the page whose own text the list follows
PACKAGE = "almanac.measures"
SIGNATURE = 88  # characters; longer ones are cut to the names of their arguments


def listing(folder: Path = ROOT.joinpath(*PACKAGE.split("."))) -> str:
    """MyST text: a section for each module in `folder`, an entry for each function and class."""
    sections = []
    for path in sorted(folder.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        entries = [entry(node) for node in public(tree)]
        if entries:
            sections.append(
                f"## {path.stem}\n\n{ast.get_docstring(tree)}\n\n"
                f"```{{py:module}} {PACKAGE}.{path.stem}\n```\n\n" + "\n\n".join(entries)
            )
    return "\n\n".join(sections) + "\n"


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes of a module that others may use."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def entry(node: ast.FunctionDef | ast.ClassDef) -> str:
    """How a function is called, and what it gives in a sentence; what a class is."""
    first, _, _ = (ast.get_docstring(node) or "").partition("\n\n")
    if isinstance(node, ast.ClassDef):
        return f"```{{py:class}} {node.name}\n{first}\n```"
    return f"```{{py:function}} {node.name}({_signature(node)})\n{first}\n```"


def _signature(function: ast.FunctionDef) -> str:
    signature = ast.unparse(function.args)
    if len(function.name) + len(signature) > SIGNATURE:
        given = function.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        signature = ", ".join(argument.arg for argument in named)
    return signature
