import ast
import re

from almanac.book.edition import ROOT
from almanac.book.functions import SIGNATURE, entry, listing

CODE = '''"""What a module holds."""

def shown(one: int, *, two="a") -> str:
    """First sentence
    goes on.

    Not this.
    """

def _hidden():
    pass

class Found:
    """What is found."""
'''


def test_each_public_name_is_listed_with_its_first_sentence(tmp_path):
    (tmp_path / "shares.py").write_text(CODE)
    (tmp_path / "empty.py").write_text('"""Nothing to call."""')
    (tmp_path / "__init__.py").write_text(CODE)
    assert listing(tmp_path) == (
        "## shares\n\nWhat a module holds.\n\n"
        "```{py:module} almanac.measures.shares\n```\n\n"
        "```{py:function} shown(one: int, *, two='a')\nFirst sentence\ngoes on.\n```\n\n"
        "```{py:class} Found\nWhat is found.\n```\n"
    )


def test_a_long_signature_keeps_the_names():
    arguments = ", ".join(f"argument_{n}: pd.DataFrame" for n in range(5))
    (function,) = ast.parse(f"def f({arguments}, *, last=1): pass").body
    first = entry(function).splitlines()[0]
    assert first.endswith("f(argument_0, argument_1, argument_2, argument_3, argument_4, last)")
    assert len(first) <= SIGNATURE + len("```{py:function} ") + 2


def test_the_list_has_every_module_of_measures():
    modules = {path.stem for path in (ROOT / "almanac" / "measures").glob("[a-z]*.py")}
    assert set(re.findall(r"py:module\} almanac\.measures\.(\w+)", listing())) == modules
