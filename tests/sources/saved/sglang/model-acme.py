class AcmeForCausalLM:
    pass


EntryClass = AcmeForCausalLM
