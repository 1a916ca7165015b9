"""Tool models, files and indexes for the steps of a run: opened with what the run has, cleaned as answers are.

Tool models that ask a model or an agent are not among them: what those ask is the step's own asking.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.cli.cleaned import Clean, clean_errors
from glasswork.cli.load import settings_here
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.definitions import ToolDef
    from glasswork.library import Found, Library
    from glasswork.sandbox.base import Sandbox
    from glasswork.tools import Blob, Health, Spec, ToolModel, Value

MEDIA = "media"
"""The folder, in that of a run, of the files that were given and made."""


class RunSupply:
    """Supplies one run; whoever made it closes it."""

    def __init__(
        self,
        folder: Path,
        *,
        project: Path | None,
        inputs: Mapping[str, Any],
        open_sandbox: Callable[[str], Awaitable[Sandbox]],
        clean: Clean,
    ) -> None:
        """Open nothing yet.

        Args:
            folder: the run's.
            project: the folder of the project, whose files a workflow may name.
            inputs: the run's: a path among them may be read, wherever it leads, for whoever typed it may.
            open_sandbox: opens sandboxes for tools that run programs; they are closed here.
            clean: takes secrets out of what tools give.
        """
        from glasswork.knowledge.store import Shelf
        from glasswork.tools import Given, MediaStore

        self.media = folder / MEDIA
        self.shelf = Shelf(settings_here().indexes)
        self._store = MediaStore(self.media)
        self._project = project
        self._typed = set(_texts(inputs))
        self._clean = clean
        self._open_sandbox = open_sandbox
        self._sandboxes: dict[str, asyncio.Task[Sandbox]] = {}
        self._tools: dict[tuple[str, str], CleanTool] = {}
        self._given = Given(self._store, open_sandbox=self._sandbox, settings=settings_here(), env=os.environ)

    def open(self, found: Found[ToolDef]) -> ToolModel:
        """Return the tool model of a definition, the same at every call."""
        from glasswork.tools import open_tool

        key = found.key, found.digest
        if key not in self._tools:
            self._tools[key] = CleanTool(open_tool(found, self._given), self._clean)
        return self._tools[key]

    def clean(self, data: Any) -> Any:
        """Return what comes from outside as the log would hold it."""
        return self._clean(data)

    def take(self, path: str) -> Blob:
        """Take a file in: one that was typed, or one of the project. Raises UserError."""
        if path in self._typed:
            return self._store.take(Path(path).expanduser())
        if self._project is None:
            raise UserError(f"{path}: there is no project here that it could be a file of")
        file = (self._project / path).resolve()
        if not file.is_relative_to(self._project.resolve()):
            raise UserError(f"{path}: a workflow names files of its own project only", hint="give it as an input")
        return self._store.take(file)

    async def aclose(self) -> None:
        """Close the tools and the sandboxes."""
        opening = [task for task in self._sandboxes.values() if not task.cancel() and not task.exception()]
        boxes = [task.result().aclose() for task in opening]
        tools = [tool.aclose() for tool in self._tools.values()]
        results = await asyncio.gather(*tools, *boxes, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _sandbox(self, backend: str) -> Sandbox:
        if backend not in self._sandboxes:
            self._sandboxes[backend] = asyncio.ensure_future(self._open_sandbox(backend))
        return await asyncio.shield(self._sandboxes[backend])


def supply_for(
    library: Library,
    folder: Path,
    *,
    inputs: Mapping[str, Any],
    open_sandbox: Callable[[str], Awaitable[Sandbox]],
    clean: Clean,
) -> RunSupply:
    """Return what supplies a run of the project of a library; see :class:`RunSupply`."""
    project = next((source.root for source in library.sources if source.origin == "project"), None)
    return RunSupply(folder, project=project, inputs=clean(inputs), open_sandbox=open_sandbox, clean=clean)


class Harmless:
    """Supplies trials of a run: what must not be called twice is not called in them."""

    def __init__(self, supply: RunSupply) -> None:
        self.media = supply.media
        self.shelf = supply.shelf
        self._supply = supply

    def clean(self, data: Any) -> Any:
        """Return data that comes from outside without secrets."""
        return self._supply.clean(data)

    def open(self, found: Found[ToolDef]) -> ToolModel:
        """Return the tool model of a definition, or one that only refuses."""
        from glasswork.tools import spec_of

        spec = spec_of(found.name, found.definition)
        return self._supply.open(found) if spec.idempotent else _Refusing(spec)

    def take(self, path: str) -> Blob:
        """Take a file in. Raises UserError."""
        return self._supply.take(path)


class _Refusing:
    """A tool model that a trial may not call: it passes for healthy, as it was."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:  # noqa: ARG002, ASYNC109
        """Refuse. Raises ToolUnavailable."""
        from glasswork.errors import ToolUnavailable

        raise ToolUnavailable(f"{self.spec.name}: it must not be called twice, so a trial does not call it")

    async def health(self) -> Health:
        """Say that it is well."""
        from glasswork.tools import Health

        return Health(ok=True)

    async def aclose(self) -> None:
        """Do nothing: it holds nothing."""


class CleanTool:
    """A tool model whose output is cleaned; files are left as they are."""

    def __init__(self, tool: ToolModel, clean: Clean) -> None:
        self.spec = tool.spec
        self._tool, self._clean = tool, clean

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:  # noqa: ASYNC109
        """Call it, without secrets in what it gives or in what it says went wrong."""
        from glasswork.tools import Blob

        with clean_errors(self._clean):
            value = await self._tool.call(arguments, timeout=timeout)
        if isinstance(value, Blob):
            return value
        cleaned: Value = self._clean(value)
        return cleaned

    async def health(self) -> Health:
        """Tell whether it can be called."""
        return await self._tool.health()

    async def aclose(self) -> None:
        """Free what it holds."""
        await self._tool.aclose()


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in JSON."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from _texts(part)
