"""bubblewrap: the same launcher behind ``bwrap``, an ordinary Debian package that needs no daemon.

``bwrap`` is started with a clean environment and under an unprivileged uid, since it hides neither the
environment (bubblewrap#725) nor, as root, a process limit. Our launcher is process 1 inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import shutil
import tempfile
from pathlib import Path

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox import jail, jail_init
from glasswork.sandbox.base import FILES_WATCHED, Job, Limits, Network, OnOutput, Result
from glasswork.sandbox.exchange import INSIDE, Line, Terms, check, converse
from glasswork.sandbox.inside.wire import COMMAND, WORK
from glasswork.sandbox.interpreter import Interpreter, for_everybody, own

NOT_CONTAINED = (*jail.NOT_CONTAINED, FILES_WATCHED)
_MIB = 1 << 20


class Bubblewrap:
    """A sandbox made by ``bwrap``, a fresh one for each job.

    Raises:
        SandboxUnavailable: there is no ``bwrap``, or no Python that its uid could run.
    """

    name = "bubblewrap"
    _terms = Terms(name, NOT_CONTAINED)

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

    async def run(self, job: Job, *, on_output: OnOutput | None = None) -> Result:
        """Run one job in a fresh sandbox.

        Raises:
            SandboxError: ``bwrap`` failed, or a layer is missing.
        """
        check(job)
        async with self._turn:
            uid = jail.sandbox_uid() if os.geteuid() == 0 else None
            line = await self._open(job, uid)
            try:
                result, _ = await converse(line, job, self._terms, on_output)
            finally:
                await asyncio.shield(line.kill())
            return result

    async def aclose(self) -> None:
        """Nothing outlives a job, so there is nothing to do."""

    async def _open(self, job: Job, uid: int | None) -> Line:
        # The launcher goes in as open files: under another uid, bwrap might not reach the folder that they lie in.
        with contextlib.ExitStack() as stack:
            shown = {stack.enter_context(path.open("rb")).fileno(): inside for inside, path in INSIDE.items()}
            if job.network.granted:
                shown |= {_text(text, stack): inside for inside, text in jail.NAMES.items()}
            show = [word for fd, inside in shown.items() for word in ("--ro-bind-data", str(fd), inside)]
            words = (*self._barriers(job.network), *_scratch(job.limits), *_files(self._python), *show)
            start = (*words, "--remount-ro", "/dev", "--remount-ro", "/", self._python.executable, *COMMAND)
            return await jail.spawn(*start, uid=uid, pass_fds=tuple(shown))

    def _barriers(self, network: Network) -> tuple[str, ...]:
        inside = str(jail.INSIDE_UID)
        barriers = (
            *(self._bwrap, "--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent", "--new-session"),
            *("--clearenv", "--cap-drop", "ALL", "--hostname", "sandbox", "--uid", inside, "--gid", inside),
        )
        if not network.granted:
            return barriers
        # bwrap cannot limit what sockets buffer: the network is made before it, and the launcher sees that it is.
        text, options = inspect.getsource(jail_init), json.dumps({"tcp_buffers": jail.BUFFERS})
        return (self._python.executable, "-I", "-S", "-c", text, options, *barriers, "--share-net")


def _text(text: str, stack: contextlib.ExitStack) -> int:
    """Return the descriptor of a file without a name that holds a text."""
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack does
    file.write(text.encode())
    file.seek(0)
    return file.fileno()


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
