"""The host's half of the talk with a launcher: send a job, keep the clock, read the result."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasswork.errors import SandboxError
from glasswork.sandbox import launcher
from glasswork.sandbox.base import Job, Limits, Result

LAUNCHER = Path(launcher.__file__)
"""The file that every backend shows as ``/glasswork/launcher.py``."""
START_SECONDS = 20.0
"""For a launcher to confine itself and start the program; the program's own clock runs from then on."""
GRACE_SECONDS = 1.7
"""For a launcher to kill, collect and answer once it was told to stop; then the backend kills from outside."""
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
class _Reply:
    kind: bytes
    head: dict[str, Any]
    blobs: list[bytes]


def request(job: Job) -> bytes:
    """Return the message that carries a job.

    Raises:
        SandboxError: a file name is absolute, leads out of the working folder, or is too long.
    """
    try:
        for name in (*job.files, *job.collect):
            launcher.safe_parts(name)
    except (launcher.Broken, UnicodeEncodeError) as problem:
        raise SandboxError(str(problem)) from problem
    head = {
        "argv": job.argv,
        "files": list(job.files),
        "collect": job.collect,
        "limits": job.limits.model_dump(),
    }
    return launcher.pack(b"J", head, job.stdin, *job.files.values())


async def converse(
    line: Line, message: bytes, limits: Limits, *, backend: str, not_contained: tuple[str, ...]
) -> tuple[Result, bool]:
    """Run the job of a :func:`request` over a line. Returns its result, and whether the sandbox may be used again.

    Raises:
        SandboxError: the launcher could not confine the program, or was lost.
    """
    asked = _asked(message)
    allowed = 2 * 1024 * limits.output_kb + 1024 * 1024 * (limits.workspace_mb + 1)
    try:
        await line.send(message)
        reply = await asyncio.wait_for(_read(line.reader, allowed), START_SECONDS)
        if reply.kind == b"S":
            stopped = await _until_over(line, limits, allowed)
            if stopped is None:
                return _unanswered(limits, backend, not_contained), False
            reply = stopped
        if reply.kind == b"R":
            return _result(reply, asked, backend, not_contained), reply.head["clean"] is True
    except TimeoutError as problem:
        raise SandboxError(f"the {backend} sandbox did not start within {START_SECONDS:.0f} s") from problem
    except (asyncio.IncompleteReadError, ConnectionError, *_NONSENSE) as problem:
        await line.kill()
        said = await line.complaint()
        raise SandboxError(f"the {backend} sandbox broke: {said or type(problem).__name__}") from problem
    raise SandboxError(f"the {backend} sandbox could not run the program: {reply.head.get('error', '')}")


async def _until_over(line: Line, limits: Limits, allowed: int) -> _Reply | None:
    """Wait for the result until the wall-clock limit, then ask for it, then give up on it."""
    reading = asyncio.ensure_future(_read(line.reader, allowed))
    try:
        done, _ = await asyncio.wait({reading}, timeout=limits.wall_seconds)
        if not done:
            await line.send(b"!")
            done, _ = await asyncio.wait({reading}, timeout=GRACE_SECONDS)
        return reading.result() if done else None
    finally:
        reading.cancel()


async def _read(reader: asyncio.StreamReader, allowed: int) -> _Reply:
    """Read one message of at most ``allowed`` bytes."""
    kind, length = struct.unpack(">cI", await reader.readexactly(5))
    if length > allowed:
        raise ValueError("a message too long to be true")
    head = json.loads(await reader.readexactly(length))
    if sum(head["sizes"]) > allowed:
        raise ValueError("a result too long to be true")
    return _Reply(kind, head, [await reader.readexactly(size) for size in head["sizes"]])


def _asked(message: bytes) -> frozenset[str]:
    """Return the names of the files that a message asks to bring back."""
    (length,) = struct.unpack(">xI", message[:5])
    return frozenset(json.loads(message[5 : 5 + length])["collect"])


def _result(reply: _Reply, asked: frozenset[str], backend: str, not_contained: tuple[str, ...]) -> Result:
    """Read a result. A file that nobody asked for is none of its: no name is taken over from within."""
    head = reply.head
    stdout, stderr, *contents = reply.blobs
    if not asked.issuperset([*head["files"], *head["refused"]]) or len(set(head["files"])) < len(head["files"]):
        raise ValueError("a file that was not asked for")
    return Result(
        backend=backend,
        reason=head["reason"],
        exit_code=head["exit_code"],
        stdout=stdout.decode(errors="backslashreplace"),
        stderr=stderr.decode(errors="backslashreplace"),
        truncated=head["truncated"],
        seconds=head["seconds"],
        files=dict(zip(head["files"], contents, strict=True)),
        refused=tuple(head["refused"]),
        limits_enforced=tuple(map(str, head["enforced"])),
        not_contained=not_contained,
    )


def _unanswered(limits: Limits, backend: str, not_contained: tuple[str, ...]) -> Result:
    """Return the result of a program that kept even its launcher from answering: it was killed from outside."""
    return Result(
        backend=backend,
        reason="timeout",
        exit_code=None,
        stdout="",
        stderr="",
        truncated=True,
        seconds=limits.wall_seconds + GRACE_SECONDS,
        limits_enforced=("wall_seconds",),
        not_contained=not_contained,
    )
