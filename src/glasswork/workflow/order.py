"""The order of steps: cycles, reach and levels of a graph given as ``{step: (steps it needs)}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Needs = Mapping[str, Sequence[str]]


def cycles(needs: Needs) -> list[tuple[str, ...]]:
    """Return cycles, each once and closed (``("a", "b", "a")``); empty if, and only if, there are none."""
    found: list[tuple[str, ...]] = []
    finished: set[str] = set()
    for start in needs:
        trail: list[str] = []
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            step, leaving = pending.pop()
            if leaving:
                finished.add(trail.pop())
            elif step in trail:
                found.append((*trail[trail.index(step) :], step))
            elif step not in finished:
                trail.append(step)
                pending.append((step, True))
                pending += [(need, False) for need in reversed(needs[step])]
    return found


def in_order(needs: Needs) -> list[str]:
    """Return the steps so that each comes after its needs, and otherwise as given. The graph has no cycle."""
    ordered: dict[str, None] = {}
    waiting = list(needs)
    while waiting:
        ready = next(step for step in waiting if all(need in ordered for need in needs[step]))
        ordered[ready] = None
        waiting.remove(ready)
    return list(ordered)


def reach(needs: Needs) -> dict[str, frozenset[str]]:
    """Return for each step all steps it needs, directly or through others."""
    found: dict[str, frozenset[str]] = {}
    for step in needs:
        seen: set[str] = set()
        pending = list(needs[step])
        while pending:
            need = pending.pop()
            if need not in seen:
                seen.add(need)
                pending += needs[need]
        found[step] = frozenset(seen)
    return found


def levels(needs: Needs) -> list[list[str]]:
    """Return the steps in layers: a step stands one layer below the lowest of its needs. The graph has no cycle."""
    depth: dict[str, int] = {}
    for step in in_order(needs):
        depth[step] = 1 + max((depth[need] for need in needs[step]), default=-1)
    return [[step for step in needs if depth[step] == level] for level in range(max(depth.values(), default=-1) + 1)]
