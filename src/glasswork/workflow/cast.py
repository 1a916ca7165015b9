"""The agents of workflows and the roles they play, with every problem of their files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from glasswork.definitions import AgentDef, AgentStep, GameStep, TeamStep, ToolDef, WerewolfStep, WorkflowDef
from glasswork.errors import DefinitionError, NotFound, Problem
from glasswork.library import Found, Keys, Library
from glasswork.workflow.compiled import CompiledAgent
from glasswork.workflow.fields import RESERVED

Files = Mapping[str, tuple[str, str]]
"""Digest and text of files, by key: ``agents/engineer.yaml``."""


@dataclass
class Cast:
    """Agents by name, and the files they and their roles came from."""

    agents: dict[str, CompiledAgent] = field(default_factory=dict)
    definitions: dict[str, AgentDef] = field(default_factory=dict)
    """Also of agents whose role is missing: their fields are known all the same."""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Casting:
    """Looks every agent and its role up once, for all workflows of a run."""

    def __init__(self, library: Library, strategies: Collection[str]) -> None:
        self._library = library
        self._strategies = strategies
        self._tried: dict[str, Cast] = {}
        self._missing: dict[str, str] = {}
        self._moveless: dict[str, Problem] = {}
        """What is wrong with agents that can only play games."""

    def cast(self, workflow: Found[WorkflowDef]) -> Cast:
        """Return the cast of a workflow; problems are collected, not raised."""
        cast = Cast()
        placed: set[tuple[str | int, str]] = set()
        for keys, name in mentions(workflow.definition):
            alone = self._one(name)
            cast.agents |= alone.agents
            cast.definitions |= alone.definitions
            cast.files |= alone.files
            cast.problems += alone.problems
            if name in self._missing:
                cast.problems.append(workflow.problem(keys, self._missing[name]))
            if keys[2] in {"agent", "team"} and name in self._moveless:
                cast.problems.append(self._moveless[name])
            if keys[2] == "team" and (keys[1], name) in placed:
                cast.problems.append(workflow.problem(keys, f"{name!r} is in this team already"))
            placed.add((keys[1], name))
        return cast

    def call(self, cast: Cast, tool: Found[ToolDef]) -> None:
        """Let the agent that a tool model is join a cast. Nothing where it is none."""
        name = tool.definition.agent
        if name is None:
            return
        alone = self._one(name)
        cast.agents |= alone.agents
        cast.definitions |= alone.definitions
        cast.files |= alone.files
        missing = [tool.problem(("agent",), self._missing[name])] if name in self._missing else []
        cast.problems += [one for one in (*alone.problems, *missing) if one not in cast.problems]

    def _one(self, name: str) -> Cast:
        """Return the cast that is this agent alone; empty where there is no such agent."""
        if name not in self._tried:
            cast = self._tried[name] = Cast()
            try:
                self._enter(cast, self._library.agent(name))
            except NotFound as error:
                self._missing[name] = error.message
            except DefinitionError as error:
                cast.problems += error.problems
        return self._tried[name]

    def _enter(self, cast: Cast, agent: Found[AgentDef]) -> None:
        definition = agent.definition
        cast.definitions[agent.name] = definition
        cast.files[agent.key] = (agent.digest, agent.text)
        strategy = definition.plan.strategy
        if strategy not in self._strategies:
            missing = NotFound("reasoning strategy", strategy, self._strategies)
            cast.problems.append(agent.problem(("plan", "strategy"), missing.message))
        if strategy == "predict" and not (definition.plan.expect_from and definition.plan.choose_from):
            self._moveless[agent.name] = agent.problem(("plan", "strategy"), _NO_MOVES)
        cast.problems += [
            agent.problem(
                ("act", "fields", name), f"every step may have a field {name!r} already; call this one otherwise"
            )
            for name in definition.act.fields
            if name in RESERVED
        ]
        try:
            role = self._library.role(definition.role)
        except NotFound as error:
            cast.problems.append(agent.problem(("role",), error.message))
            return
        cast.files[role.key] = (role.digest, role.text)
        cast.agents[agent.name] = CompiledAgent(agent.name, definition, role.definition)


_NO_MOVES = (
    "'predict' needs to know what there is to do, and outside of games nobody tells it: say 'choose_from' and "
    "'expect_from' beside it, or take another strategy"
)


def mentions(definition: WorkflowDef) -> Iterator[tuple[Keys, str]]:
    """Yield every agent that a workflow names, and where."""
    for step_id, step in definition.steps.items():
        if isinstance(step, AgentStep):
            yield ("steps", step_id, "agent"), step.agent
        elif isinstance(step, TeamStep):
            for index, name in enumerate(step.team.agents):
                yield ("steps", step_id, "team", "agents", index), name
        elif isinstance(step, GameStep | WerewolfStep):
            for player, use in step.players.items():
                if use.agent is not None:
                    yield ("steps", step_id, "players", player, "agent"), use.agent
