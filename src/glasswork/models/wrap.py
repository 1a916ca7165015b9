"""The one retry layer: between those who ask and a model stand a deadline, a budget, recorded answers and the log."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from glasswork.definitions import PriceDef, RetryDef
from glasswork.errors import GlassworkError, InvalidOutput, ModelError, ModelTimeout
from glasswork.models.base import Model, OnText
from glasswork.records import (
    Ask,
    Completion,
    ModelAnswered,
    ModelFailed,
    Recorder,
    Request,
    TextArrived,
    Usage,
    Watcher,
)

WARM = 0.7
"""The least temperature of another attempt after an answer that could not be used."""
_SEEDS = 2**31
FIRST_WAIT = 0.5
"""Seconds before the second attempt, at most; each further wait is up to twice as long."""
LONGEST_WAIT = 20.0


class Gate(Protocol):
    """A budget: asked before every attempt, told after it."""

    async def reserve(self, request: Request, price: PriceDef | None) -> object:
        """Set aside what ``request`` may cost and return a ticket for it.

        Raises:
            BudgetExceeded: the budget does not hold that much; the call is then not made.
        """
        ...

    def settle(self, ticket: object, usage: Usage) -> None:
        """Replace what was set aside by what was spent; of an attempt that failed, as far as that is known."""
        ...

    def withdraw(self, ticket: object) -> None:
        """Take a reservation back: the attempt was cancelled, so that no record will count it."""
        ...


class Recalled(Protocol):
    """What is recorded of one question."""

    @property
    def failures(self) -> Sequence[ModelFailed]:
        """Attempts that failed."""
        ...

    @property
    def answer(self) -> ModelAnswered | None:
        """The answer."""
        ...

    @property
    def error(self) -> GlassworkError | None:
        """What to raise in place of asking, where there is no answer."""
        ...


class Memory(Protocol):
    """What an earlier sitting of a run recorded."""

    def recall(self, place: str, request: Request) -> Recalled:
        """Return what is recorded of a question; nothing, where it was never asked.

        Raises:
            Diverged: something else was asked at this place.
        """
        ...


def asking(
    model: Model,
    *,
    retry: RetryDef,
    timeout: float,
    record: Recorder,
    watch: Watcher | None = None,
    gate: Gate | None = None,
    past: Memory | None = None,
    price: PriceDef | None = None,
) -> Ask:
    """Make the function that agents ask a model with.

    Args:
        model: who answers.
        retry: how many further attempts, and after which errors.
        timeout: wall-clock seconds for one question, all attempts and the waits between them together.
        record: takes a :class:`ModelFailed` for every failed attempt and a :class:`ModelAnswered` for the answer.
        watch: takes a :class:`TextArrived` for every piece of a free text as it is written.
        gate: the budget.
        past: what was recorded before: served first, at no cost, and handed to ``record`` like anything else.
        price: what the model's tokens cost.

    Returns:
        ``ask(place, request)``, which raises the last attempt's :class:`ModelError`, or ``BudgetExceeded``.
    """

    async def ask(place: str, request: Request) -> Completion:
        failures: Sequence[ModelFailed] = ()
        if past is not None:
            recalled = past.recall(place, request)
            for event in recalled.failures:
                record(event)
            if recalled.answer is not None:
                record(recalled.answer)
                return recalled.answer.completion
            if recalled.error is not None:
                raise recalled.error
            failures = recalled.failures
        deadline = time.monotonic() + timeout
        question = _Question(
            model, place, request, request.digest(), retry, timeout, deadline, record, watch, gate, price, failures
        )
        return await question.answer()

    return ask


@dataclass(frozen=True)
class _Question:
    """One question on its way to an answer."""

    model: Model
    place: str
    request: Request
    digest: str
    retry: RetryDef
    timeout: float
    deadline: float
    record: Recorder
    watch: Watcher | None
    gate: Gate | None
    price: PriceDef | None
    earlier: Sequence[ModelFailed]
    """Attempts that failed in an earlier sitting; the allowance of further attempts begins anew."""

    async def answer(self) -> Completion:
        """Attempt until there is an answer, or an error that another attempt would not mend."""
        failures = [*self.earlier]
        while True:
            attempt, started = len(failures) + 1, time.monotonic()
            sent = another(self.request, sum(one.code == InvalidOutput.code for one in failures))
            try:
                completion = await self._attempt(sent)
            except ModelError as error:
                wait = self._wait_before_next(error, attempt)
                failed = self._failed(error, attempt, sent, wait is not None, time.monotonic() - started)
                self.record(failed)
                failures.append(failed)
                if wait is None:
                    error.spent = _used(failures).spent
                    raise
                await asyncio.sleep(wait)
            else:
                completion = completion.model_copy(update={"wasted": _used(failures)})
                self._record_answer(completion, attempt, sent)
                return completion

    async def _attempt(self, sent: Request) -> Completion:
        ticket = await self.gate.reserve(sent, self.price) if self.gate else None
        spent = Usage()
        limit = asyncio.timeout(self.deadline - time.monotonic())
        try:
            async with limit:
                completion = await self.model.complete(sent, place=self.place, on_text=self._on_text())
            spent = completion.usage
        except ModelError as error:
            spent = Usage.of(error.spent)
            raise
        except asyncio.CancelledError:
            if self.gate:
                self.gate.withdraw(ticket)
                ticket = None
            raise
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ModelTimeout(
                f"{self.model.name} gave no full answer within {self.timeout:g} s",
                hint="give the step a longer 'timeout', or ask for less",
            ) from error
        finally:
            if self.gate and ticket is not None:
                self.gate.settle(ticket, spent)
        return completion

    def _on_text(self) -> OnText | None:
        watch = self.watch
        if watch is None or self.request.form != "text":
            return None
        return lambda text: watch(TextArrived(place=self.place, text=text))

    def _wait_before_next(self, error: ModelError, attempt: int) -> float | None:
        """Seconds to wait before another attempt; None where there is none to be."""
        here = attempt - len(self.earlier)
        if here > self.retry.max or error.code not in self.retry.on:
            return None
        wait = error.retry_after if error.retry_after is not None else self._backoff(here)
        return wait if wait < self.deadline - time.monotonic() else None

    def _backoff(self, attempt: int) -> float:
        """Exponential, capped, with jitter that is the same in every run of the same question."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
        jitter = random.Random(f"{self.place} {self.digest} {attempt}").uniform(0.5, 1.0)  # noqa: S311 - not a secret
        return longest * jitter

    def _failed(self, error: ModelError, attempt: int, sent: Request, will_retry: bool, seconds: float) -> ModelFailed:
        used = Usage.of(error.spent)
        return ModelFailed(
            place=self.place,
            digest=self.digest,
            attempt=attempt,
            code=error.code,
            message=error.message,
            raw=error.raw,
            will_retry=will_retry,
            seconds=seconds,
            usage=used,
            cost=cost(self.price, used),
            **self._otherwise(sent),
        )

    def _record_answer(self, completion: Completion, attempt: int, sent: Request) -> None:
        answered = ModelAnswered(
            place=self.place,
            digest=self.digest,
            request=self.request,
            completion=completion,
            attempt=attempt,
            cost=cost(self.price, completion.usage),
            **self._otherwise(sent),
        )
        self.record(answered)

    def _otherwise(self, sent: Request) -> dict[str, Any]:
        """Return what was sent otherwise than it was asked: the question stays what its answer is found by."""
        return {} if sent == self.request else {"seed": sent.seed, "temperature": sent.temperature}


def another(request: Request, spoilt: int) -> Request:
    """Return what to send after so many answers that could not be used: the same would bring the same once more.

    The seed is the next one, the temperature 0.7 at least. A label is read from probabilities, which hang on neither.
    """
    if not spoilt or request.form == "label":
        return request
    warm = {"seed": (request.seed + spoilt) % _SEEDS, "temperature": max(request.temperature, WARM)}
    return request.model_copy(update=warm)


def _used(failures: Sequence[ModelFailed]) -> Usage:
    """Return what attempts that failed used together, as far as that is known."""
    return sum((one.usage for one in failures), Usage())


def cost(price: PriceDef | None, usage: Usage) -> float:
    """Return what tokens cost."""
    if price is None:
        return 0.0
    return (price.prompt * usage.prompt_tokens + price.completion * usage.completion_tokens) / 1e6
