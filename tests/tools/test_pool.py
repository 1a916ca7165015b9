"""Tool models are found by name, opened once and closed together; what is wrong in a file is told with its place."""

from __future__ import annotations

import pytest

from glasswork.errors import DefinitionError, NotFound
from glasswork.tools import Health, Spec, ToolModel

SHOUT = "description: Shouts.\ninputs: {text: text}\nbuiltin: shout\n"


class Clock:
    """A tool model that no file defines."""

    spec = Spec(name="clock", description="Tells the time.")
    closed = 0

    async def call(self, arguments, *, timeout=None):
        return "noon"

    async def health(self):
        return Health(ok=True)

    async def aclose(self):
        self.closed += 1


def complaints(tools, name: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        tools.get(name)
    return [f"{one.line}:{one.column} {one.message}" for one in caught.value.problems]


async def test_a_definition_becomes_a_tool_model(package, define, tools):
    define("shout", SHOUT + "cost: 0.5\nlatency: 200ms\ntimeout: 1m\n")
    tool = tools.get("shout")
    assert isinstance(tool, ToolModel)
    assert tools.get("shout") is tool
    assert tool.spec == tools.spec("shout")
    assert (tool.spec.cost, tool.spec.latency, tool.spec.timeout, tool.spec.where) == (0.5, 0.2, 60, "here")
    assert await tool.call({"text": "a"}) == "A"


async def test_the_projects_file_wins_over_the_shipped_one(define, package, tools):
    assert tools.spec("calculate").inputs["expression"].type == "text"
    define("calculate", SHOUT)
    assert tools.spec("calculate").description == "Shouts."


async def test_a_name_that_nobody_has_is_not_found(tools):
    with pytest.raises(NotFound, match="did you mean 'calculate'"):
        tools.get("calculte")


async def test_a_tool_model_can_be_added(tools):
    clock = Clock()
    tools.add(clock)
    assert "clock" in tools.names()
    assert tools.get("clock") is clock
    assert tools.spec("clock") == clock.spec
    with pytest.raises(ValueError, match="already"):
        tools.add(Clock())
    await tools.aclose()
    await tools.aclose()
    assert clock.closed == 1


async def test_all_specs_at_once(define, package, tools):
    define("shout", SHOUT)
    assert {"shout", "calculate"} <= {spec.name for spec in tools.specs()}
    define("one", "description: x\n")
    define("two", "description: x\nbuiltin: shuot\n")
    with pytest.raises(DefinitionError) as caught:
        tools.specs()
    assert [problem.file.rpartition("/")[2] for problem in caught.value.problems] == ["one.yaml", "two.yaml"]


BROKEN = [
    ("description: x\n", ["1:1 a tool has exactly one of the keys 'builtin', 'endpoint', 'http', 'mcp', 'program' and 'agent'"]),
    ("description: x\nbuiltin: a\nagent: b\n", "this one has 'builtin' and 'agent'"),
    ("description: x\nbuiltin: shuot\n", "2:10 no builtin tool named 'shuot'"),
    ("description: x\nbuiltin: os.system\n", "is not a name"),
    ("description: x\nagent: a\ninputs: {a: imgae}\n", "did you mean 'image'"),
    ("description: x\nagent: a\ninputs: {a: {type: number, enum: [x]}}\n", "'enum' is for inputs of type text"),
    ("description: x\nendpoint: {prompt: 'Say {{ txet }}'}\ninputs: {text: text}\n", "there is no input 'txet'; did you mean 'text'?"),
    ("description: x\nendpoint: {prompt: '{{ text'}\ninputs: {text: text}\n", "is not closed"),
    ("description: x\nendpoint: {prompt: '{{ text.more }}'}\ninputs: {text: text}\n", "no input 'text.more'"),
    ("description: x\nprogram: {file: ../evil.py}\n", "tools/NAME.py"),
    ("description: x\nprogram: {file: tools/none.py}\n", "there is no file tools/none.py"),
    ("description: x\nprogram: {file: tools/a.py}\nwhere: here\n", "runs in the sandbox"),
    ("description: x\nprogram: {file: tools/a.py}\noutput: image\n", "'program' needs 'result'"),
    ("description: x\nhttp: {url: 'file:///etc/passwd'}\n", "http://"),
    ("description: x\nhttp: {url: 'http://a/', method: GET, body: {}}\n", "by GET has neither"),
    ("description: x\nhttp: {url: 'http://a/', body: {a: [1, '{{ b }}']}}\n", "there is no input 'b'"),
    ("description: x\nhttp: {url: 'http://a/', upload: b}\n", "there is no input 'b'"),
    ("description: x\nhttp: {url: 'http://a/', headers: {K: {secret: 'a b'}}}\n", "environment variable"),
    ("description: x\nbuiltin: calculate\ntimout: 3\n", "did you mean 'timeout'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BROKEN)
async def test_what_is_wrong_in_a_file_is_told(define, tools, text, expected):
    define("broken", text)
    found = complaints(tools, "broken")
    assert found == expected if isinstance(expected, list) else expected in "\n".join(found)
