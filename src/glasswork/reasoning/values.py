"""What a thought is worth, read from the probabilities of label tokens: each by itself, or all against each other.

Yao et al. 2023 (arXiv 2305.10601) have a model write ``sure``, ``likely`` or ``impossible`` three times, and count; or
have it vote five times. Here the same is asked once in every order of the answers, for one token each, and what counts
are the probabilities: there is no sampling noise in them, and no favour for a position.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.models.choice import label_requests, mean_probabilities
from glasswork.reasoning.purse import Purse
from glasswork.records import Completion, Message

Question = tuple[str, Sequence[Message], str]
"""A place, what was said before, and what is asked."""

WORTH = (("surely", 1.0), ("perhaps", 0.5), ("hardly", 0.0))
"""Answers, and what each is worth."""


async def values(
    purse: Purse, questions: Sequence[Question], seed: int = 0, worth: Sequence[tuple[str, float]] = WORTH
) -> list[float | None]:
    """Return for each question the expected worth of its answer; None where the purse did not hold it.

    Questions with the same words are asked once.

    Raises:
        ModelError: a question got no answer.
    """
    options = [text for text, _ in worth]
    first: dict[tuple[tuple[str, ...], str], int] = {}
    same = [
        first.setdefault((tuple(m.content for m in before), text), index)
        for index, (_, before, text) in enumerate(questions)
    ]
    read = {index: await probabilities(purse, *questions[index], options, seed=seed) for index in dict.fromkeys(same)}
    weights = [weight for _, weight in worth]
    return [_expected(read[index], weights) for index in same]


async def votes(purse: Purse, question: Question, candidates: Sequence[str], seed: int = 0) -> list[float | None]:
    """Return each candidate's probability of being the one to go on with; None for all where the purse did not hold it.

    Raises:
        ModelError: a question got no answer.
    """
    if len(candidates) == 1:
        return [1.0]
    found = await probabilities(purse, *question, candidates, seed=seed)
    return list(found) if found is not None else [None] * len(candidates)


async def probabilities(
    purse: Purse, place: str, before: Sequence[Message], question: str, options: Sequence[str], *, seed: int = 0
) -> list[float] | None:
    """Return the probability of each option, averaged over all orders; None where the purse does not hold them all.

    Raises:
        ModelError: a question got no answer.
    """
    requests = label_requests(before, question, options, seed)
    if not purse.holds(requests):
        return None
    answers = await purse.all([(f"{place}/{shift}", request) for shift, request in enumerate(requests)])
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    completions = [answer for answer in answers if isinstance(answer, Completion)]
    return mean_probabilities(completions) if len(completions) == len(requests) else None


def _expected(found: Sequence[float] | None, weights: Sequence[float]) -> float | None:
    if found is None:
        return None
    return sum(p * weight for p, weight in zip(found, weights, strict=True))
