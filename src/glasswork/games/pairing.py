"""Who meets whom: a round robin, each match with a seed of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable

from glasswork.records import Record


class Pairing(Record):
    """One match to be played."""

    players: tuple[str, str]
    """Names, by seat."""
    repetition: int
    """From 1."""
    seed: int

    @property
    def key(self) -> str:
        """What names this match among all of a tournament: resuming asks which of them are over."""
        return f"{self.players[0]} v {self.players[1]} #{self.repetition}"


def round_robin(
    names: Iterable[str], *, repetitions: int = 1, self_play: bool = False, both_ways: bool = False, seed: int = 0
) -> tuple[Pairing, ...]:
    """Return every match of a tournament of two-player matches.

    A match's seed comes of the names, the repetition and the tournament's seed alone: neither the order of names, nor
    the order of play, nor who else takes part changes what happens in it.

    Args:
        names: Of the players.
        repetitions: How often each pair meets.
        self_play: Whether each also meets itself.
        both_ways: Whether each pair also meets with seats exchanged, as games that are not symmetric ask for.
        seed: Of the tournament.

    Raises:
        ValueError: a name twice.
    """
    ordered = sorted(names)
    if len({*ordered}) < len(ordered):
        raise ValueError("a name twice")
    pairs = [*itertools.combinations(ordered, 2)]
    pairs += [(b, a) for a, b in pairs] if both_ways else []
    pairs += [(name, name) for name in ordered] if self_play else []
    return tuple(
        Pairing(players=pair, repetition=number, seed=_seed(seed, pair, number))
        for pair in sorted(pairs)
        for number in range(1, repetitions + 1)
    )


def _seed(seed: int, pair: tuple[str, str], repetition: int) -> int:
    text = json.dumps([seed, *pair, repetition])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
