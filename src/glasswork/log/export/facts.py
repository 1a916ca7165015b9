"""What the conventions have no word for, under our own prefix: stages, segments, options, choices, reasons.

What people, models and programs wrote is *content*: told only where it is asked for. Where an attribute comes from can
be read off the tables; what is empty is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from glasswork.log.about import RunAbout
from glasswork.log.export.spans import Span
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

Facts = dict[str, Any]
Sources = Mapping[type[Record], Mapping[str, Callable[[Any], Any]]]
_PROVIDERS = {"embedded": "llama.cpp"}


def facts(span: Span, about: RunAbout, *, content: bool) -> Facts:
    """Return what is told of a span under our own prefix."""
    found: Facts = {"glasswork.span": span.kind}
    if span.stage:
        found["glasswork.stage"] = span.stage
    if not span.ended:
        found["glasswork.unfinished"] = True
    if span.kind == "run":
        found |= {"glasswork.run.id": about.run, "glasswork.run.seed": about.seed}
    for record in span.records:
        found |= told(_PLAIN, record)
        if content and (span.kind != "decision" or isinstance(record, DecisionStarted)):
            found |= told(_CONTENT, record)  # a decision's other texts stand with its stages
    return found


def happened(span: Span, *, content: bool) -> Iterator[tuple[datetime, str, Facts]]:
    """Yield what happened within a span: when, under which name, and what is told of it."""
    for time, event in span.moments:
        words = told(_PLAIN_MOMENTS, event)
        if content:
            words |= told(_CONTENT_MOMENTS, event)
        yield time, _MOMENTS.get(type(event), f"glasswork.{event.type}"), words


def message(span: Span) -> str:
    """Return in words what went wrong within a span; content, as it may quote."""
    reasons = {StepFinished: "reason", RunFinished: "reason", ModelFailed: "message", ToolAnswered: "message"}
    ends = (record for record in reversed(span.records) if type(record) in reasons)
    return next((str(getattr(record, reasons[type(record)])) for record in ends), "")


def provider(about: RunAbout, model: str) -> str:
    """Return what serves a model, as ``gen_ai.provider.name`` has it; ``openai`` is whoever speaks its protocol."""
    for name, served in about.served.items():
        definition = about.models.get(name)
        if served == model and isinstance(definition, dict) and definition.get("kind"):
            return _PROVIDERS.get(definition["kind"], str(definition["kind"]))
    return "unknown"


def told(sources: Sources, record: Event) -> Facts:
    """Return what a table tells of an event; data that no attribute can hold becomes a JSON text."""
    found = {name: source(record) for name, source in sources.get(type(record), {}).items()}
    return {
        name: as_json(value) if isinstance(value, dict) else value
        for name, value in found.items()
        if value is not None and value != ""
    }


def as_json(value: Any) -> str:
    """Return ``value`` as a JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def each(items: str, part: str) -> Callable[[Any], list[Any]]:
    """Return what reads one part of each of a record's items."""
    return lambda record: [getattr(item, part) for item in getattr(record, items)]


def _data(record: Any) -> str | None:
    return None if record.data is None else as_json(record.data)


def _score(good: str, yes: str, no: str) -> dict[str, Callable[[Any], Any]]:
    """Return the attributes of an evaluation whose outcome is yes or no."""
    return {
        "gen_ai.evaluation.score.label": lambda record: yes if getattr(record, good) else no,
        "gen_ai.evaluation.score.value": lambda record: float(getattr(record, good)),
    }


_STEP = {
    "glasswork.step.id": attrgetter("step"),
    "glasswork.step.round": attrgetter("round"),
    "glasswork.step.item": attrgetter("item"),
}
_WEIGHED: dict[str, Callable[[Any], Any]] = {
    "glasswork.options.labels": each("options", "label"),
    "glasswork.options.probabilities": each("options", "probability"),
    "glasswork.options.censored": each("options", "censored"),
    "glasswork.choice": attrgetter("choice"),
    "glasswork.choice.order_consistency": attrgetter("order_consistency"),
    "glasswork.choice.orders": attrgetter("orders"),
}

_PLAIN: Sources = {
    RunFinished: {
        "glasswork.run.state": attrgetter("state"),
        "glasswork.run.calls": attrgetter("calls"),
        "glasswork.run.money": attrgetter("money"),
    },
    StepStarted: {
        **_STEP,
        "glasswork.step.kind": attrgetter("kind"),
        "glasswork.step.agent": attrgetter("agent"),
        "glasswork.step.items": attrgetter("items"),
    },
    StepFinished: {**_STEP, "glasswork.step.state": attrgetter("state")},
    DecisionStarted: {
        "glasswork.decision.id": attrgetter("decision"),
        "glasswork.decision.role": attrgetter("role"),
        "glasswork.decision.strategy": attrgetter("strategy"),
        "glasswork.segments.ids": each("segments", "id"),
        "glasswork.segments.sources": each("segments", "source"),
    },
    Planned: {
        **_WEIGHED,
        "glasswork.choice.read": attrgetter("read"),
        "glasswork.choice.sampled": attrgetter("sampled"),
        "glasswork.choice.forced": attrgetter("forced"),
    },
    Acted: {"glasswork.act.produces": attrgetter("produces"), "glasswork.act.edited": attrgetter("edited")},
    Explained: {
        "glasswork.explanation.cited": each("because", "segment"),
        "glasswork.explanation.confidence": attrgetter("confidence"),
        "glasswork.explanation.reader": attrgetter("reader"),
    },
    ModelAnswered: {
        "glasswork.place": attrgetter("place"),
        "glasswork.call.attempt": attrgetter("attempt"),
        "glasswork.call.form": attrgetter("request.form"),
        "glasswork.call.obtained": attrgetter("completion.obtained"),
    },
    ModelFailed: {"glasswork.place": attrgetter("place"), "glasswork.call.attempt": attrgetter("attempt")},
    SandboxStarted: {
        "glasswork.place": attrgetter("place"),
        "glasswork.sandbox.idempotent": attrgetter("idempotent"),
    },
    SandboxRan: {
        "glasswork.place": attrgetter("place"),
        "glasswork.sandbox.backend": attrgetter("backend"),
        "glasswork.sandbox.passed": attrgetter("passed"),
        "glasswork.sandbox.reason": attrgetter("reason"),
        "glasswork.sandbox.exit_code": attrgetter("exit_code"),
        "glasswork.sandbox.limits_enforced": attrgetter("limits_enforced"),
        "glasswork.sandbox.not_contained": attrgetter("not_contained"),
    },
    ToolStarted: {
        "glasswork.place": attrgetter("place"),
        "glasswork.tool": attrgetter("tool"),
        "glasswork.call.attempt": attrgetter("attempt"),
    },
    ToolAnswered: {
        "glasswork.place": attrgetter("place"),
        "glasswork.tool": attrgetter("tool"),
        "glasswork.tool.error": attrgetter("error"),
        "glasswork.tool.cost": attrgetter("cost"),
    },
    HumanAnswered: {"glasswork.person.approved": attrgetter("approved")},
}

_CONTENT: Sources = {
    RunStarted: {"glasswork.run.inputs": attrgetter("inputs")},
    RunFinished: {"glasswork.run.outputs": attrgetter("outputs"), "glasswork.run.reason": attrgetter("reason")},
    StepFinished: {"glasswork.step.output": attrgetter("output"), "glasswork.step.reason": attrgetter("reason")},
    DecisionStarted: {"glasswork.segments.texts": each("segments", "text")},
    Planned: {
        "glasswork.options.texts": each("options", "text"),
        "glasswork.plan.thinking": attrgetter("thinking"),
        "glasswork.plan.reasoning": attrgetter("reasoning"),
    },
    Acted: {"glasswork.act.text": attrgetter("text"), "glasswork.act.data": _data},
    Explained: {
        "glasswork.explanation.reasons": each("because", "why"),
        "glasswork.explanation.would_change_if": attrgetter("would_change_if"),
    },
    ToolStarted: {"glasswork.tool.arguments": lambda event: as_json(event.arguments)},
    ToolAnswered: {
        "glasswork.tool.value": lambda event: None if event.error else as_json(event.value),
        "glasswork.tool.message": attrgetter("message"),
    },
    HumanAsked: {"glasswork.person.question": attrgetter("question")},
    HumanAnswered: {
        "glasswork.person.question": attrgetter("question"),
        "glasswork.person.note": attrgetter("note"),
        "glasswork.person.by": attrgetter("by"),
        "glasswork.person.choice": attrgetter("choice"),
    },
}

_MOMENTS: dict[type[Record], str] = {
    ModelFailed: "gen_ai.client.operation.exception",
    DecisionChecked: "gen_ai.evaluation.result",
    HumanAnswered: "gen_ai.evaluation.result",
    SandboxRan: "gen_ai.evaluation.result",
}

_PLAIN_MOMENTS: Sources = {
    ModelFailed: {
        "exception.type": attrgetter("code"),
        "glasswork.call.attempt": attrgetter("attempt"),
        "glasswork.call.will_retry": attrgetter("will_retry"),
    },
    DecisionChecked: {
        "gen_ai.evaluation.name": attrgetter("measure"),
        "gen_ai.evaluation.score.value": attrgetter("value"),
        "glasswork.check.method": attrgetter("method"),
        "glasswork.check.low": attrgetter("low"),
        "glasswork.check.high": attrgetter("high"),
        "glasswork.check.floor": attrgetter("floor"),
        "glasswork.check.causal": lambda event: [each.segment for each in event.effects if each.causal],
        "glasswork.check.cited": lambda event: [each.segment for each in event.effects if each.cited],
    },
    HumanAnswered: {
        "gen_ai.evaluation.name": lambda _: "approval",
        **_score("approved", "approved", "refused"),
    },
    SandboxRan: {"gen_ai.evaluation.name": lambda _: "sandbox", **_score("passed", "passed", "failed")},
    ConditionRead: {
        "glasswork.condition": attrgetter("expression"),
        "glasswork.condition.result": attrgetter("result"),
    },
    MessageSent: {
        "glasswork.turn": attrgetter("turn"),
        "glasswork.message.source": attrgetter("source"),
        "glasswork.message.kind": attrgetter("kind"),
    },
    SpeakerChosen: {"glasswork.turn": attrgetter("turn"), **_WEIGHED},
    MatchStarted: {
        "glasswork.match": attrgetter("match"),
        "glasswork.match.players": attrgetter("players"),
        "glasswork.match.kinds": attrgetter("kinds"),
        "glasswork.match.seed": attrgetter("seed"),
    },
    RoundPlayed: {
        "glasswork.match": attrgetter("match"),
        "glasswork.round": attrgetter("number"),
        "glasswork.round.moves": attrgetter("moves"),
        "glasswork.round.payoffs": attrgetter("payoffs"),
        "glasswork.round.illegal": attrgetter("illegal"),
    },
    MatchFinished: {
        "glasswork.match": attrgetter("match"),
        "glasswork.match.scores": attrgetter("scores"),
        "glasswork.match.ended": attrgetter("ended"),
    },
    TableHappened: {
        "glasswork.match": attrgetter("match"),
        "glasswork.table.number": attrgetter("number"),
        "glasswork.table.day": attrgetter("day"),
        "glasswork.table.phase": attrgetter("phase"),
        "glasswork.table.what": attrgetter("what"),
        "glasswork.table.by": attrgetter("by"),
        "glasswork.table.to": attrgetter("to"),
        "glasswork.table.names": lambda event: list(event.names) or None,
        "glasswork.table.card": attrgetter("card"),
        "glasswork.table.public": lambda event: event.seen_by is None,
        "glasswork.table.seen_by": lambda event: None if event.seen_by is None else list(event.seen_by),
        "glasswork.decision.id": attrgetter("decision"),
    },
    ThoughtNoted: {
        "glasswork.thought.number": attrgetter("number"),
        "glasswork.thought.parents": lambda event: list(event.parents) or None,
        "glasswork.thought.operation": attrgetter("operation"),
        "glasswork.thought.score": attrgetter("score"),
        "glasswork.thought.fate": attrgetter("fate"),
    },
    ThinkingEnded: {
        "glasswork.thinking.strategy": attrgetter("strategy"),
        "glasswork.thinking.results": attrgetter("results"),
        "glasswork.thinking.ended": attrgetter("ended"),
        "glasswork.thinking.calls": attrgetter("calls"),
        "glasswork.thinking.tokens": attrgetter("tokens"),
        "glasswork.thinking.budget": attrgetter("budget"),
        "glasswork.thinking.agreement": attrgetter("agreement"),
    },
    Weighed: {
        "glasswork.match": attrgetter("match"),
        "glasswork.place": attrgetter("place"),
        "glasswork.weighed.by": attrgetter("by"),
        "glasswork.weighed.question": attrgetter("question"),
        "glasswork.weighed.about": attrgetter("about"),
        "glasswork.options.labels": each("options", "label"),
        "glasswork.options.probabilities": each("options", "probability"),
        "glasswork.options.censored": each("options", "censored"),
        "glasswork.choice.order_consistency": attrgetter("order_consistency"),
        "glasswork.choice.orders": attrgetter("orders"),
    },
    RunForked: {
        "glasswork.fork.parent": attrgetter("parent"),
        "glasswork.fork.event": attrgetter("event"),
        "glasswork.fork.decision": attrgetter("decision"),
        "glasswork.fork.change": attrgetter("change"),
    },
    RunResumed: {"glasswork.resumed.was": attrgetter("was"), "glasswork.resumed.model": attrgetter("model")},
    LogRedacted: {
        "glasswork.redacted.events": lambda event: len(event.events),
        "glasswork.redacted.texts": lambda event: len(event.blobs),
    },
    LogRepaired: {"glasswork.repaired.bytes": attrgetter("bytes")},
}

_CONTENT_MOMENTS: Sources = {
    ModelFailed: {"exception.message": attrgetter("message"), "glasswork.call.raw": attrgetter("raw")},
    HumanAnswered: {"gen_ai.evaluation.explanation": attrgetter("note")},
    DecisionChecked: {"glasswork.check.detail": attrgetter("detail")},
    ConditionRead: {"glasswork.condition.values": attrgetter("values")},
    MessageSent: {"glasswork.message.text": attrgetter("text")},
    SpeakerChosen: {"glasswork.options.texts": each("options", "text")},
    MatchStarted: {"glasswork.match.rules": attrgetter("rules")},
    RoundPlayed: {"glasswork.round.said": attrgetter("said")},
    TableHappened: {
        "glasswork.table.text": attrgetter("text"),
        "glasswork.table.counts": lambda event: event.counts or None,
    },
    ThoughtNoted: {"glasswork.thought.text": attrgetter("text"), "glasswork.thought.why": attrgetter("why")},
    ThinkingEnded: {
        "glasswork.thinking.disagreement": attrgetter("disagreement"),
        "glasswork.thinking.accord": attrgetter("accord"),
    },
    Weighed: {"glasswork.options.texts": each("options", "text")},
    RunForked: {"glasswork.fork.to": attrgetter("to")},
    LogRedacted: {"glasswork.redacted.reason": attrgetter("reason"), "glasswork.redacted.by": attrgetter("by")},
}
