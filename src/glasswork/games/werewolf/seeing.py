"""Who may be shown what of a game of hidden roles: events pass here on their way to a screen, a page or a program.

A spectator is ``all``, ``public`` or the name of a player. What a *happening* tells says itself who may know it; what
was thought, weighed and asked belongs to the player who decided. An empty spectator is whoever sits at this terminal:
where people play, what all of them know, until the game is over; else everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from glasswork.errors import NotFound
from glasswork.places import Place, parse
from glasswork.records import (
    Acted,
    DecisionChecked,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    MatchFinished,
    MatchStarted,
    ModelAnswered,
    ModelFailed,
    Planned,
    RoundPlayed,
    RunFinished,
    RunForked,
    StepFinished,
    StepStarted,
    TableHappened,
    ThinkingEnded,
    ThoughtNoted,
    Weighed,
)

ALL, PUBLIC = "all", "public"
UNTOLD = "not told to everybody"
"""In place of a reason that may quote what is hidden: ``--see all`` tells it."""
_PRIVATE = "a question that only {} may read"

Game = tuple[str, int]
"""A step, and which of its games (0: its only one)."""


def is_table(started: MatchStarted) -> bool:
    """Whether a match is a game of hidden roles."""
    return started.rules.get("kind") == "werewolf"


class Tables:
    """What events have told of the games of hidden roles in a run: who sits where, who is a person, what is over."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.players: dict[Game, tuple[str, ...]] = {}
        """Names, by seat."""
        self.people: dict[Game, frozenset[str]] = {}
        self.over: set[Game] = set()
        self.steps: set[str] = set()
        """Steps that play such games, also where the beginning of a game was taken out of the log."""
        for event in events:
            self.take(event)

    def take(self, event: Event) -> None:
        """Learn from an event."""
        match event:
            case MatchStarted() if is_table(event):
                game = event.step, event.match
                self.steps.add(event.step)
                self.players[game] = event.players
                people = (name for name, kind in zip(event.players, event.kinds, strict=False) if kind == "human")
                self.people[game] = frozenset(people)
                self.over.discard(game)
            case MatchFinished() if event.step in self.steps:
                self.over.add((event.step, event.match))
            case TableHappened() | Weighed():
                self.steps.add(event.step)
            case StepStarted() if event.kind == "werewolf":
                self.steps.add(event.step)

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who sits at some table."""
        return tuple(dict.fromkeys(name for names in self.players.values() for name in names))

    def player(self, place: Place) -> str:
        """Return whose decision one is; empty where nobody knows."""
        names = self.players.get((place.step, place.item), ())
        return names[place.turn - 1] if 0 < place.turn <= len(names) else ""

    def open_to_people(self, step: str = "") -> bool:
        """Whether a game (of a step) is under way in which a person plays."""
        games = (game for game, people in self.people.items() if people and step in {"", game[0]})
        return any(game not in self.over for game in games)


def spectator(see: str, names: Iterable[str]) -> str:
    """Return a spectator as events name it, whatever its capitals; empty stays empty.

    Raises NotFound where nobody is called so.
    """
    known = {name.casefold(): name for name in (ALL, PUBLIC, *names)}
    if see and see.casefold() not in known:
        raise NotFound("player to see as", see, known.values(), hint=f"--see takes {', '.join(known.values())}")
    return known[see.casefold()] if see else ""


class Sight:
    """Shows events to a spectator, one by one."""

    def __init__(self, see: str = "", tables: Tables | None = None) -> None:
        """See as ``see``. ``tables``: what is known beforehand; without it, a game is over when its end has come by."""
        self.see = see
        self.tables = tables or Tables()
        self._learns = tables is None
        self._told: Counter[Game] = Counter()

    def show(self, event: Event) -> Event | None:
        """Return an event as the spectator may see it; None: not at all."""
        if self._learns:
            self.tables.take(event)
        match event:
            case TableHappened():
                return self._happening(event)
            case Weighed():
                viewers = self._viewers(event.step, event.match)
                return event if viewers is None or viewers == {event.by} else None
            case MatchStarted() if is_table(event):
                self._told[event.step, event.match] = 0
                # whoever has the seed can deal the cards again
                return event if self._viewers(event.step, event.match) is None else event.model_copy(update=_NO_SEED)
            case StepFinished() | RunFinished():
                return self._ending(event)
            case HumanAsked() | HumanAnswered() if event.decision:
                return self._question(event)
        name = _decision_of(event)
        return event if not name or self.follows(name) else None

    def knows(self, event: TableHappened) -> bool:
        """Whether the spectator may know what happened."""
        viewers = self._viewers(event.step, event.match)
        if viewers is None or event.seen_by is None:
            return True
        return bool(viewers) and viewers <= {*event.seen_by}

    def follows(self, name: str) -> bool:
        """Whether the spectator may see what is thought and done in a decision, or at a place in one."""
        place = parse(name)
        if place.step not in self.tables.steps:
            return True
        viewers = self._viewers(place.step, place.item)
        return viewers is None or (len(viewers) == 1 and self.tables.player(place) in viewers)

    def veiled(self) -> bool:
        """Whether something of this run, as far as it is known, may be hidden from the spectator."""
        if self.see == ALL or not self.tables.steps:
            return False
        return bool(self.see) or self.tables.open_to_people()

    def _viewers(self, step: str, match: int) -> frozenset[str] | None:
        """Return who must all know what is shown; None: everything is."""
        if self.see:
            return None if self.see == ALL else frozenset() if self.see == PUBLIC else frozenset({self.see})
        people = self.tables.people.get((step, match), frozenset())
        return people if people and (step, match) not in self.tables.over else None

    def _happening(self, event: TableHappened) -> Event | None:
        """Show what happened: numbered anew, as gaps would count what is hidden, and without the decision behind it."""
        if not self.knows(event):
            return None
        self._told[event.step, event.match] += 1
        if self._viewers(event.step, event.match) is None:
            return event
        number = self._told[event.step, event.match]
        mine = bool(event.decision) and self.follows(event.decision)
        return event.model_copy(update={"number": number, "decision": event.decision if mine else ""})

    def _ending(self, event: StepFinished | RunFinished) -> Event:
        """Show how a step or a run ended, without what it hands on and why: both may quote what is hidden."""
        step = event.step if isinstance(event, StepFinished) else ""
        if (step and step not in self.tables.steps) or not self.veiled():
            return event
        if step and not self.see and not self.tables.open_to_people(step):
            return event
        made: dict[str, object] = {"output": {}} if isinstance(event, StepFinished) else {"outputs": {}}
        return event.model_copy(update={**made, "reason": UNTOLD if event.state == "failed" else ""})

    def _question(self, event: HumanAsked | HumanAnswered) -> Event | None:
        if self.follows(event.decision):
            return event
        place = parse(event.decision)
        name = self.tables.player(place)
        viewers = self._viewers(place.step, place.item) or frozenset()
        if not (isinstance(event, HumanAsked) and not self.see and name in viewers):
            return None
        # several people at one terminal: who has to answer must be told, and nothing of what is asked
        return event.model_copy(update={"question": _PRIVATE.format(name), "options": (), "words": True})


def visible(events: Iterable[Event], see: str) -> Iterator[Event]:
    """Yield a whole run's events as a spectator may see them.

    Args:
        events: Of the run, from its first on.
        see: ``all``, ``public``, a player's name; or empty: whoever sits at the terminal.
    """
    kept = [*events]
    sight = Sight(see, Tables(kept))
    return (shown for event in kept if (shown := sight.show(event)) is not None)


def apart(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Return the events without those of matches that are games of hidden roles; and the events with no other matches.

    What is no match's business is in both.
    """
    kept = [*events]
    steps = Tables(kept).steps
    matches = (MatchStarted, RoundPlayed, MatchFinished)
    return (
        [e for e in kept if not (isinstance(e, matches) and e.step in steps)],
        [e for e in kept if not (isinstance(e, matches) and e.step not in steps)],
    )


def private_to(event: HumanAsked) -> str:
    """Return who alone may read a question, where it was hidden; else nothing."""
    before, after = _PRIVATE.split("{}")
    hidden = event.question.startswith(before) and event.question.endswith(after)
    return event.question[len(before) : -len(after)] if hidden else ""


_NO_SEED = {"seed": 0}


def _decision_of(event: Event) -> str:
    """Return the decision, or the place in one, whose thoughts an event tells; empty: nobody's."""
    match event:
        case ModelAnswered() | ModelFailed():
            return event.place
        case DecisionStarted() | ThoughtNoted() | ThinkingEnded() | Planned() | Acted() | Explained():
            return event.decision
        case DecisionChecked() | RunForked():
            return event.decision
    return ""
