"""Tool models that do as a test says."""

import asyncio

import pytest

from glasswork.definitions import ToolInput, ToolOutput
from glasswork.dispatch.calls import Caller
from glasswork.tools import Health, Spec, checked


class Scripted:
    """A tool model that gives what it is told to, after a while, and notes when it ran."""

    def __init__(self, spec, does=lambda **arguments: "done", *, delay=0.0, ok=True):
        self.spec, self.does, self.delay, self.ok = spec, does, delay, ok
        self.calls, self.running, self.cancelled, self.closed = [], 0, 0, False

    async def call(self, arguments, *, timeout=None):
        given = checked(self.spec, arguments)
        self.calls.append(given)
        self.running += 1
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        made = self.does(**given)
        if isinstance(made, BaseException):
            raise made
        return made

    async def health(self):
        return Health(ok=self.ok, why="" if self.ok else "it is not installed", hint="" if self.ok else "install it")

    async def aclose(self):
        self.closed = True


def spec(name, inputs="text", gives="text", **more):
    """``inputs``: a type for one input of that name, or a mapping of names to types; ``?`` at the end: optional."""
    given = {inputs: inputs} if isinstance(inputs, str) and inputs else dict(inputs or {})
    return Spec(
        name=name,
        description=more.pop("description", f"It does {name}."),
        inputs={one: ToolInput(type=kind.rstrip("?"), required=not kind.endswith("?")) for one, kind in given.items()},
        output=ToolOutput(type=gives),
        **more,
    )


@pytest.fixture
def events():
    return []


@pytest.fixture
def caller(events, tmp_path):
    return Caller(events.append, tmp_path / "media")


def kinds(events):
    return [event.type for event in events]
