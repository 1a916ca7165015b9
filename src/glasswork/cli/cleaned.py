"""Takes secrets out of what comes into a run, where it comes in.

The log holds no secrets, and a resumed run works with what the log holds. So that it works with the same as the first
sitting did, inputs, answers and what programs print are cleaned before anybody uses them, not only before they are
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glasswork.errors import GlassworkError, ModelError
from glasswork.records import Completion

if TYPE_CHECKING:
    from glasswork.models.base import Model, OnText
    from glasswork.records import Request
    from glasswork.sandbox.base import Job, Result, Sandbox
    from glasswork.workflow.resources import ModelSource

Clean = Callable[[Any], Any]
"""Returns JSON data as the log would hold it."""


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
        with _clean_errors(self._clean):
            completion = await self._model.complete(request, place=place, on_text=on_text)
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

    async def run(self, job: Job) -> Result:
        """Run a job."""
        with _clean_errors(self._clean):
            result = await self._sandbox.run(job)
        return result.model_copy(update={"stdout": self._clean(result.stdout), "stderr": self._clean(result.stderr)})

    async def aclose(self) -> None:
        """Leave nothing behind."""
        await self._sandbox.aclose()


@contextmanager
def _clean_errors(clean: Clean) -> Iterator[None]:
    """Take secrets out of errors that pass."""
    try:
        yield
    except GlassworkError as error:
        error.message, error.hint = clean([error.message, error.hint])
        error.args = (error.message,)
        if isinstance(error, ModelError):
            error.raw = clean(error.raw)
        raise
