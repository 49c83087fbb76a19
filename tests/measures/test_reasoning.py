from almanac.measures import reasoning


def test_the_day_itself_is_after(units):
    table = units("abc", ["2025-01-19", "2025-01-20", "2025-01-21"])
    before, after = reasoning.sides(table, "2025-01-20")
    assert list(before.organisation_id) == ["a"]
    assert list(after.organisation_id) == ["b", "c"]


def test_bounds_take_the_unknown_both_ways(units):
    table = units("abcd", is_reasoning=[True, False, False, False])
    table["reasoning_known"] = [True, True, False, False]
    assert reasoning.bounds(table) == (0.25, 0.75)


def test_the_difference_has_bounds_too(units):
    before = units("abcd", is_reasoning=False).assign(reasoning_known=[True, True, True, False])
    after = units("abcd", is_reasoning=[True, True, False, False])
    after["reasoning_known"] = [True, True, True, False]
    assert reasoning.difference_bounds(before, after) == (25.0, 75.0)


def test_counts_before_and_between_the_days(units):
    table = units("abcd", days=["2024-01-01", "2024-10-01", "2024-11-01", "2025-02-01"])
    table["is_reasoning"] = [False, True, False, True]
    assert reasoning.counts_around(table, "2024-09-12", "2025-01-20") == (
        "Before o1-preview it was 0 of 1, between it and then it was 1 of 2."
    )
    assert reasoning.counts_around(table[3:], "2024-09-12", "2025-01-20") == ""
