"""Plan as one list of calls, in the form that models are trained to call functions in.

First the model is told, as in training, that it may call tools, and answers openly, a few tokens long: whether it
begins to call one that is there tells whether any fits. Asked for just that, small models cannot say it. Then the same
question is answered under a schema, in which only tools and sources can be named that are there and whose types fit;
what is wrong with the calls, or what of the request no call deals with, is said, and they are listed again. For clauses
that are left then a call is asked for one by one.

``raw`` is the open answer, whole, and taken as it is: what a model does by itself. It is the baseline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from glasswork.dispatch.deciding import Decision
from glasswork.dispatch.graph import Argument, Ref, Task, TaskGraph, as_data, line, problems, read, renumbered
from glasswork.dispatch.grounded import grounded
from glasswork.dispatch.missing import clauses_left, missing
from glasswork.dispatch.planning import Planning, Schema, described, ordered_after, planners
from glasswork.dispatch.types import Source
from glasswork.errors import PlanFailed
from glasswork.models.pieces import told
from glasswork.models.schema import closed
from glasswork.records import Message

OPENING = 40
"""Tokens of the open answer: enough for a polite beginning and the first brace."""
_TRAINED = """You are a helpful assistant.

# Tools

You may call one or more functions to assist with the user query.{refs}

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""
"""How Hermes (Nous Research), Qwen and others are trained to call functions, to the letter: in other words the small
ones copy the signatures."""
_REFS = ' In place of a value, {"from": NAME} stands for a file, or for what the call of that tool before it gives.'
_CALL = re.compile(r"""[{<]\s*(tool_call|["']?(name|function|tool)\b)|^\s*(```(json)?\s*)?[\[{]""")
_NAME = re.compile(r"""["']name["']\s*:\s*["']([^"']*)["']""")
_Call = Mapping[str, Any]


@planners.register("listed")
async def listed(planning: Planning) -> TaskGraph:
    """Ask openly whether anything is to be called; then for the list of calls, again with what is wrong with it."""
    decision, asked = _sat(planning, "listed"), _trained(planning)
    opened = (await decision.apart("open", asked, max_tokens=OPENING)).text
    forms = _forms(planning, _sources(planning))
    if not forms or not (decision.written or _calls(opened, planning)):
        return _decided(decision, TaskGraph(), opened)
    decision.settle("call tools", opened)
    listing, wrong = _Listing(planning, decision, forms), list[str]()
    for attempt in range(planning.bounds.repairs + 1):
        calls, said = await listing.calls("act" + (f"~{attempt}" if attempt else ""), asked)
        graph = _graph(planning, calls)
        wrong = problems(graph, planning.specs, planning.files)
        if not wrong:
            return _acted(decision, graph if decision.written else await _whole(listing, calls, said))
        asked = (*said, Message(role="user", content=f"These calls do not hold: {'; '.join(wrong)}. List them again."))
    raise PlanFailed(wrong, hint="say it more plainly, name the tools with 'tools', or use a larger model")


@planners.register("raw")
async def raw(planning: Planning) -> TaskGraph:
    """One open question, one answer, taken as it is."""
    decision = _sat(planning, "raw")
    answer = (await decision.apart("act", _trained(planning), max_tokens=planning.bounds.max_tokens)).text
    graph = _graph(planning, list(_found(answer)))
    if wrong := problems(graph, planning.specs, planning.files):
        raise PlanFailed(wrong)
    return _decided(decision, graph, answer)


def _sat(planning: Planning, strategy: str) -> Decision:
    return planning.desk.sit("planner", strategy, planning.segments(planning.candidates))


def _trained(planning: Planning) -> tuple[Message, ...]:
    """Return the question as models are trained on it. No text in it can pretend to be somebody's turn."""
    tools = [told(described(spec, planning.schemas.get(spec.name))) for spec in planning.candidates]
    signatures = "\n".join(f'{{"type": "function", "function": {one}}}' for one in tools)
    system = _TRAINED.format(tools=signatures, refs=_refs(planning, _sources(planning)))
    files = [f"File: {blob}" for blob in planning.files.values()]
    asked = told("\n".join([*files, planning.request]))
    return Message(role="system", content=system), Message(role="user", content=asked)


def _decided(decision: Decision, graph: TaskGraph, thinking: str) -> TaskGraph:
    decision.settle("call tools" if graph.tasks else "call none: no tool fits", thinking)
    return _acted(decision, graph)


def _acted(decision: Decision, graph: TaskGraph) -> TaskGraph:
    decision.act("\n".join(line(task) for task in graph.tasks) or "none of the tools fits", as_data(graph))
    return graph


def _calls(opened: str, planning: Planning) -> bool:
    """Tell whether an open answer begins to call a tool that is there; what is cut off before its name may be one."""
    named = _NAME.search(opened)
    return named[1] in planning.specs if named else bool(_CALL.search(opened))


@dataclass(frozen=True)
class _Listing:
    """The question for all calls at once, under a schema in which only what is there can be called."""

    planning: Planning
    decision: Decision
    forms: Schema
    """The schema of one call."""

    async def calls(
        self, place: str, asked: tuple[Message, ...], most: int = 0
    ) -> tuple[list[_Call], tuple[Message, ...]]:
        """Return the calls that are listed, ``most`` at most, and all that has been said then."""
        bounds = self.planning.bounds
        schema = {"type": "array", "items": self.forms, "minItems": 1, "maxItems": most or bounds.tasks}
        answer = await self.decision.apart(place, asked, max_tokens=bounds.max_tokens, schema=schema)
        return answer.data, (*asked, Message(role="assistant", content=answer.text))


async def _whole(listing: _Listing, calls: list[_Call], said: tuple[Message, ...]) -> TaskGraph:
    """Return the plan with all of the request, and nothing that takes nothing from it.

    Where no call deals with some of the request, the calls are listed again; that list counts if it leaves less. For
    each clause that is left then, a single call is asked for.
    """
    planning = listing.planning
    graph = _grounded(planning, calls)
    left = missing(planning, graph)
    if not left or not planning.bounds.repairs:
        return graph
    more = f"No call deals with {' or '.join(left)} of the request. List all calls that the request needs."
    second, _ = await listing.calls("act~whole", (*said, Message(role="user", content=more)))
    again = _grounded(planning, second)
    better = not problems(again, planning.specs, planning.files) and len(again.tasks) >= len(graph.tasks)
    if better and len(missing(planning, again)) < len(left):
        calls, graph = second, again
    system, request, *_ = said
    return await _by_clause(listing, system, request, calls, graph)


async def _by_clause(
    listing: _Listing, system: Message, request: Message, calls: list[_Call], graph: TaskGraph
) -> TaskGraph:
    """Return the plan with a call for each clause that none deals with, where that names a tool not called so far."""
    planning = listing.planning
    clauses = clauses_left(planning, graph)[: planning.bounds.tasks - 1]
    for number, (clause, tool) in enumerate(clauses, start=1):
        if len(graph.tasks) >= planning.bounds.tasks or any(task.tool == tool for task in graph.tasks):
            continue
        only = told(f"Of this, do one part only: {clause}")
        asked = (system, request.model_copy(update={"content": f"{request.content}\n\n{only}"}))
        part, _ = await listing.calls(f"act~part{number}", asked, most=1)
        added = _grounded(planning, [*calls, *part])
        new = {task.tool for task in added.tasks} > {task.tool for task in graph.tasks}
        if new and not problems(added, planning.specs, planning.files):
            calls, graph = [*calls, *part], added
    return graph


# --- what may be written ----------------------------------------------------------------------------------------------


def _sources(planning: Planning) -> dict[str, Source]:
    """Return what an argument may come from: files, and what the tools give, by their names."""
    return {**{spec.name: spec.output.type for spec in planning.candidates}, **planning.files}


def _refs(planning: Planning, sources: Mapping[str, Source]) -> str:
    """Return how sources are named, where any input could be given one."""
    schemas = (planning.arguments(spec, sources)["properties"] for spec in planning.candidates)
    return _REFS if '"from"' in json.dumps(list(schemas)) else ""


def _forms(planning: Planning, sources: Mapping[str, Source]) -> Schema | None:
    """Return the schema of one call, of any tool that can be given what it must; None where there is none."""
    forms = []
    for spec in planning.candidates:
        arguments = planning.arguments(spec, {name: one for name, one in sources.items() if name != spec.name})
        if all(name in arguments["properties"] for name in spec.required):
            forms.append(closed({"name": {"enum": [spec.name]}, "arguments": arguments}))
    return None if not forms else forms[0] if len(forms) == 1 else {"anyOf": forms}


# --- what was written -------------------------------------------------------------------------------------------------


def _graph(planning: Planning, calls: Sequence[_Call]) -> TaskGraph:
    """Return calls as tasks, none twice. Effects elsewhere keep the order that they are listed in."""
    distinct = list({json.dumps(call, sort_keys=True): call for call in calls}.values())
    names = [str(call.get("name", "")) for call in distinct]
    tasks = list[Task]()
    for index, call in enumerate(distinct):
        spec = planning.specs.get(names[index])
        arguments = call.get("arguments") if isinstance(call.get("arguments"), dict) else {}
        tasks.append(
            Task(
                id=f"t{index + 1}",
                tool=names[index],
                does=spec.description if spec else "",
                arguments={name: _argument(one, names, index) for name, one in (arguments or {}).items()},
                after=ordered_after(spec, tasks, planning.specs) if spec else (),
            )
        )
    return TaskGraph(tuple(tasks))


def _grounded(planning: Planning, calls: Sequence[_Call]) -> TaskGraph:
    """Return calls as tasks, without those that take nothing from the request; the others are numbered anew."""
    tasks = _graph(planning, calls).tasks
    return TaskGraph(renumbered(grounded(tasks, planning.request, [spec.name for spec in planning.candidates])))


def _argument(given: JsonValue, names: Sequence[str], index: int) -> Argument:
    """Return an argument; what comes from a tool comes from its last call before, or from where it stands wrongly."""
    argument = read(given)
    if not isinstance(argument, Ref) or argument.source not in names:
        return argument
    before = [place for place in range(index) if names[place] == argument.source]
    return Ref(f"t{(before[-1] if before else names.index(argument.source)) + 1}")


def _found(text: str) -> Iterator[_Call]:
    """Yield the calls in an open answer: JSON objects with a name, wherever they stand."""
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        try:
            data, end = decoder.raw_decode(text, place)
        except ValueError:
            data, end = None, place + 1
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            yield data
        elif isinstance(data, dict):
            end = place + 1
        place = text.find("{", end)
