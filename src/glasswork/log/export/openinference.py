"""Spans in the words of OpenInference, which Phoenix and Arize read."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter

from glasswork.log.about import RunAbout
from glasswork.log.export.facts import Facts, Sources, as_json, facts, happened, message, provider, told
from glasswork.log.export.genai import agent_of, links, model_of, title, tool_of
from glasswork.log.export.otlp import CLIENT, INTERNAL, Told
from glasswork.log.export.spans import Kind, Span
from glasswork.records import (
    Acted,
    DecisionChecked,
    DecisionStarted,
    Explained,
    HumanAnswered,
    HumanAsked,
    ModelAnswered,
    Planned,
    RunFinished,
    RunStarted,
    SandboxRan,
    StepFinished,
    ToolAnswered,
    ToolStarted,
)

_KINDS: dict[Kind, str] = {
    "run": "CHAIN",
    "step": "CHAIN",
    "decision": "AGENT",
    "stage": "CHAIN",
    "call": "LLM",
    "program": "TOOL",
    "question": "EVALUATOR",
}
_NODES: set[Kind] = {"run", "step", "decision"}
"""What stands in the graph of agents; the rest is detail within."""


def tell(span: Span, about: RunAbout, *, content: bool) -> Told:
    """Return a span as the convention has it."""
    words = title(span, about)
    attributes = {"openinference.span.kind": _KINDS[span.kind], **_node(span, words), **_own(span, about)}
    if content:
        attributes |= _content(span)
    if span.error:
        attributes["error.type"] = span.error
    return Told(
        f"{span.kind} {words}".strip(),
        attributes | facts(span, about, content=content),
        kind=CLIENT if span.kind == "call" else INTERNAL,
        events=tuple(happened(span, content=content)),
        message=message(span) if content and span.error else "",
        links=links(span),
    )


def _node(span: Span, words: str) -> Facts:
    if span.kind not in _NODES:
        return {}
    above = span.parent.key if span.parent else None
    return {"graph.node.id": span.key, "graph.node.name": words, "graph.node.parent_id": above}


def _own(span: Span, about: RunAbout) -> Facts:
    match span.kind:
        case "decision":
            return {"agent.name": agent_of(span) or None} | _checks(span)
        case "call":
            return _call(span, about)
        case "program":
            ran = span.last(SandboxRan)
            return {"tool.name": tool_of(span)} | (
                _outcome("sandbox", ran.passed, "passed", "failed", "CODE") if ran else {}
            )
        case "question":
            said = span.last(HumanAnswered)
            return _outcome("approval", said.approved, "approved", "refused", "HUMAN") if said else {}
        case _:
            return {}


def _call(span: Span, about: RunAbout) -> Facts:
    model, answered = model_of(span), span.last(ModelAnswered)
    parts: Facts = {"llm.model_name": model or None, "llm.provider": provider(about, model)}
    if answered is None:
        return parts
    request, done = answered.request, answered.completion
    asked = request.model_dump(mode="json", include={"temperature", "max_tokens", "seed", "stop"})
    return parts | {
        "llm.request.model_name": model or None,
        "llm.response.model_name": done.model or None,
        "llm.invocation_parameters": as_json(asked),
        "llm.finish_reason": done.finish_reason,
        "llm.token_count.prompt": done.usage.prompt_tokens,
        "llm.token_count.completion": done.usage.completion_tokens,
        "llm.token_count.total": done.usage.total,
        "llm.token_count.prompt_details.cache_read": done.usage.cached_tokens,
    }


def _outcome(name: str, good: bool, yes: str, no: str, kind: str) -> Facts:
    return _evaluation(0, name, kind, score=float(good), label=yes if good else no)


def _checks(span: Span) -> Facts:
    """Return the measures that a decision was put to; one that is undefined has no result to tell."""
    found: Facts = {}
    checks = [moment.event for moment in span.moments if isinstance(moment.event, DecisionChecked)]
    for number, check in enumerate(check for check in checks if check.value is not None):
        more = check.model_dump(mode="json", include={"method", "low", "high", "floor"})
        found |= _evaluation(number, check.measure, "CODE", score=check.value, metadata=as_json(more))
    return found


def _evaluation(number: int, name: str, kind: str, **parts: Any) -> Facts:
    words = {"name": name, "annotator_kind": kind, **parts}
    return {f"evaluations.{number}.evaluation.{key}": value for key, value in words.items()}


def _content(span: Span) -> Facts:
    """Return a span's input and output, and the messages of a call."""
    found: Facts = {}
    for record in span.records:
        if span.kind != "decision" or isinstance(record, DecisionStarted | Acted):
            found |= told(_INPUT_AND_OUTPUT, record)
            found |= _messages(record) if isinstance(record, ModelAnswered) else {}
    return {name: value for name, value in found.items() if name.replace("mime_type", "value") in found}


def _messages(record: ModelAnswered) -> Facts:
    found: Facts = {}
    for number, asked in enumerate(record.request.messages):
        found[f"llm.input_messages.{number}.message.role"] = asked.role
        found[f"llm.input_messages.{number}.message.content"] = asked.content
    found["llm.output_messages.0.message.role"] = "assistant"
    found["llm.output_messages.0.message.content"] = record.completion.text
    return found


def _chosen(record: Planned) -> str:
    return next((option.text for option in record.options if option.label == record.choice), "")


def _text(which: str, source: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    return {f"{which}.value": source, f"{which}.mime_type": lambda _: "text/plain"}


def _json(which: str, source: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    """Return the sources of an input or output that is data: records among it as JSON has them."""
    as_data = TypeAdapter(Any)
    return {
        f"{which}.value": lambda record: as_data.dump_json(source(record)).decode(),
        f"{which}.mime_type": lambda _: "application/json",
    }


_INPUT_AND_OUTPUT: Sources = {
    RunStarted: _json("input", attrgetter("inputs")),
    RunFinished: _json("output", attrgetter("outputs")),
    StepFinished: _json("output", attrgetter("output")),
    DecisionStarted: _json("input", attrgetter("segments")),
    Planned: _text("output", _chosen),
    Acted: _text("output", attrgetter("text")),
    Explained: _json("output", attrgetter("because")),
    ModelAnswered: _json("input", attrgetter("request.messages")) | _text("output", attrgetter("completion.text")),
    ToolStarted: _json("input", attrgetter("arguments")),
    ToolAnswered: _json("output", attrgetter("value")),
    SandboxRan: _json("input", lambda record: {"argv": record.argv, "files": record.files})
    | _text("output", attrgetter("report")),
    HumanAsked: _text("input", attrgetter("question")),
    HumanAnswered: _text("input", attrgetter("question"))
    | _text("output", attrgetter("note"))
    | {"evaluations.0.evaluation.explanation": attrgetter("note")},
}
