_TEXT_GENERATION_MODELS = {
    # [Decoder-only]
    "AcmeForCausalLM": ("acme", "AcmeForCausalLM"),
    "LlamaForCausalLM": ("llama", "LlamaForCausalLM"),
}
_EMBEDDING_MODELS = {
    "BertModel": ("bert", "BertEmbeddingModel"),
    **{k: v for k, v in _TEXT_GENERATION_MODELS.items() if v[1] == "LlamaForCausalLM"},
}
