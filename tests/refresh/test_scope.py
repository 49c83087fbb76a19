"""The written rule of what is a model of the record."""

import csv
from pathlib import Path

import pytest

from almanac.refresh.scope import out_of_scope


@pytest.mark.parametrize(
    "hub_id",
    [
        *("deepseek-ai/DeepSeek-R1", "Qwen/Qwen3-235B-A22B", "stepfun-ai/Step-3.5-Flash"),
        *("openai/gpt-oss-120b", "RWKV/v5-Eagle-7B-HF", "meta-llama/Llama-3.1-8B-Instruct"),
        *("openpangu/openPangu-Embedded-7B-model", "mistralai/Mixtral-8x7B-v0.1"),
        *("microsoft/Phi-4-mini-instruct", "GSAI-ML/LLaDA-8B-Base", "google/gemma-3-27b-it"),
    ],
)
def test_models(hub_id):
    assert out_of_scope(hub_id, pipeline="text-generation", total_b=8, day="2025-01-01") == ""


@pytest.mark.parametrize(
    "hub_id, reason",
    [
        ("Qwen/Qwen3-8B-AWQ", "quantisation"),
        ("Qwen/Qwen3-8B-GGUF", "quantisation"),
        ("RedHatAI/Llama-3.1-8B-quantized.w4a16", "quantisation"),
        ("deepseek-ai/DeepSeek-V3-FP8", "quantisation"),
        ("google/gemma-3-4b-it-qat-q4_0", "quantisation"),
        ("mlx-community/Qwen3-8B-4bit", "quantisation"),
        ("microsoft/Phi-3-mini-4k-instruct-onnx", "conversion"),
        ("meta-llama/Llama-Guard-3-8B", "guard"),
        ("Qwen/Qwen3Guard-Gen-8B", "guard"),
        ("BAAI/bge-m3", "embedder"),
        ("Qwen/Qwen3-Embedding-8B", "embedder"),
        ("Qwen/Qwen2.5-Math-PRM-7B", "reward"),
        ("Skywork/Skywork-Reward-V2-8B", "reward"),
        ("openai/whisper-large-v3", "speech"),
        ("yuhuili/EAGLE3-LLaMA3.1-8B", "adapter"),
        ("tiiuae/Falcon3-7B-Instruct-1.58bit", "quantisation"),
        ("google/mobilebert", "embedder"),
        ("acme/Modern_BERT-large", "embedder"),
        ("TinyLlama/TinyLlama-1.1B-intermediate-step-240k-503b", "checkpoint"),
        ("allenai/OLMo-7B-step-1000k", "checkpoint"),
        ("deepseek-ai/DeepSeek-OCR", "image"),
    ],
)
def test_what_the_name_tells(hub_id, reason):
    assert out_of_scope(hub_id) == reason


@pytest.mark.parametrize(
    "said, reason",
    [
        ({"pipeline": "text-to-image"}, "image"),
        ({"pipeline": "automatic-speech-recognition"}, "speech"),
        ({"pipeline": "feature-extraction"}, "embedder"),
        ({"derived": "quantized"}, "quantisation"),
        ({"derived": "adapter"}, "adapter"),
        ({"derived": "finetune"}, ""),
        ({"total_b": 0.01}, "too_small"),
        ({"day": "2022-12-31"}, "out_of_period"),
    ],
)
def test_what_the_hub_tells(said, reason):
    assert out_of_scope("acme/Acme-1", **said) == reason


def test_no_name_of_the_record_is_ruled_out():
    with (Path(__file__).parents[2] / "data" / "models.csv").open(encoding="utf-8") as file:
        hub_ids = [row["hub_id"] for row in csv.DictReader(file) if row["hub_id"]]
    assert {h: reason for h in hub_ids if (reason := out_of_scope(h))} == {}


def test_a_long_name_takes_no_time(stopwatch):
    for long in ("0" * 40_000, "bert0" * 8_000, "guard1" * 7_000):
        out_of_scope(f"acme/{long}")
    assert stopwatch() < 1
