"""What is wrong with what a file says of tables, experiments and reports."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import AgentStep, ReportStep, SandboxUse, TableStep, WorkflowDef
from glasswork.errors import Problem, did_you_mean
from glasswork.library import Found, Keys
from glasswork.sandbox.experiments import LAB
from glasswork.workflow.references import References, Scope


def check_files(found: Found[WorkflowDef], step_id: str, use: SandboxUse, reach: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with the tables that a sandbox is to have, and with an experiment's sandbox."""
    steps, keys = found.definition.steps, ("steps", step_id, "sandbox")
    tables = [name for name, one in steps.items() if isinstance(one, TableStep)]
    for name, table in use.files.items():
        where: Keys = (*keys, "files", name)
        if table not in tables:
            wrong = f"the step {table!r} takes no table in" if table in steps else f"there is no step {table!r}"
            yield found.problem(where, f"{wrong}{did_you_mean(table, tables)}")
        elif table not in reach:
            yield found.problem(where, f"step {step_id!r} uses the table of {table!r} but does not need it")
        if name == LAB and use.run == "experiment":
            yield found.problem(where, f"{LAB!r} lies beside every experiment already; call this one otherwise")
    if use.run == "experiment" and (use.network.loopback or use.network.allow):
        message = "an experiment is run again, and what others say may change: it talks to nobody"
        yield found.problem((*keys, "network"), message)


def check_report(found: Found[WorkflowDef], step_id: str, step: ReportStep, reach: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with a report, but for what its sections refer to."""
    steps, name = found.definition.steps, step.report.experiment
    keys = ("steps", step_id, "report", "experiment")
    known = [id_ for id_, one in steps.items() if _is_experiment(one)]
    if name not in known:
        wrong = f"the step {name!r} is no experiment" if name in steps else f"there is no step {name!r}"
        hint = did_you_mean(name, known) or "; an experiment is an agent's step with 'sandbox: {run: experiment}'"
        yield found.problem(keys, f"{wrong}{hint}")
    elif name not in reach:
        yield found.problem(keys, f"step {step_id!r} reports on {name!r} but does not need it")


def check_sections(texts: References, step_id: str, step: ReportStep, scope: Scope) -> None:
    """Check what the sections of a report refer to; what is wrong is noted."""
    for heading, reference in step.report.sections.items():
        wrong = texts.wrong(tuple(reference.split(".")), scope)
        if wrong:
            texts.complain(("steps", step_id, "report", "sections", heading), wrong)


def _is_experiment(step: object) -> bool:
    return (
        isinstance(step, AgentStep)
        and step.sandbox is not None
        and step.sandbox.run == "experiment"
        and step.for_each is None
    )
