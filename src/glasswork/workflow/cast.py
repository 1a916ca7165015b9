"""The agents of a workflow and the roles they play, with every problem of their files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from glasswork.definitions import AgentDef, AgentStep, TeamStep, WorkflowDef
from glasswork.errors import DefinitionError, NotFound, Problem, did_you_mean
from glasswork.library import Found, Keys, Library
from glasswork.workflow.compiled import CompiledAgent
from glasswork.workflow.fields import RESERVED


@dataclass
class Cast:
    """Agents by name, and the files they and their roles came from, by path below their folder."""

    agents: dict[str, CompiledAgent] = field(default_factory=dict)
    definitions: dict[str, AgentDef] = field(default_factory=dict)
    """Also of agents whose role is missing: their fields are known all the same."""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digest and text, by path."""
    problems: list[Problem] = field(default_factory=list)


def assemble(workflow: Found[WorkflowDef], library: Library, strategies: Collection[str]) -> Cast:
    """Return the cast of a workflow; problems are collected, not raised."""
    cast = Cast(files={workflow.key: (workflow.digest, workflow.text)})
    missing: dict[str, str] = {}
    tried: set[str] = set()
    placed: set[tuple[str | int, str]] = set()
    for keys, name in mentions(workflow.definition):
        if name not in tried:
            tried.add(name)
            try:
                _enter(cast, library, library.agent(name), strategies)
            except NotFound as error:
                missing[name] = error.message
            except DefinitionError as error:
                cast.problems += error.problems
        if name in missing:
            cast.problems.append(workflow.problem(keys, missing[name]))
        if (keys[1], name) in placed:
            cast.problems.append(workflow.problem(keys, f"{name!r} is in this team already"))
        placed.add((keys[1], name))
    return cast


def mentions(definition: WorkflowDef) -> Iterator[tuple[Keys, str]]:
    """Yield every agent that a workflow names, and where."""
    for step_id, step in definition.steps.items():
        if isinstance(step, AgentStep):
            yield ("steps", step_id, "agent"), step.agent
        elif isinstance(step, TeamStep):
            for index, name in enumerate(step.team.agents):
                yield ("steps", step_id, "team", "agents", index), name


def _enter(cast: Cast, library: Library, agent: Found[AgentDef], strategies: Collection[str]) -> None:
    definition = agent.definition
    cast.definitions[agent.name] = definition
    cast.files[agent.key] = (agent.digest, agent.text)
    strategy = definition.plan.strategy
    if strategy not in strategies:
        hint = did_you_mean(strategy, strategies)
        cast.problems.append(agent.problem(("plan", "strategy"), f"there is no strategy {strategy!r}{hint}"))
    cast.problems += [
        agent.problem(("act", "fields", name), f"every step may have a field {name!r} already; call this one otherwise")
        for name in definition.act.fields
        if name in RESERVED
    ]
    try:
        role = library.role(definition.role)
    except NotFound as error:
        cast.problems.append(agent.problem(("role",), error.message))
        return
    cast.files[role.key] = (role.digest, role.text)
    cast.agents[agent.name] = CompiledAgent(agent.name, definition, role.definition)
