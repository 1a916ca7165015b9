"""Who meets whom: a round robin, each match with a seed of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable

from glasswork.records import Record


class Pairing(Record):
    """One match to be played."""

    players: tuple[str, ...]
    """Names, by seat."""
    repetition: int
    """From 1."""
    seed: int

    @property
    def key(self) -> str:
        """What names this match among all of a tournament: resuming asks which of them are over."""
        return f"{' v '.join(self.players)} #{self.repetition}"


def round_robin(
    names: Iterable[str],
    *,
    seats: int = 2,
    repetitions: int = 1,
    self_play: bool = False,
    both_ways: bool = False,
    seed: int = 0,
) -> tuple[Pairing, ...]:
    """Return every match of a tournament in which each meets each; where a match has more seats, all who could meet.

    A match's seed comes of the names, the repetition and the tournament's seed alone: neither the order of names, nor
    the order of play, nor who else takes part changes what happens in it.

    Args:
        names: Of the players.
        seats: How many play in a match. Where there are fewer players, none is played, but for self-play.
        repetitions: How often the same meet.
        self_play: Whether each also meets itself, in all seats.
        both_ways: Whether the same also meet with seats exchanged, as games that are not symmetric ask for: each sits
            in each seat once.
        seed: Of the tournament.

    Raises:
        ValueError: a name twice.
    """
    ordered = sorted(names)
    if len({*ordered}) < len(ordered):
        raise ValueError("a name twice")
    tables = [*itertools.combinations(ordered, seats)]
    tables = [turned for table in tables for turned in _turns(table)] if both_ways else tables
    tables += [(name,) * seats for name in ordered] if self_play else []
    return tuple(
        Pairing(players=table, repetition=number, seed=_seed(seed, table, number))
        for table in sorted(tables)
        for number in range(1, repetitions + 1)
    )


def _turns(table: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a table with everybody moved on by 0, 1, 2, … seats."""
    return [table[start:] + table[:start] for start in range(len(table))]


def _seed(seed: int, table: tuple[str, ...], repetition: int) -> int:
    text = json.dumps([seed, *table, repetition])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
