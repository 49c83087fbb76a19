import pandas as pd
import pytest

from almanac.measures import architectures
from almanac.measures.intervals import wilson


@pytest.fixture
def support():
    rows = [
        ("transformers", "architecture", "a", True, "2024-02-01", "exact"),
        ("transformers", "architecture", "b", False, "2024-02-01", "exact"),
        ("transformers", "architecture", "c", True, "2024-09-01", "latest"),
        ("llama.cpp", "architecture", "d", True, "2024-03-01", "exact"),
        ("llama.cpp", "architecture", "e", None, "2024-03-01", "exact"),  # not known
        ("vllm", "architecture", "f", True, "2024-03-01", "exact"),  # flags not to be relied on
        ("transformers", "reasoning_parser", "g", True, "2024-03-01", "exact"),
        ("transformers", "architecture", "h", True, "2022-03-01", "exact"),
    ]
    columns = ["engine", "kind", "name", "moe", "first_on", "bound"]
    table = pd.DataFrame(rows, columns=columns).astype({"moe": "boolean"})
    return table.assign(first_on=pd.to_datetime(table.first_on))


@pytest.fixture
def added(support):
    return architectures.added(support, first_date="2023-01-01", as_of="2024-12-31")


def test_only_known_architectures_of_the_two_engines_count(added):
    assert added.name.tolist() == ["a", "b", "d", "c"]
    assert added.exact.tolist() == [True, True, True, False]


def test_days_at_both_ends_count(support):
    found = architectures.added(support, first_date="2024-02-01", as_of="2024-03-01")
    assert found.name.tolist() == ["a", "b", "d"]


def test_counts_run_on_in_each_engine(added):
    steps = architectures.cumulative(added)
    assert steps[["engine", "name", "architectures", "exact"]].to_numpy().tolist() == [
        ["transformers", "a", 1, True],
        ["llama.cpp", "d", 1, True],
        ["transformers", "c", 2, False],
    ]


def test_shares_by_half_year(added):
    table = architectures.by_half_year(added, 0.9)
    assert table[["period", "engine", "moe", "n", "not_exact", "share"]].to_numpy().tolist() == [
        ["2024 H1", "llama.cpp", 1, 1, 0, 1.0],
        ["2024 H1", "transformers", 1, 2, 0, 0.5],
        ["2024 H2", "transformers", 1, 1, 1, 1.0],
    ]
    assert (table.low[1], table.high[1]) == wilson(1, 2, 0.9)


def test_no_architectures_are_no_rows(added):
    assert architectures.by_half_year(added[:0], 0.9).empty
    assert architectures.cumulative(added[:0]).empty


def test_agreement_with_releases():
    periods = [f"{year} H{half}" for year in (2024, 2025) for half in (1, 2)]
    table = pd.DataFrame(
        {"period": periods * 2, "engine": ["x"] * 4 + ["y"] * 4,
         "share": [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5]}
    )  # fmt: skip
    releases = pd.DataFrame({"period": periods[:3], "share": [0.2, 0.3, 0.5]})
    beside = architectures.beside_releases(table, releases)
    assert len(beside) == 6  # half-years without releases are not compared
    found = architectures.agreement(beside).set_index("engine")
    assert found.periods.tolist() == [3, 3]
    assert found.apart.tolist() == pytest.approx([100 * 0.4 / 3, 100 * 0.5 / 3])
    assert found.correlation["x"] == pytest.approx(1)
    assert pd.isna(found.correlation["y"])  # it does not move
    assert architectures.agreement(beside[:0]).empty
