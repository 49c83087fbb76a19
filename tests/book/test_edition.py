import json
import subprocess

import pytest

from almanac.book import edition as editions
from almanac.book.edition import Edition, digest, edition, tables
from almanac.book.errors import BuildError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of which nothing but its configuration is there."""
    monkeypatch.setattr(editions, "ROOT", tmp_path)

    def configure(parameters, baseurl=""):
        config = {
            "title": "T",
            "html": {"baseurl": baseurl},
            "sphinx": {"config": {"almanac_parameters": parameters}},
        }
        (tmp_path / "_config.yml").write_text(json.dumps(config))
        return tmp_path

    configure({})
    return configure


def test_the_default_edition(project):
    root = project({})
    made = edition({"PATH": "/bin", "ALMANACK": "x"})
    assert made == Edition(root / "data", {})
    assert made.is_default
    assert made.name == "default"


def test_the_environment_wins_over_the_configuration(project):
    project({"level": 0.8, "unit": "model"})
    made = edition({"ALMANAC_LEVEL": "0.95", "ALMANAC_SIZE_FLOOR_B": "20"})
    assert made.given == {"level": "0.95", "unit": "model", "size_floor_b": "20"}
    assert made.name == "level = 0.95, size_floor_b = 20, unit = model"
    assert not made.is_default


@pytest.mark.parametrize(
    "environment, address",
    [
        ({}, "https://host/folder/"),
        ({"ALMANAC_DATA": "data"}, "https://host/folder/"),  # the same edition
        ({"ALMANAC_LEVEL": "0.8"}, ""),  # another one, which is not published there
        ({"ALMANAC_DATA": "other"}, ""),
        ({"BOOK_BASEURL": ""}, ""),
        ({"BOOK_BASEURL": "http://other:80/x/", "ALMANAC_LEVEL": "0.8"}, "http://other:80/x/"),
    ],
)
def test_an_address_is_that_of_the_edition_it_was_given_for(project, environment, address):
    project({"unit": "model"}, "https://host/folder")
    assert edition(environment).address == address


@pytest.mark.parametrize("address", ["host/folder", "/folder", "ftp://host/", "https://host/?q=1"])
def test_an_address_that_is_none_is_refused(project, address):
    project({})
    with pytest.raises(BuildError, match="BOOK_BASEURL: .* found, expected an address as https://"):
        edition({"BOOK_BASEURL": address})
    project({}, address)
    with pytest.raises(BuildError, match="_config.yml, html: baseurl: "):
        edition({})


def test_a_relative_data_folder_is_in_the_project(project, tmp_path, monkeypatch):
    root = project({})
    monkeypatch.chdir("/")
    assert edition({"ALMANAC_DATA": "other/record"}).data == root / "other" / "record"
    assert edition({"ALMANAC_DATA": "/other/record"}).data.as_posix() == "/other/record"


def test_a_folder_of_the_project_is_named_as_such_wherever_the_project_is(project):
    root = project({})
    made = edition({"ALMANAC_DATA": str(root / "tests" / "record")})
    assert made.given == {"data": "tests/record"}
    assert made.name == "data = tests/record"


@pytest.mark.parametrize("folder", ["other/record", "./x/../other/record", "{root}/other/record"])
def test_a_folder_of_the_project_names_no_folder_of_the_machine(project, folder):
    root = project({})
    made = edition({"ALMANAC_DATA": folder.format(root=root)})
    assert made == Edition(root / "other" / "record", {"data": "other/record"})
    assert edition({"ALMANAC_DATA": "/other/record"}).given == {"data": "/other/record"}


@pytest.mark.parametrize("folder", ["", "data", "./data", "data/../data", "{root}/data"])
def test_the_default_data_folder_by_another_name(project, folder):
    root = project({})
    assert edition({"ALMANAC_DATA": folder.format(root=root)}) == Edition(root / "data", {})


@pytest.mark.parametrize("parameters", [["level"], "level", 3])
def test_parameters_of_the_configuration_must_be_names_with_values(project, parameters):
    project(parameters)
    with pytest.raises(BuildError, match="_config.yml, almanac_parameters: "):
        edition({})


def test_names_in_the_configuration_are_text(project):
    project({})
    (editions.ROOT / "_config.yml").write_text(
        "sphinx:\n  config:\n    almanac_parameters: {1: 2}\n"
    )
    assert edition({}).given == {"1": 2}


def test_the_date_of_the_data(frozen_record):
    updated = json.loads((frozen_record / "datapackage.json").read_text("utf-8"))["updated"]
    assert Edition(frozen_record, {}).data_date() == updated


def test_a_digest_changes_with_contents_names_and_facts(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("1")
    second.write_text("2")
    start = digest([first, second], {"level": 0.9})
    assert digest([second, first], {"level": 0.9}) == start
    assert digest([first, second], {"level": 0.8}) != start
    assert digest([first], {"level": 0.9}) != start
    first.write_text("2")
    second.write_text("1")
    assert digest([first, second], {"level": 0.9}) != start
    second.rename(tmp_path / "c.csv")
    assert digest([first, tmp_path / "c.csv"]) != digest([first, first])


def test_files_that_editors_leave_are_no_tables(tmp_path):
    for name in ("models.csv", ".models.csv.swp", ".DS_Store"):
        (tmp_path / name).write_text("")
    (tmp_path / "old").mkdir()
    assert tables(tmp_path) == [tmp_path / "models.csv"]


@pytest.fixture
def whole(project):
    root = project({})
    for name in ("book/a.ipynb", "_static/x/y.js", "data/models.csv", "almanac/z.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    for name in ("_toc.yml", "requirements.txt", "CITATION.cff", "almanac/book/templates/foot.html"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    return root


@pytest.mark.parametrize(
    "name",
    ["book/a.ipynb", "_static/x/y.js", "data/models.csv", "almanac/z.py", "_toc.yml",
     "requirements.txt", "_config.yml", "CITATION.cff", "almanac/book/templates/foot.html"],
)  # fmt: skip
def test_all_that_a_site_is_made_from_is_in_its_fingerprint(whole, name):
    made = edition({})
    before = editions.fingerprint(made)
    assert editions.fingerprint(made) == before
    (whole / name).write_text("title: 2")
    assert editions.fingerprint(made) != before


def test_parameters_data_and_address_are_in_the_fingerprint(whole):
    prints = {
        editions.fingerprint(edition(environment))
        for environment in (
            {},
            {"ALMANAC_LEVEL": "0.8"},
            {"ALMANAC_DATA": "nowhere"},
            {"BOOK_BASEURL": "https://host"},
        )
    }
    assert len(prints) == 4


def test_no_commit_outside_a_checkout(project, monkeypatch):
    project({})
    assert editions.commit() == ""

    def missing(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    assert editions.commit() == ""
