"""One row from what there is to make it of: pure functions, one for each table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from glasswork.log.about import RunAbout
from glasswork.log.query.tables import (
    CallRow,
    CheckRow,
    ConditionRow,
    DecisionRow,
    EffectRow,
    EventRow,
    FailureRow,
    HappeningRow,
    Json,
    MessageRow,
    OptionRow,
    PersonRow,
    ReasonRow,
    RunRow,
    SandboxRow,
    SegmentRow,
    SpeakerRow,
    StepRow,
    ThoughtRow,
    ToolRow,
    WeighedRow,
)
from glasswork.log.reader import Entry
from glasswork.log.runs import RunSummary
from glasswork.places import Place
from glasswork.records import (
    Acted,
    ConditionRead,
    DecisionChecked,
    DecisionStarted,
    Explained,
    HumanAnswered,
    HumanAsked,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Planned,
    Redacted,
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

_UNENDED = {"running", "cut off"}


class Where(NamedTuple):
    """Where in a run an event belongs; None for what it has not."""

    step: str | None = None
    round: int | None = None
    item: int | None = None
    turn: int | None = None
    stage: str | None = None
    decision: str | None = None


@dataclass
class Decision:
    """One decision, as far as it has come."""

    seq: int
    time: datetime
    place: Place
    started: DecisionStarted | None = None
    planned: Planned | None = None
    acted: Acted | None = None
    explained: Explained | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    calls: int = 0
    failures: int = 0


@dataclass
class Step:
    """One round or item of a step, as far as it has come."""

    started: StepStarted | None = None
    time: datetime | None = None
    finished: StepFinished | None = None


def run_row(summary: RunSummary, about: RunAbout) -> RunRow:
    """Return a run's row. What only its end says is None before."""
    ended = summary.state not in _UNENDED
    return RunRow(
        run=summary.run,
        workflow=summary.workflow,
        model=summary.model,
        state=summary.state,
        reason=summary.reason,
        started=_utc(summary.started),
        seconds=summary.seconds,
        calls=summary.calls if ended else None,
        tokens=summary.tokens if ended else None,
        events=summary.events,
        parent=about.parent.run if about.parent else None,
        forked_at=about.parent.event if about.parent else None,
        seed=about.seed,
        sandbox=about.sandbox,
        glasswork=about.glasswork,
    )


def event_row(run: str, entry: Entry, where: Where) -> EventRow:
    """Return an event whole; of one that was removed, only what it was."""
    event = entry.event
    removed = isinstance(event, Redacted)
    return EventRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.was if isinstance(event, Redacted) else event.type,
        *where,
        place=event.__dict__.get("place"),
        data=None if removed else Json(event.model_dump_json(exclude={"type"})),
    )


def call_row(run: str, entry: Entry, event: ModelAnswered, where: Where) -> CallRow:
    """Return an answer of a model."""
    request, done = event.request, event.completion
    return CallRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.place,
        *where,
        attempt=event.attempt,
        model=done.model,
        form=request.form,
        prompt_tokens=done.usage.prompt_tokens,
        completion_tokens=done.usage.completion_tokens,
        cached_tokens=done.usage.cached_tokens,
        seconds=done.seconds,
        obtained=done.obtained,
        finish_reason=done.finish_reason,
        temperature=request.temperature if event.temperature is None else event.temperature,
        max_tokens=request.max_tokens,
        text=done.text,
        reasoning=done.reasoning,
    )


def failure_row(run: str, entry: Entry, event: ModelFailed, where: Where) -> FailureRow:
    """Return an attempt that failed."""
    return FailureRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.place,
        *where,
        attempt=event.attempt,
        code=event.code,
        message=event.message,
        raw=event.raw,
        will_retry=event.will_retry,
        seconds=event.seconds,
    )


def decision_row(run: str, name: str, draft: Decision) -> DecisionRow:
    """Return a decision; what it did not come to is None."""
    started, planned, acted, explained = draft.started, draft.planned, draft.acted, draft.explained
    options = {option.label: option for option in planned.options} if planned else {}
    chosen = options.get(planned.choice) if planned else None
    where = (run, name, draft.seq, _utc(draft.time), *draft.place[:4])
    return DecisionRow(
        *where,
        reached="explain" if explained else "act" if acted else "plan" if planned else "ready",
        agent=started.agent if started else None,
        role=started.role if started else None,
        model=started.model if started else None,
        strategy=started.strategy if started else None,
        segments=len(started.segments) if started else 0,
        options=len(options),
        choice=planned.choice if planned else None,
        choice_text=chosen.text if chosen else None,
        probability=chosen.probability if chosen else None,
        order_consistency=planned.order_consistency if planned else None,
        orders=planned.orders if planned else None,
        read=planned.read if planned else None,
        sampled=planned.sampled if planned else None,
        forced=planned.forced if planned else None,
        thinking=planned.thinking if planned else None,
        reasoning=planned.reasoning if planned else None,
        produces=acted.produces if acted else None,
        act=acted.text if acted else None,
        data=_json(acted.data) if acted and acted.data is not None else None,
        edited=acted.edited if acted else None,
        reader=explained.reader if explained else None,
        cited=len(_cited(draft)),
        confidence=explained.confidence if explained else None,
        would_change_if=explained.would_change_if if explained else None,
        calls=draft.calls,
        failures=draft.failures,
        seconds=draft.seconds,
        prompt_tokens=draft.prompt_tokens,
        completion_tokens=draft.completion_tokens,
        tokens=draft.prompt_tokens + draft.completion_tokens,
    )


def thought_row(run: str, entry: Entry, event: ThoughtNoted) -> ThoughtRow:
    """Return a thought."""
    return ThoughtRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.decision,
        number=event.number,
        parents=tuple(map(str, event.parents)),
        operation=event.operation,
        text=event.text,
        score=event.score,
        fate=event.fate,
        why=event.why or None,
    )


def option_rows(run: str, name: str, draft: Decision) -> Iterator[OptionRow]:
    """Yield what a decision weighed."""
    planned = draft.planned
    for option in planned.options if planned else ():
        chosen = planned is not None and option.label == planned.choice
        yield OptionRow(run, name, option.label, option.text, option.probability, option.censored, chosen)


def segment_rows(run: str, name: str, draft: Decision) -> Iterator[SegmentRow]:
    """Yield what a decision saw."""
    cited = _cited(draft)
    for segment in draft.started.segments if draft.started else ():
        yield SegmentRow(run, name, segment.id, segment.source, segment.text, cited=segment.id in cited)


def reason_rows(run: str, name: str, draft: Decision) -> Iterator[ReasonRow]:
    """Yield why a decision was taken, as it says."""
    for number, reason in enumerate(draft.explained.because if draft.explained else (), 1):
        yield ReasonRow(run, name, number, reason.segment, reason.why)


def step_row(run: str, key: tuple[str, int, int], draft: Step) -> StepRow:
    """Return one round or item of a step."""
    started, finished = draft.started, draft.finished
    return StepRow(
        run,
        *key,
        kind=started.kind if started else None,
        agent=(started.agent or None) if started else None,
        items=started.items if started else None,
        state=finished.state if finished else "running",
        reason=(finished.reason or None) if finished else None,
        started=_utc(draft.time),
        seconds=finished.seconds if finished else None,
        output=_json(finished.output) if finished else None,
    )


def check_row(run: str, entry: Entry, event: DecisionChecked) -> CheckRow:
    """Return what a test found."""
    return CheckRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.decision,
        tested=event.event,
        measure=event.measure,
        method=event.method,
        value=event.value,
        low=event.low,
        high=event.high,
        floor=event.floor,
        model=event.model,
        calls=event.calls,
        tokens=event.usage.total,
        seconds=event.seconds,
        detail=_json(event.detail),
    )


def effect_rows(run: str, entry: Entry, event: DecisionChecked) -> Iterator[EffectRow]:
    """Yield what a test found of each segment."""
    for each in event.effects:
        yield EffectRow(
            run,
            entry.seq,
            event.decision,
            event.measure,
            segment=each.segment,
            effect=each.effect,
            low=each.low,
            high=each.high,
            causal=each.causal,
            cited=each.cited,
            censored=each.censored,
        )


def condition_row(run: str, entry: Entry, event: ConditionRead) -> ConditionRow:
    """Return a condition and what it came to."""
    parts = (event.step, event.expression, _json(event.values), event.result)
    return ConditionRow(run, entry.seq, _utc(entry.time), *parts)


def message_row(run: str, entry: Entry, event: MessageSent) -> MessageRow:
    """Return what was said."""
    return MessageRow(run, entry.seq, _utc(entry.time), event.step, event.turn, event.source, event.kind, event.text)


def speaker_rows(run: str, entry: Entry, event: SpeakerChosen) -> Iterator[SpeakerRow]:
    """Yield who could have spoken next."""
    for option in event.options:
        yield SpeakerRow(
            run,
            entry.seq,
            _utc(entry.time),
            event.step,
            event.turn,
            label=option.label,
            text=option.text,
            probability=option.probability,
            censored=option.censored,
            chosen=option.label == event.choice,
            order_consistency=event.order_consistency,
        )


def happening_row(run: str, entry: Entry, event: TableHappened) -> HappeningRow:
    """Return what happened at a table."""
    return HappeningRow(
        run,
        entry.seq,
        _utc(entry.time),
        event.step,
        game=event.match,
        number=event.number,
        day=event.day,
        phase=event.phase,
        what=event.what,
        actor=event.by or None,
        target=event.to or None,
        names=event.names,
        card=event.card or None,
        text=event.text or None,
        counts=_json(event.counts),
        public=event.seen_by is None,
        seen_by=event.seen_by,
        decision=event.decision or None,
    )


def weighed_rows(run: str, entry: Entry, event: Weighed) -> Iterator[WeighedRow]:
    """Yield what somebody answered on the side, an option at a time."""
    for option in event.options:
        yield WeighedRow(
            run,
            entry.seq,
            _utc(entry.time),
            event.place,
            event.step,
            game=event.match,
            player=event.by,
            question=event.question,
            about=event.about or None,
            label=option.label,
            text=option.text,
            probability=option.probability,
            censored=option.censored,
            after=event.after,
        )


def program_row(run: str, entry: Entry, event: SandboxStarted | SandboxRan, where: Where) -> SandboxRow:
    """Return a program and how it went; of one that only began, what is known of it."""
    known = (run, entry.seq, _utc(entry.time), event.place, *where[:4], where.decision, event.argv)
    if isinstance(event, SandboxStarted):
        return SandboxRow(*known, *[None] * (len(SandboxRow._fields) - len(known)))
    return SandboxRow(
        *known,
        backend=event.backend,
        passed=event.passed,
        reason=event.reason,
        exit_code=event.exit_code,
        report=event.report,
        failures=event.failures,
        stdout=event.stdout,
        stderr=event.stderr,
        truncated=event.truncated,
        seconds=event.seconds,
        files=event.files,
        limits=_json(event.limits),
        limits_enforced=event.limits_enforced,
        not_contained=event.not_contained,
    )


def tool_row(run: str, entry: Entry, began: ToolStarted, where: Where, task: str) -> ToolRow:
    """Return a call of a tool model and how it went; of one that only began, what is known of it."""
    event = entry.event if isinstance(entry.event, ToolAnswered) else None
    return ToolRow(
        *(run, entry.seq, _utc(entry.time), began.place, where.step, where.round, where.item),
        decision=where.decision,
        task=task,
        tool=began.tool,
        attempt=began.attempt,
        arguments=_json(began.arguments),
        value=_json(event.value) if event and not event.error else None,
        error=(event.error or None) if event else None,
        message=(event.message or None) if event else None,
        cost=event.cost if event else None,
        seconds=event.seconds if event else None,
    )


def person_row(run: str, asked: Entry | None, answered: Entry | None) -> PersonRow:
    """Return a question to a person; one of the two entries is there."""
    entry = answered or asked
    assert entry is not None
    event = entry.event
    assert isinstance(event, HumanAsked | HumanAnswered)
    said = event if isinstance(event, HumanAnswered) else None
    return PersonRow(
        run,
        entry.seq,
        event.step,
        event.round,
        event.question,
        asked=_utc(asked.time if asked else None),
        answered=_utc(answered.time if answered else None),
        approved=said.approved if said else None,
        note=said.note if said else None,
        answered_by=(said.by or None) if said else None,
    )


def _cited(draft: Decision) -> set[str]:
    return {reason.segment for reason in draft.explained.because} if draft.explained else set()


def _json(value: Any) -> Json:
    return Json(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _utc(time: datetime | None) -> Any:
    """Return a time as DuckDB's TIMESTAMP wants it: in UTC, and saying nothing of a zone."""
    return time.replace(tzinfo=None) if time is not None else None
