"""Players by rule: each a few lines with what it stands for; usable whichever card it is dealt.

They read what they have seen and the ask, and nothing else. They understand what they say to each other ("Bo is a
werewolf", "I am the seer"), in these words only; measures of claims are made by :mod:`glasswork.games.werewolf.claims`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glasswork.games.werewolf.asking import NOBODY, SAVE, Ask
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.reading import Reading, pick, read
from glasswork.registry import Registry

Rule = Callable[[Ask, Sequence[Happening], random.Random], str]


@dataclass(frozen=True)
class Strategist:
    """A rule under a player's name; see :class:`glasswork.games.werewolf.play.Player`."""

    name: str
    rule: Rule

    def answer(self, ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
        """Return what the rule answers."""
        return self.rule(ask, seen, rng)


@dataclass(frozen=True)
class Strategy:
    """A rule with a name. Called with a player's name, it returns the player."""

    name: str
    rule: Rule
    about: str
    """One sentence on what it stands for."""

    def __call__(self, player: str) -> Strategist:
        """Return a player of this name who answers by this rule."""
        return Strategist(player, self.rule)


strategies: Registry[Strategy] = Registry("werewolf strategy", "glasswork.werewolf")


def _strategy(rule: Rule) -> Rule:
    name = rule.__name__.strip("_")
    about = " ".join((rule.__doc__ or "").split())
    strategies.register(name)(Strategy(name, rule, about))
    return rule


@_strategy
def random_(ask: Ask, _seen: Sequence[Happening], rng: random.Random) -> str:
    """Draws evenly among what may be answered, and says nothing: what chance alone would do."""
    return ask.options[int(rng.random() * len(ask.options))] if ask.options else ""


@_strategy
def honest(ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
    """Says nothing untrue: a seer tells what it saw, others keep silent. Believes whoever first said to be the seer."""
    known = read(seen, ask.player)
    if not ask.options:
        found = _findings(known)
        return found if found != known.said else ""
    return _acts(ask, known, [*sorted(known.found), *_believed(known)], rng)


@_strategy
def herd(ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
    """Has no mind of its own: repeats the last accusation, and votes as most have, or for whoever was accused last."""
    known = read(seen, ask.player)
    last = [to for _, to in reversed(known.accused) if to not in known.friends]
    if not ask.options:
        return f"I think so too: {last[0]} is a werewolf." if last else ""
    return _acts(ask, known, [*_crowd(known), *last], rng)


@_strategy
def quiet_wolf(ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
    """Lies low: says it is a villager, bids nothing, and votes with the crowd, even against its own pack."""
    known = read(seen, ask.player)
    if not ask.options:
        return "I am a villager." if ask.kind == "speak" else ""
    if ask.kind == "bid":
        return "0"
    return _acts(ask, known, [*_crowd(known), *(to for _, to in reversed(known.accused))], rng)


@_strategy
def impostor(ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
    """Of the werewolves: says it is the seer, and that somebody not of the pack is a werewolf. Else it is honest."""
    known = read(seen, ask.player)
    if known.card != "werewolf":
        return honest(ask, seen, rng)
    mine = [to for by, to in known.accused if by == known.me]
    if not ask.options:
        return "" if ask.kind == "whisper" else _lies(known, mine, rng)
    return _acts(ask, known, mine, rng)


@_strategy
def grudge(ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
    """Gets back at whoever last accused it or voted for it, and says so; trusts nobody's word on anybody else."""
    known = read(seen, ask.player)
    foes = [by for by, to in (*known.votes, *known.accused) if to == known.me and by not in known.pack]
    foes.reverse()
    if not ask.options:
        return f"{foes[0]} is a werewolf." if foes and ask.kind == "speak" else ""
    return _acts(ask, known, foes, rng)


def _acts(ask: Ask, known: Reading, suspects: Sequence[str], rng: random.Random) -> str:
    """Return what somebody of sense answers who suspects these, most of all the first."""
    plain = {"save": SAVE, "bid": "4" if known.found else "1"}
    if ask.kind in plain:
        return plain[ask.kind]
    wanted, unwanted = _taste(ask, known, suspects)
    hits = ask.kind in {"vote", "shoot", "poison"}
    if hits and NOBODY in ask.options and not any(one in ask.options for one in wanted):
        return NOBODY
    return pick(ask.options, wanted, unwanted, rng)


def _taste(ask: Ask, known: Reading, suspects: Sequence[str]) -> tuple[Sequence[str], set[str]]:
    """Return whom one would choose, first of all the first, and whom one would rather not."""
    if ask.kind == "kill":
        return [one for one in known.seers if one not in known.pack], known.friends
    if ask.kind == "protect":
        return known.seers, set()
    if ask.kind == "inspect":
        return [one for one in suspects if one not in known.looked_at], {*known.looked_at}
    if ask.kind in {"elect", "heir"}:
        return [*known.pack, *known.seers], known.found
    return suspects, known.friends


def _findings(known: Reading) -> str:
    """Return what a seer has to tell; "" from anybody else."""
    if known.card != "seer" or not known.looked_at:
        return ""
    seen = ((one, told if told.startswith("not ") else f"a {told}") for one, told in known.looked_at.items())
    return " ".join(["I am the seer.", *(f"I looked at {one}, {one} is {told}." for one, told in seen)])


def _believed(known: Reading) -> list[str]:
    """Return whom the first who said to be the seer has accused."""
    first = known.seers[:1]
    return [to for by, to in known.accused if by in first and to not in known.friends]


def _crowd(known: Reading) -> list[str]:
    """Return who has votes today, the most voted first, and of those the first voted for."""
    return [name for name, _ in Counter(to for to in known.votes_today if to).most_common() if name != known.me]


def _lies(known: Reading, mine: Sequence[str], rng: random.Random) -> str:
    """Return a false seer's words: on whom it accused already, or somebody drawn."""
    others = [one for one in known.alive if one not in known.friends]
    if not others:
        return ""
    whom = next((one for one in mine if one in others), None) or rng.choice(others)
    return f"I am the seer. I looked at {whom}, {whom} is a werewolf."
