"""Games of werewolf read back from the events of a run, as far as they came.

Events of games that ran side by side are interleaved in a log, the last of them may be missing, and a run that was
resumed may say the same again. What is read here is what measures are made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from pydantic import ValidationError

from glasswork.definitions import Card, WerewolfRules
from glasswork.games.werewolf.asking import Outcome
from glasswork.games.werewolf.happening import Happening
from glasswork.games.werewolf.play import Game
from glasswork.games.werewolf.seeing import is_table
from glasswork.games.werewolf.state import State, fold
from glasswork.places import parse
from glasswork.records import Event, MatchFinished, MatchStarted, ModelAnswered, TableHappened, Usage, Weighed

Key = tuple[str, int]
"""A step, and the number of one of its games."""
ENDS = ("village", "werewolves", "nobody")


@dataclass(frozen=True)
class Cost:
    """What a game's answers took."""

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    """Of the models, added up; calls that went out together count one by one."""
    money: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.usage + other.usage,
            self.seconds + other.seconds,
            self.money + other.money,
        )


@dataclass(frozen=True)
class RecordedGame:
    """One game, as far as it came."""

    step: str
    number: int
    """Among the step's games, from 1; 0 where the step is one game."""
    repetition: int
    names: tuple[str, ...]
    """By seat."""
    kinds: tuple[str, ...]
    """What each player is, by seat."""
    rules: WerewolfRules
    seed: int
    happenings: tuple[Happening, ...]
    decisions: Mapping[int, str] = field(default_factory=dict)
    """By the number of what happened: the decision that it comes from, where it comes from one."""
    weighed: tuple[Weighed, ...] = ()
    outcome: Outcome | None = None
    """None where the game is not over."""
    cost: Cost | None = None
    """None where no model answered."""

    @property
    def cards(self) -> dict[str, Card]:
        """Who holds which card, as far as that was recorded."""
        return {one.to: cast("Card", one.card) for one in self.happenings if one.what == "dealt"}

    @property
    def state(self) -> State:
        """Where the game stands."""
        return fold(self.happenings)

    def kind_of(self, name: str) -> str:
        """Return what a player is."""
        return self.kinds[self.names.index(name)]


def games(events: Iterable[Event]) -> tuple[RecordedGame, ...]:
    """Return the games of werewolf of a run, by step and number; matches of other games are passed over.

    Raises:
        ValueError: an event contradicts another, or one is missing.
    """
    found: dict[Key, _Reading] = {}
    answers: list[ModelAnswered] = []
    for event in events:
        match event:
            case MatchStarted() if is_table(event):
                _begin(found, event)
            case TableHappened():
                _of(found, event).take(event)
            case Weighed():
                _of(found, event).weighed[event.place] = event
            case MatchFinished() if (event.step, event.match) in found:
                found[event.step, event.match].ended = event.ended
            case ModelAnswered():
                answers.append(event)
            case _:
                pass
    costs = _costs(answers, found)
    return tuple(found[key].whole(costs.get(key)) for key in sorted(found))


def of_play(played: Iterable[Game], kinds: Sequence[str] = (), step: str = "table") -> tuple[RecordedGame, ...]:
    """Return games that were played without a run, numbered from 1."""
    return tuple(
        RecordedGame(
            step=step,
            number=number,
            repetition=1,
            names=game.names,
            kinds=tuple(kinds) or ("strategy",) * len(game.names),
            rules=game.rules,
            seed=game.seed,
            happenings=game.happenings,
            outcome=game.outcome,
        )
        for number, game in enumerate(played, start=1)
    )


@dataclass
class _Reading:
    """A game while its events come in."""

    started: MatchStarted
    rules: WerewolfRules
    happenings: list[TableHappened] = field(default_factory=list)
    weighed: dict[str, Weighed] = field(default_factory=dict)
    ended: str = ""

    def take(self, event: TableHappened) -> None:
        here = len(self.happenings)
        if event.number <= here:
            before = self.happenings[event.number - 1]
            # A run that is resumed may name the decision differently, and nothing else.
            if before.model_copy(update={"decision": event.decision}) != event:
                raise ValueError(f"{_named(event)} {event.number} is told twice, and differently")
        elif event.number != here + 1:
            raise ValueError(f"{_named(event)} {here + 1} is missing")
        else:
            self.happenings.append(event)

    def again(self, event: MatchStarted) -> None:
        """Take in a second beginning; a run that is resumed may ask another model from there on."""
        if event.model_copy(update={"kinds": self.started.kinds}) != self.started:
            raise ValueError(f"{_named(event)} begins twice, and differently")
        kinds = zip(self.started.kinds, event.kinds, strict=True)
        merged = tuple(old if new in old.split("; then ") else f"{old}; then {new}" for old, new in kinds)
        self.started = self.started.model_copy(update={"kinds": merged})

    def whole(self, cost: Cost | None) -> RecordedGame:
        started = self.started
        happened = tuple(happening_of(one) for one in self.happenings)
        game = RecordedGame(
            step=started.step,
            number=started.match,
            repetition=started.repetition,
            names=started.players,
            kinds=started.kinds,
            rules=self.rules,
            seed=started.seed,
            happenings=happened,
            decisions={one.number: one.decision for one in self.happenings if one.decision},
            weighed=tuple(self.weighed.values()),
            cost=cost,
        )
        return replace(game, outcome=self._outcome(game))

    def _outcome(self, game: RecordedGame) -> Outcome | None:
        won = next((one for one in game.happenings if one.what == "won"), None)
        if won is None:
            if self.ended:
                raise ValueError(f"{_named(self.started)} has ended, and nobody is told to have won")
            return None
        if won.text not in ENDS or (self.ended and self.ended != won.text):
            raise ValueError(f"{_named(self.started)} ended with {self.ended!r}, and {won.text!r} is told to have won")
        state = game.state
        return Outcome(won.text, won.day, dict(state.cards), tuple(state.alive))  # type: ignore[arg-type]  # checked


def happening_of(event: TableHappened) -> Happening:
    """Return what happened, as a game tells it; which ask it answered is not recorded."""
    data = {name: getattr(event, name) for name in Happening._fields if name != "asked"}
    return Happening(**data)


def rules_of(started: MatchStarted) -> WerewolfRules:
    """Return the rules of a recorded game. Raises pydantic's ValidationError where they are no rules of werewolf."""
    told = {name: value for name, value in started.rules.items() if name != "kind"}
    return WerewolfRules.model_validate(told, strict=False)


def _begin(found: dict[Key, _Reading], event: MatchStarted) -> None:
    key = (event.step, event.match)
    if key in found:
        found[key].again(event)
        return
    try:
        rules = rules_of(event)
    except ValidationError as error:
        raise ValueError(f"{_named(event)}: no rules of werewolf: {error.error_count()} mistakes in them") from error
    if len(event.players) != rules.players or len(event.kinds) != rules.players:
        raise ValueError(f"{_named(event)}: {len(event.players)} players where the rules are for {rules.players}")
    found[key] = _Reading(event, rules)


def _of(found: dict[Key, _Reading], event: TableHappened | Weighed) -> _Reading:
    reading = found.get((event.step, event.match))
    if reading is None:
        raise ValueError(f"{_named(event)} has no beginning")
    return reading


def _costs(answers: Iterable[ModelAnswered], found: Mapping[Key, _Reading]) -> dict[Key, Cost]:
    """Return what each game took; an answer's place begins with its decision: ``table#5:1.3/choose/2``."""
    costs: dict[Key, Cost] = {}
    told: Counter[tuple[str, str, int]] = Counter()
    for event in answers:
        key = _game_of(event.place, found)
        # A run that is resumed is served what it was answered before: it is told again, and not paid again.
        once = (event.place, event.digest, event.attempt)
        told[once] += 1
        if key is not None and told[once] == 1:
            one = event.completion
            costs[key] = costs.get(key, Cost()) + Cost(1, one.usage, one.seconds, event.cost)
    return costs


def _game_of(place: str, found: Mapping[Key, _Reading]) -> Key | None:
    where = parse(place)
    key = (where.step, where.item)
    return key if key in found else None


def finished(recorded: Iterable[RecordedGame]) -> Iterator[RecordedGame]:
    """Yield those that are over."""
    return (game for game in recorded if game.outcome is not None)


def _named(event: MatchStarted | TableHappened | Weighed) -> str:
    game = f" game {event.match}" if event.match else ""
    what = ", happening" if isinstance(event, TableHappened) else ""
    return f"{event.step}{game}{what}"
