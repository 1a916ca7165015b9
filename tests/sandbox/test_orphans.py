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

HOST = """
import asyncio, sys
from glasswork.sandbox.base import Job
from glasswork.sandbox.choose import open_sandbox

async def main():
    backend, code, marker = sys.argv[1:]
    sandbox = await open_sandbox(backend, run="tests")
    print(sandbox.name, flush=True)
    await sandbox.run(Job(argv=("python", "-c", code, marker)))

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
