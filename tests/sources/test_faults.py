"""Upstreams that changed, broke, or mean harm: one line that says what, and nothing taken over."""

import pytest

from almanac.sources import SOURCES
from almanac.sources.statements import (
    SourceError,
    billions,
    day_of,
    decoded,
    hub_id_of,
    is_hub_id,
    is_listed_id,
    number,
)

HTML = "<!DOCTYPE html><html><body>Just a moment...</body></html>"
FILES = [
    *(("atom", "models.csv"), ("atom", "model_parameters.csv"), ("hub", "models-acme-1.json")),
    *(("modelsdev", "api.json"), ("epoch", "all_ai_models.csv"), ("recipes", "models.json")),
    *(("llmstats", "tree.json"), ("transformers", "modeling_auto.py"), ("vllm", "registry.py")),
    *(("sglang", "models.json"), ("llamacpp", "llama-arch.cpp"), ("trl", "tree.json")),
]


def parse(document, name, file, text):
    return SOURCES[name].shape(file).parse(document(name, file, text))


@pytest.mark.parametrize("name, file", FILES)
def test_html_where_there_should_be_data(document, name, file):
    with pytest.raises(SourceError, match="is HTML, not"):
        parse(document, name, file, HTML)


@pytest.mark.parametrize("name, file", [(n, f) for n, f in FILES if f.endswith(".csv")])
def test_a_missing_column_is_named(document, name, file):
    with pytest.raises(SourceError, match=r"has no column .*its schema has changed"):
        parse(document, name, file, "one,two\n1,2\n")


@pytest.mark.parametrize("name, file", [(n, f) for n, f in FILES if f.endswith(".json")])
@pytest.mark.parametrize("text", ['"text"', "12", "{", "", "[" * 100_000, '{"a": NaN}'])
def test_json_of_another_kind(document, name, file, text):
    with pytest.raises(SourceError, match="JSON|schema has changed"):
        parse(document, name, file, text)


@pytest.mark.parametrize(
    "name, file, text",
    [
        ("vllm", "registry.py", "def f(:"),
        ("vllm", "registry.py", "x = 1\0"),
        ("vllm", "registry.py", "(" * 5000),
        ("vllm", "registry.py", "OTHER = {'A': 1}"),
        ("sglang", "reasoning_parser.py", "DetectorMap = make()"),
        ("llamacpp", "llama-arch.cpp", "int main() {}"),
        ("ollama", "library.html", "<html><body>nothing</body></html>"),
    ],
)
def test_sources_whose_layout_has_changed(document, name, file, text):
    with pytest.raises(SourceError):
        parse(document, name, file, text)


def test_code_of_an_upstream_is_read_and_never_run(document, tmp_path):
    text = f"_TEXT_GENERATION_MODELS = {{'A': open({str(tmp_path / 'ran')!r}, 'w')}}"
    said = parse(document, "vllm", "registry.py", text)
    assert [e.name for e in said.engines] == ["A"]
    assert not (tmp_path / "ran").exists()


HEADER = "org,model,modelId\n"


@pytest.mark.parametrize(
    "row",
    [
        "acme,short\n",
        "acme,too,acme/long,cells\n",
        "acme,nul,acme/N\0ul\n",
        "acme,escape,acme/\x1b[2J\n",
        "acme,formula,=HYPERLINK(1)\n",
        "acme,climbs,acme/..\n",
        f"acme,long,acme/{'x' * 200_000}!\n",
    ],
)
def test_a_bad_row_is_left_out_and_the_others_stay(document, row):
    said = parse(document, "atom", "models.csv", f"{HEADER}{row}acme,Acme-1,acme/Acme-1\n")
    assert [s.listed_id for s in said.statements] == ["acme/Acme-1"]
    (dropped,) = said.dropped
    assert dropped.where == "line 2"
    assert len(str(dropped)) < 250
    assert str(dropped).isprintable()


@pytest.mark.parametrize("text", [f'{HEADER}a,"b', f"{HEADER}a,b,{'x' * 1_100_000}\n"])
def test_csv_that_is_none(document, text):
    with pytest.raises(SourceError, match="is not CSV"):
        parse(document, "atom", "models.csv", text)


def test_bytes_that_are_no_utf8():
    with pytest.raises(SourceError, match=r"not text in UTF-8 \(byte 2 is"):
        decoded("atom", "models.csv", b"ab\xff")
    assert decoded("atom", "models.csv", b"\xef\xbb\xbfab") == "ab"


@pytest.mark.parametrize(
    "text", ["", "a", "a/b/c", "/b", "a/", "../b", "a/..", "a b/c", "a/b\n", None, 3, "ä/b"]
)
def test_what_is_no_hub_id(text):
    assert not is_hub_id(text)


@pytest.mark.parametrize("text", ["", " a", "a\x00", "=1+1", "+1", "-1", "a" * 201, "a\x9bb", None])
def test_what_is_no_listed_id(text):
    assert not is_listed_id(text)


def test_small_things():
    assert hub_id_of("https://huggingface.co/acme/Acme-1/") == "acme/Acme-1"
    assert hub_id_of("https://huggingface.co/acme/Acme-1/tree/main") == ""
    assert hub_id_of("https://evil.example/huggingface.co/a/b") == ""
    assert day_of("2025-01-10T09:30:00.000Z") == "2025-01-10"
    assert day_of("2025-02-30") is None
    assert day_of("2025-01") is None
    assert day_of("2025-01-101") is None
    assert [billions(n) for n in (671e9, 32763876352, 134515008, 56_700_000, "1e12")] == [
        *("671", "32.76", "0.135", "0.0567", "1000"),
    ]
    assert number("nan") is None
    assert number("1e999999") is None
    assert number(True) is None
