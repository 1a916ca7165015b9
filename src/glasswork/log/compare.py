"""Tells whether two events are the same but for when they happened, and where they part if they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from glasswork.log.plain import plain
from glasswork.records import Event

_PARTS = (
    *("place", "decision", "step", "round", "item", "turn", "expression", "attempt", "measure"),
    *("match", "number"),
)
_TIMES: Mapping[str, frozenset[str]] = {
    "run.started": frozenset({"run", "glasswork"}),
    "run.finished": frozenset({"seconds", "events"}),
    "step.finished": frozenset({"seconds"}),
    "sandbox.ran": frozenset({"seconds"}),
    "tool.answered": frozenset({"seconds"}),
    "model.failed": frozenset({"seconds"}),
    "decision.checked": frozenset({"seconds", "event", "hash"}),
}
"""What says when, by whom, or where in a log, and not what: never compared."""

_SHOWN = 60
"""Characters of a value that are shown at a difference."""


class Difference(NamedTuple):
    """Where two events part: a path within them (``request.messages[1].content``), and what stands there in each."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.path}: {_around(self.old, self.new)}"


def key(event: Event) -> tuple[Any, ...]:
    """Return what an event is about: its type, and the place, step, round or decision it belongs to."""
    return (event.type, *(getattr(event, part, None) for part in _PARTS))


def content(event: Event) -> dict[str, Any]:
    """Return what an event says, as JSON data: without its type, and without what says when."""
    data: dict[str, Any] = plain(event.model_dump(exclude={"type", *_TIMES.get(event.type, ())}))
    if event.type == "model.answered":
        del data["completion"]["seconds"]
    return data


def first_difference(old: Event, new: Event) -> Difference | None:
    """Return where two events of one key part, or None where they say the same."""
    return difference(content(old), content(new))


def difference(old: Any, new: Any, path: str = "") -> Difference | None:
    """Return the first part, in reading order, in which JSON data differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            below = f"{path}.{name}" if path else str(name)
            if name not in old or name not in new:
                return Difference(below, old.get(name), new.get(name))
            if found := difference(old[name], new[name], below):
                return found
        return None
    if isinstance(old, list) and isinstance(new, list):
        for index, (before, now) in enumerate(zip(old, new, strict=False)):
            if found := difference(before, now, f"{path}[{index}]"):
                return found
        return None if len(old) == len(new) else Difference(f"{path} (how many)", len(old), len(new))
    return None if type(old) is type(new) and old == new else Difference(path, old, new)


def _around(old: Any, new: Any) -> str:
    """Show two values, or the places where two texts part."""
    if isinstance(old, str) and isinstance(new, str):
        same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        start = max(0, same - _SHOWN // 3)
        where = f"from character {same}: " if same else ""
        return f"{where}recorded {_cut(old[start:])}, now {_cut(new[start:])}"
    return f"recorded {_cut(old)}, now {_cut(new)}"


def _cut(value: Any) -> str:
    shown = repr(list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
