"""Tool models that are a tool of an MCP server (Model Context Protocol, 2025-11-25; client: the package ``mcp``).

The server's command or address stands in ``glasswork.toml``. It is started at the first call and kept; a task of its
own opens and closes the connection, because the library wants both in one task.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from glasswork.definitions import MEDIA, McpUse
from glasswork.errors import GlassworkError, ToolFailed, ToolUnavailable, ToolUnreachable
from glasswork.settings import McpServer
from glasswork.tools.base import Blob, Health, Spec, Value, shown
from glasswork.tools.check import checked, output_of
from glasswork.tools.deadline import deadline
from glasswork.tools.media import MediaStore, suffix_of

_SAID = 1000
"""Characters of a failure that are told."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER")


class McpTool:
    """One tool of one server."""

    def __init__(
        self, spec: Spec, use: McpUse, server: McpServer | None, *, env: Mapping[str, str], media: MediaStore
    ) -> None:
        """Start nothing yet.

        Args:
            spec: what it takes and gives.
            use: which tool of which server.
            server: how the server is reached; None: the project names none of this name.
            env: where the variables are that it is given.
            media: keeps files that come back.
        """
        self.spec = spec
        self._use = use
        self._server = server
        self._env = env
        self._media = media
        self._connection: _Connection | None = None

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Call the server's tool; see :class:`~glasswork.tools.base.ToolModel`. What goes wrong ends the connection."""
        given = checked(self.spec, arguments)
        health = await self.health()
        if not health.ok or self._server is None:
            raise ToolUnavailable(f"{self.spec.name}: {health.why}", hint=health.hint, extra=health.extra)
        try:
            async with deadline(self.spec, timeout):
                client = await self._connected(self._server)
                result = await client.call_tool(self._use.tool, {name: _sent(one) for name, one in given.items()})
        except GlassworkError:
            await self.aclose()
            raise
        except Exception as error:
            await self.aclose()
            words = f"{self.spec.name}: {self._use.server}: {innermost(error)}"
            raise ToolFailed(words[:_SAID]) from error
        return output_of(self.spec, self._value(result))

    async def health(self) -> Health:
        """Tell whether the package is installed and the project names the server. It is not started for it."""
        if find_spec("mcp") is None:
            hint = "install it with: pip install 'glasswork[mcp]'"
            return Health(ok=False, why="mcp is not installed", hint=hint, extra="mcp")
        if self._server is None:
            hint = f'name it in glasswork.toml: [mcp.{self._use.server}] command = ["…"]'
            return Health(ok=False, why=f"no MCP server is named {self._use.server!r}", hint=hint, extra="mcp")
        missing = [name for name in self._server.env if not self._env.get(name)]
        if missing:
            return Health(
                ok=False, why=f"the variable {missing[0]} is not set", hint=f"export {missing[0]}=…", extra="mcp"
            )
        return Health(ok=True, why=f"{self._use.tool} of {self._use.server}", extra="mcp")

    async def aclose(self) -> None:
        """End the connection, and the server where we started it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _connected(self, server: McpServer) -> Any:
        if self._connection is None:
            self._connection = _Connection(server, self._env)
        return await self._connection.client()

    def _value(self, result: Any) -> Value:
        """Return the one value that a result comes to: a file, what is structured, or the text."""
        texts = [part.text for part in result.content if part.type == "text"]
        if result.is_error:
            raise ToolFailed(f"{self.spec.name}: {self._use.server}: {' '.join(texts)[:_SAID] or 'it failed'}")
        if self.spec.output.type in MEDIA:
            return self._file(result)
        structured = result.structured_content
        if isinstance(structured, dict) and set(structured) == {"result"}:
            structured = structured["result"]
        if self.spec.output.type == "text":
            return "\n".join(texts) if texts or structured is None else shown(structured)
        return self._plain(texts) if structured is None else structured

    def _plain(self, texts: list[str]) -> Value:
        try:
            value: Value = json.loads("\n".join(texts))
        except ValueError:
            raise ToolFailed(
                f"{self.spec.name}: {self._use.server} gave text, and no {self.spec.output.type}"
            ) from None
        return value

    def _file(self, result: Any) -> Blob:
        for part in result.content:
            held = part.resource if part.type == "resource" else part
            data = getattr(held, "blob", None) or getattr(held, "data", None)
            if data:
                name = f"{self._use.tool}{suffix_of(held.mime_type or '')}"
                return self._media.add(base64.b64decode(data), name)
        raise ToolFailed(f"{self.spec.name}: {self._use.server} gave no file")


class _Connection:
    """A client, opened and closed in a task of its own."""

    def __init__(self, server: McpServer, env: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[Any] = loop.create_future()
        self._done = asyncio.Event()
        self._task = asyncio.create_task(self._keep(server, env))

    async def client(self) -> Any:
        """Return the client, once it is connected. Raises ToolUnreachable."""
        return await asyncio.shield(self._ready)

    async def aclose(self) -> None:
        """Close it, and wait until it is."""
        self._done.set()
        if not self._ready.done():
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # it was told to whoever waited
        else:
            self._ready.cancel()

    async def _keep(self, server: McpServer, env: Mapping[str, str]) -> None:
        from mcp import Client

        try:
            with tempfile.TemporaryFile("w+") as told:  # what a server writes to stderr is not for our terminal
                async with Client(server.url or _started(server, env, told)) as client:
                    self._ready.set_result(client)
                    await self._done.wait()
        except Exception as error:
            if self._ready.done():
                raise
            what = server.url or server.command[0]
            self._ready.set_exception(ToolUnreachable(f"the MCP server {what} does not answer: {innermost(error)}"))


def _started(server: McpServer, env: Mapping[str, str], told: Any) -> Any:
    """Return the transport of a server that is started here; it is given few variables, and those it is allowed."""
    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client

    variables = {name: env[name] for name in (*_KEPT, *server.env) if name in env}
    words = StdioServerParameters(command=server.command[0], args=[*server.command[1:]], env=variables)
    return stdio_client(words, errlog=told)


def innermost(error: BaseException) -> str:
    """Return what a group of errors, as the library raises them, began with."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _sent(value: Value) -> Any:
    """Return a value as a server takes it: a file by its path, for a server that runs on this machine."""
    return str(value.path) if isinstance(value, Blob) else value
