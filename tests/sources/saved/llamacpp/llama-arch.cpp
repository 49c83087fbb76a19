static const std::map<llm_arch, const char *> LLM_ARCH_NAMES = {
    { LLM_ARCH_ACME,    "acme"      },
    { LLM_ARCH_LLAMA,   "llama"     },
    { LLM_ARCH_UNKNOWN, "(unknown)" },
};
