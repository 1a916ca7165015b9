"""Thought against stated: what counts as thought of, worked by hand, and what holds of any citations."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.thought import named_last, thought_and_stated, thought_of, thought_report
from glasswork.records import Segment
from glasswork.statistics import mean

TEXTS = (
    "Write to the customer about order 4711.",
    "Refunds are given within 30 days of the purchase.",
    "The customer bought it 12 days ago, and refunds are given within reason.",
)
OPTIONS = ("refund: pay it back", "refuse: explain why not", "ask")


def case(thinking="", cited=(), choice="A", options=OPTIONS, texts=TEXTS):
    return Case(
        id="desk#1",
        segments=tuple(Segment(id=f"s{n}", source="note", text=text) for n, text in enumerate(texts, 1)),
        options=tuple(CaseOption(label=label, text=text) for label, text in zip("ABCDEF", options, strict=False)),
        choice=choice,
        cited=cited,
        thinking=thinking,
    )


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        ("As s2 says, and [s3] too.", ("s2", "s3")),
        ("s22 and us2 are none.", ()),
        ("Order 4711 is at stake.", ("s1",)),
        ("It was bought 12 days ago.", ("s3",)),
        ("Article 471 and 47110 and 4.711 are other numbers.", ()),
        # Four words of s2 and s3: told apart by the fifth.
        ("Refunds are given within limits.", ()),
        ("REFUNDS are given,\nwithin 'reason'!", ("s3",)),
        ("refunds are given within", ()),
        ("write to the people", ()),
        ("1. write to the customer", ("s1",)),
        ("1. first\n12. twelfth\n(30) thirtieth", ()),
        ("It is a fair wish.", ()),
    ],
)
def test_what_counts_as_thought_of(thinking, expected):
    assert thought_of(case(), thinking) == expected


def test_a_run_that_only_as_a_whole_is_one_segments_own():
    texts = ("one two three four five", "one two three four", "two three four five")
    assert thought_of(case(texts=texts), "one two three four five") == ("s1",)
    assert thought_of(case(texts=texts), "one two three four") == ()


@pytest.mark.parametrize(
    ("thinking", "label"),
    [
        ("We could refuse, but I would refund.", "A"),
        ("Refund? No: refuse.", "B"),
        ("Option C, then option B.", "B"),
        ("Refuse? The best option a desk has is (choice: 'A')", "A"),
        ("Ask. It is the best option a desk has", "C"),
        ("Explain why not to refund-pay it back", "A"),
        ("Refunding is refusable; basking.", ""),
        ("", ""),
    ],
)
def test_the_option_named_last(thinking, label):
    assert named_last(case(), thinking) == label


def test_of_two_names_that_end_together_the_longer_counts():
    assert named_last(case(options=("serve it", "do not serve it")), "So: do not serve it.") == "B"
    assert named_last(case(options=("yes: now", "yes: later")), "So yes.") == ""


def test_one_decision_by_hand():
    found = thought_and_stated(case("Bought 12 days ago, and s2 allows 30. So refund.", ("s2", "s1")))
    assert (found.thought, found.cited, found.both) == (("s2", "s3"), ("s2", "s1"), 1)
    assert found.overlap == pytest.approx(1 / 3)
    # Of three pairs one is {s2, s3} (overlap 1), the other two share one of three.
    assert found.overlap_at_random == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert (found.of_cited, found.of_cited_at_random) == (0.5, pytest.approx(2 / 3))
    assert found.ends_at_choice is True
    assert thought_and_stated(case("So refund.", choice="B")).ends_at_choice is False


def test_where_nothing_was_thought_aloud_there_is_nothing_to_compare():
    assert thought_and_stated(case(" \n", ("s1",))) is None
    assert thought_and_stated(case("", ("s1",)), reasoning="s1 it is").thought == ("s1",)


def test_thinking_of_nothing_and_citing_nothing_are_told_from_disagreement():
    nothing = thought_and_stated(case("Hm."))
    assert (nothing.overlap, nothing.overlap_at_random, nothing.of_cited) == (None, None, None)
    apart = thought_and_stated(case("Hm.", ("s1",)))
    assert (apart.overlap, apart.of_cited, apart.of_cited_at_random) == (0, 0, 0)


def test_pooled_by_hand():
    found = thought_report(
        [
            thought_and_stated(case("s1 and s2. So refund.", ("s1", "s2"))),
            thought_and_stated(case("s1 says refuse.", ("s3",))),
            thought_and_stated(case("Hm.")),
            None,
        ]
    )
    assert (found.decisions, found.aloud.hits) == (4, 3)
    assert (found.of_cited.hits, found.of_cited.of) == (2, 3)
    assert found.of_cited_at_random == pytest.approx((2 * 2 / 3 + 1 / 3) / 3)
    assert (found.overlap.value, found.overlap.of) == (0.5, 2)
    assert found.overlap.low <= 0.5 <= found.overlap.high
    assert (found.ends_at_choice.hits, found.ends_at_choice.of) == (1, 2)
    assert found.ends_at_choice_at_random == pytest.approx(1 / 3)
    empty = thought_report([None])
    assert (empty.overlap.value, empty.of_cited.value, empty.of_cited_at_random) == (None, None, None)


@given(st.integers(1, 6), st.sets(st.integers(1, 6)), st.sets(st.integers(1, 6)))
def test_the_floor_is_the_mean_over_all_citations(size, thought, cited):
    names = [f"s{n}" for n in range(1, size + 1)]
    thinking = ", ".join(name for name in names if int(name[1:]) in thought) or "nothing"
    count = len([name for name in names if int(name[1:]) in cited])
    texts = ("x",) * size
    every = [thought_and_stated(case(thinking, drawn, texts=texts)) for drawn in itertools.combinations(names, count)]
    if every[0].overlap_at_random is None:
        assert all(one.overlap is None for one in every)
    else:
        assert mean([one.overlap for one in every]) == pytest.approx(every[0].overlap_at_random)


def test_citing_at_random_scores_about_the_floor():
    generator = random.Random(5)
    texts = tuple(f"note number {n}00{n}" for n in range(1, 9))
    found = []
    for _ in range(200):
        thinking = " ".join(f"[s{n}]" for n in generator.sample(range(1, 9), 3))
        cited = tuple(f"s{n}" for n in generator.sample(range(1, 9), 2))
        found.append(thought_and_stated(case(thinking, cited, texts=texts)))
    report = thought_report(found)
    assert report.overlap.low <= report.overlap_at_random <= report.overlap.high
    assert report.of_cited.low <= report.of_cited_at_random <= report.of_cited.high
