"""Arguments held against what a tool model says it takes: every problem at once, in words that help who chose them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from glasswork.definitions import MEDIA, ToolInput, ToolType
from glasswork.errors import BadArguments, ToolFailed, did_you_mean
from glasswork.tools.base import Blob, Spec, Value, plain, shown
from glasswork.tools.media import MAX_BYTES, fits, is_text

MAX_TEXT = 200_000
"""Characters of a text, and of JSON."""
_WORDS: dict[ToolType, str] = {
    "text": "text",
    "number": "a number",
    "boolean": "true or false",
    "json": "JSON",
    "table": "a table (CSV)",
    "image": "an image",
    "audio": "a recording",
    "document": "a document",
    "file": "a file",
}


def checked(spec: Spec, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Return arguments that a tool model can be called with; what is not given, and need not be, is left out.

    Raises:
        BadArguments: something is missing, unknown, or of another type; every problem at once.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    problems = [*_unknown(spec, given), *_missing(spec, given)]
    for name, one in spec.inputs.items():
        if name in given:
            problems += [f"{name!r} {problem}" for problem in _problems(one, given[name])]
    if problems:
        raise BadArguments(spec.name, problems)
    return {name: given[name] for name in spec.inputs if name in given}


def output_of(spec: Spec, value: Value) -> Value:
    """Return what a tool model gave, if it is of the type that it says it gives.

    Raises:
        ToolFailed: it is not: whoever comes after would be misled.
    """
    problem = next(_problems(ToolInput(type=spec.output.type), value), None)
    if problem:
        raise ToolFailed(f"{spec.name}: its output {problem}")
    return value


def describe(value: Value) -> str:
    """Return what a value is, in a few words."""
    if isinstance(value, Blob):
        return f"the file {value}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    words = shown(value)
    what = "the text" if isinstance(value, str) else "the JSON"
    return f"{what} {words[:60]!r}" + ("…" if len(words) > 60 else "")


def words_of(wanted: ToolType) -> str:
    """Return what a type is called in a sentence."""
    return _WORDS[wanted]


def _unknown(spec: Spec, given: Mapping[str, Value]) -> Iterator[str]:
    for name in given:
        if name not in spec.inputs:
            near = did_you_mean(name, spec.inputs) or "; it takes nothing"
            yield f"there is no input {name[:64]!r}{near}"


def _missing(spec: Spec, given: Mapping[str, Value]) -> Iterator[str]:
    for name in spec.required:
        if name not in given:
            about = spec.inputs[name]
            told = f": {about.description}" if about.description else ""
            yield f"{name!r} is missing; it is {words_of(about.type)}{told}"


def _problems(one: ToolInput, value: Value) -> Iterator[str]:
    wanted = one.type
    if wanted in MEDIA:
        yield from _file_problems(wanted, value)
    elif wanted == "json":
        yield from _json_problems(value)
    elif not _is(wanted, value):
        yield f"must be {words_of(wanted)}, and is {describe(value)}"
    elif isinstance(value, str) and len(value) > MAX_TEXT:
        yield f"has {len(value)} characters: {MAX_TEXT} at most"
    elif one.enum and value not in one.enum:
        yield f"is {shown(value)[:60]!r}{did_you_mean(shown(value), one.enum)}"


def _is(wanted: ToolType, value: Value) -> bool:
    if wanted == "text":
        return isinstance(value, str)
    if wanted == "boolean":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _file_problems(wanted: ToolType, value: Value) -> Iterator[str]:
    if not isinstance(value, Blob):
        yield f"must be {words_of(wanted)}, and is {describe(value)}"
        return
    if not fits(value.media_type, wanted):
        yield f"must be {words_of(wanted)}, and is {describe(value)}"
        return
    try:
        size = value.path.stat().st_size
        with value.path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        yield f"cannot be read: {error.strerror}"
        return
    if size > MAX_BYTES:
        yield f"has {size} bytes: {MAX_BYTES} at most"
    elif wanted == "table" and not is_text(head):
        yield "is no CSV: it is not UTF-8 text"


def _json_problems(value: Value) -> Iterator[str]:
    if isinstance(value, Blob):
        yield f"must be JSON, and is {describe(value)}"
        return
    try:
        size = len(json.dumps(plain(value), allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        yield "is no JSON"
        return
    if size > MAX_TEXT:
        yield f"has {size} characters: {MAX_TEXT} at most"
