"""Brings each event of a run to the round of the step, the item of a ``for_each``, or the match that it belongs to.

Events of steps that run side by side are interleaved in a log; here each comes to stand with its own. Nothing is kept
that the events do not say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from glasswork import places
from glasswork.records import (
    Acted,
    ConditionRead,
    DecisionChecked,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    LogRedacted,
    LogRepaired,
    MatchFinished,
    MatchStarted,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Planned,
    Redacted,
    RoundPlayed,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    StepFinished,
    StepStarted,
    TableHappened,
    ThinkingEnded,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
    Usage,
    Weighed,
)

ASIDE = (DecisionChecked, LogRedacted, LogRepaired, Redacted)
"""Events that are about a run, and not of it: they may follow its end, and it has ended all the same."""

Deciding = DecisionStarted | ThoughtNoted | ThinkingEnded | Planned | Acted | Explained
"""Events that a decision is made of."""

Key = tuple[str, int, int]
"""A step, a round of it (0: not known yet), and an item or a match (0: none)."""


@dataclass
class Decision:
    """What is known of one decision, as far as it came."""

    id: str
    started: DecisionStarted | None = None
    thoughts: list[ThoughtNoted] = field(default_factory=list)
    """In the order in which it was settled what becomes of them."""
    thought: ThinkingEnded | None = None
    """What they came to."""
    planned: Planned | None = None
    acted: Acted | None = None
    explained: Explained | None = None
    answers: list[ModelAnswered] = field(default_factory=list)
    failures: list[ModelFailed] = field(default_factory=list)
    checks: dict[str, DecisionChecked] = field(default_factory=dict)
    """What tests of it have found, by measure; of several the latest."""

    def take(self, event: Deciding) -> None:
        """Take in a stage, or a part of one."""
        match event:
            case DecisionStarted():
                self.started = event
                self.checks, self.thoughts, self.thought = {}, [], None  # it is taken anew
            case ThoughtNoted():
                self.thoughts.append(event)
            case ThinkingEnded():
                self.thought = event
            case Planned():
                self.planned = event
            case Acted():
                self.acted = event
            case Explained():
                self.explained = event

    @property
    def waits(self) -> bool:
        """Whether its explanation is still to come: it is written beside the work, and comes late."""
        if self.explained is not None or (self.started is not None and not self.started.explains):
            return False
        at_the_end = [failure for failure in self.failures if places.parse(failure.place).stage == "explain"]
        return at_the_end[-1].will_retry if at_the_end else self.acted is not None

    @property
    def usage(self) -> Usage:
        """Tokens of all its calls, those that failed included."""
        used = [*(answer.completion.usage for answer in self.answers), *(failed.usage for failed in self.failures)]
        return sum(used, Usage())

    @property
    def seconds(self) -> float:
        """Seconds that models took for it, one call after the other."""
        return sum(answer.completion.seconds for answer in self.answers)


Playing = MatchStarted | RoundPlayed | MatchFinished | TableHappened | Weighed
Happening = (
    ConditionRead
    | SandboxStarted
    | SandboxRan
    | ToolStarted
    | ToolAnswered
    | MessageSent
    | SpeakerChosen
    | HumanAsked
    | HumanAnswered
    | ModelFailed
    | Playing
)
Item = Decision | Happening


@dataclass
class Round:
    """One round of one step, or one item or match of it, and what happened in it, in order."""

    step: str
    round: int = 1
    item: int = 0
    started: StepStarted | None = None
    finished: StepFinished | None = None
    """How it ended; where it was resumed after an end, the last."""
    items: list[Item] = field(default_factory=list)

    before: StepStarted | None = None
    """Its start, where that has been told already and this is what came later."""
    over: bool = False
    """Whether its end has been told already: all that comes are explanations."""
    turned: bool = False
    """For a loop: it has come to a new turn, and what happened up to it may be told."""
    inside: deque[Round] = field(default_factory=deque)
    """What is still to be told of its items, or of the steps of the workflow it runs."""
    match: MatchStarted | None = None
    """How its match began, where it is one: a game is a step that is a match, or holds several."""
    outcome: MatchFinished | None = None
    """How its match ended."""
    cards: dict[str, str] = field(default_factory=dict)
    """In a game of hidden roles: who holds which card, as far as it was told to whoever looks on; also before this."""
    matches: bool = False
    """Whether it holds several matches."""
    stopped: bool = False
    """For a match of several: whether its step has ended."""
    opened: bool = False
    """Whether its beginning has been told."""
    events: int = 0
    """How many events have come to it."""

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.step, self.round, self.item

    @property
    def begun(self) -> StepStarted | None:
        """Its start, told or not."""
        return self.started or self.before

    @property
    def holds_others(self) -> bool:
        """Whether it runs items, matches or a workflow: they are told within it."""
        begun = self.begun
        return self.matches or (begun is not None and (begun.items is not None or begun.kind == "workflow"))

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come."""
        if self.turned:
            return True
        ended = self.finished is not None or self.over or self.stopped or (self.outcome is not None and self.item > 0)
        return ended and not any(item.waits for item in self.items if isinstance(item, Decision))

    @property
    def state(self) -> str:
        """``running`` until it ended."""
        if self.match is not None and self.item:
            return "done" if self.outcome else "cancelled" if self.stopped else "running"
        return self.finished.state if self.finished else "running" if self.begun else "pending"

    def decision(self, name: str) -> Decision | None:
        """Return a decision that was taken in it."""
        # from behind: in a match of thousands of rounds it is one of the last
        return next((item for item in reversed(self.items) if isinstance(item, Decision) and item.id == name), None)


@dataclass
class _Game:
    """A step that is a game."""

    round: int
    """Of the step."""
    matches: dict[int, MatchStarted] = field(default_factory=dict)
    cards: dict[int, dict[str, str]] = field(default_factory=dict)
    """By match: who holds which card."""


class Rounds(ABC):
    """Takes events, and finds or begins their rounds. What becomes of a round that begins is a subclass's business."""

    def __init__(self) -> None:
        self._rounds: dict[Key, Round] = {}
        self._unnumbered: dict[str, Round] = {}
        """Rounds that began with a condition: which round it is, its start or its end will say."""
        self._under_way: dict[str, int] = {}
        """The round of each step that is under way."""
        self._games: dict[str, _Game] = {}
        """Steps that are games: their decisions are numbered by rounds of matches, not of the step."""

    @abstractmethod
    def begin(self, made: Round) -> None:
        """Take in a round that begins."""

    def recall(self, made: Round) -> None:  # noqa: B027 - a hook: most subclasses need not know
        """Learn which round of its step one is that began with a condition."""

    def sort(self, event: Event) -> Round | None:
        """Bring an event to its round, and return that; None for events of the run as a whole, and of calls."""
        found: Round | None = None
        match event:
            case StepStarted() | StepFinished():
                found = self._step(event)
            case DecisionStarted() | ThoughtNoted() | ThinkingEnded() | Planned() | Acted() | Explained():
                found = self._decision(event)
            case ModelFailed():
                found = self._failure(event)
            case ModelAnswered():
                self._answer(event)
            case DecisionChecked():
                self._check(event)
            case ConditionRead():
                found = self._condition(event)
            case MatchStarted() | RoundPlayed() | MatchFinished() | TableHappened() | Weighed():
                found = self._play(event)
            case SandboxStarted() | SandboxRan() | ToolStarted() | ToolAnswered():
                found = self._other(event)
            case MessageSent() | SpeakerChosen() | HumanAsked() | HumanAnswered():
                found = self._other(event)
        return found

    # --- finding a round --------------------------------------------------------------------------------------------

    def _at(self, step: str, number: int, item: int = 0) -> Round:
        found = self._rounds.get((step, number, item))
        if found is None and item == 0 and step in self._unnumbered:
            found = self._unnumbered.pop(step)
            found.round = number
            self.recall(found)
        if found is None:
            found = self._made(step, number, item)
        self._rounds[found.key] = found
        return found

    def _made(self, step: str, number: int, item: int) -> Round:
        made = Round(step, number, item)
        self.begin(made)
        return made

    def _at_place(self, place: places.Place) -> Round:
        game = self._games.get(place.step)
        return self._at_match(place.step, place.item) if game else self._at(place.step, place.round, place.item)

    def _at_match(self, step: str, match: int) -> Round:
        """Return the round of a match: the step's own, where the step is one match."""
        game = self._games[step]
        outside = self._rounds.get((step, game.round, 0))
        if outside is not None and match:
            outside.matches = True
        found = self._at(step, game.round, match)
        found.match = game.matches.get(match)
        found.cards = game.cards.setdefault(match, {})
        return found

    def _known(self, place: places.Place) -> Round | None:
        """Return the round of a place, where it is kept."""
        game = self._games.get(place.step)
        return self._rounds.get((place.step, game.round if game else place.round, place.item))

    def around(self, of: Round) -> Round | None:
        """Return the round within which another runs: that of a ``for_each``, or of the step that runs a workflow."""
        if of.item:
            return self._rounds.get((of.step, of.round, 0))
        outside = places.outer(of.step)
        return self._rounds.get((outside.step, outside.round, outside.item)) if outside else None

    # --- what belongs to it -----------------------------------------------------------------------------------------

    def _step(self, event: StepStarted | StepFinished) -> Round:
        found = self._at(event.step, event.round, event.item)
        if isinstance(event, StepStarted):
            found.started = event
            if not event.item:
                self._under_way[event.step] = event.round
        else:
            found.finished = event
            self._stop(event)
            if not event.item and event.state != "cancelled":
                self._under_way.pop(event.step, None)
        return found

    def _stop(self, event: StepFinished) -> None:
        """Let nobody wait for matches of a step that has ended without them."""
        game = self._games.get(event.step)
        for number in game.matches if game else ():
            match = self._rounds.get((event.step, event.round, number))
            if match is not None and number:
                match.stopped = True

    def _play(self, event: Playing) -> Round:
        """Bring an event of a game to its match."""
        if isinstance(event, MatchStarted):
            game = self._games.setdefault(event.step, _Game(self._under_way.get(event.step, 1)))
            game.matches[event.match] = event
        elif event.step not in self._games:  # its beginning was taken out of the log
            self._games[event.step] = _Game(self._under_way.get(event.step, 1))
        found = self._at_match(event.step, event.match)
        if isinstance(event, MatchFinished):
            found.outcome = event
        elif isinstance(event, TableHappened):
            _note_cards(event, found.cards)
        found.items.append(event)
        return found

    def _condition(self, event: ConditionRead) -> Round:
        """A loop's condition is read in the round that is under way; any other before a round begins."""
        number = self._under_way.get(event.step)
        if number is not None:
            found = self._at(event.step, number)
            found.turned = found.begun is not None and found.begun.kind == "loop" and not event.result
        else:
            found = self._unnumbered.get(event.step) or self._made(event.step, 0, 0)
            self._unnumbered[event.step] = found
        found.items.append(event)
        return found

    def _other(
        self,
        event: SandboxStarted
        | SandboxRan
        | ToolStarted
        | ToolAnswered
        | MessageSent
        | SpeakerChosen
        | HumanAsked
        | HumanAnswered,
    ) -> Round:
        match event:
            case SandboxStarted() | SandboxRan() | ToolStarted() | ToolAnswered():
                found = self._at_place(places.parse(event.place))
            case HumanAsked() | HumanAnswered():
                move = places.parse(event.decision) if event.decision else None
                found = self._at_place(move) if move else self._at(event.step, event.round)
            case _:
                found = self._at(event.step, event.round, event.item)
        replaced = next((index for index, item in enumerate(found.items) if _replaces(event, item)), None)
        if replaced is None:
            found.items.append(event)
        else:
            found.items[replaced] = event
        return found

    def _decision(self, event: Deciding) -> Round:
        found = self._at_place(places.parse(event.decision))
        decision = found.decision(event.decision)
        if decision is None:
            decision = Decision(event.decision)
            found.items.append(decision)
        decision.take(event)
        return found

    def _failure(self, event: ModelFailed) -> Round:
        place = places.parse(event.place)
        found = self._at_place(place)
        decision = found.decision(place.decision)
        if decision is None and found.over:
            decision = Decision(place.decision)
            found.items.append(decision)
        if decision is None:
            found.items.append(event)
        else:
            decision.failures.append(event)
        return found

    def _answer(self, event: ModelAnswered) -> None:
        place = places.parse(event.place)
        found = self._known(place)
        decision = found.decision(place.decision) if found else None
        if decision is not None:
            decision.answers.append(event)

    def _check(self, event: DecisionChecked) -> None:
        place = places.parse(event.decision)
        found = self._known(place)
        decision = found.decision(event.decision) if found else None
        if decision is not None:
            decision.checks[event.measure] = event


def _note_cards(event: TableHappened, cards: dict[str, str]) -> None:
    match event.what:
        case "dealt":
            cards[event.to] = event.card
        case "pack":
            cards.update({name: cards.get(name, "werewolf") for name in event.names})


def _replaces(event: Any, item: Item) -> bool:
    """Whether an event is what became of an earlier one, which need not be shown any more."""
    match event, item:
        case SandboxRan(), SandboxStarted():
            return bool(event.place == item.place)
        case ToolAnswered(), ToolStarted():
            return bool((event.place, event.attempt) == (item.place, item.attempt))
        case HumanAnswered(), HumanAsked():
            return bool((event.question, event.decision) == (item.question, item.decision))
    return False
