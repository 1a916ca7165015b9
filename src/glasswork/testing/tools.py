"""What every tool model promises, as a suite to inherit.

A subclass gives two fixtures, ``tool`` and ``arguments`` that it can be called with; pytest-asyncio must run in its
mode ``auto``, or the class be marked. ``slow_arguments`` are for a call that takes five seconds or more, if there is
one::

    class TestMine(ToolModelContract):
        @pytest.fixture
        async def tool(self):
            tool = MyTool()
            yield tool
            await tool.aclose()

        @pytest.fixture
        def arguments(self):
            return {"text": "hello"}
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping

import pytest

from glasswork.definitions import NAME, ToolType
from glasswork.errors import BadArguments, ToolTimeout
from glasswork.tools import Health, Spec, ToolModel, Value
from glasswork.tools.check import output_of

_WRONG: dict[ToolType, Value] = {"text": 7, "number": "seven", "boolean": "yes", "json": float("nan")}
"""For each type a value of another; for files, a text."""


class ToolModelContract:
    """What every tool model promises, whoever does its work."""

    @pytest.fixture
    def tool(self) -> ToolModel:
        """Override this with a fixture that opens your tool model, and closes it."""
        raise NotImplementedError("a subclass of ToolModelContract gives a fixture called tool")

    @pytest.fixture
    def arguments(self) -> Mapping[str, Value]:
        """Override this with arguments that it can be called with."""
        raise NotImplementedError("a subclass of ToolModelContract gives a fixture called arguments")

    @pytest.fixture
    def slow_arguments(self) -> Mapping[str, Value] | None:
        """Override this with arguments for a call that takes five seconds or more, if there are such."""
        return None

    async def test_it_says_what_it_is(self, tool: ToolModel) -> None:
        """The spec is there before anything is called, and can be shown to a model."""
        assert isinstance(tool, ToolModel)
        assert isinstance(tool.spec, Spec)
        assert re.fullmatch(NAME, tool.spec.name)
        assert tool.spec.description.strip() == tool.spec.description != ""
        assert "\n" not in tool.spec.description
        assert all(re.fullmatch(NAME, name) for name in tool.spec.inputs)
        assert tool.spec.timeout > 0
        assert tool.spec.cost >= 0

    async def test_its_health_is_told_at_once(self, tool: ToolModel) -> None:
        """Without a call, within a second, as often as one likes."""
        begun = time.monotonic()
        first, second = await tool.health(), await tool.health()
        assert time.monotonic() - begun < 1
        assert isinstance(first, Health)
        assert first == second
        assert first.ok, f"{first.why}: {first.hint}"

    async def test_a_call_gives_what_the_spec_says(self, tool: ToolModel, arguments: Mapping[str, Value]) -> None:
        """The output is of its type, and the arguments are left as they were."""
        before = dict(arguments)
        output_of(tool.spec, await tool.call(arguments))
        assert dict(arguments) == before

    async def test_calls_may_be_made_at_once(self, tool: ToolModel, arguments: Mapping[str, Value]) -> None:
        """Each gets its own answer."""
        for value in await asyncio.gather(*(tool.call(arguments) for _ in range(3))):
            output_of(tool.spec, value)

    async def test_an_unknown_input_is_refused(self, tool: ToolModel, arguments: Mapping[str, Value]) -> None:
        """It is named."""
        with pytest.raises(BadArguments) as caught:
            await tool.call({**arguments, "no_such_input": "x"})
        assert "no_such_input" in caught.value.message

    async def test_every_problem_is_told_at_once(self, tool: ToolModel, arguments: Mapping[str, Value]) -> None:
        """Whatever is missing, and whatever is of another type."""
        wrong = {name: _WRONG.get(one.type, "a text") for name, one in tool.spec.inputs.items() if name in arguments}
        for given, named in (({}, tool.spec.required), (wrong, tuple(wrong))):
            if not named:
                continue
            with pytest.raises(BadArguments) as caught:
                await tool.call(given)
            assert {name for name in named if f"'{name}'" not in caught.value.message} == set()
            assert len(caught.value.problems) >= len(named)

    async def test_a_call_ends_at_its_deadline(
        self, tool: ToolModel, arguments: Mapping[str, Value], slow_arguments: Mapping[str, Value] | None
    ) -> None:
        """A call that takes too long is a time-out, in time, and the next one works."""
        if slow_arguments is None:
            pytest.skip("no slow_arguments")
        await tool.call(arguments)
        begun = time.monotonic()
        with pytest.raises(ToolTimeout):
            await tool.call(slow_arguments, timeout=0.5)
        assert time.monotonic() - begun < 3
        await tool.call(arguments)

    async def test_a_call_can_be_cancelled(
        self, tool: ToolModel, arguments: Mapping[str, Value], slow_arguments: Mapping[str, Value] | None
    ) -> None:
        """It stops at once, and the next one works."""
        await tool.call(arguments)
        call = asyncio.ensure_future(tool.call(slow_arguments or arguments))
        await asyncio.sleep(0.05)
        call.cancel()
        begun = time.monotonic()
        await asyncio.gather(call, return_exceptions=True)
        assert time.monotonic() - begun < 3
        await tool.call(arguments)

    async def test_it_is_closed_twice(self, tool: ToolModel, arguments: Mapping[str, Value]) -> None:
        """Also after it was used."""
        await tool.call(arguments)
        await tool.aclose()
        await tool.aclose()
