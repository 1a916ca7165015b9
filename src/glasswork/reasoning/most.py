"""How much a strategy asks at most, by an agent's file alone: what a run may cost is known before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from glasswork.definitions import OperationDef, PlanDef, graph_order
from glasswork.reasoning.best_of import MOST
from glasswork.reasoning.graph import USUAL
from glasswork.reasoning.values import WORTH

_LEAST = 40
"""Tokens that one chain reads at least: the words around whatever is asked."""


@dataclass(frozen=True)
class Asked:
    """Questions at most, beside those of the choice."""

    written: int = 0
    """That are answered in words."""
    labels: int = 0
    """That are answered with one token."""
    chooses: bool = True
    """Whether the choice is weighed afterwards."""


def most_asked(plan: PlanDef) -> Asked:
    """Return how much a plan asks at most; a budget may end it sooner."""
    fixed = bool(plan.choose_from)
    options = len(plan.choose_from) or plan.options
    match plan.strategy:
        case "chain":
            asked = Asked(1)
        case "predict":
            asked = Asked(labels=len(plan.expect_from) if len(plan.expect_from) > 1 else 0)
        case "two_stage":
            weighed = 2 * options if options > 1 else 0
            asked = Asked(1 if fixed else 2, weighed, chooses=False)
        case "self_consistency":
            asked = Asked(plan.samples, chooses=not fixed)
        case "best_of":
            asked = Asked(min(MOST, (plan.budget or 0) // _LEAST), chooses=not fixed)
        case "debate":
            asked = Asked(plan.debaters * plan.rounds, chooses=not fixed)
        case "tree":
            asked = _tree(plan)
        case "graph":
            asked = _graph(plan)
        case _:
            asked = Asked(0 if fixed else 1)
    return asked


def _tree(plan: PlanDef) -> Asked:
    """Count levels breadth first; depth first, every thought that there could be."""
    each = plan.branches if plan.propose == "sample" else 1
    asked = valued = votes = 0
    frontier = 1
    for level in range(1, plan.depth + 1):
        ahead = min(plan.look_ahead, plan.depth - level)
        thought = frontier * sum(plan.branches**step for step in range(ahead + 1))
        leaves = frontier * plan.branches ** (ahead + 1)
        asked, valued, votes = asked + thought, valued + leaves, votes + frontier
        breadth_first = plan.search == "breadth_first"
        frontier = min(plan.breadth, frontier * plan.branches) if breadth_first else frontier * plan.branches
    vote = plan.branches ** (1 + plan.look_ahead) * (plan.breadth if plan.search == "breadth_first" else 1)
    labels = valued * len(WORTH) if plan.evaluator == "value" else votes * vote
    return Asked(asked * each, labels)


def _graph(plan: PlanDef) -> Asked:
    """Follow how many thoughts there are after each operation, at most."""
    operations = plan.operations or USUAL
    after: dict[str, int] = {}
    written = labels = 0
    for name in graph_order(operations):
        one = operations[name]
        taken = sum(after[need] for need in one.needs) if one.needs else 1
        asked, read, after[name] = _operation(one, taken)
        written, labels = written + asked, labels + read
    return Asked(written, labels)


def _operation(one: OperationDef, taken: int) -> tuple[int, int, int]:
    """Return questions in words, label questions, and thoughts afterwards."""
    match one.do:
        case "generate" | "refine":
            return taken, 0, taken * one.count
        case "aggregate":
            return 1, 0, one.count
        case "score":
            return 0, taken * len(WORTH), taken
        case "keep_best":
            return 0, 0, taken if one.each else min(taken, one.keep)
    return taken * one.tries, taken * (1 + one.tries) * 2, taken
