"""The shell of the pages: templates in place of the themes', what they need, and the page for
what is not found."""

import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit

from almanac.book import assets

TEMPLATES = Path(__file__).parent / "templates"
THEBE = re.compile(r"""<script(?: type="text/x-thebe-config")?>.*?</script>\s*""", re.DOTALL)
PART = ' aria-level="2" class="caption" role="heading"'
HERE = '<a class="current reference internal" href="#">'
LAUNCH = "launch-buttons"  # as the theme calls its list of services that run a notebook
UNTESTED = " (not tested yet)"
BUTTONS = ("use_repository_button", "use_issues_button", "use_edit_page_button")


class Shell:
    """What the pages of one build share."""

    def __init__(self, app):
        self.app = app
        self.sheets: dict[str, None] = dict.fromkeys(assets.THEME_SHEETS)  # an ordered set
        self.scripts: dict[str, None] = {}
        self.tested: set[str] = set()  # services that somebody has run a notebook on

    def begin(self, app, config):
        """Put our templates before the themes'; links to a repository only where one is named."""
        config.templates_path.insert(0, str(TEMPLATES))
        options = config.html_theme_options
        address = options.get("repository_url") or ""
        for button in BUTTONS:
            options[button] = bool(address)
        asked = dict(options.get("launch_buttons") or {})
        self.tested = set(asked.pop("tested", None) or [])
        options["launch_buttons"] = launches(asked, address)

    def page(self, app, pagename, templatename, context, doctree):
        """Give a page's template what it needs; note the styles and scripts that pages ask for."""
        self.sheets |= dict.fromkeys(_names(context.get("css_files", [])))
        self.scripts |= dict.fromkeys(_names(context.get("script_files", [])))
        names = (assets.SHEET, assets.SCRIPT, assets.HEAD)
        context |= {
            "css_files": [],
            "script_files": [],
            "sheet": assets.SHEET,
            "script_of_all": assets.SCRIPT,
            "version_of": {name: assets.placeholder(name) for name in names},
        }
        for group in context.get("header_buttons") or []:
            if group.get("label") == LAUNCH:
                for button in group["buttons"]:
                    if button["text"] not in self.tested:
                        button["tooltip"] += UNTESTED
        if "body" in context:
            context["body"] = mended(context["body"])
        if pagename.startswith("_modules/"):
            context["navigation"] = str  # a source is reached from where it is used, and leads back
        elif toctree := context.get("toctree"):
            context["navigation"] = lambda: navigation(
                toctree(maxdepth=2, collapse=False, includehidden=True, titles_only=True)
            )

    def not_found(self, app):
        """The page that hosts show in place of one that is not there."""
        yield (
            "404",
            {
                "site_root": root_path(app.config.html_baseurl),
                "uri_of": app.builder.get_target_uri,
            },
            "404.html",
        )

    def finish(self, pages: Path) -> None:
        """Join what pages ask for, once all are there.

        Parameters
        ----------
        pages : folder of the finished pages
        """
        folder = Path(self.app.srcdir) / "_static"
        own = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        left_out = {*assets.LEFT_OUT, assets.HEAD}
        scripts = [name for name in self.scripts if name not in left_out]
        # Jupyter Book lists ours in the order of the file system
        assets.join(
            pages / "_static",
            _ours_last(self.sheets, own),
            _ours_last(scripts, own),
            own,
        )
        assets.remove(pages / "_static", own)
        assets.put_versions(pages)


def _names(files) -> list[str]:
    """Names below _static of the style sheets or scripts that Sphinx lists for a page.

    Scripts that stand in the page itself are left out: the site's policy runs none.
    """
    names = (getattr(file, "filename", file) for file in files)
    return [
        re.sub(r"\?.*", "", str(name)).removeprefix("_static/")
        for name in names
        if name and "://" not in str(name)
    ]


def _ours_last(names, own: set[str]) -> list[str]:
    """Names in their order, those of the book at the end, sorted."""
    return [*(name for name in names if name not in own), *sorted(own.intersection(names))]


def launches(asked: dict, address: str) -> dict:
    """The services that run a notebook of the repository at `address`.

    Parameters
    ----------
    asked : ``launch_buttons`` of ``_config.yml``
    address : of the repository; without one there is nothing to run

    Returns
    -------
    dict
        Those of `asked` that can; Colab reads repositories on GitHub alone.
    """
    on_github = urlsplit(address).hostname == "github.com"
    return {
        name: value
        for name, value in asked.items()
        if address and (on_github or name != "colab_url")
    }


def root_path(address: str) -> str:
    """The path at which a site begins whose pages lie below `address`; empty if none is given."""
    return posixpath.join(urlsplit(address).path or "/", "") if address else ""


def navigation(tree: str) -> str:
    """The pages of the book, the present one marked; its parts are no headings of the page."""
    tree = (tree or "").replace(PART, ' class="caption"')
    return tree.replace(HERE, HERE.replace(">", ' aria-current="page">'))


def mended(body: str) -> str:
    """HTML of a page without what misleads a screen reader and what the site's policy forbids.

    docutils gives references roles that fit neither each other nor today's ARIA, MyST-NB calls
    every folded cell "Toggle hidden content", whatever is written on it, and sphinx-thebe puts
    scripts under each notebook. Data for scripts say what they are by a type, and stay.
    """
    body = THEBE.sub("", body)
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    body = body.replace(' role="doc-biblioentry"', "")
    return body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def setup(app) -> Shell:
    """Connect the shell to Sphinx's events; `finish` is for the build to call."""
    shell = Shell(app)
    app.connect("config-inited", shell.begin)
    app.connect("html-page-context", shell.page, priority=900)  # after themes and extensions
    app.connect("html-collect-pages", shell.not_found)
    return shell
