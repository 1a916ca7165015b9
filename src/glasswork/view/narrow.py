"""A part of a run: a step, one of its rounds or items, a turn of a team; with all that runs within."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from glasswork import places
from glasswork.records import HumanAnswered, HumanAsked, MessageSent, RoundPlayed, SpeakerChosen, TableHappened, Weighed
from glasswork.view.rounds import Decision, Item, Round

_GAME = re.compile(r"(?P<step>[^#:]+):(?P<item>\d+)")


@dataclass(frozen=True)
class Part:
    """What to show of a run. A number is 0 where it does not matter."""

    step: str
    round: int = 0
    item: int = 0
    turn: int = 0

    @classmethod
    def named(cls, name: str) -> Part:
        """Read ``build``, ``build#2``, ``review#1:7``, ``check#1.read``, ``chat#1.3``; ``table:5`` is a whole match."""
        place = places.parse(name)
        game = _GAME.fullmatch(name)
        if game is not None:
            return cls(game["step"], item=int(game["item"]))
        numbered = name != place.step
        return cls(place.step, place.round if numbered else 0, place.item, place.turn)

    def holds(self, round_: Round) -> bool:
        """Whether a round is it, or runs within it."""
        step, number, item = round_.key
        if round_.match is not None and step == self.step:
            return self.item in {0, item}  # a number is of a round of the match
        while True:
            if step == self.step and self.round in {0, number} and self.item in {0, item}:
                return True
            outside = places.outer(step)
            if outside is None:
                return False
            step, number, item = outside.step, outside.round, outside.item

    def cut(self, round_: Round) -> Round:
        """Return a round with what belongs to the turn, where one is asked for."""
        if round_.match is not None and round_.step == self.step and self.round:
            return replace(round_, items=[item for item in round_.items if self._of_move(item)])
        if not self.turn:
            return round_
        return replace(round_, items=[item for item in round_.items if self._of_turn(item)])

    def _of_move(self, item: Item) -> bool:
        """Whether something belongs to the round of a match, and where a seat is named, to no other's decision."""
        if isinstance(item, Decision):
            place = places.parse(item.id)
            return place.round == self.round and self.turn in {0, place.turn}
        if isinstance(item, TableHappened | Weighed):
            return False
        if isinstance(item, HumanAsked | HumanAnswered) and item.decision:
            place = places.parse(item.decision)
            return place.round == self.round and self.turn in {0, place.turn}
        return not isinstance(item, RoundPlayed) or item.number == self.round

    def _of_turn(self, item: Item) -> bool:
        if isinstance(item, Decision):
            return places.parse(item.id).turn == self.turn
        return isinstance(item, MessageSent | SpeakerChosen) and item.turn == self.turn
