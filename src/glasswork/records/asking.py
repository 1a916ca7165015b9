"""What is asked of a model, and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import Field

from glasswork.records.base import Record


class Message(Record):
    """One turn of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(Record):
    """One question to a model, in the form the answer must have."""

    messages: tuple[Message, ...]
    form: Literal["text", "json", "label"] = "text"
    """``text``: free. ``json``: an instance of ``json_schema``. ``label``: exactly one of ``labels``, one token."""
    json_schema: dict[str, Any] | None = None
    labels: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    """For the form ``text``: the answer ends before the first of these; the text does not hold it."""
    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    seed: int = 0

    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of this request: with its place, the key of its answer."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Usage(Record):
    """Tokens, as the server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int | None = None
    """Prompt tokens that the server took from its cache; None where it does not say."""

    @property
    def total(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def spent(self) -> tuple[int, int]:
        """Tokens read and written, as an error carries them (:class:`~glasswork.errors.ModelError`)."""
        return self.prompt_tokens, self.completion_tokens

    @classmethod
    def of(cls, spent: tuple[int, int]) -> Usage:
        """Return what an error says that was spent."""
        read, written = spent
        return cls(prompt_tokens=read, completion_tokens=written)

    def __add__(self, other: Usage) -> Usage:
        cached = None
        if self.cached_tokens is not None or other.cached_tokens is not None:
            cached = (self.cached_tokens or 0) + (other.cached_tokens or 0)
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=cached,
        )


class Completion(Record):
    """One answer of a model, already of the form that was asked."""

    text: str
    data: Any = None
    """The parsed instance of the schema, for the form ``json``."""
    logprobs: dict[str, float | None] | None = None
    """For the form ``label``: natural-log probability of each label as the next token; None where it is censored
    (below the least likely token that the server listed)."""
    logprob_floor: float | None = None
    """For the form ``label``: log-probability of the least likely token listed, an upper bound for censored labels."""
    reasoning: str = ""
    """Raw reasoning that the server sent apart from the answer; never mixed with a stated explanation."""
    finish_reason: Literal["stop", "length"] = "stop"
    usage: Usage = Usage()
    model: str = ""
    seconds: float = 0.0
    obtained: Literal["constrained", "extracted", "repaired", "free"] = "free"
    """How an answer in the asked form was come by: by the server's constraint, by taking it out of a longer text,
    by asking again with the error, or without need of either."""
    wasted: Usage = Usage()
    """What attempts at the same question used before this one, and which failed; not part of ``usage``."""


Ask = Callable[[str, Request], Awaitable[Completion]]
"""Asks a model at a *place* (``"build#1/plan"``): what agents are given instead of a model."""


# --- events -----------------------------------------------------------------------------------------------------------


class ModelAnswered(Record):
    """A model's answer, keyed by the place it was asked at and the digest of what was asked."""

    type: Literal["model.answered"] = "model.answered"
    place: str
    digest: str
    request: Request
    completion: Completion
    attempt: int = 1
    cost: float = 0.0
    """By the price of the model in ``models.yaml``; 0 where it has none."""
    seed: int | None = None
    """What this attempt was sent with in place of the request's seed, after an answer that could not be used."""
    temperature: float | None = None
    """The same of the temperature."""


class ModelFailed(Record):
    """One attempt to get an answer that failed."""

    type: Literal["model.failed"] = "model.failed"
    place: str
    digest: str
    attempt: int
    code: str
    message: str
    raw: str = ""
    will_retry: bool
    seconds: float = 0.0
    usage: Usage = Usage()
    """What it used, as far as that is known."""
    cost: float = 0.0
    seed: int | None = None
    temperature: float | None = None
