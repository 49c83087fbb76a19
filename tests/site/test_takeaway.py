"""What readers cite, take and follow: the foot of pages, their heads, addresses that last."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import nbformat
import pytest
from almanac.book.shell import TEMPLATES
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import expect
from published import addresses, dead
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "tests" / "reference" / "urls.txt"
TAKEN = ["zip", "download", "json", "bib"]
# Where the record's licence and the words that describe data are defined.
STANDARDS = {"creativecommons.org", "schema.org", "www.w3.org"}
ADDRESS = "https://host.example/folder/"


def abroad(text):
    """The links of the buttons above a page that leave the site."""
    header = re.search('bd-header-article.*?(?:<article|class="foot")', text, re.S)[0]
    return re.findall(r'href="(https?:[^"]*)"', header)


@pytest.fixture(scope="module")
def pages(built_site):
    """The pages of the site that have a head and a foot, by path."""
    paths = [*built_site.glob("*.html"), *built_site.glob("book/*.html")]
    read = {path: path.read_text("utf-8") for path in paths}
    return {path: text for path, text in read.items() if '<div class="foot">' in text}


@pytest.fixture(scope="module")
def feet(pages):
    """The feet of the pages, by path."""
    return {
        path: BeautifulSoup(text[text.index('<div class="foot">') :], "html.parser").div
        for path, text in pages.items()
    }


@pytest.fixture(scope="module")
def heads(pages):
    return {
        path: BeautifulSoup(text.partition("</head>")[0], "html.parser")
        for path, text in pages.items()
    }


def test_every_page_has_a_foot(pages, built_site):
    made = {*built_site.glob("*.html"), *built_site.glob("book/*.html")}
    without = {path.relative_to(built_site).as_posix() for path in made - pages.keys()}
    assert without <= {"index.html", "404.html"}  # the root leads on


def test_the_links_of_the_foot_lead_to_what_they_name(feet, built_site):
    for path, foot in feet.items():
        links = [a["href"] for a in foot.find_all("a") if not a.get("rel")]
        assert [re.split("[.#]", link)[-1] for link in links] == TAKEN
        for link in links:
            target, _, place = unquote(link).partition("#")
            there = (path.parent / target).resolve() if target else path
            assert there.is_relative_to(built_site) and there.is_file(), f"{path.name}: {link}"
            assert not place or f'id="{place}"' in there.read_text("utf-8")


def test_the_foot_cites_the_edition_and_its_data(feet, built_site):
    made = json.loads((built_site / "results.json").read_text("utf-8"))
    for foot in feet.values():
        cited = foot.select_one("details .citation").get_text()
        assert made["edition"] in cited
        assert f"data of {made['data_date']}" in cited
        said = foot.select("p")[-1].get_text()
        assert made["edition"] in said and made["data_date"] in said
    (entry,) = parse_file(built_site / "open-weights-almanac.bib").entries.values()
    assert made["data_date"] in entry.fields["note"]


def test_the_citation_can_be_copied(opened):
    page, faults = opened("methods", 1280, "light")
    foot = page.locator(".foot")
    assert not foot.get_by_role("button").is_visible()  # folded away with the citation
    foot.locator("summary").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    foot.get_by_role("button", name="Copy").click()
    expect(foot.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.context.clear_permissions()
    assert copied == foot.locator(".citation").inner_text()
    assert faults == []


def test_every_page_is_described_in_words(heads):
    described = {}
    for path, head in heads.items():
        found = head.find("meta", attrs={"name": "description"})
        if path.parent.name == "book":
            text = found["content"]
            assert 20 < len(text) <= 300 and "<" not in text, f"{path.name}: {text}"
            assert head.find("meta", property="og:description")["content"] == text
            described[path.stem] = text
        else:  # the search and the index of terms
            assert found is None
    assert len(set(described.values())) == len(described)


def test_chapters_are_described_by_their_finding(heads, built_site):
    results = json.loads((built_site / "results.json").read_text("utf-8"))["results"]
    for path, head in heads.items():
        if path.stem in ("moe", "reasoning", "timeline"):
            text = head.find("meta", attrs={"name": "description"})["content"]
            assert any(r["chapter"] == path.stem and r["text"] in text for r in results), text


def test_without_a_base_address_none_is_invented(heads, built_site):
    for path, head in heads.items():
        assert head.find("link", rel="canonical") is None
        assert head.find("link", rel="alternate") is None
        assert not head.find_all("meta", property=re.compile("^og:(url|image)"))
        hosts = set(re.findall(r"https?://([^/\"'<> ]+)", str(head)))
        assert hosts <= STANDARDS, path.name
    for name in ("feed.xml", "sitemap.xml", "robots.txt", "cards"):
        assert not (built_site / name).exists()


def test_without_a_repository_no_page_links_to_one(pages):
    for path, text in pages.items():
        assert abroad(text) == [], path.name


def test_the_data_is_described_where_it_is_shown(heads, built_site):
    described = [path for path, head in heads.items() if head.find(type="application/ld+json")]
    assert sorted(path.stem for path in described) == ["index", "record"]
    for path in described:
        data = json.loads(heads[path].find(type="application/ld+json").string)
        for file in data["distribution"]:
            assert (path.parent / file["contentUrl"]).is_file()


def test_no_published_address_dies(built_site):
    # a chart that needs more data than the small record holds is there as long as its cell is
    charts = {
        f"{path.stem}-{cell.id}"
        for path in (ROOT / "book").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    }
    gone = [
        address
        for address in dead(set(PUBLISHED.read_text("utf-8").split()), built_site)
        if re.sub(r"^book/.*#|^charts/|\.csv$", "", address) not in charts
    ]
    assert gone == [], (
        "others link to these: keep the place's name by a target `(name)=` before the heading, or "
        "lead a page on by `rediraffe_redirects` in _config.yml"
    )


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A small site published under an address, of which one page has moved."""
    folder = tmp_path_factory.mktemp("moved")
    for name, text in {
        "conf.py": "html_theme = 'basic'\nexclude_patterns = ['html']\n"
        "extensions = ['sphinxext.rediraffe', 'sphinx_sitemap']\n"
        f"html_baseurl = {ADDRESS!r}\nsitemap_url_scheme = '{{link}}'\n"
        "rediraffe_redirects = {'book/old': 'book/deep/middle', 'book/deep/middle': 'book/new'}\n"
        f"rediraffe_template = {str(TEMPLATES / 'redirect.html')!r}\n",
        "index.rst": "Start\n=====\n\n.. toctree::\n\n   book/new\n",
        "book/new.rst": "New\n===\n\nA place\n-------\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", folder, folder / "html"]
    subprocess.run(command, check=True)
    return folder / "html"


def test_a_page_that_moved_leads_on_without_scripts(moved, without_scripts):
    for old in ("book/old.html", "book/deep/middle.html"):  # both straight to the last place
        without_scripts.goto((moved / old).as_uri())
        without_scripts.wait_for_url("**/book/new.html")
        soup = BeautifulSoup((moved / old).read_text("utf-8"), "html.parser")
        link = soup.a["href"]
        assert soup.find("link", rel="canonical")["href"] == link
        assert (moved / old).parent.joinpath(link).resolve() == moved / "book" / "new.html"
        assert soup.find_all(["script", "style"]) == []


def test_the_sitemap_lists_pages_and_no_redirects(moved):
    listed = [e.text for e in ElementTree.parse(moved / "sitemap.xml").iter() if e.text]
    assert {urlsplit(url)._replace(query="").geturl() for url in listed} == {
        f"{ADDRESS}{name}.html" for name in ("index", "book/new", "genindex", "search")
    }


def test_published_addresses_that_lead_nowhere_are_seen(moved, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(moved, site)
    published = addresses(site)
    assert "book/new.html#a-place" in published
    assert dead(published | {"book/old.html#a-place"}, site) == []
    assert dead({"book/new.html#gone", "book/old.html#gone", "data/gone.csv"}, site) == [
        "book/new.html#gone",
        "book/old.html#gone",
        "data/gone.csv",
    ]
    (site / "book" / "new.html").unlink()
    assert dead(published, site) == ["book/new.html", "book/new.html#a-place", "book/new.html#new",
                                     "book/old.html"]  # fmt: skip


@pytest.mark.soak
def test_a_site_with_an_address_and_a_repository_is_followed_and_shown_from_afar(
    run, built_site, frozen_record, tmp_path
):
    shutil.copytree(built_site.parent / "executed", tmp_path / "_build" / "executed")
    repository = "https://github.com/owner/name"
    elsewhere = {
        "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/{}",
        "https://colab.research.google.com/github/owner/name/blob/main/{}",
    }
    config = tmp_path / "_config.yml"
    text = (ROOT / "_config.yml").read_text("utf-8")
    empty = '\n  url: ""'
    assert empty in text
    config.write_text(text.replace(empty, f"\n  url: {repository}"), "utf-8")
    done = run("jupyter-book", "build", "-q", ".", "--config", config, "--path-output", tmp_path,
               ALMANAC_DATA=str(frozen_record), BOOK_BASEURL=ADDRESS)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "_build" / "html"
    shown = {path.relative_to(site).as_posix(): path for path in site.glob("book/*.html")}
    assert shown
    for name, path in shown.items():
        text = path.read_text("utf-8")
        head = BeautifulSoup(text.partition("</head>")[0], "html.parser")
        assert head.find("link", rel="canonical")["href"] == ADDRESS + name
        assert head.find("meta", property="og:url")["content"] == ADDRESS + name
        picture = head.find("meta", property="og:image")["content"].removeprefix(ADDRESS)
        assert Image.open(site / picture).size == (1200, 630)
        assert head.find("link", rel="alternate")["href"] == "../feed.xml"
        assert 'href="../feed.xml"' in text.partition("</head>")[2]
        links = set(abroad(text))
        notebook = Path(name).with_suffix(".ipynb")
        run_on = {link.format(notebook) for link in elsewhere if (ROOT / notebook).exists()}
        assert links >= run_on and text.count("(not tested yet)") == len(run_on)
        links -= run_on
        assert len(links) >= 2 and all(link.startswith(repository) for link in links)
    listed = {e.text for e in ElementTree.parse(site / "sitemap.xml").iter() if e.text}
    assert listed == {ADDRESS + name for name in shown}
    root = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert root.find("meta", property="og:image")["content"] == f"{ADDRESS}cards/index.png"
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site / "robots.txt").read_text("utf-8")
    assert ElementTree.parse(site / "feed.xml").getroot().tag.endswith("feed")
    for link in ElementTree.parse(site / "feed.xml").iter("{http://www.w3.org/2005/Atom}link"):
        path = link.get("href").removeprefix(ADDRESS) or "index.html"
        assert (site / path).is_file(), path
