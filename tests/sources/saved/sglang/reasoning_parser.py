class ReasoningParser:
    DetectorMap: dict = {"acme": AcmeDetector, "deepseek-r1": DeepSeekR1Detector}
