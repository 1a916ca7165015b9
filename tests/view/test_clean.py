"""Nothing that somebody else wrote reaches a terminal as anything but letters."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.view.clean import clean, first_lines, one_line

NASTY = st.text(
    alphabet=st.sampled_from("\x1b[]\x9b\x9d\x9c\x07\\;0m8Pab\n\t\r \u202e\u2066\u200d\ud800é\x90\x7f"), max_size=60
)


@given(st.text() | NASTY)
def test_no_control_character_is_left(text: str) -> None:
    assert all(char.isprintable() or char in "\n\t" for char in clean(text))


@given(st.text() | NASTY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 漢字 🙂\n\tx", "plain é 漢字 🙂\n\tx"),
        ("\x1b[31mred\x1b[0m \x9b2Jgone", "red gone"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        ("\x1b]52;c;aGk=\x07", ""),
        ("\x9d0;title\x9cx \x1bPq\x1b\\y", "x y"),
        ("open \x1b]0;never closed", "open \\x1b]0;never closed"),
        ("\x1b\x07\x00\x7f\x85", "\\x1b\\x07\\x00\\x7f\\x85"),
        ("a\u202eb\u2066c\ufeff\U000e0001", "a\\u202eb\\u2066c\\ufeff\\U000e0001"),
        ("a\r\nb\rc", "a\nb\\x0dc"),
        ("a\xa0b\u3000c\u2028d", "a b c\\u2028d"),
        ("\udc80", "\\udc80"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("unit", ["\x1b]", "\x1b[", "\x9d", "\x9b0;", "\x1bP\x90", "\x1b]0;\x1b"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    began = time.process_time()
    clean(unit * 100_000)
    assert time.process_time() - began < 2


def test_lines() -> None:
    assert one_line("\n  \n two  words\nnext") == "two words"
    assert one_line("") == ""
    assert first_lines("a\nb\nc", 2) == ("a\nb", 1)
    assert first_lines("a\nb", 2) == ("a\nb", 0)
    text, left = first_lines("word " * 100, 2, width=40)
    assert len(text) <= 82
    assert left == 0
    assert text.endswith("…")
