"""What the steps of one run share: models, sandboxes, the budget, the log, the folder for what is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from glasswork.agent import Check, Fixed, StagedAgent
from glasswork.definitions import DefaultsDef, PriceDef, ToolDef
from glasswork.errors import LogError, Waiting
from glasswork.games import AsyncPlayer
from glasswork.games.axelrod import AxelrodLibrary, open_axelrod
from glasswork.knowledge.store import Shelf
from glasswork.library import Found
from glasswork.log.past import Past, Spent
from glasswork.models.base import Model
from glasswork.models.wrap import Gate, asking
from glasswork.places import parse
from glasswork.records import (
    Ask,
    Completion,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    Recorder,
    Request,
    Watcher,
)
from glasswork.sandbox.base import Sandbox
from glasswork.tools import Blob, ToolModel
from glasswork.workflow.budget import NOTHING, Budget
from glasswork.workflow.compiled import CompiledAgent, CompiledStep
from glasswork.workflow.demands import Demand, demanded

OpenSandbox = Callable[[str], Awaitable[Sandbox]]
"""Opens a backend by name (``default`` takes the best there is)."""


class Answer(NamedTuple):
    """What a person said: yes or no, a note, and which account it was."""

    approved: bool
    note: str = ""
    by: str = ""


AskHuman = Callable[[str, str], Awaitable[Answer]]
"""Puts a step's question to a person: ``(step, question)``; raises ``Waiting`` where nobody is there."""


class MoveAnswer(NamedTuple):
    """What a person chose, or said, and which account it was."""

    choice: str
    by: str = ""


AskMove = Callable[[str, str, tuple[str, ...]], Awaitable[MoveAnswer]]
"""Lets a person choose: ``(decision, question, options)``, or speak where there are no options; raises ``Waiting``
where nobody is there."""


OpenLibrary = Callable[[], Awaitable[AxelrodLibrary]]
"""Starts the process of the axelrod library."""


async def nobody_moves(decision: str, question: str, options: tuple[str, ...]) -> MoveAnswer:
    """Leave a move open, as where no person can be asked."""
    raise Waiting(f"{decision} waits for {wanted(options)}: {question}")


def wanted(options: Sequence[str]) -> str:
    """Say what a person is asked for."""
    return f"a choice of {', '.join(options)}" if options else "words"


class Explanation(NamedTuple):
    """An explanation that is being written, or is written."""

    decision: str
    task: asyncio.Task[Explained]
    forgiven: bool
    """Whether the run goes on without it: as its step's ``on_error`` says, and always in a game."""


class ModelSource(Protocol):
    """Whoever hands out models by name: the pool, or a test."""

    async def get(self, name: str) -> Model:
        """Return the model called ``name``, opened."""
        ...


class Supply(Protocol):
    """Whoever opens tool models and takes in files for a run; it is closed by whoever made it."""

    media: Path
    """The folder of the files that were given and made."""
    shelf: Shelf
    """The project's indexes."""

    def clean(self, data: Any) -> Any:
        """Return data that comes from outside as the log would hold it: without secrets."""
        ...

    def open(self, found: Found[ToolDef]) -> ToolModel:
        """Return the tool model of a definition, the same at every call. Nothing is started before it is called."""
        ...

    def take(self, path: str) -> Blob:
        """Take a file in. Raises UserError where it cannot be read, or is none that this run may read."""
        ...


EXPLANATIONS_AT_ONCE = 32
"""Explanations that are asked for at the same time: those of many games would outlast their deadline all together."""


class Resources:
    """Everything a step may use. Opened when first used; closed once, at the end of the run."""

    def __init__(
        self,
        *,
        models: ModelSource,
        record: Recorder,
        watch: Watcher | None,
        open_sandbox: OpenSandbox,
        ask_human: AskHuman,
        ask_move: AskMove = nobody_moves,
        open_library: OpenLibrary = open_axelrod,
        files: Path,
        seed: int,
        prices: Mapping[str, PriceDef],
        past: Past | None,
        fixed: Mapping[str, Fixed],
        rerun: frozenset[str],
        tools: Supply | None = None,
    ) -> None:
        self.record = record
        self.ask_human = ask_human
        self.ask_move = ask_move
        self._open_library = open_library
        self._library: asyncio.Task[AxelrodLibrary] | None = None
        self.seed = seed
        self.past = past
        self.rerun = rerun
        self.tools = tools
        self.fixed = fixed
        self.explanations: list[Explanation] = []
        """The run ends when all are in."""
        self._watch = watch
        self._files = files
        self._models = models
        self._prices = prices
        self._open_sandbox = open_sandbox
        self._sandboxes: dict[str, asyncio.Task[Sandbox]] = {}
        self._explaining = asyncio.Semaphore(EXPLANATIONS_AT_ONCE)

    def spent(self, belongs: Callable[[str], bool] = lambda _: True) -> Spent:
        """Return what earlier sittings have used up, in the steps that belong."""
        return self.past.spent(belongs) if self.past else NOTHING

    async def asker(
        self, step: CompiledStep, common: DefaultsDef, budget: Budget, *names: str | None
    ) -> tuple[str, Ask]:
        """Return the first model named (the workflow's default where none is) and how this step asks it.

        Raises:
            NotFound: no model has this name.
        """
        settings, name = step.definition, _name(common, names)
        model = await self._models.get(name)
        ask = asking(
            model,
            retry=settings.retry or common.retry,
            timeout=settings.timeout or common.timeout,
            record=self.record,
            watch=self._watch,
            gate=budget,
            past=self.past,
            price=self._prices.get(name),
        )
        return model.name, ask

    async def _check(
        self, step: CompiledStep, agent: CompiledAgent, common: DefaultsDef, budget: Budget, *names: str | None
    ) -> Check | None:
        """Return who puts an agent's explanations to the test in a step; None where that is not demanded."""
        demand, name = demanded(step, agent.definition, common), _name(common, names)
        if demand is None:
            return None
        model, price, settings = await self._models.get(name), self._prices.get(name), step.definition

        def ask(gate: Gate) -> Ask:
            retry, timeout = settings.retry or common.retry, settings.timeout or common.timeout
            return asking(model, retry=retry, timeout=timeout, record=_unrecorded, gate=gate, price=price)

        return Demand(
            demand,
            model=model.name,
            ask=ask,
            budget=budget,
            price=price,
            record=self.record,
            past=self.past,
            seed=self.seed,
        )

    async def agent(
        self,
        step: CompiledStep,
        agent: CompiledAgent,
        common: DefaultsDef,
        budget: Budget,
        model: str | None = None,
        *,
        through: Callable[[Ask], Ask] = lambda ask: ask,
    ) -> StagedAgent:
        """Return ``agent`` ready to decide within ``step``. ``through``: what its questions go through."""
        name, ask = await self.asker(step, common, budget, model, agent.definition.model)
        return StagedAgent(
            agent.name,
            agent.definition,
            agent.role,
            ask=through(self._in_turn(ask)),
            record=self.record,
            model=name,
            watch=self._watch,
            fixed=self.fixed,
            check=await self._check(step, agent, common, budget, model, agent.definition.model),
        )

    def _in_turn(self, ask: Ask) -> Ask:
        """Return how an agent asks: its explanations wait for those of others before their time begins to count."""

        async def asked(place: str, request: Request) -> Completion:
            if not parse(place).stage.startswith("explain"):
                return await ask(place, request)
            async with self._explaining:
                return await ask(place, request)

        return asked

    async def said(self, asked: HumanAsked) -> str:
        """Put a question to a player who is a person; return the option chosen, or the words where there are none.

        Question and answer are recorded; a recorded answer is served. Raises Waiting where nobody is there.
        """
        self.record(asked)
        step, number, question, decision = asked.step, asked.round, asked.question, asked.decision
        answer = self.past.said(step, number, question, decision) if self.past else None
        if answer is None:
            choice, by = await self.ask_move(decision, question, asked.options)
            answer = HumanAnswered(
                step=step, round=number, question=question, approved=True, choice=choice, by=by, decision=decision
            )
        self.record(answer)
        return answer.choice

    async def sandbox(self, backend: str) -> Sandbox:
        """Return the run's sandbox of this kind, opening it once however many steps ask at the same time."""
        if backend not in self._sandboxes:
            self._sandboxes[backend] = asyncio.ensure_future(self._open_sandbox(backend))
        return await asyncio.shield(self._sandboxes[backend])

    async def library_player(self, strategy: str, seed: int) -> AsyncPlayer:
        """Return a strategy of the axelrod library for one match, starting the library once for all of them."""
        if self._library is None:
            self._library = asyncio.ensure_future(self._open_library())
        return (await asyncio.shield(self._library)).player(strategy, seed=seed)

    def save(self, name: str, text: str) -> None:
        """Leave a file in the run's folder, in place of an earlier one of that name. It may name a folder below it.

        Raises:
            LogError: it cannot be written; the run's folder is its memory, so the run does not go on without it.
        """
        path = self._files / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise LogError(f"{path} cannot be written: {error.strerror}") from error

    async def aclose(self) -> None:
        """Stop what is still under way and close every sandbox. Models belong to whoever opened them."""
        for explanation in self.explanations:
            explanation.task.cancel()
        await asyncio.gather(*(explanation.task for explanation in self.explanations), return_exceptions=True)
        await self._close_library()
        opened = await asyncio.gather(*self._sandboxes.values(), return_exceptions=True)
        await asyncio.gather(*(sandbox.aclose() for sandbox in opened if not isinstance(sandbox, BaseException)))

    async def _close_library(self) -> None:
        """End the library's process, also one that is still starting."""
        if self._library is None:
            return
        self._library.cancel()
        (found,) = await asyncio.gather(self._library, return_exceptions=True)
        if not isinstance(found, BaseException):
            await found.aclose()


def _name(common: DefaultsDef, names: Iterable[str | None]) -> str:
    """Return the first model named, or the workflow's default."""
    return next((name for name in names if name and name != "default"), common.model or "default")


def _unrecorded(_: Event) -> None:
    """Let an answer go by that is no part of the run."""
