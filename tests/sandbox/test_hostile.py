"""No hostile program gets what it wants, and the sandbox works on afterwards."""

from __future__ import annotations

import json
import os
import platform
import socket
import time

import pytest
import pytest_asyncio
from tests.contracts.sandbox_programs import PRELUDE, PROGRAMS
from tests.sandbox.conftest import opened

from glasswork.sandbox.base import Job, Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")
RESULTS = ("result0", "result1", "result2")
SECRET = "canary-7f3a9c"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(backend):
    sandbox = await opened(backend)
    yield sandbox
    await sandbox.aclose()


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A host with something to steal: a file, an environment, and services on loopback, UDP and an abstract socket."""
    canary = tmp_path_factory.mktemp("canary") / "secret.txt"
    canary.write_text(SECRET)
    with pytest.MonkeyPatch.context() as patch, socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        patch.setenv("CANARY_API_KEY", SECRET)
        with socket.socket(socket.AF_UNIX) as unix:
            name = f"glasswork-{os.getpid()}"
            unix.bind("\0" + name)
            tcp.bind(("127.0.0.1", 0))
            udp.bind(("127.0.0.1", 0))
            tcp.listen()
            unix.listen()
            for listener in (tcp, udp, unix):
                listener.setblocking(False)
            told = {"canary": str(canary), "secret": SECRET, "home": str(canary.parent), "abstract": name}
            told |= {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1]}
            yield told
            for listener in (tcp, unix):
                with pytest.raises(BlockingIOError):
                    listener.accept()
            with pytest.raises(BlockingIOError):
                udp.recv(10)
            assert canary.read_text() == SECRET


async def left_behind(sandbox) -> str:
    """What a later job sees of an earlier one: processes of its uid, and files."""
    code = b"""
import os
pids = {int(p) for p in os.listdir('/proc') if p.isdigit() and os.stat('/proc/' + p).st_uid == os.getuid()}
print(pids - {os.getpid(), os.getppid()}, sorted(os.listdir()), os.listdir('/tmp'), os.listdir('/dev/shm'))
"""
    result = await sandbox.run(Job(argv=("python", "look.py"), files={"look.py": code}, limits=Limits(memory_mb=256)))
    return result.stdout or result.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
async def test_it_gets_nothing(sandbox, host, program):
    if program.machine not in {"", platform.machine()}:
        pytest.skip(f"written for {program.machine}")
    began = time.monotonic()
    files = {"attack.py": (PRELUDE + program.code).encode()}
    argv = ("python", "attack.py", json.dumps(host))
    result = await sandbox.run(Job(argv=argv, files=files, limits=program.limits, collect=RESULTS))
    assert program.judge(result), result.model_dump_json(indent=1)[:3000]
    assert time.monotonic() - began < program.limits.wall_seconds + 3
    if sandbox.name == "docker":  # the one whose next job runs in the same place
        assert await left_behind(sandbox) == "set() ['look.py'] [] []\n"
