"""The dispatcher: one request, many tool models. Plan, choose, execute, answer; each stage leaves its records.

It is *given* whom it asks, where it records, and the tool models; it knows nothing of agents, workflows and logs.
"""

from glasswork.dispatch import listed as _listed
from glasswork.dispatch import stepwise as _stepwise
from glasswork.dispatch.answering import Answer, Claim
from glasswork.dispatch.calls import Caller
from glasswork.dispatch.deciding import Desk
from glasswork.dispatch.dispatcher import Dispatcher, Outcome, named_files, told
from glasswork.dispatch.executing import Result
from glasswork.dispatch.graph import Ref, Task, TaskGraph, problems
from glasswork.dispatch.planning import Bounds, Planner, Planning, planners

del _listed, _stepwise  # imported for their registration alone

__all__ = [
    "Answer",
    "Bounds",
    "Caller",
    "Claim",
    "Desk",
    "Dispatcher",
    "Outcome",
    "Planner",
    "Planning",
    "Ref",
    "Result",
    "Task",
    "TaskGraph",
    "named_files",
    "planners",
    "problems",
    "told",
]
