"""Hugging Face Hub: creation days, safetensors counts, licences, downloads, likes, configurations.

The day a repository was created precedes the release by up to weeks; it is never a release day.
Counts of quantised or repacked weights are no parameter counts, and neither are the active
parameters and experts that llmfit, which ships a snapshot of this metadata, estimates: they are
not read. Its context lengths are partly defaults, so they fill no cell.
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

from almanac.sources.licences import licence
from almanac.sources.source import Shape, Source, Wanted
from almanac.sources.statements import (
    LISTED,
    Document,
    Said,
    Statement,
    as_json,
    billions,
    day_of,
    hub_page,
    is_hub_id,
    number,
    plain,
    sound_rows,
)

NAME = "hub"
API = "https://huggingface.co/api/models"
EXPANDED = (
    *("author", "config", "createdAt", "downloads", "downloadsAllTime", "likes"),
    *("pipeline_tag", "safetensors", "tags"),
)
# Integer types hold several packed weights each, so the count of elements is no count of weights.
WHOLE = {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"}
PACKED = re.compile(
    r"(?i)(?<![a-z])(awq|gptq|gguf|mlx|bnb|exl[23]|quant\w*|w\d+a\d+|nvfp4|mxfp4|fp4|int[48]"
    r"|[2-8]-?bits?)(?![a-z])"
)
EXPERTS = ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts")
TOP_K = ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "experts_per_token")
NEXT = re.compile(r'<(https?://[^>\s]+)>\s*;\s*rel="next"')


def listing(document: Document) -> Said:
    """A page of the Hub's list of models of one author."""
    said = Said()
    for number_, model in enumerate(as_json(document, list), 1):
        hub_id = model.get("id") if isinstance(model, dict) else None
        if not is_hub_id(hub_id):
            said.dropped.append(document.drop(f"entry {number_}", str(hub_id)[:200], "a Hub id"))
            continue
        if not isinstance(tags := model.get("tags", []), list):
            said.dropped.append(document.drop(hub_id, str(tags)[:200], "a list of tags"))
            continue
        tags = [tag for tag in tags if isinstance(tag, str)]
        config = model.get("config")
        config = config if isinstance(config, dict) else {}
        named = [tag.removeprefix("license:") for tag in tags if tag.startswith("license:")]
        _repository(
            said,
            document,
            hub_id,
            hub_id,
            created=model.get("createdAt"),
            weights=_weights(model.get("safetensors"), config),
            licence_id=named[0] if len(named) == 1 else "",
            counts={
                "downloads_30d": model.get("downloads"),
                "downloads_all": model.get("downloadsAllTime"),
                "likes": model.get("likes"),
            },
            about={
                "pipeline": model.get("pipeline_tag"),
                "model_type": config.get("model_type"),
                "derived": _derived(tags),
            },
        )
    return said


def llmfit(document: Document) -> Said:
    """The snapshot of Hub metadata that llmfit ships."""
    said = Said()
    needed = ["name", "parameters_raw", "context_length", "pipeline_tag", "architecture"]
    needed += ["hf_downloads", "hf_likes", "release_date", "license"]
    for where, row in sound_rows(document, needed, said):
        if not is_hub_id(row["name"]):
            said.dropped.append(document.drop(where, row["name"], "a Hub id"))
            continue
        _repository(
            said,
            document,
            where,
            row["name"],
            created=row["release_date"],
            weights=row["parameters_raw"] or None,
            licence_id=row["license"],
            counts={"downloads_30d": row["hf_downloads"], "likes": row["hf_likes"]},
            about={"pipeline": row["pipeline_tag"], "model_type": row["architecture"]},
        )
        tokens = number(row["context_length"])
        if tokens is None or tokens != int(tokens):
            found = row["context_length"]
            said.dropped.append(document.drop(where, found, "a number in context_length"))
        elif tokens > 0:
            said.statements.append(
                _says(document, row["name"], "context_tokens", plain(tokens), fills=False)
            )
    return said


def all_time(document: Document) -> Said:
    """Downloads since creation, from a data set of Hub statistics."""
    said = Said()
    for where, row in sound_rows(document, ["id", "release_date", "dl_all", "likes"], said):
        if not is_hub_id(row["id"]):
            said.dropped.append(document.drop(where, row["id"], "a Hub id"))
            continue
        counts = {"downloads_all": row["dl_all"], "likes": row["likes"]}
        _counts(said, document, where, row["id"], counts)
    return said


def config(document: Document) -> Said:
    """A model's own ``config.json``: experts and context length."""
    said = Said()
    hub_id = document.file.removeprefix("config-").removesuffix(".json").replace("--", "/", 1)
    text = as_json(document, dict)
    inner = text.get("text_config")
    values = {**text, **inner} if isinstance(inner, dict) else text
    for column, names in (("n_routed_experts", EXPERTS), ("experts_per_token", TOP_K)):
        found = {values[name] for name in names if type(values.get(name)) is int}
        if len(found) == 1 and (count := found.pop()) > 0:
            said.statements.append(_config_says(document, hub_id, column, str(count)))
    tokens = values.get("max_position_embeddings")
    stretched = values.get("rope_scaling") or values.get("rope_parameters")
    if isinstance(stretched, dict) and stretched.get("factor"):
        # the native length is the one before extrapolation
        tokens = stretched.get("original_max_position_embeddings")
    if isinstance(tokens, int) and not isinstance(tokens, bool) and tokens > 0:
        said.statements.append(_config_says(document, hub_id, "context_tokens", str(tokens)))
    return said


def _repository(
    said: Said,
    document: Document,
    where: str,
    hub_id: str,
    *,
    created: Any,
    weights: Any,
    licence_id: str,
    counts: dict[str, Any],
    about: dict[str, Any],
) -> None:
    said.statements.append(_says(document, hub_id, LISTED, NAME))
    if created:
        if day := day_of(created):
            said.statements.append(_says(document, hub_id, "hub_created_on", day))
        else:
            said.dropped.append(document.drop(where, str(created), "a day of creation"))
    if weights is not None and not PACKED.search(hub_id):
        value = number(weights)
        if value is None or value <= 0:
            said.dropped.append(document.drop(where, str(weights)[:200], "a count of parameters"))
        else:
            said.statements.append(_says(document, hub_id, "total_params_b", billions(value)))
    if name := licence(licence_id):
        said.statements.append(_says(document, hub_id, "licence", name))
    _counts(said, document, where, hub_id, counts)
    for column, value in about.items():
        if isinstance(value, str) and re.fullmatch(r"[\w.+-]{1,80}", value):
            said.statements.append(_says(document, hub_id, column, value))


def _counts(
    said: Said, document: Document, where: str, hub_id: str, counts: dict[str, Any]
) -> None:
    for metric, count in counts.items():
        if count is None or count == "":
            continue
        value = number(count)
        if value is None or value != int(value):
            said.dropped.append(document.drop(where, str(count)[:200], f"a count in {metric}"))
        else:
            said.statements.append(_says(document, hub_id, metric, plain(value)))


def _weights(safetensors: Any, config: dict) -> Any:
    """The count of weights, or None where the weights are packed or the Hub gives none."""
    if not isinstance(safetensors, dict) or "total" not in safetensors:
        return None
    types = safetensors.get("parameters")
    quantised = config.get("quantization_config")
    if isinstance(quantised, dict) and quantised.get("quant_method") not in (None, "fp8"):
        return None
    if isinstance(types, dict) and not set(types) <= WHOLE:
        return None
    return safetensors["total"]


def _derived(tags: list[str]) -> str | None:
    """What the Hub knows a repository to be of another: quantized, adapter or merge."""
    for kind in ("quantized", "adapter", "merge"):
        if any(tag.startswith(f"base_model:{kind}:") for tag in tags):
            return kind
    return None


def _says(document, hub_id, column, value, fills=True):
    return Statement(
        *(NAME, hub_id, hub_id, column, value, hub_page(hub_id), "hub", document.day, fills)
    )


def _config_says(document, hub_id, column, value):
    page = f"{hub_page(hub_id)}/blob/main/config.json"
    return Statement(*(NAME, hub_id, hub_id, column, value, page, "config", document.day, True))


def list_address(namespace: str) -> str:
    """Address of the first page of the models of one namespace."""
    query = [("author", namespace), ("limit", "100"), *(("expand[]", key) for key in EXPANDED)]
    return f"{API}?{urlencode(query)}"


def config_address(hub_id: str) -> str:
    """Address of a model's configuration."""
    return f"https://huggingface.co/{quote(hub_id)}/resolve/main/config.json"


def _addresses(wanted: Wanted) -> dict[str, str]:
    return {f"models-{space}-1.json": list_address(space) for space in wanted.namespaces}


def _more(document: Document, link: str, wanted: Wanted) -> dict[str, str]:
    """The next page, and after the last the configurations of models that lack values."""
    found = re.fullmatch(r"models-(.+)-(\d+)\.json", document.file)
    if not found:
        return {}
    space, page = found[1], int(found[2])
    further = NEXT.search(link)
    if further and further[1].startswith(f"{API}?"):
        return {f"models-{space}-{page + 1}.json": further[1]}
    return {
        f"config-{hub_id.replace('/', '--')}.json": config_address(hub_id)
        for hub_id in wanted.configs
        if hub_id.split("/")[0].lower() == space.lower() and is_hub_id(hub_id)
    }


SOURCE = Source(
    NAME,
    "Hugging Face Hub",
    _addresses,
    (
        Shape(r"models-[\w.-]+-\d+\.json", listing, media="json"),
        Shape(r"config-[\w.-]+--[\w.-]+\.json", config, media="json"),
        Shape(r"hub_models_.*\.csv", llmfit, media="csv"),
        Shape(r"hub_alltime_downloads_.*\.csv", all_time, "2026-04-22", "csv"),
    ),
    _more,
)
