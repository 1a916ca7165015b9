"""A language model with a prompt, and an agent, as tool models: doubles answer."""

from __future__ import annotations

import asyncio

import pytest

from glasswork.errors import (
    BadArguments,
    BudgetExceeded,
    ModelRefused,
    ModelTimeout,
    ModelUnreachable,
    ToolFailed,
    ToolTimeout,
    ToolUnavailable,
    ToolUnreachable,
)
from glasswork.records import Completion
from glasswork.tools import Given, Tools

TRANSLATE = """
description: Translates.
inputs: {text: text, to: {type: text, required: false}, picture: {type: image, required: false}}
endpoint: {model: big, max_tokens: 99, temperature: 0.5, prompt: "{{ text }}\\n\\nSay it in {{ to }}. {{ picture }}"}
"""


@pytest.fixture
def asked():
    return []


@pytest.fixture
def pool(library, media, asked):
    """Tools whose model, and agents, answer with ``answer``."""

    def make(answer) -> Tools:
        async def ask(name, question):
            asked.append((name, question))
            if isinstance(answer, BaseException):
                raise answer
            if answer is None:
                await asyncio.sleep(60)
            return answer

        return Tools(library, Given(media, ask_model=ask, ask_agent=ask))

    return make


async def test_the_prompt_is_filled_in(pool, define, asked, media):
    define("translate", TRANSLATE)
    picture = media.add(b"\x89PNG\r\n\x1a\n", "a.png")
    answer = (
        await pool(Completion(text=" Hallo\n")).get("translate").call({"text": "Hello {{ to }}", "picture": picture})
    )
    assert answer == "Hallo"
    ((name, request),) = asked
    assert name == "big"
    assert request.messages[0].content == "Hello {{ to }}\nSay it in . a.png (image/png, 8 B)"
    assert (request.form, request.max_tokens, request.temperature) == ("text", 99, 0.5)


@pytest.mark.parametrize(
    "case",
    [
        ("number", Completion(text="{}", data={"value": 7.5}), 7.5),
        ("boolean", Completion(text="{}", data={"value": True}), True),
        ("json", Completion(text='```json\n{"a": [1]}\n```'), {"a": [1]}),
        ("json", Completion(text="[1, 2]"), [1, 2]),
    ],
)
async def test_the_answer_is_of_the_outputs_type(pool, define, asked, case):
    output, completion, value = case
    define("judge", f"description: x\noutput: {output}\nendpoint: {{prompt: Judge.}}\n")
    assert await pool(completion).get("judge").call({}) == value
    request = asked[0][1]
    assert (request.form == "json") is (output != "json")


async def test_an_answer_that_is_no_json_is_a_failure(pool, define):
    define("judge", "description: x\noutput: json\nendpoint: {prompt: Judge.}\n")
    with pytest.raises(ToolFailed, match="is no JSON: 'Well'"):
        await pool(Completion(text="Well")).get("judge").call({})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ModelTimeout("slow"), ToolTimeout),
        (ModelUnreachable("gone"), ToolUnreachable),
        (ModelRefused("no"), ToolFailed),
        (BudgetExceeded("spent"), BudgetExceeded),
    ],
)
async def test_what_a_model_raises_is_told_as_a_tools(pool, define, raised, expected):
    define("translate", TRANSLATE)
    with pytest.raises(expected, match=raised.message):
        await pool(raised).get("translate").call({"text": "a"})


async def test_a_deadline_holds(pool, define):
    define("translate", TRANSLATE)
    define("ask", "description: x\nagent: critic\ntimeout: 100ms\n")
    with pytest.raises(ToolTimeout, match=r"within 0\.05 s"):
        await pool(None).get("translate").call({"text": "a"}, timeout=0.05)
    with pytest.raises(ToolTimeout, match=r"within 0\.1 s"):
        await pool(None).get("ask").call({})


async def test_a_file_is_no_output_of_a_model(pool, define):
    from glasswork.errors import DefinitionError

    define("draw", "description: x\noutput: image\nendpoint: {prompt: Draw.}\n")
    with pytest.raises(DefinitionError, match="and no file"):
        pool(None).get("draw")


async def test_an_agent_is_asked_with_the_arguments(pool, define, asked):
    define("critique", "description: x\ninputs: {text: text}\nagent: critic\n")
    tool = pool("Too long.").get("critique")
    assert await tool.call({"text": "a"}) == "Too long."
    assert asked == [("critic", {"text": "a"})]
    with pytest.raises(BadArguments):
        await tool.call({})
    with pytest.raises(ToolFailed, match="must be text"):
        await pool(7).get("critique").call({"text": "a"})


async def test_where_nobody_can_be_asked_it_is_said(tools, define):
    define("translate", TRANSLATE)
    define("critique", "description: x\nagent: critic\n")
    for name, arguments in (("translate", {"text": "a"}), ("critique", {})):
        assert not (await tools.get(name).health()).ok
        with pytest.raises(ToolUnavailable):
            await tools.get(name).call(arguments)
