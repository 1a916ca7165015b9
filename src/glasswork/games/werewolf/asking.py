"""Whom the table asks what, and how a game came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from glasswork.definitions import Card
from glasswork.games.werewolf.happening import Phase

NOBODY = "nobody"
"""The option to pass."""
SAVE = "save"
"""What a witch answers who saves the victim."""
BIDS = ("0", "1", "2", "3", "4")
"""How much somebody wants to speak."""

AskKind = Literal[
    "kill",
    "whisper",
    "protect",
    "inspect",
    "save",
    "poison",
    "shoot",
    "bid",
    "speak",
    "elect",
    "vote",
    "tie",
    "heir",
    "last_words",
]
Team = Literal["village", "werewolves"]
Winner = Literal["village", "werewolves", "nobody"]


class Ask(NamedTuple):
    """Something that a player has to answer."""

    player: str
    kind: AskKind
    options: tuple[str, ...]
    """The answers that are legal, in the order of the seats. Empty: words are wanted."""
    day: int
    phase: Phase
    round: int = 1
    """From 1: of naming a victim, of whispers, of statements, of votes."""


class Outcome(NamedTuple):
    """How a game came out."""

    winner: Winner
    day: int
    """The day it ended on."""
    cards: Mapping[str, Card]
    alive: tuple[str, ...]
    """By seat."""


class Given(NamedTuple):
    """An answer beside its ask, and the place of the two among all that were asked at once."""

    ask: Ask
    answer: str
    place: int
