"""A builtin in a process of its own: kept warm between calls, and ended where a call takes too long or is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasswork.errors import ToolFailed
from glasswork.tools.base import Value
from glasswork.tools.callables import Builtin
from glasswork.tools.worker import encoded

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED")
"""Variables that every builtin is given. Keys and passwords are not among them."""
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "MALLOC_ARENA_MAX": "2",
}
"""No library fetches anything by itself, takes every core, or sets address space aside for each of them."""
_LINE = 128 * 1024 * 1024
_TAIL = 2000


class Process:
    """One process for one builtin. Calls wait for each other."""

    def __init__(self, name: str, builtin: Builtin) -> None:
        self._name = name
        self._builtin = builtin
        self._lock = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None

    async def call(self, arguments: Mapping[str, Value]) -> dict[str, Any]:
        """Return the process's answer to a call; cancelled, it ends the process.

        Raises:
            ToolFailed: the process crashed, with the end of what it printed.
        """
        async with self._lock:
            try:
                child = await self._started()
                request = json.dumps({name: encoded(value) for name, value in arguments.items()})
                assert child.stdin is not None, "it is a pipe"
                child.stdin.write(request.encode() + b"\n")
                await child.stdin.drain()
                return await self._answer(child)
            except (ConnectionError, BrokenPipeError):
                raise await self._crashed() from None
            except asyncio.CancelledError:
                await self._end()
                raise

    async def aclose(self) -> None:
        """End the process, and remove what it left."""
        await self._end()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        await self._end()
        self._folder = Path(tempfile.mkdtemp(prefix="glasswork-tool-"))
        words = [self._name, str(self._builtin.memory_mb), str(self._folder)]
        with (self._folder / "stderr").open("wb") as told:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "glasswork.tools.worker", *words),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=told,
                env=self._environment(),
                cwd=self._folder,
                limit=_LINE,
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        await self._answer(self._child)  # it says that it is ready
        return self._child

    async def _answer(self, child: asyncio.subprocess.Process) -> dict[str, Any]:
        assert child.stdout is not None, "it is a pipe"
        try:
            line = await child.stdout.readline()
        except ValueError:
            await self._end()
            raise ToolFailed(f"{self._name}: its answer is longer than {_LINE >> 20} MiB") from None
        if not line.endswith(b"\n"):
            raise await self._crashed()
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _crashed(self) -> ToolFailed:
        """Return the error that says how the process ended, and clear up after it."""
        child, said = self._child, ""
        if child is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), 2)
        if self._folder is not None:
            said = (self._folder / "stderr").read_text(encoding="utf-8", errors="replace")[-_TAIL:].strip()
        await self._end()
        code = child.returncode if child is not None else None
        how = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
        last = said.splitlines()[-1] if said else "it said nothing"
        return ToolFailed(f"{self._name}: its process ended ({how}): {last}")

    async def _end(self) -> None:
        child, self._child = self._child, None
        folder, self._folder = self._folder, None
        if child is not None:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
            child._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  else it is closed after the loop
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        named = (*_KEPT, *self._builtin.environment)
        return {name: os.environ[name] for name in named if name in os.environ} | _QUIET
