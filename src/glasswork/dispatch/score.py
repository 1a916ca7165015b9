"""How good a plan is, strictly: what cannot be read, and what names a tool that is not there, is wrong.

Calls are compared as the Berkeley Function Calling Leaderboard does (AST accuracy; Patil et al., ICML 2025;
``ShishirPatil/gorilla``, ``bfcl_eval/eval_checker/ast_eval``): each argument must be among the accepted ones, texts
but for case, blanks and some signs, and calls of one answer may come in any order. Graphs are compared as multisets
of nodes and edges. Unlike with TaskBench's own scorer (``microsoft/JARVIS``, ``taskbench/evaluate.py``) nothing leaves
the denominator, invented tools count against a plan, and a tool that is used twice counts twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Accepted = Mapping[str, Mapping[str, Sequence[Any]]]
"""One call that is right: ``{tool: {argument: [accepted, …]}}``; an accepted ``""`` says that it may be left out."""
_IGNORED = re.compile(r"[ ,./\-_*^]")


@dataclass(frozen=True)
class Call:
    """One call of a plan, arguments as JSON."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class F1:
    """Precision and recall of one plan, and their harmonic mean; all are 1 where nothing was due nor planned."""

    precision: float
    recall: float
    f1: float


# --- calls ------------------------------------------------------------------------------------------------------------


def wrong_calls(calls: Sequence[Call] | None, right: Sequence[Accepted], required: Mapping[str, Sequence[str]]) -> str:
    """Return why calls are not what was due; empty where they are.

    Args:
        calls: what was planned; None where the answer could not be read.
        right: what was due, in any order; none: no call was due (irrelevance).
        required: the arguments that must be given, by tool; its keys are the tools there are.
    """
    if calls is None:
        return "unreadable"
    invented = [one.tool for one in calls if one.tool not in required]
    if invented:
        return f"invented tool: {invented[0]}"
    if not right:
        return f"a call, where none was due: {calls[0].tool}" if calls else ""
    if len(calls) != len(right):
        return f"{len(calls)} calls, and {len(right)} were due"
    return _unmatched(calls, right, required)


def _unmatched(calls: Sequence[Call], right: Sequence[Accepted], required: Mapping[str, Sequence[str]]) -> str:
    """Return what is wrong with the first due call that no planned one matches."""
    left = list(calls)
    for due in right:
        reasons = [_wrong_call(one, due, required) for one in left]
        if "" not in reasons:
            (tool,) = due
            same = [reason for one, reason in zip(left, reasons, strict=True) if one.tool == tool]
            return (same or reasons)[0]
        del left[reasons.index("")]
    return ""


def _wrong_call(call: Call, due: Accepted, required: Mapping[str, Sequence[str]]) -> str:
    ((tool, accepted),) = due.items()
    if call.tool != tool:
        return f"{call.tool} in place of {tool}"
    missing = [name for name in required[tool] if name not in call.arguments]
    if missing:
        return f"{tool}: {missing[0]} is missing"
    for name, value in call.arguments.items():
        if name not in accepted:
            return f"{tool}: {name} is not to be given"
        if not any(same(value, one) for one in accepted[name]):
            return f"{tool}: {name} is {value!r:.60}"
    left_out = [name for name, values in accepted.items() if name not in call.arguments and "" not in values]
    return f"{tool}: {left_out[0]} is left out" if left_out else ""


def same(given: Any, accepted: Any) -> bool:
    """Tell whether a value is an accepted one: whole numbers may stand for fractions, texts are compared loosely."""
    if isinstance(given, bool) or isinstance(accepted, bool):
        return given is accepted
    if isinstance(given, str) and isinstance(accepted, str):
        return _loose(given) == _loose(accepted)
    if isinstance(given, int | float) and isinstance(accepted, int | float):
        return given == accepted
    if isinstance(given, list | tuple) and isinstance(accepted, list | tuple):
        return len(given) == len(accepted) and all(map(same, given, accepted))
    if isinstance(given, Mapping) and isinstance(accepted, Mapping):
        left_out = all("" in _list(accepted[name]) for name in accepted.keys() - given.keys())
        return left_out and all(
            name in accepted and any(same(value, one) for one in _list(accepted[name])) for name, value in given.items()
        )
    return given is None and accepted is None


def _list(values: Any) -> Sequence[Any]:
    """Return the accepted values of one key of a mapping."""
    return values if isinstance(values, list | tuple) else (values,)


def _loose(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')


# --- graphs -----------------------------------------------------------------------------------------------------------


def node_f1(planned: Sequence[str] | None, due: Sequence[str]) -> F1:
    """Return how well the tools of a plan are those that were due; None: the plan could not be read."""
    return multiset_f1(planned, due)


def edge_f1(planned: Sequence[tuple[str, str]] | None, due: Sequence[tuple[str, str]]) -> F1:
    """Return how well the edges of a plan, pairs of tools, are those that were due."""
    return multiset_f1(planned, due)


def multiset_f1(planned: Sequence[Hashable] | None, due: Sequence[Hashable]) -> F1:
    """Return the F1 of two multisets; what could not be read scores nothing, also where nothing was due."""
    if planned is None:
        return F1(0.0, 0.0, 0.0)
    if not planned and not due:
        return F1(1.0, 1.0, 1.0)
    both = sum((Counter(planned) & Counter(due)).values())
    precision, recall = both / len(planned) if planned else 0.0, both / len(due) if due else 0.0
    return F1(precision, recall, 2 * both / (len(planned) + len(due)))


def exact(
    planned: Sequence[str] | None,
    edges: Sequence[tuple[str, str]],
    due: Sequence[str],
    due_edges: Sequence[tuple[str, str]],
) -> bool:
    """Tell whether a plan has the very tools and edges that were due."""
    return planned is not None and Counter(planned) == Counter(due) and Counter(edges) == Counter(due_edges)


def invented(planned: Sequence[str] | None, known: Sequence[str]) -> float:
    """Return the share of a plan's tools that do not exist; 0 of none, and of what could not be read."""
    return sum(one not in known for one in planned) / len(planned) if planned else 0.0
