"""What each kind of step does in one round. A step's coroutine returns its output: the fields that others may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.agent import Act, Situation
from glasswork.agent.cases import Cases, test_file
from glasswork.definitions import ActDef, AgentStep, HumanStep, SandboxUse, TeamStep
from glasswork.errors import UserError
from glasswork.records import HumanAnswered, SandboxRan, Segment
from glasswork.sandbox.base import Limits
from glasswork.sandbox.programs import ProgramReport, TestReport, run_program, run_tests
from glasswork.templates import Part, Template
from glasswork.workflow.compiled import CompiledStep
from glasswork.workflow.resources import Resources

Values = Mapping[str, Any]
"""What templates and conditions read: ``inputs``, ``steps`` and, in a repeat, ``previous``."""


async def run_step(
    resources: Resources, step: CompiledStep, number: int, values: Values, code: Mapping[str, str]
) -> dict[str, Any]:
    """Run one round of a step that is not a loop.

    Args:
        resources: What the run's steps share.
        step: The step.
        number: The round, from 1.
        values: What the step's templates may read.
        code: File name to program, of all steps that this one needs: what lies beside its own file in a sandbox.

    Returns:
        The step's output: the fields that other steps may read.

    Raises:
        GlassworkError: the step could not be done; its message says why.
    """
    definition = step.definition
    if isinstance(definition, AgentStep):
        return await _agent(resources, step, definition, number, values=values, code=code)
    if isinstance(definition, TeamStep):
        return await _team(resources, step, definition, number, values)
    assert isinstance(definition, HumanStep), "loops are run by the engine"
    return await _human(resources, step, values)


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
    number: int,
    *,
    values: Values,
    code: Mapping[str, str],
) -> dict[str, Any]:
    (compiled,) = step.agents
    agent = await resources.agent(step, compiled, definition.model)
    situation = Situation(
        decision=f"{step.id}#{number}",
        step=step.id,
        segments=segments(_task(step, number).render(values)),
        seed=resources.seed,
        repeat=number > 1,
    )
    act = await agent.decide(situation)
    resources.explanations.append(act.explained)
    output = {"text": act.text, "choice": act.choice, **_product(compiled.definition.act, act, code_file(step), code)}
    if definition.save:
        resources.save(definition.save, output.get("code", act.text))
    if definition.sandbox:
        place = f"{situation.decision}/sandbox"
        output |= await _in_sandbox(
            resources, place, definition.sandbox, code_file(step), {**code, **own(step, output)}
        )
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
        case "fields":
            return dict(made.data)
        case _:
            return {}


def _modules(code: Mapping[str, str]) -> list[str]:
    """Return what of ``code`` can be imported to be tested: not other tests, and no name that is no name in Python."""
    stems = [name.removesuffix(".py") for name in code if name.endswith(".py")]
    return [stem for stem in stems if stem.isidentifier() and not stem.startswith("test_")]


def code_file(step: CompiledStep) -> str:
    """Return the name under which a step's program lies in a sandbox."""
    definition = step.definition
    if isinstance(definition, AgentStep | TeamStep) and definition.save:
        return definition.save
    return f"{step.id}.py"


def own(step: CompiledStep, output: Mapping[str, Any]) -> dict[str, str]:
    """Return the program in a step's output under its file name, or nothing where it made none."""
    return {code_file(step): output["code"]} if output.get("code") else {}


# --- programs -------------------------------------------------------------------------------------------------------


async def _in_sandbox(
    resources: Resources, place: str, use: SandboxUse, file: str, files: Mapping[str, str]
) -> dict[str, Any]:
    sandbox = await resources.sandbox(use.backend)
    limits = Limits(wall_seconds=use.timeout, memory_mb=use.memory_mb)
    contents = {name: text.encode("utf-8", "backslashreplace") for name, text in files.items()}
    if use.run == "tests":
        done: TestReport | ProgramReport = await run_tests(sandbox, contents, file, limits)
        failures = [failure.message for failure in done.failures] if isinstance(done, TestReport) else []
    else:
        done = await run_program(sandbox, contents, file, limits)
        failures = [] if done.passed else [done.report]
    resources.record(_ran(place, done, (use.run, file), sorted(files), limits))
    return {"passed": done.passed, "report": done.report, "failures": failures, "exit_code": done.result.exit_code}


def _ran(
    place: str, done: TestReport | ProgramReport, what: tuple[str, ...], files: Sequence[str], limits: Limits
) -> SandboxRan:
    result = done.result
    return SandboxRan(
        place=place,
        backend=result.backend,
        argv=what,
        files=tuple(files),
        limits=limits.model_dump(),
        limits_enforced=result.limits_enforced,
        not_contained=result.not_contained,
        passed=done.passed,
        report=done.report,
        reason=result.reason,
        exit_code=result.exit_code,
        stdout=result.stdout,
        stderr=result.stderr,
        truncated=result.truncated,
        seconds=result.seconds,
    )


# --- a team, a person -----------------------------------------------------------------------------------------------


async def _team(
    resources: Resources, step: CompiledStep, definition: TeamStep, number: int, values: Values
) -> dict[str, Any]:
    from glasswork.autogen import Place, run_team  # importing AutoGen takes a fifth of a second

    use = definition.team
    agents = [await resources.agent(step, compiled) for compiled in step.agents]
    _, schedule = await resources.asker(step, use.model)
    said = await run_team(
        agents,
        segments(_task(step, number).render(values)),
        kind=use.kind,
        turns=use.turns,
        schedule=schedule,
        place=Place(
            step=step.id,
            decision=f"{step.id}#{number}",
            seed=resources.seed,
            record=resources.record,
            on_act=lambda act: resources.explanations.append(act.explained),
        ),
    )
    code = next((message.code for message in reversed(said) if message.code), "")
    if definition.save and code:
        resources.save(definition.save, code)
    return {
        "text": said[-1].text if said else "",
        "transcript": "\n\n".join(f"{message.source}: {message.text}" for message in said),
        "messages": [f"{message.source}: {message.text}" for message in said],
        "turns": len(said),
        "code": code,
    }


async def _human(resources: Resources, step: CompiledStep, values: Values) -> dict[str, Any]:
    assert step.question is not None, "the compiler gives every human step a question"
    question = "\n".join(part.text for part in step.question.render(values))
    approved, note = await resources.ask_human(step.id, question)
    resources.record(HumanAnswered(step=step.id, question=question, approved=approved, note=note))
    return {"approved": approved, "note": note}
