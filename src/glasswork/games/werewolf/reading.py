"""What a player by rule makes of what it has seen: who lives, what it knows, what others have claimed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from glasswork.games.werewolf.asking import NOBODY
from glasswork.games.werewolf.happening import DEATHS, Happening

_ACCUSES = re.compile(r"(\w+) is a werewolf\b")
_SEER = re.compile(r"\bI am the seer\b")


@dataclass
class Reading:
    """What somebody knows, and has heard."""

    me: str
    card: str = ""
    pack: tuple[str, ...] = ()
    """Of a werewolf: all werewolves."""
    looked_at: dict[str, str] = field(default_factory=dict)
    """Of a seer: what it saw."""
    seers: list[str] = field(default_factory=list)
    """Who has said to be the seer, in the order of saying so, and lives."""
    accused: list[tuple[str, str]] = field(default_factory=list)
    """Who said of whom "… is a werewolf", in the order of saying so; of those accused only who lives."""
    votes: list[tuple[str, str]] = field(default_factory=list)
    """Who voted for whom, from the first day on."""
    votes_today: list[str] = field(default_factory=list)
    """For whom votes have been given today."""
    said: str = ""
    """What it said last."""
    alive: list[str] = field(default_factory=list)
    """By seat."""

    @property
    def found(self) -> set[str]:
        """Whom a seer has seen to be a werewolf."""
        return {name for name, told in self.looked_at.items() if told == "werewolf"}

    @property
    def friends(self) -> set[str]:
        """Whom it would not harm: itself, its pack, and whom it has seen to be no werewolf."""
        cleared = {name for name, told in self.looked_at.items() if told != "werewolf"}
        return {self.me, *self.pack, *cleared}


def read(seen: Sequence[Happening], me: str) -> Reading:
    """Return what somebody called ``me`` knows and has heard, from what it has seen."""
    reading = Reading(me)
    for one in seen:
        _note(reading, one)
    return reading


def _note(reading: Reading, one: Happening) -> None:
    if one.what == "dealt":
        reading.card, reading.alive = one.card, [*one.names]
    elif one.what == "pack":
        reading.pack = one.names
    elif one.what == "inspected":
        reading.looked_at[one.to] = one.card
    elif one.what == "morning":
        reading.votes_today = []
    elif one.what in {"spoke", "last_words"}:
        _hear(reading, one)
    elif one.what == "voted":
        reading.votes.append((one.by, one.to))
        reading.votes_today.append(one.to)
    elif one.what in DEATHS:
        reading.alive.remove(one.to)
        reading.seers = [name for name in reading.seers if name != one.to]
        reading.accused = [(by, to) for by, to in reading.accused if to != one.to]


def _hear(reading: Reading, one: Happening) -> None:
    if one.by == reading.me:
        reading.said = one.text
    if _SEER.search(one.text) and one.by not in reading.seers and one.what == "spoke":
        reading.seers.append(one.by)
    reading.accused += [(one.by, to) for to in _ACCUSES.findall(one.text) if to != one.by]


def pick(options: Sequence[str], wanted: Sequence[str], unwanted: set[str], rng: random.Random) -> str:
    """Return the first option that is wanted; else one drawn among those that are not unwanted, or among all."""
    first = next((name for name in wanted if name in options), None)
    if first is not None:
        return first
    rest = [name for name in options if name not in unwanted and name != NOBODY]
    return rng.choice(rest or list(options))
