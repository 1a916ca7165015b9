"""What players of a game of hidden roles claimed, beside the truth, for those who may know it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import ValidationError

from glasswork.games.werewolf.claims import Claim
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.ledger import Entry, ledger
from glasswork.games.werewolf.recorded import RecordedGame, happening_of, rules_of
from glasswork.games.werewolf.seeing import ALL
from glasswork.records import TableHappened
from glasswork.view.clean import one_line
from glasswork.view.rounds import Round
from glasswork.view.table_words import card_words

_ACTS = frozenset({"protected", "poisoned"})


@dataclass(frozen=True)
class Claimed:
    """One claim, in words."""

    number: int
    """The happening in which it was made."""
    day: int
    by: str
    says: str
    quote: str
    truth: str
    """``true``, ``false``, or ``open`` where nothing that may be known decides it."""
    honest: str
    """Whether it fits what its speaker knew; empty where that may not be known."""
    act: bool = False
    """Whether it is of an act, which nobody else learns of even when the cards lie open."""


def ledger_of(round_: Round, see: str) -> tuple[Claimed, ...]:
    """Return the claims of a game, judged by what ``see`` may know; none where its rules cannot be read."""
    game = _recorded(round_)
    if game is None:
        return ()
    return tuple(_claimed(entry, see) for entry in ledger(game if see == ALL else _open(game)))


def _recorded(round_: Round) -> RecordedGame | None:
    """Return a game as far as it is shown: a whole one could be read as such, one with gaps cannot."""
    started = round_.match
    if started is None:
        return None
    try:
        rules = rules_of(started)
    except ValidationError:  # the tables of results say so; a replay shows what there is
        return None
    happenings = [happening_of(item) for item in round_.items if isinstance(item, TableHappened)]
    if not any(one.what == "dealt" for one in happenings):  # the game began in an earlier part
        happenings += [Happening(0, 1, "setup", "dealt", to=name, card=card) for name, card in round_.cards.items()]
    return RecordedGame(
        step=started.step,
        number=started.match,
        repetition=started.repetition,
        names=started.players,
        kinds=started.kinds,
        rules=rules,
        seed=started.seed,
        happenings=tuple(happenings),
    )


def _open(game: RecordedGame) -> RecordedGame:
    """Return a game whose cards are those that were laid open at its end."""
    dealt = tuple(one._replace(what="dealt") for one in game.happenings if one.what == "unmasked")
    return replace(game, happenings=(*game.happenings, *dealt))


def _claimed(entry: Entry, see: str) -> Claimed:
    claim = entry.claim
    knows = see in {ALL, claim.speaker}
    act = claim.kind in _ACTS
    return Claimed(
        number=entry.number,
        day=entry.day,
        by=claim.speaker,
        says=claim_words(claim),
        quote=one_line(claim.quote),
        truth=entry.truth if knows or not act else "open",
        honest=entry.honesty if knows else "",
        act=act,
    )


def judged_words(claim: Claimed) -> str:
    """Say what is to be thought of a claim; empty where nothing is known."""
    return judged(claim.truth, claim.honest)


def judged(truth: str, honest: str) -> str:
    """Say what is to be thought of a claim that is so or not, and that its speaker knew to be so or not."""
    return _JUDGED.get((truth, honest), honest if truth == "open" else truth)


_JUDGED = {
    ("true", "honest"): "true",
    ("true", "guess"): "a guess, and true",
    ("true", "lie"): "true, and meant as a lie",
    ("false", "honest"): "false, in good faith",
    ("false", "guess"): "a guess, and wrong",
    ("false", "lie"): "a lie",
}


def claim_words(claim: Claim) -> str:
    """Say what somebody claims, to stand after the name of who claims it."""
    about, says = one_line(claim.about), card_words(claim.says) if claim.says else ""
    match claim.kind:
        case "card":
            return f"is {'not ' if claim.denied else ''}{says}"
        case "result":
            return f"looked at {about}: {says}"
        case "protected" | "poisoned":
            return f"{claim.kind} {about}"
        case "accusation":
            return f"{about} is {says}" if says else f"suspects {about}"
    return f"{about} is {says}" if says else f"trusts {about}"
