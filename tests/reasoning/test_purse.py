"""A purse is never overdrawn, and what it lets through does not hang on which answer comes first."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import InvalidOutput, ModelUnreachable
from glasswork.models.estimate import prompt_tokens
from glasswork.reasoning.purse import Purse
from glasswork.records import Completion, Message, Request, Usage


def request(size: int, most: int = 20) -> Request:
    return Request(messages=(Message(role="user", content="x" * size),), max_tokens=most)


class Server:
    """Takes as long, and as many tokens, as it is told; a prompt may count for more than it looks."""

    def __init__(self, delays=(), written=(), dearer=1.0):
        self.delays, self.written, self.dearer = list(delays), list(written), dearer
        self.asked = []

    async def __call__(self, place, asked):
        number = len(self.asked)
        self.asked.append(place)
        for _ in range(self.delays[number % len(self.delays)] if self.delays else 0):
            await asyncio.sleep(0)
        answer = min(asked.max_tokens, self.written[int(place) % len(self.written)] if self.written else 5)
        prompt = int(prompt_tokens(asked) * self.dearer)
        return Completion(text=place, usage=Usage(prompt_tokens=prompt, completion_tokens=answer))


jobs_of = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 60)), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    sizes=jobs_of,
    tokens=st.integers(0, 800),
    parallel=st.integers(1, 5),
    delays=st.lists(st.integers(0, 5), max_size=6),
    written=st.lists(st.integers(1, 60), max_size=6),
)
def test_a_budget_is_never_passed_and_the_order_of_answers_does_not_matter(sizes, tokens, parallel, delays, written):
    jobs = [(str(n), request(size, most)) for n, (size, most) in enumerate(sizes)]
    seen = []
    for late in (delays, [5 - d for d in delays]):
        server = Server(late, written)
        purse = Purse(server, tokens, parallel)
        answers = asyncio.run(purse.all(jobs))
        assert purse.spent <= tokens
        assert purse.calls == len(server.asked)
        texts = [answer.text if answer else None for answer in answers]
        asked = texts.index(None) if None in texts else len(texts)
        assert texts == [str(n) for n in range(asked)] + [None] * (len(jobs) - asked)
        seen.append((texts, purse.spent))
    assert seen[0] == seen[1]


@settings(deadline=None)
@given(sizes=jobs_of, tokens=st.integers(1, 800), parallel=st.integers(1, 5))
def test_a_control_spends_all_and_at_most_one_question_more(sizes, tokens, parallel):
    jobs = [(str(n), request(size, most)) for n, (size, most) in enumerate(sizes)]
    purse = Purse(Server(), tokens, parallel, to_the_end=True)
    answers = asyncio.run(purse.all(jobs))
    largest = max(purse.most(one) for _, one in jobs)
    assert purse.spent < tokens + largest
    assert purse.spent >= tokens or None not in answers


def test_a_language_that_counts_for_more_is_learnt_from():
    server = Server(dearer=3.0)
    purse = Purse(server, 400, 1)
    answers = asyncio.run(purse.all([(str(n), request(100)) for n in range(9)]))
    assert purse.spent <= 400
    assert sum(answer is not None for answer in answers) == 4
    assert purse.holds([request(100)]) is False


def test_without_a_limit_all_are_asked():
    purse = Purse(Server(), None, 4)
    assert None not in asyncio.run(purse.all([(str(n), request(10)) for n in range(9)]))
    assert purse.calls == 9


async def test_an_answer_that_cannot_be_used_is_one_of_many():
    async def ask(place, asked):
        if place == "1":
            raise InvalidOutput("it is not JSON")
        return Completion(text=place)

    answers = await Purse(ask, None, 2).all([(str(n), request(1)) for n in range(3)])
    assert isinstance(answers[1], InvalidOutput)
    assert answers[2].text == "2"


async def test_no_answer_at_all_is_an_error_of_the_first_that_has_none():
    async def ask(place, asked):
        for _ in range(3 - int(place)):
            await asyncio.sleep(0)
        raise ModelUnreachable(f"nobody at {place}")

    with pytest.raises(ModelUnreachable, match="nobody at 0"):
        await Purse(ask, None, 3).all([(str(n), request(1)) for n in range(3)])


async def test_attempts_that_failed_cost_what_they_took():
    wasted = Usage(prompt_tokens=40, completion_tokens=20)

    async def spoilt(place, asked):
        if place == "2":
            error = InvalidOutput("no")
            error.spent = (100, 7)
            raise error
        return Completion(text="", usage=Usage(prompt_tokens=5, completion_tokens=1), wasted=wasted)

    purse = Purse(spoilt, 300)
    await purse.all([("1", request(8)), ("2", request(8))])
    assert purse.spent == 66 + 107
    with pytest.raises(InvalidOutput):
        await purse.one("2", request(8))
    assert (purse.spent, purse.calls) == (66 + 2 * 107, 3)
