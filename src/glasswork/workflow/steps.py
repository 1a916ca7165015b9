"""What each kind of step does in one round. A step's coroutine returns its output: the fields that others may read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glasswork.agent import Act, Situation
from glasswork.agent.cases import Cases, test_file
from glasswork.definitions import (
    ActDef,
    AgentStep,
    DispatchStep,
    GameStep,
    HumanStep,
    ReportStep,
    RetrieveStep,
    TableStep,
    TeamStep,
    WerewolfStep,
)
from glasswork.errors import UserError
from glasswork.places import decision_id
from glasswork.records import HumanAnswered, HumanAsked, Segment
from glasswork.templates import Part, Template
from glasswork.workflow import programs, werewolf
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.dispatching import desk_of, dispatch
from glasswork.workflow.fields import item_file
from glasswork.workflow.games import Table, handed_on
from glasswork.workflow.narrowing import narrowed
from glasswork.workflow.reporting import report
from glasswork.workflow.resources import Answer, Explanation, Resources
from glasswork.workflow.retrieving import retrieve
from glasswork.workflow.tables import look, tables_of
from glasswork.workflow.traced import Around
from glasswork.workflow.werewolf import Tables

Values = Mapping[str, Any]
"""What templates and conditions read: ``inputs``, ``steps``; in a repeat ``previous``; in a ``for_each`` ``item``."""


@dataclass(frozen=True)
class Occasion:
    """One time that a step is run."""

    step: str
    """Its name in the run: that of a sub-workflow's step begins with the step that runs it."""
    round: int
    item: int
    """Number of the item of a ``for_each``, from 1; 0 for the step itself."""
    budget: Budget
    workflow: CompiledWorkflow
    """The workflow that the step belongs to."""

    @property
    def decision(self) -> str:
        """The id of what is decided on this occasion."""
        return decision_id(self.step, self.round, item=self.item)


async def run_step(
    resources: Resources, step: CompiledStep, at: Occasion, values: Values, code: Mapping[str, str]
) -> dict[str, Any]:
    """Run a step that is neither a loop nor a workflow, once.

    Args:
        resources: What the run's steps share.
        step: The step.
        at: Which time this is.
        values: What the step's templates may read.
        code: File name to program, of all steps that this one needs: what lies beside its own file in a sandbox.

    Returns:
        The step's output: the fields that other steps may read.

    Raises:
        GlassworkError: the step could not be done; its message says why.
    """
    definition = step.definition
    if isinstance(definition, AgentStep):
        return await _agent(resources, step, definition, at, values=values, code=code)
    if isinstance(definition, TeamStep):
        return await _team(resources, step, definition, at, values)
    if isinstance(definition, GameStep | WerewolfStep):
        return await _played(resources, step, at)
    if isinstance(definition, DispatchStep):
        around = Around(resources, step, at.workflow, at.budget)
        desk = await desk_of(around, name=at.step, round_=at.round, item=at.item)
        return await dispatch(around, desk, values)
    if isinstance(definition, HumanStep):
        return await _human(resources, step, at, values)
    return await _from_outside(resources, step, at, values)


async def _from_outside(resources: Resources, step: CompiledStep, at: Occasion, values: Values) -> dict[str, Any]:
    """Run a step that takes something in, or tells something to others."""
    definition = step.definition
    if isinstance(definition, RetrieveStep):
        return await _retrieve(resources, step, definition, at, values)
    if isinstance(definition, TableStep):
        return await look(resources, step, at.decision, values)
    assert isinstance(definition, ReportStep), "the flow runs loops and workflows"
    return await report(resources, at.workflow, step, at.decision, values)


async def _played(resources: Resources, step: CompiledStep, at: Occasion) -> dict[str, Any]:
    if isinstance(step.definition, GameStep):
        return handed_on(await Table(resources, step, at.step, at.budget, at.workflow).play())
    return werewolf.handed_on(await Tables(resources, step, at.step, at.budget, at.workflow).play())


def segments(parts: Sequence[Part]) -> tuple[Segment, ...]:
    """Number the parts of a rendered task: what stands between references comes from the task itself.

    Raises:
        UserError: nothing is left of the task, because all it refers to is empty.
    """
    if not parts:
        raise UserError("the task is empty: what it refers to holds nothing")
    return tuple(
        Segment(id=f"s{number}", source=part.source or "task", text=part.text)
        for number, part in enumerate(parts, start=1)
    )


# --- one agent ------------------------------------------------------------------------------------------------------


async def _agent(
    resources: Resources,
    step: CompiledStep,
    definition: AgentStep,
    at: Occasion,
    *,
    values: Values,
    code: Mapping[str, str],
) -> dict[str, Any]:
    compiled = narrowed(step.agents[0], definition.one_of, values)
    agent = await resources.agent(step, compiled, at.workflow.definition.defaults, at.budget, definition.model)
    situation = Situation(
        decision=at.decision,
        step=at.step,
        segments=segments(_task(step, at.round).render(values)),
        seed=resources.seed,
        repeat=at.round > 1,
    )
    act = await agent.decide(situation)
    resources.explanations.append(Explanation(at.decision, act.explained, definition.on_error != "fail"))
    file = code_file(step, at.item)
    output = {"text": act.text, "choice": act.choice, **_product(compiled.definition.act, act, file, code)}
    if definition.save:
        resources.save(_saved_as(at, file), output.get("code", act.text))
    if definition.sandbox:
        use = definition.sandbox
        beside = {} if use.run == "experiment" else code  # it rests on nothing else, and can be run again alone
        files, tables = {**beside, **own(step, output, at.item)}, tables_of(resources, use, values)
        ran = await programs.run(resources, programs.Program(at.decision, use, file, files, tables))
        output |= programs.output_of(ran, use)
    return output


def _task(step: CompiledStep, number: int) -> Template:
    template = step.on_repeat if number > 1 and step.on_repeat else step.task
    assert template is not None, "the compiler gives every agent and team step a task"
    return template


def _product(act: ActDef, made: Act, file: str, code: Mapping[str, str]) -> dict[str, Any]:
    match act.produces:
        case "code":
            return {"code": made.data, "file": file}
        case "cases":
            tests = test_file(Cases.model_validate(made.data), _modules(code))
            return {"cases": made.data["bodies"], "code": tests, "file": file}
        case "list":
            return {"items": made.data}
        case "fields" | "cited":
            return dict(made.data)
        case _:
            return {}


def _modules(code: Mapping[str, str]) -> list[str]:
    """Return what of ``code`` can be imported to be tested: not other tests, and no name that is no name in Python."""
    stems = [name.removesuffix(".py") for name in code if name.endswith(".py")]
    return [stem for stem in stems if stem.isidentifier() and not stem.startswith("test_")]


def code_file(step: CompiledStep, item: int = 0) -> str:
    """Return the name under which a step's program lies in a sandbox."""
    saved = step.definition.save if isinstance(step.definition, AgentStep | TeamStep) else None
    return item_file(saved or f"{step.id}.py", item)


def own(step: CompiledStep, output: Mapping[str, Any], item: int = 0) -> dict[str, str]:
    """Return the program in a step's output under its file name, or nothing where it made none."""
    return {code_file(step, item): output["code"]} if output.get("code") else {}


def _saved_as(at: Occasion, file: str) -> str:
    """Return where a file is left: what the steps of a sub-workflow make goes into a folder of its own."""
    around = at.step.rpartition(".")[0]
    return f"{re.sub('[#:.]', '-', around)}/{file}" if around else file


# --- a team, a person -----------------------------------------------------------------------------------------------


async def _team(
    resources: Resources, step: CompiledStep, definition: TeamStep, at: Occasion, values: Values
) -> dict[str, Any]:
    from glasswork.autogen import Place, run_team  # importing AutoGen takes a fifth of a second

    use, common = definition.team, at.workflow.definition.defaults
    agents = [await resources.agent(step, compiled, common, at.budget) for compiled in step.agents]
    _, schedule = await resources.asker(step, common, at.budget, use.model)
    forgiven = definition.on_error != "fail"
    said = await run_team(
        agents,
        segments(_task(step, at.round).render(values)),
        kind=use.kind,
        turns=use.turns,
        schedule=schedule,
        place=Place(
            step=at.step,
            decision=at.decision,
            seed=resources.seed,
            record=resources.record,
            on_act=lambda act: resources.explanations.append(Explanation(at.decision, act.explained, forgiven)),
        ),
    )
    code = next((message.code for message in reversed(said) if message.code), "")
    if definition.save and code:
        resources.save(_saved_as(at, code_file(step, at.item)), code)
    return {
        "text": said[-1].text if said else "",
        "transcript": "\n\n".join(f"{message.source}: {message.text}" for message in said),
        "messages": [f"{message.source}: {message.text}" for message in said],
        "turns": len(said),
        "code": code,
    }


async def _retrieve(
    resources: Resources, step: CompiledStep, definition: RetrieveStep, at: Occasion, values: Values
) -> dict[str, Any]:
    assert step.task is not None, "the compiler gives a retrieval its query"
    common, model, ask = at.workflow.definition.defaults, "", None
    if definition.retrieve.correct == "model":
        model, ask = await resources.asker(step, common, at.budget, definition.retrieve.model)
    query = "\n".join(part.text for part in step.task.render(values))
    named = definition.retrieve.index.partition("inputs.")[2]
    index = str(values["inputs"].get(named) or "") if named else definition.retrieve.index
    where = definition.retrieve.server.partition("inputs.")[2]
    server = str(values["inputs"].get(where) or "public") if where else definition.retrieve.server
    try:
        return await retrieve(
            resources, step, query, index, server=server, name=at.step, round_=at.round, ask=ask, model=model
        )
    except UserError as error:
        if not error.hint:
            raise
        raise UserError(f"{error.message} (what may help: {error.hint})") from error  # a step's end has no hint


async def _human(resources: Resources, step: CompiledStep, at: Occasion, values: Values) -> dict[str, Any]:
    assert step.question is not None, "the compiler gives every human step a question"
    question = "\n".join(part.text for part in step.question.render(values))
    resources.record(HumanAsked(step=at.step, round=at.round, question=question))
    said = resources.past.said(at.step, at.round, question) if resources.past else None
    if said is None:
        approved, note, by = Answer(*await resources.ask_human(at.step, question))
        said = HumanAnswered(step=at.step, round=at.round, question=question, approved=approved, note=note, by=by)
    resources.record(said)
    return {"approved": said.approved, "note": said.note}
