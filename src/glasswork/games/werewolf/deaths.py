"""Deaths: who falls, what is told of it, whom a hunter takes along, who inherits, last words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glasswork.games.werewolf.asking import NOBODY
from glasswork.games.werewolf.floor import Floor, Steps
from glasswork.games.werewolf.night import dying


def morning(floor: Floor) -> Steps[list[str]]:
    """Let the day break, tell who died, and let hunters shoot; return who died of the night.

    The dead are told of by seat, so that the order says nothing about the cause.
    """
    dead = dying(floor)
    floor.begin("morning", floor.state.day, "day")
    if not dead:
        floor.tell("quiet")
    for name in dead:
        floor.tell("died", to=name)
        floor.reveal(name, floor.rules.reveal_night)
    yield from _shots(floor, dead)
    return [*dead]


def exile(floor: Floor, name: str) -> Steps[None]:
    """Exile somebody, and let a hunter shoot."""
    floor.tell("exiled", to=name)
    floor.reveal(name, floor.rules.reveal_day)
    yield from _shots(floor, {name: "exiled"})


def farewell(floor: Floor, dead: Sequence[str]) -> Steps[None]:
    """Let a dead mayor name the next, then let the dead say their last words, where the rules give them any."""
    yield from _inherits(floor)
    for name in dead:
        (given,) = yield [floor.ask(name, "last_words")]
        words = given.answer.strip()
        floor.tell("last_words" if words else "kept_silent", name, text=words, asked=given.place)


def _inherits(floor: Floor) -> Steps[None]:
    mayor, late = floor.rules.mayor, floor.state.late_mayor
    if mayor is None or not mayor.heir or not late or not floor.state.alive:
        return
    (given,) = yield [floor.ask(late, "heir", [*floor.state.alive, NOBODY])]
    named = floor.legal(given) and given.answer != NOBODY
    floor.tell("handed_on", late, given.answer if named else "", asked=given.place)


def _shots(floor: Floor, dead: Mapping[str, str]) -> Steps[None]:
    """Let the hunters among the dead shoot, one after the other. Who is shot does not shoot."""
    hunter, state = floor.rules.hunter, floor.state
    for name, cause in dead.items():
        if state.cards[name] != "hunter" or cause not in hunter.when or not state.alive:
            continue
        (given,) = yield [floor.ask(name, "shoot", [*state.alive, *([NOBODY] if hunter.may_pass else [])])]
        if not floor.legal(given):
            continue
        if given.answer == NOBODY:
            floor.tell("held", name, text="shoot", seen_by=(name,), asked=given.place)
            continue
        floor.tell("shot", name, given.answer, asked=given.place)
        floor.reveal(given.answer, floor.rules.reveal_day)
