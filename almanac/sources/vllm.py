"""vLLM: architectures in its registry and reasoning parsers."""

from almanac.sources.engines import ARCHITECTURE, PARSER, first_seen, present, tables
from almanac.sources.source import Shape, Source, fixed
from almanac.sources.statements import Document, Said

NAME = ENGINE = "vllm"
PAGE = "https://github.com/vllm-project/vllm"
RAW = "https://raw.githubusercontent.com/vllm-project/vllm/main/vllm"
FILES = {
    "registry.py": f"{RAW}/model_executor/models/registry.py",
    "reasoning.py": f"{RAW}/reasoning/__init__.py",
}
ARCHITECTURES = (
    *("_TEXT_GENERATION_MODELS", "_EMBEDDING_MODELS", "_CROSS_ENCODER_MODELS"),
    *("_MULTIMODAL_MODELS", "_SPECULATIVE_DECODING_MODELS", "_TRANSFORMERS_SUPPORTED_MODELS"),
)


def registry(document: Document) -> Said:
    """Architectures the registry holds."""
    return present(document, ENGINE, ARCHITECTURE, tables(document, ARCHITECTURES), PAGE)


def parsers(document: Document) -> Said:
    """Reasoning parsers."""
    names = tables(document, ["_REASONING_PARSERS_TO_REGISTER"])
    return present(document, ENGINE, PARSER, names, PAGE)


SOURCE = Source(
    NAME,
    "vLLM",
    fixed(FILES),
    (
        Shape(r"registry\.py", registry),
        Shape(r"reasoning\.py", parsers),
        first_seen(ENGINE, PAGE),
    ),
)
