"""Upstreams that changed, broke, or mean harm: one line that says what, and nothing taken over."""

import json

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
        ("vllm", "registry.py", "_TEXT_GENERATION_MODELS = {'A': 1}\n" + "#" * 1_000_000),
        ("trl", "tree.json", "{}"),
        ("trl", "tree.json", '{"tree": 5}'),
        ("llmstats", "tree.json", "{}"),
        ("llmstats", "tree.json", '{"tree": 5}'),
        ("llmstats", "tree.json", '{"tree": [{"path": "README.md"}]}'),
        ("recipes", "models.json", "[]"),
        ("sglang", "models.json", "[]"),
        ("modelsdev", "api.json", "{}"),
        ("modelsdev", "api.json", '{"providers": {}}'),
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
    "text",
    [
        *("", "a", "a/b/c", "/b", "a/", "../b", "a/..", "a b/c", "a/b\n", None, 3, "ä/b"),
        *(f"{'a' * 97}/b", f"a/{'b' * 97}"),
    ],
)
def test_what_is_no_hub_id(text):
    assert not is_hub_id(text)


@pytest.mark.parametrize(
    "text", ["", " a", "a\x00", "=1+1", "+1", "-1", "a" * 201, "a\x9bb", "\ud800X", None]
)
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


SERVED = {"id": "acme/Acme-1", "reasoning": True, "open_weights": True}


def served(document, **other):
    text = json.dumps({"one": {"models": {"m": SERVED | other}}})
    return parse(document, "modelsdev", "api.json", text)


def test_levels_that_are_no_list_are_no_choice(document):
    options = [{"type": "effort", "values": 5}]
    said = served(document, reasoning_options=options)
    assert [s.value for s in said.statements if s.column == "reasoning"] == ["yes"]


@pytest.mark.parametrize("flag", [1, "true", "False", [0], None])
def test_only_true_means_open_weights(document, flag):
    assert served(document, open_weights=flag).statements == []


def test_a_first_of_january_stands_for_a_year(document):
    said = served(document, release_date="2024-01-01")
    assert "released_on" not in {s.column for s in said.statements}
    (dropped,) = said.dropped
    assert "which stands for a year" in str(dropped)


def test_a_key_of_an_upstream_neither_steers_a_terminal_nor_ends_a_line(document):
    text = json.dumps({"\x1b[2J\nWritten: 9": 5, "one": {"models": {"m": SERVED}}})
    (dropped,) = parse(document, "modelsdev", "api.json", text).dropped
    assert str(dropped).isprintable()


STATS = dict(
    model_id="a", release_date="2025-01-10", license_id="mit", param_count=1, training_tokens=1
)


@pytest.mark.parametrize("odd", [5, ["mit"], {}, True])
@pytest.mark.parametrize("key", ["license_id", "source_weights_link"])
def test_a_text_of_another_kind_says_nothing(document, key, odd):
    said = parse(document, "llmstats", "model-a--a.json", json.dumps(STATS | {key: odd}))
    assert "released_on" in {s.column for s in said.statements}


@pytest.mark.parametrize(
    "kind, counted",
    [
        *((kind, True) for kind in ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")),
        *((kind, False) for kind in ("I32", "I8", "U8", "F4")),
    ],
)
def test_packed_weights_are_no_count(document, kind, counted):
    weights = {"total": 7_000_000_000, "parameters": {kind: 7_000_000_000}}
    text = json.dumps([{"id": "acme/A", "safetensors": weights}])
    said = parse(document, "hub", "models-acme-1.json", text)
    assert ("total_params_b" in {s.column for s in said.statements}) == counted


def test_a_flag_is_no_count_of_experts(document):
    said = parse(document, "hub", "config-acme--A.json", '{"num_experts": true}')
    assert said.statements == []
