import json
import shutil
import subprocess

import pytest
import earlier
from almanac.book import spreadsheets
from almanac.compare import sides
from almanac.compare.sides import SideError
from almanac.record import difference, load, previous
from almanac.record.difference import DifferenceError
from almanac.record.previous import PreviousError


@pytest.fixture(scope="module")
def site(tmp_path_factory, frozen_record):
    """A folder that an edition was built in, as far as a comparison reads it."""
    pages = tmp_path_factory.mktemp("edition") / "_build" / "html"
    shutil.copytree(frozen_record, pages / "data")
    (pages / "results.json").write_text(json.dumps(earlier.results()), "utf-8")
    return pages


def test_a_record_is_its_tables(frozen_record):
    side = sides.read(str(frozen_record))
    assert (side.day, side.results) == ("2026-11-24", None)
    assert len(side.texts.tables["models"]) == 118


def test_a_site_is_both_by_its_own_folder_or_the_one_it_was_built_in(site):
    for folder in (site, site.parents[1]):
        side = sides.read(str(folder))
        assert side.name == str(folder)
        assert side.results == earlier.results()
        assert len(side.texts.tables["models"]) == 118


def test_results_alone(site):
    side = sides.read(str(site / "results.json"))
    assert (side.texts, side.day) == (None, earlier.DAY)


def test_what_a_record_keeps_is_an_edition(frozen_record):
    side = sides.read(str(frozen_record / previous.FILE))
    assert (side.day, side.results) == (earlier.DAY, earlier.results())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two commits: the earlier edition with its results, and one without any."""
    root = tmp_path / "project"
    monkeypatch.setattr(sides, "ROOT", root)
    earlier.write(root / "data")
    recorded = root / sides.RECORDED
    recorded.parent.mkdir(parents=True)
    recorded.write_text(json.dumps(earlier.results()), "utf-8")

    def git(*arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "first")
    git("rm", "-q", sides.RECORDED)
    git("commit", "-qm", "two")
    return root


def test_a_commit_is_an_edition_with_the_results_recorded_in_it(project, frozen_record):
    side = sides.read("git:first")
    assert (side.day, side.results) == (earlier.DAY, earlier.results())
    found = difference.difference(side.texts, earlier.texts())
    assert not any(table.differs for table in found)
    assert sides.read("git:HEAD").results is None


@pytest.mark.parametrize("name", ["git:", "git:no-such", "git:--all", "git:first:data"])
def test_what_is_no_commit_is_refused(project, name):
    with pytest.raises(SideError, match="the project has no commit"):
        sides.read(name)


def test_a_commit_outside_of_a_repository_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sides, "ROOT", tmp_path)
    with pytest.raises(SideError, match="the project has no commit 'HEAD'"):
        sides.read("git:HEAD")


def test_without_git_a_commit_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SideError, match="git is not installed"):
        sides.read("git:HEAD")


@pytest.mark.parametrize(
    "name, said",
    [
        ("{folder}/none", "does not exist"),
        ("{folder}", "is none of these: expected a folder with a record or a site"),
        ("{folder}/text.txt", "is none of these"),
        ("{record}/datapackage.json", "is none of these"),
        ("{record}/models.csv", "is none of these"),
    ],
)
def test_what_is_nothing_to_compare_is_refused(name, said, tmp_path, frozen_record):
    (tmp_path / "text.txt").write_text("")
    with pytest.raises(SideError) as error:
        sides.read(name.format(folder=tmp_path, record=frozen_record))
    assert said in str(error.value)


def test_what_cannot_be_read_is_another_fault(tmp_path, frozen_record):
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(PreviousError, match="has no list `results`"):
        sides.read(str(tmp_path / "results.json"))
    (tmp_path / "datapackage.json").write_text("{}")
    with pytest.raises(DifferenceError, match="expected the package to have a resources"):
        sides.read(str(tmp_path))


def test_sides_are_compared_in_what_both_have(site, frozen_record):
    record, edition = sides.read(str(frozen_record)), sides.read(str(site))
    alone = sides.read(str(site / "results.json"))
    both = sides.compare(edition, edition)
    assert (both.differs, both.moves.same) == (False, len(earlier.HEADLINES))
    assert sides.compare(record, edition).moves is None
    assert sides.compare(alone, edition).tables is None
    with pytest.raises(SideError, match="is a record alone and .* is results alone"):
        sides.compare(record, alone)


def test_a_difference_of_either_kind_is_one(site, frozen_record):
    edition = sides.read(str(site))
    before = sides.read(str(frozen_record / previous.FILE))
    assert sides.compare(before, edition).differs
    results = earlier.results()
    results["results"].pop()
    fewer = sides.Side("fewer", edition.texts, results)
    assert sides.compare(edition, fewer).differs


def test_what_a_site_keeps_from_spreadsheets_is_no_difference(tmp_path, hostile_record):
    """The site's tables have apostrophes before texts, and in the keys that evidence names."""
    pages = tmp_path / "html"
    shutil.copytree(hostile_record, pages / "data")
    safe = spreadsheets.tables(load(hostile_record), hostile_record)
    assert safe
    for name, data in safe.items():
        (pages / "data" / name).write_bytes(data)
    (pages / "results.json").write_text(json.dumps(earlier.results()), "utf-8")
    found = sides.compare(sides.read(str(hostile_record)), sides.read(str(pages)))
    assert [table for table in found.tables if table.differs] == []
