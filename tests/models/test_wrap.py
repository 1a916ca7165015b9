"""The retry layer: deadline, back-off, budget, recorded answers, records."""

from __future__ import annotations

import asyncio
import time

import pytest

from glasswork.definitions import PriceDef, RetryDef
from glasswork.errors import (
    BudgetExceeded,
    InvalidOutput,
    ModelBusy,
    ModelError,
    ModelServerError,
    ModelTimeout,
    Waiting,
)
from glasswork.models import wrap
from glasswork.models.scripted import ScriptedModel
from glasswork.models.wrap import asking
from glasswork.records import Completion, Message, ModelAnswered, ModelFailed, Request, TextArrived, Usage

ASKED = Request(messages=(Message(role="user", content="Say fine."),))
FINE = {"text": "fine indeed"}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(wrap, "FIRST_WAIT", 0.01)


class Counted:
    """A gate that counts."""

    def __init__(self, calls: int) -> None:
        self.left, self.settled, self.withdrawn = calls, [], []

    async def reserve(self, request: Request, price: PriceDef | None) -> object:
        if not self.left:
            raise BudgetExceeded("no calls left")
        self.left -= 1
        return self.left

    def settle(self, ticket: object, usage: Usage | None) -> None:
        self.settled.append((ticket, usage))

    def withdraw(self, ticket: object) -> None:
        self.withdrawn.append(ticket)


def make(*answers, retry: RetryDef | None = None, timeout: float = 5, **more):
    events = []
    ask = asking(ScriptedModel(answers), retry=retry or RetryDef(), timeout=timeout, record=events.append, **more)
    return ask, events


async def test_an_answer_is_recorded_with_its_request():
    ask, events = make(FINE)
    completion = await ask("build#1/act", ASKED)
    assert events == [
        ModelAnswered(place="build#1/act", digest=ASKED.digest(), request=ASKED, completion=completion, attempt=1)
    ]


async def test_failures_are_recorded_one_by_one():
    ask, events = make({"error": "server_error", "times": 1}, {"error": "busy", "times": 1}, FINE)
    assert (await ask("x", ASKED)).text == "fine indeed"
    assert [type(event) for event in events] == [ModelFailed, ModelFailed, ModelAnswered]
    assert [(event.code, event.will_retry) for event in events[:2]] == [("server_error", True), ("busy", True)]
    assert events[2].attempt == 3


async def test_the_last_error_is_the_one_raised():
    ask, events = make({"error": "busy", "times": 2}, {"error": "server_error"})
    with pytest.raises(ModelServerError):
        await ask("x", ASKED)
    assert [event.will_retry for event in events] == [True, True, False]


@pytest.mark.parametrize("code", ["refused", "context_overflow"])
async def test_what_cannot_help_is_not_tried_again(code):
    ask, events = make({"error": code})
    with pytest.raises(ModelError):
        await ask("x", ASKED)
    assert [event.code for event in events] == [code]


async def test_only_the_listed_codes_are_retried():
    ask, events = make({"error": "invalid_output"}, retry=RetryDef(max=5, on=("timeout",)))
    with pytest.raises(InvalidOutput):
        await ask("x", ASKED)
    assert len(events) == 1


async def test_no_retries_at_all():
    ask, events = make({"error": "busy"}, retry=RetryDef(max=0))
    with pytest.raises(ModelBusy):
        await ask("x", ASKED)
    assert len(events) == 1


async def test_the_deadline_holds_for_all_attempts_together():
    started = time.monotonic()
    ask, events = make({"error": "busy", "delay": 0.15}, retry=RetryDef(max=10), timeout=0.4)
    with pytest.raises(ModelError):
        await ask("x", ASKED)
    assert time.monotonic() - started < 1.4
    assert 1 <= len(events) <= 3
    assert events[-1].will_retry is False


async def test_a_hang_is_cut():
    ask, events = make({"text": "late", "delay": 60}, timeout=0.1)
    with pytest.raises(ModelTimeout, match=r"scripted gave no full answer within 0\.1 s"):
        await ask("x", ASKED)
    assert events[0].code == "timeout"


class Spoilt:
    """Gives answers that cannot be used, and remembers what it was sent."""

    name, context = "spoilt", None

    def __init__(self, *codes) -> None:
        self.codes, self.sent = [*codes], []

    async def complete(self, request, *, place="", on_text=None):
        self.sent.append(request)
        if self.codes:
            error = self.codes.pop(0)("no")
            error.spent = (30, 4)
            raise error
        return Completion(text="fine", usage=Usage(prompt_tokens=30, completion_tokens=1))

    async def aclose(self):
        pass


async def test_after_an_answer_that_cannot_be_used_another_is_drawn():
    model, events = Spoilt(ModelBusy, InvalidOutput, InvalidOutput), []
    ask = asking(model, retry=RetryDef(max=5), timeout=60, record=events.append, price=PriceDef(prompt=1e6))
    asked = ASKED.model_copy(update={"seed": 2**31 - 1})
    await ask("x", asked)
    assert [(one.seed, one.temperature) for one in model.sent] == [(2**31 - 1, 0), (2**31 - 1, 0), (0, 0.7), (1, 0.7)]
    assert [(one.seed, one.temperature) for one in events] == [(None, None), (None, None), (0, 0.7), (1, 0.7)]
    assert {one.digest for one in events} == {asked.digest()}, "an answer is found by what was asked"
    assert events[-1].request == asked


async def test_a_hotter_question_stays_as_hot_and_a_label_as_it_is():
    hot = ASKED.model_copy(update={"temperature": 1.2})
    assert wrap.another(hot, 1).temperature == 1.2
    label = ASKED.model_copy(update={"form": "label", "labels": ("A", "B")})
    assert wrap.another(label, 3) == label


async def test_what_failed_attempts_took_is_recorded_and_settled():
    gate, events = Counted(9), []
    ask = asking(
        Spoilt(InvalidOutput), retry=RetryDef(), timeout=60, record=events.append, gate=gate, price=PriceDef(prompt=1e6)
    )
    completion = await ask("x", ASKED)
    took = Usage(prompt_tokens=30, completion_tokens=4)
    assert (events[0].usage, events[0].cost) == (took, 30)
    assert completion.wasted == took
    assert [usage for _, usage in gate.settled] == [took, completion.usage]
    ask = asking(Spoilt(InvalidOutput, InvalidOutput), retry=RetryDef(max=1), timeout=60, record=print)
    with pytest.raises(InvalidOutput) as wrong:
        await ask("x", ASKED)
    assert wrong.value.spent == (60, 8)


class Busy:
    """Asks to be left alone for a while, ever again."""

    name, context = "busy", None

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after

    async def complete(self, request, *, place="", on_text=None):
        raise ModelBusy("later", retry_after=self.retry_after)

    async def aclose(self):
        pass


@pytest.mark.parametrize(("retry_after", "attempts"), [(0.15, 3), (30.0, 1)])
async def test_retry_after_is_honoured_where_it_fits(retry_after, attempts):
    events = []
    ask = asking(Busy(retry_after), retry=RetryDef(max=2), timeout=5, record=events.append)
    started = time.monotonic()
    with pytest.raises(ModelBusy):
        await ask("x", ASKED)
    assert len(events) == attempts
    assert (attempts - 1) * retry_after <= time.monotonic() - started < 2


def test_back_off_grows_is_capped_and_repeats(monkeypatch):
    monkeypatch.setattr(wrap, "FIRST_WAIT", 0.5)
    question = wrap._Question(Busy(1), "x", ASKED, ASKED.digest(), RetryDef(), 1, 1, print, None, None, None, ())
    waits = [question._backoff(attempt) for attempt in range(1, 12)]
    assert waits == [question._backoff(attempt) for attempt in range(1, 12)]
    assert all(min(20, 0.5 * 2**i) / 2 <= wait <= min(20, 0.5 * 2**i) for i, wait in enumerate(waits))


async def test_the_budget_is_asked_before_and_told_after_each_attempt():
    gate = Counted(2)
    ask, events = make({"error": "busy", "times": 1}, FINE, gate=gate)
    completion = await ask("x", ASKED)
    assert gate.settled == [(1, Usage()), (0, completion.usage)]
    with pytest.raises(BudgetExceeded):
        await ask("x", ASKED)
    assert len(events) == 2, "a call that was not made leaves no record"


async def test_a_cancelled_attempt_gives_its_ticket_back():
    gate = Counted(1)
    ask, _ = make({"text": "late", "delay": 60}, gate=gate)
    task = asyncio.create_task(ask("x", ASKED))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (gate.withdrawn, gate.settled) == ([0], [])


class Remembered:
    """A past that holds one answer, failed attempts, or an error."""

    def __init__(self, place, answer=None, failures=(), error=None):
        self.place, self.answer, self.failures, self.error = place, answer, failures, error

    def recall(self, place, request):
        return self if place == self.place else Remembered(place)


def answered(text):
    return ModelAnswered(place="x", digest=ASKED.digest(), request=ASKED, completion=Completion(text=text))


def failed(attempt, *, will_retry):
    return ModelFailed(
        place="x", digest=ASKED.digest(), attempt=attempt, code="busy", message="later", will_retry=will_retry
    )


async def test_recorded_answers_come_first_cost_nothing_and_are_emitted_again():
    recorded, gate = answered("as before"), Counted(1)
    ask, events = make(FINE, gate=gate, past=Remembered("x", recorded, (failed(1, will_retry=True),)))
    assert await ask("x", ASKED) is recorded.completion
    assert events == [failed(1, will_retry=True), recorded]
    assert gate.left == 1
    assert (await ask("y", ASKED)).text == "fine indeed", "another place is another question"


async def test_a_question_that_failed_before_is_asked_again_and_attempts_are_counted_on():
    ask, events = make(FINE, past=Remembered("x", failures=(failed(1, will_retry=True), failed(2, will_retry=False))))
    assert (await ask("x", ASKED)).text == "fine indeed"
    assert [event.attempt for event in events] == [1, 2, 3]


async def test_a_past_can_hold_an_error_in_place_of_an_answer():
    ask, _ = make(FINE, past=Remembered("x", error=Waiting("the log ends")))
    with pytest.raises(Waiting):
        await ask("x", ASKED)


async def test_a_call_says_what_it_cost():
    spent = {"prompt_tokens": 2_000_000, "completion_tokens": 1_000_000}
    ask, events = make({"text": "fine", "usage": spent}, price=PriceDef(prompt=0.5, completion=2.0))
    await ask("x", ASKED)
    assert events[-1].cost == pytest.approx(3.0)


async def test_text_is_watched_as_it_arrives():
    seen = []
    ask, _ = make(FINE, watch=seen.append)
    await ask("build#1/act", ASKED)
    assert all(isinstance(notice, TextArrived) and notice.place == "build#1/act" for notice in seen)
    assert "".join(notice.text for notice in seen) == "fine indeed"
    assert len(seen) == 2


async def test_a_bug_is_not_taken_for_a_model_error():
    class Broken(Busy):
        async def complete(self, request, *, place="", on_text=None):
            raise ZeroDivisionError

    ask = asking(Broken(0), retry=RetryDef(), timeout=5, record=print)
    with pytest.raises(ZeroDivisionError):
        await ask("x", ASKED)


async def test_a_timeout_error_of_the_models_own_is_not_the_deadline():
    class Own(Busy):
        async def complete(self, request, *, place="", on_text=None):
            raise TimeoutError

    ask = asking(Own(0), retry=RetryDef(), timeout=5, record=print)
    with pytest.raises(TimeoutError):
        await ask("x", ASKED)
