"""The one boundary where failures of a server, its wire and its SDK become errors of ours.

The table that this module implements (and ``tests/models/test_faults.py`` checks, fault by fault):

    refused, reset, cut connection                       ModelUnreachable
    silence longer than the client bears, 408            ModelTimeout
    429, 503                                             ModelBusy, with ``retry_after`` in seconds
    any other 5xx, an error inside a stream              ModelServerError
    4xx (or 500) whose words say "context too long"      ContextOverflow, with both numbers where given
    any other 4xx                                        ModelRefused, with a hint
    a body that is no JSON                               ModelServerError, with the body
"""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from glasswork.errors import (
    ContextOverflow,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
)

RAW_KEPT = 4000
"""Characters kept of what a server answered."""

_OVERFLOW = re.compile(
    r"maximum context length|context_length_exceeded|exceed_context_size|context size has been exceeded"
    r"|exceeds? the (available |model'?s )?(maximum )?context|longer than the maximum model length"
    r"|context (length|window|size)[^.]{0,40}(exceeded|overflow)|prompt is too long|context the overflows",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"(?:maximum context length is|maximum model length of|context size \(|\"n_ctx\":)\s*(\d+)", re.IGNORECASE
)
_ASKED = re.compile(
    r"(?:you requested|request has|resulted in|request \(|prompt \(length|\"n_prompt_tokens\":)\s*(?:about )?(\d+)",
    re.IGNORECASE,
)
_HINTS = {
    401: "the server wants an API key: name the environment variable that holds it with 'api_key_env' in models.yaml",
    403: "the key is known but may not use this model",
    404: "check 'model' and 'base_url' in models.yaml; the address usually ends in /v1",
}


def translate(error: Exception, address: str) -> ModelError:
    """Turn whatever the SDK, the HTTP library or the socket raised into an error of ours.

    Args:
        error: what was raised while sending a request or reading its answer.
        address: the server's address, for the message.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return from_status(error.status_code, error.response.text, address, error.response.headers)
    if isinstance(error, openai.APITimeoutError) or _is(error, "TimeoutException"):
        return _timeout(error, address)
    if isinstance(error, openai.APIConnectionError | OSError) or _is(error, "TransportError"):
        return _unreachable(error, address)
    if isinstance(error, openai.APIError):
        return from_error_object(error.body or error.message, address)
    if isinstance(error, json.JSONDecodeError):
        return no_answer(f"{address} sent something that is not JSON", error.doc)
    return no_answer(f"{address}: {type(error).__name__}: {error}", "")


def from_status(status: int, body: str, address: str, headers: Mapping[str, str]) -> ModelError:
    """Turn an HTTP status that is not a success into an error."""
    raw = body[:RAW_KEPT]
    said = _message_of(body)
    if status >= 400 and _OVERFLOW.search(body):
        return overflow(body)
    if status in (429, 503):
        return ModelBusy(f"{address} is busy ({status}): {said}", raw=raw, retry_after=_retry_after(headers))
    if status == 408:
        return ModelTimeout(f"{address} gave up waiting ({status}): {said}", raw=raw)
    if status >= 500 or status < 400:
        return ModelServerError(f"{address} failed ({status}): {said}", raw=raw)
    return ModelRefused(f"{address} refused the request ({status}): {said}", hint=_HINTS.get(status, ""), raw=raw)


def from_error_object(error: object, address: str) -> ModelError:
    """Turn an ``error`` object that came with a 200, or inside a stream, into an error."""
    raw = error if isinstance(error, str) else json.dumps(error)
    status = error.get("code") if isinstance(error, dict) else None
    if isinstance(status, int) and 400 <= status < 600:
        return from_status(status, raw, address, {})
    if _OVERFLOW.search(raw):
        return overflow(raw)
    return ModelServerError(f"{address} reported an error: {_message_of(raw)}", raw=raw[:RAW_KEPT])


def no_answer(why: str, raw: str) -> ModelServerError:
    """Build the error for an answer that is no answer."""
    return ModelServerError(why, raw=raw[:RAW_KEPT])


def overflow(said: str) -> ContextOverflow:
    """Build the error for a prompt that does not fit, with the numbers that ``said`` holds."""
    asked, held = _ASKED.search(said), _HELD.search(said)
    numbers = f": it has {asked[1]} tokens" if asked else ""
    numbers += f"{',' if asked else ':'} the context holds {held[1]}" if held else ""
    return ContextOverflow(
        f"the prompt does not fit the model's context{numbers}",
        hint="give the step less to read, or the model a larger 'context' in models.yaml",
        raw=said[:RAW_KEPT],
    )


def _is(error: BaseException | None, name: str) -> bool:
    """Tell an error by the name of its class, for the SDK may raise those of httpx and of httpx2."""
    return any(base.__name__ == name for base in type(error).__mro__)


def _timeout(error: Exception, address: str) -> ModelError:
    if _is(error.__cause__, "ConnectTimeout"):
        return ModelUnreachable(f"{address} does not take a connection", hint=_NOT_RUNNING)
    return ModelTimeout(f"{address} fell silent in the middle of a request")


_NOT_RUNNING = "is the server running, and is 'base_url' in models.yaml right?"


def _unreachable(error: Exception, address: str) -> ModelError:
    cause = error.__cause__
    if _is(cause, "ConnectError"):
        return ModelUnreachable(f"nobody answers at {address}: {cause}", hint=_NOT_RUNNING)
    return ModelUnreachable(f"the connection to {address} broke: {cause or error}")


def _message_of(body: str) -> str:
    """Find the sentence in an error body that is for people, or give the start of the body on one line."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        found = body
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    text = found if isinstance(found, str) else json.dumps(found)
    return " ".join(text.split())[:300] or "no further word"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After`` (seconds or a date) or ``Retry-After-Ms``; None where absent or senseless."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / divisor
        except (KeyError, ValueError):
            continue
        return seconds if math.isfinite(seconds) and seconds >= 0 else None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, ValueError, OverflowError):
        return None
