"""A host with something to steal, and somebody who notices: a file, an environment, services, and who touched them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from glasswork.testing.hostile.service import serving

_STEM = "glasswork-canary-"
_VARIABLE = "GLASSWORK_CANARY_API_KEY"
_FOLDERS = ("/", "/etc", "/usr", "/usr/lib", "/var", "/root", "/home", "/opt", "/dev", "/dev/shm", "/run", "/tmp")  # noqa: S108
"""Where a program that got out would leave the file that it is asked to make."""


@dataclass(frozen=True)
class Decoy:
    """What is planted on the host for the time of a suite."""

    canary: Path
    secret: str
    mark: str
    """Stands in the command line of every hostile program, and in the names of files it tries to leave outside."""
    abstract: str
    port: int
    """Of the one service that some programs may reach, on 127.0.0.1."""
    listeners: tuple[socket.socket, ...]
    """TCP and UDP on loopback, an abstract unix socket, and, where there is one, TCP and UDP on ``::1``."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """The service by its address; and a name of the address of another, which is not enough to reach that one."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.listeners[0].getsockname()[1]}")

    def words(self) -> str:
        """What a program is told: where things are, and of the secret only how it begins."""
        tcp, udp, *_ = self.listeners
        told = {"canary": str(self.canary), "folder": str(self.canary.parent), "stem": _STEM, "mark": self.mark}
        told |= {"abstract": self.abstract, "name": socket.gethostname()}
        ports = {"port": self.port, "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1]}
        return json.dumps({**told, **ports, "pid": os.getpid()})

    def complaints(self) -> list[str]:
        """What happened to the host: nothing, where all is well."""
        found = [f"a program reached the host by {way}" for way in map(_reached, self.listeners) if way]
        if self.canary.read_text(encoding="utf-8") != self.secret:
            found.append("the secret file was changed")
        if os.environ.get(_VARIABLE) != self.secret:
            found.append("the environment was changed")
        if sorted(self.canary.parent.iterdir()) != [self.canary]:
            found.append("there is a file beside the secret one")
        return found + [f"there is a file {path}" for path in self._planted()]

    def _planted(self) -> list[Path]:
        paths = (Path(folder, self.mark) for folder in _FOLDERS)
        return [path for path in paths if os.access(path.parent, os.X_OK) and path.exists()]


def _reached(listener: socket.socket) -> str:
    """Say by which way somebody talked to a listener; nothing where nobody did."""
    with contextlib.suppress(BlockingIOError):
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(9)
        else:
            listener.accept()[0].close()
        return f"{socket.AddressFamily(listener.family).name} {socket.SocketKind(listener.type).name}"
    return ""


@contextlib.contextmanager
def planted() -> Iterator[Decoy]:
    """Plant a decoy, and take it away again."""
    secret, mark = _STEM + secrets.token_hex(16), f"glasswork-mark-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasswork-decoy-")))
        folder.chmod(0o755)  # what keeps a program out must be the sandbox
        canary = folder / "secret.txt"
        canary.write_text(secret, encoding="utf-8")
        canary.chmod(0o644)
        stack.enter_context(mock.patch.dict(os.environ, {_VARIABLE: secret}))
        tcp = stack.enter_context(socket.socket())
        udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        for listener, address in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (unix, f"\0{mark}")):
            listener.bind(address)
            listener.setblocking(False)
        tcp.listen()
        unix.listen()
        listeners = (tcp, udp, unix, *(stack.enter_context(end) for end in _on_new_loopback(tcp, udp)))
        port = stack.enter_context(serving(tcp.getsockname()[1]))
        yield Decoy(canary, secret, mark, mark, port, listeners)


def _on_new_loopback(*others: socket.socket) -> Iterator[socket.socket]:
    """Listen on ``::1`` too, on the ports of others; there may be no such address, or no such port free."""
    for other in others:
        with contextlib.suppress(OSError):
            end = socket.socket(socket.AF_INET6, other.type)
            try:
                end.bind(("::1", other.getsockname()[1]))
            except OSError:
                end.close()
                raise
            end.setblocking(False)
            if end.type == socket.SOCK_STREAM:
                end.listen()
            yield end


def living(mark: str, seconds: float = 3.0) -> list[str]:
    """Command lines that carry the mark, of processes that are still there after so many seconds."""
    deadline = time.monotonic() + seconds
    while found := _marked(mark):
        if time.monotonic() > deadline:
            return found
        time.sleep(0.02)
    return []


def _marked(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found += [f"{path.parent.name}: {line[:200]}"] if mark in line else []
    return found
