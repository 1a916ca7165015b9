"""Takes secrets out of what comes into a run, where it comes in.

The log holds no secrets, and a resumed run works with what the log holds. So that it works with the same as the first
sitting did, inputs, answers and what programs print are cleaned before anybody uses them, not only before they are
written.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from glasswork.errors import GlassworkError, ModelError
from glasswork.records import Completion

if TYPE_CHECKING:
    from glasswork.log.redact import Redactor
    from glasswork.models.base import Model, OnText
    from glasswork.records import Request
    from glasswork.sandbox.base import Job, OnOutput, Result, Sandbox
    from glasswork.workflow.resources import ModelSource


class Clean(Protocol):
    """Takes secrets out of data."""

    def __call__(self, data: Any) -> Any:
        """Return JSON data as the log would hold it."""

    def settled(self, text: str) -> int:
        """Return how many characters of a text on its way hold no beginning of a secret."""


@dataclass(frozen=True)
class Cleaner:
    """Cleans as the log's own redactor does."""

    redactor: Redactor

    def __call__(self, data: Any) -> Any:
        """Return JSON data as the log would hold it."""
        from glasswork.log.plain import plain

        return self.redactor.data(plain(data))

    def settled(self, text: str) -> int:
        """Return how many characters of a text on its way hold no beginning of a secret."""
        return self.redactor.settled(text)


class Passing:
    """Passes a text on while it is written: cleaned, and never more than cannot turn out to be of a secret."""

    def __init__(self, clean: Clean, on_text: Callable[[str], object]) -> None:
        self._clean, self._on_text = clean, on_text
        self._held = ""

    def __call__(self, text: str) -> None:
        """Take in some more of the text."""
        self._held += text
        self._pass(self._clean.settled(self._held))

    def end(self) -> None:
        """Pass on what was held: no more comes."""
        self._pass(len(self._held))

    def _pass(self, many: int) -> None:
        if many:
            self._on_text(self._clean(self._held[:many]))
            self._held = self._held[many:]


@dataclass(frozen=True)
class CleanModels:
    """Models whose answers are cleaned."""

    models: ModelSource
    clean: Clean

    async def get(self, name: str) -> Model:
        """Return the model called ``name``."""
        return CleanModel(await self.models.get(name), self.clean)


class CleanModel:
    """A model whose answers are cleaned."""

    def __init__(self, model: Model, clean: Clean) -> None:
        self.name, self.context = model.name, model.context
        self._model, self._clean = model, clean

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Answer, without secrets; an error quotes what a server said, and servers repeat keys."""
        passing = Passing(self._clean, on_text) if on_text else None
        with clean_errors(self._clean):
            completion = await self._model.complete(request, place=place, on_text=passing)
        if passing:
            passing.end()
        said = {"text": completion.text, "data": completion.data, "reasoning": completion.reasoning}
        cleaned = self._clean(said)
        return completion if cleaned == said else completion.model_copy(update=cleaned)

    async def aclose(self) -> None:
        """Free what the model holds."""
        await self._model.aclose()


class CleanSandbox:
    """A sandbox whose programs' output is cleaned."""

    def __init__(self, sandbox: Sandbox, clean: Clean) -> None:
        self.name = sandbox.name
        self._sandbox, self._clean = sandbox, clean

    async def run(self, job: Job, *, on_output: OnOutput | None = None) -> Result:
        """Run a job."""
        with clean_errors(self._clean), _clean_output(self._clean, on_output) as passing:
            result = await self._sandbox.run(job, on_output=passing)
        return result.model_copy(update={"stdout": self._clean(result.stdout), "stderr": self._clean(result.stderr)})

    async def aclose(self) -> None:
        """Leave nothing behind."""
        await self._sandbox.aclose()


@contextmanager
def _clean_output(clean: Clean, on_output: OnOutput | None) -> Iterator[OnOutput | None]:
    """Take secrets out of what is told of a program's output while it runs."""
    if on_output is None:
        yield None
        return
    tell = on_output
    passing = {
        "stdout": Passing(clean, lambda text: tell("stdout", text.encode())),
        "stderr": Passing(clean, lambda text: tell("stderr", text.encode())),
    }
    decoders = {name: codecs.getincrementaldecoder("utf-8")("backslashreplace") for name in passing}
    yield lambda stream, data: passing[stream](decoders[stream].decode(data))
    for name, each in passing.items():
        each(decoders[name].decode(b"", final=True))
        each.end()


@contextmanager
def clean_errors(clean: Clean) -> Iterator[None]:
    """Take secrets out of errors that pass."""
    try:
        yield
    except GlassworkError as error:
        error.message, error.hint = clean([error.message, error.hint])
        error.args = (error.message,)
        if isinstance(error, ModelError):
            error.raw = clean(error.raw)
        raise
