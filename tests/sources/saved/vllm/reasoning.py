_REASONING_PARSERS_TO_REGISTER = {"acme": ("acme_reasoning_parser", "AcmeReasoningParser")}
