"""From the events of a run to a tree of spans: run → steps → decisions → stages → calls, programs, questions to people.

A parent is what a place names, never what the clock suggests: steps run side by side, and explanations come in late.
No convention of anybody's is known here; what a span was made of it carries along, and others put it in their words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from glasswork.log.reader import Entry
from glasswork.places import Place, decision_id, outer, parse
from glasswork.records import (
    Acted,
    ConditionRead,
    DecisionChecked,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    LogRedacted,
    LogRepaired,
    MatchFinished,
    MatchStarted,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Planned,
    Record,
    RoundPlayed,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    StepFinished,
    StepStarted,
    TableHappened,
    ThinkingEnded,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
    Weighed,
)

Kind = Literal["run", "step", "decision", "stage", "call", "program", "question"]
ROOT = "run"
"""Key of the span of the run itself."""
_STAGE = re.compile(r"[a-z_]*")
_STAGE_OF = {"plan": "plan", "choose": "plan", "act": "act", "explain": "explain"}
"""The stage of a decision that a place belongs to: choosing ends the plan."""
_LONGEST = 1e9
_R = TypeVar("_R", bound=Record)


class Moment(NamedTuple):
    """Something that happened within a span, and took no time of its own."""

    time: datetime
    event: Event


@dataclass
class Span:
    """One stretch of a run. ``key`` is its own within the run, and always the same."""

    kind: Kind
    key: str
    parent: Span | None
    start: datetime
    end: datetime
    stage: str = ""
    """For stages and calls: ``plan``, ``act``, ``explain``; for calls outside of decisions, what their place says."""
    ended: bool = False
    error: str = ""
    """Code of what went wrong and was not mended; empty: nothing."""
    records: list[Event] = field(default_factory=list)
    """The events it was made of, in order."""
    moments: list[Moment] = field(default_factory=list)

    def last(self, kind: type[_R]) -> _R | None:
        """Return the last of its records of a kind."""
        return next((record for record in reversed(self.records) if isinstance(record, kind)), None)

    def within(self, kind: Kind) -> Span | None:
        """Return the nearest span of a kind that this one is, or lies in."""
        span: Span | None = self
        while span is not None and span.kind != kind:
            span = span.parent
        return span

    def see(self, time: datetime) -> None:
        """Reach at least until ``time``."""
        self.end = max(self.end, time)

    def close(self, time: datetime, error: str = "") -> None:
        """End, for now: what is resumed may end again."""
        self.see(time)
        self.ended, self.error = True, error


def spans(entries: Iterable[Entry]) -> Iterator[Span]:
    """Yield the spans of a run, each once, children often before their parents.

    Calls and programs come as soon as they have ended: the long texts of a run need not be held. What has not ended
    reaches as far as the log does, or as far as anything was heard of it.
    """
    tree = _Tree()
    for entry in entries:
        yield from tree.take(entry)
    yield from tree.rest()


class _Tree:
    def __init__(self) -> None:
        self._spans: dict[str, Span] = {}
        self._open: dict[str, Span] = {}
        """Calls and programs under way, by kind and place."""
        self._times: Counter[str] = Counter()
        self._latest: dict[str, Span] = {}
        """The latest round of each step."""
        self._early: dict[str, list[Moment]] = {}
        """Conditions read before the round began that they were read for."""
        self._last: datetime | None = None

    # --- events ---

    def take(self, entry: Entry) -> Iterator[Span]:
        """Take the next entry; yield what has ended for good."""
        time, event = entry.time, entry.event
        self._last = time if self._last is None else max(self._last, time)
        root = self._span("run", ROOT, None, time)
        match event:
            case RunStarted() | RunForked() | RunResumed() | RunFinished() | LogRepaired() | LogRedacted():
                self._run(root, time, event)
            case StepStarted() | StepFinished():
                self._round(time, event)
            case ConditionRead() | MessageSent() | SpeakerChosen():
                self._moment(time, event)
            case MatchStarted() | RoundPlayed() | MatchFinished() | TableHappened() | Weighed():
                self._moment(time, event)
            case DecisionStarted() | Planned() | Acted() | Explained():
                self._decided(time, event)
            case DecisionChecked() | ThoughtNoted() | ThinkingEnded():
                self._decision(parse(event.decision), time).moments.append(Moment(time, event))
            case ModelAnswered() | ModelFailed():
                yield from self._called(time, event)
            case SandboxStarted() | SandboxRan() | ToolStarted() | ToolAnswered():
                yield from self._worked(time, event)
            case HumanAsked() | HumanAnswered():
                self._asked(time, event)

    def rest(self) -> Iterator[Span]:
        """Yield all that is left, as far as it came."""
        for step, moments in self._early.items():
            self._latest.get(step, self._spans[ROOT]).moments.extend(moments)
        for span in (*self._open.values(), *self._spans.values()):
            if span.kind == "decision" and span.parent is not None and span.last(Acted) is None:
                span.error = span.error or span.parent.error
            if not span.ended and span.kind not in {"decision", "stage", "call"} and self._last is not None:
                span.see(self._last)
            yield span

    def _run(
        self,
        root: Span,
        time: datetime,
        event: RunStarted | RunForked | RunResumed | RunFinished | LogRepaired | LogRedacted,
    ) -> None:
        root.records.append(event)
        if isinstance(event, RunFinished):
            root.close(time, "failed" if event.state == "failed" else "")
        elif not isinstance(event, RunStarted):
            root.moments.append(Moment(time, event))
            root.ended = root.ended and not isinstance(event, RunResumed)

    def _round(self, time: datetime, event: StepStarted | StepFinished) -> None:
        span = self._step(event.step, event.round, event.item, time)
        span.records.append(event)
        if not event.item:
            span.moments.extend(self._early.pop(event.step, []))
        if isinstance(event, StepFinished):
            span.close(time, "failed" if event.state == "failed" else "")

    def _moment(
        self,
        time: datetime,
        event: ConditionRead
        | MessageSent
        | SpeakerChosen
        | MatchStarted
        | RoundPlayed
        | MatchFinished
        | TableHappened
        | Weighed,
    ) -> None:
        latest = self._latest.get(event.step)
        if latest is None or latest.ended:
            self._early.setdefault(event.step, []).append(Moment(time, event))
        else:
            latest.moments.append(Moment(time, event))

    def _decided(self, time: datetime, event: DecisionStarted | Planned | Acted | Explained) -> None:
        decision = self._decision(parse(event.decision), time)
        decision.records.append(event)
        decision.see(time)
        decision.error = ""
        match event:
            case DecisionStarted():
                self._stage(decision, "plan", time)
            case Planned():
                self._end_stage(decision, "plan", time, event, then="act")
            case Acted():
                started = decision.last(DecisionStarted)
                silent = started is not None and not started.explains
                self._end_stage(decision, "act", time, event, then="" if silent else "explain")
                if silent:
                    decision.close(time)
            case Explained():
                self._end_stage(decision, "explain", time, event)
                decision.close(time)

    def _end_stage(self, decision: Span, stage: str, time: datetime, event: Event, then: str = "") -> None:
        ending = self._stage(decision, stage, time)
        ending.records.append(event)
        ending.close(time)
        if then:
            self._stage(decision, then, time)

    def _called(self, time: datetime, event: ModelAnswered | ModelFailed) -> Iterator[Span]:
        seconds = event.completion.seconds if isinstance(event, ModelAnswered) else event.seconds
        call = self._leaf("call", event.place, time, _before(time, seconds))
        call.records.append(event)
        if isinstance(event, ModelFailed):
            call.moments.append(Moment(time, event))
            call.error = "" if event.will_retry else event.code
            self._tell(call)
            return
        call.close(time)
        self._tell(call)
        yield self._open.pop(f"call {event.place}")

    def _tell(self, call: Span) -> None:
        """Let the stage and the decision of a call know how far they reach, and whether it failed."""
        for span in (call.within("stage"), call.within("decision")):
            if span is not None:
                span.see(call.end)
                span.error = call.error

    def _worked(
        self, time: datetime, event: SandboxStarted | SandboxRan | ToolStarted | ToolAnswered
    ) -> Iterator[Span]:
        return self._used(time, event) if isinstance(event, ToolStarted | ToolAnswered) else self._ran(time, event)

    def _ran(self, time: datetime, event: SandboxStarted | SandboxRan) -> Iterator[Span]:
        seconds = event.seconds if isinstance(event, SandboxRan) else 0.0
        program = self._leaf("program", event.place, time, _before(time, seconds))
        program.records.append(event)
        if isinstance(event, SandboxStarted):
            return
        program.moments.append(Moment(time, event))
        program.close(time, "" if event.reason == "exit" else event.reason)
        if (decision := program.within("decision")) is not None:
            decision.see(time)
        yield self._open.pop(f"program {event.place}")

    def _used(self, time: datetime, event: ToolStarted | ToolAnswered) -> Iterator[Span]:
        seconds = event.seconds if isinstance(event, ToolAnswered) else 0.0
        call = self._leaf("program", f"{event.place}~{event.attempt}", time, _before(time, seconds))
        call.records.append(event)
        if isinstance(event, ToolStarted):
            return
        call.moments.append(Moment(time, event))
        call.close(time, event.error)
        yield self._open.pop(f"program {event.place}~{event.attempt}")

    def _asked(self, time: datetime, event: HumanAsked | HumanAnswered) -> None:
        step = self._step(event.step, event.round, 0, time)
        asked = event.decision or decision_id(event.step, event.round)
        question = self._span("question", f"question {asked}", step, time)
        question.records.append(event)
        if isinstance(event, HumanAnswered):
            question.moments.append(Moment(time, event))
            question.close(time)

    # --- spans, made where they are first heard of ---

    def _span(self, kind: Kind, key: str, parent: Span | None, time: datetime) -> Span:
        if key not in self._spans:
            self._spans[key] = Span(kind, key, parent, start=time, end=time)
        return self._spans[key]

    def _step(self, step: str, number: int, item: int, time: datetime) -> Span:
        known = self._spans.get(f"step {decision_id(step, number, item=item)}")
        if known is not None:
            return known
        around = outer(step)
        if item:
            parent = self._step(step, number, 0, time)
        elif around is not None:
            parent = self._step(around.step, around.round, around.item, time)
        else:
            parent = self._spans[ROOT]
        span = self._span("step", f"step {decision_id(step, number, item=item)}", parent, time)
        if not item:
            self._latest[step] = span
        return span

    def _decision(self, place: Place, time: datetime) -> Span:
        step = self._step(place.step, place.round, place.item, time)
        return self._span("decision", f"decision {place.decision}", step, time)

    def _stage(self, decision: Span, stage: str, time: datetime) -> Span:
        span = self._span("stage", f"{decision.key}/{stage}", decision, time)
        span.stage = stage
        return span

    def _leaf(self, kind: Literal["call", "program"], place: str, end: datetime, start: datetime) -> Span:
        """Return the call or program under way at a place, up to ``end``; it began no sooner than what it lies in."""
        key = f"{kind} {place}"
        if key not in self._open:
            parent, stage = self._around(parse(place), start)
            start = max(start, parent.start)
            self._times[key] += 1
            number = self._times[key]
            self._open[key] = Span(
                kind, key if number == 1 else f"{key} ({number})", parent, start, max(start, end), stage
            )
        self._open[key].see(end)
        return self._open[key]

    def _around(self, place: Place, time: datetime) -> tuple[Span, str]:
        """Return what a place lies in, and what its stage is called."""
        found = _STAGE.match(place.stage)
        named = found[0] if found else ""
        if named in _STAGE_OF:
            stage = _STAGE_OF[named]
            return self._stage(self._decision(place, time), stage, time), stage
        decision = self._spans.get(f"decision {place.decision}")
        return decision or self._step(place.step, place.round, place.item, time), named


def _before(time: datetime, seconds: float) -> datetime:
    """Return when something began; what a server says of its time need not be sensible."""
    return time - timedelta(seconds=min(max(0.0, seconds), _LONGEST))
