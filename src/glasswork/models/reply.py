"""What one chat completion says, gathered from its pieces without trusting their shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from glasswork.errors import InvalidOutput, ModelError, ModelRefused
from glasswork.models.failures import from_error_object, no_answer
from glasswork.records import Usage

BLANKS = 100
"""Blanks in a row, outside a string, after which an answer in JSON is given up: a grammar lets them go on for ever, and
small models take that up (vLLM pays for them until ``max_tokens``)."""
_ABORTED = {"abort", "aborted", "cancelled", "error"}
"""Finish reasons with which servers (vLLM among them) say that they gave up."""


@dataclass
class Blanks:
    """Counts the blanks that an answer in JSON ends with, strings apart."""

    run: int = 0
    _string: bool = False
    _escaped: bool = False

    def endless(self, text: str) -> bool:
        """Read on; whether there were too many in a row."""
        for character in text:
            if self._string:
                self._string = self._escaped or character != '"'
                self._escaped = character == "\\" and not self._escaped
            elif character.isspace():
                self.run += 1
                if self.run >= BLANKS:
                    return True
            else:
                self.run, self._string = 0, character == '"'
        return False


@dataclass
class Reply:
    """A chat completion in the making: feed it every piece, then :meth:`check` it."""

    address: str
    blanks: Blanks | None = None
    """Of an answer that is to be JSON."""
    text: str = ""
    reasoning: str = ""
    finish: str = ""
    usage: Usage | None = None
    tops: list[dict[str, Any]] = field(default_factory=list)
    """One entry for each token whose log-probabilities came: OpenAI's ``logprobs.content``."""
    pieces: int = 0

    def feed(self, piece: object) -> str:
        """Take one stream chunk, or one whole completion, and return the text that it adds.

        Raises:
            InvalidOutput: it is to be JSON, and goes on in blanks.
            ModelError: the piece is no object, or carries an error.
        """
        if not isinstance(piece, dict):
            raise no_answer(f"{self.address} sent a piece that is no object", repr(piece))
        if piece.get("error"):
            raise from_error_object(piece["error"], self.address)
        self.pieces += 1
        self._count(piece)
        choices = piece.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        return self._take(choices[0])

    def _take(self, choice: dict[str, Any]) -> str:
        said = _dict(choice.get("delta")) or _dict(choice.get("message"))
        # vLLM calls it `reasoning` since 0.11, llama.cpp and older vLLM `reasoning_content`; some send both alike.
        self.reasoning += _text(said.get("reasoning")) or _text(said.get("reasoning_content"))
        self.finish = _text(choice.get("finish_reason")) or self.finish
        self.tops += [one for one in _list(_dict(choice.get("logprobs")).get("content")) if isinstance(one, dict)]
        added = _text(said.get("content"))
        self.text += added
        if self.blanks is not None and self.blanks.endless(added):
            raise InvalidOutput(f"the answer went on in blanks ({BLANKS} in a row), and was given up", raw=self.text)
        return added

    def _count(self, piece: dict[str, Any]) -> None:
        usage = _dict(piece.get("usage"))
        if not usage:
            return
        cached = _dict(usage.get("prompt_tokens_details")).get(
            "cached_tokens", _dict(piece.get("timings")).get("cache_n")
        )
        self.usage = Usage(
            prompt_tokens=_count_of(usage.get("prompt_tokens")),
            completion_tokens=_count_of(usage.get("completion_tokens")),
            cached_tokens=None if cached is None else _count_of(cached),
        )

    def check(self) -> None:
        """See that this is a whole answer.

        Raises:
            ModelServerError: nothing came, it was cut, the server gave up, or it ended without a word.
            ModelRefused: the server's filter withheld the answer.
        """
        self.text, self.reasoning = _whole(self.text), _whole(self.reasoning)
        if wrong := self._wrong():
            raise wrong

    def _wrong(self) -> ModelError | None:
        raw = self.text or self.reasoning
        if not self.pieces or not (self.finish or raw):
            return no_answer(f"{self.address} sent no answer", raw)
        if not self.finish:
            return no_answer(f"the answer of {self.address} was cut: it came without a finish reason", raw)
        if self.finish in _ABORTED:
            return no_answer(f"{self.address} gave up in the middle of its answer ({self.finish})", raw)
        if self.finish == "content_filter":
            return ModelRefused(f"{self.address} withheld the answer: its content filter", raw=raw)
        if self.finish != "length" and not self.text.strip() and not self.reasoning.strip():
            return no_answer(f"{self.address} sent an empty answer (finish reason {self.finish})", raw)
        return None

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """``length`` where the answer was cut by the token limit, ``stop`` otherwise."""
        return "length" if self.finish == "length" else "stop"


def _whole(text: str) -> str:
    """Join surrogate pairs that were split over two pieces; half a pair becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count_of(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
