"""What belongs into the record, by a written rule: distinct weights of open language models.

The reasons are those of the table of aliases. The rule looks at a repository's name, its pipeline
tag and what the Hub says it derives from; what it cannot tell is for a reviewer.
"""

import re

# the last step of a training is the model, which no name tells
LAST_STEPS = {"tinyllama/tinyllama-1.1b-intermediate-step-1431k-3t"}
SMALLEST_B = 0.05  # billions of parameters
FIRST_DAY = "2023-01-01"


def _named(*words: str, ending: str = "") -> re.Pattern[str]:
    """A pattern for words that stand by themselves in a repository's name, or only end so."""
    pattern = rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])"
    return re.compile(rf"{pattern}|{ending}(?![a-z])" if ending else pattern, re.IGNORECASE)


NAMES = {
    "quantisation": _named(
        *("awq", "gptq", "gguf", "ggml", "bnb", "exl[23]", r"w\d+a\d+\w*", "fp[48]", "nvfp4"),
        *("mxfp[48]", "int[48]", r"q\d_k\w*", r"(?:\d\.\d+|(?<!\d)\d)-?bits?", "quantized"),
        *("qat", "1bit", "fp8mix"),
    ),
    "conversion": _named("onnx", "mlx", "openvino", "coreml", "tflite", "litert\\w*", "trtllm"),
    "guard": _named("guard\\w*", "shieldgemma", "shield", "safeguard", "moderation", "safety"),
    "embedder": _named(
        *("embed(?:ding|der)?s?", "rerank\\w*", "retriev\\w*", "bge", "gte", "e5"),
        *("colbert\\w*", "contriever", "sentence", "cross-encoder"),
        ending="bert",
    ),
    "reward": _named("reward\\w*", "p?rm", "critic", "verifier", "prm\\w*", "judge\\w*"),
    "speech": _named(
        *("asr", "tts", "whisper\\w*", "speech\\w*", "voice\\w*", "audiogen", "musicgen"),
        *("wav2vec\\w*", "codec", "parakeet", "canary", "vocoder", "vits"),
    ),
    "image": _named(
        *("stable-diffusion", "flux", "sdxl", "sd3\\w*", "image-edit", "text-to-image"),
        *("t2i", "t2v", "i2v", "siglip\\w*", "clip", "vit", "dino\\w*", "sam\\d*"),
        *("controlnet", "vae", "ocr\\w*"),
    ),
    "adapter": _named(
        *("lora\\w*", "adapters?", "peft", "eagle-?3", "medusa", "mtp", "draft\\w*", "dflash"),
    ),
    "checkpoint": _named(
        *(r"step-?\d+k", r"step-?\d{4,}", "checkpoints?", "ckpts?", "intermediate", r"iter-?\d+"),
    ),
    "not_a_model": _named(
        *("tokenizer", "config", "dataset", "sae\\w*", "test\\w*", "tiny-random", "demo"),
    ),
}
PIPELINES = {
    "embedder": {"feature-extraction", "sentence-similarity", "fill-mask", "text-ranking"},
    "reward": {"text-classification", "token-classification", "zero-shot-classification"},
    "speech": {
        *("automatic-speech-recognition", "text-to-speech", "audio-classification"),
        *("text-to-audio", "audio-to-audio", "voice-activity-detection"),
    },
    "image": {
        *("text-to-image", "image-to-image", "text-to-video", "image-to-video", "depth-estimation"),
        *("image-classification", "object-detection", "image-segmentation", "mask-generation"),
        *("image-feature-extraction", "unconditional-image-generation", "image-to-3d"),
        *("zero-shot-image-classification", "text-to-3d", "video-classification"),
        *("video-to-video", "keypoint-detection"),
    },
    "not_language": {
        *("time-series-forecasting", "tabular-classification", "tabular-regression", "robotics"),
        *("reinforcement-learning", "graph-ml", "translation"),
    },
}
DERIVED = {"quantized": "quantisation", "adapter": "adapter", "merge": "not_a_model"}


def out_of_scope(
    hub_id: str,
    *,
    pipeline: str = "",
    derived: str = "",
    total_b: float | None = None,
    day: str = "",
) -> str:
    """Why a repository is no model of the record, as a reason of the aliases, or blank.

    Parameters
    ----------
    hub_id : namespace/name
    pipeline : the Hub's pipeline tag
    derived : what the Hub knows it to be of another repository: quantized, adapter or merge
    total_b : billions of parameters, if known
    day : the day it was created or released, if known (ISO date)
    """
    if derived in DERIVED:
        return DERIVED[derived]
    name = hub_id.split("/")[-1].replace("_", "-")
    for reason, pattern in NAMES.items():
        last = reason == "checkpoint" and hub_id.lower() in LAST_STEPS
        if pattern.search(name) and not last:
            return reason
    for reason, tags in PIPELINES.items():
        if pipeline in tags:
            return reason
    if total_b is not None and total_b < SMALLEST_B:
        return "too_small"
    if day and day < FIRST_DAY:
        return "out_of_period"
    return ""
