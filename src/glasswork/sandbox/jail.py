"""The kernel jail: namespaces, Landlock and seccomp, in pure Python. Needs nothing but a recent Linux.

Each job gets a jail of its own, built by :mod:`glasswork.sandbox.jail_init` and gone with its first process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox import interpreter, jail_init
from glasswork.sandbox.base import MEMORY_WATCHED, Job, OnOutput, Result
from glasswork.sandbox.exchange import INSIDE, Line, Terms, check, converse
from glasswork.sandbox.inside.wire import COMMAND, TCP_BUFFERS
from glasswork.sandbox.selftest import HINT

NOT_CONTAINED = (
    MEMORY_WATCHED,
    "memory that the kernel itself keeps for a program (page tables, pipes) is not counted",
    "CPU time is limited for each process, not for all together",
    "the host's kernel is shared",
)
INSIDE_UID = 12345
NAMES = {"/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n", "/etc/nsswitch.conf": "hosts: files\n"}
"""For a program that may use loopback: its only name."""
BUFFERS = " ".join(map(str, TCP_BUFFERS))


def sandbox_uid() -> int:
    """A uid for one job: one that nobody has, where root can choose it; the user's own, renamed, where not."""
    return (1 << 30) + secrets.randbelow(1 << 29) if os.geteuid() == 0 else INSIDE_UID


class Jail:
    """A sandbox made of kernel features alone.

    Raises:
        SandboxUnavailable: this is not Linux.
    """

    name = "jail"
    _terms = Terms(name, NOT_CONTAINED)

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise SandboxUnavailable("the kernel jail needs Linux", hint=HINT)
        self._turn = asyncio.Lock()
        self._python = interpreter.own()

    async def run(self, job: Job, *, on_output: OnOutput | None = None) -> Result:
        """Run one job in a fresh jail.

        Raises:
            SandboxError: the jail could not be built, or a layer of it is missing.
        """
        check(job)
        async with self._turn:
            line = await self._open(job)
            try:
                result, _ = await converse(line, job, self._terms, on_output)
            finally:
                await asyncio.shield(line.kill())
            return result

    async def aclose(self) -> None:
        """Nothing outlives a job, so there is nothing to do."""

    async def _open(self, job: Job) -> Line:
        options: jail_init.Options = {
            "uid": sandbox_uid(),
            "trees": list(self._python.trees),
            "masks": list(self._python.masks),
            "files": {shown: str(path) for shown, path in INSIDE.items()},
            "texts": NAMES if job.network.granted else {},
            "command": [self._python.executable, *COMMAND],
            "workspace_mb": job.limits.workspace_mb,
            "workspace_files": job.limits.workspace_files,
            "tcp_buffers": BUFFERS if job.network.granted else "",
        }
        return await spawn(self._python.executable, "-I", "-S", str(Path(jail_init.__file__)), json.dumps(options))


async def spawn(*command: str, uid: int | None = None, pass_fds: tuple[int, ...] = ()) -> Line:
    """Start a local launcher with a clean environment; its group is killed whole."""
    identity = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={"PATH": "/usr/bin:/bin"},
        start_new_session=True,
        pass_fds=pass_fds,
        **identity,  # type: ignore[arg-type]
    )
    return _line(process)


def _line(process: Process) -> Line:
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    assert stdin is not None
    assert stdout is not None
    assert stderr is not None

    async def send(data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # why it has gone, reading will tell
            stdin.write(data)
            await stdin.drain()

    async def kill() -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group: bwrap alone, killed early, leaves a child waiting
        stdin.close()
        await process.wait()

    async def complaint() -> str:
        return (await stderr.read(4000)).decode(errors="replace").strip()

    return Line(stdout, send, kill, complaint)
