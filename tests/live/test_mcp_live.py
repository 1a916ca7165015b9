"""Tools of a real MCP server, started from glasswork.toml: what it gives, how it fails, and that it is ended."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="needs glasswork[mcp]")

from glasswork.errors import ToolFailed, ToolTimeout, ToolUnavailable, ToolUnreachable
from glasswork.knowledge.sources import sources
from glasswork.library import Library, Source
from glasswork.settings import McpServer, Settings
from glasswork.tools import Blob, Given, MediaStore, Tools

pytestmark = [pytest.mark.live, pytest.mark.tools]
SERVER = """
import json, os, sys, time
from mcp.server import MCPServer
from mcp.server.mcpserver import Image

server = MCPServer("test")
print("noise for stderr", file=sys.stderr)

@server.tool()
def add(a: float, b: float) -> float:
    return a + b

@server.tool()
def greet(name: str) -> str:
    return f"Hello {name}"

@server.tool()
def fail(name: str) -> str:
    raise ValueError("no such name")

@server.tool()
def picture() -> Image:
    return Image(data=b"\\x89PNG\\r\\n\\x1a\\n", format="png")

@server.tool()
def slow() -> str:
    time.sleep(60)
    return "late"

@server.tool()
def variable(name: str) -> str:
    return os.environ.get(name, "unset")

@server.tool()
def process() -> int:
    return os.getpid()

FOUND = [{"title": "Fees", "url": "https://a.example/fees", "snippet": "A unicorn costs nine euros."}]

@server.tool()
def search(query: str) -> str:
    return json.dumps({"results": FOUND, "query": query})

@server.tool()
def search_list(query: str) -> list[dict[str, str]]:
    return FOUND

@server.tool()
def size(file: str) -> int:
    return len(open(file, "rb").read())

server.run()
"""


@pytest.fixture
async def call(tmp_path):
    """Call a tool of the server: ``await call("add", "number", a=1, b=2)``."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    (tmp_path / "tools").mkdir()
    known = {
        "test": McpServer(command=(sys.executable, str(script)), env=("GIVEN",)),
        "gone": McpServer(command=(sys.executable, "-c", "raise SystemExit(3)")),
    }
    env = {"PATH": "/usr/bin", "GIVEN": "yes", "SECRET": "no"}
    pool = Tools(
        Library((Source("project", tmp_path),)),
        Given(MediaStore(tmp_path / "media"), settings=Settings(mcp=known), env=env),
    )

    async def made(tool: str, output: str = "text", /, *, server: str = "test", timeout=None, types=None, **arguments):
        name = f"{tool}_{server}"
        kinds = types or {key: "text" if isinstance(value, str) else "number" for key, value in arguments.items()}
        (tmp_path / "tools" / f"{name}.yaml").write_text(
            f"description: x\ninputs: {{{', '.join(f'{k}: {v}' for k, v in kinds.items())}}}\n"
            f"output: {output}\nmcp: {{server: {server}, tool: {tool}}}\n"
        )
        return await pool.get(name).call(arguments, timeout=timeout)

    made.pool = pool
    yield made
    await pool.aclose()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def test_text_numbers_and_files_come_back(call):
    assert await call("greet", name="Ada") == "Hello Ada"
    assert await call("add", "number", a=1, b=2) == 3
    blob = await call("picture", "image")
    assert isinstance(blob, Blob)
    assert (blob.name, blob.media_type) == ("picture.png", "image/png")
    assert await call("size", "number", types={"file": "file"}, file=blob) == blob.size


@pytest.mark.parametrize(
    ("tool", "output"), [("search", "text"), ("search", "json"), ("search_list", "json"), ("search_list", "text")]
)
async def test_a_server_that_searches_is_a_second_source(call, tool, output):
    class Asked:
        async def call(self, tool, query):
            return await call(tool, output, query=query)

    (found,) = await sources.get("tool")(tool, Asked())("What does a unicorn cost?", 3)
    assert (found.document, found.title, found.text) == (
        "https://a.example/fees",
        "Fees",
        "A unicorn costs nine euros.",
    )


async def test_the_server_is_kept_between_calls_and_ended_at_last(call):
    first = await call("process", "number")
    assert await asyncio.gather(call("process", "number"), call("process", "number")) == [first, first]
    await call.pool.aclose()
    for _ in range(100):
        if gone(first):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the server lives on")


async def test_what_a_tool_raises_is_a_failure(call):
    with pytest.raises(ToolFailed, match="Error executing tool fail"):
        await call("fail", name="x")
    with pytest.raises(ToolFailed, match="nothing"):
        await call("nothing")


async def test_what_takes_too_long_is_a_timeout_and_the_next_call_works(call):
    await call("process", "number")
    with pytest.raises(ToolTimeout):
        await call("slow", timeout=1)
    assert await call("greet", name="Ada") == "Hello Ada"


async def test_a_server_is_given_only_the_variables_it_is_allowed(call):
    assert await call("variable", name="GIVEN") == "yes"
    assert await call("variable", name="SECRET") == "unset"


async def test_a_server_that_does_not_start_is_unreachable(call):
    with pytest.raises(ToolUnreachable, match="does not answer"):
        await call("greet", server="gone", name="x", timeout=20)


async def test_a_server_that_nobody_named_is_unavailable(call):
    with pytest.raises(ToolUnavailable, match="no MCP server is named 'other'") as caught:
        await call("greet", server="other", name="x")
    assert "[mcp.other]" in caught.value.hint
