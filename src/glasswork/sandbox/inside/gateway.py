"""The program's way to its host: a door on its own loopback, and bytes to and fro on the line.

It reads nothing of what passes: the host alone does, and it alone decides who is reached. Kinds: ``C`` somebody came
in; ``D`` some data, nothing for its end; ``W`` so many bytes were taken; ``X`` it is over. ``N`` from the host: nobody
else may come in. Neither side sends more than ``WINDOW`` bytes that the other has not taken, so nothing grows, and
nobody waits. A number is free again after the host's ``X``.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
from functools import partial

from .watch import READ, WRITE, Line, Watch
from .wire import HEAD, WINDOW, Message


class End:
    """One connection of the program."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self.room = WINDOW
        self.unsent = bytearray()
        self.said_all = self.heard_all = self.told_all = self.over = False


class Gateway:
    """Takes the program's connections, ``most`` at a time; others wait at the door."""

    def __init__(self, line: Line, most: int) -> None:
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._door.setblocking(False)
        self._line, self._most = line, most
        self._ends: dict[int, End] = {}
        self._numbers = itertools.count(1)
        self._heard = bytearray()
        self._shut = False
        self.port: int = self._door.getsockname()[1]

    def open(self, watch: Watch) -> None:
        """Let connections in."""
        self._watch = watch
        watch.on(self._door.fileno(), READ, self._accept)

    def hear(self, data: bytes) -> bool:
        """Take in what the host says; False where it says *stop*, or what nobody understands."""
        self._heard += data
        while self._heard:
            if bytes(self._heard[:1]) not in {b"D", b"W", b"X", b"N"}:
                return False
            if len(self._heard) < HEAD.size:
                return True
            kind, length = HEAD.unpack_from(self._heard)
            start = HEAD.size + length
            if len(self._heard) < start:
                return True
            head: Message = json.loads(self._heard[HEAD.size : start])
            end = start + sum(head["sizes"])
            if len(self._heard) < end:
                return True
            blob = bytes(self._heard[start:end])
            del self._heard[:end]
            self._do(kind, head, blob)
        return True

    def _do(self, kind: bytes, head: Message, blob: bytes) -> None:
        if kind == b"N":
            self._shut = True
            self._watch.off(self._door.fileno())
            self._door.close()
            return
        number = head["id"]
        end = self._ends[number]
        if kind == b"X":
            self._end(end)
            del self._ends[number]
            self._mind_door()
            return
        if kind == b"W":
            end.room += head["taken"]
        elif blob:
            end.unsent += blob
        else:
            end.heard_all = True
        self._ready(number)

    def _accept(self) -> None:
        try:
            end, _ = self._door.accept()
        except OSError:  # it went again
            return
        end.setblocking(False)
        number = next(self._numbers)
        self._ends[number] = End(end)
        self._line.tell(b"C", {"id": number})
        self._mind_door()
        self._ready(number)

    def _mind_door(self) -> None:
        if not self._shut:
            self._watch.on(self._door.fileno(), READ if len(self._ends) < self._most else 0, self._accept)

    def _ready(self, number: int) -> None:
        """Move what can be moved, and wait for what cannot."""
        end = self._ends.get(number)
        if end is None or end.over:  # the host ended it a moment ago
            return
        try:
            with contextlib.suppress(BlockingIOError):
                self._send(number, end)
            with contextlib.suppress(BlockingIOError):
                self._receive(number, end)
        except OSError:  # the program broke it off
            self._line.tell(b"X", {"id": number})
            self._end(end)
            return
        events = (READ if end.room and not end.said_all else 0) | (WRITE if end.unsent else 0)
        self._watch.on(end.socket.fileno(), events, partial(self._ready, number))

    def _send(self, number: int, end: End) -> None:
        while end.unsent:
            done = end.socket.send(end.unsent[:65536])
            del end.unsent[:done]
            self._line.tell(b"W", {"id": number, "taken": done})
        if end.heard_all and not end.told_all:
            end.told_all = True
            end.socket.shutdown(socket.SHUT_WR)

    def _receive(self, number: int, end: End) -> None:
        if end.room and not end.said_all:
            data = end.socket.recv(end.room)
            end.room -= len(data)
            end.said_all = not data
            self._line.tell(b"D", {"id": number}, data)

    def _end(self, end: End) -> None:
        if not end.over:
            end.over = True
            self._watch.off(end.socket.fileno())
            end.socket.close()
