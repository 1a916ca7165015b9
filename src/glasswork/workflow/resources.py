"""What the steps of one run share: models, sandboxes, the budget, the log, the folder for what is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from glasswork.agent import StagedAgent
from glasswork.definitions import RetryDef, WorkflowDef
from glasswork.errors import LogError
from glasswork.models.base import Model
from glasswork.models.wrap import asking
from glasswork.records import Ask, Completion, Explained, Recorder, Watcher
from glasswork.sandbox.base import Sandbox
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledAgent, CompiledStep

OpenSandbox = Callable[[str], Awaitable[Sandbox]]
"""Opens a backend by name (``default`` takes the best there is)."""
AskHuman = Callable[[str, str], Awaitable[tuple[bool, str]]]
"""Puts a step's question to a person: ``(step, question)`` to ``(approved, note)``."""
Answers = Mapping[tuple[str, str], Completion]
"""Recorded answers by place and digest."""


class ModelSource(Protocol):
    """Whoever hands out models by name: the pool, or a test."""

    async def get(self, name: str) -> Model:
        """Return the model called ``name``, opened."""
        ...


class Resources:
    """Everything a step may use. Opened when first used; closed once, at the end of the run."""

    def __init__(
        self,
        settings: WorkflowDef,
        *,
        models: ModelSource,
        record: Recorder,
        watch: Watcher | None,
        open_sandbox: OpenSandbox,
        ask_human: AskHuman,
        files: Path,
        budget: Budget,
        seed: int,
        answers: Answers | None = None,
    ) -> None:
        self.record = record
        self.watch = watch
        self.ask_human = ask_human
        self.files = files
        self.budget = budget
        self.seed = seed
        self.explanations: list[asyncio.Task[Explained]] = []
        """Explanations still being written, or written; the run ends when all are in."""
        self._settings = settings
        self._models = models
        self._open_sandbox = open_sandbox
        self._sandboxes: dict[str, asyncio.Task[Sandbox]] = {}
        self._answers = answers

    async def asker(self, step: CompiledStep, *names: str | None) -> tuple[str, Ask]:
        """Return the first model named (the run's default where none is) and how this step asks it.

        Raises:
            NotFound: no model has this name.
        """
        settings, common = step.definition, self._settings.defaults
        name = next((name for name in names if name and name != "default"), common.model or "default")
        model = await self._models.get(name)
        retry: RetryDef = settings.retry or common.retry
        ask = asking(
            model,
            retry=retry,
            timeout=settings.timeout or common.timeout,
            record=self.record,
            watch=self.watch,
            gate=self.budget,
            answers=self._answers,
        )
        return model.name, ask

    async def agent(self, step: CompiledStep, agent: CompiledAgent, model: str | None = None) -> StagedAgent:
        """Return ``agent`` ready to decide within ``step``."""
        name, ask = await self.asker(step, model, agent.definition.model)
        return StagedAgent(
            agent.name, agent.definition, agent.role, ask=ask, record=self.record, model=name, watch=self.watch
        )

    async def sandbox(self, backend: str) -> Sandbox:
        """Return the run's sandbox of this kind, opening it once however many steps ask at the same time."""
        if backend not in self._sandboxes:
            self._sandboxes[backend] = asyncio.ensure_future(self._open_sandbox(backend))
        return await asyncio.shield(self._sandboxes[backend])

    def save(self, name: str, text: str) -> None:
        """Leave a file in the run's folder, in place of an earlier one of that name.

        Raises:
            LogError: it cannot be written; the run's folder is its memory, so the run does not go on without it.
        """
        try:
            self.files.mkdir(parents=True, exist_ok=True)
            (self.files / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise LogError(f"{self.files / name} cannot be written: {error.strerror}") from error

    async def aclose(self) -> None:
        """Stop what is still under way and close every sandbox. Models belong to whoever opened them."""
        for task in self.explanations:
            task.cancel()
        await asyncio.gather(*self.explanations, return_exceptions=True)
        opened = await asyncio.gather(*self._sandboxes.values(), return_exceptions=True)
        await asyncio.gather(*(sandbox.aclose() for sandbox in opened if not isinstance(sandbox, BaseException)))
