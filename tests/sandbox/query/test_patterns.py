"""Regular expressions that are taken, and those that might never end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.sandbox.query.patterns import compile_pattern, found
from tests.support.properties import examples
from tests.support.tables import for_each


@for_each(
    ("pattern", "text"),
    [
        ("ade", "Madeleine"),
        ("^ADE", "adebayo"),
        ("o[bk]i$", "Obi"),
        (r"\+234", "+2348123456789"),
        ("(?:ab)+c", "ababc"),
        ("a{2,3}b?", "caab"),
        ("a|b|c|d|e|f|g|h|i|j|k|l|m|n", "xn"),
        ("[[a]", "["),
        ("[]a*+?(]", "]"),
        (r"^[a-z]+\.[a-z]+@.*", "ada.obi@example.com"),
        ("(Ada|Obi) x", "obi x"),
        ("a{", "a{"),
        ("a.*b.*c.*d", "a-b-c-d"),
        ("ada *[a-z]*", "ada obi"),
        (r"\(a\)", "(a)"),
    ],
)
def test_patterns_search_without_regard_to_case(pattern: str, text: str) -> None:
    assert found(compile_pattern(pattern), text)


@for_each(
    "pattern",
    [
        "[", "(", ")", "*", "a**", "a{3,2}", "a{99999999999}", "\\",
        "(a+)+", "(a*)*b", "((a|b)c)*", "(a|b)+", "(a?){9}", "((a)+)?",
        "(?=a)", "(?i)a", "(?P<x>a)", r"(a)\1", "a" * 201, "a+b+c+d+", "a?" * 13,
        "(a|a)" * 13, "[a-z]*[a-z]*[a-z]*!", ".*.*.*b", "a?a?a?a?.*.*b", "(a*)x?(a*)(b*)!",
    ],
)  # fmt: skip
def test_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|expression"):
        compile_pattern(pattern)


def test_only_the_beginning_of_a_text_is_searched_and_only_texts_are() -> None:
    pattern = compile_pattern("x")

    assert found(pattern, "a" * 127 + "x")
    assert not found(pattern, "a" * 128 + "x")
    assert not found(pattern, 5)


@pytest.mark.parametrize(
    "pattern", [".*a.*a.*b", ".*.*b", "a?a?a?a?.*a.*b", "(a|a)" * 12 + "b", "a?" * 8 + "a*b"]
)
def test_the_worst_patterns_end(pattern: str) -> None:
    started = time.process_time()

    assert not found(compile_pattern(pattern), "a" * 5000)
    assert time.process_time() - started < 1


@examples(40, 2_000, deadline=2000)
@given(st.text("ab.*+?()[]{}|\\^$1,:-", max_size=24))
def test_any_text_is_compiled_or_refused_and_ends(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except ValueError:
        return
    assert found(pattern, "ab" * 100) in (True, False)
