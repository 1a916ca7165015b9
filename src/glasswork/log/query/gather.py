"""Takes the events of one run in order, and makes the rows: a decision is one, however many events it left."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from typing import Any

from glasswork.log.query import rows
from glasswork.log.query.rows import Decision, Step, Where
from glasswork.log.query.tables import CLASSES
from glasswork.log.reader import Entry
from glasswork.places import parse
from glasswork.records import (
    Acted,
    ConditionRead,
    DecisionChecked,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Planned,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    StepFinished,
    StepStarted,
    TableHappened,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
    Weighed,
)

_STAGE = re.compile(r"[a-z_]*")
_TASK = re.compile(r"t[1-9][0-9]*")
_STAGES = {"decision.planned": "plan", "decision.acted": "act", "decision.explained": "explain"}
_THINKING = {"thought.noted": "plan", "thinking.ended": "plan"}
_DECIDES = {"plan", "choose", "act", "explain"}
"""Stages of places that lie in a decision."""
_OF_DECISIONS = {
    "options": rows.option_rows,
    "segments": rows.segment_rows,
    "reasons": rows.reason_rows,
}
_NEEDS: dict[str, set[str]] = {
    "steps": {"step.started", "step.finished"},
    "decisions": {*_STAGES, "decision.started", "model.answered", "model.failed"},
    "options": {"decision.planned"},
    "thoughts": {"thought.noted"},
    "segments": {"decision.started", "decision.explained"},
    "reasons": {"decision.explained"},
    "calls": {"model.answered", "decision.started"},
    "failures": {"model.failed", "decision.started"},
    "checks": {"decision.checked"},
    "effects": {"decision.checked"},
    "conditions": {"condition.read"},
    "messages": {"message.sent"},
    "speakers": {"speaker.chosen"},
    "happenings": {"table.happened"},
    "beliefs": {"weighed"},
    "sandbox": {"sandbox.started", "sandbox.ran", "decision.started"},
    "tool_calls": {"tool.started", "tool.answered", "decision.started", "decision.acted"},
    "people": {"human.asked", "human.answered"},
}


def needed(tables: Iterable[str]) -> Container[str] | None:
    """Return the types of event that these tables are made of; None: all."""
    names = set(tables)
    return None if "events" in names else set().union(*(_NEEDS[name] for name in names))


def _task_of(stage: str) -> str:
    """Return the task that a stage is the work on, ``t2`` for ``t2/ocr``; empty where it is none."""
    task, slash, _ = stage.partition("/")
    return task if slash and _TASK.fullmatch(task) else ""


class RunRows:
    """Takes the entries of one run; ``rows`` holds, by table, what has come of them and was not taken away yet."""

    def __init__(self, run: str, wanted: Container[str]) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in CLASSES if name in wanted}
        self._run = run
        self._decisions: dict[str, Decision] = {}
        self._steps: dict[tuple[str, int, int], Step] = {}
        self._programs: dict[tuple[str, str], Entry] = {}
        self._calls: dict[tuple[str, str, int], Entry] = {}
        self._choosers: dict[tuple[str, str], str] = {}
        """Who decided who does a task, by the place of a dispatch and the task."""
        self._questions: dict[tuple[str, int, str], Entry] = {}
        self._takers: dict[type, Callable[[Entry, Any], None]] = {
            ModelAnswered: self._answered,
            ModelFailed: self._failed,
            DecisionStarted: self._decided,
            Planned: self._decided,
            Acted: self._decided,
            Explained: self._decided,
            StepStarted: self._step,
            StepFinished: self._step,
            ConditionRead: lambda entry, event: self._add("conditions", rows.condition_row, entry, event),
            MessageSent: lambda entry, event: self._add("messages", rows.message_row, entry, event),
            DecisionChecked: self._checked,
            SpeakerChosen: self._speaker,
            TableHappened: lambda entry, event: self._add("happenings", rows.happening_row, entry, event),
            ThoughtNoted: lambda entry, event: self._add("thoughts", rows.thought_row, entry, event),
            Weighed: self._weighed,
            SandboxStarted: self._program,
            SandboxRan: self._program,
            ToolStarted: self._tool,
            ToolAnswered: self._tool,
            HumanAsked: self._person,
            HumanAnswered: self._person,
        }

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        taker = self._takers.get(type(entry.event))
        if taker is not None:
            taker(entry, entry.event)
        if "events" in self.rows:
            self._add("events", rows.event_row, entry, self._where_of(entry.event))

    def end(self) -> None:
        """Make rows of what has not ended, and of what is known only now."""
        for name, decision in self._decisions.items():
            self._add("decisions", rows.decision_row, name, decision)
            for table, make in _OF_DECISIONS.items():
                if table in self.rows:
                    self.rows[table] += make(self._run, name, decision)
        for key, step in self._steps.items():
            self._add("steps", rows.step_row, key, step)
        for entry in self._programs.values():
            self._add_program(entry, entry.event)
        for entry in self._calls.values():
            self._add_call(entry, entry.event)
        for entry in self._questions.values():
            self._add("people", rows.person_row, entry, None)

    def _add(self, table: str, make: Callable[..., tuple[Any, ...]], *parts: Any) -> None:
        """Make a row, where anybody wants it."""
        if table in self.rows:
            self.rows[table].append(make(self._run, *parts))

    def _where(self, place: str, stage: str = "") -> Where:
        at = parse(place)
        if not stage and (found := _STAGE.match(at.stage)):
            stage = "tool" if _task_of(at.stage) else found[0]
        decision = at.decision if stage in _DECIDES or at.decision in self._decisions else None
        return Where(at.step, at.round, at.item, at.turn, stage or None, decision)

    def _where_of(self, event: Event) -> Where:
        has = event.__dict__.get  # asking a pydantic model for what it has not is slow
        place: str | None = has("place") or has("decision")
        if place is not None:
            return self._where(place, (_STAGES | _THINKING).get(event.type, ""))
        return Where(has("step"), has("round"), has("item"), has("turn"))

    def _answered(self, entry: Entry, event: ModelAnswered) -> None:
        where, done = self._where(event.place), event.completion
        if where.decision is not None and where.stage in _DECIDES and "decisions" in self.rows:
            draft = self._decision(where.decision, entry)
            draft.calls += 1
            draft.seconds += done.seconds
            draft.prompt_tokens += done.usage.prompt_tokens
            draft.completion_tokens += done.usage.completion_tokens
        self._add("calls", rows.call_row, entry, event, where)

    def _failed(self, entry: Entry, event: ModelFailed) -> None:
        where = self._where(event.place)
        if where.decision is not None and where.stage in _DECIDES and "decisions" in self.rows:
            draft = self._decision(where.decision, entry)
            draft.failures += 1
            draft.prompt_tokens += event.usage.prompt_tokens
            draft.completion_tokens += event.usage.completion_tokens
        self._add("failures", rows.failure_row, entry, event, where)

    def _decided(self, entry: Entry, event: DecisionStarted | Planned | Acted | Explained) -> None:
        draft = self._decision(event.decision, entry)
        match event:
            case DecisionStarted():
                draft.started = event
            case Planned():
                draft.planned = event
            case Acted():
                draft.acted = event
                self._chosen(draft, event)
            case Explained():
                draft.explained = event

    def _decision(self, decision: str, entry: Entry) -> Decision:
        """Return what is known of a decision, which begins with the first event of it that is left."""
        if decision not in self._decisions:
            self._decisions[decision] = Decision(entry.seq, entry.time, parse(decision))
        return self._decisions[decision]

    def _step(self, entry: Entry, event: StepStarted | StepFinished) -> None:
        step = self._steps.setdefault((event.step, event.round, event.item), Step())
        if isinstance(event, StepFinished):
            step.finished = event
        else:
            step.started, step.time = event, entry.time

    def _checked(self, entry: Entry, event: DecisionChecked) -> None:
        self._add("checks", rows.check_row, entry, event)
        if "effects" in self.rows:
            self.rows["effects"] += rows.effect_rows(self._run, entry, event)

    def _speaker(self, entry: Entry, event: SpeakerChosen) -> None:
        if "speakers" in self.rows:
            self.rows["speakers"] += rows.speaker_rows(self._run, entry, event)

    def _weighed(self, entry: Entry, event: Weighed) -> None:
        if "beliefs" in self.rows:
            self.rows["beliefs"] += rows.weighed_rows(self._run, entry, event)

    def _program(self, entry: Entry, event: SandboxStarted | SandboxRan) -> None:
        key = event.place, event.digest
        if isinstance(event, SandboxStarted):
            self._programs[key] = entry
        else:
            self._programs.pop(key, None)
            self._add_program(entry, event)

    def _add_program(self, entry: Entry, event: Any) -> None:
        self._add("sandbox", rows.program_row, entry, event, self._where(event.place))

    def _chosen(self, draft: Decision, event: Acted) -> None:
        """Note who decided who does a task."""
        if draft.started is not None and draft.started.role == "chooser" and isinstance(event.data, dict):
            dispatch = draft.place._replace(turn=0).decision
            self._choosers[dispatch, str(event.data.get("task"))] = event.decision

    def _tool(self, entry: Entry, event: ToolStarted | ToolAnswered) -> None:
        """Keep a call until it is answered. A look at who can be called, or at files, is no call."""
        key = event.place, event.digest, event.attempt
        if isinstance(event, ToolStarted):
            self._calls[key] = entry
        elif key in self._calls:
            began = self._calls.pop(key).event
            self._add_call(entry, began)

    def _add_call(self, entry: Entry, began: Any) -> None:
        at = parse(began.place)
        task = _task_of(at.stage)
        if task:
            decision = self._choosers.get((at.decision, task))
            where = Where(at.step, at.round, at.item, at.turn, "tool", decision)
            self._add("tool_calls", rows.tool_row, entry, began, where, task)

    def _person(self, entry: Entry, event: HumanAsked | HumanAnswered) -> None:
        key = event.step, event.round, event.decision
        if isinstance(event, HumanAsked):
            self._questions[key] = entry
        else:
            self._add("people", rows.person_row, self._questions.pop(key, None), entry)
