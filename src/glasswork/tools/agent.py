"""Tool models that are other Glasswork agents. Whoever runs a workflow says how an agent is asked."""

from __future__ import annotations

from collections.abc import Mapping

from glasswork.errors import ToolUnavailable
from glasswork.tools.base import AskAgent, Health, Spec, Value
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline

_NOBODY = "agents answer only within a run"


class AgentTool:
    """An agent that answers to arguments."""

    def __init__(self, spec: Spec, agent: str, ask: AskAgent | None) -> None:
        self.spec = spec
        self._agent = agent
        self._ask = ask

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Ask it; see :class:`~glasswork.tools.base.ToolModel`."""
        given = checked(self.spec, arguments)
        if self._ask is None:
            raise ToolUnavailable(f"{self.spec.name}: {_NOBODY}")
        async with deadline(self.spec, timeout):
            return output_of(self.spec, await self._ask(self._agent, given))

    async def health(self) -> Health:
        """Tell whether somebody asks agents here."""
        return Health(ok=self._ask is not None, why="" if self._ask is not None else _NOBODY)

    async def aclose(self) -> None:
        """Do nothing: the agent is not ours."""
