"""The tool models of a project: found by name, opened when first asked for, shared, and closed together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from glasswork.definitions import ToolDef
from glasswork.errors import DefinitionError, Problem
from glasswork.library import Found, Library
from glasswork.settings import Settings
from glasswork.tools.agent import AgentTool
from glasswork.tools.base import AskAgent, AskModel, OpenSandbox, Spec, ToolModel, spec_of
from glasswork.tools.builtin import BuiltinTool
from glasswork.tools.callables import find_builtin
from glasswork.tools.endpoint import EndpointTool
from glasswork.tools.http import HttpTool
from glasswork.tools.load import load_tool
from glasswork.tools.mcp import McpTool
from glasswork.tools.media import MediaStore
from glasswork.tools.program import ProgramTool


@dataclass(frozen=True)
class Given:
    """What tool models are given by whoever runs them. What is not there makes those unavailable that need it."""

    media: MediaStore
    """Keeps the files that they make."""
    ask_model: AskModel | None = None
    open_sandbox: OpenSandbox | None = None
    ask_agent: AskAgent | None = None
    settings: Settings = field(default_factory=Settings)
    """What the project allows: hosts, secrets, MCP servers, and what its sandboxes may be."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """Where secrets are looked up by name."""


class Tools:
    """Every tool model that can be named: defined in the project, by the user, or shipped; and those added."""

    def __init__(self, library: Library, given: Given) -> None:
        self._library = library
        self._given = given
        self._opened: dict[str, ToolModel] = {}
        self._added: set[str] = set()

    def add(self, tool: ToolModel) -> None:
        """Enter a tool model that no file defines; its name then means it, and no file. It is closed with the others.

        Raises:
            ValueError: one of this name is open already (a programming error).
        """
        if tool.spec.name in self._opened:
            raise ValueError(f"there is a tool named {tool.spec.name!r} already")
        self._opened[tool.spec.name] = tool
        self._added.add(tool.spec.name)

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted."""
        return tuple(sorted({*self._added, *self._library.names("tool")}))

    def spec(self, name: str) -> Spec:
        """Return what a tool model takes and gives; nothing is opened. Raises as :meth:`get` does."""
        if name in self._opened:
            return self._opened[name].spec
        return spec_of(name, load_tool(self._library, name).definition)

    def specs(self) -> tuple[Spec, ...]:
        """Return what all of them take and give, by name.

        Raises:
            DefinitionError: a definition cannot be used; the problems of all that cannot.
        """
        specs, problems = list[Spec](), list[Problem]()
        for name in self.names():
            try:
                specs.append(self.spec(name))
            except DefinitionError as error:
                problems += error.problems
        if problems:
            raise DefinitionError(problems)
        return tuple(specs)

    def get(self, name: str) -> ToolModel:
        """Return the tool model of a name, the same at every call. Nothing is started before it is called.

        Raises:
            NotFound: there is none of this name.
            DefinitionError: its definition cannot be used.
        """
        if name not in self._opened:
            self._opened[name] = open_tool(load_tool(self._library, name), self._given)
        return self._opened[name]

    async def aclose(self) -> None:
        """Close every tool model, also when one fails to close; then raise the first failure. May be called twice."""
        opened, self._opened = list(self._opened.values()), {}
        self._added.clear()
        results = await asyncio.gather(*(tool.aclose() for tool in opened), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result


def open_tool(found: Found[ToolDef], given: Given) -> ToolModel:
    """Return the tool model of a definition. Nothing is started, and nothing of what it lacks is said yet."""
    definition, spec = found.definition, spec_of(found.name, found.definition)
    media, settings = given.media, given.settings
    if definition.builtin is not None:
        return BuiltinTool(spec, definition.builtin, find_builtin(definition.builtin), media)
    if definition.endpoint is not None:
        return EndpointTool(spec, definition.endpoint, given.ask_model)
    if definition.http is not None:
        return HttpTool(spec, definition.http, settings=settings.tools, env=given.env, media=media)
    if definition.mcp is not None:
        server = settings.mcp.get(definition.mcp.server)
        return McpTool(spec, definition.mcp, server, env=given.env, media=media)
    if definition.program is not None:
        source, boxed = found.source.read(definition.program.file), settings.sandbox
        use, opened = definition.program, given.open_sandbox
        return ProgramTool(spec, use, source, open_sandbox=opened, settings=boxed, media=media)
    assert definition.agent is not None, "a tool has exactly one kind"
    return AgentTool(spec, definition.agent, given.ask_agent)
