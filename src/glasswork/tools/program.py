"""Tool models that are a Python program in the sandbox: files in, one file or what it prints out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from glasswork.definitions import ProgramUse
from glasswork.errors import SandboxError, SandboxUnavailable, ToolFailed, ToolTimeout, ToolUnavailable
from glasswork.sandbox.base import Job, Limits, Network, Result
from glasswork.sandbox.choose import stronger
from glasswork.sandbox.targets import target
from glasswork.settings import SandboxSettings
from glasswork.tools.base import Blob, Health, OpenSandbox, Spec, Value
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline
from glasswork.tools.media import MediaStore, suffix_of

ARGUMENTS = "arguments.json"
_NOBODY = "no sandbox is at hand"
_START = 60.0
"""Seconds that opening a sandbox may take, beyond the time the program has."""
_TAIL = 600


class ProgramTool:
    """A program that was written beside the definition."""

    def __init__(
        self,
        spec: Spec,
        use: ProgramUse,
        source: bytes,
        *,
        open_sandbox: OpenSandbox | None,
        settings: SandboxSettings,
        media: MediaStore,
    ) -> None:
        """Run nothing yet.

        Args:
            spec: what it takes and gives.
            use: the program's file, and what it asks of the sandbox.
            source: the program's text.
            open_sandbox: opens a backend by name.
            settings: what the project allows sandboxes to be.
            media: keeps the file that it leaves.
        """
        self.spec = spec
        self._use = use
        self._source = source
        self._open = open_sandbox
        self._settings = settings
        self._media = media

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Run it; see :class:`~glasswork.tools.base.ToolModel`. The sandbox keeps its time."""
        given = checked(self.spec, arguments)
        health = await self.health()
        if not health.ok or self._open is None:
            raise ToolUnavailable(f"{self.spec.name}: {health.why}", hint=health.hint)
        seconds = min(timeout or self.spec.timeout, self._settings.max_timeout)
        async with deadline(self.spec, seconds + _START):
            try:
                sandbox = await self._open(stronger(self._use.backend, self._settings.backend))
                result = await sandbox.run(self.job(given, seconds))
            except SandboxUnavailable as error:
                raise ToolUnavailable(f"{self.spec.name}: {error.message}", hint=error.hint) from error
            except SandboxError as error:
                raise ToolFailed(f"{self.spec.name}: {error.message}", hint=error.hint) from error
        return output_of(self.spec, self._value(result, seconds))

    def job(self, given: Mapping[str, Value], seconds: float) -> Job:
        """Return the program with its arguments: ``arguments.json``, and each file by its input's name and a suffix."""
        program = PurePosixPath(self._use.file).name
        files, words = {program: self._source}, dict[str, Any]()
        for name, value in given.items():
            words[name] = value
            if isinstance(value, Blob):
                held = f"{name}{suffix_of(value.media_type)}"
                files[held] = value.path.read_bytes()
                words[name] = {"file": held, "name": value.name, "media_type": value.media_type}
        memory = min(self._use.memory_mb, self._settings.max_memory_mb)
        limits = Limits(wall_seconds=seconds, cpu_seconds=max(1, round(seconds)), memory_mb=memory)
        return Job(
            argv=("python", program),
            files={**files, ARGUMENTS: json.dumps(words).encode()},
            limits=limits,
            network=Network(loopback=self._use.network.loopback, allow=self._use.network.allow),
            collect=(self._use.result,) if self._use.result else (),
        )

    async def health(self) -> Health:
        """Tell whether a sandbox can be asked for, and the project allows what the program wants of it."""
        if self._open is None:
            return Health(ok=False, why=_NOBODY)
        allowed = {str(target(text)) for text in self._settings.network}
        beyond = [text for text in self._use.network.allow if str(target(text)) not in allowed]
        if beyond:
            hint = (
                f"to allow it: [sandbox] network = {json.dumps([*self._settings.network, *beyond])} in glasswork.toml"
            )
            return Health(
                ok=False, why=f"this project does not allow programs to talk to {', '.join(beyond)}", hint=hint
            )
        if self._use.network.loopback and not self._settings.loopback:
            hint = "to allow it: [sandbox] loopback = true in glasswork.toml"
            return Health(ok=False, why="this project does not allow programs loopback", hint=hint)
        return Health(ok=True)

    async def aclose(self) -> None:
        """Do nothing: the sandbox is not ours."""

    def _value(self, result: Result, seconds: float) -> Value:
        name = self.spec.name
        if result.reason == "timeout":
            raise ToolTimeout(f"{name}: no result within {seconds:g} s; it was stopped")
        if not result.ok:
            ended = f"exit status {result.exit_code}" if result.reason == "exit" else result.reason
            raise ToolFailed(
                f"{name}: the program ended with {ended}: {result.stderr.strip()[-_TAIL:] or 'it said nothing'}"
            )
        if self._use.result is None:
            return read(self.spec, result.stdout)
        data = result.files.get(self._use.result)
        if data is None:
            raise ToolFailed(f"{name}: the program left no file {self._use.result}")
        blob = self._media.add(data, self._use.result)
        return blob if self.spec.output.type in _FILES else read(self.spec, data.decode(errors="replace"))


_FILES = {"table", "image", "audio", "document", "file"}


def read(spec: Spec, text: str) -> Value:
    """Return what a program has printed as a value of the output's type.

    Raises:
        ToolFailed: it is none.
    """
    if spec.output.type == "text":
        return text.rstrip("\n")
    try:
        value: Value = json.loads(text)
    except ValueError:
        raise ToolFailed(f"{spec.name}: what it printed is no {spec.output.type}: {text.strip()[:200]!r}") from None
    return value
