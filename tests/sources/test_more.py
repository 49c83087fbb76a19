"""Which further documents one document leads to."""

from pathlib import Path

import pytest

from almanac.sources import SOURCES
from almanac.sources.source import Wanted
from almanac.sources.statements import Document

SAVED = Path(__file__).parent / "saved"
NEXT = '<https://huggingface.co/api/models?author=acme&cursor=abc>; rel="next"'


def more(name, file, link="", wanted=None):
    text = (SAVED / name / file).read_text("utf-8")
    document = Document(name, file, text, "2026-11-25")
    return SOURCES[name].more(document, link, wanted or Wanted())


def test_hub_pages_follow_the_link():
    found = more("hub", "models-acme-1.json", NEXT)
    assert found == {
        "models-acme-2.json": "https://huggingface.co/api/models?author=acme&cursor=abc"
    }


@pytest.mark.parametrize(
    "host", ["http://169.254.169.254/", "https://huggingface.co.evil.example/"]
)
def test_hub_follows_no_link_to_another_host(host):
    link = f'<{host}api/models?author=acme>; rel="next"'
    assert more("hub", "models-acme-1.json", link) == {}


def test_hub_reads_configurations_of_models_that_lack_values():
    wanted = Wanted(configs=("acme/Acme-2", "other/Model", "acme/.."))
    assert more("hub", "models-acme-1.json", "", wanted) == {
        "config-acme--Acme-2.json": "https://huggingface.co/acme/Acme-2/resolve/main/config.json"
    }


def test_recipes_follow_the_index_but_for_variants():
    assert more("recipes", "models.json") == {
        "recipe-acme--Acme-2.json": "https://recipes.vllm.ai/acme/Acme-2.json"
    }


def test_llmstats_follows_paths_of_models_only():
    (found,) = more("llmstats", "tree.json").items()
    assert found[0] == "model-acme--acme-1.json"
    assert found[1].endswith("/main/data/organizations/acme/models/acme-1/model.json")


def test_engines_read_what_is_not_known_yet():
    known = Wanted(names={"sglang/architecture": frozenset({"llama"})})
    assert set(more("sglang", "models.json", "", known)) == {"model-acme.py", "model-acme_utils.py"}
    known = Wanted(names={"transformers/architecture": frozenset({"llama", "acme_vl"})})
    assert set(more("transformers", "modeling_auto.py", "", known)) == {"doc-acme.md"}


@pytest.mark.parametrize("name", SOURCES)
def test_all_that_is_followed_can_be_read(name):
    source = SOURCES[name]
    for path in sorted((SAVED / name).iterdir()):
        for file, address in more(name, path.name, NEXT).items():
            assert source.shape(file)
            assert address.startswith("https://")
