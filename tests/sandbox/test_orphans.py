"""A Glasswork that is killed in the middle of a program leaves nothing: no process, mount, cgroup, container or file."""

from __future__ import annotations

import asyncio
import secrets
import sys

import pytest
from tests.sandbox.conftest import opened

from glasswork.sandbox import docker
from glasswork.testing.hostile.decoy import living
from glasswork.testing.leaks import left_behind, traces

pytestmark = pytest.mark.slow

HOST = """
import asyncio, sys
from glasswork.sandbox.base import Job, Network
from glasswork.sandbox.choose import open_sandbox

async def main():
    backend, code, marker = sys.argv[1:]
    sandbox = await open_sandbox(backend, run="tests")
    print(sandbox.name, flush=True)
    network = Network(loopback=True, allow=("example.org:443",)) if "socket" in code else Network()
    await sandbox.run(Job(argv=("python", "-c", code, marker), network=network), on_output=print)

asyncio.run(main())
"""
PROGRAMS = {
    "waits": "import time; time.sleep(60)",
    "detaches": """
import os, signal, time
for n in range(20):
    if os.fork() == 0:
        os.setsid(); signal.signal(15, signal.SIG_IGN); os.close(0); os.close(1); os.close(2); time.sleep(60)
time.sleep(60)
""",
    "serves": """
import os, socket, time
door = socket.create_server(("127.0.0.1", 0)); ends = [socket.create_connection(door.getsockname()) for _ in range(9)]
way = socket.create_connection(("127.0.0.1", int(os.environ["HTTP_PROXY"].rpartition(":")[2]))); way.send(b"CONNECT")
if os.fork() == 0: os.setsid()
while True: print("x" * 99, flush=True); time.sleep(0.01)
""",
    "writes": "while True: open('/tmp/x', 'w').write('x' * 999); open('/dev/shm/x', 'w').write('x')",
}


async def started(marker: str) -> None:
    """Wait until a marked program runs in its sandbox, beside the host that carries the mark too."""
    for _ in range(400):
        if any("open_sandbox" not in line for line in living(marker, 0)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("after 20 s the program has not started")


def containers_of_the_dead() -> list[str]:
    """Containers whose Glasswork is no more."""
    client = docker._client(5)
    try:
        found = client.containers.list(all=True, filters={"label": docker._OWNER})
        return [each.name for each in found if docker._is_orphan(each)]
    finally:
        client.close()


@pytest.mark.parametrize("program", PROGRAMS)
async def test_nothing_outlives_its_host(backend, program):
    sandbox = await opened(backend)
    await sandbox.aclose()
    before, marker = traces(), secrets.token_hex(12)
    words = (sys.executable, "-c", HOST, sandbox.name, PROGRAMS[program], marker)
    host = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.DEVNULL)
    await started(marker)
    await asyncio.sleep(0.2)
    host.kill()
    await host.wait()
    assert await asyncio.to_thread(living, marker, 20) == []
    await (await opened(backend)).aclose()  # which also removes the container that was left
    assert await asyncio.to_thread(left_behind, before) == []
    if sandbox.name == "docker":
        assert containers_of_the_dead() == []
