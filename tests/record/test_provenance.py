import pandas as pd
import pytest

from almanac.record import load, upstreams, with_confidence
from almanac.record.provenance import chosen_evidence

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


def chosen(record, table, row, column):
    """The evidence chosen for one value."""
    frame = getattr(record, table).set_index(record.schema.tables[table].primary_key[0])
    cells = frame.loc[[row], column]
    names = cells.index.to_series()
    return chosen_evidence(names, cells, record.evidence, record.schema, table).iloc[0]


def test_the_chosen_source_gives_the_cell(disputed):
    found = chosen(disputed, "models", "deepseek-v3", "total_params_b")
    assert found["confidence"] == "A"
    assert found["source_kind"] == "vendor"


def test_dates_agree_as_dates(disputed):
    found = chosen(disputed, "releases", "deepseek-v3", "released_on")
    assert found["value"] == "2024-12-26"


def test_an_integer_agrees_with_a_source_that_writes_a_decimal(tiny):
    for row in tiny.rows["evidence"]:
        if row["column"] == "experts_per_token":
            row["value"] += ".0"
    tiny.write()
    found = chosen(load(tiny.folder), "models", "deepseek-v3", "experts_per_token")
    assert found["value"] == "8.0"


def test_a_blank_cell_rests_on_nothing(tiny):
    tiny.row("models", "deepseek-v3")["total_params_b"] = ""
    tiny.write()
    found = chosen(load(tiny.folder), "models", "deepseek-v3", "total_params_b")
    assert found.drop("row").isna().all()


def test_who_says_it_is_told_by_address_and_kind(disputed):
    atom = "https://github.com/Interconnects-AI/tracked-models"
    said = [
        (atom, "aggregator", "atom"),
        (f"{atom}/blob/main/a.csv", "aggregator", "atom"),
        ("https://epoch.ai/data/ai-models", "aggregator", "epoch"),
        ("https://models.dev/", "aggregator", "modelsdev"),
        ("https://models.developer.example", "aggregator", "press"),
        (HUB, "hub", "hub"),
        (HUB, "card", "vendors"),
        ("https://example.org", "press", "press"),
    ]
    evidence = pd.DataFrame(said, columns=["source_url", "source_kind", "source"])
    assert upstreams(evidence, disputed.schema).tolist() == evidence.source.tolist()


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
