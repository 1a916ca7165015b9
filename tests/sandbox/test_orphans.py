"""A Glasswork that is killed takes its programs with it."""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path

from tests.sandbox.conftest import opened

HOST = """
import asyncio, sys
from glasswork.sandbox.base import Job
from glasswork.sandbox.choose import open_sandbox

async def main():
    sandbox = await open_sandbox(sys.argv[1], run="tests")
    await sandbox.run(Job(argv=("sleep", sys.argv[2])))

asyncio.run(main())
"""


def running(marker: str) -> list[str]:
    """Command lines that carry the marker, in any sandbox."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [line for line in found if marker in line and "sleep" in line.split()[0]]


async def until(there: bool, marker: str) -> None:
    """Wait until a marked program is there, or is gone."""
    for _ in range(400):
        if bool(running(marker)) == there:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"after 20 s: {running(marker)}")


async def test_no_program_outlives_its_host(backend):
    await (await opened(backend)).aclose()
    marker = f"9{secrets.randbelow(10**9):09d}"
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", HOST, backend, marker)
    await until(there=True, marker=marker)
    host.kill()
    await host.wait()
    await until(there=False, marker=marker)
    await (await opened(backend)).aclose()  # which also removes the container that was left
