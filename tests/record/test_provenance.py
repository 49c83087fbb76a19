import pandas as pd
import pytest

from almanac.record import load, provenance, with_confidence

HUB = "https://huggingface.co/deepseek-ai/DeepSeek-V3"


@pytest.fixture
def disputed(tiny):
    """DeepSeek-V3, whose total the Hub gives with the multi-token-prediction module."""
    tiny.rows["evidence"] += [
        tiny.evidence("models", "deepseek-v3", "total_params_b", "684.5", source_url=HUB,
                      source_kind="hub", confidence="C", note="with the 14 B module"),
        tiny.evidence("models", "deepseek-v3", "total_params_b", "671.0", source_url=HUB,
                      source_kind="card", confidence="B"),
        tiny.evidence("releases", "deepseek-v3", "released_on", "2024-12-25", source_url=HUB,
                      source_kind="hub", confidence="C"),
    ]  # fmt: skip
    tiny.sort("evidence")
    tiny.write()
    return load(tiny.folder)


def test_the_chosen_source_gives_the_cell(disputed):
    found = provenance(disputed, "models", "deepseek-v3", "total_params_b")
    assert found.value == 671
    assert found.confidence == "A"
    assert found.chosen["source_kind"] == "vendor"


def test_numbers_agree_as_numbers_and_rivals_are_kept(disputed):
    found = provenance(disputed, "models", "deepseek-v3", "total_params_b")
    assert list(found.agreeing["value"]) == ["671.0"]
    assert list(found.rivals["value"]) == ["684.5"]
    assert list(found.rivals.columns) == list(disputed.evidence.columns)


def test_dates_agree_as_dates(disputed):
    found = provenance(disputed, "releases", "deepseek-v3", "released_on")
    assert found.chosen["value"] == "2024-12-26"
    assert list(found.rivals["value"]) == ["2024-12-25"]


def test_an_integer_agrees_with_a_source_that_writes_a_decimal(tiny):
    for row in tiny.rows["evidence"]:
        if row["column"] == "experts_per_token":
            row["value"] += ".0"
    tiny.write()
    found = provenance(load(tiny.folder), "models", "deepseek-v3", "experts_per_token")
    assert found.chosen["value"] == "8.0"


def test_a_blank_cell_has_only_rivals(tiny):
    tiny.row("models", "deepseek-v3")["total_params_b"] = ""
    tiny.write()
    found = provenance(load(tiny.folder), "models", "deepseek-v3", "total_params_b")
    assert found.chosen is None
    assert found.confidence is None
    assert list(found.rivals["value"]) == ["671"]


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("colours", "deepseek-v3", "total_params_b"),
        ("models", "gpt-5", "total_params_b"),
        ("models", "deepseek-v3", "colour"),
    ],
)
def test_a_value_that_is_not_there_is_a_key_error(disputed, table, row, column):
    with pytest.raises(KeyError):
        provenance(disputed, table, row, column)


def test_confidence_is_added_beside_values(disputed):
    columns = ["total_params_b", "experts_per_token", "licence"]
    frame = with_confidence(disputed.models, disputed, "models", columns).set_index("model_id")
    assert frame.loc["deepseek-v3", "total_params_b_confidence"] == "A"
    assert frame.loc["deepseek-v3", "licence_confidence"] == "A"
    assert pd.isna(frame.loc["llama-4-behemoth", "experts_per_token_confidence"])
    assert "total_params_b_confidence" not in disputed.models


def test_the_best_of_equal_sources_gives_the_confidence(disputed):
    evidence = disputed.evidence.copy()
    evidence.loc[evidence["source_kind"] == "vendor", "confidence"] = "D"
    worse = type(disputed)(**(vars(disputed) | {"evidence": evidence}))
    frame = with_confidence(worse.models, worse, "models", ["total_params_b"])
    confidence = frame.set_index("model_id")["total_params_b_confidence"]
    assert confidence["deepseek-v3"] == "B"
    assert confidence["deepseek-r1"] == "D"


def test_confidence_of_a_joined_frame_keeps_its_index(disputed):
    joined = disputed.models_with_release().iloc[::-1]
    frame = with_confidence(joined, disputed, "releases", ["released_on"])
    assert list(frame.index) == list(joined.index)
    confidence = frame.set_index("model_id")["released_on_confidence"]
    assert confidence["deepseek-v3-base"] == "A"
    assert pd.isna(confidence["llama-4-behemoth"])


def test_a_value_no_source_gives_has_no_confidence(tiny):
    tiny.row("models", "deepseek-v3")["total_params_b"] = "670"
    tiny.write()
    record = load(tiny.folder)
    frame = with_confidence(record.models, record, "models", ["total_params_b"])
    confidence = frame.set_index("model_id")["total_params_b_confidence"]
    assert pd.isna(confidence["deepseek-v3"])
