"""The ledger of claims: what was claimed in public, whether it is so, and whether the speaker knew.

Truth is held against the cards. Honesty is held against what the speaker knew when he spoke: his own card, his pack,
what he has looked at, what was revealed, and what follows from it by counting cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from glasswork.definitions import WerewolfRules
from glasswork.games.werewolf.claims import Claim, claims
from glasswork.games.werewolf.happening import Happening, knows
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.records import Record

Truth = Literal["true", "false", "open"]
Honesty = Literal["honest", "lie", "guess"]
SPOKEN = frozenset({"spoke", "last_words"})


class Entry(Record):
    """One claim, judged."""

    step: str
    game: int
    day: int
    number: int
    """Of the utterance among what happened in the game."""
    claim: Claim
    truth: Truth
    """``open``: the card that it is about was not recorded."""
    honesty: Honesty
    """``honest``: the speaker knew it to be so. ``lie``: knew it not to be so, or tells of an act that he did not do.
    ``guess``: could not know."""


def ledger(game: RecordedGame) -> tuple[Entry, ...]:
    """Return every claim made in public in a game, in order."""
    spoken = [(place, one) for place, one in enumerate(game.happenings) if one.what in SPOKEN]
    return tuple(
        _entry(game, one, claim, game.happenings[:place])
        for place, one in spoken
        for claim in claims(one.text, one.by, game.names)
    )


def _entry(game: RecordedGame, one: Happening, claim: Claim, past: Sequence[Happening]) -> Entry:
    known = [each for each in past if knows(each, claim.speaker)]
    return Entry(
        step=game.step,
        game=game.number,
        day=one.day,
        number=one.number,
        claim=claim,
        truth=_truth(game, claim, past),
        honesty=_honesty(game.rules, claim, known),
    )


def _truth(game: RecordedGame, claim: Claim, past: Sequence[Happening]) -> Truth:
    if claim.kind in _ACTS:
        return "true" if _did(claim, past) else "false"
    card = game.cards.get(claim.about)
    if card is None:
        return "open"
    return "true" if _is(card, _said(claim)) != claim.denied else "false"


def _honesty(rules: WerewolfRules, claim: Claim, known: Sequence[Happening]) -> Honesty:
    if claim.kind in _ACTS:
        return "honest" if _did(claim, known) else "lie"
    if claim.kind == "result":
        told = {
            one.card for one in known if one.what == "inspected" and one.by == claim.speaker and one.to == claim.about
        }
        # Who was told the card may tell the team of it, not the other way round.
        return "honest" if any(_fits(card, claim.says) for card in told) else "lie"
    fits = Knowledge(rules, known, claim.speaker).fits(claim.about, _said(claim))
    if fits is None:
        return "guess"
    return "honest" if fits != claim.denied else "lie"


def _said(claim: Claim) -> str:
    """Return what is claimed of whom it is about: a card or a team, implied where it is not said."""
    return claim.says or ("werewolf" if claim.kind == "accusation" else "not a werewolf")


_ACTS = {"protected": {"protected", "saved"}, "poisoned": {"poisoned"}}


def _did(claim: Claim, past: Sequence[Happening]) -> bool:
    acts = _ACTS[claim.kind]
    return any(one.what in acts and one.by == claim.speaker and one.to == claim.about for one in past)


def _is(card: str, said: str) -> bool:
    return (card != "werewolf") if said == "not a werewolf" else card == said


def _fits(told: str, said: str) -> bool:
    """Say whether what was told of somebody, a card or a team, bears out what is said."""
    return told == said or (said == "not a werewolf" and told != "werewolf")


class Knowledge:
    """What somebody knows of the cards."""

    def __init__(self, rules: WerewolfRules, known: Sequence[Happening], me: str) -> None:
        """Take in what somebody called ``me`` has seen."""
        self.rules = rules
        self.told: dict[str, str] = {}
        """By name: a card, or ``not a werewolf``."""
        for one in known:
            self._take(one, me)

    def _take(self, one: Happening, me: str) -> None:
        if one.what == "dealt" and one.to == me:
            self._learn(me, one.card)
        elif one.what == "pack":
            for name in one.names:
                self._learn(name, "werewolf")
        elif one.what in {"revealed", "learned", "unmasked"} or (one.what == "inspected" and one.by == me):
            self._learn(one.to, one.card)

    def _learn(self, name: str, told: str) -> None:
        if self.told.get(name, "not a werewolf") == "not a werewolf":
            self.told[name] = told

    def fits(self, name: str, said: str) -> bool | None:
        """Say whether something said of somebody is known to be so; None: that is open.

        Args:
            name: Of whom.
            said: A card, or ``not a werewolf``.
        """
        told = self.told.get(name)
        if told is not None and told != "not a werewolf":
            return _is(told, said)
        # All copies of a card may be known to lie elsewhere.
        counted = Counter(self.told.values())
        no_wolf = told == "not a werewolf" or counted["werewolf"] == self.rules.roles.get("werewolf", 0)
        if said in {"werewolf", "not a werewolf"}:
            return (said != "werewolf") if no_wolf else None
        return False if counted[said] >= self._copies(said) else None

    def _copies(self, card: str) -> int:
        return {str(one): count for one, count in self.rules.roles.items()}.get(card, 0)
