"""The axelrod library in a process of its own: ``python -m glasswork.games.axelrod_worker``, JSON lines in and out.

It is a process because importing the library takes up to half a minute and reads the source of every strategy again.
Each line asks for one move, and brings all that the move depends on: the strategy, its seed, what it may know of the
match, and all that was done so far. A strategy that answered the same match before goes on from there; any other
history is gone through again from its start, with a strategy made anew. So the process has nothing that would be lost
with it, and a match that goes on in another process goes on alike.
"""

from __future__ import annotations

import json
import os
import sys
from collections import OrderedDict
from importlib import import_module
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO, TypedDict

LIVE = 1024
"""Strategies that are kept for their next move; the one unused for longest makes room."""

_SHOWN = 400
"""Characters of an error."""


class Question(TypedDict):
    """What a move depends on."""

    id: int
    player: int
    """Who asks: the same one asks for the next move of the same match."""
    strategy: str
    seed: int
    length: int | None
    """Rounds of the match, where that is told."""
    noise: float
    payoffs: list[list[tuple[float, float]]]
    """The player's own and the other's: a row for each own move, in it a pair for each of the other's."""
    mine: str
    """What was done so far, a letter a round: ``CCD``."""
    theirs: str


class Sitting:
    """One strategy of the library in one match."""

    def __init__(self, library: Any, question: Question) -> None:
        self._actions = library.Action
        self._history: list[tuple[str, str]] = []
        self._other = _other(library)
        (kind,) = [one for one in library.strategies if one.name == question["strategy"]]
        self._player = kind()
        length = float("inf") if question["length"] is None else question["length"]
        self._player.set_match_attributes(length, _game(library, question["payoffs"]), question["noise"])
        if library.Classifiers["stochastic"](self._player):
            self._player.set_seed(question["seed"])
        self._next = self._asked()

    def move(self, history: list[tuple[str, str]]) -> str | None:
        """Return the next move after a history, or None where it is not one that this strategy has seen so far."""
        if history[: len(self._history)] != self._history:
            return None
        for mine, theirs in history[len(self._history) :]:
            own, others = self._actions.from_char(mine), self._actions.from_char(theirs)
            self._player.update_history(own, others)
            self._other.update_history(others, own)
            self._history.append((mine, theirs))
            self._next = self._asked()
        return self._next

    def _asked(self) -> str:
        """Return what the strategy means to do; it is asked once a round, for each asking may draw."""
        return str(self._player.strategy(self._other))


def _other(library: Any) -> Any:
    """Return who stands for the other player: a history, and no strategy that could be looked into."""
    other = library.Player()
    other.name, other.classifier = "the other", {**other.classifier, "stochastic": True, "memory_depth": float("inf")}
    return other


def _game(library: Any, payoffs: list[list[tuple[float, float]]]) -> Any:
    """Return a game as the library has it; its R, P, S and T are what the player itself gets."""
    (r, s), (t, p) = [[_plain(own) for own, _ in row] for row in payoffs]
    game = library.Game(r=r, s=s, t=t, p=p)
    game.B = import_module("numpy").array([[_plain(other) for _, other in row] for row in payoffs])
    game.scores = {pair: game.score(pair) for pair in game.scores}
    return game


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


class Worker:
    """Answers one question after the other."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._sittings: OrderedDict[int, Sitting] = OrderedDict()

    def answer(self, question: Question) -> dict[str, Any]:
        """Return a move, or why there is none."""
        try:
            return {"id": question["id"], "move": self._move(question)}
        except Exception as error:  # noqa: BLE001 - whatever a strategy does, the others play on
            self._sittings.pop(question["player"], None)
            return {"id": question["id"], "error": f"{type(error).__name__}: {error}"[:_SHOWN]}

    def _move(self, question: Question) -> str:
        who, history = question["player"], [*zip(question["mine"], question["theirs"], strict=True)]
        sitting = self._sittings.pop(who, None)
        move = sitting.move(history) if sitting else None
        if sitting is None or move is None:
            sitting = Sitting(self._library, question)
            move = sitting.move(history)
        self._sittings[who] = sitting
        if len(self._sittings) > LIVE:
            self._sittings.popitem(last=False)
        assert move is not None, "a new strategy has seen nothing that could differ"
        return move


def _reading(lines: SimpleQueue[str]) -> None:
    """Take in questions as they come, and end this process when nobody can ask any more, whatever it is doing."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _own_output() -> TextIO:
    """Return the stream for answers, and send to stderr whatever else would be printed among them."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def main() -> None:
    """Say when the library is there, then answer until nobody asks."""
    answers, lines = _own_output(), SimpleQueue[str]()
    Thread(target=_reading, args=(lines,), daemon=True).start()
    library = import_module("axelrod")
    worker, said = Worker(library), {"version": library.__version__}
    while True:
        print(json.dumps(said), file=answers, flush=True)
        said = worker.answer(json.loads(lines.get()))


if __name__ == "__main__":
    main()
