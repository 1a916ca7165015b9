"""The host's half: whatever comes over the line, it ends in time with a result or a SandboxError."""

from __future__ import annotations

import asyncio
import threading

import pytest

from glasswork.errors import SandboxError
from glasswork.sandbox import exchange, telling
from glasswork.sandbox.base import Job, Limits
from glasswork.sandbox.inside.wire import pack

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


async def talk(fake: Fake, limits: Limits = LIMITS, on_output=None):
    job = Job(argv=("python",), limits=limits, collect=("a",))
    return await exchange.converse(fake.line(), job, exchange.Terms("fake", ("much",)), on_output)


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
        pack(b"S", {}) + pack(b"O", {"stream": "stdlog"}, b"x"),
        pack(b"S", {}) + pack(b"O", {"stream": "stdout"}, b"x", b"y"),
        pack(b"S", {}) + pack(b"O", {"stream": "stdout"}, bytes(65537)),
        pack(b"S", {}) + pack(b"O", {"stream": "x" * 70_000}, b""),
    ],
)
async def test_nonsense_is_an_error_with_what_was_said(said):
    fake = Fake(said)
    with pytest.raises(SandboxError, match="it hurts"):
        await talk(fake)
    assert fake.killed


SMALL = Limits(wall_seconds=0.5, output_kb=1, file_mb=1, workspace_mb=2)
FITS = (1024 + 64, 1024 + 64, 1 << 20)


@pytest.mark.parametrize("too_long", [None, 0, 1, 2])
async def test_each_part_of_a_result_is_held_to_its_own_limit(too_long):
    parts = [bytes(size + (place == too_long)) for place, size in enumerate(FITS)]
    fake = Fake(pack(b"S", {}), pack(b"R", {**RESULT, "clean": True}, *parts))
    if too_long is None:
        assert (await talk(fake, SMALL))[0].files == {"a": parts[2]}
        return
    with pytest.raises(SandboxError, match="it hurts"):
        await talk(fake, SMALL)


@pytest.mark.parametrize("sizes", [[-1, 1, 1], [True, 1, 1], [1.0, 1, 1], ["1", 1, 1], [1], []])
def test_sizes_are_numbers_of_bytes(sizes):
    try:
        assert not exchange._fits(b"R", {"sizes": sizes}, SMALL)
    except TypeError:
        assert "1" in sizes


def pieces(*texts: bytes) -> list[bytes]:
    return [pack(b"S", {}), *(pack(b"O", {"stream": "stdout"}, text) for text in texts)]


END = pack(b"R", {**RESULT, "files": [], "clean": True}, b"all", b"")


async def test_output_is_told_in_order_and_never_beyond_the_cap():
    told = []
    await talk(Fake(*pieces(b"one", b"", b"x" * 2000, b"y"), END), SMALL, lambda *piece: told.append(piece))
    assert told == [("stdout", b"one"), ("stdout", b"x" * 1021)]


async def test_a_slow_callback_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(telling, "LAST_SECONDS", 0.1)
    told, go = [], threading.Event()

    def slow(stream, data):
        told.append(data)
        go.wait(5)

    began = asyncio.get_running_loop().time()
    result, _ = await talk(Fake(*pieces(b"one", b"two", b"three"), END), SMALL, slow)
    assert result.stdout == "all"
    assert asyncio.get_running_loop().time() - began < 2
    go.set()
    await asyncio.sleep(0.1)
    assert told == [b"one"]  # what came too late is told to nobody


@pytest.mark.parametrize("raised", [RuntimeError("no"), SystemExit(3)])
async def test_a_callback_that_raises_is_called_no_more_and_named(raised):
    told, heard = [], []

    def broken(stream, data):
        told.append(data)
        raise raised

    asyncio.get_running_loop().set_exception_handler(lambda loop, context: heard.append(context["exception"]))
    result, usable = await talk(Fake(*pieces(b"one", b"two"), END), SMALL, broken)
    assert (result.stdout, usable, told, heard) == ("all", True, [b"one"], [raised])


async def test_what_was_told_of_a_program_that_had_to_be_killed_from_outside_is_its_output(monkeypatch):
    monkeypatch.setattr(exchange, "GRACE_SECONDS", 0.05)
    told = []
    result, _ = await talk(Fake(*pieces(b"so far"), open_end=True), SMALL, lambda *piece: told.append(piece))
    assert (result.reason, result.stdout, result.truncated) == ("timeout", "so far", True)
    assert told == [("stdout", b"so far")]


async def test_a_layer_that_cannot_be_had_is_an_error():
    with pytest.raises(SandboxError, match="no Landlock"):
        await talk(Fake(pack(b"E", {"error": "no Landlock"})))
