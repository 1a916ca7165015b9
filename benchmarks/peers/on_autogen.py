"""AutoGen's GraphFlow: nodes are agents that answer with one text. ``durable`` is one ``save_state`` after the run.

A state that is saved during a run cannot be resumed, so saving after each step is not a way to be durable.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage, TextMessage
from autogen_agentchat.teams import DiGraphBuilder, GraphFlow
from autogen_core import CancellationToken
from worker import Measured, clock, payload, serve, size


class Writer(BaseChatAgent):
    """Waits, where it is told to, and says its text."""

    def __init__(self, name: str, bytes_: int, wait: float = 0.0) -> None:
        super().__init__(name, "writes")
        self._text, self._wait = payload(name, bytes_), wait

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """Text alone."""
        return (TextMessage,)

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:  # noqa: ARG002 - the base class's
        """Say it."""
        if self._wait:
            await asyncio.sleep(self._wait)
        return Response(chat_message=TextMessage(content=self._text, source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Remember nothing anyway."""


async def _measure(builder: DiGraphBuilder, folder: Path, how: str) -> Measured:
    team = GraphFlow(participants=builder.get_participants(), graph=builder.build())
    with clock() as measured:
        result = await team.run(task="Begin.")
    assert "complete" in str(result.stop_reason), result.stop_reason
    if how == "bare":
        return measured
    (folder / "state.json").write_text(json.dumps(await team.save_state()))
    return {**measured, "bytes": size(folder)}


def chain(*, folder: Path, steps: int, bytes_: int, how: str) -> Measured:
    """Measure ``steps`` agents in a row."""
    builder = DiGraphBuilder()
    agents = [Writer(f"s{n}", bytes_) for n in range(1, steps + 1)]
    for agent in agents:
        builder.add_node(agent)
    for before, after in pairwise(agents):
        builder.add_edge(before, after)
    return asyncio.run(_measure(builder, folder, how))


def fanout(*, folder: Path, steps: int, bytes_: int, how: str, wait: float) -> Measured:
    """Measure ``steps`` agents that wait at once, and one that needs them all."""
    builder = DiGraphBuilder()
    join = Writer("join", bytes_)
    for n in range(1, steps + 1):
        agent = Writer(f"s{n}", bytes_, wait)
        builder.add_node(agent).add_node(join).add_edge(agent, join)
    return asyncio.run(_measure(builder, folder, how))


if __name__ == "__main__":
    serve(chain=chain, fanout=fanout)
