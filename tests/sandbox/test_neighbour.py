"""A secret that one sandbox works on is not found from another beside it, in any backend there is."""

from __future__ import annotations

import asyncio

from tests.sandbox.conftest import opened

from glasswork.sandbox.base import Job
from glasswork.testing.hostile.decoy import planted
from glasswork.testing.hostile.program import Program, held
from glasswork.testing.hostile.run import attack

KEEP = """
import os, socket, sys, time
(secret,) = sys.stdin.read().split()
for path in ("secret", "/tmp/secret", "/dev/shm/secret"):
    with open(path, "w") as file: file.write(secret)
os.environ["SECRET"] = secret
hidden = socket.socket(socket.AF_UNIX); hidden.bind(chr(0) + "neighbour-secret"); hidden.listen()
print(secret, flush=True)
time.sleep(2)
"""
PATHS = ("/work/secret", "/tmp/secret", "/dev/shm/secret")
LOOK = Program(
    999,
    "neighbour",
    "a neighbour's secret",
    "not found",
    f"""
import socket
ways = [f'/proc/{{pid}}/root{{path}}' for pid in pids() for path in {PATHS}]
found = [way for way in (*ways, *{PATHS}, '../secret') if read(way)]
found += [pid for pid in pids() if b'neighbour' in read(f'/proc/{{pid}}/cmdline') + read(f'/proc/{{pid}}/environ')]
try:
    socket.socket(socket.AF_UNIX).connect(chr(0) + 'neighbour-secret')
    found.append('a socket')
except OSError:
    pass
judge(not found, found)
""",
    held,
)


async def test_two_sandboxes_at_once_do_not_meet(backend):
    first, second = await opened(backend), await opened(backend)
    try:
        for sandbox in (first, second):
            assert (await sandbox.run(Job(argv=("python", "-c", "")))).ok  # warm: neither waits for the other now
        with planted() as decoy:
            keep = Job(argv=("python", "-c", KEEP, "neighbour"), stdin=decoy.secret.encode())
            neighbour = asyncio.ensure_future(first.run(keep))
            await asyncio.sleep(0.7)
            finding = await attack(second, decoy, LOOK)
            assert not neighbour.done(), "the neighbour had ended before anybody looked"
            assert "HELD" in finding.result.stdout
            kept = await neighbour
            assert kept.stdout == decoy.secret + "\n", kept.stderr
            assert finding.complaints == ()
    finally:
        await first.aclose()
        await second.aclose()
