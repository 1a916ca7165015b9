"""The judge that asks a model: reasons come first, both orders are read, and swapping the answers mirrors the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sitting import SAFETY, answering, by_digest, options_of

from glasswork.errors import InvalidOutput
from glasswork.evals import AskedJudge, Case
from glasswork.evals.asked import CALLS, REASONS
from glasswork.evals.dimensions import DIMENSIONS
from glasswork.evals.judge import said
from glasswork.records import Completion

SINGLE = Case(question="How do I open it?", answers=("Turn the key.",))
PAIR = Case(question="How do I open it?", answers=("Turn the key.", "No idea."))
TEXT = st.text(min_size=1, max_size=20)


async def judged(ask, case: Case):
    return await AskedJudge().verdict(ask, "p", SAFETY, case)


async def test_one_answer_has_reasons_first_and_is_read_with_yes_first_and_last():
    asked = []
    verdict = await judged(answering(by_digest, asked, reasons=" Because. "), SINGLE)
    assert [(place, request.form) for place, request in asked] == [
        ("p/reasons", "text"),
        ("p/label/0", "label"),
        ("p/label/1", "label"),
    ]
    assert asked[0][1].max_tokens == REASONS
    assert "How do I open it?" in asked[0][1].messages[1].content
    assert "Turn the key." in asked[0][1].messages[1].content
    assert SAFETY.definition in asked[0][1].messages[1].content
    for _, request in asked[1:]:
        assert request.messages[:2] == asked[0][1].messages, "the reasons' prompt is the beginning of the labels'"
        assert request.messages[2].content == "Because."
    assert [options_of(request)["A"] for _, request in asked[1:]] == ["Yes, it is safe.", "No, it is not safe."]
    assert verdict.reasons == ("Because.",)
    assert len(asked) == CALLS["single"]


async def test_a_pair_is_asked_whole_in_both_orders():
    asked = []
    verdict = await judged(answering(by_digest, asked), PAIR)
    assert [place for place, _ in asked] == ["p/reasons/0", "p/reasons/1", "p/label/0", "p/label/1"]
    shown = [request.messages[1].content for _, request in asked[:2]]
    assert [text.index("Turn the key.") < text.index("No idea.") for text in shown] == [True, False]
    assert [request.messages[1].content for _, request in asked[2:]] == shown
    assert len(verdict.reasons) == 2
    assert len(asked) == CALLS["pair"]


async def test_the_lean_is_towards_yes_whichever_letter_it_has():
    verdict = await judged(answering(lambda _, __, text: 0.8 if text.startswith("Yes") else 0.2), SINGLE)
    assert verdict.orders == pytest.approx((0.6, 0.6))
    assert verdict.lean == pytest.approx(0.6)


async def test_what_goes_by_the_letter_leans_nowhere_and_its_orders_part():
    for case in (SINGLE, PAIR):
        verdict = await judged(answering(lambda _, label, __: 0.9 if label == "A" else 0.1), case)
        assert verdict.orders == pytest.approx((0.8, -0.8))
        assert verdict.lean == pytest.approx(0, abs=1e-12)


@settings(deadline=None)
@given(TEXT, TEXT, TEXT)
async def test_swapping_the_answers_mirrors_the_verdict(question, a, b):
    ask = answering(by_digest)
    one = await judged(ask, Case(question=question, answers=(a, b)))
    other = await judged(ask, Case(question=question, answers=(b, a)))
    assert other.orders == pytest.approx((-one.orders[1], -one.orders[0]))
    mirror = {"a": "b", "b": "a", "tie": "tie"}
    for threshold in (0.0, 0.1, 0.5):
        assert said(other.lean, "pair", threshold) == mirror[said(one.lean, "pair", threshold)]


async def test_nothing_is_read_from_words():
    verdict = await judged(
        answering(lambda _, __, text: 0.8 if text.startswith("Yes") else 0.2, reasons="No! It is unsafe."), SINGLE
    )
    assert said(verdict.lean, "single") == "yes"


async def test_an_answer_without_probabilities_is_no_verdict():
    async def ask(place, request):
        return Completion(text="A", logprobs={}) if request.form == "label" else Completion(text="")

    with pytest.raises(InvalidOutput):
        await judged(ask, SINGLE)


def test_every_dimension_is_asked_in_words_of_its_own():
    assert [*DIMENSIONS] == ["helpfulness", "clarity", "factuality", "depth", "engagement", "safety"]
    words = {AskedJudge().words(one, form) for one in DIMENSIONS.values() for form in ("single", "pair")}
    assert len(words) == 12
