"""Exports: what OTLP's own reader makes of them, the tree of spans, what is told and what is kept back."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from tests.log import samples
from tests.log.samples import BAKERY, FORK, KILLED, LONG, SECRET

from glasswork.errors import LogError
from glasswork.log.export import export, facts, genai, openinference
from glasswork.log.export.otlp import span_id, trace_id
from glasswork.log.export.spans import Span, spans
from glasswork.log.reader import Entry, iter_entries
from glasswork.records import (
    EVENT,
    ConditionRead,
    DecisionStarted,
    Event,
    ModelAnswered,
    Redacted,
    RunStarted,
    StepFinished,
    StepStarted,
)

OTLP = ["otel", "openinference"]
RUNS = [BAKERY, FORK, KILLED]


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    return samples.write_all(tmp_path_factory.mktemp("logs"))


def text_of(logs: Path, run: str, form: str, content: bool = False) -> str:
    return "".join(export(logs / run, form, content=content))


def request_of(text: str) -> ExportTraceServiceRequest:
    """Read OTLP/JSON with OpenTelemetry's own classes; ids are hexadecimal there, and base64 in protobuf's JSON."""
    data = json.loads(text)
    for span in (s for r in data["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]):
        for part in (span, *span.get("links", [])):
            for key in {"traceId", "spanId", "parentSpanId"} & part.keys():
                part[key] = base64.b64encode(bytes.fromhex(part[key])).decode()
    return json_format.ParseDict(data, ExportTraceServiceRequest(), ignore_unknown_fields=False)


def spans_of(logs: Path, run: str, form: str = "otel", content: bool = False) -> list[ProtoSpan]:
    request = request_of(text_of(logs, run, form, content))
    return [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]


def attributes(thing: Any) -> dict[str, Any]:
    return {each.key: value_of(each.value) for each in thing.attributes}


def value_of(value: Any) -> Any:
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return [value_of(each) for each in found.values] if kind == "array_value" else found


def span_id_of(key: str, run: str = BAKERY) -> bytes:
    return bytes.fromhex(span_id(run, key))


def below(found: list[ProtoSpan], key: str) -> list[str]:
    """Names of the spans right below one."""
    return sorted(span.name for span in found if span.parent_span_id == span_id_of(key))


def one(found: list[ProtoSpan], key: str, run: str = BAKERY) -> ProtoSpan:
    (span,) = [span for span in found if span.span_id == span_id_of(key, run)]
    return span


def by_key(events: Sequence[Event]) -> dict[str, Span]:
    return {span.key: span for span in spans(samples.entries(events))}


# --- what OTLP demands ---


@pytest.mark.parametrize("content", [False, True])
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("form", OTLP)
def test_spans_are_sound(logs, run, form, content):
    text = text_of(logs, run, form, content)
    assert text.isascii()
    found = spans_of(logs, run, form, content)
    ids = [span.span_id for span in found]
    assert len(ids) == len(set(ids)) > 5
    assert {span.trace_id for span in found} == {bytes.fromhex(trace_id(run))}
    assert {(len(span.trace_id), len(span.span_id)) for span in found} == {(16, 8)}
    assert [span.name for span in found if not span.parent_span_id] == [
        "invoke_workflow bakery" if form == "otel" else "run bakery"
    ]
    assert {span.parent_span_id for span in found if span.parent_span_id} <= set(ids)
    assert [span.name for span in found if span.end_time_unix_nano < span.start_time_unix_nano] == []
    assert all(span.name for span in found)
    for span in found:
        keys = [each.key for each in (*span.attributes,)]
        assert len(keys) == len(set(keys))
        assert all(each.value.WhichOneof("value") for each in span.attributes)


def test_ids_are_hexadecimal_of_the_right_length(logs):
    data = json.loads(text_of(logs, BAKERY, "otel"))
    for span in data["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        assert len(span["traceId"]) == 32
        assert len(span["spanId"]) == 16
        assert isinstance(span["kind"], int)
        assert isinstance(span["startTimeUnixNano"], str)
        assert int(span["startTimeUnixNano"]) % 1_000_000 == 0, "the log has milliseconds; no digit is lost or made up"


@pytest.mark.parametrize("form", ["otel", "openinference", "jsonl"])
def test_the_same_log_gives_the_same_bytes(logs, form):
    assert text_of(logs, BAKERY, form) == text_of(logs, BAKERY, form)


def test_resource_and_scope(logs):
    request = request_of(text_of(logs, BAKERY, "otel"))
    (resource,) = request.resource_spans
    assert attributes(resource.resource)["service.name"] == "glasswork"
    assert attributes(resource.resource)["glasswork.run.id"] == BAKERY
    assert resource.scope_spans[0].scope.name == "glasswork"


# --- the tree ---


def test_the_tree_is_the_runs_own(logs):
    found = spans_of(logs, BAKERY)
    steps = ["again", "bake", "bake", "decorate", "judge", "ship", "shop"]
    assert below(found, "run") == [f"step {step}" for step in steps]
    assert below(found, "step shop#1") == ["step shop", "step shop"]
    assert below(found, "step shop#1:1") == ["invoke_agent baker"]
    assert below(found, "step judge#1") == ["step judge.talk"]
    assert below(found, "step judge#1.talk#1") == ["chat small-q4", "invoke_agent baker"]
    stages = ["execute_tool sandbox", "plan baker", "stage act", "stage explain"]
    assert below(found, "decision bake#2") == stages
    assert below(found, "decision bake#1") == ["chat small", *stages], "a call that tests it is none of its stages"
    assert below(found, "decision bake#1/plan") == ["chat small"] * 3
    assert below(found, "step ship#1") == ["question person"]


def test_calls_have_the_time_that_they_took():
    events = samples.bakery()
    found = by_key(events)
    call = found["call shop#1:1/explain"]
    assert call.end - call.start == timedelta(seconds=0.5)
    question = found["question ship#1"]
    asked = next(n for n, event in enumerate(events) if event.type == "human.asked")
    answered_at = next(n for n, event in enumerate(events) if event.type == "human.answered")
    assert question.end - question.start == timedelta(seconds=answered_at - asked)


def test_a_call_with_all_its_attempts_is_one_span(logs):
    call = one(spans_of(logs, BAKERY), "call bake#1/act")
    assert call.status.code == Status.STATUS_CODE_UNSET
    assert [event.name for event in call.events] == ["gen_ai.client.operation.exception"]
    assert attributes(call.events[0])["exception.type"] == "timeout"
    assert attributes(call)["glasswork.call.attempt"] == 2


def test_errors_are_statuses(logs):
    found = spans_of(logs, BAKERY)
    call = one(found, "call shop#1:2/plan")
    assert call.status.code == Status.STATUS_CODE_ERROR
    assert attributes(call)["error.type"] == "invalid_output"
    assert len(call.events) == 2
    for key in ("decision shop#1:2", "decision shop#1:2/plan", "step shop#1:2"):
        assert one(found, key).status.code == Status.STATUS_CODE_ERROR, key
    wrong = [span for span in found if span.status.code == Status.STATUS_CODE_ERROR]
    assert len(wrong) == 4, "what was mended, or failed as a test fails, is no error"
    assert one(spans_of(logs, FORK), "run", FORK).status.code == Status.STATUS_CODE_ERROR


def test_an_unfinished_run_is_exported_as_far_as_it_goes(logs):
    found = spans_of(logs, KILLED)
    by_name = {span.name: span for span in found}
    open_ones = {span.name for span in found if attributes(span).get("glasswork.unfinished")}
    assert open_ones >= {"invoke_workflow bakery", "step ship", "question person", "execute_tool sandbox", "stage act"}
    end = max(span.end_time_unix_nano for span in found)
    assert by_name["invoke_workflow bakery"].end_time_unix_nano == end
    assert by_name["question person"].end_time_unix_nano == end


def test_a_fork_is_linked_to_its_parent(logs):
    root = one(spans_of(logs, FORK), "run", FORK)
    (link,) = root.links
    assert (link.trace_id, link.span_id) == (bytes.fromhex(trace_id(BAKERY)), span_id_of("run"))
    forked = next(event for event in root.events if event.name == "glasswork.run.forked")
    assert attributes(forked)["glasswork.fork.decision"] == "bake#1"


def test_a_resumed_run_has_one_root_that_ends_as_it_last_ended(logs):
    root = one(spans_of(logs, BAKERY), "run")
    assert attributes(root)["glasswork.run.state"] == "done"
    assert [event.name for event in root.events] == ["glasswork.run.resumed"]
    assert attributes(one(spans_of(logs, BAKERY), "step ship#1"))["glasswork.step.state"] == "done"


def test_a_condition_stands_with_the_round_it_was_read_for(logs):
    found = spans_of(logs, BAKERY)
    (condition,) = one(found, "step decorate#1").events
    assert attributes(condition)["glasswork.condition.result"] is False
    assert len(one(found, "step again#1").events) == 2


def test_a_condition_is_read_before_its_round_begins():
    read = ConditionRead(step="bake", expression="true", values={}, result=True)
    rounds = [
        (StepStarted(step="bake", round=n, kind="agent"), StepFinished(step="bake", round=n, state="done"))
        for n in (1, 2, 3)
    ]
    found = by_key([RunStarted(run="r", workflow="w"), *rounds[0], read, *rounds[1], *rounds[2]])
    assert [len(found[f"step bake#{n}"].moments) for n in (1, 2, 3)] == [0, 1, 0]


def test_what_a_person_mended_is_no_error_any_more():
    """A fork in which somebody wrote the act that no model could write."""
    events = samples.decision("bake#1", "bake", act=[samples.failed("bake#1/act", will_retry=False)])
    found = by_key(events)
    assert (found["decision bake#1"].error, found["decision bake#1/act"].error) == ("", "")
    assert found["call bake#1/act"].error == "timeout"
    assert by_key(events[:-3])["decision bake#1"].error == "timeout"


def test_a_decision_that_never_acted_failed_with_its_step():
    """Every call was answered, and no answer could be used."""
    events = [
        StepStarted(step="bake", kind="agent"),
        *samples.decision("bake#1", "bake")[:6],
        StepFinished(step="bake", state="failed", reason="no program in it"),
    ]
    assert by_key(events)["decision bake#1"].error == "failed"
    assert by_key(events[:-1])["decision bake#1"].error == ""


def test_a_run_that_was_resumed_and_killed_has_not_ended():
    events = samples.bakery()
    upto = next(n for n, event in enumerate(events) if event.type == "run.resumed")
    assert by_key(events[:upto])["run"].ended
    assert not by_key(events[: upto + 1])["run"].ended


@pytest.mark.parametrize("gone", range(len(samples.bakery())))
def test_a_tree_stands_whatever_was_removed(gone):
    """Every parent is there, ids stay unique, nothing ends before it begins, whichever event was redacted."""
    entries = samples.entries(samples.bakery())
    entry = entries[gone]
    entries[gone] = Entry(entry.seq, entry.time, Redacted(was=entry.event.type))
    check_soundness(list(spans(entries)))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_tree_stands_in_any_order_and_with_any_clock(data):
    """A log is what it is: a clock that was set back, a prefix, steps run side by side, answers with absurd times."""
    events = data.draw(st.permutations(samples.bakery()))[: data.draw(st.integers(1, 80))]
    seconds = data.draw(st.sampled_from([float("nan"), float("inf"), -5.0, 1e300, 0.0, 3.0]))
    entries = samples.entries(events, seconds=data.draw(st.sampled_from([1.0, 0.0, -1.0])))
    for n, entry in enumerate(entries):
        if isinstance(entry.event, ModelAnswered):
            completion = entry.event.completion.model_copy(update={"seconds": seconds})
            entries[n] = Entry(entry.seq, entry.time, entry.event.model_copy(update={"completion": completion}))
    check_soundness(list(spans(entries)))


def check_soundness(found: list[Any]) -> None:
    keys = Counter(span.key for span in found)
    assert keys.most_common(1)[0][1] == 1, keys.most_common(3)
    here = {id(span) for span in found}
    assert [span.key for span in found if span.parent is not None and id(span.parent) not in here] == []
    assert [span.key for span in found if span.parent is None] == ["run"]
    assert [span.key for span in found if span.end < span.start] == []
    leaves = [span for span in found if span.kind in {"call", "program"}]
    assert [span.key for span in leaves if span.start < span.parent.start] == []
    for span in found:
        for words in (genai.tell, openinference.tell):
            assert words(span, samples.about("r"), content=True).name


def test_calls_are_not_held_until_the_end():
    entries = samples.entries(samples.bakery())
    taken: list[int] = []

    def watched():
        for entry in entries:
            taken.append(entry.seq)
            yield entry

    first = next(iter(spans(watched())))
    assert (first.kind, len(taken)) == ("call", 6)


# --- words ---


def test_genai_words(logs):
    found = spans_of(logs, BAKERY)
    decision, plan, call = (one(found, key) for key in ("decision bake#2", "decision bake#2/plan", "call bake#2/plan"))
    assert (decision.name, decision.kind) == ("invoke_agent baker", ProtoSpan.SPAN_KIND_INTERNAL)
    assert (call.name, call.kind) == ("chat small", ProtoSpan.SPAN_KIND_CLIENT)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "llama.cpp",
        "gen_ai.request.model": "small",
        "gen_ai.response.model": "small-q4",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.max_tokens": 512,
        "gen_ai.request.stop_sequences": ["\n\n\n"],
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.output.type": "text",
        "glasswork.stage": "plan",
        "glasswork.place": "bake#2/plan",
    }
    assert {key: attributes(call).get(key) for key in expected} == expected
    assert type(attributes(call)["gen_ai.usage.input_tokens"]) is int
    weighed = attributes(plan)
    assert weighed["glasswork.options.labels"] == ["A", "B"]
    assert weighed["glasswork.options.probabilities"] == [0.55, 0.45]
    assert (weighed["glasswork.choice"], weighed["glasswork.choice.order_consistency"]) == ("A", 0.5)
    assert attributes(decision)["glasswork.segments.ids"] == ["s1", "s2"]
    explained = attributes(one(found, "decision bake#2/explain"))
    assert explained["glasswork.explanation.cited"] == ["s1"]
    assert explained["glasswork.explanation.confidence"] == 0.9
    assert attributes(one(found, "program bake#1/sandbox"))["gen_ai.tool.name"] == "sandbox"


CURRENT = {
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.workflow.name",
    "gen_ai.agent.name",
    "gen_ai.request.model",
    "gen_ai.request.temperature",
    "gen_ai.request.max_tokens",
    "gen_ai.request.seed",
    "gen_ai.request.stop_sequences",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.output.type",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.evaluation.name",
    "gen_ai.evaluation.score.label",
    "gen_ai.evaluation.score.value",
    "gen_ai.evaluation.explanation",
}
"""Attributes in the registry of the GenAI conventions, November 2026, none of them deprecated."""


@pytest.mark.parametrize("content", [False, True])
def test_no_names_of_conventions_past(logs, content):
    """Every attribute is a current one of GenAI's, a stable one of OpenTelemetry's, or our own."""
    told = {
        key
        for span in spans_of(logs, BAKERY, content=content)
        for thing in (span, *span.events)
        for key in attributes(thing)
    }
    foreign = {key for key in told if not key.startswith("glasswork.")}
    assert foreign - CURRENT == {"error.type", "exception.type"} | ({"exception.message"} if content else set())
    operations = {attributes(span).get("gen_ai.operation.name") for span in spans_of(logs, BAKERY)}
    assert operations == {None, "invoke_workflow", "invoke_agent", "plan", "chat", "execute_tool"}


def test_openinference_words(logs):
    found = spans_of(logs, BAKERY, "openinference", content=True)
    kinds = Counter(attributes(span)["openinference.span.kind"] for span in found)
    assert set(kinds) == {"CHAIN", "AGENT", "LLM", "TOOL", "EVALUATOR"}
    call = attributes(one(found, "call bake#2/plan"))
    assert call["llm.input_messages.0.message.role"] == "system"
    assert call["llm.input_messages.0.message.content"] == LONG
    assert call["llm.output_messages.0.message.content"] == f"an answer: {SECRET}"
    assert (call["llm.token_count.prompt"], call["llm.token_count.total"]) == (100, 120)
    assert json.loads(call["llm.invocation_parameters"])["max_tokens"] == 512
    decision = attributes(one(found, "decision judge#1.talk#1.1"))
    assert decision["agent.name"] == "baker"
    assert decision["output.value"].startswith("1. knead")
    assert json.loads(decision["input.value"])[0]["id"] == "s1"
    asked = attributes(one(found, "question ship#1"))
    assert asked["evaluations.0.evaluation.label"] == "approved"
    assert asked["evaluations.0.evaluation.annotator_kind"] == "HUMAN"


@pytest.mark.parametrize("form", ["otel", "openinference"])
def test_calls_of_tool_models_are_spans_of_their_own(logs, form):
    found = spans_of(logs, KILLED, form, content=True)
    read, late = one(found, "program ask#1/t1/ocr~1", KILLED), one(found, "program ask#1/t2/language~1", KILLED)
    assert read.parent_span_id == one(found, "step ask#1", KILLED).span_id
    assert (read.status.code, late.status.code) == (Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR)
    told = attributes(read)
    if form == "otel":
        assert (read.name, told["gen_ai.tool.name"]) == ("execute_tool ocr", "ocr")
        assert json.loads(told["gen_ai.tool.call.arguments"])["image"]["name"] == "photo.png"
        assert SECRET in told["gen_ai.tool.call.result"]
        assert "gen_ai.tool.call.result" not in attributes(late)
    else:
        assert (told["tool.name"], told["openinference.span.kind"]) == ("ocr", "TOOL")
        assert SECRET in told["output.value"]


def test_what_a_test_found_stands_with_the_decision(logs):
    span = one(spans_of(logs, BAKERY), "decision bake#1")
    influence, undefined = (attributes(event) for event in span.events if event.name == "gen_ai.evaluation.result")
    assert (influence["gen_ai.evaluation.name"], influence["gen_ai.evaluation.score.value"]) == ("influence", 2.5)
    assert (influence["glasswork.check.causal"], influence["glasswork.check.cited"]) == (["s2"], ["s1"])
    assert influence["glasswork.check.floor"] == 0.5
    assert "gen_ai.evaluation.score.value" not in undefined
    told = attributes(one(spans_of(logs, BAKERY, "openinference"), "decision bake#1"))
    assert told["evaluations.0.evaluation.name"] == "influence"
    assert json.loads(told["evaluations.0.evaluation.metadata"])["floor"] == 0.5
    assert not [key for key in told if key.startswith("evaluations.1.")]


def test_openinferences_graph_is_connected(logs):
    found = [attributes(span) for span in spans_of(logs, BAKERY, "openinference")]
    nodes = {each["graph.node.id"]: each.get("graph.node.parent_id") for each in found if "graph.node.id" in each}
    assert nodes["decision bake#1"] == "step bake#1"
    assert nodes["step judge#1.talk#1"] == "step judge#1"
    assert [parent for parent in nodes.values() if parent is not None and parent not in nodes] == []


@pytest.mark.parametrize("form", OTLP)
@pytest.mark.parametrize("run", RUNS)
def test_texts_are_told_only_where_asked(logs, run, form):
    """The word stands in every text of the sample that a person, a model or a program wrote."""
    assert SECRET not in text_of(logs, run, form)
    assert "Rye flour" not in text_of(logs, run, form)
    assert SECRET in text_of(logs, run, form, content=True)


@pytest.mark.parametrize("form", OTLP)
def test_with_content_nothing_is_left_out(logs, form):
    """Every text that a decision, a call, a person or a program left is somewhere in the spans."""
    text = json.dumps(json.loads(text_of(logs, BAKERY, form, content=True)), ensure_ascii=False)
    wanted = [
        f"sourdough, {SECRET}",
        f"Rye needs time, {SECRET}.",
        f"a rye loaf, {SECRET}",
        f"it says rye, {SECRET}",
        f"the wish were wheat, {SECRET}",
        f"well done, {SECRET}",
        f"Ship it? {SECRET}",
        f"I say: done, {SECRET}",
        f"a report, {SECRET}",
        f"no full answer within 2 s ({SECRET})",
        f"half an {SECRET}",
        f"no answer, {SECRET}",
    ]
    assert [each for each in wanted if each not in text] == []


def test_every_event_is_told_of():
    """A new kind of event cannot be forgotten: it is in a table, a moment with a name, or listed here."""
    tables = (facts._PLAIN, facts._CONTENT, facts._PLAIN_MOMENTS, facts._CONTENT_MOMENTS)
    known = {kind for table in tables for kind in table}
    kinds = set(EVENT.core_schema["schema"]["choices"]) if "schema" in EVENT.core_schema else set()
    kinds = kinds or set(EVENT.core_schema["choices"])
    told = {kind.model_fields["type"].default for kind in known}
    assert kinds - told == {"redacted"}


# --- events as lines ---


@pytest.mark.parametrize("run", RUNS)
def test_lines_hold_every_event_whole(logs, run):
    lines = [json.loads(line) for line in text_of(logs, run, "jsonl").splitlines()]
    entries = list(iter_entries(logs / run))
    assert [EVENT.validate_python({**line["data"], "type": line["type"]}) for line in lines] == [
        entry.event for entry in entries
    ]
    assert {tuple(line) for line in lines} == {("run", "seq", "time", "type", "data")}
    assert [(line["run"], line["seq"]) for line in lines] == [(run, entry.seq) for entry in entries]
    assert all(line["time"].endswith("Z") for line in lines)


@pytest.mark.parametrize("form", ["otel", "openinference", "jsonl"])
def test_a_damaged_log_is_not_exported(logs, tmp_path, form):
    copied = samples.copy(logs, tmp_path / "logs")
    path = copied / BAKERY / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"step":"decorate"', b'"step":"Decorate"', 1))
    with pytest.raises(LogError, match="event"):
        text_of(copied, BAKERY, form)


def test_models_of_the_log_have_providers():
    about = samples.about("r")
    assert facts.provider(about, "small") == "llama.cpp"
    assert facts.provider(about, "another") == "unknown"
    served = about.model_copy(update={"models": {"default": {"kind": "openai", "model": "x"}}})
    assert facts.provider(served, "small") == "openai"


def test_samples_use_what_they_promise():
    """The tests above say little where the sample lacks a kind of event."""
    here = {type(event) for event in (*samples.bakery(), *samples.fork(samples.bakery(), 5), *samples.killed())}
    assert {DecisionStarted, StepStarted} <= here
    assert len(here) >= 18
