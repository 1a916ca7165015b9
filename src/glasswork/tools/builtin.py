"""Tool models that are callables of Glasswork, or of an installed package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glasswork.errors import BadArguments, ToolError, ToolFailed, ToolUnavailable, UserError
from glasswork.tools.base import Health, Spec, Value
from glasswork.tools.callables import Builtin
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline
from glasswork.tools.media import MediaStore
from glasswork.tools.process import Process
from glasswork.tools.worker import decoded


class BuiltinTool:
    """A callable in a process of its own."""

    def __init__(self, spec: Spec, name: str, builtin: Builtin, media: MediaStore) -> None:
        """Start nothing yet.

        Args:
            spec: what it takes and gives.
            name: of the builtin, in its registry.
            builtin: the callable.
            media: keeps the files that it makes.
        """
        self.spec = spec
        self._builtin = builtin
        self._media = media
        self._process = Process(name, builtin)

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Call it; see :class:`~glasswork.tools.base.ToolModel`. What takes too long is ended."""
        given = checked(self.spec, arguments)
        missing = self._missing()
        if missing:
            raise self._unavailable(missing)
        async with deadline(self.spec, timeout):
            answer = await self._process.call(given)
        return output_of(self.spec, self._value(answer))

    async def health(self) -> Health:
        """Tell whether what it needs is installed; nothing is imported for it."""
        missing, extra = self._missing(), self._builtin.extra
        if missing:
            return Health(ok=False, why=_absent(missing), hint=self._unavailable(missing).hint, extra=extra)
        return Health(ok=True, extra=extra)

    async def aclose(self) -> None:
        """End its process."""
        await self._process.aclose()

    def _missing(self) -> list[str]:
        return [module for module in self._builtin.needs if find_spec(module) is None]

    def _unavailable(self, missing: list[str]) -> ToolUnavailable:
        return ToolUnavailable(f"{self.spec.name}: {_absent(missing)}", extra=self._builtin.extra or "tools")

    def _value(self, answer: dict[str, Any]) -> Value:
        if "error" in answer:
            raise self._error(answer)
        if "media" in answer:
            made = Path(answer["media"])
            try:
                return self._media.take(made, answer["name"])
            except UserError as error:
                raise ToolFailed(f"{self.spec.name}: its output: {error.message}") from error
            finally:
                made.unlink(missing_ok=True)
        value: Value = decoded(answer["value"])
        return value

    def _error(self, answer: dict[str, Any]) -> ToolError:
        message = f"{self.spec.name}: {answer['message']}"
        if answer["error"] == "bad_arguments":
            return BadArguments(self.spec.name, answer["problems"])
        if answer["error"] == "unavailable":
            return ToolUnavailable(message, extra=self._builtin.extra or "tools")
        return ToolFailed(message)


def _absent(missing: list[str]) -> str:
    return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
