"""A record gives data and never code: nothing of it is evaluated, run, or taken for a pattern.

By the code itself, of the package and of the notebooks' cells; what a browser makes of a record
of attacks is in `site/test_hostile.py`.
"""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from expressions import expressions

from almanac.book.page import charts
from almanac.record import load

ROOT = Path(__file__).parents[1]
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "input"}
# of a data frame, of the operating system, and of what unpacks objects
METHODS = {"query", "eval", "system", "popen", "read_pickle", "to_pickle", "unsafe_load"}
MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "ctypes", "sqlite3", "sqlalchemy"}
# what takes a kernel's network away is a function of the system that Python 3.11 has no name for
SYSTEM = {"almanac/book/confine.py": ["ctypes"]}
# the package's own, each with what it starts: git, kernels, and git with a commit that is named
STARTS = {"almanac/book/edition.py", "almanac/book/kernels.py", "almanac/compare/sides.py"}
OF_TEXTS = {"contains", "replace", "match", "fullmatch", "extract", "extractall", "count",
            "split", "findall"}  # fmt: skip
# a pattern that is put together: of signs of formulas, of a source's own suffixes, and of the
# names of its files
MADE = {"almanac/book/spreadsheets.py", "almanac/refresh/scope.py", "almanac/sources/source.py"}


def package():
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / "almanac").rglob("*.py")
    }


def cells():
    return {
        f"{path.name}, {cell['id']}": "".join(cell["source"])
        for path in (ROOT / "book").glob("*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    }


def fixed(node):
    """Whether a text stands in the code: a constant, or what is made of constants alone."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.JoinedStr(values=parts):
            return all(map(fixed, parts))
        case ast.FormattedValue(value=part) | ast.Subscript(value=part):
            return fixed(part)
        case ast.BinOp(left=left, right=right):
            return fixed(left) and fixed(right)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="escape")):
            return True
    return False


def evaluated(text):
    """Calls and imports that would take a text for code, or unpack one into objects."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in RUNS_TEXT:
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="yaml"), attr=name)) if (
                "load" in name and not name.startswith("safe_")
            ):
                yield ast.unparse(node)
            case ast.Call(keywords=keywords) if any(word.arg == "shell" for word in keywords):
                yield ast.unparse(node)
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=name) if (name or "").partition(".")[0] in MODULES:
                yield name


def patterned(text):
    """Regular expressions and formats that are not fixed in the code."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[first, *_]):
                if name != "escape" and not fixed(first):
                    yield ast.unparse(node)
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="str"), attr=name), args=[first, *_]
            ) if name in OF_TEXTS and not fixed(first):
                plain = ast.keyword("regex", ast.Constant(False))
                if ast.dump(plain) not in map(ast.dump, node.keywords):
                    yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(attr="format", value=value)) if not fixed(value):
                yield ast.unparse(node)


def imported(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def found(check, sources):
    return {name: hits for name, text in sources.items() if (hits := list(check(text)))}


@pytest.mark.parametrize("sources, known", [(package, SYSTEM), (cells, {})])
def test_no_text_is_run(sources, known):
    assert found(evaluated, sources()) == known


@pytest.mark.parametrize("sources", [package, cells])
def test_no_text_is_a_pattern_or_a_format(sources):
    assert found(patterned, sources()).keys() <= MADE


def test_processes_are_started_by_the_build_alone():
    starting = {name for name, text in package().items() if "subprocess" in imported(text)}
    assert starting == STARTS


def test_notebooks_import_what_counts_and_draws_and_nothing_of_the_system():
    named = {name for text in cells().values() for name in imported(text)}
    ours = {"almanac", "pandas", "numpy", "dataclasses", "datetime", "itertools", "IPython"}
    assert named <= ours


@pytest.mark.parametrize(
    "text",
    [
        "eval(name)", "frame.query(f'name == {name!r}')", "frame.eval(name)", "os.system(name)",
        "import pickle", "from joblib import load", "yaml.load(text)", "run(name, shell=True)",
        "yaml.load(text, Loader=yaml.Loader)", "pd.read_pickle(path)", "__import__(name)",
    ],
)  # fmt: skip
def test_what_is_forbidden_is_seen(text):
    assert list(evaluated(text)) != []


@pytest.mark.parametrize(
    "text",
    ["re.search(name, text)", "re.compile(f'a{name}')", "frame.name.str.contains(name)",
     "name.format(value=1)", "f'{name}'.format(1)", "frame.a.str.replace(name, '', regex=True)"],
)  # fmt: skip
def test_a_pattern_of_data_is_seen(text):
    assert list(patterned(text)) != []
    fixed_now = text.replace("name,", "re.escape(name),").replace("{name}", "{re.escape(name)}")
    if "re." in text:
        assert list(patterned(fixed_now)) == []


def test_no_name_of_the_record_is_in_what_vega_runs(frozen_record):
    record = load(frozen_record)
    texts = {
        text
        for frame in (record.models, record.organisations, record.releases, record.capabilities)
        for column in frame.select_dtypes("str")
        for text in frame[column].dropna()
        if len(text) > 7  # or it may be a word of the code's own
    }
    run = {}
    for path in sorted((ROOT / "tests" / "reference").glob("*.ipynb")):
        for figure_id, spec, _, _ in charts(nbformat.read(path, as_version=4), path.stem):
            for expression in expressions(spec):
                run[expression] = figure_id
    assert len(run) > 20  # there are some
    assert {run[one]: text for one in run for text in texts if text in one} == {}


def test_expressions_are_found_wherever_they_stand():
    spec = {
        "layer": [{"transform": [{"calculate": "a", "as": "x"}, {"filter": "b"}]}],
        "encoding": {"x": {"axis": {"labelExpr": "c"}, "condition": {"test": {"and": ["d", "e"]}}}},
        "params": [{"expr": "f"}, {"value": {"signal": "g"}}],
        "datasets": {"data": [{"expr": "not this"}]},
        "data": {"values": [{"test": "nor this"}]},
        "transform": [{"filter": {"field": "x", "equal": "neither"}}],
    }
    assert expressions(spec) == set("abcdefg")
