"""The sandbox contract: files in, a command, limits; files and capped output out, and why it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import Field

from glasswork.records import Record

MEMORY_WATCHED = "memory of all processes together is watched ten times a second, not held by the kernel"
FILES_WATCHED = "the number of files is watched ten times a second, not held by the kernel"
"""Two weaknesses in the words that ``Result.not_contained`` has for them: the suites for backends know them."""


class Limits(Record):
    """What a program may use. Every backend says which of these it really enforced."""

    wall_seconds: float = Field(default=20.0, gt=0)
    cpu_seconds: int = Field(default=20, ge=1)
    memory_mb: int = Field(default=512, ge=16)
    processes: int = Field(default=64, ge=1)
    open_files: int = Field(default=256, ge=16)
    file_mb: int = Field(default=64, ge=1)
    """Largest single file."""
    workspace_mb: int = Field(default=64, ge=1)
    workspace_files: int = Field(default=4096, ge=16)
    output_kb: int = Field(default=256, ge=1)
    """Kept of stdout and of stderr, each; more is cut and flagged."""


class Job(Record):
    """One program to run. The working folder holds ``files`` and nothing else."""

    argv: tuple[str, ...] = Field(min_length=1)
    """``argv[0] == "python"`` means the sandbox's own Python 3, whatever it is called there."""
    files: Mapping[str, bytes] = {}
    """Relative POSIX names (``pkg/mod.py``) and contents."""
    stdin: bytes = b""
    limits: Limits = Limits()
    collect: tuple[str, ...] = ()
    """Relative names of files to bring back, where the program left them as regular files."""


class Result(Record):
    """How a program ended. What a program does wrong is a result; only a broken sandbox raises."""

    backend: str
    reason: str
    """``exit`` (by itself, any code), ``timeout``, ``oom``, ``signal:SIGSEGV`` or ``output`` (killed
    for writing without end)."""
    exit_code: int | None
    """None where the program did not exit by itself."""
    stdout: str
    """Decoded with ``backslashreplace``; otherwise as written: whoever shows it must clean it."""
    stderr: str
    truncated: bool
    seconds: float
    files: Mapping[str, bytes] = {}
    refused: tuple[str, ...] = ()
    """Names in ``Job.collect`` that were there but did not come back: links, folders, devices, or too much to take."""
    limits_enforced: tuple[str, ...] = ()
    """Names of :class:`Limits` fields and of barriers (``network``, ``filesystem``, ``syscalls``, …) that held."""
    not_contained: tuple[str, ...] = ()
    """What this backend is known not to contain, in a few words each."""

    @property
    def ok(self) -> bool:
        """True where the program exited by itself with status 0."""
        return self.reason == "exit" and self.exit_code == 0


class Sandbox(Protocol):
    """A place where untrusted programs run. Warm between jobs; one job at a time is allowed, more may queue."""

    name: str

    async def run(self, job: Job) -> Result:
        """Run one job to its end.

        Raises:
            SandboxError: the sandbox itself broke.
        """
        ...

    async def aclose(self) -> None:
        """Leave nothing behind: no process, container, mount or file. May be called twice."""
        ...
