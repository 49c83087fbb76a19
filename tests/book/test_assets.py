import pytest

from almanac.book import assets
from almanac.book.errors import BuildError

KNOWN = {"html", "body", "a", "nav", "here", "main-content"}


@pytest.mark.parametrize(
    "rule",
    [
        "a{color:red}",
        ".here>a:hover{color:red}",
        "#main-content .here::after{color:red}",
        "nav:not(.never-there){color:red}",  # holds because it is not there
        ":is(.never-there,.here){color:red}",
        "[data-x=never]{color:red}",
        "*{color:red}",
    ],
)
def test_a_rule_that_a_page_can_use_is_kept(rule):
    assert assets.stylesheet(rule, KNOWN) == f"{rule}\n"


@pytest.mark.parametrize(
    "rule", [".gone{color:red}", "a.gone:hover{color:red}", "#gone{color:red}", "dialog{top:0}"]
)
def test_a_rule_for_what_no_page_has_is_left_out(rule):
    assert assets.stylesheet(rule, KNOWN) == ""
    assert assets.stylesheet(f"@media print{{{rule}}}", KNOWN) == ""
    assert assets.stylesheet(rule, None) == f"{rule}\n"


def test_of_several_selectors_the_possible_ones_stay():
    assert assets.stylesheet("a, .gone, .here b{top:0}", KNOWN | {"b"}) == "a,.here b{top:0}\n"


def test_what_needs_an_icon_font_or_a_file_is_left_out():
    sheet = "a{color:red;font:var(--fa-font);background:url(a.png)}@font-face{src:url(a.woff)}"
    assert assets.stylesheet(sheet, KNOWN) == "a{color:red}\n"
    assert "data:" in assets.stylesheet("a{mask:url('data:image/svg+xml;x')}", KNOWN)


@pytest.mark.parametrize("sheet", ["a{background:url(a.png)}", "@import 'a.css';"])
def test_a_file_that_the_joined_sheet_would_not_find_stops_the_build(sheet):
    with pytest.raises(BuildError, match="asks for a file: .*a\\."):
        assets.stylesheet(sheet, None)


def test_a_sheet_that_is_no_css_stops_the_build():
    with pytest.raises(BuildError, match="line 2"):
        assets.stylesheet("a{top:0}\nb", None)


def test_without_scripts_the_dark_page_is_that_of_a_dark_system():
    made = assets.stylesheet('html[data-theme="dark"] a{color:red}', KNOWN)
    assert made.splitlines() == [
        'html[data-theme="dark"] a{color:red}',
        "@media (prefers-color-scheme:dark){html[data-theme=auto] a{color:red}}",
    ]


def test_custom_properties_that_nothing_reads_are_left_out():
    sheet = (
        ":root{--a:1px;--b:url('data:x;y');--c:var(--d);--d:calc((1px + 2px));--e:var(--a)}\n"
        ":root{--f:0}\n"
        "a{top:var(--c)}\n"
    )
    kept = ":root{--c:var(--d);--d:calc((1px + 2px));}\na{top:var(--c)}\n"
    assert assets.without_unused_properties(sheet) == kept


def test_names_are_those_of_pages_and_scripts_and_not_of_pictures():
    page = '<main id="a" class="b c"><svg class="d"><path/></svg><script>"<e>"</script></main>'
    found = assets.named([page], ["show('f-g')"])
    assert {"main", "a", "b", "c", "f-g"} <= found
    assert not {"d", "e"} & found


@pytest.fixture
def pages(tmp_path):
    static = tmp_path / "_static"
    (static / "scripts").mkdir(parents=True)
    for name, text in {
        "theme.css": ".used{top:0}.unused{top:0}",
        "own.css": ".unused{left:0}",
        "own.js": "own();",
        "first.js": "first();",
        "copybutton.js": "",
        "head.js": "early();",
        "searchtools.js": "",
        "language_data.js": "",
        "scripts/bootstrap.js": "",
    }.items():
        (static / name).write_text(text)
    marks = "".join(map(assets.placeholder, (assets.SHEET, assets.SCRIPT, assets.HEAD)))
    (tmp_path / "index.html").write_text(f'<p class="used">{marks}</p>')
    return tmp_path


def test_what_was_joined_takes_the_place_of_its_parts(pages):
    static = pages / "_static"
    assets.join(static, ["missing.css", "theme.css", "own.css"], ["first.js", "own.js"],
                {"own.css", "own.js"})  # fmt: skip
    (static / "file.png").touch()  # a name of the theme's too
    assets.remove(static, {"own.css", "file.png"})
    assert {path.name for path in static.iterdir()} == {
        assets.SHEET, assets.SCRIPT, assets.HEAD, "file.png", *assets.SEARCH
    }  # fmt: skip
    assert (static / assets.SHEET).read_text() == ".used{top:0}\n.unused{left:0}\n"
    tried = "try {\nown();\n} catch (error) {\n  reportError(error);\n}\n"
    assert (static / assets.SCRIPT).read_text() == f"{tried}first();\n"


def test_a_changed_file_gets_another_address(pages):
    static = pages / "_static"
    seen = []
    for text in ("a", "a", "b"):
        (static / assets.SHEET).write_text(text)
        (static / assets.SCRIPT).write_text("same")
        page = (pages / "index.html").read_text()
        assets.put_versions(pages)
        seen.append((pages / "index.html").read_text())
        (pages / "index.html").write_text(page)
    assert seen[0] == seen[1] != seen[2]
    assert "{" not in seen[0]
