"""Strips and parts are slices: nothing is lost, nothing is added, and what is left out shows."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.knowledge.strips import LEFT_OUT, paragraphs, parts, recomposed, sentences, strip_spans, strips

TEXT = st.lists(
    st.sampled_from(
        [
            "An employer shall pay wages.",
            "See s. 5 of Act No. 94.",
            "Who? ",
            "(a)",
            "a contract of service, or",
            "自然人从事工商业经营。",
            "\u201c好。\u201d",
            "\n",
            "\n\n",
            " ",
            "X" * 50,
        ]
    ),
    max_size=14,
).map(" ".join)


def blackened(text):
    return "".join(text.split())


@settings(deadline=None)
@given(TEXT)
def test_strips_leave_nothing_out_but_blanks(text):
    spans = strip_spans(text)
    assert blackened("".join(strips(text))) == blackened(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] and not text[a[1] : b[0]].strip() for a, b in pairwise(spans))


@settings(deadline=None)
@given(TEXT, st.integers(10, 80))
def test_parts_are_short_slices_that_leave_nothing_out(text, longest):
    found = list(parts(text, longest))
    assert blackened("".join(found)) == blackened(text)
    assert all(len(part) <= longest and part in text and part == part.strip() for part in found)


@settings(deadline=None)
@given(TEXT, st.sets(st.integers(0, 20)))
def test_what_is_put_together_again_is_verbatim(text, chosen):
    pieces = strips(text)
    kept = {place for place in chosen if place < len(pieces)}
    made = recomposed(text, kept)
    assert all(pieces[place] in made for place in kept)
    assert all(piece.strip() in text for piece in made.split(LEFT_OUT))
    assert (LEFT_OUT in made) == (len(kept) < len(pieces))
    assert recomposed(text, set(range(len(pieces)))) == text.strip()


def test_sentences_end_where_they_end():
    text = "Act No. 94 of J. Smith applies. It is said: \u201cNever.\u201d Then s. 5 follows! (Not so.) End"
    assert [text[a:b] for a, b in sentences(text, (0, len(text)))] == [
        "Act No. 94 of J. Smith applies.",
        "It is said: \u201cNever.\u201d",
        "Then s. 5 follows!",
        "(Not so.)",
        "End",
    ]


def test_items_of_a_law_are_strips():
    text = "5. An employer shall\u2014\n\n(a) keep a record of hours, and\n\n(b) show it to an inspector.\n\n(c) or"
    assert strips(text) == [
        "5. An employer shall\u2014",
        "(a) keep a record of hours, and",
        "(b) show it to an inspector.\n\n(c) or",
    ]


def test_chinese_sentences_need_no_blank():
    text = "个体工商户可以起字号。债务以个人财产承担\uff1b无法区分的\uff0c以家庭财产承担。"
    assert strips(text) == [
        "个体工商户可以起字号。",
        "债务以个人财产承担\uff1b",
        "无法区分的\uff0c以家庭财产承担。",
    ]


@pytest.mark.parametrize("text", ["", " \n\n ", "\n"])
def test_nothing_makes_nothing(text):
    assert strips(text) == []
    assert list(parts(text, 10)) == []
    assert paragraphs(text) == []
    assert recomposed(text, set()) == ""
