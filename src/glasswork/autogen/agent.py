"""A Glasswork agent as an AutoGen ``ChatAgent``: each of its turns is one plan → act → explain decision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage, TextMessage
from autogen_core import CancellationToken

from glasswork.agent import Act, Situation, StagedAgent
from glasswork.records import Segment


class GlassworkAgent(BaseChatAgent):
    """Takes part in any AutoGen team. What others say becomes segments, in the order it was said.

    The segments only ever grow at the end, so that a server's prefix cache serves successive turns.
    """

    def __init__(
        self,
        agent: StagedAgent,
        *,
        description: str = "",
        opening: Sequence[Segment] = (),
        decision: Callable[[], str] | None = None,
        step: str = "",
        seed: int = 0,
        on_act: Callable[[Act], None] | None = None,
    ) -> None:
        """Wrap an agent.

        Args:
            agent: Who decides.
            description: What it is good for; team managers read it. Default: its own.
            opening: Segments it has before it from the start; messages from ``user`` are then taken to repeat them.
            decision: Gives each turn's decision its id. Default: ``NAME#1``, ``NAME#2``, …
            step: The workflow step it speaks in, for the log.
            seed: Makes its draws repeatable.
            on_act: Is given each act; its explanation may still be under way.
        """
        text = description or agent.definition.description or agent.role.title
        super().__init__(agent.name, text)
        self._agent = agent
        self._opening = tuple(opening)
        self._segments = list(opening)
        self._decision = decision or (lambda: f"{agent.name}#{self._turns}")
        self._step = step or agent.name
        self._seed = seed
        self._on_act = on_act
        self._turns = 0

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """It speaks text."""
        return (TextMessage,)

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        """Take in what is new, decide, and say what was done."""
        for message in messages:
            if not (self._opening and message.source == "user"):
                self._hear(message.source, message.to_model_text())
        self._turns += 1
        situation = Situation(self._decision(), self._step, tuple(self._segments), self._seed)
        deciding = asyncio.ensure_future(self._agent.decide(situation))
        cancellation_token.link_future(deciding)
        act = await deciding
        if self._on_act is not None:
            self._on_act(act)
        self._hear(self.name, act.text)
        return Response(chat_message=TextMessage(content=act.text, source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:  # noqa: ARG002 - AutoGen's signature
        """Forget the conversation."""
        self._segments, self._turns = list(self._opening), 0

    async def save_state(self) -> Mapping[str, Any]:
        """Return what was heard, as plain JSON."""
        return {"turns": self._turns, "segments": [segment.model_dump() for segment in self._segments]}

    async def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`save_state` returned."""
        self._turns = state["turns"]
        self._segments = [Segment.model_validate(segment) for segment in state["segments"]]

    def _hear(self, source: str, text: str) -> None:
        self._segments.append(Segment(id=f"s{len(self._segments) + 1}", source=f"message.{source}", text=text))
