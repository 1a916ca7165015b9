"""Tells a run in order while it is read: what can be told is told, and then forgotten.

A round is told once it is complete and every round that began before it has been told; the steps of a workflow, the
matches of a tournament and the items of a ``for_each`` are told within the step that runs them. So a log of any length
is told from its first events on, in the memory that its open rounds take. Two things end the patience with a round that
stays open: more than :data:`HELD` events that wait behind it, and a mark that parts the whole run (it stopped, was
resumed, was forked). Then it is told as far as it came, and its rest where that comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from glasswork.log.reader import Entry
from glasswork.records import (
    DecisionChecked,
    HumanAnswered,
    HumanAsked,
    LogRedacted,
    LogRepaired,
    ModelAnswered,
    ModelFailed,
    Redacted,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    StepStarted,
    ToolAnswered,
    Usage,
)
from glasswork.view.rounds import ASIDE, Key, Round, Rounds

HELD = 1000
"""Events that may wait behind a round that stays open."""

Part = Literal["whole", "beginning", "so far", "end", "open"]
"""How much of a round is told: all of it, its beginning (what runs within it follows), what it came to before something
else has to be told, its end, or what it has come to where the log ends."""


@dataclass(frozen=True)
class Told:
    """A round, or a part of one. It is not touched any more once it is handed out."""

    part: Part
    round: Round


@dataclass(frozen=True)
class Mark:
    """Something that concerns the run as a whole, or an event whose round nobody knows any more."""

    seq: int
    event: RunFinished | RunForked | RunResumed | DecisionChecked | LogRepaired | LogRedacted | Redacted


class Teller(Rounds):
    """Takes a run's entries one by one, and hands out what may be told. What it has counted can be read at any time."""

    def __init__(self, *, held: int = HELD) -> None:
        super().__init__()
        self.started: RunStarted | None = None
        self.first: Entry | None = None
        self.last: Entry | None = None
        self.calls = 0
        self.usage = Usage()
        self.money = 0.0
        self.questions: dict[tuple[str, int, str], HumanAsked] = {}
        """Questions to a person that have not been answered."""
        self._patience = held
        self._held = 0
        self._queue: deque[Round | Mark] = deque()
        self._end: Mark | None = None
        self._left: dict[Key, tuple[StepStarted | None, bool]] = {}
        """Rounds that were told before they were complete: how they began, and whether their end has been told."""

    @property
    def finished(self) -> RunFinished | None:
        """The run's end, where nothing of the run has come after it."""
        return self._end.event if self._end is not None and isinstance(self._end.event, RunFinished) else None

    def take(self, entry: Entry) -> Iterator[Told | Mark]:
        """Take in an entry; yield what may be told now."""
        event = entry.event
        if self._end is not None and not isinstance(event, ASIDE):
            yield from self._parted(self._end)
            self._end = None
        self.first, self.last = self.first or entry, entry
        match event:
            case RunStarted():
                self.started = self.started or event
            case RunFinished():
                self._end = Mark(entry.seq, event)
            case RunForked() | RunResumed():
                yield from self._parted(Mark(entry.seq, event))
            case DecisionChecked() if event.at_least is not None and "error" not in event.detail:
                self._count(entry)  # demanded, and so a part of the run: its sign stands at the decision
            case LogRepaired() | LogRedacted() | Redacted() | DecisionChecked():
                self._queue.append(Mark(entry.seq, event))
            case _:
                self._count(entry)
                self._keep(self.sort(event))
        yield from self._drain(self._queue)

    def close(self) -> Iterator[Told | Mark]:
        """Yield all that is left, where the log ends."""
        yield from self._drain(self._queue, cut="open")

    def begin(self, made: Round) -> None:
        """Line a round up behind those that began before it."""
        self.recall(made)
        outside = self.around(made)
        within = outside.inside if outside is not None and outside.holds_others else self._queue
        within.append(made)

    def recall(self, made: Round) -> None:
        """Give the rest of a round what it needs to know of its beginning."""
        made.before, made.over = self._left.pop(made.key, (None, False))

    def _count(self, entry: Entry) -> None:
        match entry.event:
            case ModelAnswered() as answer:
                self.calls += 1
                self.usage += answer.completion.usage
                self.money += answer.cost
            case ModelFailed() as failed:
                self.usage += failed.usage
                self.money += failed.cost
            case DecisionChecked() as check:
                self.calls += check.calls
                self.usage += check.usage
                self.money += check.cost
            case ToolAnswered() as call:
                self.money += call.cost
            case HumanAsked() as asked:
                self.questions[asked.step, asked.round, asked.decision] = asked
            case HumanAnswered() as answered:
                self.questions.pop((answered.step, answered.round, answered.decision), None)

    def _keep(self, round_: Round | None) -> None:
        if round_ is None:
            return
        round_.events += 1
        self._held += 1
        if round_.turned:
            self._forget(round_)

    def _parted(self, mark: Mark) -> Iterator[Told | Mark]:
        """Tell everything as far as it came, then the mark."""
        yield from self._drain(self._queue, cut="so far")
        yield mark

    def _drain(
        self, queue: deque[Round | Mark] | deque[Round], *, cut: Literal["so far", "open"] | None = None
    ) -> Iterator[Told | Mark]:
        """Tell what stands in front for as long as it is complete, or is to be cut, or is not waited for any longer."""
        while queue:
            front = queue[0]
            if isinstance(front, Mark):
                queue.popleft()
                yield front
                continue
            if front.holds_others and not front.opened and (front.inside or not front.complete):
                front.opened = True
                yield Told("beginning", self._settled(front))
            yield from self._drain(front.inside, cut=cut)
            if front.inside:
                return
            if front.complete:
                part: Part = "so far" if front.turned else "end" if front.opened else "whole"
            elif cut or self._held - front.events > self._patience:
                part = cut or "so far"
            else:
                return
            queue.popleft()
            self._forget(front)
            yield Told(part, self._settled(front))

    def _settled(self, round_: Round) -> Round:
        """Return a round as it is to be told now, and begin it anew, empty, for what comes later."""
        self._held -= round_.events
        told = Round(**vars(round_))
        round_.items, round_.events = [], 0
        return told

    def _forget(self, round_: Round) -> None:
        """Let go of a round; what is not over leaves behind what its rest will need."""
        if self._unnumbered.get(round_.step) is round_:
            del self._unnumbered[round_.step]
        if self._rounds.get(round_.key) is not round_:
            return
        del self._rounds[round_.key]
        over = round_.over or (round_.finished is not None and round_.finished.state == "done")
        if round_.begun is not None and not (over and round_.complete and not round_.turned):
            self._left[round_.key] = (round_.begun, over)
