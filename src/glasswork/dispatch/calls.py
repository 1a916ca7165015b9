"""Calls of tool models that leave records, and that are not made again where a record is there already."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from glasswork.definitions import MEDIA, ToolType
from glasswork.errors import GlassworkError, ToolError, ToolFailed, ToolTimeout
from glasswork.records import Recorder, ToolAnswered, ToolStarted
from glasswork.tools.base import Blob, ToolModel, Value, plain
from glasswork.tools.media import suffix_of

GRACE = 5.0
"""Seconds beyond its time that a tool model has to end by itself."""


class Memory(Protocol):
    """What an earlier sitting of a run recorded."""

    live: bool
    """Whether what is not recorded may be asked; else it is a replay."""

    def called(self, place: str, digest: str, attempt: int) -> ToolAnswered | None:
        """Return what came of a call, or None where it is to be made.

        Raises:
            GlassworkError: in a replay: the log ends before it.
        """
        ...


@dataclass(frozen=True)
class Caller:
    """Whoever calls for one run: it knows the log, and where files lie."""

    record: Recorder
    media: Path
    """The folder of the files that were given and made: see :class:`~glasswork.tools.MediaStore`."""
    past: Memory | None = None

    async def call(
        self, place: str, tool: ToolModel, arguments: Mapping[str, Value], *, seconds: float, attempt: int = 1
    ) -> Value:
        """Call a tool model once, unless it is recorded what came of it.

        Args:
            place: where in the run: ``ask#1/t2/ocr``.
            tool: what to call.
            arguments: by input.
            seconds: how long it may take.
            attempt: from 1; each has a record of its own.

        Raises:
            ToolError: it did not do it; whatever else a tool model raises becomes a :class:`ToolFailed`.
        """
        spec = tool.spec

        async def made() -> Value:
            return await within(tool.call(arguments, timeout=seconds), seconds, spec.name)

        data = {name: plain(value) for name, value in arguments.items()}
        return await self.answered(
            place, spec.name, data, made, gives=spec.output.type, attempt=attempt, cost=spec.cost
        )

    async def answered(
        self,
        place: str,
        what: str,
        arguments: Mapping[str, JsonValue],
        make: Callable[[], Awaitable[Value]],
        *,
        gives: ToolType,
        attempt: int = 1,
        cost: float = 0.0,
    ) -> Value:
        """Return what is recorded of an answer from outside, else what ``make`` gives, recorded before and after.

        Raises:
            ToolError: it came to an error, now or then.
        """
        digest = digest_of(what, arguments)
        known = self.past.called(place, digest, attempt) if self.past else None
        if known is not None and not known.error and gives in MEDIA and not self._there(known.value):
            known = None  # its file is gone
        self.record(ToolStarted(place=place, digest=digest, tool=what, arguments=dict(arguments), attempt=attempt))
        if known is None:
            known = await self._made(place, digest, what, make, attempt=attempt, cost=cost)
        self.record(known)
        if known.error:
            raise error_of(known)
        return self.value(known.value, gives)

    async def _made(
        self, place: str, digest: str, what: str, make: Callable[[], Awaitable[Value]], *, attempt: int, cost: float
    ) -> ToolAnswered:
        began, value, error = time.monotonic(), None, None
        try:
            value = plain(await make())
        except ToolError as raised:
            error = raised
        except GlassworkError as raised:
            error = ToolFailed(f"{what}: {raised.message}", hint=raised.hint)
        except Exception as raised:  # noqa: BLE001 - what a tool model raises is its own failure, not the run's
            error = ToolFailed(f"{what}: {type(raised).__name__}: {raised}")
        told = "" if error is None else f"{error.message} ({error.hint})" if error.hint else error.message
        return ToolAnswered(
            place=place,
            digest=digest,
            tool=what,
            value=value,
            error=error.code if error else "",
            message=told,
            cost=cost,
            seconds=round(time.monotonic() - began, 3),
            attempt=attempt,
        )

    def value(self, data: JsonValue, gives: ToolType) -> Value:
        """Return what JSON of a log stands for; of a file, with the place where it lies now."""
        if gives not in MEDIA or not isinstance(data, dict) or "blob" not in data:
            return data
        return Blob(
            name=str(data["name"]),
            media_type=str(data["media_type"]),
            sha256=str(data["blob"]),
            size=int(str(data["size"])),
            path=self._path(data),
        )

    def _path(self, data: Mapping[str, JsonValue]) -> Path:
        return self.media / f"{data['blob']}{suffix_of(str(data['media_type']))}"

    def _there(self, data: JsonValue) -> bool:
        """Whether a recorded file can be used; in a replay nobody needs it."""
        replayed = self.past is not None and not self.past.live
        return not isinstance(data, dict) or "blob" not in data or replayed or self._path(data).is_file()


async def within(call: Awaitable[Value], seconds: float, name: str) -> Value:
    """Wait for a call; one that does not keep to its own time is stopped a little later.

    Raises:
        ToolTimeout: it did not.
    """
    limit = asyncio.timeout(seconds + GRACE)
    try:
        async with limit:
            return await call
    except TimeoutError:
        if not limit.expired():
            raise
        raise ToolTimeout(f"{name}: no result within {seconds:g} s; it was stopped") from None


def digest_of(tool: str, arguments: Mapping[str, JsonValue]) -> str:
    """Return SHA-256, in hexadecimal, of what is asked of a tool model."""
    canonical = json.dumps([tool, dict(arguments)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def error_of(answered: ToolAnswered) -> ToolError:
    """Return the error that a call came to, made anew."""
    error = ToolError(answered.message)
    error.code = answered.error
    return error
