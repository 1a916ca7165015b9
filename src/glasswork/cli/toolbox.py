"""Tool models for the command line: given models, sandboxes, and what was typed as arguments."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glasswork.cli.load import open_models, settings_here
from glasswork.errors import BadArguments, UserError, did_you_mean

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.models.pool import Models
    from glasswork.records import Completion, Request
    from glasswork.sandbox.base import Sandbox
    from glasswork.tools import Blob, Spec, Tools, Value

_ASKING = 600.0
"""Seconds for one question to a model, at most; a tool has a deadline of its own."""
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def listed_tools(library: Library, folder: Path) -> Tools:
    """Return tool models that can be looked at: nothing is there yet that they would be called with."""
    from glasswork.tools import Given, MediaStore, Tools

    async def nobody(*_: object) -> Completion:
        raise UserError("no model is open")

    async def nothing(_: str) -> Sandbox:
        raise UserError("no sandbox is open")

    async def none(*_: object) -> Value:
        raise UserError("no run is under way")

    given = Given(MediaStore(folder), ask_model=nobody, open_sandbox=nothing, ask_agent=none, settings=settings_here())
    return Tools(library, given)


class Toolbox:
    """Tool models that can be called; models and sandboxes are opened when one needs them. Closed as one."""

    def __init__(self, library: Library, folder: Path, *, model: str | None = None) -> None:
        """Open nothing yet.

        Args:
            library: finds the definitions.
            folder: keeps the files that are given and made.
            model: in the place of every model that a tool names.
        """
        from glasswork.tools import Given, MediaStore, Tools

        self._library = library
        self._model = model
        self._models: Models | None = None
        self._sandboxes: dict[str, asyncio.Task[Sandbox]] = {}
        self.media = MediaStore(folder)
        given = Given(
            self.media, ask_model=self._ask, open_sandbox=self._sandbox, settings=settings_here(), env=os.environ
        )
        self.tools = Tools(library, given)

    async def _ask(self, name: str, request: Request) -> Completion:
        from glasswork.definitions import RetryDef
        from glasswork.models.wrap import asking

        if self._models is None:
            self._models = open_models(self._library, override=self._model)
        model = await self._models.get(name)
        ask = asking(model, retry=RetryDef(), timeout=_ASKING, record=lambda _: None)
        return await ask("tool", request)

    async def _sandbox(self, backend: str) -> Sandbox:
        from glasswork.sandbox.choose import open_sandbox

        if backend not in self._sandboxes:
            self._sandboxes[backend] = asyncio.create_task(open_sandbox(backend))
        return await asyncio.shield(self._sandboxes[backend])

    async def aclose(self) -> None:
        """Close the tools, the models and the sandboxes."""
        opened = [task for task in self._sandboxes.values() if not task.cancel() and not task.cancelled()]
        boxes = [task.result().aclose() for task in opened if task.exception() is None]
        models = [self._models.aclose()] if self._models is not None else []
        results = await asyncio.gather(self.tools.aclose(), *boxes, *models, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result


def arguments_of(spec: Spec, pairs: Sequence[str], files: Iterable[tuple[str, Blob]]) -> dict[str, Value]:
    """Return the arguments that were typed: ``NAME=VALUE`` read as the input's type, and files.

    Raises:
        UserError: something is not ``NAME=VALUE``.
        BadArguments: a value cannot be read as its input's type; every problem at once.
    """
    values: dict[str, Value] = dict(files)
    problems: list[str] = []
    for name, text in map(_pair, pairs):
        one = spec.inputs.get(name)
        if one is None:
            problems.append(f"there is no input {name!r}{did_you_mean(name, spec.inputs)}")
            continue
        try:
            values[name] = _read(text, one.type)
        except ValueError as error:
            problems.append(f"{name!r} {error}")
    if problems:
        raise BadArguments(spec.name, problems, hint=_hint(spec))
    return values


def files_of(box: Toolbox, pairs: Sequence[str]) -> Iterator[tuple[str, Blob]]:
    """Yield the files that were named, ``NAME=PATH``, taken into the toolbox. Raises UserError."""
    for name, path in map(_pair, pairs):
        yield name, box.media.take(Path(path).expanduser())


def _read(text: str, wanted: str) -> Value:
    if wanted == "number":
        return _number(text)
    if wanted == "boolean":
        if text.lower() not in _BOOLEANS:
            raise ValueError(f"must be yes or no, and is {text[:60]!r}")
        return _BOOLEANS[text.lower()]
    if wanted == "json":
        try:
            value: Value = json.loads(text)
        except ValueError as error:
            raise ValueError(f"is no JSON: {error}") from None
        return value
    return text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"must be a number, and is {text[:60]!r}") from None


def _hint(spec: Spec) -> str:
    typed = [
        f"--file {name}=PATH" if one.type in {"image", "audio", "document", "table", "file"} else f"--arg {name}=…"
        for name, one in spec.inputs.items()
    ]
    return f"it takes: {' '.join(typed)}" if typed else "it takes nothing"


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"expected NAME=VALUE, not {text[:80]!r}", hint="--arg text=hello --file image=photo.png")
    return name.strip(), value
