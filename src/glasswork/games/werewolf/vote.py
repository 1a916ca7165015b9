"""Votes: the election of a mayor, and the exile at the end of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from glasswork.games.werewolf.asking import NOBODY, Given
from glasswork.games.werewolf.deaths import exile
from glasswork.games.werewolf.floor import Floor, Steps
from glasswork.games.werewolf.night import most


def election(floor: Floor) -> Steps[None]:
    """Elect the mayor: everybody living names another, all at once; ties are drawn."""
    state = floor.state
    given = yield [floor.ask(name, "elect", state.others(name)) for name in state.alive]
    backed: Counter[str] = Counter()
    for each in given:
        if floor.legal(each):
            backed[each.answer] += 1
            floor.tell("backed", each.ask.player, each.answer, asked=each.place)
    first = most(backed, state.alive)
    elected = floor.draw("election").choice(first) if len(first) > 1 else next(iter(first), "")
    floor.tell("elected", to=elected)


def vote(floor: Floor) -> Steps[None]:
    """Let the village vote, and exile whoever that says."""
    name = yield from _found(floor)
    if name and name != NOBODY:
        yield from exile(floor, name)
    else:
        floor.tell("spared")


def _found(floor: Floor) -> Steps[str]:
    """Return who is to be exiled; "" or ``NOBODY`` for nobody."""
    rules = floor.rules.vote
    among: Sequence[str] = floor.state.alive
    last = 1 + rules.revotes if rules.tie == "revote" else 1
    for number in range(1, last + 1):
        counts = yield from _counted(floor, among, number)
        if rules.majority == "strict":
            return _absolute(floor, counts)
        tied = most(counts, [*floor.state.alive, NOBODY])
        if len(tied) < 2:
            return tied[0] if tied else ""
        if (chosen := (yield from _untied(floor, tied, number))) or number == last:
            return chosen
        among = [one for one in tied if one != NOBODY]
    return ""


def _absolute(floor: Floor, counts: dict[str, float]) -> str:
    """Return who has more than half of all votes of those alive."""
    half = sum(_weight(floor, name) for name in floor.state.alive) / 2
    return next((name for name, votes in counts.items() if votes > half), "")


def _untied(floor: Floor, tied: list[str], number: int) -> Steps[str]:
    """Return whom the mayor, or else a draw, chooses of those tied; "" where there is neither."""
    rules, state = floor.rules.vote, floor.state
    mayor = state.mayor if floor.rules.mayor is not None and floor.rules.mayor.breaks_ties else ""
    again = rules.tie == "revote" and number <= rules.revotes
    known = rules.shown != "nothing" or rules.order == "in_turn" or again
    # Where votes are secret, the mayor learns who is tied by being asked, and the village only where it votes again.
    floor.tell("tied", names=tied, seen_by=None if known else (mayor,) if mayor else ())
    if mayor:
        (given,) = yield [floor.ask(mayor, "tie", tied, number)]
        if floor.legal(given):
            to = "" if given.answer == NOBODY else given.answer
            floor.tell("decided", mayor, to, asked=given.place)
            return given.answer
    if again:
        return ""
    drawn = rules.still_tied if rules.tie == "revote" else rules.tie
    return floor.draw("tie", number).choice(tied) if drawn == "random" else ""


def _counted(floor: Floor, among: Sequence[str], number: int) -> Steps[dict[str, float]]:
    """Ask everybody alive for a vote, and return the votes for each who has any, by seat."""
    rules, state = floor.rules.vote, floor.state
    asks = [floor.ask(name, "vote", _eligible(floor, name, among), number) for name in state.alive]
    counts: dict[str, float] = {}
    for batch in [asks] if rules.order == "together" else [[ask] for ask in asks]:
        for given in (yield batch):
            _cast(floor, given, counts)
    counts = {name: counts[name] for name in (*state.alive, NOBODY) if name in counts}
    secret = rules.shown == "nothing" and rules.order == "together"
    floor.tell("counted", counts=counts, seen_by=() if secret else None)
    return counts


def _eligible(floor: Floor, name: str, among: Sequence[str]) -> list[str]:
    """Return for whom somebody may vote."""
    return [*(one for one in among if one != name), *([NOBODY] if floor.rules.vote.may_pass else [])]


def _cast(floor: Floor, given: Given, counts: dict[str, float]) -> None:
    """Count a vote, and tell it to those who may know of it."""
    if not floor.legal(given):
        return
    rules, by = floor.rules.vote, given.ask.player
    to = "" if given.answer == NOBODY else given.answer
    if to or rules.passes_count:
        counts[given.answer] = counts.get(given.answer, 0) + _weight(floor, by)
    public = rules.shown == "who" or rules.order == "in_turn"
    floor.tell("voted", by, to, seen_by=None if public else (by,), asked=given.place)


def _weight(floor: Floor, name: str) -> float:
    """Return how many votes somebody's vote is."""
    mayor = floor.rules.mayor
    return mayor.weight if mayor is not None and name == floor.state.mayor else 1
