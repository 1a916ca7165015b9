"""Every kind of tool model keeps the contract."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

import pytest

from glasswork.definitions import EndpointUse, HttpUse, McpUse, ProgramUse, ToolInput, ToolOutput
from glasswork.records import Completion
from glasswork.sandbox.base import Result
from glasswork.settings import McpServer, SandboxSettings, ToolsSettings
from glasswork.testing.tools import ToolModelContract
from glasswork.tools import MediaStore, Spec
from glasswork.tools.agent import AgentTool
from glasswork.tools.builtin import BuiltinTool
from glasswork.tools.callables import builtins, find_builtin
from glasswork.tools.endpoint import EndpointTool
from glasswork.tools.http import HttpTool
from glasswork.tools.mcp import McpTool
from glasswork.tools.program import ProgramTool

INPUTS = {
    "text": ToolInput(description="what to say"),
    "seconds": ToolInput(type="number", required=False),
    "file": ToolInput(type="file", required=False),
}
SPEC = Spec(name="sayer", description="Says it.", inputs=INPUTS, output=ToolOutput(type="text"))


async def say(arguments) -> str:
    await asyncio.sleep(arguments.get("seconds", 0))
    return arguments["text"]


class Sayer(ToolModelContract):
    """The arguments of all of them."""

    @pytest.fixture
    def media(self, tmp_path):
        return MediaStore(tmp_path / "media")

    @pytest.fixture
    def arguments(self, media):
        return {"text": "hello", "file": media.add(b"abc", "a.txt")}

    @pytest.fixture
    def slow_arguments(self):
        return {"text": "late", "seconds": 30}


class TestBuiltin(Sayer):
    @pytest.fixture
    async def tool(self, tmp_path, monkeypatch, media):
        about = tmp_path / "sayers-1.0.dist-info"
        about.mkdir()
        code = "import time\ndef say(text, seconds=0, file=None):\n    time.sleep(seconds)\n    return text\n"
        (tmp_path / "sayers.py").write_text(code)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: sayers\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[glasswork.tools]\nsayer = sayers:say\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        tool = BuiltinTool(SPEC, "sayer", find_builtin("sayer"), media)
        yield tool
        await tool.aclose()
        builtins._members.pop("sayer", None)


class TestEndpoint(Sayer):
    @pytest.fixture
    def tool(self):
        async def ask(_, request):
            given = json.loads(request.messages[0].content)
            return Completion(text=await say({"text": given["text"], "seconds": float(given["seconds"] or 0)}))

        prompt = '{"text": "{{ text }}", "seconds": "{{ seconds }}"}'
        return EndpointTool(SPEC, EndpointUse(prompt=prompt), ask)


class TestAgent(Sayer):
    @pytest.fixture
    def tool(self):
        return AgentTool(SPEC, "sayer", lambda _, arguments: say(arguments))


class TestProgram(Sayer):
    @pytest.fixture
    def tool(self, media):
        class Box:
            name = "box"

            async def run(self, job, *, on_output=None):
                given = json.loads(job.files["arguments.json"])
                late = given.get("seconds", 0) > job.limits.wall_seconds
                await asyncio.sleep(min(given.get("seconds", 0), job.limits.wall_seconds))
                reason = "timeout" if late else "exit"
                said = {"stdout": given["text"], "stderr": "", "truncated": False, "seconds": 0.1}
                return Result(backend="box", reason=reason, exit_code=None if late else 0, **said)

            async def aclose(self):
                pass

        async def open_sandbox(_):
            return Box()

        use = ProgramUse(file="tools/say.py")
        return ProgramTool(SPEC, use, b"", open_sandbox=open_sandbox, settings=SandboxSettings(), media=media)


class TestHttp(Sayer):
    @pytest.fixture
    async def tool(self, media):
        answering = set()

        async def answer(reader, writer):
            answering.add(asyncio.current_task())
            with contextlib.closing(writer), contextlib.suppress(asyncio.CancelledError, ConnectionError):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split()[0])
                text = (await say(json.loads(await reader.readexactly(length)))).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)
                )
                await writer.drain()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        use = HttpUse(
            url=f"http://{host}/", body={"text": "{{ text }}", "seconds": "{{ seconds }}", "file": "{{ file }}"}
        )
        tool = HttpTool(SPEC, use, settings=ToolsSettings(network=(host,)), env={}, media=media)
        yield tool
        await tool.aclose()
        server.close()
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)


SERVER = """
import asyncio
from mcp.server import MCPServer
server = MCPServer("sayer")

@server.tool()
async def say(text: str, seconds: float = 0, file: str = "") -> str:
    await asyncio.sleep(seconds)
    return text

server.run()
"""


@pytest.mark.live
@pytest.mark.tools
class TestMcp(Sayer):
    @pytest.fixture
    async def tool(self, tmp_path, media):
        pytest.importorskip("mcp", reason="needs glasswork[mcp]")
        (tmp_path / "server.py").write_text(SERVER)
        server = McpServer(command=(sys.executable, str(tmp_path / "server.py")))
        tool = McpTool(SPEC, McpUse(server="sayer", tool="say"), server, env={"PATH": "/usr/bin"}, media=media)
        yield tool
        await tool.aclose()
