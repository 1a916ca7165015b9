"""The night: whom the werewolves attack, and what the others do with their powers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from glasswork.definitions import Card
from glasswork.games.werewolf.asking import NOBODY, SAVE, Given
from glasswork.games.werewolf.floor import Floor, Steps, side, together


def night(floor: Floor) -> Steps[None]:
    """Let a night pass.

    Of all who act only the witch has to know what another did, so she is asked last, and all others at once, in the
    order of the rules.
    """
    floor.begin("night", floor.state.day, "night")
    first = [card for card in floor.rules.night if card != "witch"]
    yield from together([part for card in first for part in _parts(floor, card)])
    yield from together([_witch(floor, name) for name in floor.state.living("witch")])


def _parts(floor: Floor, card: Card) -> list[Steps[None]]:
    if card == "werewolf":
        return [_werewolves(floor)]
    power = _POWERS[card]
    return [power(floor, name) for name in floor.state.living(card)]


def _werewolves(floor: Floor) -> Steps[None]:
    """Let the werewolves talk and find whom to attack."""
    kill, state = floor.rules.kill, floor.state
    wolves = state.living("werewolf")
    if not kill.first_night and state.day == floor.first_night:
        return
    for number in range(1, kill.talk + 1 if len(wolves) > 1 else 1):
        for wolf in wolves:
            (given,) = yield [floor.ask(wolf, "whisper", round=number)]
            words = given.answer.strip()
            floor.tell("whispered" if words else "kept_silent", wolf, text=words, seen_by=wolves, asked=given.place)
    naming = [floor.draw("hunting").choice(wolves)] if kill.by == "one" else wolves
    victim = yield from _chosen(floor, naming, wolves)
    floor.tell("attacked", to=victim, seen_by=wolves)


def _chosen(floor: Floor, asked: list[str], wolves: list[str]) -> Steps[str]:
    """Return whom the werewolves name; "" for nobody."""
    kill = floor.rules.kill
    rounds = kill.rounds if kill.by == "consensus" else 1
    named: list[str] = []
    for number in range(1, rounds + 1):
        given = yield [floor.ask(wolf, "kill", _prey(floor), number) for wolf in asked]
        named = _proposed(floor, given, wolves)
        if len(named) == len(asked) and len({*named}) == 1:
            return named[0]
    found = most(Counter(name for name in named if name), floor.state.alive)
    if kill.by == "consensus" and kill.undecided == "nobody":
        return ""
    if len(found) < 2:
        return found[0] if found else ""
    return floor.draw("undecided").choice(found) if kill.undecided == "random" else ""


def _prey(floor: Floor) -> list[str]:
    kill, state = floor.rules.kill, floor.state
    prey = [name for name in state.alive if kill.own or state.cards[name] != "werewolf"]
    return [*prey, NOBODY] if kill.may_pass else prey


def _proposed(floor: Floor, given: list[Given], wolves: list[str]) -> list[str]:
    """Tell the werewolves what each has named, now that all have; return the names, "" for nobody."""
    named = []
    for each in given:
        if floor.legal(each):
            to = "" if each.answer == NOBODY else each.answer
            named.append(to)
            floor.tell("proposed", each.ask.player, to, seen_by=wolves, asked=each.place)
    return named


def most(counts: Counter[str] | dict[str, float], order: list[str]) -> list[str]:
    """Return who was named most, in an order that has nothing to do with who named them."""
    top = max(counts.values(), default=0)
    return [name for name in order if counts.get(name) == top] if top else []


def _protects(floor: Floor, name: str) -> Steps[None]:
    """Let a doctor or guard protect somebody."""
    state = floor.state
    can = floor.rules.doctor if state.cards[name] == "doctor" else floor.rules.guard
    day, last = state.kept.get(name, (0, ""))
    barred = last if not can.twice and day == state.day - 1 else ""
    whom = [one for one in state.alive if one != barred and (can.oneself or one != name)]
    if whom:
        (given,) = yield [floor.ask(name, "protect", whom)]
        if floor.legal(given):
            floor.tell("protected", name, given.answer, seen_by=(name,), asked=given.place)


def _inspects(floor: Floor, name: str) -> Steps[None]:
    """Let a seer look at somebody; one who has looked at all that live is not asked."""
    state, can = floor.state, floor.rules.seer
    known = set() if can.again else state.looked_at.get(name, set())
    whom = [one for one in state.others(name) if one not in known]
    if whom:
        (given,) = yield [floor.ask(name, "inspect", whom)]
        if floor.legal(given):
            card = state.cards[given.answer]
            told = card if can.tells == "role" else side(card)
            floor.tell("inspected", name, given.answer, card=told, seen_by=(name,), asked=given.place)


def _learns(floor: Floor, name: str) -> Steps[None]:
    """Tell a medium of whoever was exiled the day before."""
    exiled = floor.state.exiled
    if exiled:
        card = floor.state.cards[exiled]
        told = card if floor.rules.medium.tells == "role" else side(card)
        floor.tell("learned", to=exiled, card=told, seen_by=(name,))
    yield from ()


def _witch(floor: Floor, name: str) -> Steps[None]:
    """Let a witch save and poison. She is told the victim as long as she has a potion to save with."""
    state, can = floor.state, floor.rules.witch
    saved = False
    if state.used[name, SAVE] < can.saves:
        victim = state.attacked
        floor.tell("victim", to=victim, seen_by=(name,))
        if victim and _may_save(floor, name, victim):
            saved = yield from _potion(floor, name, SAVE, [SAVE, NOBODY])
    if state.used[name, "poison"] < can.poisons and (can.both or not saved):
        yield from _potion(floor, name, "poison", [*state.others(name), NOBODY])


def _may_save(floor: Floor, name: str, victim: str) -> bool:
    oneself = floor.rules.witch.oneself
    return victim != name or oneself == "always" or (oneself == "first_night" and floor.state.day == floor.first_night)


def _potion(floor: Floor, name: str, kind: str, options: list[str]) -> Steps[bool]:
    """Ask a witch about one of her potions; return whether she used it."""
    (given,) = yield [floor.ask(name, "save" if kind == SAVE else "poison", options)]
    if not floor.legal(given):
        return False
    if given.answer == NOBODY:
        floor.tell("held", name, text=kind, seen_by=(name,), asked=given.place)
        return False
    to = floor.state.attacked if kind == SAVE else given.answer
    floor.tell("saved" if kind == SAVE else "poisoned", name, to, seen_by=(name,), asked=given.place)
    return True


def dying(floor: Floor) -> dict[str, str]:
    """Return who dies of the night, by seat, and of what: ``killed`` by the werewolves, or ``poisoned``.

    Nothing helps against poison; who is both attacked and poisoned counts as poisoned.
    """
    state = floor.state
    victim = state.attacked
    protected, saved = victim in state.protected, victim in state.saved
    lives = floor.rules.guarded_and_saved == "lives" if protected and saved else protected or saved
    causes = {victim: "killed"} if victim and not lives else {}
    causes |= dict.fromkeys(state.poisoned, "poisoned")
    return {name: causes[name] for name in state.alive if name in causes}


_POWERS: dict[Card, Callable[[Floor, str], Steps[None]]] = {
    "doctor": _protects,
    "guard": _protects,
    "seer": _inspects,
    "medium": _learns,
}
