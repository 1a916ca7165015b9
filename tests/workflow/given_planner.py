"""A planner for tests: the whole graph in one answer, so that they hang on no prompt of those that come with Glasswork."""

from glasswork.dispatch.graph import TaskGraph, as_data, from_data, line, problems
from glasswork.dispatch.planning import Planning, planners
from glasswork.errors import PlanFailed

SCHEMA = {
    "type": "object",
    "properties": {"tasks": {"type": "array", "items": {"type": "object"}}},
    "required": ["tasks"],
    "additionalProperties": False,
}


@planners.register("given")
async def given(planning: Planning) -> TaskGraph:
    decision = planning.desk.sit("planner", "given", planning.segments(planning.candidates))
    decision.settle("plan all of it")
    data = await decision.say("act", "Plan.", SCHEMA, max_tokens=300)
    graph = from_data(data["tasks"])
    if wrong := problems(graph, planning.specs, planning.files):
        raise PlanFailed(wrong, hint="plan otherwise")
    decision.act("\n".join(line(task) for task in graph.tasks), as_data(graph))
    return graph
