"""Spans in the words of OpenTelemetry's GenAI conventions, as of November 2026 (repository semantic-conventions-genai).

A run is ``invoke_workflow``, a decision ``invoke_agent``, its plan ``plan``, a model's answer ``chat``, a program in a
sandbox ``execute_tool``. Steps, the stages act and explain, and questions to people have no operation there.
"""

from __future__ import annotations

from collections.abc import Callable

from glasswork.log.about import RunAbout
from glasswork.log.export.facts import Facts, as_json, facts, happened, message, provider
from glasswork.log.export.otlp import CLIENT, INTERNAL, Told
from glasswork.log.export.spans import Kind, Span
from glasswork.places import named
from glasswork.records import (
    DecisionStarted,
    ModelAnswered,
    RunForked,
    SandboxRan,
    StepFinished,
    StepStarted,
    ToolAnswered,
    ToolStarted,
)

_OPERATIONS: dict[Kind, str] = {
    "run": "invoke_workflow",
    "decision": "invoke_agent",
    "call": "chat",
    "program": "execute_tool",
}
TOOL = "sandbox"
"""What the sandbox is called as a tool."""


def tell(span: Span, about: RunAbout, *, content: bool) -> Told:
    """Return a span as the conventions have it."""
    name, attributes = _operation(span, about)
    if content:
        attributes |= _content(span)
    if span.error:
        attributes["error.type"] = span.error
    return Told(
        name,
        attributes | facts(span, about, content=content),
        kind=CLIENT if span.kind == "call" else INTERNAL,
        events=tuple(happened(span, content=content)),
        message=message(span) if content and span.error else "",
        links=links(span),
    )


def links(span: Span) -> tuple[str, ...]:
    """Return the runs that a run was forked from."""
    forks = [record for record in span.records if isinstance(record, RunForked)]
    return tuple(dict.fromkeys(fork.parent for fork in forks))


def title(span: Span, about: RunAbout) -> str:
    """Return what a span is about, in a word or two of which there are few: no numbers, no items."""
    titles: dict[Kind, Callable[[], str]] = {
        "run": lambda: about.workflow,
        "step": lambda: named(step_of(span)),
        "decision": lambda: agent_of(span),
        "stage": lambda: span.stage,
        "call": lambda: model_of(span),
        "program": lambda: tool_of(span),
        "question": lambda: "person",
    }
    return titles[span.kind]()


def step_of(span: Span) -> str:
    """Return the id of the step that a span is."""
    return next((record.step for record in span.records if isinstance(record, StepStarted | StepFinished)), "")


def tool_of(span: Span) -> str:
    """Return what was called: a tool model by its name, else the sandbox."""
    started = span.last(ToolStarted)
    return started.tool if started else TOOL


def agent_of(span: Span) -> str:
    """Return who decides where a span lies; empty where nobody does, or where that was removed from the log."""
    started = _decision(span)
    return started.agent if started else ""


def model_of(span: Span) -> str:
    """Return the model that was asked: the decision's, else the one that answered."""
    started, answered = _decision(span), span.last(ModelAnswered)
    return (started.model if started else "") or (answered.completion.model if answered else "")


def _decision(span: Span) -> DecisionStarted | None:
    decision = span.within("decision")
    return decision.last(DecisionStarted) if decision else None


def _operation(span: Span, about: RunAbout) -> tuple[str, Facts]:
    """Return a span's name and its attributes; what has no operation of its own is called by its kind."""
    operation = "plan" if span.stage == "plan" and span.kind == "stage" else _OPERATIONS.get(span.kind, "")
    what = agent_of(span) if operation == "plan" else title(span, about)
    name = f"{operation or span.kind} {what}".strip()
    attributes: Facts = {"gen_ai.operation.name": operation} if operation else {}
    attributes |= {"gen_ai.agent.name": agent_of(span) or None}
    match span.kind:
        case "run":
            attributes |= {"gen_ai.workflow.name": about.workflow}
        case "decision":
            attributes |= _model(span, about)
        case "call":
            attributes |= _model(span, about) | _call(span)
        case "program":
            attributes |= {"gen_ai.tool.name": tool_of(span), "gen_ai.tool.type": "extension"}
    return name, attributes


def _model(span: Span, about: RunAbout) -> Facts:
    model = model_of(span)
    return {"gen_ai.provider.name": provider(about, model), "gen_ai.request.model": model or None}


def _call(span: Span) -> Facts:
    answered = span.last(ModelAnswered)
    if answered is None:
        return {}
    request, done = answered.request, answered.completion
    return {
        "gen_ai.output.type": "json" if request.form == "json" else "text",
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": request.temperature if answered.temperature is None else answered.temperature,
        "gen_ai.request.seed": request.seed if answered.seed is None else answered.seed,
        "gen_ai.request.stop_sequences": request.stop or None,
        "gen_ai.response.model": done.model or None,
        "gen_ai.response.finish_reasons": [done.finish_reason],
        "gen_ai.usage.input_tokens": done.usage.prompt_tokens,
        "gen_ai.usage.output_tokens": done.usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": done.usage.cached_tokens,
    }


def _content(span: Span) -> Facts:
    """Return prompts, answers, and what programs were given and printed, in the JSON that the conventions fix."""
    answered, ran = span.last(ModelAnswered), span.last(SandboxRan)
    if answered is not None:
        done = answered.completion
        parts = [{"type": "reasoning", "content": done.reasoning}] if done.reasoning else []
        parts.append({"type": "text", "content": done.text})
        said = {"role": "assistant", "parts": parts, "finish_reason": done.finish_reason}
        asked = [
            {"role": each.role, "parts": [{"type": "text", "content": each.content}]}
            for each in answered.request.messages
        ]
        return {"gen_ai.input.messages": as_json(asked), "gen_ai.output.messages": as_json([said])}
    if ran is not None:
        arguments = {"argv": ran.argv, "files": ran.files, "limits": ran.limits}
        result = {"report": ran.report, "stdout": ran.stdout, "stderr": ran.stderr}
        return {"gen_ai.tool.call.arguments": as_json(arguments), "gen_ai.tool.call.result": as_json(result)}
    began, gave = span.last(ToolStarted), span.last(ToolAnswered)
    told = {"gen_ai.tool.call.arguments": as_json(began.arguments)} if began else {}
    return told | ({"gen_ai.tool.call.result": as_json(gave.value)} if gave and not gave.error else {})
