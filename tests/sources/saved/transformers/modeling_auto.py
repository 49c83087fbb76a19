from collections import OrderedDict

MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict(
    [("acme", "AcmeForCausalLM"), ("llama", "LlamaForCausalLM")]
)
MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES: OrderedDict = OrderedDict([("acme_vl", "AcmeVL")])
MODEL_FOR_OTHER = OrderedDict([("seer", "Seer")])
