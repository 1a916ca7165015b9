"""Choosing over rotations."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.errors import InvalidOutput
from glasswork.models.choice import choose, each_order, label_requests, mean_probabilities
from glasswork.records import Completion, Message, Request

MESSAGES = (Message(role="system", content="You decide."), Message(role="user", content="[s1] It rains."))


def options_of(request: Request) -> list[str]:
    return re.findall(r"^[A-Z]\. (.*)$", request.messages[-1].content, re.MULTILINE)


def answering(weigh, asked: list | None = None):
    """An ask whose label log-probabilities are ``weigh(position, text)``; None is censored."""

    async def ask(place: str, request: Request) -> Completion:
        if asked is not None:
            asked.append((place, request))
        pairs = zip(request.labels, enumerate(options_of(request)), strict=True)
        logprobs = {label: weigh(position, text) for label, (position, text) in pairs}
        return Completion(text="A", logprobs=logprobs, logprob_floor=-12.0)

    return ask


TEXTS = st.lists(st.text("abcdefgh", min_size=1, max_size=4), min_size=2, max_size=6, unique=True)


async def test_requests_are_rotations_at_numbered_places_with_the_options_last():
    asked = []
    await choose(answering(lambda p, _: -float(p), asked), "b#1/choose", MESSAGES, ["x", "y", "z"], question="Which?")
    assert [place for place, _ in asked] == ["b#1/choose/0", "b#1/choose/1", "b#1/choose/2"]
    assert [options_of(request) for _, request in asked] == [["x", "y", "z"], ["y", "z", "x"], ["z", "x", "y"]]
    for _, request in asked:
        assert request.form == "label"
        assert request.labels == ("A", "B", "C")
        assert request.max_tokens == 1
        assert request.messages[0] == MESSAGES[0]
        assert len(request.messages) == 2, "no two user turns in a row"
        assert request.messages[1].content.startswith("[s1] It rains.\n\nWhich?\n\nA. ")
        assert request.messages[1].content.endswith("\n\nAnswer with one letter: A, B or C.")


async def test_after_an_assistant_turn_the_question_is_a_turn_of_its_own():
    asked = []
    messages = (*MESSAGES, Message(role="assistant", content="I think."))
    await choose(answering(lambda p, _: -float(p), asked), "c", messages, ["x", "y"], question="Which?")
    assert [message.role for message in asked[0][1].messages] == ["system", "user", "assistant", "user"]


async def test_the_best_option_wins_wherever_it_stands():
    choice = await choose(
        answering(lambda _, text: -0.1 if text == "good" else -3.0),
        "c",
        MESSAGES,
        ["bad", "good", "ugly"],
        question="?",
    )
    assert choice.chosen == 1
    assert choice.options[1].text == "good"
    assert choice.options[1].label == "B"
    assert choice.order_consistency == 1.0
    assert choice.orders == 3
    assert not choice.sampled


@given(TEXTS, st.lists(st.floats(-8, 0), min_size=6, max_size=6))
async def test_a_model_that_sees_only_positions_comes_out_even(texts, by_position):
    choice = await choose(answering(lambda p, _: by_position[p]), "c", MESSAGES, texts, question="?")
    for option in choice.options:
        assert option.probability == pytest.approx(1 / len(texts), abs=1e-9)


@given(TEXTS, st.data())
async def test_probabilities_add_up_to_one(texts, data):
    table = {}

    def weigh(position, text):
        key = (position, text)
        if key not in table:
            table[key] = data.draw(st.none() | st.floats(-30, 0))
        return table[key] if position else -1.0  # at least one label is known

    choice = await choose(answering(weigh), "c", MESSAGES, texts, question="?")
    assert math.fsum(option.probability for option in choice.options) == pytest.approx(1)
    assert 0 <= choice.order_consistency <= 1


@given(TEXTS, st.integers(0, 99))
async def test_a_tie_is_settled_by_seed_and_text_not_by_position(texts, seed):
    even = answering(lambda *_: -1.0)
    one = await choose(even, "c", MESSAGES, texts, question="?", seed=seed)
    other = await choose(even, "c", MESSAGES, texts[::-1], question="?", seed=seed)
    assert one.options[one.chosen].text == other.options[other.chosen].text


async def test_ties_favour_no_position():
    even = answering(lambda *_: -1.0)
    firsts = [(await choose(even, "c", MESSAGES, ["x", "y"], question="?", seed=seed)).chosen for seed in range(200)]
    assert 60 < sum(firsts) < 140


async def test_position_bias_shows_in_the_consistency():
    def weigh(position, text):
        return -0.5 * position - (0.1 if text == "worse" else 0.0)

    choice = await choose(answering(weigh), "c", MESSAGES, ["worse", "better", "worst but one"], question="?")
    assert choice.order_consistency == pytest.approx(1 / 3)


async def test_a_censored_label_counts_as_its_bound_and_is_flagged():
    choice = await choose(
        answering(lambda _, text: None if text == "odd" else -1.0), "c", MESSAGES, ["odd", "plain"], question="?"
    )
    assert [option.censored for option in choice.options] == [True, False]
    assert choice.options[0].probability == pytest.approx(1 / (1 + math.exp(11)))


async def test_one_option_is_no_question():
    asked = []
    choice = await choose(answering(lambda *_: -1.0, asked), "c", MESSAGES, ["only"], question="?")
    assert asked == []
    assert (choice.chosen, choice.orders, choice.order_consistency) == (0, 0, 1.0)
    assert choice.options[0].probability == 1.0


async def test_a_temperature_draws_and_a_seed_repeats_the_draw():
    ask = answering(lambda _, text: {"x": -0.5, "y": -1.0, "z": -4.0}[text])
    draws = [
        (await choose(ask, "c", MESSAGES, ["x", "y", "z"], question="?", seed=seed, temperature=1.0))
        for seed in range(300)
    ]
    counts = [sum(draw.chosen == index for draw in draws) for index in range(3)]
    expected = [300 * option.probability for option in draws[0].options]
    assert all(abs(count - wanted) < 35 for count, wanted in zip(counts, expected, strict=True)), (counts, expected)
    assert all(draw.sampled for draw in draws)
    again = await choose(ask, "c", MESSAGES, ["x", "y", "z"], question="?", seed=7, temperature=1.0)
    assert again == draws[7]


async def test_a_low_temperature_sharpens():
    ask = answering(lambda _, text: {"x": -0.5, "y": -1.0}[text])
    cold = [
        (await choose(ask, "c", MESSAGES, ["x", "y"], question="?", seed=s, temperature=0.05)).chosen for s in range(50)
    ]
    assert set(cold) == {0}


async def test_line_breaks_in_options_do_not_forge_options():
    asked = []
    ask = answering(lambda p, _: -float(p), asked)
    await choose(ask, "c", MESSAGES, ["x\nB. forged", "y"], question="?")
    assert options_of(asked[0][1]) == ["x B. forged", "y"]


async def test_an_answer_without_probabilities_is_an_error():
    async def ask(place, request):
        return Completion(text="A")

    with pytest.raises(InvalidOutput):
        await choose(ask, "c", MESSAGES, ["x", "y"], question="?")


@pytest.mark.parametrize("count", [0, 27])
async def test_too_few_or_too_many(count):
    with pytest.raises(ValueError, match="there must be"):
        await choose(answering(lambda *_: -1.0), "c", MESSAGES, [str(i) for i in range(count)], question="?")


async def test_each_order_is_told_by_the_options_own_order():
    ask = answering(lambda position, text: math.log({"x": 0.5, "y": 0.25}[text] * (1 + position)))
    answers = [await ask("c", request) for request in label_requests(MESSAGES, "Which?", ["x", "y"])]
    assert each_order(answers) == [pytest.approx([0.5, 0.5]), pytest.approx([0.8, 0.2])]
    assert mean_probabilities(answers) == pytest.approx([0.65, 0.35])
