"""llama.cpp: architectures it knows by name."""

import re

from almanac.sources.engines import ARCHITECTURE, first_seen, present
from almanac.sources.source import Shape, Source, Wanted
from almanac.sources.statements import Document, Said, SourceError, refuse_html

NAME = "llamacpp"
ENGINE = "llama.cpp"
PAGE = "https://github.com/ggml-org/llama.cpp"
RAW = "https://raw.githubusercontent.com/ggml-org/llama.cpp/master"
FILES = {"llama-arch.cpp": f"{RAW}/src/llama-arch.cpp"}
ENTRY = re.compile(r'\{\s*LLM_ARCH_\w+\s*,\s*"([^"\n]+)"\s*\}')


def architectures(document: Document) -> Said:
    """Names of architectures in the source."""
    refuse_html(document, "C++")
    names = [name for name in ENTRY.findall(document.text) if name != "(unknown)"]
    if not names:
        raise SourceError(
            f"{NAME}: {document.file} holds no table of LLM_ARCH names: its layout has changed"
        )
    return present(document, ENGINE, ARCHITECTURE, names, PAGE)


def _addresses(wanted: Wanted) -> dict[str, str]:
    return FILES


SOURCE = Source(
    NAME,
    "llama.cpp",
    _addresses,
    (Shape(r"llama-arch\.cpp", architectures), first_seen(ENGINE, PAGE)),
)
