"""Licence identifiers of upstreams, in the record's words; what is not here says nothing.

`other` and the names of families (`llama2` was given to much that is not Llama 2) are left out
where they do not name one licence text.
"""

NAMES = {
    "apache-2.0": "Apache-2.0",
    "apache_2_0": "Apache-2.0",
    "mit": "MIT",
    "cc-by-4.0": "CC-BY-4.0",
    "creative_commons_attribution_4_0_license": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "gemma": "Gemma Terms of Use",
    "llama2": "Llama 2 Community License",
    "llama3": "Llama 3 Community License",
    "llama3.1": "Llama 3.1 Community License",
    "llama_3_1_community_license": "Llama 3.1 Community License",
    "llama3.2": "Llama 3.2 Community License",
    "llama_3_2_community_license": "Llama 3.2 Community License",
    "llama3.3": "Llama 3.3 Community License",
    "llama_3_3_community_license_agreement": "Llama 3.3 Community License",
    "llama4": "Llama 4 Community License",
    "llama_4_community_license_agreement": "Llama 4 Community License",
    "bigcode-openrail-m": "BigCode OpenRAIL-M",
    "jamba_open_model_license": "Jamba Open Model License",
    "mistral_research_license": "Mistral Research License",
    "tongyi_qianwen": "Tongyi Qianwen License",
}


def licence(identifier: str) -> str:
    """The record's name of a licence, or blank where the identifier does not name one."""
    return NAMES.get(identifier.strip().lower(), "")
