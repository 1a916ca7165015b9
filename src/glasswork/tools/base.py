"""What a tool model is: it says what it takes and gives, it is called, and it tells whether it can be."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import JsonValue

from glasswork.definitions import ToolDef, ToolInput, ToolOutput
from glasswork.records import Completion, Record, Request
from glasswork.sandbox.base import Sandbox


class Blob(Record):
    """A file as a value. Prompts and logs name it; its bytes lie at ``path``, in the folder of a ``MediaStore``."""

    name: str
    """As a person would call it: ``photo.png``. It says nothing about where the file is."""
    media_type: str
    """By its content: ``image/png``."""
    sha256: str
    size: int
    """Bytes."""
    path: Path

    def __str__(self) -> str:
        return f"{self.name} ({self.media_type}, {_bytes(self.size)})"


Value = Blob | JsonValue
"""What goes into a tool model and comes out of it: a file, or text, a number, a boolean, or any other JSON."""


class Spec(Record):
    """What there is to know about a tool model before it is called."""

    name: str
    description: str
    inputs: dict[str, ToolInput] = {}
    output: ToolOutput = ToolOutput()
    cost: float = 0.0
    """Per call, in the currency of ``models.yaml``."""
    latency: float | None = None
    """Seconds that a call usually takes."""
    timeout: float = 30.0
    """Seconds that a call may take, where its caller does not say."""
    where: Literal["here", "sandbox", "network"] = "here"
    """What becomes of what it is given: see :class:`~glasswork.definitions.ToolDef`."""
    idempotent: bool = True
    """Whether it may be called once more where nobody knows how far a call came."""

    @property
    def required(self) -> tuple[str, ...]:
        """The inputs that have to be given."""
        return tuple(name for name, one in self.inputs.items() if one.required)


class Health(Record):
    """Whether a tool model can be called here, as far as can be told without calling it."""

    ok: bool
    why: str = ""
    """What is missing, or what was found."""
    hint: str = ""
    """What to do about it: the command that installs it, or the line that allows it."""
    extra: str = ""
    """The extra it comes with, be it installed or not."""


@runtime_checkable
class ToolModel(Protocol):
    """Anything that a task can be routed to."""

    spec: Spec

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:
        """Return the output, of the type that the spec says. It makes one attempt, and may be called concurrently.

        Args:
            arguments: by input; checked against the spec before anything is done.
            timeout: seconds, in place of the spec's.

        Raises:
            BadArguments: they do not fit the spec; every problem at once.
            ToolUnavailable: it cannot be called here.
            ToolTimeout: there was no result in time.
            ToolUnreachable: whoever does the work does not answer.
            ToolFailed: it could not do it.
        """
        ...

    async def health(self) -> Health:
        """Tell whether it can be called. Starts nothing and talks to nobody."""
        ...

    async def aclose(self) -> None:
        """Free what it holds: a process, a connection. May be called twice."""
        ...


AskModel = Callable[[str, Request], Awaitable[Completion]]
"""Asks the language model of a name: what tool models are given in place of models."""
AskAgent = Callable[[str, Mapping[str, Value]], Awaitable[Value]]
"""Has the agent of a name answer to arguments."""
OpenSandbox = Callable[[str], Awaitable[Sandbox]]
"""Opens the sandbox of a backend's name; whoever gave it closes it."""


def spec_of(name: str, definition: ToolDef) -> Spec:
    """Return what a definition says about its tool model."""
    return Spec(
        name=name,
        description=" ".join(definition.description.split()),
        inputs=definition.inputs,
        output=definition.output,
        cost=definition.cost,
        latency=definition.latency,
        timeout=definition.timeout,
        where=definition.place,
        idempotent=definition.repeatable,
    )


def shown(value: Value) -> str:
    """Return a value as a prompt shows it: text as it is, a file by its name, type and size, other JSON as JSON."""
    if isinstance(value, str | Blob):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(plain(value), ensure_ascii=False)


def plain(value: Value) -> JsonValue:
    """Return a value as JSON: a file as a mapping with its name, type, digest and size, but not where it lies."""
    if isinstance(value, Blob):
        return {"blob": value.sha256, "name": value.name, "media_type": value.media_type, "size": value.size}
    return value


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
