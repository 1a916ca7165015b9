"""Asking many questions within a number of tokens, whatever order the answers come in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from glasswork.errors import InvalidOutput
from glasswork.models.estimate import answer_tokens, prompt_tokens
from glasswork.records import Ask, Completion, Request, Usage

Job = tuple[str, Request]
"""A place, and what to ask there."""
Answer = Completion | InvalidOutput | None
"""None: the purse did not hold the question, and it was not asked."""


class Purse:
    """Asks, counts, and stops before a budget is passed.

    Questions go out in waves of at most ``parallel``, each only where what it may take at most is still there beside
    the rest of its wave. So what is asked hangs on the answers alone, and never on which of them came first. Attempts
    that failed count for what they took; nobody can foresee them, so they alone can pass the budget.
    """

    def __init__(self, ask: Ask, tokens: int | None = None, parallel: int = 1, *, to_the_end: bool = False) -> None:
        """Hold so many tokens, read and written; None: as many as it takes.

        ``to_the_end``: ask as long as anything is left, so that the last question may pass it. A control that is to
        spend no less than what it is held against needs that: it would be a question short otherwise.
        """
        self.tokens = tokens
        self._to_the_end = to_the_end
        self.calls = 0
        self.usage = Usage()
        self.refused = 0
        """Tokens that the last questions might have taken which were not asked."""
        self._ask = ask
        self._parallel = parallel
        self._dearer = 1.0
        """By how much prompts have been longer than estimated, at most: text of few letters a token."""

    @property
    def spent(self) -> int:
        """Tokens that were taken so far."""
        return self.usage.total

    def holds(self, requests: Sequence[Request]) -> bool:
        """Whether all these questions together fit what is left, however long their answers."""
        if self.tokens is None:
            return True
        most = [self.most(request) for request in requests]
        left = self.tokens - self.spent
        held = sum(most[:-1]) < left if self._to_the_end else sum(most) <= left
        if not held:
            self.refused = sum(most)
        return held

    def most(self, request: Request) -> int:
        """Return the most tokens that a question can take, by its length and the bound of its answer."""
        return int(prompt_tokens(request) * self._dearer) + 1 + answer_tokens(request)

    async def all(self, jobs: Sequence[Job]) -> list[Answer]:
        """Return the answers to questions, in their order; from the first that does not fit on, None.

        An answer that cannot be used is handed back as the error that it is: one of many thoughts may fail.

        Raises:
            ModelError: a question got no answer at all; of several the first.
            BudgetExceeded: a call would have passed the run's own budget.
        """
        answers: list[Answer] = []
        while len(answers) < len(jobs):
            wave = self._affordable(jobs[len(answers) :][: self._parallel])
            if not wave:
                break
            answers += await self._wave(wave)
        return answers + [None] * (len(jobs) - len(answers))

    async def one(self, place: str, request: Request) -> Completion:
        """Ask one question whatever is left, as a strategy does without which there is nothing; it counts.

        Raises:
            ModelError: there is no usable answer.
            BudgetExceeded: the call would have passed the run's own budget.
        """
        try:
            completion = await self._ask(place, request)
        except InvalidOutput as error:
            self._count_failed(error)
            raise
        self._count(request, completion)
        return completion

    def _affordable(self, jobs: Sequence[Job]) -> list[Job]:
        count = len(jobs)
        while count and not self.holds([request for _, request in jobs[:count]]):
            count -= 1
        return list(jobs[:count])

    async def _wave(self, jobs: Sequence[Job]) -> list[Answer]:
        asked = (self._ask(place, request) for place, request in jobs)
        answers: list[Answer] = []
        for (_, request), answer in zip(jobs, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, BaseException) and not isinstance(answer, InvalidOutput):
                raise answer
            if isinstance(answer, Completion):
                self._count(request, answer)
            else:
                self._count_failed(answer)
            answers.append(answer)
        return answers

    def _count(self, request: Request, completion: Completion) -> None:
        self.calls += 1
        self.usage += completion.usage + completion.wasted
        self._dearer = max(self._dearer, completion.usage.prompt_tokens / prompt_tokens(request))

    def _count_failed(self, error: InvalidOutput) -> None:
        self.calls += 1
        self.usage += Usage.of(error.spent)
