"""bubblewrap: the same launcher behind ``bwrap``, an ordinary Debian package that needs no daemon.

``bwrap`` is started with a clean environment and under an unprivileged uid, since it hides neither the
environment (bubblewrap#725) nor, as root, a process limit. Our launcher is process 1 inside.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox import jail
from glasswork.sandbox.base import FILES_WATCHED, Job, Limits, Result
from glasswork.sandbox.exchange import LAUNCHER, Line, converse, request
from glasswork.sandbox.interpreter import Interpreter, for_everybody, own
from glasswork.sandbox.launcher import HOME, WORK

NOT_CONTAINED = (*jail.NOT_CONTAINED, FILES_WATCHED)
_MIB = 1 << 20


class Bubblewrap:
    """A sandbox made by ``bwrap``, a fresh one for each job.

    Raises:
        SandboxUnavailable: there is no ``bwrap``, or no Python that its uid could run.
    """

    name = "bubblewrap"

    def __init__(self) -> None:
        found = shutil.which("bwrap")
        if found is None:
            raise SandboxUnavailable(
                "bwrap is not installed", hint="install it, for instance with: apt install bubblewrap"
            )
        python = for_everybody() if os.geteuid() == 0 else own()
        if python is None:
            raise SandboxUnavailable("no Python that an unprivileged user can run", hint="install python3 system-wide")
        self._bwrap, self._python = found, python
        self._turn = asyncio.Lock()

    async def run(self, job: Job) -> Result:
        """Run one job in a fresh sandbox.

        Raises:
            SandboxError: ``bwrap`` failed, or a layer is missing.
        """
        message = request(job)
        async with self._turn:
            uid = jail.sandbox_uid() if os.geteuid() == 0 else None
            line = await self._open(job.limits, uid)
            try:
                result, _ = await converse(line, message, job.limits, backend=self.name, not_contained=NOT_CONTAINED)
            finally:
                await asyncio.shield(line.kill())
            return result

    async def aclose(self) -> None:
        """Nothing outlives a job, so there is nothing to do."""

    async def _open(self, limits: Limits, uid: int | None) -> Line:
        # The launcher goes in as an open file: under another uid, bwrap might not reach the folder that it lies in.
        with LAUNCHER.open("rb") as text:
            show = ("--ro-bind-data", str(text.fileno()), HOME, "--remount-ro", "/dev", "--remount-ro", "/")
            words = (*_barriers(), *_scratch(limits), *_files(self._python), *show)
            start = (*words, self._python.executable, "-I", "-S", HOME)
            return await jail.spawn(self._bwrap, *start, uid=uid, pass_fds=(text.fileno(),))


def _barriers() -> tuple[str, ...]:
    return (
        *("--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent", "--new-session", "--clearenv"),
        *("--cap-drop", "ALL", "--hostname", "sandbox", "--uid", str(jail.INSIDE_UID), "--gid", str(jail.INSIDE_UID)),
    )


def _files(python: Interpreter) -> list[str]:
    """Read-only: the system's programs and libraries, and the interpreter."""
    words = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    words += ["--ro-bind-try", "/etc/localtime", "/etc/localtime"]
    for path in (Path("/", name) for name in ("bin", "sbin", "lib", "lib32", "lib64")):
        link = ["--symlink", str(path.readlink())] if path.is_symlink() else ["--ro-bind-try", str(path)]
        words += [*link, str(path)]
    for tree in python.trees:
        words += ["--ro-bind", tree, tree]
    for mask in python.masks:
        words += ["--size", "4096", "--tmpfs", mask, "--remount-ro", mask]
    return words


def _scratch(limits: Limits) -> list[str]:
    """The kernel's own, and writable: three sized file systems in memory."""
    sizes = {"/dev/shm": 16, "/tmp": 64, WORK: limits.workspace_mb}  # noqa: S108 - private to the sandbox
    mounts = [word for path, size in sizes.items() for word in ("--size", str(size * _MIB), "--tmpfs", path)]
    return ["--proc", "/proc", "--dev", "/dev", *mounts]
