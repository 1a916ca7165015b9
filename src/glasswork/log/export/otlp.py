"""Spans as an OTLP/JSON request, piece by piece: what the file exporter writes and ``/v1/traces`` takes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from glasswork.log.export.spans import ROOT, Span

Attributes = Mapping[str, Any]
"""Texts, numbers, truth values, and lists of them; what is None is left out."""
INTERNAL, CLIENT = 1, 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ERROR = 2
_INT64 = 2**63
_UNREAL = {math.inf: "Infinity", -math.inf: "-Infinity"}


@dataclass(frozen=True)
class Told:
    """A span in the words of some convention."""

    name: str
    attributes: Attributes
    kind: int = INTERNAL
    events: tuple[tuple[datetime, str, Attributes], ...] = ()
    message: str = ""
    """Of its error, where it ended in one."""
    links: tuple[str, ...] = field(default=())
    """Runs that it goes back to."""


def trace_id(run: str) -> str:
    """Return a run's trace id: always the same."""
    return hashlib.sha256(f"glasswork run {run}".encode()).hexdigest()[:32]


def span_id(run: str, key: str) -> str:
    """Return the id of one of its spans: always the same."""
    return hashlib.sha256(f"glasswork span {run}\n{key}".encode()).hexdigest()[:16]


def request(run: str, version: str, resource: Attributes, told: Iterable[tuple[Span, Told]]) -> Iterator[str]:
    """Yield the pieces of one ExportTraceServiceRequest, in ASCII. Joined they are one JSON object."""
    about = _text({"attributes": _attributes(resource)})
    scope = _text({"name": "glasswork", "version": version})
    yield f'{{"resourceSpans":[{{"resource":{about},"scopeSpans":[{{"scope":{scope},"spans":['
    between = "\n"
    for span, words in told:
        yield between + _text(_span(run, span, words))
        between = ",\n"
    yield "\n]}]}]}\n"


def _span(run: str, span: Span, told: Told) -> dict[str, Any]:
    parts = {
        "traceId": trace_id(run),
        "spanId": span_id(run, span.key),
        "parentSpanId": span_id(run, span.parent.key) if span.parent else "",
        "name": told.name,
        "kind": told.kind,
        "startTimeUnixNano": _nanoseconds(span.start),
        "endTimeUnixNano": _nanoseconds(span.end),
        "attributes": _attributes(told.attributes),
        "events": [
            {"timeUnixNano": _nanoseconds(time), "name": name, "attributes": _attributes(attributes)}
            for time, name, attributes in told.events
        ],
        "links": [{"traceId": trace_id(other), "spanId": span_id(other, ROOT)} for other in told.links],
        "status": _some({"code": _ERROR, "message": told.message}) if span.error else {},
    }
    return _some(parts)


def _some(parts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty."""
    return {name: part for name, part in parts.items() if part not in ("", [], {})}


def _nanoseconds(time: datetime) -> str:
    return str((time - _EPOCH) // timedelta(microseconds=1) * 1000)


def _attributes(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int() if -_INT64 <= value < _INT64:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _UNREAL.get(value, "NaN")}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case _:
            return {"stringValue": str(value)}


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
