"""Compares two runs: the events they share, where they part, and how each step came out in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from glasswork.log.compare import Difference, content, difference, key
from glasswork.log.reader import Entry, Log
from glasswork.places import decision_id
from glasswork.records import (
    Event,
    Redacted,
    RoundPlayed,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    StepFinished,
    Usage,
)
from glasswork.view.lines import points
from glasswork.view.rounds import ASIDE, Decision, Key, Round
from glasswork.view.tale import Tale, tell

_NOT_COMPARED = (RunStarted, RunForked, RunResumed, *ASIDE)
"""What was asked is compared on its own; the rest is of one log, and not of what was done."""

_OF_THE_MACHINE = ("usage", "logprobs", "logprob_floor", "obtained", "model")
"""Of an answer, what may differ between two runs that went the same way: caches, and the last digits of numbers."""

Slot = tuple[Any, ...]
"""An event's key, and how many of the same key came before it."""


@dataclass(frozen=True)
class Parting:
    """The first event in which two runs differ. Where only one of them has it, the other's entry is None."""

    a: Entry | None
    b: Entry | None
    difference: Difference | None
    """The first part of it that differs, where both have it."""

    @property
    def event(self) -> Event:
        """The event, as the first run has it, or else the second."""
        entry = self.a or self.b
        assert entry is not None, "one of the runs has it"
        return entry.event


@dataclass(frozen=True)
class Outcome:
    """How a step, a round or an item of it came out in one run."""

    state: str
    choices: tuple[str, ...]
    output: Mapping[str, Any]
    calls: int
    tokens: int


@dataclass(frozen=True)
class Pair:
    """One step, round or item in both runs; None where a run has none."""

    name: str
    a: Outcome | None
    b: Outcome | None

    @property
    def alike(self) -> bool:
        """Whether it came out the same; what it took may differ."""
        if self.a is None or self.b is None:
            return False
        return (self.a.state, self.a.choices, self.a.output) == (self.b.state, self.b.choices, self.b.output)


@dataclass(frozen=True)
class Total:
    """What a run took, and how it ended."""

    state: str
    calls: int
    usage: Usage
    money: float
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Two runs, side by side."""

    a: Log
    b: Log
    asked: tuple[Difference, ...]
    """What was asked of them, where it differs: inputs, model, seed."""
    alike: int
    """Events that come before the parting and are the same in both."""
    shared: int
    """Events that are the same in both, wherever they stand."""
    parting: Parting | None
    steps: tuple[Pair, ...]
    totals: tuple[Total, Total]
    fork: str
    """Which is a fork of which: ``a`` (of b), ``b`` (of a), ``both`` (of one run), or empty."""
    redacted: int
    """Events of either whose data was taken out: they are not compared."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.parting is None and not self.asked


def compare(a: Log, b: Log) -> Comparison:
    """Compare two runs, without times: each event with that of the same key, in the order of ``a``."""
    ours, theirs = _slots(a.entries), _slots(b.entries)
    alike, shared, parting = _walk(ours, theirs, gone=_taken_out(a) | _taken_out(b))
    tales = tell(a.events), tell(b.events)
    asked = _asked(tales)
    same_beginning = int(not asked and all(tale.started for tale in tales))
    return Comparison(
        a,
        b,
        asked=asked,
        alike=alike + same_beginning,
        shared=shared + same_beginning,
        parting=parting,
        steps=tuple(_steps(*tales)),
        totals=(_total(tales[0], a), _total(tales[1], b)),
        fork=_fork(a, b),
        redacted=sum(tale.redacted for tale in tales),
    )


def _slots(entries: Iterable[Entry]) -> dict[Slot, Entry]:
    """Name each event so that it can be found in the other run; of a step's or a run's ends only the last counts."""
    found: dict[Slot, Entry] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    for entry in entries:
        if isinstance(entry.event, _NOT_COMPARED):
            continue
        name = key(entry.event)
        if isinstance(entry.event, StepFinished | RunFinished):
            found.pop((*name, 0), None)
            found[*name, 0] = entry
        else:
            found[*name, seen[name]] = entry
            seen[name] += 1
    return found


def _walk(
    ours: Mapping[Slot, Entry], theirs: Mapping[Slot, Entry], gone: frozenset[str]
) -> tuple[int, int, Parting | None]:
    """Return how many events are alike before the parting, how many in all, and the parting."""
    before, shared, first, last = 0, 0, None, None
    for slot, entry in ours.items():
        other = theirs.get(slot)
        found = _compared(entry, other, gone)
        shared += other is not None and found is None
        if isinstance(entry.event, RunFinished):
            last = found
        elif first is None:
            first, before = found, shared
    if first is None:
        first = next((Parting(None, entry, None) for entry in _new(ours, theirs, gone)), last)
    return before, shared, first


def _compared(entry: Entry, other: Entry | None, gone: frozenset[str]) -> Parting | None:
    if other is None:
        return None if entry.event.type in gone else Parting(entry, None, None)
    found = difference(matter(entry.event), matter(other.event))
    return Parting(entry, other, found) if found else None


def _new(ours: Mapping[Slot, Entry], theirs: Mapping[Slot, Entry], gone: frozenset[str]) -> Iterable[Entry]:
    new = (entry for slot, entry in theirs.items() if slot not in ours and entry.event.type not in gone)
    return sorted(new, key=lambda entry: (isinstance(entry.event, RunFinished), entry.seq))


def matter(event: Event) -> dict[str, Any]:
    """Return what of an event shows which way a run went: its content, less what only the machine decides."""
    data = content(event)
    match event.type:
        case "model.answered":
            data["completion"] = {name: x for name, x in data["completion"].items() if name not in _OF_THE_MACHINE}
            del data["cost"]
        case "decision.planned" | "speaker.chosen":
            for name in {"options", "expected"} & {*data}:
                data[name] = [one | {"probability": round(one["probability"], 2)} for one in data[name]]
        case "thought.noted":
            data["score"] = None if data["score"] is None else round(data["score"], 2)
        case "thinking.ended":
            del data["tokens"]
        case "decision.started":
            del data["model"]
        case "run.finished":
            data = {name: data[name] for name in ("state", "reason", "outputs")}
    return data


def _taken_out(log: Log) -> frozenset[str]:
    return frozenset(event.was for event in log.events if isinstance(event, Redacted))


def _asked(tales: tuple[Tale, Tale]) -> tuple[Difference, ...]:
    ours, theirs = (content(tale.started) if tale.started else {} for tale in tales)
    flat = [
        data | {f"inputs.{name}": value for name, value in data.get("inputs", {}).items()} for data in (ours, theirs)
    ]
    names = [name for name in {**flat[0], **flat[1]} if name not in {"inputs", "type"}]
    found = [(name, flat[0].get(name), flat[1].get(name)) for name in names]
    return tuple(Difference(name, old, new) for name, old, new in found if old != new)


def _fork(a: Log, b: Log) -> str:
    ours, theirs = a.about.parent, b.about.parent
    if ours and ours.run == b.about.run:
        return "a"
    if theirs and theirs.run == a.about.run:
        return "b"
    return "both" if ours and theirs and ours.run == theirs.run else ""


def _steps(a: Tale, b: Tale) -> Iterable[Pair]:
    ours: dict[Key, Round] = {each.key: each for each in a.rounds}
    theirs: dict[Key, Round] = {each.key: each for each in b.rounds}
    for step, number, item in {**ours, **theirs}:
        name = step if number <= 1 and not item else decision_id(step, number, item=item)
        found = (ours.get((step, number, item)), theirs.get((step, number, item)))
        yield Pair(name, *(_outcome(each) if each else None for each in found))


def _outcome(each: Round) -> Outcome:
    decisions = [item for item in each.items if isinstance(item, Decision)]
    return Outcome(
        each.state,
        tuple(choice for choice in map(_choice, decisions) if choice),
        each.finished.output if each.finished else _played(each),
        calls=sum(len(decision.answers) for decision in decisions),
        tokens=sum(decision.usage.total for decision in decisions),
    )


def _played(each: Round) -> dict[str, Any]:
    """Return what a match of several came to: they end without an output of their own."""
    if each.match is None:
        return {}
    rounds = [item for item in each.items if isinstance(item, RoundPlayed)]
    scores = {"scores": points(each.outcome.scores)} if each.outcome else {}
    return scores | {"moves": " / ".join(", ".join(one.moves or one.said) for one in rounds)}


def _choice(decision: Decision) -> str:
    planned = decision.planned
    if planned is None or len(planned.options) < 2:
        return ""
    return next((option.text for option in planned.options if option.label == planned.choice), planned.choice)


def _total(tale: Tale, log: Log) -> Total:
    end = tale.finished
    state = end.state if end else "running" if log.writer else "cut off"
    return Total(state, tale.calls, tale.usage, tale.money, end.outputs if end else {})
