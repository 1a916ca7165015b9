"""What a reasoning strategy is given, and what it hands back.

A strategy thinks and names options. The choice is read afterwards, in the same way for all of them
(:func:`glasswork.models.choice.choose`), so that strategies can be compared; only where a method is a way to come from
thoughts to an answer (counting votes, answering from the reasoning alone) does it hand back the choice as well.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, Protocol

from glasswork.definitions import PlanDef
from glasswork.models.choice import Choice
from glasswork.models.messages import with_instruction
from glasswork.records import Ask, Event, Message, Option, Recorder, Request
from glasswork.registry import Registry

OPTION_LENGTH = 240
"""Characters of an option at most: it must fit a line of the log."""

_NUMBER = re.compile(r"^(?:(?:option|approach)\s+)?(?:\d{1,2}|[A-Z])\s*[.:)]\s+", re.IGNORECASE)
"""``Option 1: ``, ``2) ``: how models like to begin, in a list that is numbered anyway."""


def _forgotten(_: Event) -> None:
    """Take an event that nobody keeps."""


@dataclass(frozen=True)
class Planning:
    """One planning to be done."""

    ask: Ask
    place: str
    """``build#1/plan``; further questions append to it."""
    context: tuple[Message, ...]
    """The role, and the segments: the prefix that all stages of the decision share."""
    settings: PlanDef
    seed: int
    record: Recorder = _forgotten
    """Takes thoughts, where a strategy has several."""

    @property
    def decision(self) -> str:
        """The decision that this is the plan of."""
        return self.place.partition("/")[0]

    def seeded(self, place: str) -> int:
        """Return a seed of its own for every place, the same in every run with the same seed: 31 bits."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}:{place}".encode()).digest()[:4]) >> 1

    def request(self, instruction: str, schema: dict[str, object]) -> Request:
        """Ask for an instance of ``schema``, with ``instruction`` as the last thing read."""
        return Request(
            messages=with_instruction(self.context, instruction),
            form="json",
            json_schema=schema,
            max_tokens=self.settings.max_tokens,
            temperature=self.settings.temperature,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Proposal:
    """What a strategy came to."""

    options: tuple[str, ...]
    """Distinct, in the order they were named; at least one."""
    transcript: tuple[Message, ...]
    """The context with what was asked and answered while planning: the prefix of the choice and of the act."""
    thinking: str = ""
    reasoning: str = ""
    """Raw reasoning that the server sent apart."""
    expected: tuple[Option, ...] = ()
    """What somebody else is expected to do, where that was weighed."""
    choice: Choice | None = None
    """The choice among the options, where the method itself makes it."""
    read: Literal["weighed", "reasoning", "votes"] = "weighed"
    """How it made it."""


class Strategy(Protocol):
    """A way to plan."""

    async def __call__(self, planning: Planning) -> Proposal:
        """Think, and name options."""
        ...


strategies: Registry[Strategy] = Registry("reasoning strategy", "glasswork.reasoning")
"""Every strategy by the name that an agent's file calls it."""


def distinct(options: list[str]) -> tuple[str, ...]:
    """Drop blank and repeated options (letter case and full stops apart), keeping the first of each, unnumbered."""
    seen: dict[str, str] = {}
    for option in options:
        text = unnumbered(option)
        if text:
            seen.setdefault(gist(text), text)
    return tuple(seen.values())


def unnumbered(option: str) -> str:
    """Return an option on one line, without the number that it begins with."""
    return _NUMBER.sub("", " ".join(option.split()))


def gist(option: str) -> str:
    """Return what is the same of options that differ in letter case and full stops only."""
    return unnumbered(option).casefold().rstrip(" .;")


def option_list(settings: PlanDef) -> dict[str, object]:
    """Return the JSON schema of a list of options, bounded in number and length."""
    option = {"type": "string", "minLength": 1, "maxLength": OPTION_LENGTH}
    return {"type": "array", "items": option, "minItems": min(2, settings.options), "maxItems": settings.options}
