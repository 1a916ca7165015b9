"""What happens at a table of hidden roles, in words for somebody who looks on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from glasswork.games.werewolf.beliefs import suspicion
from glasswork.records import MatchFinished, MatchStarted, TableHappened, Weighed
from glasswork.view.clean import one_line

SPOKEN = frozenset({"spoke", "last_words", "whispered"})
TEAMS = {"village": "the village wins", "werewolves": "the werewolves win", "nobody": "nobody wins"}
"""How a game can end."""
_PLAIN = frozenset({"werewolf", "villager"})


def card_words(card: str) -> str:
    """Name a card as somebody is called by it: ``a werewolf``, ``the seer``, ``not a werewolf``."""
    card = one_line(card)
    if card.startswith("not "):
        return card
    return f"{'a' if card in _PLAIN else 'the'} {card}"


def winner_words(winner: str) -> str:
    """Say who has won."""
    return TEAMS.get(winner, f"{one_line(winner) or 'nobody'} wins")


def phase_words(day: int, phase: str) -> str:
    """Name a part of a game."""
    return {"setup": "The cards", "night": f"Night {day}", "day": f"Day {day}"}.get(phase, "The end")


def act_words(event: TableHappened) -> str:
    """Say what happened, without who did it where somebody did; empty where a heading says it.

    What somebody said is left to the caller: :data:`SPOKEN` says what is speech.
    """
    special = _SPECIAL.get(event.what)
    if special is not None:
        return special(event)
    to, text = one_line(event.to), one_line(event.text)
    form = _FORMS.get(event.what)
    if form is None:
        return " ".join(filter(None, (one_line(event.what), to, one_line(event.card), text)))
    return form.format(to=to or "nobody", card=card_words(event.card), text=text)


def _protected(event: TableHappened) -> str:
    return "protects themselves" if event.to == event.by else f"protects {one_line(event.to) or 'nobody'}"


def _won(event: TableHappened) -> str:
    return f"{winner_words(event.text)}{f': {some(event.names)}' if event.names else ''}"


def _looked(event: TableHappened) -> str:
    verb = "looks at" if event.what == "inspected" else "learns of"
    return f"{verb} {one_line(event.to)}: {card_words(event.card)}" if event.to else f"{verb} nobody"


_SPECIAL: dict[str, Callable[[TableHappened], str]] = {
    "protected": _protected,
    "won": _won,
    "inspected": _looked,
    "learned": _looked,
    "held": lambda event: f"does nothing ({one_line(event.text)})" if event.text else "does nothing",
    "counted": lambda event: tally_words(event.counts),
    "tied": lambda event: f"a tie between {some(event.names)}",
    "pack": lambda event: f"the werewolves: {some(event.names)}",
}
_FORMS = {
    "bid": "wants to speak: {text} of 4",
    "illegal": "answers “{text}”, which cannot be done: nothing is done",
    "night": "",
    "morning": "",
    "dealt": "{to} is dealt a card: {card}",
    "proposed": "wants to kill {to}",
    "attacked": "the werewolves attack {to}",
    "victim": "the witch is told: {to} was attacked",
    "saved": "saves {to}",
    "poisoned": "poisons {to}",
    "died": "{to} is dead",
    "quiet": "nobody died in the night",
    "revealed": "{to} was {card}",
    "elected": "{to} is elected mayor",
    "handed_on": "hands the office of mayor to {to}",
    "kept_silent": "says nothing",
    "voted": "votes for {to}",
    "decided": "decides as mayor: {to}",
    "exiled": "{to} is exiled",
    "spared": "nobody is exiled",
    "shot": "shoots {to}",
    "unmasked": "{to} was {card}",
}


def happening_words(event: TableHappened) -> str:
    """Say in one line what happened."""
    by, act = one_line(event.by), act_words(event)
    if event.what in SPOKEN:
        how = {"spoke": "says", "whispered": "whispers", "last_words": "says at last"}[event.what]
        return f"{by} {how}: {one_line(' '.join(event.text.split()))}"
    if event.what == "learned" and not by:
        by = "the medium"
    if not act:
        return "night falls" if event.what == "night" else "the day breaks"
    return f"{by} {act}" if by else act


def tally(votes: Iterable[TableHappened]) -> dict[str, float]:
    """Count votes, each as one: what a mayor's is worth only the game's own count tells."""
    return dict(Counter(vote.to for vote in votes))


def tally_words(counts: Mapping[str, float]) -> str:
    """Write votes, the most first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{one_line(name) or 'nobody'} {count:g}" for name, count in ordered) or "no votes"


def some(names: Iterable[str]) -> str:
    """List names."""
    return ", ".join(map(one_line, names))


def weighed_words(event: Weighed) -> str:
    """Say in one line what somebody answered on the side."""
    by, about = one_line(event.by), one_line(event.about)
    if event.question == "bid":  # its options are its levels, from 0
        mean = sum(option.probability * level for level, option in enumerate(event.options))
        return f"{by} wants to speak: {mean:.1f} of 4"
    share = suspicion(event)
    return f"{by} is asked about {about}" if share is None else f"{by} gives {about} {share:.0%} of being a werewolf"


def table_words(event: MatchStarted | MatchFinished) -> str:
    """Say that a game of hidden roles begins, or how it ended."""
    if isinstance(event, MatchStarted):
        return f"{some(event.players)} sit down"
    return f"over, {winner_words(event.ended)}"
