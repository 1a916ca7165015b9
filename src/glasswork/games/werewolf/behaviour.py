"""Trust, confrontation, camouflage and leadership, counted instead of judged.

Xu et al. (arXiv 2309.04658) saw these four emerge, and showed them by examples. Here each is a share with a definition,
a baseline and the happenings that it rests on, so that whoever doubts a number can read what it is made of.

A side on somebody is taken in public: for, by a defence, or by telling of a look that showed no werewolf; against, by
an accusation, by telling of a look that showed one, or by a vote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from glasswork.games.werewolf.claims import Claim, claims
from glasswork.games.werewolf.ledger import SPOKEN
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.votes import Hit, against, followed, living
from glasswork.records import Record
from glasswork.statistics import Share, share

What = Literal["trust", "confrontation", "camouflage", "leadership"]


class Cited(Record):
    """Something that happened, in one of the games."""

    step: str
    game: int
    number: int


class Trait(Record):
    """One trait of one player."""

    name: str
    what: What
    value: Share
    baseline: float | None
    """What there is to compare it with; see the function of the trait. None where nothing was counted."""
    rests_on: tuple[Cited, ...]
    """Without what is only counted in the baseline."""


class Stance(NamedTuple):
    """Somebody took a side on somebody else, in public."""

    number: int
    day: int
    by: str
    about: str
    favours: bool
    vote: bool


def stances(game: RecordedGame) -> tuple[Stance, ...]:
    """Return who took a side on whom, in order; a vote that was not public is none."""
    found = []
    for one in game.happenings:
        if one.what == "voted" and one.to and one.seen_by is None:
            found.append(Stance(one.number, one.day, one.by, one.to, favours=False, vote=True))
        elif one.what in SPOKEN:
            for claim in claims(one.text, one.by, game.names):
                side = _side(claim)
                if side is not None:
                    found.append(Stance(one.number, one.day, one.by, claim.about, favours=side, vote=False))
    return tuple(found)


def _side(claim: Claim) -> bool | None:
    if claim.kind in {"accusation", "defence"}:
        return claim.kind == "defence"
    return claim.says != "werewolf" if claim.kind == "result" else None


def trust(games: Sequence[RecordedGame], name: str) -> Trait:
    """Return how far others trust a player: of all the sides that they took on it in public, those that were for it.

    Baseline: the same share over all players of these games.
    """
    every = [(game, one) for game in games for one in stances(game)]
    own = [(game, one) for game, one in every if one.about == name and one.by != name]
    overall = share(sum(one.favours for _, one in every), len(every))
    return Trait(
        name=name,
        what="trust",
        value=share(sum(one.favours for _, one in own), len(own)),
        baseline=overall.value,
        rests_on=_cited(own),
    )


def confrontation(games: Sequence[RecordedGame], name: str) -> Trait:
    """Return how often a player hits back: of those who spoke against it on a day, those it then turned against.

    One accuser counts once a day, and only where the player takes some side after it on that day. To turn against
    somebody is to accuse or vote for him.

    Baseline: how often it turned then against each of those who lived and had not spoken against it on that day.
    """
    answered: list[tuple[RecordedGame, Stance]] = []
    hits: list[bool] = []
    others: list[bool] = []
    for game in games:
        taken = stances(game)
        for attack in _attacks(taken, name):
            later = [one for one in taken if one.by == name and one.day == attack.day and one.number > attack.number]
            if not later:
                continue
            turned = {one.about for one in later if not one.favours}
            hits.append(attack.by in turned)
            answered += [(game, attack), *((game, one) for one in later if one.about == attack.by and not one.favours)]
            foes = {one.by for one in _attacks(taken, name) if one.day == attack.day}
            rest = [one for one in _alive(game, attack.number) if one not in {*foes, name}]
            others += [one in turned for one in rest]
    return Trait(
        name=name,
        what="confrontation",
        value=share(sum(hits), len(hits)),
        baseline=share(sum(others), len(others)).value,
        rests_on=_cited(answered),
    )


def _attacks(taken: Iterable[Stance], name: str) -> list[Stance]:
    """Return the first words against a player of each other on each day; votes come too late to be answered."""
    first: dict[tuple[int, str], Stance] = {}
    for one in taken:
        if one.about == name and one.by != name and not one.favours and not one.vote:
            first.setdefault((one.day, one.by), one)
    return [*first.values()]


def _alive(game: RecordedGame, number: int) -> tuple[str, ...]:
    return next(alive for one, alive in living(game) if one.number == number)


def camouflage(games: Sequence[RecordedGame], name: str) -> Trait:
    """Return how well a player hides as a werewolf: how often others are more suspected than it on the same day.

    Each day on which it lived as a werewolf and sides were taken, it is compared with every other who lived and is no
    werewolf: who of the two had more sides taken against them by players who are no werewolves, in words and votes.
    Where both had as many nothing is counted.

    Baseline: one half, as if the village could not tell werewolves from others.
    """
    hidden: list[bool] = []
    cited: list[tuple[RecordedGame, Stance]] = []
    for game in games:
        if game.cards.get(name) != "werewolf":
            continue
        taken = [one for one in stances(game) if not one.favours and game.cards[one.by] != "werewolf"]
        for day in sorted({one.day for one in taken}):
            today = [one for one in taken if one.day == day]
            alive = _alive(game, today[0].number)
            if name in alive:
                hidden += _compared(game, name, alive, today)
                cited += [(game, one) for one in today]
    baseline = 0.5 if hidden else None
    return Trait(
        name=name,
        what="camouflage",
        value=share(sum(hidden), len(hidden)),
        baseline=baseline,
        rests_on=_cited(cited),
    )


def _compared(game: RecordedGame, name: str, alive: Iterable[str], today: Sequence[Stance]) -> Iterator[bool]:
    mine = sum(one.about == name for one in today)
    for other in alive:
        if game.cards[other] != "werewolf":
            theirs = sum(one.about == other for one in today)
            if mine != theirs:
                yield theirs > mine


def leadership(games: Sequence[RecordedGame], name: str) -> Trait:
    """Return how far others follow a player: how they vote on the day after it has accused somebody.

    Of all others' votes of that day that came after its first accusation of somebody (without the accused's own),
    those for the accused.

    Baseline: votes drawn evenly among the others who live.
    """
    votes: list[Hit] = []
    cited: list[Cited] = []
    for game in games:
        for one in followed(game):
            if one.call.by == name and one.votes:
                votes += one.votes
                cited.append(Cited(step=game.step, game=game.number, number=one.call.number))
    found = against(votes)
    return Trait(name=name, what="leadership", value=found.value, baseline=found.chance, rests_on=tuple(cited))


def traits(games: Sequence[RecordedGame], name: str) -> tuple[Trait, ...]:
    """Return all four traits of a player."""
    return trust(games, name), confrontation(games, name), camouflage(games, name), leadership(games, name)


def _cited(found: Iterable[tuple[RecordedGame, Stance]]) -> tuple[Cited, ...]:
    places = dict.fromkeys((game.step, game.number, one.number) for game, one in found)
    return tuple(Cited(step=step, game=number, number=happening) for step, number, happening in sorted(places))
