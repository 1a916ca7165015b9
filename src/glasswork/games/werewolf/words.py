"""What happened, what is asked and who one is, in sentences. The rules themselves: :mod:`.rule_words`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from glasswork.definitions import Card, WerewolfRules
from glasswork.games.werewolf.asking import NOBODY, Ask
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.phrases import listed
from glasswork.games.werewolf.winning import team

_DOES: dict[Card, str] = {
    "werewolf": "At night you and the other werewolves attack somebody",
    "villager": "You have no power but your word and your vote",
    "seer": "At night you look at a player, and learn something of that player's card",
    "doctor": "At night you protect a player from the werewolves",
    "guard": "At night you protect a player from the werewolves",
    "witch": "At night you may use your potions",
    "hunter": "When you die you may be able to take somebody with you",
    "medium": "At night you learn something of the card of whoever was exiled",
    "possessed": "You have no power, and do not know who the werewolves are",
}


def card_in_words(card: Card, rules: WerewolfRules) -> str:
    """Return what a player is told of the card dealt to them; the rules themselves say what it can do, and when."""
    side = "You win with the werewolves" if team(card) == "werewolves" else "You win with the village"
    does = _DOES[card]
    if card == "werewolf" and rules.roles["werewolf"] == 1:
        does = "You are the only one. At night you attack somebody"
    the = "the" if rules.roles[card] == 1 else "a"
    return f"You are {the} {card}. {side}. {does}."


def told(happening: Happening, viewer: str = "") -> str:
    """Return what happened, as it is told to somebody who may know of it.

    Args:
        happening: One thing that happened.
        viewer: Who is told, and called "you". Default: a spectator.
    """
    return _TOLD[happening.what](happening, viewer)


def asked(ask: Ask) -> str:
    """Return the question that a player is asked; the options are not in it."""
    if ask.kind == "vote" and ask.round > 1:
        return "There was a tie, and all vote again. Whom do you vote to exile?"
    if ask.kind == "kill" and ask.round > 1:
        return "The werewolves did not name the same player. Whom do you name now?"
    return _ASKED[ask.kind]


_ASKED: Mapping[str, str] = {
    "kill": "Whom do you name to be attacked tonight?",
    "whisper": "What do you say to the other werewolves? Nobody else hears it.",
    "protect": "Whom do you protect tonight?",
    "inspect": "Whom do you look at tonight?",
    "save": "Do you save the player whom the werewolves attack?",
    "poison": "Whom do you poison tonight, if anybody?",
    "shoot": "You are dying. Whom do you shoot?",
    "bid": "How much do you want to speak next, from 0 (not at all) to 4 (very much)?",
    "speak": "What do you say to all?",
    "elect": "Whom do you want as mayor?",
    "vote": "Whom do you vote to exile?",
    "tie": "There is a tie. As the mayor, whom do you choose to exile?",
    "heir": "You are dying. Whom do you name as the next mayor?",
    "last_words": "You are dead. What are your last words to all?",
}


def _is(one: Happening, viewer: str) -> tuple[str, str]:
    """Return who did something and to whom, as a viewer calls them: ``You``, ``you``."""
    by = "You" if viewer and one.by == viewer else one.by
    to = one.to
    if viewer and one.to == viewer:
        to = "yourself" if one.by == viewer else "you"
    return by, to


def _does(you: str, they: str, nobody: str = "") -> Callable[[Happening, str], str]:
    """Return how a deed is told: ``you`` to whoever did it, ``they`` to others, ``{by}`` and ``{to}`` filled in.

    ``nobody`` is what is told to others where it was done to nobody; to whoever did it, ``{to}`` is "nobody" then.
    """

    def tell(one: Happening, viewer: str) -> str:
        by, to = _is(one, viewer)
        if viewer and one.by == viewer:
            return you.format(by=by, to=to or NOBODY, text=one.text)
        return (they if to or not nobody else nobody).format(by=by, to=to or NOBODY, text=one.text)

    return tell


def _befalls(you: str, they: str, nobody: str = "") -> Callable[[Happening, str], str]:
    """Return how a fate is told: ``you`` to whom it befell, ``they`` to others."""

    def tell(one: Happening, viewer: str) -> str:
        if not one.to:
            return nobody
        form = you if viewer and one.to == viewer else they
        return form.format(to=one.to, card=one.card)

    return tell


def _fixed(text: str) -> Callable[[Happening, str], str]:
    return lambda _one, _viewer: text


def _a(card: str) -> str:
    """Return a card, or what is told of it, as what somebody is: ``a seer``, ``not a werewolf``."""
    return card if card.startswith("not ") else f"a {card}"


def _pack(one: Happening, viewer: str) -> str:
    others = [name for name in one.names if name != viewer]
    if viewer not in one.names:
        return f"The werewolves are {listed(others)}." if len(others) > 1 else f"The only werewolf is {others[0]}."
    if not others:
        return "You are the only werewolf."
    return f"The other werewolf is {others[0]}." if len(others) == 1 else f"The other werewolves are {listed(others)}."


def _night(one: Happening, _viewer: str) -> str:
    return f"Night {one.day} begins."


def _morning(one: Happening, _viewer: str) -> str:
    return f"Day {one.day} begins."


def _inspected(one: Happening, viewer: str) -> str:
    by = "You look" if viewer == one.by else f"{one.by} looks"
    return f"{by} at {one.to}: {_a(one.card)}."


def _held(one: Happening, viewer: str) -> str:
    what = {"save": "save nobody", "poison": "poison nobody", "shoot": "do not shoot"}[one.text]
    if viewer == one.by:
        return f"You {what}."
    return f"{one.by} {what.replace('save', 'saves').replace('poison', 'poisons').replace('do not', 'does not')}."


def _learned(one: Happening, _viewer: str) -> str:
    return f"{one.to}, who was exiled, was {_a(one.card)}."


def _revealed(one: Happening, viewer: str) -> str:
    return f"{'You were' if viewer == one.to else f'{one.to} was'} {_a(one.card)}."


def _counted(one: Happening, viewer: str) -> str:
    if not one.counts:
        return "Nobody has a vote."
    each = [f"{'you' if name == viewer else name} {votes:g}" for name, votes in one.counts.items()]
    return f"Votes: {', '.join(each)}."


def _tied(one: Happening, viewer: str) -> str:
    names = ["you" if name == viewer else name for name in one.names]
    return f"Tied with the most votes: {listed(names)}."


def _won(one: Happening, _viewer: str) -> str:
    if one.text == "nobody":
        return "The game is over. Nobody wins."
    who = "The village wins" if one.text == "village" else "The werewolves win"
    return f"The game is over. {who}: {listed(one.names)}."


def _speech(verb_you: str, verb: str) -> Callable[[Happening, str], str]:
    def tell(one: Happening, viewer: str) -> str:
        return f"{f'You {verb_you}' if viewer == one.by else f'{one.by} {verb}'}: {one.text}"

    return tell


def _bid(one: Happening, viewer: str) -> str:
    return f"{'You say' if viewer == one.by else f'{one.by} says'} {one.text} for wanting to speak."


_TOLD: Mapping[str, Callable[[Happening, str], str]] = {
    "dealt": _befalls("Your card: {card}.", "{to}'s card: {card}."),
    "pack": _pack,
    "night": _night,
    "proposed": _does("You name {to} to be attacked.", "{by} names {to} to be attacked."),
    "whispered": _speech("say to the werewolves", "says to the werewolves"),
    "attacked": _befalls("The werewolves attack you.", "The werewolves attack {to}.", "The werewolves attack nobody."),
    "protected": _does("You protect {to}.", "{by} protects {to}."),
    "inspected": _inspected,
    "victim": _befalls("The werewolves attack you.", "The werewolves attack {to}.", "The werewolves attack nobody."),
    "saved": _does("You save {to}.", "{by} saves {to}."),
    "poisoned": _does("You poison {to}.", "{by} poisons {to}."),
    "held": _held,
    "learned": _learned,
    "morning": _morning,
    "died": _befalls("You died in the night.", "{to} died in the night."),
    "quiet": _fixed("Nobody died in the night."),
    "revealed": _revealed,
    "last_words": _speech("say, dying", "says, dying"),
    "backed": _does("You want {to} as mayor.", "{by} wants {to} as mayor."),
    "elected": _befalls("You are elected mayor.", "{to} is elected mayor.", "Nobody is elected mayor."),
    "handed_on": _does(
        "You name {to} as the next mayor.", "{by} names {to} as the next mayor.", "There is no mayor any more."
    ),
    "bid": _bid,
    "spoke": _speech("say", "says"),
    "kept_silent": _does("You say nothing.", "{by} says nothing."),
    "voted": _does("You vote for {to}.", "{by} votes for {to}."),
    "counted": _counted,
    "tied": _tied,
    "decided": _does("You decide as the mayor: {to}.", "{by} decides as the mayor: {to}."),
    "exiled": _befalls("You are exiled.", "{to} is exiled."),
    "spared": _fixed("Nobody is exiled."),
    "shot": _does("You shoot {to}, who dies.", "{by} shoots {to}, who dies."),
    "illegal": _does(
        "Your answer was not one of the options, and counts for nothing: {text}",
        "{by} gives an answer that was not one of the options: {text}",
    ),
    "won": _won,
    "unmasked": _revealed,
}
