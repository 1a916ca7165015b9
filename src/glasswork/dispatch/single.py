"""Plan in one prompt: the whole graph at once. ``raw`` is the same without schema and without repair: the baseline."""

from __future__ import annotations

from glasswork.dispatch.deciding import Decision, closed
from glasswork.dispatch.graph import TaskGraph, as_data, from_data, line, problems
from glasswork.dispatch.planning import Planning, Schema, planners
from glasswork.dispatch.types import Source
from glasswork.errors import InvalidOutput, PlanFailed
from glasswork.models.messages import with_instruction
from glasswork.models.schema import parse
from glasswork.records import Message, Request

_HOW = (
    "Plan how to fulfil the request with these tools: a list of tasks, at most {most}, each one call of one tool. The "
    'first task is t1, the second t2, and so on. An argument is a value taken from the request, or {{"from": "NAME"}} '
    "for a file, or for what an earlier task gives. Leave 'after' out, unless a task has to wait for an earlier one of "
    "which it uses nothing. Use as few tasks as you can. If none of the tools fits the request, the list is empty."
)


@planners.register("single")
async def single(planning: Planning) -> TaskGraph:
    """One question for the graph, bound to a schema with the candidates' names; again with what is wrong with it."""
    specs = planning.candidates
    decision = planning.desk.sit("planner", "single", planning.segments(specs))
    instruction, wrong = _HOW.format(most=planning.bounds.tasks), list[str]()
    schema = _schema(planning, [spec.name for spec in specs])
    for attempt in range(planning.bounds.repairs + 1):
        place = "plan" + (f"~{attempt}" if attempt else "")
        data = await decision.say(place, instruction, schema, max_tokens=planning.bounds.max_tokens)
        graph = from_data(data["tasks"])
        wrong = problems(graph, planning.specs, planning.files)
        if not wrong:
            return _decided(decision, graph)
        instruction = f"This plan does not hold: {'; '.join(wrong)}. Plan again."
    raise PlanFailed(wrong, hint="say it more plainly, name the tools with 'tools', or use a larger model")


@planners.register("raw")
async def raw(planning: Planning) -> TaskGraph:
    """One question, one answer, no schema, nothing made good: what a model does by itself."""
    specs = planning.candidates
    decision = planning.desk.sit("planner", "raw", planning.segments(specs))
    form = 'Answer with JSON alone: {"tasks": [{"tool": "NAME", "arguments": {"INPUT": VALUE}, "after": []}]}'
    asked = with_instruction(decision.transcript, f"{_HOW.format(most=planning.bounds.tasks)} {form}")
    request = Request(messages=asked, max_tokens=planning.bounds.max_tokens, seed=decision.seed("plan"))
    answer = await planning.desk.ask(f"{decision.id}/plan", request)
    decision.transcript = (*asked, Message(role="assistant", content=answer.text))
    loose: Schema = {"type": "object", "properties": {"tasks": {"type": "array", "items": {"type": "object"}}}}
    try:
        data, _ = parse(answer.text, loose | {"required": ["tasks"]})
        graph = from_data(data["tasks"])
    except (InvalidOutput, TypeError, ValueError) as error:
        raise PlanFailed([f"the answer is no plan: {error}"]) from error
    if wrong := problems(graph, planning.specs, planning.files):
        raise PlanFailed(wrong)
    return _decided(decision, graph)


def _decided(decision: Decision, graph: TaskGraph) -> TaskGraph:
    told = "\n".join(line(task) for task in graph.tasks) or "none of the tools fits"
    decision.settle(told)
    decision.act(told, as_data(graph))
    return graph


def _schema(planning: Planning, names: list[str]) -> Schema:
    """Return the schema of a plan. What may come from where is left to the check, which can say what is wrong."""
    ids = [f"t{number}" for number in range(1, planning.bounds.tasks + 1)]
    sources: dict[str, Source] = {**planning.files, **dict.fromkeys(ids, "json")}
    forms = [_task(planning, name, sources, ids) for name in names]
    task = forms[0] if len(forms) == 1 else {"anyOf": forms}
    return closed({"tasks": {"type": "array", "items": task, "maxItems": planning.bounds.tasks}})


def _task(planning: Planning, name: str, sources: dict[str, Source], ids: list[str]) -> Schema:
    properties = {
        "tool": {"enum": [name]},
        "does": {"type": "string", "maxLength": 120},
        "arguments": planning.arguments(planning.specs[name], sources, strict=False),
        "after": {"type": "array", "items": {"enum": ids}, "maxItems": len(ids)},
    }
    return closed(properties, ["tool", "does", "arguments"])
