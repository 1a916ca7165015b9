"""The host's half: whatever comes over the line, it ends in time with a result or a SandboxError."""

from __future__ import annotations

import asyncio

import pytest

from glasswork.errors import SandboxError
from glasswork.sandbox import exchange
from glasswork.sandbox.base import Job, Limits
from glasswork.sandbox.launcher import pack

LIMITS = Limits(wall_seconds=0.05)
RESULT = {
    "reason": "exit",
    "exit_code": 0,
    "seconds": 0.1,
    "truncated": False,
    "enforced": [],
    "files": ["a"],
    "refused": [],
}


class Fake:
    """A launcher that says what it is told to say."""

    def __init__(self, *said: bytes, open_end: bool = False) -> None:
        self.said, self.open_end = said, open_end
        self.heard: list[bytes] = []
        self.killed = False

    def line(self) -> exchange.Line:
        reader = asyncio.StreamReader()
        for data in self.said:
            reader.feed_data(data)
        if not self.open_end:
            reader.feed_eof()

        async def send(data: bytes) -> None:
            self.heard.append(data)

        async def kill() -> None:
            self.killed = True

        async def complaint() -> str:
            return "it hurts"

        return exchange.Line(reader, send, kill, complaint)


async def talk(fake: Fake):
    message = exchange.request(Job(argv=("python",), limits=LIMITS, collect=("a",)))
    return await exchange.converse(fake.line(), message, LIMITS, backend="fake", not_contained=("much",))


async def test_a_result_is_read():
    fake = Fake(pack(b"S", {}), pack(b"R", {**RESULT, "clean": True}, b"\xffout", b"err", b"content"))
    result, usable = await talk(fake)
    assert usable
    assert (result.stdout, result.stderr, result.files) == ("\\xffout", "err", {"a": b"content"})
    assert (result.backend, result.not_contained) == ("fake", ("much",))


async def test_a_doubt_is_passed_on():
    _, usable = await talk(Fake(pack(b"S", {}), pack(b"R", {**RESULT, "files": [], "clean": False}, b"", b"")))
    assert not usable


async def test_the_end_of_time_is_told_and_then_waited_for(monkeypatch):
    monkeypatch.setattr(exchange, "GRACE_SECONDS", 0.05)
    fake = Fake(pack(b"S", {}), open_end=True)
    result, usable = await talk(fake)
    assert fake.heard[-1] == b"!"
    assert (result.reason, result.exit_code, usable) == ("timeout", None, False)


async def test_a_launcher_that_never_starts_is_an_error(monkeypatch):
    monkeypatch.setattr(exchange, "START_SECONDS", 0.05)
    with pytest.raises(SandboxError, match="did not start"):
        await talk(Fake(open_end=True))


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"R",
        pack(b"S", {}),
        pack(b"R", RESULT)[:20],
        b"R\0\0\0\3abc",
        b"R\xff\xff\xff\xff" + b"x" * 99,
        pack(b"S", {}) + b"R\0\0\0\x1e" + b'{"sizes": [99999999999999999]}',
    ],
)
async def test_nonsense_is_an_error_with_what_was_said(said):
    fake = Fake(said)
    with pytest.raises(SandboxError, match="it hurts"):
        await talk(fake)
    assert fake.killed


async def test_a_layer_that_cannot_be_had_is_an_error():
    with pytest.raises(SandboxError, match="no Landlock"):
        await talk(Fake(pack(b"E", {"error": "no Landlock"})))
