"""The axelrod library's strategies as players: 240 of them, asked in one process beside ours, for all matches of a run.

They keep states and draw as they like, yet here a move is a function of what the player sees, the match's seed and the
seat: :mod:`glasswork.games.axelrod_worker` can always begin anew and go through the history again. They are told the
length of a match where the rules tell it, and otherwise that it has none; and of the rounds what was done, slips
included. What they read of payoffs are their own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import count
from typing import Any, NoReturn

from glasswork.errors import GlassworkError, MissingExtra, NotFound, UserError
from glasswork.games.match import View
from glasswork.games.rules import FixedHorizon, Game, MatrixGame, generator
from glasswork.records import Record

VERSION = "4.13.1"
"""Of the library: strategies of other versions may move otherwise, and later ones need torch."""
WORKER = (sys.executable, "-P", "-m", "glasswork.games.axelrod_worker")
"""Without the working folder on the path: nothing of a project is imported in the library's place."""
START_SECONDS = 300.0
"""Importing the library takes 13 to 34 s on a machine of two cores."""
_EXTRA = "axelrod"
_TAIL = 4000
"""Bytes of its last words."""

OnProgress = Callable[[str], None]
"""Is given a line about how a start goes on."""


class AxelrodStrategy(Record):
    """What the library says of one of its strategies."""

    name: str
    draws: bool = False
    """Whether it throws dice."""
    memory: int | None = None
    """How many rounds it remembers; None: all."""
    slow: bool = False
    """Whether it takes long, since it asks many other strategies or searches."""
    cheats: bool = False
    """Whether it looks into the other player, or keeps something between matches: nobody plays against it here."""

    @property
    def about(self) -> str:
        """All of this in words."""
        rounds = {None: "remembers all rounds", 0: "remembers nothing", 1: "remembers one round"}
        memory = rounds.get(self.memory, f"remembers {self.memory} rounds")
        others = (("throws dice", self.draws), ("takes long", self.slow), ("cheats", self.cheats))
        return ", ".join([memory, *(word for word, is_so in others if is_so)])


@cache
def axelrod_strategies() -> dict[str, AxelrodStrategy]:
    """Return what is known of the library's strategies, by name, without importing it."""
    text = files("glasswork.games").joinpath("axelrod_strategies.json").read_text(encoding="utf-8")
    found = [AxelrodStrategy.model_validate(one) for one in json.loads(text)["strategies"]]
    return {one.name: one for one in found}


def axelrod_strategy(name: str) -> AxelrodStrategy:
    """Return what is known of a strategy that can be played; says so at once where it cannot.

    Raises:
        NotFound: the library has none of this name; the nearest is suggested.
        UserError: it does not play by the rules.
    """
    known = axelrod_strategies()
    if name not in known:
        raise NotFound("strategy of the axelrod library", name, known, hint="all of them: glasswork list axelrod")
    if known[name].cheats:
        raise UserError(
            f"{name} of the axelrod library does not play by the rules: it keeps what it learns for its next match",
            hint="a match must not depend on another",
        )
    return known[name]


def fits_axelrod(game: Game) -> bool:
    """Say whether the library's strategies can play a game: two players, two actions each; the first counts as C."""
    return isinstance(game, MatrixGame) and {len(actions) for actions in game.actions} == {2}


class AxelrodPlayer:
    """One strategy of the library in one match. It is a player: see :class:`glasswork.games.play.AsyncPlayer`."""

    def __init__(self, library: AxelrodLibrary, strategy: str, *, seed: int, name: str = "") -> None:
        self.name = name or strategy
        self.strategy = strategy
        self._library = library
        self._seed = seed
        self._number = library.number()

    async def move(self, view: View, _rng: random.Random) -> str:
        """Return the label of what the strategy means to do; its draws come from the match's seed and its seat.

        Raises:
            UserError: it cannot play this game.
            GlassworkError: the library's process has ended.
        """
        game = view.game
        if not fits_axelrod(game):
            raise UserError(
                f"{self.strategy} of the axelrod library cannot play {game.name}: "
                "it is for games of two players with two actions each"
            )
        question = _question(view) | {"player": self._number, "strategy": self.strategy}
        seed = generator(self._seed, "axelrod", view.seat).getrandbits(32)
        answer = await self._library.ask(question | {"seed": seed})
        if "error" in answer:
            raise UserError(
                f"{self.strategy} of the axelrod library cannot play {game.name}: {answer['error'].strip(' :')}",
                hint="some of its strategies need payoffs like those of prisoners_dilemma_axelrod",
            )
        return view.actions["CD".index(answer["move"])]


def _question(view: View) -> dict[str, Any]:
    told = view.horizon
    return {
        "length": told.rounds if isinstance(told, FixedHorizon) else None,
        "noise": view.noise,
        "payoffs": [[_pair(view, own, other) for other in (0, 1)] for own in (0, 1)],
        "mine": "".join("CD"[move] for move in view.mine),
        "theirs": "".join("CD"[move] for move in view.theirs),
    }


def _pair(view: View, own: int, other: int) -> tuple[float, float]:
    """Return what a pair of moves pays, the player itself first."""
    moves = (own, other) if view.seat == 0 else (other, own)
    paid = view.game.pay([view.game.legal(seat)[move] for seat, move in enumerate(moves)])
    return paid[view.seat], paid[1 - view.seat]


class AxelrodLibrary:
    """The process that has the library. Open it with :func:`open_axelrod`; it ends with :meth:`aclose`, and with us."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers, self._ids = count(1), count(1)
        self._open: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._said = b""
        """What the process last wrote to stderr."""
        self._reading = asyncio.ensure_future(self._read())

    def names(self) -> tuple[str, ...]:
        """Return the names of all strategies that can be played, sorted."""
        return tuple(sorted(one.name for one in axelrod_strategies().values() if not one.cheats))

    def player(self, strategy: str, *, seed: int, name: str = "") -> AxelrodPlayer:
        """Return a strategy as a player in one match.

        Args:
            strategy: As the library calls it.
            seed: Of the match.
            name: What the match calls the player; default: as the strategy.

        Raises:
            NotFound: the library has none of this name; the nearest is suggested.
            UserError: it does not play by the rules.
        """
        return AxelrodPlayer(self, axelrod_strategy(strategy).name, seed=seed, name=name)

    def number(self) -> int:
        """Return a number that no other player of this process has."""
        return next(self._numbers)

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one question; many may be asked at once.

        Raises:
            GlassworkError: the process has ended.
        """
        assert self._process.stdin is not None, "it was started with pipes"
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            if self._reading.done():
                raise self._gone()
            self._process.stdin.write(json.dumps({"id": number} | question).encode() + b"\n")
            await self._process.stdin.drain()
            return await answer or self._refuse()
        except ConnectionError as error:
            raise self._gone() from error
        finally:
            del self._open[number]

    async def ready(self, on_progress: OnProgress | None = None) -> None:
        """Wait until the library is imported.

        Raises:
            GlassworkError: the process has ended, or takes too long.
            UserError: it is another version of the library.
        """
        began = time.monotonic()
        while not self._ready.done():
            taken = time.monotonic() - began
            if taken > START_SECONDS:
                raise GlassworkError(f"the axelrod library was not there after {taken:.0f} s")
            if on_progress:
                on_progress(f"the axelrod library: {taken:.0f} s; importing it takes up to half a minute")
            await asyncio.wait([self._ready], timeout=1.0)
        version = (self._ready.result() or self._refuse())["version"]
        if version != VERSION:
            raise UserError(
                f"glasswork plays with version {VERSION} of the axelrod library, and {version} is installed",
                hint=f"pip install 'glasswork[{_EXTRA}]'",
            )

    async def aclose(self) -> None:
        """End the process, whatever it is doing. May be called twice."""
        with suppress(ProcessLookupError):  # it has ended by itself
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        """Hand answers to who waits for them; at the end of the process, an empty one to everybody."""
        try:
            await asyncio.gather(self._read_answers(), self._read_errors())
        finally:
            for waiting in (self._ready, *self._open.values()):
                if not waiting.done():
                    waiting.set_result({})

    async def _read_answers(self) -> None:
        assert self._process.stdout is not None, "it was started with pipes"
        async for line in self._process.stdout:
            if not line.endswith(b"\n"):
                break  # it was killed in the middle of an answer
            answer = json.loads(line)
            waiting = self._ready if "version" in answer else self._open.get(answer["id"])
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None, "it was started with pipes"
        while said := await self._process.stderr.read(_TAIL):
            self._said = (self._said + said)[-_TAIL:]

    def _refuse(self) -> NoReturn:
        raise self._gone()

    def _gone(self) -> GlassworkError:
        said = self._said.decode(errors="replace").strip()
        return GlassworkError("the process of the axelrod library has ended" + (f":\n{said}" if said else ""))


async def open_axelrod(on_progress: OnProgress | None = None) -> AxelrodLibrary:
    """Start the library's process and wait until it can be asked; nothing of it is left where that fails.

    Args:
        on_progress: Is told every second how long it has been starting.

    Raises:
        MissingExtra: the library is not installed.
        GlassworkError: the process ended while it started, or takes too long.
        UserError: it is another version of the library.
    """
    if find_spec("axelrod") is None:
        raise MissingExtra("the axelrod library", _EXTRA)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *WORKER,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,  # Ctrl-C is ours to handle
        env=os.environ | {"PYTHONHASHSEED": "0"},  # so that sets come in one order in every process
    )
    library = AxelrodLibrary(process)
    try:
        await library.ready(on_progress)
    except BaseException:
        await library.aclose()
        raise
    return library


@asynccontextmanager
async def axelrod_library(on_progress: OnProgress | None = None) -> AsyncIterator[AxelrodLibrary]:
    """Open the library for a while; see :func:`open_axelrod`."""
    library = await open_axelrod(on_progress)
    try:
        yield library
    finally:
        await library.aclose()
