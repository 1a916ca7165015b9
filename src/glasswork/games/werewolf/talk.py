"""The talk of a day: who speaks when."""

from __future__ import annotations

import re

from glasswork.games.werewolf.asking import BIDS
from glasswork.games.werewolf.floor import Floor, Steps


def talk(floor: Floor) -> Steps[None]:
    """Let the village talk."""
    if floor.rules.talk.order == "bidding":
        yield from _bidden(floor)
    elif floor.rules.talk.order != "silent":
        for number in range(1, floor.rules.talk.rounds + 1):
            for name in speakers(floor, number):
                yield from _says(floor, name, number)


def speakers(floor: Floor, number: int) -> list[str]:
    """Return who speaks in one round of a day, in order."""
    order, state = floor.rules.talk.order, floor.state
    speaking = list(state.alive)
    if order == "random":
        floor.draw("talk", number).shuffle(speaking)
    elif order == "round_robin":
        speaking = _from(speaking, floor.draw("talk").randrange(len(speaking)))
    elif order == "rotating":
        seat = (state.day - 1) % len(state.names)
        after = (at for at, name in enumerate(speaking) if state.names.index(name) >= seat)
        speaking = _from(speaking, next(after, 0))
    mayor = floor.rules.mayor
    if mayor is not None and mayor.speaks_last and state.mayor in speaking:
        speaking = [*_without(speaking, state.mayor), state.mayor]
    return speaking


def _from(names: list[str], first: int) -> list[str]:
    return names[first:] + names[:first]


def _without(names: list[str], name: str) -> list[str]:
    return [one for one in names if one != name]


def _says(floor: Floor, name: str, number: int) -> Steps[None]:
    (given,) = yield [floor.ask(name, "speak", round=number)]
    words = given.answer.strip()
    floor.tell("spoke" if words else "kept_silent", name, text=words, asked=given.place)


def _bidden(floor: Floor) -> Steps[None]:
    """Let whoever wants it most speak next, again and again."""
    last = ""
    for turn in range(1, floor.rules.talk.turns + 1):
        given = yield [floor.ask(name, "bid", BIDS, turn) for name in floor.state.others(last)]
        bids: dict[str, int] = {}
        for each in given:
            if floor.legal(each):
                by = each.ask.player
                bids[by] = int(each.answer)
                shown = None if floor.rules.talk.bids_shown else ()
                floor.tell("bid", by, text=each.answer, seen_by=shown, asked=each.place)
        if bids:
            last = _highest(floor, bids, turn)
            yield from _says(floor, last, turn)


def _highest(floor: Floor, bids: dict[str, int], turn: int) -> str:
    """Return who bids most; ties are drawn, among those whom the last statement named where there are such."""
    top = max(bids.values())
    tied = [name for name in floor.state.alive if bids.get(name) == top]
    said = floor.state.last_statement
    named = [name for name in tied if said is not None and names_whom(said.text, name)]
    drawn_among = named or tied
    return drawn_among[0] if len(drawn_among) == 1 else floor.draw("bid", turn).choice(drawn_among)


def names_whom(text: str, name: str) -> bool:
    """Say whether a text names somebody: as a word, in capital letters or small ones."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None
