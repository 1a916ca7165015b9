"""What is wrong with what a file says of a retrieval, and of what rests on one, but for its references.

Whether there is such an index shows when it runs: an index is no definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasswork.definitions import MEDIA, RetrieveStep, ToolDef, WorkflowDef
from glasswork.errors import Problem, did_you_mean
from glasswork.knowledge.sources import services, sources
from glasswork.library import Found
from glasswork.workflow.compiled import CompiledStep
from glasswork.workflow.fields import Fields


def check_retrieve(
    found: Found[WorkflowDef], step_id: str, step: RetrieveStep, tools: tuple[Found[ToolDef], ...]
) -> Iterator[Problem]:
    """Yield every problem of a retrieval; ``tools`` holds the one that it names, where that is usable."""
    use, keys = step.retrieve, ("steps", step_id, "retrieve")
    name, inputs = use.index.partition("inputs.")[2], found.definition.inputs
    if name and (name not in inputs or inputs[name].type != "string"):
        texts = [one for one, declared in inputs.items() if declared.type == "string"]
        wrong = f"the input {name!r} is no text" if name in inputs else f"there is no input {name!r}"
        yield found.problem((*keys, "from"), f"{wrong}{did_you_mean(name, texts)}")
    server = use.server.partition("inputs.")[2]
    if server and (server not in inputs or inputs[server].type != "string"):
        yield found.problem((*keys, "server"), f"the input {server!r} is no text of this workflow")
    if use.index in services() and use.correct != "no":
        yield found.problem((*keys, "correct"), f"what {use.index} finds cannot be judged: there is no index of it")
    if use.second is not None and use.correct == "no":
        yield found.problem((*keys, "second"), "a second source is asked where what was found is judged: say 'correct'")
    if use.model is not None and use.correct != "model":
        yield found.problem((*keys, "model"), "no model judges here: say 'correct: model', or leave 'model' out")
    if use.second is not None:
        known = sources.names()
        if use.second.kind not in known:
            message = f"there is no kind of source {use.second.kind!r}{did_you_mean(use.second.kind, known)}"
            yield found.problem((*keys, "second", "kind"), message)
    for tool in tools:
        yield from _fits(found, step_id, tool)


def _fits(found: Found[WorkflowDef], step_id: str, tool: Found[ToolDef]) -> Iterator[Problem]:
    inputs = tool.definition.inputs
    required = [name for name, one in inputs.items() if one.required]
    keys = ("steps", step_id, "retrieve", "second", "name")
    if len(required) != 1 or inputs[required[0]].type != "text":
        yield found.problem(keys, f"the tool {tool.name!r} must require one text, the query, and nothing else")
    if tool.definition.output.type in MEDIA:
        yield found.problem(keys, f"the tool {tool.name!r} gives a file, and no passages")


def check_cited(
    found: Found[WorkflowDef], step: CompiledStep, fields: Mapping[str, Fields | None]
) -> Iterator[Problem]:
    """Yield that an agent is to quote passages whose task gives it none: it could only say that there are none.

    ``fields``: what each step hands on; None where that is not known.
    """
    references = [] if step.task is None else [one for one in step.task.references if one.own_line]
    quoting = any(agent.definition.act.produces == "cited" for agent in step.agents)
    if quoting and not any(_may_be_passages(found.definition, one.path, fields) for one in references):
        steps = found.definition.steps
        find = next((name for name in step.needs if isinstance(steps[name], RetrieveStep)), "STEP")
        message = (
            f"the agent {step.agents[0].name!r} quotes passages, and its task gives it none: write "
            f"{{{{ steps.{find}.passages }}}} on a line of its own"
        )
        yield found.problem(("steps", step.id, "task"), message)


def _may_be_passages(workflow: WorkflowDef, path: tuple[str, ...], fields: Mapping[str, Fields | None]) -> bool:
    """Tell whether a reference may hold passages: those of a retrieval, or a list that somebody handed on."""
    match path:
        case ("steps" | "previous", step, name) if step in workflow.steps:
            if isinstance(workflow.steps[step], RetrieveStep):
                return name == "passages"
            known = fields.get(step)
            return known is None or (name in known and known[name].name == "list")
        case ("inputs", name) if name in workflow.inputs:
            return workflow.inputs[name].type == "list"
        case _:
            return True
