"""Matches read back from the events of a run, and held to the rules: every round is played again as it was answered.

What a round came to is a function of the rules, the match's seed and the answers, so a log can say nothing else. Events
of matches that ran side by side are interleaved in a log, and the last of them may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from glasswork.games.match import Ended, Match, Round, ended, next_round
from glasswork.games.rules import Rules
from glasswork.records import Event, MatchFinished, MatchStarted, Record, RoundPlayed

Key = tuple[str, int]
"""A step, and the number of one of its matches."""


class Recorded(Record):
    """One match as a run recorded it, as far as it came."""

    step: str
    number: int
    """Among the step's matches, from 1; 0 where the step is one match."""
    repetition: int
    players: tuple[str, ...]
    """Names, by seat."""
    kinds: tuple[str, ...]
    """What each is, by seat."""
    rules: Rules
    seed: int
    rounds: tuple[Round, ...]
    ended: Ended | None
    """Why it is over; None where it is not, or its last rounds were not recorded."""

    @property
    def match(self) -> Match | None:
        """The match, where it is over."""
        return None if self.ended is None else self.as_match(self.ended)

    def as_match(self, ended: Ended = "horizon") -> Match:
        """Return the rounds so far as if the match had ended with them, for measures that do not mind."""
        return Match(rules=self.rules, players=self.players, seed=self.seed, rounds=self.rounds, ended=ended)

    @property
    def scores(self) -> tuple[float, ...]:
        """What each player has got so far."""
        return self.as_match().scores


def recorded(events: Iterable[Event]) -> tuple[Recorded, ...]:
    """Return the matches of a run, by step and number.

    An event that says again what has been said is passed over: runs that are resumed may repeat themselves.

    Raises:
        ValueError: an event contradicts the rules, the answers or another event.
    """
    found: dict[Key, _Reading] = {}
    for event in events:
        match event:
            case MatchStarted():
                _begin(found, event)
            case RoundPlayed() | MatchFinished():
                reading = found.get((event.step, event.match))
                if reading is None:
                    raise ValueError(f"{_named(event)} has no beginning")
                reading.take(event)
    return tuple(found[key].whole() for key in sorted(found))


def finished(matches: Iterable[Recorded]) -> Iterator[Match]:
    """Yield those that are over."""
    return (match for match in (each.match for each in matches) if match is not None)


@dataclass
class _Reading:
    """A match while its events come in."""

    started: MatchStarted
    rules: Rules
    rounds: list[Round] = field(default_factory=list)

    @property
    def over(self) -> Ended | None:
        return ended(self.rules, self.started.seed, self.rounds)

    def take(self, event: RoundPlayed | MatchFinished) -> None:
        if isinstance(event, MatchFinished):
            self._end(event)
        elif event.number <= len(self.rounds):
            self._same(event, self.rounds[event.number - 1])
        else:
            self._next(event)

    def again(self, event: MatchStarted) -> None:
        """Take in a second beginning; a run that is resumed may ask another model from there on."""
        same = event.model_copy(update={"kinds": self.started.kinds}) == self.started
        if not same or len(event.kinds) != len(self.started.kinds):
            raise ValueError(f"{_named(event)} begins twice, and differently")
        kinds = zip(self.started.kinds, event.kinds, strict=True)
        merged = tuple(old if new in old.split("; then ") else f"{old}; then {new}" for old, new in kinds)
        self.started = self.started.model_copy(update={"kinds": merged})

    def _next(self, event: RoundPlayed) -> None:
        number = len(self.rounds) + 1
        if event.number != number:
            raise ValueError(f"{_named(event)}: round {number} is missing")
        if self.over is not None:
            raise ValueError(f"{_named(event)}: the match was over after {number - 1} rounds")
        if len(event.said) != self.rules.game.players:
            raise ValueError(f"{_named(event)}: {len(event.said)} answers of {self.rules.game.players} players")
        made = next_round(self.rules, self.started.seed, number, event.said)
        self._same(event, made)
        self.rounds.append(made)

    def _same(self, event: RoundPlayed, made: Round) -> None:
        for name in ("said", "moves", "payoffs", "illegal"):
            told, true = getattr(event, name), getattr(made, name)
            if told != true:
                raise ValueError(f"{_named(event)}: {name} {_listed(told)} where the rules make it {_listed(true)}")

    def _end(self, event: MatchFinished) -> None:
        why, scores = self.over, self.whole().scores
        if why is None:
            raise ValueError(f"{_named(event)} has ended after {len(self.rounds)} rounds, and the rules go on")
        if event.ended != why:
            raise ValueError(f"{_named(event)}: ended by {event.ended} where the rules say {why}")
        if event.scores != scores:
            raise ValueError(f"{_named(event)}: scores {_listed(event.scores)}, and rounds add up to {_listed(scores)}")

    def whole(self) -> Recorded:
        started = self.started
        return Recorded(
            step=started.step,
            number=started.match,
            repetition=started.repetition,
            players=started.players,
            kinds=started.kinds,
            rules=self.rules,
            seed=started.seed,
            rounds=tuple(self.rounds),
            ended=self.over,
        )


def _begin(found: dict[Key, _Reading], event: MatchStarted) -> None:
    key = (event.step, event.match)
    if key in found:
        found[key].again(event)
        return
    try:
        rules = Rules.model_validate(event.rules)
    except ValidationError as error:
        raise ValueError(f"{_named(event)}: no rules of a game: {error.error_count()} mistakes in them") from error
    seats = rules.game.players
    if len(event.players) != seats or len(event.kinds) != seats:
        raise ValueError(f"{_named(event)}: {len(event.players)} players where the game has {seats} seats")
    found[key] = _Reading(event, rules)


def _named(event: MatchStarted | RoundPlayed | MatchFinished) -> str:
    match = f" match {event.match}" if event.match else ""
    number = f", round {event.number}" if isinstance(event, RoundPlayed) else ""
    return f"{event.step}{match}{number}"


def _listed(values: Iterable[object]) -> str:
    return "(" + ", ".join(map(str, values)) + ")"
