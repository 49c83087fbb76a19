from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup

from almanac.book import assets, shell

NOTEBOOK = nbformat.v4.new_notebook(
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    cells=[nbformat.v4.new_markdown_cell("# Two", id="two")],
)


@pytest.fixture
def made(tmp_path):
    (tmp_path / "_static").mkdir()
    return shell.Shell(SimpleNamespace(srcdir=tmp_path))


@pytest.mark.parametrize("address", ["", "https://example.org/someone/book"])
def test_links_to_a_repository_are_there_where_one_is_named(made, address):
    options = {"repository_url": address, "use_repository_button": True}
    config = SimpleNamespace(templates_path=["theirs"], html_theme_options=options)
    made.begin(None, config)
    assert {options[button] for button in shell.BUTTONS} == {bool(address)}
    assert config.templates_path == [str(shell.TEMPLATES), "theirs"]


@pytest.mark.parametrize(
    "address, kept",
    [
        ("", set()),
        ("https://github.com/someone/book", {"binderhub_url", "colab_url", "notebook_interface"}),
        ("https://github.example/someone/book", {"binderhub_url", "notebook_interface"}),
        ("https://notgithub.com/someone/book", {"binderhub_url", "notebook_interface"}),
    ],
)
def test_notebooks_are_run_where_their_repository_can_be_read(made, address, kept):
    asked = dict.fromkeys(["binderhub_url", "colab_url", "notebook_interface", "tested"], "x")
    options = {"repository_url": address, "launch_buttons": asked}
    made.begin(None, SimpleNamespace(templates_path=[], html_theme_options=options))
    assert set(options["launch_buttons"]) == kept


def test_a_page_names_no_style_and_no_script_but_the_joined_ones(made):
    context = {
        "css_files": [SimpleNamespace(filename="_static/a.css"), "_static/b.css?v=1"],
        "script_files": [
            SimpleNamespace(filename="_static/a.js"),
            SimpleNamespace(filename=None),  # it stands in the page
            SimpleNamespace(filename="https://elsewhere.example/x.js"),
        ],
    }
    made.page(None, "index", "page.html", context, None)
    assert context["css_files"] == context["script_files"] == []
    assert list(made.sheets) == [*assets.THEME_SHEETS, "a.css", "b.css"]
    assert list(made.scripts) == ["a.js"]


def test_what_is_the_books_comes_last_whatever_the_file_system_says(made, monkeypatch, tmp_path):
    for name in ("z.js", "a.js", "z.css", "head.js"):
        (tmp_path / "_static" / name).touch()
    made.scripts = dict.fromkeys(["z.js", "theirs.js", "a.js", "copybutton.js", "head.js"])
    made.sheets = dict.fromkeys(["z.css", "theirs.css"])
    joined = []
    monkeypatch.setattr(assets, "join", lambda *given: joined.extend(given))
    monkeypatch.setattr(assets, "put_versions", lambda pages: None)
    made.finish(tmp_path)
    _, sheets, scripts, own = joined
    assert sheets == ["theirs.css", "z.css"]
    assert scripts == ["theirs.js", "a.js", "z.js"]
    assert own == {"z.js", "a.js", "z.css", "head.js"}


@pytest.mark.parametrize(
    "address, path",
    [
        ("", ""),
        ("https://example.org", "/"),
        ("https://example.org/", "/"),
        ("https://example.org/almanac", "/almanac/"),
        ("https://example.org/a/b/", "/a/b/"),
    ],
)
def test_the_path_of_the_site_is_that_of_its_address(address, path):
    assert shell.root_path(address) == path


def test_what_misleads_a_screen_reader_or_breaks_the_policy_is_mended():
    body = (
        '<div role="list" class="citation-list"><div class="citation" id="a" '
        'role="doc-biblioentry"></div></div><summary aria-label="Toggle hidden content">'
    )
    assert shell.mended(body) == (
        '<div class="citation-list"><div class="citation" id="a"></div></div><summary>'
    )
    data = '<script type="application/json">{}</script>'
    scripts = '<script type="text/x-thebe-config">\n{}\n</script>\n<script>kernelName = 1</script>'
    assert shell.mended(f"<p>{data}{scripts}</p>") == f"<p>{data}</p>"
    part = '<p aria-level="2" class="caption" role="heading">'
    assert shell.navigation(part) == '<p class="caption">'
    assert shell.navigation(None) == ""
    here = '<a class="current reference internal" href="#">'
    assert 'aria-current="page"' in shell.navigation(here)


@pytest.fixture
def page_of(tmp_path):
    """Builds a book of one page with the shell, under some theme options; gives its HTML."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    def page_of(**options):
        (tmp_path / "_static").mkdir()
        (tmp_path / "_static" / "head.js").touch()
        (tmp_path / "conf.py").write_text(
            "extensions = ['myst_nb']\nnb_execution_mode = 'off'\n"
            "html_theme = 'sphinx_book_theme'\nroot_doc = 'index'\n"
            f"html_static_path = ['_static']\nhtml_theme_options = {options!r}\n"
            "html_baseurl = 'https://example.org/book/'\n"
        )
        (tmp_path / "index.md").write_text("# Title\n\n```{toctree}\n:glob:\n*\n```\n")
        (tmp_path / "one.md").write_text("# One\n\n## Deep\n")
        out = tmp_path / "html"
        with docutils_namespace():
            app = Sphinx(tmp_path, tmp_path, out, tmp_path / "trees", "html", status=None,
                         freshenv=True)  # fmt: skip
            made = shell.setup(app)
            made.begin(app, app.config)
            app.builder.init()  # for its templates, after ours have come first
            app.build()
        made.finish(out)
        return BeautifulSoup((out / "one.html").read_text("utf-8"), "html.parser"), out

    return page_of


def test_a_page_of_a_named_repository_links_to_it(page_of):
    page, _ = page_of(repository_url="https://github.com/someone/book", repository_branch="dev")
    links = {link.get_text(): link["href"] for link in page.select("details.menu a")}
    root = "https://github.com/someone/book"
    assert links["Source repository"] == root
    assert links["Suggest edit"] == f"{root}/edit/dev/one.md"
    assert links["Open an issue"].startswith(f"{root}/issues/new?")


LAUNCH = {
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
    "notebook_interface": "jupyterlab",
}


def launched(page):
    return {
        link.get_text(): link["href"]
        for link in page.select("details.menu a")
        if link["href"].startswith(("https://mybinder", "https://colab"))
    }


def test_a_notebook_can_be_run_elsewhere_and_a_page_of_prose_cannot(page_of, tmp_path):
    (tmp_path / "two.ipynb").write_text(nbformat.writes(NOTEBOOK), "utf-8")
    page, out = page_of(
        repository_url="https://github.com/someone/book", repository_branch="dev",
        launch_buttons=LAUNCH | {"tested": ["Colab"]},
    )  # fmt: skip
    assert launched(page) == {}
    page = BeautifulSoup((out / "two.html").read_text("utf-8"), "html.parser")
    assert launched(page) == {
        "Launch on Binder (not tested yet)":
            "https://mybinder.org/v2/gh/someone/book/dev?urlpath=lab/tree/two.ipynb",
        "Launch on Colab":
            "https://colab.research.google.com/github/someone/book/blob/dev/two.ipynb",
    }  # fmt: skip
    assert page.select("details.menu .icon-run")


def test_a_notebook_of_no_repository_is_run_nowhere(page_of, tmp_path):
    (tmp_path / "two.ipynb").write_text(nbformat.writes(NOTEBOOK), "utf-8")
    _, out = page_of(launch_buttons=LAUNCH)
    text = (out / "two.html").read_text("utf-8")
    assert "mybinder" not in text and "colab" not in text


def test_a_page_of_no_repository_names_none(page_of):
    page, out = page_of()
    assert [link["href"] for link in page.select("details.menu a")] == ["_sources/one.md"]
    assert "github.com" not in str(page)
    # the rest of the shell
    assert [one["href"] for one in page.select("nav a.current")] == ["#"]
    assert {tag["src"].partition("?")[0] for tag in page.select("script")} == {
        f"_static/{assets.HEAD}", f"_static/{assets.SCRIPT}"
    }  # fmt: skip
    assert len(page.select("h1")) == 1
    lost = (out / "404.html").read_text("utf-8")
    assert 'href="/book/index.html"' in lost and 'src="/book/_static/head.js?v=' in lost
