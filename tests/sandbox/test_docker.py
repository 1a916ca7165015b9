"""What only Docker has: a container that outlives a job, and must not outlive Glasswork."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading

import pytest
from tests.sandbox.conftest import opened

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox import docker
from glasswork.sandbox.base import Job, Limits

HELLO = Job(argv=("python", "-c", "print('hello')"))


def test_no_engine_is_said_in_one_line(monkeypatch, tmp_path):
    for address in (f"unix://{tmp_path}/none.sock", "tcp://127.0.0.1:9"):
        monkeypatch.setenv("DOCKER_HOST", address)
        with pytest.raises(SandboxUnavailable) as caught:
            docker.describe()
        assert "\n" not in caught.value.message
        assert caught.value.hint


def dead_process() -> int:
    """The number of a process that was."""
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    return ended.pid


def frame(channel: int, data: bytes) -> bytes:
    return bytes([channel, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


@pytest.mark.parametrize("cut", [0, 1, 9])
def test_the_engines_frames_are_taken_apart(cut):
    sent = frame(1, b"one") + frame(2, b"complaint") + frame(1, b"two") + frame(1, b"")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent[: len(sent) - cut])
        theirs.shutdown(socket.SHUT_WR)
        told: list[bytes | None] = []
        stderr = bytearray()
        docker._pump(ours, told.append, stderr)
    assert told[-1] is None
    assert b"".join(data for data in told if data) == (b"onetwo" if cut < 9 else b"onetw")
    assert bytes(stderr) == b"complaint"


async def test_the_engines_data_is_taken_no_faster_than_it_is_read():
    feed, given = docker._Feed(), []
    piece = bytes(65536)

    def pump():
        for _ in range(20):
            feed(piece)
            given.append(len(piece))
        feed(None)

    thread = threading.Thread(target=pump)
    thread.start()
    await asyncio.sleep(0.2)
    assert sum(given) < 8 * len(piece)
    assert len(await feed.reader.read(-1)) == 20 * len(piece)
    feed.stop()
    thread.join()


@pytest.fixture
async def sandbox():
    sandbox = await opened("docker")
    yield sandbox
    await sandbox.aclose()


@pytest.mark.live
@pytest.mark.docker
class TestContainer:
    async def test_it_stays_warm(self, sandbox):
        await sandbox.run(HELLO)
        first = sandbox._container.id
        await sandbox.run(HELLO)
        assert sandbox._container.id == first

    async def test_other_sizes_need_another(self, sandbox):
        await sandbox.run(HELLO)
        first = sandbox._container.id
        result = await sandbox.run(HELLO.model_copy(update={"limits": Limits(workspace_mb=8)}))
        assert result.ok
        assert sandbox._container.id != first

    async def test_one_that_has_gone_is_replaced(self, sandbox):
        await sandbox.run(HELLO)
        sandbox._container.kill()
        assert (await sandbox.run(HELLO)).ok

    async def test_one_that_goes_in_the_middle_of_a_program_is_an_error(self, sandbox):
        await sandbox.run(HELLO)
        running = asyncio.ensure_future(sandbox.run(Job(argv=("sleep", "30"))))
        await asyncio.sleep(1)
        sandbox._container.kill()
        with pytest.raises(SandboxError, match="broke"):
            await running
        assert (await sandbox.run(HELLO)).ok

    async def test_it_is_locked_down(self, sandbox):
        await sandbox.run(HELLO)
        sandbox._container.reload()
        had = sandbox._container.attrs["HostConfig"]
        assert (had["NetworkMode"], had["ReadonlyRootfs"], had["CapDrop"]) == ("none", True, ["ALL"])
        assert had["SecurityOpt"] == ["no-new-privileges"]
        assert had["Memory"] == had["MemorySwap"] > 0
        assert had["PidsLimit"] > 0
        assert not had["Binds"]
        assert not had["Privileged"]
        assert had["LogConfig"]["Type"] == "none"
        assert sandbox._container.labels[docker._LABEL] == "tests"

    async def test_closing_removes_it(self, sandbox):
        await sandbox.run(HELLO)
        name = sandbox._container.id
        await sandbox.aclose()
        client = docker._client(5)
        running = [found.id for found in client.containers.list()]
        client.close()
        assert name not in running

    async def test_those_of_the_dead_are_reaped(self, sandbox, monkeypatch):
        await sandbox._discard()
        with monkeypatch.context() as patch:
            patch.setattr(docker, "_owner", lambda: f"{socket.gethostname()}:{dead_process()}")
            await sandbox.run(HELLO)
        client = docker._client(5)
        assert docker.reap(client) == 1
        client.close()
        assert (await sandbox.run(HELLO)).ok  # and the run goes on with a new one
