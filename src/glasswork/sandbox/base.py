"""The sandbox contract: files in, a command, limits; files and capped output out, and why it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, Self

from pydantic import Field, field_validator, model_validator

from glasswork.records import Record
from glasswork.sandbox.targets import loopback, target

MEMORY_WATCHED = "memory of all processes together is watched ten times a second, not held by the kernel"
FILES_WATCHED = "the number of files is watched ten times a second, not held by the kernel"
"""Two weaknesses in the words that ``Result.not_contained`` has for them: the suites for backends know them."""


OnOutput = Callable[[Literal["stdout", "stderr"], bytes], object]
"""Is told of output as it comes; see :meth:`Sandbox.run`."""


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


class Network(Record):
    """Whom a program may talk to, besides its own processes by pipes and unix sockets: nobody, unless it says so here.

    A backend grants all of it or refuses the job; no program gets less than it was promised, or more.
    """

    loopback: bool = False
    """TCP and UDP on 127.0.0.1, ``::1`` and ``localhost``, among the program's own processes. It is not the host's."""

    allow: tuple[str, ...] = ()
    """Others that it may reach over TCP, each as ``HOST:PORT``, and nobody else. The program has no route to them: it
    asks its gateway, an HTTP proxy that ``HTTP_PROXY`` and ``HTTPS_PROXY`` name, and the host connects for it. Names
    are looked up by the host; one that turns out to be a private address needs that address on the list as well."""
    connections: int = Field(default=200, ge=1, le=1000)
    """How often it may ask, in all; every time is told in ``Result.connections``."""
    at_once: int = Field(default=16, ge=1, le=64)
    megabytes: int = Field(default=64, ge=1)
    """To and from all of them together."""

    @field_validator("allow")
    @classmethod
    def _canonical(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(target(text)) for text in allow)

    @model_validator(mode="after")
    def _clear(self) -> Self:
        if self.loopback and any(loopback(target(text).host) for text in self.allow):
            raise ValueError("loopback is the program's own and cannot be allowed as the host's too: which is meant?")
        return self

    @property
    def granted(self) -> bool:
        """Whether anything is."""
        return self.loopback or bool(self.allow)


class Connection(Record):
    """One time that a program asked to be connected, and what came of it."""

    host: str
    """As the program wrote it, or nothing where it did not ask in a way that could be understood."""
    port: int
    allowed: bool
    """Whether it is on the list, and where it says that it is."""
    why: str = ""
    """Why not, or why there was no connection all the same, or why it was cut off."""
    sent: int = 0
    """Bytes from the program."""
    received: int = 0
    """Bytes to the program, the answers of the gateway itself apart."""


class Job(Record):
    """One program to run. The working folder holds ``files`` and nothing else."""

    argv: tuple[str, ...] = Field(min_length=1)
    """``argv[0] == "python"`` means the sandbox's own Python 3, whatever it is called there."""
    files: Mapping[str, bytes] = {}
    """Relative POSIX names (``pkg/mod.py``) and contents."""
    stdin: bytes = b""
    limits: Limits = Limits()
    network: Network = Network()
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
    connections: tuple[Connection, ...] = ()
    """Whom the program asked to be connected to, in that order, allowed or not."""
    not_contained: tuple[str, ...] = ()
    """What this backend is known not to contain, in a few words each."""

    @property
    def ok(self) -> bool:
        """True where the program exited by itself with status 0."""
        return self.reason == "exit" and self.exit_code == 0


class Sandbox(Protocol):
    """A place where untrusted programs run. Warm between jobs; one job at a time is allowed, more may queue."""

    name: str

    async def run(self, job: Job, *, on_output: OnOutput | None = None) -> Result:
        """Run one job to its end.

        Args:
            job: what to run.
            on_output: is told of what the program writes while it runs: the bytes of each stream as they come, in
                order, and no more than ``output_kb`` of each. Where nothing was cut that is all of ``stdout`` and of
                ``stderr``, undecoded; where something was, it is the stream up to there, of which the result keeps
                the beginning. It is called in a thread of its own, so that a slow one holds up neither the program
                nor its clock; what it has not taken a second after the program's end it is not told any more. One
                that raises is called no more, and the event loop's exception handler is told why.

        Raises:
            SandboxUnavailable: it cannot grant the network that the job asks for.
            SandboxError: the sandbox itself broke.
        """
        ...

    async def aclose(self) -> None:
        """Leave nothing behind: no process, container, mount or file. May be called twice."""
        ...
