"""The supervisor's loop: all that can happen while a program runs, and what is done then. It waits for nobody."""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable
from functools import partial
from typing import Protocol

from .wire import MIB, Message, pack

HARD_OUTPUT = 16 * MIB  # seen on one stream: the program is writing without end
TICK = 0.1  # seconds between two looks at memory and at the number of files
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
STREAMS = ("stdout", "stderr")
Do = Callable[[], None]


class Kept:
    """The beginning and the end of a stream, half of ``cap`` bytes each; what lies between is dropped."""

    def __init__(self, cap: int) -> None:
        self.half = cap // 2
        self.seen = 0
        self.first = bytearray()
        self.last = bytearray()

    def add(self, data: bytes) -> None:
        """Take some more of the stream."""
        self.seen += len(data)
        room = self.half - len(self.first)
        self.first += data[:room]
        self.last += data[room:]
        if len(self.last) > 2 * self.half:
            del self.last[: -self.half]

    @property
    def truncated(self) -> bool:
        """Whether anything was dropped."""
        return self.seen > 2 * self.half

    def bytes(self) -> bytes:
        """What was kept; a cut is marked in place."""
        if not self.truncated:
            return bytes(self.first + self.last)
        return bytes(self.first) + b"\n[... cut ...]\n" + bytes(self.last[-self.half :])


class Line:
    """The way to the host. Telling takes no time: what the host has not taken yet lies here."""

    def __init__(self) -> None:
        os.set_blocking(1, False)
        self.unsent = bytearray()

    def tell(self, kind: bytes, head: Message, *blobs: bytes) -> None:
        """Have a message sent."""
        self.unsent += pack(kind, head, *blobs)

    def flush(self) -> None:
        """Send what the host takes; nothing is left once it has gone."""
        try:
            while self.unsent:
                del self.unsent[: os.write(1, self.unsent[:65536])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.unsent.clear()

    def finish(self, message: bytes) -> None:
        """Send all there is and the last message, however long the host takes."""
        os.set_blocking(1, True)
        self.flush()
        with open(1, "wb", closefd=False) as out:
            out.write(message)


class Host(Protocol):
    """Who reads what the host says after the job."""

    def hear(self, data: bytes) -> bool:
        """Take some bytes in; False where they say *stop*."""
        ...


class Watch:
    """What may happen to one running program. :meth:`step` waits for it; ``why`` says why to stop waiting."""

    def __init__(self, line: Line, host: Host | None) -> None:
        self.line, self.host = line, host
        self._waiting = selectors.DefaultSelector()
        self._pipes: dict[int, tuple[str, Kept, int]] = {}
        self._happened: set[str] = set()
        self._blocked = False
        self.on(0, READ, self._heard)

    def on(self, fd: int, events: int, do: Do) -> None:
        """Have something done whenever a descriptor is ready; for no events, nothing."""
        self.off(fd)
        if events:
            self._waiting.register(fd, events, do)

    def off(self, fd: int) -> None:
        """Forget a descriptor."""
        with contextlib.suppress(KeyError):
            self._waiting.unregister(fd)

    def program(self, pid: int, stdin: int, unsent: bytearray) -> None:
        """Wait for a program's end, and give it its input."""
        self.on(os.pidfd_open(pid), READ, partial(self._happened.add, "exit"))
        self.on(stdin, WRITE, partial(self._push, stdin, unsent))

    def output(self, fd: int, name: str, kept: Kept, told: int) -> None:
        """Keep what comes out of a pipe, and tell the host of its first ``told`` bytes as they come."""
        self._pipes[fd] = (name, kept, told)
        self.on(fd, READ, partial(self._pull, fd))

    @property
    def why(self) -> str:
        """``exit``, a reason to kill the program, or nothing yet."""
        if any(kept.seen > HARD_OUTPUT for _, kept, _ in self._pipes.values()):
            return "output"
        return "exit" if "exit" in self._happened else "timeout" if "stop" in self._happened else ""

    def step(self) -> None:
        """Wait a moment for anything to happen, and do what is to be done."""
        for key, _ in self._waiting.select(TICK):
            key.data()
        self.line.flush()
        if bool(self.line.unsent) != self._blocked:
            self._blocked = not self._blocked
            self.on(1, WRITE if self._blocked else 0, self.line.flush)

    def drain(self) -> None:
        """Read what is left in the pipes of processes that are all dead."""
        for fd, (_, kept, _) in self._pipes.items():
            before = -1
            while kept.seen != before and kept.seen <= HARD_OUTPUT:
                before = kept.seen
                self._pull(fd)

    def _heard(self) -> None:
        data = os.read(0, 65536)
        if not data or self.host is None or not self.host.hear(data):
            self._happened.add("stop")
            self.off(0)

    def _push(self, fd: int, unsent: bytearray) -> None:
        """Write some of ``unsent``; let go of the pipe when all is written, or the reader has gone."""
        try:
            del unsent[: os.write(fd, unsent[:65536]) if unsent else 0]
        except BlockingIOError:
            return
        except BrokenPipeError:
            unsent.clear()
        if not unsent:
            self.off(fd)
            os.close(fd)

    def _pull(self, fd: int) -> None:
        """Read what is there; let go of a pipe that has ended."""
        name, kept, told = self._pipes[fd]
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return
        if new := data[: max(0, told - kept.seen)]:
            self.line.tell(b"O", {"stream": name}, new)
        kept.add(data)
        if not data:
            self.off(fd)
