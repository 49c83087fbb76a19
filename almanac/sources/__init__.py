"""Upstreams: one module each holds its addresses and its parsers, and nothing else.

`SOURCES` has them by name, in the order in which proposals list them.
"""

from almanac.sources import (
    atom,
    epoch,
    hub,
    llamacpp,
    llmstats,
    modelsdev,
    ollama,
    recipes,
    sglang,
    transformers,
    trl,
    vllm,
)

SOURCES = {
    module.NAME: module.SOURCE
    for module in (
        *(atom, hub, modelsdev, epoch, recipes, llmstats, ollama),
        *(transformers, vllm, sglang, llamacpp, trl),
    )
}
