"""A server in a process of its own: started behind the guard, waited for, and stopped with all it started."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import ModelRefused, ModelServerError, ModelUnreachable
from glasswork.models import guard
from glasswork.models.base import OnText
from glasswork.models.openai import OpenAIServer
from glasswork.records import Completion, Request

if TYPE_CHECKING:
    import httpx2

OnWait = Callable[[str], None]
"""Is given a line about how a start goes on."""

_POLL_SECONDS = 0.1
_REPORT_SECONDS = 1.0
_LOG_TAIL = 30
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A server process and its log. It ends with :meth:`stop`, and when this process ends, however that happens."""

    def __init__(self, what: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start ``command``; ``environment`` is added to ours, and may hold secrets, which a command line must not."""
        self.what = what
        handle, name = tempfile.mkstemp(prefix="glasswork-server-", suffix=".log")
        self.log = Path(name)
        with os.fdopen(handle, "wb") as log:
            self._guard = subprocess.Popen(  # noqa: S603 - no shell, and the command is ours
                [sys.executable, "-I", guard.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment),
                start_new_session=True,  # Ctrl-C is ours to handle, and the guard ends a group of its own
            )

    @property
    def pid(self) -> int:
        """Process id of the guard, which is also the id of the process group."""
        return self._guard.pid

    def tail(self, lines: int = _LOG_TAIL) -> str:
        """Return the last lines of the log, without terminal escapes."""
        if not self.log.exists():
            return "(stopped; the log is gone)"
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 200 * max(lines, 20)))
            text = _ESCAPES.sub("", file.read().decode(errors="replace").replace("\r", "\n"))
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])

    async def wait_healthy(self, url: str, *, seconds: float, on_wait: OnWait | None = None) -> None:
        """Wait until ``url`` answers 200; stops the process where that fails.

        Raises:
            ModelUnreachable: the process ended (with the end of its log), or ``seconds`` have passed.
        """
        try:
            await self._poll(url, seconds, on_wait)
        except BaseException:
            await self.stop(keep_log=True)
            raise

    async def _poll(self, url: str, seconds: float, on_wait: OnWait | None) -> None:
        import httpx2

        start = reported = time.monotonic()
        async with httpx2.AsyncClient(timeout=5.0, trust_env=False) as client:
            while not await _healthy(client, url):
                now = time.monotonic()
                self._fail_if_over(now - start, seconds)
                if on_wait and now - reported >= _REPORT_SECONDS:
                    reported = now
                    on_wait(f"{self.what}: {now - start:.0f} s: {self.tail(1)[:160]}")
                await asyncio.sleep(_POLL_SECONDS)

    def _fail_if_over(self, taken: float, allowed: float) -> None:
        status = self._guard.poll()
        if status is not None:
            raise ModelUnreachable(
                f"{self.what} ended while starting (status {status}); its log ({self.log}) ends:\n{self.tail()}"
            )
        if taken > allowed:
            raise ModelUnreachable(
                f"{self.what} was not ready after {allowed:.0f} s; its log ({self.log}) ends:\n{self.tail()}",
                hint="A larger start_timeout gives it more time.",
            )

    @property
    def ended(self) -> bool:
        """True once the process is gone."""
        return self._guard.poll() is not None

    async def stop(self, *, keep_log: bool = False) -> None:
        """End the process and everything it started. May be called twice. Of one that ended by itself the log stays."""
        assert self._guard.stdin is not None
        keep_log = keep_log or self.ended
        self._guard.stdin.close()
        await asyncio.to_thread(self._guard.wait)
        if not keep_log:
            self.log.unlink(missing_ok=True)


async def _healthy(client: httpx2.AsyncClient, url: str) -> bool:
    import httpx2

    try:
        return (await client.get(url)).status_code == 200
    except httpx2.HTTPError:
        return False


class ChildServer(OpenAIServer):
    """A model behind a server that we started, and stop."""

    def __init__(self, child: Child, **settings: Any) -> None:
        """``settings`` are those of :class:`~glasswork.models.openai.OpenAIServer`."""
        super().__init__(**settings)
        self.child = child

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Answer ``request``; where the server is gone, say how it ended."""
        try:
            return await super().complete(request, place=place, on_text=on_text)
        except (ModelUnreachable, ModelServerError) as error:
            if not self.child.ended:
                raise
            ended = f"{self.child.what} has ended; its log ({self.child.log}) ends:\n{self.child.tail()}"
            raise ModelRefused(ended) from error

    async def aclose(self) -> None:
        """Close the connections and stop the server."""
        try:
            await super().aclose()
        finally:
            await self.child.stop()
