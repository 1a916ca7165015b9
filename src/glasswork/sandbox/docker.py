"""Docker: one warm, locked-down container for a run, and the launcher in it once for each job.

The container has no network, no capability, a read-only root and sized file systems in memory; nothing of the host
is mounted. Its first process sleeps, and its end ends the container: should Glasswork be killed, it goes by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox.base import Job, Limits, OnOutput, Result
from glasswork.sandbox.exchange import Line, Terms, check, converse
from glasswork.sandbox.image import ensure_image, is_built
from glasswork.sandbox.inside.wire import COMMAND, TCP_BUFFERS, WORK

if TYPE_CHECKING:
    import docker as sdk
    from docker.models.containers import Container

NOT_CONTAINED = ("CPU time is limited for each process; the container has one CPU", "the host's kernel is shared")
LIFE_SECONDS = 3600
"""A container ends by itself after this time; the next job gets a new one."""
CALL_SECONDS = 30
_OWN_MB = 16
"""Memory for the launcher itself, beyond the program's."""
_LABEL, _OWNER = "glasswork.run", "glasswork.owner"
_HINT = "install and start Docker, and let this user reach it (docker info should work)"
_NOBODY = "65534:65534"
_Size = tuple[int, int, int, int]


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Turn what the SDK raises into a SandboxError of one line."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except (DockerException, RequestException, OSError) as problem:
        raise SandboxError(f"Docker: {str(problem).strip().splitlines()[0][:300]}") from problem


def _client(timeout: int) -> sdk.DockerClient:
    """Reach the Docker Engine within two seconds.

    Raises:
        SandboxUnavailable: no engine answers.
    """
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    here = address.startswith("unix://")
    if here and not Path(address.removeprefix("unix://")).exists():
        raise SandboxUnavailable("Docker is not running: there is no " + address, hint=_HINT)  # without a slow import
    import docker as sdk
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        client = sdk.from_env(timeout=2)
        client.ping()
    except (DockerException, RequestException, OSError) as problem:
        raise SandboxUnavailable("no Docker Engine answers", hint=_HINT) from problem
    client.api.timeout = timeout
    # requests looks for proxies in the environment at every call, here in threads, while another may be changing it:
    # a KeyError. A socket of this machine has no proxy.
    client.api.trust_env = not here
    return client


def describe() -> str:
    """Say which engine answers, and whether the image is built.

    Raises:
        SandboxUnavailable: no engine answers.
    """
    client = _client(5)
    try:
        with _errors():
            version = client.version()["Version"]
            image = "the image is built" if is_built(client) else "the image will be built on first use"
        return f"Docker Engine {version}; {image}"
    finally:
        client.close()


async def connect(run: str, on_progress: Callable[[str], None]) -> DockerSandbox:
    """Reach Docker, have the image, and remove containers whose Glasswork has died.

    Raises:
        SandboxUnavailable: no engine answers, or there is no way to an image.
    """
    return await asyncio.to_thread(_connect, run, on_progress)


def _connect(run: str, on_progress: Callable[[str], None]) -> DockerSandbox:
    client = _client(300)
    try:
        with _errors():
            image = ensure_image(client, on_progress)
            client.api.timeout = CALL_SECONDS
            reap(client)
    except BaseException:
        client.close()
        raise
    return DockerSandbox(client, image, run)


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def reap(client: sdk.DockerClient) -> int:
    """Kill the containers of dead Glasswork processes of this machine; return how many there were."""
    dead = [found for found in client.containers.list(filters={"label": _OWNER}) if _is_orphan(found)]
    for container in dead:
        _kill(container)
    return len(dead)


def _is_orphan(container: Container) -> bool:
    host, _, pid = container.labels[_OWNER].rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _kill(container: Container) -> None:
    """Kill a container, which removes it too; it may have gone already."""
    from docker.errors import APIError

    try:
        container.kill()
    except APIError as problem:
        if problem.status_code not in {404, 409}:
            raise


class DockerSandbox:
    """A sandbox in a warm container, which is replaced whenever a job asks for other sizes or leaves a doubt."""

    name = "docker"
    _terms = Terms(name, NOT_CONTAINED)

    def __init__(self, client: sdk.DockerClient, image: str, run: str) -> None:
        self._client, self._image, self._run = client, image, run
        self._turn = asyncio.Lock()
        self._uid = 20000 + secrets.randbelow(40000)  # its own, so that process limits are not shared
        self._container: Container | None = None
        self._next: asyncio.Task[Line] | None = None
        """The launcher of the next job, started while nobody waits for it; nothing else runs in the container then."""
        self._size: _Size = (0, 0, 0, 0)
        self._ends = 0.0

    async def run(self, job: Job, *, on_output: OnOutput | None = None) -> Result:
        """Run one job in the container, which is created first where there is none.

        Raises:
            SandboxError: Docker failed, or a layer is missing.
        """
        check(job)
        async with self._turn:
            usable = False
            line = await self._open(job.limits)
            try:
                result, clean = await converse(line, job, self._terms, on_output)
                usable = clean and not job.network.granted  # sockets linger in a network, past their program
            finally:
                await asyncio.shield(line.kill())
                if not usable:
                    await asyncio.shield(self._discard())
            self._next = asyncio.create_task(self._launch()) if usable else None
            return result

    async def aclose(self) -> None:
        """Kill the container."""
        await self._discard()
        self._client.close()

    async def _discard(self) -> None:
        launching, self._next = self._next, None
        if launching is not None:
            with contextlib.suppress(SandboxError):  # its container had gone
                await (await launching).kill()
        container, self._container = self._container, None
        if container is not None:
            with _errors():
                await asyncio.to_thread(_kill, container)

    async def _open(self, limits: Limits) -> Line:
        """Start a launcher; once more in a new container where the warm one has gone."""
        warm = self._container is not None
        await self._ready(limits)
        launching, self._next = self._next, None
        try:
            line = await (launching or self._launch())
            if launching is None or await asyncio.to_thread(self._runs):
                return line
            await line.kill()
        except SandboxError:
            if not warm:
                raise
        await self._discard()
        await self._ready(limits)
        return await self._launch()

    async def _ready(self, limits: Limits) -> None:
        """Have a container of the right size with enough time left."""
        size = (limits.memory_mb, limits.processes, limits.workspace_mb, limits.workspace_files)
        if self._container and (size != self._size or time.monotonic() + limits.wall_seconds + 30 > self._ends):
            await self._discard()
        if self._container is None:
            self._size, self._ends = size, time.monotonic() + LIFE_SECONDS
            with _errors():
                self._container = await asyncio.to_thread(self._create, limits)

    def _runs(self) -> bool:
        """Whether the container is still there: a launcher that waits in it does not say when it goes."""
        from docker.errors import APIError

        assert self._container is not None
        try:
            return bool(self._client.api.inspect_container(str(self._container.id))["State"]["Running"])
        except APIError:
            return False

    def _create(self, limits: Limits) -> Container:
        owner = f"uid={self._uid},gid={self._uid},mode=700,nosuid,nodev,noexec"
        memory = f"{limits.memory_mb + _OWN_MB}m"
        work = f"size={limits.workspace_mb}m,nr_inodes={limits.workspace_files},{owner}"
        return self._client.containers.run(
            self._image,
            ["sleep", str(LIFE_SECONDS)],
            detach=True,
            auto_remove=True,
            init=True,
            user=_NOBODY,
            hostname="sandbox",
            labels={_LABEL: self._run, _OWNER: _owner()},
            network_mode="none",
            ipc_mode="private",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=limits.processes + 4,  # the init, the sleeper, the launcher, and one to spare
            nano_cpus=1_000_000_000,
            shm_size="16m",
            tmpfs={WORK: work, "/tmp": f"size=64m,nr_inodes=4096,{owner}"},  # noqa: S108 - the container's own
            sysctls=_network(),
            log_config=_no_log(),
        )

    async def _launch(self) -> Line:
        assert self._container is not None
        with _errors():
            stream = await asyncio.to_thread(self._exec, self._container)
        return _line(stream)

    def _exec(self, container: Container) -> Any:
        api = self._client.api
        command = ["python3", *COMMAND]
        made = api.exec_create(container.id, command, stdin=True, user=f"{self._uid}:{self._uid}")
        return api.exec_start(made["Id"], socket=True)


def _network() -> dict[str, str]:
    """Limit what TCP sockets buffer; have ``::1`` too, where the engine's kernel is known to have it."""
    settings = {f"net.ipv4.{name}": " ".join(map(str, TCP_BUFFERS)) for name in ("tcp_rmem", "tcp_wmem")}
    here = os.environ.get("DOCKER_HOST", "unix://").startswith("unix://")
    if here and Path("/proc/sys/net/ipv6").exists():
        settings["net.ipv6.conf.all.disable_ipv6"] = "0"
    return settings


def _no_log() -> Any:
    from docker.types import LogConfig

    return LogConfig(type="none")


# --- the stream of an exec --------------------------------------------------------------------------------------------


class _Feed:
    """Hands the engine's data to an asyncio reader, one piece at a time, and no faster than it is read."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self._loop = asyncio.get_running_loop()
        self._taken, self._open = threading.Event(), threading.Event()
        self._open.set()
        self.reader.set_transport(self)  # type: ignore[arg-type]  # it asks a transport for no more than these two

    def pause_reading(self) -> None:
        """Hold the thread up: the reader has enough."""
        self._open.clear()

    def resume_reading(self) -> None:
        """Let the thread go on."""
        self._open.set()

    def stop(self) -> None:
        """Hold nobody up any more."""
        self._open.set()
        self._taken.set()

    def __call__(self, data: bytes | None) -> None:
        """From the thread: hand over some data, or None for the end."""
        self._taken.clear()
        with contextlib.suppress(RuntimeError):  # the loop was closed under us
            self._loop.call_soon_threadsafe(self._take, data)
            self._taken.wait(CALL_SECONDS)
            self._open.wait(CALL_SECONDS)

    def _take(self, data: bytes | None) -> None:
        if data is None:
            self.reader.feed_eof()
        else:
            self.reader.feed_data(data)
        self._taken.set()


def _line(stream: Any) -> Line:
    """Wrap an exec's connection. A thread reads it, since it may be TLS, a pipe or a plain socket."""
    feed = _Feed()
    raw = getattr(stream, "_sock", stream)
    raw.settimeout(None)
    stderr = bytearray()
    pump = threading.Thread(target=_pump, args=(raw, feed, stderr), daemon=True)
    pump.start()

    async def send(data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # why it has gone, reading will tell
            await asyncio.to_thread(raw.sendall, data)

    async def kill() -> None:
        with contextlib.suppress(OSError):  # closed by the engine already
            raw.shutdown(socket.SHUT_RDWR)
        feed.stop()
        await asyncio.to_thread(pump.join, 5)
        stream.close()
        raw.close()

    async def complaint() -> str:
        return stderr.decode(errors="replace").strip()

    return Line(feed.reader, send, kill, complaint)


def _pump(raw: socket.socket, feed: Callable[[bytes | None], None], stderr: bytearray) -> None:
    """Take the engine's frames apart: the launcher's stdout to ``feed``, the first of its stderr kept."""
    with contextlib.suppress(OSError):
        while header := _exactly(raw, 8):
            channel, size = struct.unpack(">BxxxI", header)
            while size and (data := raw.recv(min(size, 65536))):
                size -= len(data)
                if channel == 1:
                    feed(data)
                elif len(stderr) < 4000:
                    stderr += data
    feed(None)


def _exactly(raw: socket.socket, size: int) -> bytes:
    """Receive ``size`` bytes, or nothing where the stream ends."""
    data = b""
    while len(data) < size and (more := raw.recv(size - len(data))):
        data += more
    return data if len(data) == size else b""
