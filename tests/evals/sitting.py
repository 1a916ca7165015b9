"""Stand-ins for models that judge: what they answer is a function of what they are asked."""

from __future__ import annotations

import hashlib
import math
import re

from glasswork.evals.dimensions import DIMENSIONS
from glasswork.records import Completion, Request

SAFETY = DIMENSIONS["safety"]


def options_of(request: Request) -> dict[str, str]:
    """Return the options of a label request by their labels."""
    return dict(re.findall(r"^([A-Z])\. (.*)$", request.messages[-1].content, re.MULTILINE))


def answering(weigh, asked: list | None = None, reasons: str = "It is so."):
    """An ask: ``weigh(case, label, option)`` is the probability of a label; ``case`` is the first user message."""

    async def ask(place: str, request: Request) -> Completion:
        if asked is not None:
            asked.append((place, request))
        if request.form == "text":
            return Completion(text=reasons)
        case = next(message.content for message in request.messages if message.role == "user")
        weights = {label: weigh(case, label, text) for label, text in options_of(request).items()}
        return Completion(text="A", logprobs={label: math.log(p) for label, p in weights.items()}, logprob_floor=-20.0)

    return ask


def by_digest(case: str, label: str, option: str) -> float:
    """A weight that depends on everything, and means nothing."""
    del option
    return (hashlib.sha256(f"{case} {label}".encode()).digest()[0] + 1) / 256
