import json
import os

import pytest
import vl_convert

from almanac.book import seal, site
from almanac.book.errors import BuildError


def folder(path, text):
    path.mkdir(parents=True)
    (path / "index.html").write_text(text)
    return path


def text(path):
    return (path / "index.html").read_text()


def test_a_finished_site_replaces_the_last_one_whole(tmp_path):
    last = folder(tmp_path / "html", "old")
    (last / "page-of-the-old.html").write_text("")
    site.replace(last, folder(tmp_path / "next" / "html", "new"))
    assert [path.name for path in last.iterdir()] == ["index.html"]
    assert text(last) == "new"
    assert not (tmp_path / "html.old").exists()


def test_a_first_site(tmp_path):
    site.replace(tmp_path / "html", folder(tmp_path / "next" / "html", "new"))
    assert text(tmp_path / "html") == "new"


def test_what_a_killed_build_left_is_no_hindrance(tmp_path):
    folder(tmp_path / "html.old", "older")
    site.replace(folder(tmp_path / "html", "old"), folder(tmp_path / "next" / "html", "new"))
    assert text(tmp_path / "html") == "new"
    assert not (tmp_path / "html.old").exists()


@pytest.mark.parametrize("begun", [False, True])
def test_the_last_site_comes_back_after_a_build_killed_between_the_renames(tmp_path, begun):
    folder(tmp_path / "html.old", "old")
    if begun:
        (tmp_path / "html").mkdir()  # Sphinx makes it before anything else
    site.recover(tmp_path / "html")
    assert text(tmp_path / "html") == "old"
    assert not (tmp_path / "html.old").exists()


def test_the_last_site_is_there_until_the_next_one_is(tmp_path, monkeypatch):
    last, finished = folder(tmp_path / "html", "old"), folder(tmp_path / "next", "new")
    rename = os.rename

    def killed(source, target):
        if source == finished:
            raise KeyboardInterrupt
        rename(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "rename", killed)
        site.replace(last, finished)
    site.recover(last)
    assert text(last) == "old"


def test_a_finished_site_is_not_thrown_away_for_an_older_one(tmp_path):
    folder(tmp_path / "html.old", "old")
    site.recover(folder(tmp_path / "html", "new"))
    assert text(tmp_path / "html") == "new"


def test_only_a_site_with_its_key_is_current(tmp_path):
    assert not site.is_current(tmp_path, "key")
    (tmp_path / site.KEY).write_text("key")
    assert not site.is_current(tmp_path, "key")
    folder(tmp_path / "html", "new")
    assert site.is_current(tmp_path, "key")
    assert not site.is_current(tmp_path, "other key")
    (tmp_path / site.KEY).unlink()
    assert not site.is_current(tmp_path, "key")


@pytest.mark.parametrize(
    "value, lines",
    [({"b": 1, "a": "é"}, ["{", ' "a": "é",', ' "b": 1', "}"]), ([{"b": 1, "a": 2}, 3], None)],
)
def test_json_is_the_same_every_time(tmp_path, value, lines):
    path = tmp_path / "x.json"
    site.write_json(path, value)
    written = path.read_text("utf-8")
    assert json.loads(written) == value
    assert written.splitlines() == (lines or ["[", '{"a": 2, "b": 1},', "3", "]"])
    assert written.endswith("\n")


def test_all_libraries_of_the_pages_are_in_the_site(tmp_path):
    static = tmp_path / "_static"
    static.mkdir()
    site.add_assets(static, site.vega_bundle(tmp_path))
    sizes = {path.name: path.stat().st_size for path in static.iterdir()}
    assert set(sizes) == {"vega.bundle.js", "datatables.bundle.js"}
    assert min(sizes.values()) > 1000
    # top-level names of a plain script would clash with those of others
    bundle = (static / "vega.bundle.js").read_text("utf-8")
    assert bundle.startswith("(()=>{") and bundle.endswith("})();\n")


@pytest.mark.parametrize("licences", ["", "/*! Bundled licences:\n  (*! x */"])
def test_a_module_becomes_a_plain_script(licences):
    module = "var a=1;export{b as c,a as default};\n" + licences
    plain = "(()=>{var a=1;globalThis.Table=a;})();\n"
    assert site.as_plain_script(module, "Table") == f"{plain}{licences}\n"  # which must stay


@pytest.mark.parametrize(
    "module",
    ["var a=1;", "export{a as b};", 'import "x";\nexport{a as default};', "export default a;"],
)
def test_a_module_of_another_shape_stops_the_build(module):
    with pytest.raises(BuildError, match="Table"):
        site.as_plain_script(module, "Table")


def test_vega_is_made_once(tmp_path, monkeypatch):
    made = site.vega_bundle(tmp_path)
    whole = made.read_bytes()
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda **_: pytest.fail("made again"))
    assert site.vega_bundle(tmp_path) == made
    assert {path.name for path in tmp_path.iterdir()} == {made.name, seal.place(made).name}
    monkeypatch.undo()
    made.write_bytes(whole[:-1000])
    assert site.vega_bundle(tmp_path).read_bytes() == whole


@pytest.mark.parametrize("key", ["key", "ke", "", "\xff"])
def test_a_site_is_current_by_its_key_alone(tmp_path, key):
    folder(tmp_path / "html", "site")
    assert not site.is_current(tmp_path, "key")
    (tmp_path / site.KEY).write_text(key, "latin-1")
    for day in (0, 4_000_000_000):  # 1970 and 2096
        for path in (tmp_path / "html" / "index.html", tmp_path / site.KEY):
            os.utime(path, (day, day))
        assert site.is_current(tmp_path, "key") == (key == "key")
