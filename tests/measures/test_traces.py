import pandas as pd
import pytest

from almanac.measures import counting, traces


def support(*rows):
    columns = ["engine", "kind", "name", "family", "first_on", "bound"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(first_on=pd.to_datetime(table.first_on))


PARSER, TRAINER = traces.PARSER, traces.TRAINER
ROWS = support(
    ("vllm", PARSER, "GptOss", "gpt-oss", "2025-08-05", "exact"),
    ("vllm", PARSER, "openai_gptoss", "gpt-oss", "2025-09-04", "exact"),  # an alias, later
    ("sglang", PARSER, "gpt-oss", "gpt-oss", "2025-08-11", "exact"),  # the other engine
    ("vllm", PARSER, "r1", "R1", "2025-01-29", "exact"),
    ("vllm", PARSER, "hf", None, "2025-01-01", "exact"),  # serves no one family
    ("vllm", "architecture", "R2", "R2", "2025-01-01", "exact"),
    ("sglang", PARSER, "new", "New", "2026-01-01", "latest"),
    ("trl", TRAINER, "ppo", None, "2022-12-30", "exact"),
    ("trl", TRAINER, "grpo", None, "2025-01-20", "exact"),
    ("trl", TRAINER, "gfpo", None, "2025-09-17", "exact"),
)


def test_aliases_merge_by_family_and_engine():
    found = traces.parsers(ROWS, "2026-12-31")
    assert found[["family", "engine", "parser"]].to_numpy().tolist() == [
        ["R1", "vLLM", "r1"],
        ["gpt-oss", "vLLM", "GptOss"],
        ["gpt-oss", "SGLang", "gpt-oss"],
        ["New", "SGLang", "new"],
    ]


def test_nothing_after_the_last_day():
    assert list(traces.parsers(ROWS, "2025-08-05").family) == ["R1", "gpt-oss"]
    assert list(traces.trainers(ROWS, "2025-01-20").trainer) == ["ppo", "grpo"]


def test_an_exact_day_stands_before_a_bound_of_the_same_day():
    rows = support(
        ("vllm", PARSER, "a", "A", "2025-01-01", "latest"),
        ("vllm", PARSER, "b", "A", "2025-01-01", "exact"),
    )
    found = traces.parsers(rows, "2025-12-31")
    assert found[["parser", "bound"]].to_numpy().tolist() == [["b", "exact"]]


def test_either_engine_counts_a_family_once():
    found = traces.cumulative(traces.parsers(ROWS, "2026-12-31"))
    last = found.groupby("series").families.max().to_dict()
    assert last == {"either engine": 3, "vLLM": 2, "SGLang": 2}
    either = found[found.series == "either engine"]
    assert list(either.families) == [1, 2, 3]
    assert traces.cumulative(traces.parsers(ROWS[:0], "2026-12-31")).empty


@pytest.fixture
def families(models):
    rows = [("gpt-oss", "2025-08-05", "optional"), ("gpt-oss", "2025-08-20", "optional"),
            ("R1", "2024-12-01", "none"), ("R1", "2025-01-20", "always"),
            ("New", "2025-12-01", "always")]  # fmt: skip
    table = models(*({"family": f, "released_on": d, "reasoning": r} for f, d, r in rows))
    return counting.select(table, first_date="2024-01-01", as_of="2026-12-31")


def test_the_lag_runs_from_the_first_model_that_reasons(families):
    found = traces.lags(traces.parsers(ROWS, "2026-12-31"), families).set_index("family")
    assert found.days.to_dict() == {"R1": 9, "gpt-oss": 0, "New": 31}
    assert found.bound["New"] == "latest"
    assert traces.lags_in_words(found) == (
        "Of 2 families whose first parser has an exact day, 1 had one within 7 days of their "
        "first reasoning model in the record, 1 of them by the very day."
    )
    assert traces.lags_in_words(found[found.bound == "latest"]) == ""


def test_firsts_in_words():
    parsed, trained = traces.parsers(ROWS, "2026-12-31"), traces.trainers(ROWS, "2026-12-31")
    assert traces.firsts_in_words(parsed, trained, "grpo", "2025-01-20") == (
        "The first reasoning parser, r1 in vLLM, came on 29 January 2025, 9 days after R1. "
        "GRPO came to TRL on 20 January 2025, on R1's day itself; of TRL's trainers 1 "
        "came before it and 1 after."
    )
    early = traces.firsts_in_words(parsed[:0], trained[:1], "ppo", "2025-01-20")
    assert "752 days before R1" in early
    assert "No parser" in traces.firsts_in_words(parsed[:0], trained[:0], "grpo", "2025-01-20")
