"""The host's half of the talk with a launcher: send a job, keep the clock, hear what it says, read the result.

What comes is bounded by the job's own limits, part by part, before any of it is taken in: nobody relies on the
launcher being the one that was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasswork.errors import SandboxError
from glasswork.sandbox import inside
from glasswork.sandbox.base import Job, Limits, OnOutput, Result
from glasswork.sandbox.broker import Broker
from glasswork.sandbox.inside import wire
from glasswork.sandbox.telling import Telling

INSIDE = {f"{wire.HOME}/inside/{path.name}": path for path in sorted(Path(inside.__file__).parent.glob("*.py"))}
"""The files that every backend shows in its sandbox: their names there, and here."""
START_SECONDS = 20.0
"""For a launcher to confine itself and start the program; the program's own clock runs from then on."""
GRACE_SECONDS = 1.7
"""For a launcher to kill, collect and answer once it was told to stop; then the backend kills from outside."""
_KIB = 1024
_CUT_BYTES = 64
"""For the mark that a launcher leaves where it cuts."""
_HEAD_BYTES = 64 * _KIB
"""Of JSON in any message, beyond the names that the job asks for."""
_PIECE_BYTES = 64 * _KIB
"""Of output in one message."""
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error)
"""What reading a message raises where it was not written by our launcher."""


@dataclass(frozen=True)
class Line:
    """A connection to one launcher."""

    reader: asyncio.StreamReader
    send: Callable[[bytes], Awaitable[None]]
    kill: Callable[[], Awaitable[None]]
    """Ends the launcher and all below it from outside. May be called twice."""
    complaint: Callable[[], Awaitable[str]]
    """What the backend or the launcher said on stderr when it broke."""


@dataclass(frozen=True)
class Terms:
    """What a backend says of itself in every result."""

    backend: str
    not_contained: tuple[str, ...]


@dataclass(frozen=True)
class _Reply:
    kind: bytes
    head: dict[str, Any]
    blobs: list[bytes]


def check(job: Job) -> None:
    """See that a job can be asked for at all.

    Raises:
        SandboxError: a file name is absolute, leads out of the working folder, or is too long.
    """
    try:
        for name in (*job.files, *job.collect):
            wire.safe_parts(name)
    except (wire.Broken, UnicodeEncodeError) as problem:
        raise SandboxError(str(problem)) from problem


def request(job: Job, *, streams: bool) -> bytes:
    """Return the message that carries a job."""
    head = {
        "argv": job.argv,
        "files": list(job.files),
        "collect": job.collect,
        "limits": job.limits.model_dump(),
        "streams": streams,
        "loopback": job.network.loopback,
        "gateway": job.network.at_once if job.network.allow else 0,
    }
    return wire.pack(b"J", head, job.stdin, *job.files.values())


async def converse(line: Line, job: Job, terms: Terms, on_output: OnOutput | None = None) -> tuple[Result, bool]:
    """Run a job over a line. Returns its result, and whether the sandbox may be used again.

    Raises:
        SandboxError: the launcher could not confine the program, or was lost.
    """
    telling = Telling(on_output, job.limits.output_kb * _KIB)
    broker = Broker(job.network, line.send) if job.network.allow else None
    try:
        message = request(job, streams=on_output is not None)
        result, usable = await _Talk(line, job, terms, telling, broker).result(message)
        return result.model_copy(update={"connections": broker.connections if broker else ()}), usable
    finally:
        if broker:
            await broker.aclose()
        await telling.aclose()


@dataclass(frozen=True)
class _Talk:
    """One job over one line."""

    line: Line
    job: Job
    terms: Terms
    telling: Telling
    broker: Broker | None

    async def result(self, message: bytes) -> tuple[Result, bool]:
        backend = self.terms.backend
        try:
            await self.line.send(message)
            reply = await asyncio.wait_for(self._read(), START_SECONDS)
            if reply.kind == b"S":
                stopped = await self._until_over()
                if stopped is None:
                    return self._unanswered(), False
                reply = stopped
            if reply.kind == b"R":
                return self._result(reply), reply.head["clean"] is True
        except TimeoutError as problem:
            raise SandboxError(f"the {backend} sandbox did not start within {START_SECONDS:.0f} s") from problem
        except (asyncio.IncompleteReadError, ConnectionError, *_NONSENSE) as problem:
            await self.line.kill()
            said = await self.line.complaint()
            raise SandboxError(f"the {backend} sandbox broke: {said or type(problem).__name__}") from problem
        raise SandboxError(f"the {backend} sandbox could not run the program: {reply.head.get('error', '')}")

    async def _until_over(self) -> _Reply | None:
        """Wait for the result until the wall-clock limit, then ask for it, then give up on it."""
        hearing = asyncio.ensure_future(self._hear())
        try:
            done, _ = await asyncio.wait({hearing}, timeout=self.job.limits.wall_seconds)
            if not done:
                await self._stop()
                done, _ = await asyncio.wait({hearing}, timeout=GRACE_SECONDS)
            return hearing.result() if done else None
        finally:
            hearing.cancel()

    async def _stop(self) -> None:
        """Ask for the result now."""
        if self.broker:
            self.broker.say(b"!")
            return
        with contextlib.suppress(TimeoutError):  # one that does not listen may still answer
            await asyncio.wait_for(self.line.send(b"!"), GRACE_SECONDS)

    async def _hear(self) -> _Reply:
        """Take in what is said while the program runs; return what ends it."""
        while True:
            reply = await self._read()
            if reply.kind == b"O":
                (data,) = reply.blobs
                self.telling.tell(reply.head["stream"], data)
            elif self.broker and reply.kind in {b"C", b"D", b"W", b"X"}:
                self.broker.hear(reply.kind, reply.head, reply.blobs)
            else:
                return reply

    async def _read(self) -> _Reply:
        """Read one message whose parts are no longer than the job allows."""
        kind, length = wire.HEAD.unpack(await self.line.reader.readexactly(wire.HEAD.size))
        if length > _HEAD_BYTES + 8 * sum(len(name) + 8 for name in self.job.collect):
            raise ValueError("a message too long to be true")
        head = json.loads(await self.line.reader.readexactly(length))
        if not _fits(kind, head, self.job.limits):
            raise ValueError("a part too long to be true")
        return _Reply(kind, head, [await self.line.reader.readexactly(size) for size in head["sizes"]])

    def _result(self, reply: _Reply) -> Result:
        """Read a result. A file that nobody asked for is none of its: no name is taken over from within."""
        head, names = reply.head, reply.head["files"]
        stdout, stderr, *contents = reply.blobs
        if not {*self.job.collect}.issuperset([*names, *head["refused"]]) or len(set(names)) < len(names):
            raise ValueError("a file that was not asked for")
        return Result(
            backend=self.terms.backend,
            reason=head["reason"],
            exit_code=head["exit_code"],
            stdout=stdout.decode(errors="backslashreplace"),
            stderr=stderr.decode(errors="backslashreplace"),
            truncated=head["truncated"],
            seconds=head["seconds"],
            files=dict(zip(names, contents, strict=True)),
            refused=tuple(head["refused"]),
            limits_enforced=tuple(map(str, head["enforced"])),
            not_contained=self.terms.not_contained,
        )

    def _unanswered(self) -> Result:
        """Return the result of a program that kept even its launcher from answering: it was killed from outside."""
        return Result(
            backend=self.terms.backend,
            reason="timeout",
            exit_code=None,
            stdout=self.telling.told("stdout").decode(errors="backslashreplace"),
            stderr=self.telling.told("stderr").decode(errors="backslashreplace"),
            truncated=True,
            seconds=self.job.limits.wall_seconds + GRACE_SECONDS,
            limits_enforced=("wall_seconds",),
            not_contained=self.terms.not_contained,
        )


def _fits(kind: bytes, head: dict[str, Any], limits: Limits) -> bool:
    """Whether each part of a message, and all together, are as short as its kind and the limits allow."""
    sizes: Sequence[int] = head["sizes"]
    if not all(type(size) is int and size >= 0 for size in sizes):
        return False
    if kind == b"R":
        texts, files = sizes[:2], sizes[2:]
        return (
            len(texts) == 2
            and max(texts) <= limits.output_kb * _KIB + _CUT_BYTES
            and max(files, default=0) <= limits.file_mb * wire.MIB
            and sum(files) <= limits.workspace_mb * wire.MIB
        )
    return len(sizes) <= 1 and sum(sizes) <= _PIECE_BYTES
