"""The stages of a dispatcher as decisions: each leaves what it saw, what it weighed, what it did, and why if asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from glasswork.errors import UserError
from glasswork.models.choice import Choice, choose
from glasswork.models.messages import with_instruction
from glasswork.models.pieces import pieces
from glasswork.models.schema import closed
from glasswork.places import decision_id
from glasswork.records import (
    Acted,
    Ask,
    Because,
    Completion,
    DecisionStarted,
    Explained,
    Message,
    Option,
    Planned,
    Recorder,
    Request,
    Segment,
)

AGENT = "dispatcher"
"""What the log calls whoever takes these decisions."""
WHY_LENGTH = 240
EXPLAINED = 400
"""Tokens of an explanation, at most."""
SYSTEM = "You are a dispatcher. You have requests fulfilled by tools, and keep to what you have before you."


class Fixed(Protocol):
    """What a person has decided in place of a stage, by forking a run."""

    @property
    def choose(self) -> str:
        """The label of the option to choose; empty: none."""
        ...

    @property
    def act(self) -> str | None:
        """What a person has written in place of the act; None: nothing."""
        ...


def _nobody_waits(decision: str, explained: asyncio.Task[Explained]) -> None:
    """Let an explanation be written without anybody waiting for it."""


@dataclass
class Desk:
    """Where the decisions of one dispatch are taken, one after the other: they are its turns."""

    ask: Ask
    record: Recorder
    step: str
    model: str = ""
    """What the log calls the model."""
    round: int = 1
    item: int = 0
    seed: int = 0
    explains: bool = False
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    on_explaining: Callable[[str, asyncio.Task[Explained]], None] = _nobody_waits
    turns: int = 0

    @property
    def place(self) -> str:
        """Where all of this stands in the run: ``ask#1``."""
        return decision_id(self.step, self.round, item=self.item)

    def sit(self, stage: str, strategy: str, sources: Sequence[tuple[str, str]], instruction: str = SYSTEM) -> Decision:
        """Begin a decision: record what it has before it, as pairs of source and text; the instruction comes first."""
        self.turns += 1
        segments = tuple(
            Segment(id=f"s{number}", source=source, text=text) for number, (source, text) in enumerate(sources, start=1)
        )
        decision = Decision(
            self, decision_id(self.step, self.round, item=self.item, turn=self.turns), segments, instruction
        )
        self.record(
            DecisionStarted(
                decision=decision.id,
                step=self.step,
                agent=AGENT,
                role=stage,
                model=self.model,
                strategy=strategy,
                segments=segments,
                explains=self.explains,
            )
        )
        return decision


@dataclass
class Decision:
    """One decision under way. ``transcript`` is what has been said, beginning with the segments."""

    desk: Desk
    id: str
    segments: tuple[Segment, ...]
    instruction: str
    transcript: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        told = f"What you have before you, each piece under its id:\n\n{pieces(self.segments)}"
        self.transcript = (Message(role="system", content=self.instruction), Message(role="user", content=told))

    @property
    def written(self) -> bool:
        """Whether a person has written the act, by forking a run: it is taken as it is."""
        fixed = self.desk.fixed.get(self.id)
        return fixed is not None and fixed.act is not None

    def seed(self, place: str) -> int:
        """Return a seed of its own for every place: 31 bits."""
        return int.from_bytes(hashlib.sha256(f"{self.desk.seed}:{place}".encode()).digest()[:4]) >> 1

    async def choose(self, question: str, options: Sequence[str]) -> int:
        """Weigh options, record that, and return the index of the chosen one; see :meth:`weighed`."""
        return (await self.weighed(question, options)).chosen

    async def weighed(self, question: str, options: Sequence[str]) -> Choice:
        """Weigh options by the probability of their labels, in every order, and record which is chosen.

        Where a person has chosen another one by forking the run, ``chosen`` is that.

        Args:
            question: in a sentence.
            options: in words, at most 26.
        """
        place = f"{self.id}/choose"
        choice = await choose(self.desk.ask, place, self.transcript, options, question=question, seed=self.seed(place))
        forced = self._forced(choice.options)
        if forced is not None:
            choice = choice.model_copy(update={"chosen": forced})
        self.desk.record(
            Planned(
                decision=self.id,
                thinking="",
                options=choice.options,
                choice=choice.options[choice.chosen].label,
                order_consistency=choice.order_consistency,
                orders=choice.orders,
                forced=forced is not None,
            )
        )
        said = Message(role="assistant", content=options[choice.chosen])
        self.transcript = (*with_instruction(self.transcript, question), said)
        return choice

    def settle(self, option: str, thinking: str = "") -> None:
        """Record a choice with a single option: nothing was weighed. ``thinking`` is what was said before, if any."""
        only = Option(label="A", text=option, probability=1.0)
        self.desk.record(
            Planned(decision=self.id, thinking=thinking, options=(only,), choice="A", order_consistency=1.0, orders=0)
        )

    async def apart(
        self, place: str, messages: Sequence[Message], *, max_tokens: int, schema: dict[str, Any] | None = None
    ) -> Completion:
        """Ask apart from all else, for free text or an instance of a schema: nothing asked later knows of it."""
        request = Request(
            messages=tuple(messages),
            form="text" if schema is None else "json",
            json_schema=schema,
            max_tokens=max_tokens,
            seed=self.seed(f"{self.id}/{place}"),
        )
        return await self.desk.ask(f"{self.id}/{place}", request)

    async def say(self, place: str, instruction: str, schema: dict[str, Any], *, max_tokens: int) -> Any:
        """Ask for an instance of a schema after what has been said; the transcript goes on with both.

        An empty instruction asks for nothing more than the one that the decision began with.
        """
        asked = with_instruction(self.transcript, instruction) if instruction else self.transcript
        request = Request(
            messages=asked,
            form="json",
            json_schema=schema,
            max_tokens=max_tokens,
            seed=self.seed(f"{self.id}/{place}"),
        )
        answer = await self.desk.ask(f"{self.id}/{place}", request)
        self.transcript = (*asked, Message(role="assistant", content=answer.text))
        return answer.data

    def act(self, text: str, data: Any = None, produces: str = "fields") -> None:
        """Record what was done; an explanation is begun where one is asked for."""
        self.desk.record(Acted(decision=self.id, produces=produces, text=text, data=data))
        if self.desk.explains:
            self.desk.on_explaining(self.id, asyncio.create_task(self._explained(text)))

    def _forced(self, options: Sequence[Option]) -> int | None:
        """Return the index of the option that a person has chosen by forking. Raises UserError where there is none."""
        fixed = self.desk.fixed.get(self.id)
        if fixed is None or not fixed.choose:
            return None
        labels = [option.label for option in options]
        if fixed.choose not in labels:
            raise UserError(f"{self.id}: there is no option {fixed.choose!r}; there are {', '.join(labels)}")
        return labels.index(fixed.choose)

    async def _explained(self, act: str) -> Explained:
        said = (*with_instruction(self.transcript, "Say what is to be done."), Message(role="assistant", content=act))
        self.transcript = said if self.transcript[-1].role == "user" else self.transcript
        ids = [segment.id for segment in self.segments]
        data = await self.say("explain", _WHY.format(ids=", ".join(ids)), _why_schema(ids), max_tokens=EXPLAINED)
        because = {one["why"]: Because(**one) for one in reversed(data["because"])}
        explained = Explained(
            decision=self.id,
            reader="colleague",
            because=tuple(reversed(because.values())),
            confidence=data["confidence_percent"] / 100,
            would_change_if=data["would_change_if"],
        )
        self.desk.record(explained)
        return explained


_WHY = (
    "Explain to a colleague why you decided so. Give up to 3 reasons; each names the piece it rests on (one of {ids}) "
    "and says in one sentence how that piece moved you. Then say how confident you are that it is right, in percent, "
    "and what would have changed your decision."
)


def _why_schema(ids: Sequence[str]) -> dict[str, Any]:
    sentence = {"type": "string", "minLength": 1, "maxLength": WHY_LENGTH}
    reason = closed({"segment": {"enum": list(ids)}, "why": sentence})
    return closed(
        {
            "because": {"type": "array", "items": reason, "minItems": 1, "maxItems": 3},
            "confidence_percent": {"type": "integer", "minimum": 0, "maximum": 100},
            "would_change_if": sentence,
        }
    )
