"""One style sheet and one script for all pages, out of those that themes and extensions bring.

The themes' own are ten times as large as what the pages use of them: here they are joined, and
what no page can use is left out.
"""

import hashlib
import re
import shutil
from pathlib import Path

import tinycss2

from almanac.book.errors import BuildError

SHEET = "almanac.bundle.css"
SCRIPT = "almanac.bundle.js"
HEAD = "head.js"  # the one script that runs before a page is painted
SEARCH = ("searchtools.js", "language_data.js")  # read by the search page alone
# Before what Sphinx lists, as the theme's layout and its theme.css have it.
THEME_SHEETS = ("basic.css", "styles/pydata-sphinx-theme.css")
# What the shell does itself, or what nothing on the pages needs.
LEFT_OUT = (
    "clipboard.min.js",
    "copybutton.js",
    "design-tabs.js",
    "scripts/sphinx-book-theme.js",
    "sphinx-thebe.js",
    "togglebutton.js",
)
# Folders and files of the themes that no page asks for.
REMOVED = (
    "scripts", "styles", "vendor", "locales", "webpack-macros.html", "sbt-webpack-macros.html",
    "check-solid.svg", "copy-button.svg", "copybutton_funcs.js", "play-solid.svg", "file.png",
    "minus.png", "plus.png",
)  # fmt: skip
FILE = re.compile(r"""@import|url\(\s*(?!["']?(?:data:|#))""", re.IGNORECASE)
ICON_FONT = re.compile(r"--fa-|Font ?Awesome|--pst-icon|\\f[0-9a-f]{3}", re.IGNORECASE)
ICON_NAMES = re.compile(r"(?<=\})(?:\.fa-[\w-]+::?before,?)+\{[^{}]*\}")
DARK = re.compile(r"""\[data-theme=(["']?)(dark|light)\1\]""")
VALUE = r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;{}"'])*"""  # of a declaration
UNREAD = re.compile(r"<script\b.*?</script>|<svg\b.*?</svg>", re.DOTALL)


def placeholder(name: str) -> str:
    """What stands in pages for the version of a file, until `put_versions`."""
    return f"?v={{{name}}}"


def join(static: Path, sheets: list[str], scripts: list[str], own: set[str]) -> None:
    """Join the style sheets and scripts of all pages, and remove what they were joined from.

    Parameters
    ----------
    static : folder of the site's scripts and styles; its parent holds the finished pages
    sheets, scripts : names below `static`, in the order in which they count; a sheet may be missing
    own : those of them that are the book's, of whose styles all are kept, and whose scripts run
        first and each for itself: what fails in one stops no other
    """
    code = "".join(
        f"try {{\n{text}}} catch (error) {{\n  reportError(error);\n}}\n" if name in own else text
        for name in sorted(scripts, key=lambda name: name not in own)
        for text in [(static / name).read_text("utf-8").rstrip() + "\n"]
    )
    pages = [path.read_text("utf-8") for path in sorted(static.parent.rglob("*.html"))]
    known = named(pages, [code, *((static / name).read_text("utf-8") for name in SEARCH)])
    texts = [
        stylesheet((static / name).read_text("utf-8"), None if name in own else known)
        for name in sheets
        if (static / name).exists()
    ]
    for name in {*sheets, *scripts, *LEFT_OUT}:
        (static / name).unlink(missing_ok=True)
    (static / SHEET).write_text(without_unused_properties("".join(texts)), "utf-8")
    (static / SCRIPT).write_text(code, "utf-8")


def remove(static: Path, own: set[str]) -> None:
    """Remove what the themes bring and no page asks for, but nothing that is the book's own."""
    for name in set(REMOVED) - own:
        path = static / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def put_versions(pages: Path) -> None:
    """Put a digest of each file's content where pages ask for it, so that no old copy serves."""
    static = pages / "_static"
    digests = {
        placeholder(name): f"?v={hashlib.sha256((static / name).read_bytes()).hexdigest()[:10]}"
        for name in (SHEET, SCRIPT, HEAD)
    }
    for path in pages.rglob("*.html"):
        text = path.read_text("utf-8")
        for mark, version in digests.items():
            text = text.replace(mark, version)
        path.write_text(text, "utf-8")


def named(pages: list[str], scripts: list[str]) -> set[str]:
    """Every name that a selector of a style sheet can find in the pages, or that a script can
    give: elements, classes and identifiers.

    Parameters
    ----------
    pages, scripts : their texts
    """
    found: set[str] = set()
    for page in pages:
        plain = UNREAD.sub("", page)  # pictures have no style but their own
        found.update(re.findall(r"<([a-zA-Z][\w-]*)", plain))
        for value in re.findall(r'(?:class|id)="([^"]*)"', plain):
            found.update(value.split())
    for script in scripts:
        found.update(re.findall(r"[a-zA-Z_][\w-]*", script))
    return found | {"html", "body", "svg", "script", "path"}


def stylesheet(text: str, known: set[str] | None) -> str:
    """A style sheet without what no page can use.

    What holds for `data-theme=dark` holds for `auto` too, where the reader's system is dark: that
    is what a page says whose script does not run.

    Parameters
    ----------
    text : the sheet
    known : the names that pages and scripts use; rules that need another are left out, and so
        is what needs a file or an icon font, which no page has; None keeps everything

    Raises
    ------
    BuildError
        If the sheet is no CSS, or asks for a file beside it, which would not be found.
    """
    if known is not None:
        text = ICON_NAMES.sub("", text)  # two thousand of them, which would take long to parse
    rules = tinycss2.parse_stylesheet(text, skip_whitespace=True)
    kept = "".join(_rule(rule, known) for rule in rules)
    if found := FILE.search(kept):
        raise BuildError(
            f"a style sheet of all pages asks for a file: {kept[found.start():][:60]!r}; "
            "only data: can be joined"
        )
    return kept


def _rule(rule, known: set[str] | None) -> str:
    """One rule as text, in a line of its own; empty if it is left out."""
    if rule.type == "error":
        raise BuildError(f"style sheet, line {rule.source_line}: {rule.message}")
    if rule.type == "comment":
        return f"/*{rule.value}*/\n" if rule.value.startswith("!") else ""  # of a licence
    if rule.type == "at-rule":
        return _at_rule(rule, known)
    possible = [
        one for one in _selectors(rule.prelude) if known is None or _possible(one, known)
    ]
    if not possible:
        return ""
    selectors = ",".join(tinycss2.serialize(one).strip() for one in possible)
    declared = tinycss2.parse_blocks_contents(
        rule.content, skip_comments=True, skip_whitespace=True
    )
    texts = [one.serialize() for one in declared]
    if known is not None:
        texts = [text for text in texts if not ICON_FONT.search(text) and not FILE.search(text)]
    content = ";".join(texts)
    if not content:
        return ""
    plain = f"{selectors}{{{content}}}\n"
    themes = {found[2] for found in DARK.finditer(selectors)}
    for theme in sorted(themes):
        twin = DARK.sub(lambda found: "[data-theme=auto]" if found[2] == theme else found[0],
                        selectors)  # fmt: skip
        plain += f"@media (prefers-color-scheme:{theme}){{{twin}{{{content}}}}}\n"
    return plain


def _at_rule(rule, known: set[str] | None) -> str:
    """An at-rule: those that hold rules, without what is left out of these."""
    head = f"@{rule.lower_at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}"
    if rule.lower_at_keyword == "charset":
        return ""  # the joined sheet is UTF-8 by its host and pages
    if rule.lower_at_keyword in ("font-face", "import") and known is not None:
        return ""
    if rule.content is None:
        return f"{head};\n"
    if rule.lower_at_keyword in ("media", "supports", "layer", "container"):
        inner = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
        text = "".join(_rule(one, known) for one in inner)
        return f"{head}{{\n{text}}}\n" if text else ""
    return f"{head}{{{tinycss2.serialize(rule.content)}}}\n"


def _selectors(prelude) -> list[list]:
    """The selectors of a rule, each as its tokens."""
    found = [[]]
    for token in prelude:
        if token == ",":
            found.append([])
        elif token.type != "comment":
            found[-1].append(token)
    return found


def _possible(selector: list, known: set[str]) -> bool:
    """Whether every element, class and identifier of a selector is known; what stands in
    brackets is taken to be."""
    before = ""
    for token in selector:
        if token.type == "hash":
            if token.value not in known:
                return False
        elif token.type == "ident" and before != ":" and token.value not in known:
            return False
        before = token.value if token.type == "literal" else ""
    return True


def without_unused_properties(text: str) -> str:
    """A style sheet without custom properties that nothing in it reads.

    The theme declares several hundred, each of them for light and dark.
    """
    while True:
        read = set(re.findall(r"var\(\s*(--[\w-]+)", text))
        shorter = re.sub(
            rf"(?<=[{{;])\s*(--[\w-]+)\s*:{VALUE}(?:;|(?=\}}))",
            lambda found: found[0] if found[1] in read else "",
            text,
        )
        if shorter == text:
            return re.sub(r"[^\n{}]+\{\}\n", "", text)
        text = shorter
