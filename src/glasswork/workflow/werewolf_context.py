"""What a player of werewolf is shown, in pieces that can be cited and taken away; and what a speech may be for.

Everything here is a function of what the player has *seen*, and of the rules, which all know. What everybody saw comes
first and what only this player knows comes last: so the players of a table share most of their prompts, and servers
read it once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from glasswork.definitions import CARDS, Card, WerewolfRules
from glasswork.games.werewolf import NOBODY, Ask, Happening, asked, card_in_words, rules_in_words, told
from glasswork.games.werewolf.happening import DEATHS
from glasswork.records import Segment

_WORDS = frozenset({"spoke", "last_words", "whispered"})
_VOTES = frozenset({"voted", "counted", "tied", "decided", "exiled", "spared"})
_SEVERAL = frozenset({"werewolf", "villager"})
"""Cards of which there usually are several."""
_OPENING = frozenset({"dealt", "pack", "unmasked", "won"})
"""Told otherwise, or too late to matter to anybody who decides."""

ACCUSE = "accuse somebody of being a werewolf"
DEFEND = "speak up for somebody"
REVEAL = "say which card you hold"
PRETEND = "pretend to hold another card"
FOUND = "say what you found out in the night"
LITTLE = "say little, and watch the others"


def context(rules: WerewolfRules, names: Sequence[str], ask: Ask, seen: Sequence[Happening]) -> tuple[Segment, ...]:
    """Return what a player has before it when it is asked something."""
    return tuple(
        Segment(id=f"s{number}", source=f"werewolf.{source}", text=text)
        for number, (source, text) in enumerate(_pieces(rules, names, ask, seen), start=1)
    )


def _pieces(
    rules: WerewolfRules, names: Sequence[str], ask: Ask, seen: Sequence[Happening]
) -> Iterator[tuple[str, str]]:
    yield "rules", " ".join(rules_in_words(rules, names))
    for day, source, group in _grouped(one for one in seen if one.seen_by is None and one.what not in _OPENING):
        yield f"day_{day}.{source}", " ".join(told(one) for one in group)
    yield "you", _you(rules, ask.player, seen)
    for one in seen:
        if one.seen_by is not None and one.what not in _OPENING:
            yield f"day_{one.day}.{one.what}", f"{_when(one)}: {told(one, ask.player)}"
    yield "now", _now(names, ask, seen)


def _grouped(public: Iterator[Happening]) -> Iterator[tuple[int, str, list[Happening]]]:
    """Yield what is told in one piece: each speech by itself, all votes of a day, all news of a morning."""

    def place(one: Happening) -> tuple[int, str, int]:
        kind = "words" if one.what in _WORDS else "votes" if one.what in _VOTES else "news"
        return one.day, kind, one.number if kind == "words" else 0

    for (day, kind, _), group in groupby(public, place):
        yield day, kind, list(group)


def identity(player: str, seen: Sequence[Happening]) -> str:
    """Return who somebody is, in a sentence."""
    card = _card(player, seen)
    return f"You are {player}, {'a' if card in _SEVERAL else 'the'} {card}."


def _card(player: str, seen: Sequence[Happening]) -> Card:
    return next(card for one in seen if one.what == "dealt" and one.to == player for card in CARDS if card == one.card)


def _you(rules: WerewolfRules, player: str, seen: Sequence[Happening]) -> str:
    card = _card(player, seen)
    pack = [told(one, player) for one in seen if one.what == "pack"]
    return " ".join([f"You are {player}.", card_in_words(card, rules), *pack])


def _when(one: Happening) -> str:
    return f"Night {one.day}" if one.phase == "night" else f"Day {one.day}"


def _now(names: Sequence[str], ask: Ask, seen: Sequence[Happening]) -> str:
    when = f"It is night {ask.day}." if ask.phase == "night" else f"It is day {ask.day}."
    return f"{when} Alive: {', '.join(alive(names, seen))}. You are {ask.player}."


def alive(names: Sequence[str], seen: Sequence[Happening]) -> tuple[str, ...]:
    """Return who lives, as far as anybody has seen."""
    gone = {one.to for one in seen if one.what in DEATHS}
    return tuple(name for name in names if name not in gone)


# --- what can be chosen -----------------------------------------------------------------------------------------------


def choices(ask: Ask) -> dict[str, str]:
    """Return each option of a question in the words in which it is weighed, with the answer that it stands for."""
    if ask.kind == "save":
        return {("do nothing" if option == NOBODY else "save the victim"): option for option in ask.options}
    return {option: option for option in ask.options}


def intents(ask: Ask, seen: Sequence[Happening], others: Sequence[str]) -> tuple[str, ...]:
    """Return what a player may be up to when it speaks: few, so that a small model can weigh them.

    Args:
        ask: The question: a speech, a whisper, last words.
        seen: What the player knows: where it found something out in the night, it may say so.
        others: Who else lives.
    """
    if ask.kind == "whisper":
        return tuple(f"propose to kill {name}" for name in others)
    found = findings(ask.player, seen)
    return (ACCUSE, DEFEND, REVEAL, PRETEND, *([FOUND] if found else []), LITTLE)


def findings(player: str, seen: Sequence[Happening]) -> dict[str, str]:
    """Return what a player learned of others by its card."""
    return {one.to: one.card for one in seen if one.what in {"inspected", "learned"} and player in (one.seen_by or ())}


def question(rules: WerewolfRules, names: Sequence[str], ask: Ask, seen: Sequence[Happening], before: int) -> str:
    """Return what a person is asked: what is new since the last question, and at first the rules and the card.

    Args:
        rules: Of the game.
        names: Who sat down.
        ask: The question.
        seen: What the person knows.
        before: How much of ``seen`` was told before.
    """
    opening = [*rules_in_words(rules, names), _you(rules, ask.player, seen)] if not before else []
    news = [told(one, ask.player) for one in seen[before:] if one.what not in _OPENING]
    return "\n".join([*opening, *(line for line in news if line), asked(ask)])


def most_pieces(rules: WerewolfRules, day: int) -> int:
    """Return how many segments :func:`context` makes at most on a day, mayors and potions aside."""
    speeches = rules.talk.turns if rules.talk.order == "bidding" else rules.talk.rounds * rules.players
    return 3 + day * (speeches + 4)
