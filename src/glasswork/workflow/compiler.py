"""Compiles a workflow and those within it, step by step; collects what is wrong, so that it is told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from glasswork.definitions import (
    AgentStep,
    DispatchStep,
    GameStep,
    HumanStep,
    LoopStep,
    ReportStep,
    RetrieveStep,
    TableStep,
    TeamStep,
    WerewolfStep,
    WorkflowDef,
    WorkflowStep,
)
from glasswork.errors import DefinitionError, NotFound, Problem, did_you_mean
from glasswork.library import Found, Keys, Library
from glasswork.workflow.cast import Cast, Casting
from glasswork.workflow.checks import checks, taken_names
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow, StepKind
from glasswork.workflow.conditions import FieldKind
from glasswork.workflow.dispatch_rules import Toolbox, check_dispatch, file_templates, tool_files
from glasswork.workflow.fields import Fields, Step, list_of, step_fields
from glasswork.workflow.game_rules import check_game, rules_of
from glasswork.workflow.loops import check_loops, loop_members
from glasswork.workflow.narrowing import check_narrowing
from glasswork.workflow.nested import MAX_DEPTH, MAX_STEPS, check_given
from glasswork.workflow.order import cycles, in_order, reach
from glasswork.workflow.references import References, Scope
from glasswork.workflow.research_rules import check_files, check_report, check_sections
from glasswork.workflow.retrieve_rules import check_cited, check_retrieve
from glasswork.workflow.werewolf_rules import check_werewolf, village_of


@dataclass(frozen=True)
class Whole:
    """One workflow with all that it rests on, as far as that is usable."""

    found: Found[WorkflowDef]
    outputs: Fields | None
    """What its outputs hold, where that is known of all."""
    depth: int
    """1, and 1 for each level of workflows within it."""
    steps: int
    """Its own steps and those of the workflows within it."""
    compiled: CompiledWorkflow | None
    """None where its steps wait for each other, so that they have no order."""


class Compilation:
    """Compiles each workflow of a run once, however many steps run it; what is wrong is collected."""

    def __init__(self, library: Library, strategies: Collection[str]) -> None:
        self.problems: list[Problem] = []
        self._library = library
        self.casting = Casting(library, strategies)
        self.toolbox = Toolbox(library)
        self._found: dict[tuple[Path, str, str], Found[WorkflowDef] | NotFound | DefinitionError] = {}
        self._wholes: dict[str, Whole] = {}
        self._around: list[Found[WorkflowDef]] = []

    def whole(self, found: Found[WorkflowDef]) -> Whole:
        """Compile a workflow and those within it."""
        if found.key not in self._wholes:
            self._around.append(found)
            self._wholes[found.key] = _Compiler(found, self.casting.cast(found), self).whole()
            self._around.pop()
        return self._wholes[found.key]

    def inner(self, step_id: str, step: WorkflowStep) -> Whole | None:
        """Return the workflow that a step of the present one runs, or None where it cannot."""
        outer, keys = self._around[-1], ("steps", step_id, "workflow")
        found = self._named(outer, step.workflow)
        if isinstance(found, NotFound):
            hint = f" ({found.hint})" if not found.known else ""
            self.problems.append(outer.problem(keys, found.message + hint))
            return None
        if isinstance(found, DefinitionError):
            self.problems += found.problems
            return None
        wrong = self._endless(found) or self._ambiguous(found)
        whole = None if wrong else self.whole(found)
        if whole is not None and len(self._around) + whole.depth > MAX_DEPTH:
            wrong = f"workflows nest deeper than {MAX_DEPTH} levels here: {self._trail(found)}"
        if wrong:
            self.problems.append(outer.problem(keys, wrong))
        return None if wrong else whole

    def _named(self, outer: Found[WorkflowDef], name: str) -> Found[WorkflowDef] | NotFound | DefinitionError:
        """Return what a name or a path in a workflow's file leads to; each is looked up once."""
        place = (outer.source.root, outer.key.rpartition("/")[0], name)
        if place not in self._found:
            try:
                self._found[place] = self._library.within(outer, name)
            except (NotFound, DefinitionError) as error:
                self._found[place] = error
        return self._found[place]

    def _endless(self, found: Found[WorkflowDef]) -> str:
        keys = [around.key for around in self._around]
        if found.key in keys:
            cycle = [*(around.name for around in self._around[keys.index(found.key) :]), found.name]
            return f"these workflows run each other without end: {' → '.join(cycle)} (read → as 'runs')"
        if len(self._around) >= MAX_DEPTH:
            return f"workflows nest deeper than {MAX_DEPTH} levels here: {self._trail(found)}"
        return ""

    def _ambiguous(self, found: Found[WorkflowDef]) -> str:
        """Return that two files go by one name: a log could not tell them apart."""
        before = next((one for one in (*self._around, *self._finished()) if one.key == found.key), found)
        if before.digest == found.digest:
            return ""
        return f"two files are called {found.key} here, {before.file} and {found.file}: rename one"

    def _finished(self) -> list[Found[WorkflowDef]]:
        return [whole.found for whole in self._wholes.values()]

    def _trail(self, found: Found[WorkflowDef]) -> str:
        return " → ".join([*(around.name for around in self._around), found.name])


class _Compiler:
    """Compiles the steps of one workflow."""

    def __init__(self, found: Found[WorkflowDef], cast: Cast, compilation: Compilation) -> None:
        self.found = found
        self.cast = cast
        self.problems = compilation.problems
        self.members = loop_members(found.definition)
        self.tools = {
            step_id: compilation.toolbox.tools(found, step_id, step, self.problems)
            for step_id, step in found.definition.steps.items()
            if isinstance(step, DispatchStep | RetrieveStep)
        }
        for tool in (tool for tools in self.tools.values() for tool in tools):
            compilation.casting.call(cast, tool)
        steps = found.definition.steps.items()
        self.needs = {step_id: self._known_needs(step_id, step) for step_id, step in steps}
        self.reach = reach(self.needs)
        self.cycles = cycles(self.needs)
        self.inner = {
            step_id: compilation.inner(step_id, step) for step_id, step in steps if isinstance(step, WorkflowStep)
        }
        self.fields = {step_id: self._fields(step_id, step) for step_id, step in steps}
        self.references = References(found, self.fields, self.problems)

    def whole(self) -> Whole:
        """Compile every step, and check what the steps are together."""
        found = self.found
        steps = {step_id: self._step(step_id, step) for step_id, step in found.definition.steps.items()}
        outputs = self.references.outputs()
        self.problems += [*self.cast.problems, *checks(found, self.cast), *check_loops(found, self.members)]
        for step_id, step in found.definition.steps.items():
            if isinstance(step, GameStep):
                self.problems += check_game(found, step_id, step, self.cast.definitions)
            if isinstance(step, WerewolfStep):
                self.problems += check_werewolf(found, step_id, step, self.cast.definitions)
            if isinstance(step, DispatchStep):
                self.problems += check_dispatch(found, step_id, step)
            if isinstance(step, RetrieveStep):
                self.problems += check_retrieve(found, step_id, step, self.tools[step_id])
            if isinstance(step, ReportStep):
                self.problems += check_report(found, step_id, step, self.reach[step_id])
                check_sections(self.references, step_id, step, Scope(step_id, self.reach[step_id]))
            if isinstance(step, AgentStep):
                self._check_agent(steps[step_id], step)
        self.problems += [self._cycle(cycle) for cycle in self.cycles]
        inner = [whole for whole in self.inner.values() if whole is not None]
        count = len(steps) + sum(whole.steps for whole in inner)
        if count > MAX_STEPS and all(whole.steps <= MAX_STEPS for whole in inner):
            message = f"this workflow and those within it have {count} steps; {MAX_STEPS} are the most"
            self.problems.append(found.problem(("steps",), message))
        return Whole(
            found=found,
            outputs=outputs,
            depth=1 + max((whole.depth for whole in inner), default=0),
            steps=count,
            compiled=None if self.cycles or count > MAX_STEPS else self._compiled(steps),
        )

    def _check_agent(self, compiled: CompiledStep, step: AgentStep) -> None:
        step_id, reach = compiled.id, self.reach[compiled.id]
        self.problems += check_cited(self.found, compiled, self.fields)
        self.problems += check_files(self.found, step_id, step.sandbox, reach) if step.sandbox else ()
        for agent in compiled.agents[:1]:
            check_narrowing(self.references, step_id, step, agent, Scope(step_id, reach))

    def _compiled(self, steps: Mapping[str, CompiledStep]) -> CompiledWorkflow:
        files = {self.found.key: (self.found.digest, self.found.text), **self.cast.files}
        for step in steps.values():
            files |= tool_files(step.tools)
        for whole in self.inner.values():
            compiled = whole.compiled if whole is not None else None
            if compiled is not None:
                files |= {key: (digest, compiled.sources[digest]) for key, digest in compiled.digests.items()}
        return CompiledWorkflow(
            name=self.found.name,
            path=self.found.path,
            definition=self.found.definition,
            steps={step_id: steps[step_id] for step_id in in_order(self.needs)},
            digests={key: digest for key, (digest, _) in files.items()},
            sources=dict(files.values()),
        )

    def _step(self, step_id: str, step: Step) -> CompiledStep:
        texts, keys = self.references, ("steps", step_id)
        each = list_of(step)
        bare = Scope(step_id, self.reach[step_id])
        item = texts.each((*keys, "for_each"), each, bare) if each is not None else None
        scope = Scope(step_id, self.reach[step_id], item=item)
        repeated = Scope(step_id, self.reach[step_id], self._companions(step_id), item)
        whole = self.inner.get(step_id)
        inner = whole.found.definition if whole is not None else None
        return CompiledStep(
            id=step_id,
            kind=_kind(step),
            definition=step,
            needs=self.needs[step_id],
            agents=tuple(self.cast.agents[name] for name in self._agents(step_id) if name in self.cast.agents),
            task=texts.template(*_task(keys, step), scope),
            on_repeat=texts.template((*keys, "on_repeat"), getattr(step, "on_repeat", None), repeated),
            question=texts.template((*keys, "human"), step.human if isinstance(step, HumanStep) else None, scope),
            when=texts.condition((*keys, "when"), step.when, bare),
            until=texts.condition((*keys, "loop", "until"), _until(step), bare),
            fields=self.fields[step_id] or {},
            loop=self.members.get(step_id),
            each=tuple(each.split(".")) if each is not None else None,
            workflow=whole.compiled if whole is not None else None,
            given=check_given(texts, step_id, step, inner, repeated) if isinstance(step, WorkflowStep) else {},
            rules=rules_of(step) if isinstance(step, GameStep) else None,
            village=village_of(step) if isinstance(step, WerewolfStep) else None,
            tools=self.tools.get(step_id, ()),
            files=file_templates(texts, step_id, step, scope) if isinstance(step, DispatchStep | TableStep) else (),
        )

    def _agents(self, step_id: str) -> tuple[str, ...]:
        """Return the agents that a step names, or that it may call as tool models."""
        called = (tool.definition.agent for tool in self.tools.get(step_id, ()))
        own = _agents(self.found.definition.steps[step_id])
        return tuple(dict.fromkeys([*own, *(name for name in called if name is not None)]))

    def _companions(self, step_id: str) -> frozenset[str]:
        """Return the steps of which the round before is at hand: all of the same loop."""
        loop = self.members.get(step_id)
        return frozenset(member for member, of in self.members.items() if of == loop and loop is not None)

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

    def _fields(self, step_id: str, step: Step) -> dict[str, FieldKind] | None:
        known = [self.cast.definitions[name] for name in _agents(step) if name in self.cast.definitions]
        inner = self.inner.get(step_id)
        outputs = inner.outputs if inner is not None else None
        declared = known[0].act.fields if isinstance(step, AgentStep) and known else outputs or {}
        for message in taken_names(step, declared):
            self.problems.append(self.found.problem(("steps", step_id, _kind(step)), message))
        return step_fields(step, known, outputs)


_KINDS: dict[type[Step], StepKind] = {
    AgentStep: "agent",
    TeamStep: "team",
    LoopStep: "loop",
    HumanStep: "human",
    WorkflowStep: "workflow",
    GameStep: "game",
    WerewolfStep: "werewolf",
    DispatchStep: "dispatch",
    RetrieveStep: "retrieve",
    TableStep: "table",
    ReportStep: "report",
}


def _kind(step: Step) -> StepKind:
    return _KINDS[type(step)]


def _agents(step: Step) -> tuple[str, ...]:
    if isinstance(step, AgentStep):
        return (step.agent,)
    if isinstance(step, GameStep | WerewolfStep):
        return tuple(dict.fromkeys(use.agent for use in step.players.values() if use.agent is not None))
    return step.team.agents if isinstance(step, TeamStep) else ()


def _task(keys: Keys, step: Step) -> tuple[Keys, str | None]:
    """Return the template that a step's agent is given, or its dispatcher, or an index, or a title; and where it is."""
    if isinstance(step, DispatchStep):
        return (*keys, "dispatch", "request"), step.dispatch.request
    if isinstance(step, RetrieveStep):
        return (*keys, "retrieve", "query"), step.retrieve.query
    if isinstance(step, ReportStep):
        return (*keys, "report", "title"), step.report.title
    return (*keys, "task"), getattr(step, "task", None)


def _until(step: Step) -> str | None:
    return step.loop.until if isinstance(step, LoopStep) else None
