import pytest

from almanac.book.differences.words import LINE, TEXT, change, cut, line, shown, texts

LONG = "The share of releases that hold a model of experts rose from half-year to half-year, " * 3


def test_numbers_keep_all_their_digits():
    assert change(0.1 + 0.2, 0.3) == "0.30000000000000004 -> 0.3"
    assert change(1e-9, 0) == "1e-09 -> 0"


@pytest.mark.parametrize("before, after, said", [
    (1, "1", '1 -> "1"'),
    (1, 1.0, "1 -> 1.0"),
    (True, 1, "true -> 1"),
    (None, "null", 'null -> "null"'),
    ("", "x", "(empty) -> x"),
    ("a b", "a\u00a0b", r"a b -> a\xa0b"),
])  # fmt: skip
def test_what_differs_never_reads_the_same(before, after, said):
    assert change(before, after) == said


def test_letters_that_steer_a_terminal_are_shown_by_their_numbers():
    assert shown("\x1b[31mred\r\n\u202e") == r"\x1b[31mred\r\n\u202e"


def test_of_a_long_text_only_the_words_that_differ_are_told():
    assert change(LONG + "to 71% at last", LONG + "to 72% at last") == (
        "… half-year to half-year, to 71% at last -> … half-year to half-year, to 72% at last"
    )
    assert change(f"in 2024 {LONG}", f"in 2025 {LONG}") == (
        "in 2024 The share of releases … -> in 2025 The share of releases …"
    )


@pytest.mark.parametrize("before, after", [
    ("x" * 5000 + "a", "x" * 5000 + "b"),
    ("x" * 5000, "x" * 5000 + "b"),
    ("a" + "x" * 5000, "b" + "x" * 5000),
    (LONG * 50, LONG * 49),
    (LONG * 50, ""),
])  # fmt: skip
def test_long_texts_stay_short_and_differ_in_what_is_shown(before, after):
    old, new = change(before, after).split(" -> ")
    assert old != new and max(len(old), len(new)) < TEXT + 40


def test_what_is_cut_says_how_much():
    assert cut("abcdef", 4) == "abcd… (2 more characters)"
    assert cut("abcd", 4) == "abcd"
    assert len(line("x" * 1000)) == LINE + 1


def test_one_line_of_many_is_told_alone_and_several_with_signs():
    assert texts("a\nb\nc", "a\nx\nc") == ["b -> x"]
    assert texts("a\nb\nc", "a\nc\nd\n") == ["-b", "+d"]
