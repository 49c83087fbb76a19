"""llama.cpp: architectures it knows by name."""

import re

from almanac.sources.engines import ARCHITECTURE, first_seen, present
from almanac.sources.source import Shape, Source, fixed
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


SOURCE = Source(
    NAME,
    "llama.cpp",
    fixed(FILES),
    (Shape(r"llama-arch\.cpp", architectures), first_seen(ENGINE, PAGE)),
)
