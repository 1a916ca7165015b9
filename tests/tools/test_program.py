"""Programs as tool models: what goes into the sandbox, what comes out, and what the project does not allow."""

from __future__ import annotations

import json

import pytest

from glasswork.errors import SandboxError, SandboxUnavailable, ToolFailed, ToolTimeout, ToolUnavailable
from glasswork.sandbox.base import Result
from glasswork.settings import SandboxSettings, Settings
from glasswork.tools import Blob, Given, Tools

COUNT = """
description: Counts.
inputs: {table: table, column: text}
output: number
timeout: 50s
program: {file: tools/count.py, memory_mb: 2048}
"""


class Box:
    """A sandbox that keeps the job and ends as it is told."""

    name = "box"

    def __init__(self, **result):
        self.jobs, self.result = [], {"reason": "exit", "exit_code": 0, "stdout": "", "stderr": ""} | result

    async def run(self, job, *, on_output=None):
        self.jobs.append(job)
        return Result(backend="box", truncated=False, seconds=0.1, **self.result)

    async def aclose(self):
        pass


@pytest.fixture
def run(library, media, define, project):
    """Call the tool in a double: ``await run(Box(...), "count", {...})``; ``opened`` has the backends asked for."""
    (project / "tools" / "count.py").write_text("print(1)")
    define("count", COUNT)
    opened = []

    async def call(box, name, arguments, **settings):
        async def open_sandbox(backend):
            opened.append(backend)
            if isinstance(box, BaseException):
                raise box
            return box

        given = Given(media, open_sandbox=open_sandbox, settings=Settings(sandbox=SandboxSettings(**settings)))
        return await Tools(library, given).get(name).call(arguments)

    call.opened = opened
    return call


async def test_arguments_and_files_lie_beside_the_program(run, media):
    table, box = media.add(b"a,b\n1,2\n", "my table.csv"), Box(stdout="12\n")
    assert await run(box, "count", {"table": table, "column": "a"}) == 12
    (job,) = box.jobs
    assert job.argv == ("python", "count.py")
    assert job.files["count.py"] == b"print(1)"
    assert job.files["table.csv"] == b"a,b\n1,2\n"
    held = {"file": "table.csv", "name": "my table.csv", "media_type": "text/csv"}
    assert json.loads(job.files["arguments.json"]) == {"table": held, "column": "a"}
    assert (job.limits.wall_seconds, job.limits.memory_mb) == (50, 2048)
    assert not job.network.granted


async def test_the_projects_limits_hold(run, media):
    table, box = media.add(b"a\n", "a.csv"), Box(stdout="1")
    await run(box, "count", {"table": table, "column": "a"}, max_timeout=5, max_memory_mb=256, backend="docker")
    assert (box.jobs[0].limits.wall_seconds, box.jobs[0].limits.memory_mb) == (5, 256)
    assert run.opened == ["docker"]


async def test_a_file_that_it_leaves_is_its_output(run, define):
    define("draw", "description: x\noutput: image\nprogram: {file: tools/count.py, result: out.png}\n")
    blob = await run(Box(files={"out.png": b"\x89PNG\r\n\x1a\n"}), "draw", {})
    assert isinstance(blob, Blob)
    assert (blob.name, blob.media_type) == ("out.png", "image/png")
    with pytest.raises(ToolFailed, match=r"left no file out\.png"):
        await run(Box(), "draw", {})
    with pytest.raises(ToolFailed, match="must be an image"):
        await run(Box(files={"out.png": b"no picture"}), "draw", {})


@pytest.mark.parametrize(
    ("result", "error", "words"),
    [
        ({"exit_code": 1, "stderr": "KeyError: 'a'\n"}, ToolFailed, "exit status 1: KeyError: 'a'"),
        ({"reason": "oom", "exit_code": None}, ToolFailed, "oom: it said nothing"),
        ({"reason": "timeout", "exit_code": None}, ToolTimeout, "within 50 s"),
        ({"stdout": "twelve"}, ToolFailed, "what it printed is no number: 'twelve'"),
        ({"stdout": "true"}, ToolFailed, "must be a number"),
    ],
)
async def test_what_goes_wrong_is_told(run, media, result, error, words):
    with pytest.raises(error, match=words):
        await run(Box(**result), "count", {"table": media.add(b"a\n", "a.csv"), "column": "a"})


async def test_a_sandbox_that_cannot_be_had_is_told(run, media):
    arguments = {"table": media.add(b"a\n", "a.csv"), "column": "a"}
    with pytest.raises(ToolUnavailable, match="none here"):
        await run(SandboxUnavailable("none here", hint="get one"), "count", arguments)
    with pytest.raises(ToolFailed, match="broke"):
        await run(SandboxError("it broke"), "count", arguments)


@pytest.mark.parametrize(
    ("network", "allowed", "hint"),
    [
        ("{allow: ['pypi.org:443']}", {"network": ("pypi.org:443",)}, '[sandbox] network = ["pypi.org:443"]'),
        ("{loopback: true}", {"loopback": True}, "[sandbox] loopback = true"),
    ],
)
async def test_a_network_has_to_be_allowed(run, define, network, allowed, hint):
    define("fetch", f"description: x\nprogram: {{file: tools/count.py, network: {network}}}\n")
    with pytest.raises(ToolUnavailable, match="does not allow") as caught:
        await run(Box(), "fetch", {})
    assert hint in caught.value.hint
    box = Box(stdout="ok")
    assert await run(box, "fetch", {}, **allowed) == "ok"
    assert box.jobs[0].network.granted


async def test_without_a_sandbox_it_is_unavailable(tools, define, project):
    (project / "tools" / "count.py").write_text("print(1)")
    define("count", COUNT)
    assert (await tools.get("count").health()).why == "no sandbox is at hand"


async def test_the_program_is_not_read_through_a_link_out_of_the_project(run, project, define):
    from glasswork.errors import DefinitionError

    (project / "tools" / "sly.py").symlink_to("/etc/passwd")
    define("sly", "description: x\nprogram: {file: tools/sly.py}\n")
    with pytest.raises(DefinitionError, match="symbolic link"):
        await run(Box(), "sly", {})
