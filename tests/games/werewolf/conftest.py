"""A game told by hand: two werewolves (Cy, Dot), a seer (Ann), a doctor (Bo), three villagers (Eve, Fay, Gus)."""

from __future__ import annotations

import pytest

from glasswork.definitions import WerewolfRules
from glasswork.games.werewolf.asking import Outcome
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.state import fold

CARDS = {
    "Ann": "seer",
    "Bo": "doctor",
    "Cy": "werewolf",
    "Dot": "werewolf",
    "Eve": "villager",
    "Fay": "villager",
    "Gus": "villager",
}


class Telling:
    """Collects what happens."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.day, self.phase = 1, "setup"
        names = tuple(CARDS)
        for name, card in CARDS.items():
            self("dealt", to=name, names=names, card=card, seen_by=(name,))
        self("pack", names=("Cy", "Dot"), seen_by=("Cy", "Dot"))

    def __call__(self, what: str, by: str = "", to: str = "", **more: object) -> int:
        number = len(self.happenings) + 1
        self.happenings.append(Happening(number, self.day, self.phase, what, by, to, **more))
        return number

    def night(self, day: int) -> None:
        self.day, self.phase = day, "night"
        self("night")

    def morning(self, died: str = "") -> None:
        self.phase = "day"
        self("morning")
        self("died", to=died) if died else self("quiet")

    def says(self, by: str, text: str) -> int:
        return self("spoke", by, text=text)

    def votes(self, **cast: str) -> None:
        for by, to in cast.items():
            self("voted", by, to)
        self("counted", counts={})

    def game(self, number: int = 1, winner: str = "", **more: object) -> RecordedGame:
        outcome = None
        if winner:
            self.phase = "end"
            self("won", text=winner)
            state = fold(self.happenings)
            outcome = Outcome(winner, self.day, dict(state.cards), tuple(state.alive))
        return RecordedGame(
            step="table",
            number=number,
            repetition=1,
            names=tuple(CARDS),
            kinds=("strategy honest",) * 7,
            rules=WerewolfRules(),
            seed=number,
            happenings=tuple(self.happenings),
            outcome=outcome,
            **more,
        )


def example(number: int = 1) -> RecordedGame:
    """Two days; the village wins nothing yet on the first, and loses on the second."""
    tell = Telling()
    tell.night(1)
    tell("protected", "Bo", "Eve", seen_by=("Bo",))
    tell("inspected", "Ann", "Cy", card="werewolf", seen_by=("Ann",))
    tell("attacked", to="Gus", seen_by=("Cy", "Dot"))
    tell.morning("Gus")
    tell("revealed", to="Gus", card="villager")
    tell.says("Ann", "I am the seer. I looked at Cy, Cy is a werewolf.")
    tell.says("Cy", "I am the seer. I looked at Ann, Ann is a werewolf.")
    tell.says("Eve", "I trust Ann. I am not a werewolf.")
    tell.says("Dot", "Cy is a werewolf.")
    tell.says("Bo", "I protected Eve. I suspect Fay.")
    tell.votes(Ann="Cy", Bo="Cy", Cy="Ann", Dot="Cy", Eve="Cy", Fay="Ann")
    tell("exiled", to="Cy")
    tell("revealed", to="Cy", card="werewolf")
    tell.night(2)
    tell("attacked", to="Ann", seen_by=("Cy", "Dot"))
    tell.morning("Ann")
    tell.says("Dot", "I am a villager. I protected Fay.")
    tell.votes(Bo="Dot", Dot="Bo", Eve="Bo", Fay="")
    tell("exiled", to="Bo")
    return tell.game(number, "werewolves")


@pytest.fixture
def telling():
    return Telling


@pytest.fixture
def game():
    return example()


@pytest.fixture
def table_of_seven():
    return example
