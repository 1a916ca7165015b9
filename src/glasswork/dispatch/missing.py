"""What of a request no call of a plan takes up: files, numbers, names, whole clauses. Nothing of this asks a model.

Models that are trained to call functions mostly list one call and stop. A clause ("set an alarm, *and then change the
other one*") is taken up where the tool that fits it best, of those that the planner has before it, is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from glasswork.dispatch.finding import closest
from glasswork.dispatch.graph import TaskGraph
from glasswork.dispatch.grounded import set_beside
from glasswork.dispatch.planning import Planning

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_BETWEEN = re.compile(
    r"(?<=[.!?;])\s+|,?\s+(?:and\s+)?(?:then|also|afterwards|finally|next)\b[\s,]*|,\s+(?:and|while|but)\s+"
    r"|\s+and\s+(?=(?:please\s+)?(?:\w+\s+){3})|[\u3002\uff01\uff1f\uff1b]\s*|\uff0c(?:\u7136\u540e|\u5e76|\u518d)",
    re.IGNORECASE,
)
"""Between clauses: sentences, "and then", and an "and" that much follows; in Chinese also 然后, 并 and 再."""
_FEWEST_WORDS, _LONGEST = 3, 120
_WORD = re.compile(r"[^\W_]+?(?=[\u3040-\u9fff]|\b)")


def missing(planning: Planning, graph: TaskGraph) -> list[str]:
    """Return what comes with a request and no call deals with, each once, as it is told to a planner."""
    sources = {source for task in graph.tasks for source in task.sources}
    files = [name for name in planning.files if name not in sources]
    names = set_beside(graph.tasks, planning.request)
    told = [json.dumps(clause, ensure_ascii=False) for clause, _ in clauses_left(planning, graph)]
    return list(dict.fromkeys([*files, *_numbers(planning, graph), *names, *told]))


def clauses_left(planning: Planning, graph: TaskGraph) -> list[tuple[str, str]]:
    """Return the clauses that no call deals with, where the request has two or more, each with the tool that fits it.

    A clause is cut at 120 characters.
    """
    clauses = [one.strip() for one in _BETWEEN.split(planning.request) if _WORD.search(one)]
    long = [one for one in clauses if len(_WORD.findall(one)) >= _FEWEST_WORDS] if len(clauses) > 1 else []
    called = {"", *(task.tool for task in graph.tasks)}
    fitting = zip(long, closest(long, planning.candidates), strict=True)
    return [(one[:_LONGEST], tool) for one, tool in fitting if tool not in called]


def _numbers(planning: Planning, graph: TaskGraph) -> Iterator[str]:
    given = json.dumps([list(task.arguments.values()) for task in graph.tasks], default=str)
    used = {_value(one) for one in _NUMBER.findall(given)}
    return (one for one in _NUMBER.findall(planning.request) if _value(one) not in used)


def _value(number: str) -> float:
    return abs(float(number.replace(",", "")))
