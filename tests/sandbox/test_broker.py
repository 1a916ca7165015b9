"""The host's end of a gateway, with a launcher that says whatever it likes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket

import pytest

from glasswork.sandbox import broker as brokers
from glasswork.sandbox.base import Network
from glasswork.sandbox.broker import Broker
from glasswork.sandbox.inside import wire


class Launcher:
    """A program's connections, as a launcher tells of them, and all that it is told."""

    def __init__(self, network: Network, takes: bool = True) -> None:
        self.takes, self.told = takes, {}
        self.over, self.kinds = set(), []
        self.heard = asyncio.Event()
        self.broker = Broker(network, self.send)

    async def send(self, message: bytes) -> None:
        self.heard.set()
        if message == b"!":
            self.kinds.append("!")
            return
        stream = io.BytesIO(b"J" + message[1:])
        head, blobs = wire.read_job(stream)
        kind = message[:1].decode()
        self.kinds.append(kind)
        if kind == "D":
            self.told[head["id"]] = self.told.get(head["id"], b"") + blobs[0]
            if self.takes and blobs[0]:
                self.broker.hear(b"W", {"id": head["id"], "taken": len(blobs[0])}, [])
        if kind == "X":
            self.over.add(head["id"])

    def come(self, number: int, *said: bytes, end: bool = True) -> None:
        self.broker.hear(b"C", {"id": number}, [])
        for data in (*said, b"") if end else said:
            self.broker.hear(b"D", {"id": number}, [data])

    async def until_over(self, *numbers: int) -> None:
        await self.until(lambda: self.over.issuperset(numbers))

    async def until(self, true) -> None:
        async with asyncio.timeout(5):
            while not true():
                self.heard.clear()
                await self.heard.wait()


@contextlib.asynccontextmanager
async def launcher(network: Network, **more):
    told = Launcher(network, **more)
    try:
        yield told
    finally:
        await told.broker.aclose()


@contextlib.asynccontextmanager
async def service():
    """A server that answers each connection with what it got, in capitals; yields its port and what came."""
    came = []

    async def serve(reader, writer):
        data = await reader.read()
        came.append(data)
        writer.write(data.upper())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], came


def connect(where: str) -> bytes:
    return f"CONNECT {where} HTTP/1.1\r\n\r\n".encode()


async def test_bytes_go_both_ways_and_are_counted():
    async with service() as (port, came), launcher(Network(allow=(f"127.0.0.1:{port}",))) as told:
        told.come(1, connect(f"127.0.0.1:{port}"), b"one ", b"two")
        await told.until_over(1)
        assert told.told[1] == b"HTTP/1.1 200 Connected\r\n\r\nONE TWO"
        (one,) = told.broker.connections
        assert (one.host, one.port, one.allowed, one.why, one.sent, one.received) == ("127.0.0.1", port, True, "", 7, 7)
        assert came == [b"one two"]


async def test_who_is_not_listed_is_not_looked_up(monkeypatch):
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", pytest.fail)
    async with launcher(Network(allow=("a.example:443",))) as told:
        for number, where in enumerate(("a.example:80", "data.a.example:443", "1.1.1.1:443", "b.example:443"), 1):
            told.come(number, connect(where))
        await told.until_over(1, 2, 3, 4)
        assert all(said.startswith(b"HTTP/1.1 403 Forbidden\r\n") for said in told.told.values())
        assert [one.allowed for one in told.broker.connections] == [False] * 4


def answers(monkeypatch, *addresses: str) -> list[str]:
    """Have every name looked up to these addresses; returns the names that were."""
    asked = []

    async def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    return asked


def connections(monkeypatch) -> list[str]:
    """Have no connection made; returns the addresses that were tried."""
    tried = []

    async def open_connection(address, port):
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    return tried


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1%lo"]
)
async def test_a_name_that_leads_home_is_refused(monkeypatch, address):
    answers(monkeypatch, address)
    tried = connections(monkeypatch)
    async with launcher(Network(allow=("a.example:443",))) as told:
        told.come(1, connect("a.example:443"))
        await told.until_over(1)
        assert told.told[1].startswith(b"HTTP/1.1 403")
        assert b"private address" in told.told[1]
        assert tried == []
        assert not told.broker.connections[0].allowed


async def test_of_several_addresses_only_those_that_may_be_are_tried_and_only_so_many(monkeypatch):
    asked = answers(
        monkeypatch, "127.0.0.1", "1.1.1.1", "10.0.0.1", "1.1.1.2", "1.1.1.1", *(f"9.9.9.{n}" for n in range(9))
    )
    tried = connections(monkeypatch)
    async with launcher(Network(allow=("a.example:443", "10.0.0.1:443", "127.0.0.1:80"))) as told:
        told.come(1, connect("A.example:443"))
        await told.until_over(1)
        assert told.told[1].startswith(b"HTTP/1.1 502")
        assert tried == ["1.1.1.1", "10.0.0.1", "1.1.1.2", "9.9.9.0"]
        assert asked == ["a.example"]  # once: nobody can answer differently the second time
        (one,) = told.broker.connections
        assert one.allowed
        assert "Connection refused" in one.why


async def test_who_says_nothing_or_too_much_is_sent_away(monkeypatch):
    monkeypatch.setattr(brokers, "HEAD_SECONDS", 0.05)
    async with launcher(Network(allow=("a.example:443",))) as told:
        told.come(1, b"GET", end=False)
        told.come(2, b"GET")
        told.come(3, b"x" * 20_000, end=False)
        for number, status in ((1, b"408"), (2, b"400"), (3, b"431")):
            await told.until(lambda number=number: told.told.get(number))
            assert told.told[number][9:12] == status
        assert [one.host for one in told.broker.connections] == ["", "", ""]


async def test_one_that_takes_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(brokers, "PARTING_SECONDS", 0.05)
    async with launcher(Network(allow=("a.example:443",)), takes=False) as told:
        told.come(1, connect("b.example:1"), end=False)
        await told.until_over(1)


async def test_no_more_is_sent_than_is_taken():
    async with service() as (port, _), launcher(Network(allow=(f"127.0.0.1:{port}",)), takes=False) as told:
        told.come(1, connect(f"127.0.0.1:{port}"), end=False)
        for _ in range(8):
            await asyncio.sleep(0.02)
            told.broker.hear(b"D", {"id": 1}, [bytes(60_000)])
        told.broker.hear(b"D", {"id": 1}, [b""])
        await asyncio.sleep(0.2)
        assert len(told.told[1]) == wire.WINDOW


async def test_no_more_passes_than_may():
    async with service() as (port, _), launcher(Network(allow=(f"127.0.0.1:{port}",), megabytes=1)) as told:
        told.come(1, connect(f"127.0.0.1:{port}"), end=False)
        for _ in range(20):
            await asyncio.sleep(0.01)
            if 1 not in told.over:
                told.broker.hear(b"D", {"id": 1}, [bytes(60_000)])
        await told.until_over(1)
        (one,) = told.broker.connections
        assert "cut off" in one.why
        assert one.sent <= 1 << 20


async def test_no_more_come_in_than_may():
    async with launcher(Network(allow=("a.example:443",), connections=3)) as told:
        for number in range(1, 8):
            told.come(number, connect("b.example:1"))
            await told.until_over(number)
        assert len(told.broker.connections) == 4
        assert "no more than 3" in told.broker.connections[-1].why
        assert told.kinds.count("N") == 1
        assert set(told.told) == {1, 2, 3}


@pytest.mark.parametrize(
    "said",
    [
        [(b"C", {"id": 1}, []), (b"C", {"id": 1}, [])],
        [(b"C", {"id": number}, []) for number in range(17)],
        [(b"C", {"id": 1}, []), (b"D", {"id": 1}, [bytes(65_536)]), (b"D", {"id": 1}, [b"x"])],
        [(b"C", {"id": 1}, []), (b"D", {"id": 1}, [b""]), (b"D", {"id": 1}, [b"x"])],
    ],
)
async def test_a_launcher_that_breaks_the_rules_is_not_believed(said):
    async with launcher(Network(allow=("a.example:443",))) as told:
        *before, last = said
        for each in before:
            told.broker.hear(*each)
        with pytest.raises(ValueError, match=r"cannot be|more than"):
            told.broker.hear(*last)


async def test_one_that_breaks_off_is_let_go():
    async with service() as (port, _), launcher(Network(allow=(f"127.0.0.1:{port}",))) as told:
        told.come(1, connect(f"127.0.0.1:{port}"), end=False)
        await asyncio.sleep(0.05)
        told.broker.hear(b"X", {"id": 1}, [])
        await told.until_over(1)
        for kind in (b"D", b"W", b"X"):
            told.broker.hear(kind, {"id": 1, "taken": 1}, [b"late"])


async def test_one_that_breaks_off_at_once_is_told_and_makes_room_too():
    async with launcher(Network(allow=("a.example:1",), at_once=1)) as told:
        for number in range(3):
            told.broker.hear(b"C", {"id": number}, [])
            told.broker.hear(b"X", {"id": number}, [])  # before anybody could look at it
            await told.until_over(number)
        assert [one.why for one in told.broker.connections] == ["it ended before it had asked for anything"] * 3


async def test_closing_leaves_nothing(monkeypatch):
    async with service() as (port, _):
        async with launcher(Network(allow=(f"127.0.0.1:{port}", "a.example:1"))) as told:
            told.come(1, connect(f"127.0.0.1:{port}"), end=False)
            told.come(2, end=False)
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) == 1
