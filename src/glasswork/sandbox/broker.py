"""The host's end of a program's gateway: it connects, for the hosts and ports on a job's list, and for nobody else.

Each connection of the program is a :class:`_Channel`: numbered, with a window in each direction, over the line that
the launcher has anyway. What is listed is looked up and connected to here; the program never learns a route.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from glasswork.sandbox.base import Connection, Network
from glasswork.sandbox.inside.wire import MIB, WINDOW, pack
from glasswork.sandbox.proxying import HEAD_BYTES, Asked, Refused, read_request
from glasswork.sandbox.targets import Target, public, target

HEAD_SECONDS = 10.0
"""For a program to say what it wants, once it is connected."""
CONNECT_SECONDS = 10.0
"""For each address that is tried, and for looking up a name."""
PARTING_SECONDS = 2.0
"""For a program to take the last of what it is sent."""
ADDRESSES = 4
"""How many addresses of one name are tried."""
_ASKED_NOTHING = "it ended before it had asked for anything"
Send = Callable[[bytes], Awaitable[None]]


class _Channel:
    """One connection of the program."""

    def __init__(self, number: int, tell: Callable[..., None]) -> None:
        self.number = number
        self.said = asyncio.StreamReader(limit=HEAD_BYTES)
        self._tell = tell
        self._untaken = 0
        self._ended = False
        self._room, self._changed = WINDOW, asyncio.Event()

    def hear(self, data: bytes) -> None:
        """Take in what the program sends, nothing for its end."""
        self._untaken += len(data)
        if self._ended or self._untaken > WINDOW:
            raise ValueError("more than was asked for")
        if data:
            self.said.feed_data(data)
        else:
            self._ended = True
            self.said.feed_eof()

    def taken(self, size: int) -> None:
        """Note that the program has taken some of what it was sent."""
        self._room += size
        self._changed.set()

    def took(self, size: int) -> None:
        """Let the program send as much again."""
        self._untaken -= size
        self._tell(b"W", {"id": self.number, "taken": size})

    async def head(self) -> bytes:
        """Return all up to the first empty line."""
        head = await self.said.readuntil(b"\r\n\r\n")
        self.took(len(head))
        return head

    async def read(self) -> bytes:
        """Return what the program sends next; nothing at its end. It may send more when that has been passed on."""
        return await self.said.read(WINDOW)

    async def write(self, data: bytes) -> None:
        """Send, as the program takes it."""
        while data:
            await self._until(1)
            piece, data = data[: self._room], data[self._room :]
            self._room -= len(piece)
            self._tell(b"D", {"id": self.number}, piece)

    def end(self) -> None:
        """Say that nothing more is sent."""
        self._tell(b"D", {"id": self.number}, b"")

    async def part(self) -> None:
        """Wait until the program has taken all, and has ended too."""
        await self._until(WINDOW)
        while data := await self.read():
            self.took(len(data))

    async def _until(self, room: int) -> None:
        while self._room < room:
            self._changed.clear()
            await self._changed.wait()


@dataclass
class _Attempt:
    """What is told of one connection."""

    host: str = ""
    port: int = 0
    allowed: bool = False
    why: str = ""
    sent: int = 0
    received: int = 0


class Broker:
    """Serves the connections of one job."""

    def __init__(self, network: Network, send: Send) -> None:
        self._network, self._allowed = network, frozenset(map(target, network.allow))
        self._left = network.megabytes * MIB
        self._attempts: list[_Attempt] = []
        self._channels: dict[int, tuple[_Channel, asyncio.Task[None]]] = {}
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending = asyncio.ensure_future(self._send_all(send))

    @property
    def connections(self) -> tuple[Connection, ...]:
        """All that were asked for so far, allowed or not."""
        return tuple(Connection(**vars(attempt)) for attempt in self._attempts)

    def say(self, message: bytes) -> None:
        """Have a message sent, after all that is to be sent already."""
        self._unsent.put_nowait(message)

    def hear(self, kind: bytes, head: dict[str, Any], blobs: list[bytes]) -> None:
        """Take in what the launcher says of the program's connections. It never waits.

        Raises:
            ValueError: it makes no sense.
        """
        number = head["id"]
        if kind == b"C":
            if number in self._channels or len(self._channels) >= self._network.at_once:
                raise ValueError("a connection that cannot be")
            self._begin(number)
            return
        if number not in self._channels:  # the two ended it at the same time
            return
        channel, task = self._channels[number]
        if kind == b"D":
            channel.hear(*blobs)
        elif kind == b"W":
            channel.taken(int(head["taken"]))
        else:
            task.cancel()

    async def aclose(self) -> None:
        """Break off what there is."""
        tasks = [self._sending, *(task for _, task in self._channels.values())]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    def _tell(self, kind: bytes, head: dict[str, Any], *blobs: bytes) -> None:
        self.say(pack(kind, head, *blobs))

    async def _send_all(self, send: Send) -> None:
        with contextlib.suppress(OSError):  # why the line has gone, reading will tell
            while True:
                await send(await self._unsent.get())

    def _begin(self, number: int) -> None:
        """Serve one more connection, or end it at once where there were enough."""
        attempt = self._attempt()
        if attempt is None:
            self._tell(b"X", {"id": number})
            return
        channel = _Channel(number, self._tell)
        task = asyncio.ensure_future(self._serve(channel, attempt))
        self._channels[number] = (channel, task)
        task.add_done_callback(lambda _: self._end(number, attempt))  # also of one that was cancelled before it began

    def _end(self, number: int, attempt: _Attempt) -> None:
        if not attempt.host and not attempt.why:
            attempt.why = _ASKED_NOTHING
        self._tell(b"X", {"id": number})
        del self._channels[number]

    async def _serve(self, channel: _Channel, attempt: _Attempt) -> None:
        """Serve one connection from its first byte to its last."""
        if await self._answer(channel, attempt):
            with contextlib.suppress(TimeoutError):  # it does not take what it asked for
                async with asyncio.timeout(PARTING_SECONDS):
                    await channel.part()

    def _attempt(self) -> _Attempt | None:
        """Note one more connection; None, and an end to all of that, where there were enough."""
        most = self._network.connections
        if len(self._attempts) > most:
            return None
        self._attempts.append(_Attempt())
        if len(self._attempts) <= most:
            return self._attempts[-1]
        self._attempts[-1].why = f"no more than {most} connections are allowed; all later ones are refused too"
        self._tell(b"N", {})
        return None

    async def _answer(self, channel: _Channel, attempt: _Attempt) -> bool:
        """Connect the program, or say why not. False where it ended otherwise than both sides meant it to."""
        try:
            asked = await self._request(channel)
            attempt.host, attempt.port = asked.target
            addresses = await self._addresses(asked.target)
            attempt.allowed = True
            reader, writer = await self._connect(asked.target, addresses)
        except Refused as refused:
            attempt.why = refused.why
            await channel.write(refused.answer())
            channel.end()
            return True
        try:
            await self._pass(channel, asked, reader, writer, attempt)
        except (OSError, Refused) as problem:
            attempt.why = problem.why if isinstance(problem, Refused) else f"broken off: {problem.strerror or problem}"
            return False
        finally:
            writer.transport.abort()
        return True

    async def _request(self, channel: _Channel) -> Asked:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                return read_request(await channel.head())
        except TimeoutError as problem:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, f"no request within {HEAD_SECONDS:.0f} s") from problem
        except asyncio.LimitOverrunError as problem:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "a request head too long") from problem
        except asyncio.IncompleteReadError as problem:
            raise Refused(HTTPStatus.BAD_REQUEST, _ASKED_NOTHING) from problem

    async def _addresses(self, asked: Target) -> list[str]:
        """Return where somebody on the list is. A name is looked up once: what is checked is what is connected to."""
        if asked not in self._allowed:
            raise Refused(HTTPStatus.FORBIDDEN, f"{asked} is not on this program's list")
        if asked.is_address:
            return [asked.host]
        look_up = asyncio.get_running_loop().getaddrinfo
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                answers = await look_up(asked.host, asked.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            raise Refused(HTTPStatus.BAD_GATEWAY, f"{asked.host} cannot be looked up") from problem
        found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        good = [address for address in found if public(address) or Target(address, asked.port) in self._allowed]
        if not good:
            raise Refused(HTTPStatus.FORBIDDEN, f"{asked.host} is at a private address that is not on the list itself")
        return good[:ADDRESSES]

    async def _connect(self, asked: Target, addresses: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        problem = ""
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(address, asked.port)
            except OSError as failed:  # a time-out is one, too
                problem = failed.strerror or str(failed) or "no answer"
        raise Refused(HTTPStatus.BAD_GATEWAY, f"{asked} cannot be reached: {problem}")

    async def _pass(
        self,
        channel: _Channel,
        asked: Asked,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        attempt: _Attempt,
    ) -> None:
        """Pass bytes both ways until both have ended."""
        if asked.first:
            self._spend(len(asked.first))
            attempt.sent += len(asked.first)
            writer.write(asked.first)
        else:
            await channel.write(b"HTTP/1.1 200 Connected\r\n\r\n")

        async def out() -> None:
            while data := await channel.read():
                self._spend(len(data))
                attempt.sent += len(data)
                writer.write(data)
                await writer.drain()
                channel.took(len(data))
            writer.write_eof()

        async def back() -> None:
            while data := await reader.read(WINDOW):
                self._spend(len(data))
                attempt.received += len(data)
                await channel.write(data)
            channel.end()

        await _both(out(), back())

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Refused(HTTPStatus.FORBIDDEN, f"cut off: no more than {self._network.megabytes} MiB are allowed")


async def _both(*works: Awaitable[None]) -> None:
    """Do two things at once; where one fails, so does the other."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
