"""Asking a model whether a passage states what a question asks: the log-odds of its yes, over both orders."""

from __future__ import annotations

import hashlib
import math

from glasswork.models.choice import choose
from glasswork.records import Ask, Message

CALLS = 2
"""Questions to the model for one passage: yes first, and no first."""
_SYSTEM = "You judge whether a passage states what is needed to answer a question. You go by its words alone."
_QUESTION = "Does the passage state what is needed to answer the question?"
_ANSWERS = ("Yes, it states it.", "No, it does not state it.")
_LEAST = 1e-6
PROMPT = hashlib.sha256("\n".join([_SYSTEM, _QUESTION, *_ANSWERS]).encode()).hexdigest()[:12]
"""Digest of the words: a calibration holds for them alone."""


async def judged(ask: Ask, place: str, question: str, text: str, seed: int = 0) -> float:
    """Return the log-odds, in nats, that a model gives to yes.

    Args:
        ask: asks the model.
        place: where in the run: ``find#1/judge/3``.
        question: as it was asked.
        text: the passage's.
        seed: of the run.

    Raises:
        ModelError: a request failed.
    """
    messages = (
        Message(role="system", content=_SYSTEM),
        Message(role="user", content=f"Question: {question}\n\nPassage:\n{text}"),
    )
    choice = await choose(ask, place, messages, _ANSWERS, question=_QUESTION, seed=seed)
    p = min(max(choice.options[0].probability, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))
