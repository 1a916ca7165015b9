"""From a workflow's file to a workflow that holds together, or to everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from glasswork.definitions import AgentStep, HumanStep, LoopStep, TeamStep, WorkflowDef
from glasswork.errors import DefinitionError, Problem, did_you_mean
from glasswork.library import Found, Keys, Library
from glasswork.workflow.cast import Cast, assemble
from glasswork.workflow.compiled import CompiledAgent, CompiledStep, CompiledWorkflow, StepKind
from glasswork.workflow.conditions import FieldKind
from glasswork.workflow.fields import step_fields
from glasswork.workflow.inputs import checked, resolve_inputs
from glasswork.workflow.loops import check_loops, loop_members
from glasswork.workflow.order import cycles, in_order, reach
from glasswork.workflow.references import References, Scope

__all__ = ["CompiledAgent", "CompiledStep", "CompiledWorkflow", "StepKind", "compile_workflow", "resolve_inputs"]

Step = AgentStep | TeamStep | LoopStep | HumanStep


def compile_workflow(
    found: Found[WorkflowDef], library: Library, *, strategies: Collection[str] = ("direct", "chain")
) -> CompiledWorkflow:
    """Return a workflow whose agents, roles, references, conditions and loops are all there and fit together.

    Args:
        found: the workflow.
        library: where its agents and roles are looked up; a workflow named by its path brings its own project.
        strategies: the names of the reasoning strategies there are.

    Raises:
        DefinitionError: every problem of the workflow and of the agents and roles it uses.
    """
    cast = assemble(found, library.beside(found), strategies)
    compiler = _Compiler(found, cast)
    steps = [compiler.step(step_id, step) for step_id, step in found.definition.steps.items()]
    compiler.references.outputs()
    problems = [*cast.problems, *compiler.problems, *_inputs(found), *_saves(found, cast), *_sandboxes(found, cast)]
    problems += check_loops(found, compiler.members)
    if problems:
        raise DefinitionError(problems)
    by_id = {step.id: step for step in steps}
    return CompiledWorkflow(
        name=found.name,
        path=found.path,
        definition=found.definition,
        steps={step_id: by_id[step_id] for step_id in in_order(compiler.needs)},
        digests={key: digest for key, (digest, _) in cast.files.items()},
        sources=dict(cast.files.values()),
    )


class _Compiler:
    """Compiles steps one by one; what is wrong is collected."""

    def __init__(self, found: Found[WorkflowDef], cast: Cast) -> None:
        self.found = found
        self.cast = cast
        self.problems: list[Problem] = []
        self.members = loop_members(found.definition)
        self.needs = {step_id: self._known_needs(step_id, step) for step_id, step in found.definition.steps.items()}
        self.reach = reach(self.needs)
        self.problems += [self._cycle(cycle) for cycle in cycles(self.needs)]
        self.fields = {step_id: self._fields(step) for step_id, step in found.definition.steps.items()}
        self.references = References(found, self.fields, self.problems)

    def step(self, step_id: str, step: Step) -> CompiledStep:
        scope = Scope(step_id, self.reach[step_id])
        keys: Keys = ("steps", step_id)
        texts = self.references
        task = step.task if isinstance(step, AgentStep | TeamStep) else None
        on_repeat = step.on_repeat if isinstance(step, AgentStep) else None
        return CompiledStep(
            id=step_id,
            kind=_kind(step),
            definition=step,
            needs=self.needs[step_id],
            agents=tuple(self.cast.agents[name] for name in _agents(step) if name in self.cast.agents),
            task=texts.template((*keys, "task"), task, scope),
            on_repeat=texts.template((*keys, "on_repeat"), on_repeat, self._repeated(step_id)),
            question=texts.template((*keys, "human"), step.human if isinstance(step, HumanStep) else None, scope),
            when=texts.condition((*keys, "when"), step.when, scope),
            until=texts.condition((*keys, "loop", "until"), _until(step), scope),
            fields=self.fields[step_id] or {},
            loop=self.members.get(step_id),
        )

    def _repeated(self, step_id: str) -> Scope:
        """Return what on_repeat may refer to: also the round before, of every step in the loop."""
        loop = self.members.get(step_id)
        companions = frozenset(member for member, of in self.members.items() if of == loop and loop is not None)
        return Scope(step_id, self.reach[step_id], companions)

    def _known_needs(self, step_id: str, step: Step) -> tuple[str, ...]:
        repeated = step.loop.steps if isinstance(step, LoopStep) else ()
        placed: list[tuple[Keys, str]] = [(("needs", index), need) for index, need in enumerate(step.needs)]
        placed += [(("loop", "steps", index), need) for index, need in enumerate(repeated)]
        steps = self.found.definition.steps
        for keys, need in placed:
            if need not in steps:
                message = f"there is no step {need!r}{did_you_mean(need, steps.keys() - {step_id})}"
                self.problems.append(self.found.problem(("steps", step_id, *keys), message))
        return tuple(dict.fromkeys(need for _, need in placed if need in steps))

    def _cycle(self, cycle: tuple[str, ...]) -> Problem:
        message = f"these steps wait for each other: {' → '.join(cycle)} (read → as 'needs')"
        return self.found.problem(("steps", cycle[0], "needs"), message)

    def _fields(self, step: Step) -> dict[str, FieldKind] | None:
        known = [self.cast.definitions[name] for name in _agents(step) if name in self.cast.definitions]
        return step_fields(step, known)


def _kind(step: Step) -> StepKind:
    match step:
        case AgentStep():
            return "agent"
        case TeamStep():
            return "team"
        case LoopStep():
            return "loop"
        case _:
            return "human"


def _agents(step: Step) -> tuple[str, ...]:
    if isinstance(step, AgentStep):
        return (step.agent,)
    return step.team.agents if isinstance(step, TeamStep) else ()


def _until(step: Step) -> str | None:
    return step.loop.until if isinstance(step, LoopStep) else None


def _inputs(found: Found[WorkflowDef]) -> Iterator[Problem]:
    """Yield defaults of the wrong type, and numbers that would be nothing."""
    for name, one in found.definition.inputs.items():
        keys: Keys = ("inputs", name)
        if one.default is None:
            if not one.required and one.type in {"number", "integer"}:
                yield found.problem(keys, f"the input {name!r} is a number: give it a default, or say required: true")
            continue
        try:
            checked(one, one.default)
        except ValueError as error:
            yield found.problem((*keys, "default"), f"the default of the input {name!r}: {error}")


def _saves(found: Found[WorkflowDef], cast: Cast) -> Iterator[Problem]:
    """Yield files that two steps would write: under the name they say, or a program under its step's."""
    first: dict[str, str] = {}
    for step_id, step in found.definition.steps.items():
        agent = cast.definitions.get(step.agent) if isinstance(step, AgentStep) else None
        writes_code = isinstance(step, TeamStep) or (agent is not None and agent.act.produces in {"code", "cases"})
        said = step.save if isinstance(step, AgentStep | TeamStep) else None
        save = said or (f"{step_id}.py" if writes_code else "")
        if save and first.setdefault(save, step_id) != step_id:
            message = f"step {first[save]!r} makes a file {save!r} already"
            yield found.problem(("steps", step_id, "save"), message)


def _sandboxes(found: Found[WorkflowDef], cast: Cast) -> Iterator[Problem]:
    """Yield sandboxes for agents that write no program, or were not granted one."""
    for step_id, step in found.definition.steps.items():
        agent = cast.definitions.get(step.agent) if isinstance(step, AgentStep) and step.sandbox else None
        if agent is None or not isinstance(step, AgentStep):
            continue
        keys: Keys = ("steps", step_id, "sandbox")
        if agent.act.produces not in {"code", "cases"}:
            yield found.problem(
                keys, f"the agent {step.agent!r} writes no program to run: its act produces {agent.act.produces}"
            )
        if "python" not in agent.act.tools:
            yield found.problem(
                keys, f"the agent {step.agent!r} may not run programs: its file lacks act: {{tools: [python]}}"
            )
