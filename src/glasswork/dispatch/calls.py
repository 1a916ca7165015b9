"""Calls of tool models that leave records, and that are not made again where a record is there already."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from glasswork.definitions import MEDIA, ToolType
from glasswork.errors import BudgetExceeded, GlassworkError, LogError, ToolError, ToolFailed, ToolTimeout, Waiting
from glasswork.places import parse
from glasswork.records import Recorder, ToolAnswered, ToolStarted
from glasswork.tools.base import Blob, Spec, ToolModel, Value, plain
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

    def called_out(self, place: str, digest: str, attempt: int) -> bool:
        """Whether a call was begun, whatever came of it."""
        ...


@runtime_checkable
class Traced(Protocol):
    """A tool model of which the log also holds what it asks, and so has to hear where it is called."""

    def at(self, place: str, attempt: int, *, over: bool) -> ToolModel:
        """Return it as it is called once.

        Args:
            place: of the call: ``ask#1/t2/ask_model``.
            attempt: from 1.
            over: whether the log holds what came of it. Then it asks nothing that the log does not answer, and raises.
        """
        ...


@dataclass(frozen=True)
class Caller:
    """Whoever calls for one run: it knows the log, and where files lie."""

    record: Recorder
    media: Path
    """The folder of the files that were given and made: see :class:`~glasswork.tools.MediaStore`."""
    past: Memory | None = None
    charge: Callable[[float], None] = lambda _: None
    """Is told what a call costs before it is made; raises BudgetExceeded where that is too much."""
    again: bool = False
    """Whether calls may be made again that must not be made twice: a person has said so."""

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
            Waiting: it was begun before, nobody knows how far it came, and it must not be called twice.
            BudgetExceeded: it, or what it asks, would pass the budget.
        """
        spec = tool.spec
        data = {name: plain(value) for name, value in arguments.items()}

        async def made() -> Value:
            self._refuse_if_unsure(place, spec, digest_of(spec.name, data), attempt)
            self.charge(spec.cost)
            called = tool.at(place, attempt, over=False) if isinstance(tool, Traced) else tool
            return await within(called.call(arguments, timeout=seconds), seconds, spec.name)

        async def over() -> None:
            if isinstance(tool, Traced):
                await tool.at(place, attempt, over=True).call(arguments, timeout=seconds)

        return await self.answered(
            place, spec.name, data, made, gives=spec.output.type, attempt=attempt, cost=spec.cost, over=over
        )

    def _refuse_if_unsure(self, place: str, spec: Spec, digest: str, attempt: int) -> None:
        """Raise Waiting where a tool model that must not be called twice may have been at work before a crash."""
        if spec.idempotent or self.again or self.past is None or not self.past.called_out(place, digest, attempt):
            return
        step = parse(place).step
        raise Waiting(
            f"{step}: {spec.name} was called before ({place}) and may have done it; it must not be called twice "
            f"(to call it again: glasswork resume RUN --rerun {step})"
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
        over: Callable[[], Awaitable[None]] | None = None,
    ) -> Value:
        """Return what is recorded of an answer from outside, else what ``make`` gives, recorded before and after.

        Where it is recorded, ``over`` has what was asked for it emitted once more.

        Raises:
            ToolError: it came to an error, now or then.
        """
        began = ToolStarted(
            place=place, digest=digest_of(what, arguments), tool=what, arguments=dict(arguments), attempt=attempt
        )
        known = await self._known(began, over)
        if known is not None and not known.error and gives in MEDIA and not self._there(known.value):
            known = None  # its file is gone
        self.record(began)
        if known is None:
            known = await self._made(place, began.digest, what, make, attempt=attempt, cost=cost)
        elif over is not None:
            await _emitted(over)
        self.record(known)
        if known.error:
            raise error_of(known)
        return self.value(known.value, gives)

    async def _known(self, began: ToolStarted, over: Callable[[], Awaitable[None]] | None) -> ToolAnswered | None:
        """Return what is recorded of a call; where a replay ends in it, first emit it as far as it came."""
        if self.past is None:
            return None
        call = began.place, began.digest, began.attempt
        try:
            return self.past.called(*call)
        except GlassworkError:
            if self.past.called_out(*call):
                self.record(began)
                if over is not None:
                    await _emitted(over)
            raise

    async def _made(
        self, place: str, digest: str, what: str, make: Callable[[], Awaitable[Value]], *, attempt: int, cost: float
    ) -> ToolAnswered:
        began, value, error = time.monotonic(), None, None
        try:
            value = plain(await make())
        except ToolError as raised:
            error = raised
        except (LogError, BudgetExceeded, Waiting):
            raise  # these are the run's, and not the tool model's
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


async def _emitted(over: Callable[[], Awaitable[None]]) -> None:
    """Let a call that is over emit what it asked. How it ended is recorded, so it does not matter how it does now.

    Raises:
        LogError: the log cannot be written, or holds something else.
    """
    try:
        await over()
    except LogError:
        raise
    except GlassworkError:
        return


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
