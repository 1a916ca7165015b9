"""Orders a run's events by what they belong to: rounds of steps, and decisions within them.

Events of steps that run side by side are interleaved in a log; here each comes to stand with its own. A tale is built
from events alone, anew each time, and holds nothing that they do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from glasswork.errors import NotFound
from glasswork.records import (
    Acted,
    ConditionRead,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    LogRepaired,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Planned,
    RunFinished,
    RunStarted,
    SandboxRan,
    SpeakerChosen,
    StepFinished,
    StepStarted,
    Usage,
)


@dataclass
class Decision:
    """What is known of one decision, as far as it came."""

    id: str
    started: DecisionStarted | None = None
    planned: Planned | None = None
    acted: Acted | None = None
    explained: Explained | None = None
    answers: list[ModelAnswered] = field(default_factory=list)
    failures: list[ModelFailed] = field(default_factory=list)

    @property
    def usage(self) -> Usage:
        """Tokens of all its calls."""
        return sum((answer.completion.usage for answer in self.answers), Usage())

    @property
    def seconds(self) -> float:
        """Seconds that models took for it, one call after the other."""
        return sum(answer.completion.seconds for answer in self.answers)


Happening = ConditionRead | SandboxRan | MessageSent | SpeakerChosen | HumanAnswered | ModelFailed
Item = Decision | Happening


@dataclass
class Round:
    """One round of one step, and what happened in it, in order."""

    step: str
    round: int = 1
    started: StepStarted | None = None
    finished: StepFinished | None = None
    items: list[Item] = field(default_factory=list)

    @property
    def state(self) -> str:
        """``running`` until it ended."""
        return self.finished.state if self.finished else "running" if self.started else "pending"


@dataclass
class Tale:
    """A whole run, ordered."""

    started: RunStarted | None = None
    finished: RunFinished | None = None
    rounds: list[Round] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    calls: int = 0
    usage: Usage = field(default_factory=Usage)

    def decision(self, name: str) -> Decision:
        """Return the decision called ``name``; ``build`` is the last of that step. Raises NotFound."""
        if name in self.decisions:
            return self.decisions[name]
        of_step = [decision for key, decision in self.decisions.items() if key.partition("#")[0] == name]
        if not of_step:
            raise NotFound("decision", name, self.decisions)
        return of_step[-1]


def tell(events: Iterable[Event]) -> Tale:
    """Order the events of a run."""
    teller = _Teller()
    for event in events:
        teller.take(event)
    return teller.tale


class _Teller:
    def __init__(self) -> None:
        self.tale = Tale()
        self._open: dict[str, Round] = {}

    def take(self, event: Event) -> None:
        if not isinstance(event, LogRepaired):
            self.tale.finished = None  # a run that was resumed goes on after its end
        match event:
            case RunStarted():
                self.tale.started = self.tale.started or event
            case RunFinished():
                self.tale.finished = event
            case StepStarted() | StepFinished():
                self._step(event)
            case DecisionStarted() | Planned() | Acted() | Explained():
                self._decision(event)
            case ModelAnswered() | ModelFailed():
                self._call(event)
            case SandboxRan():
                self._round_at(event.place).items.append(event)
            case ConditionRead() | MessageSent() | SpeakerChosen() | HumanAnswered():
                self._round(event.step).items.append(event)

    def _step(self, event: StepStarted | StepFinished) -> None:
        current = self._open.get(event.step)
        if current is None or (current.round != event.round and current.started) or current.finished:
            current = self._new(event.step)
        current.round = event.round
        if isinstance(event, StepStarted):
            current.started = event
        else:
            current.finished = event

    def _round(self, step: str) -> Round:
        """Return the round of a step that is under way; what comes before its start belongs to it, too."""
        current = self._open.get(step)
        return current if current is not None and not current.finished else self._new(step)

    def _round_at(self, place: str) -> Round:
        """Return the round that a place (``build#2/act``) lies in, ended or not: explanations come in late."""
        step, _, rest = place.partition("/")[0].partition("#")
        number = rest.partition(".")[0]
        for known in reversed(self.tale.rounds):
            if known.step == step and (not number or str(known.round) == number):
                return known
        return self._round(step)

    def _new(self, step: str) -> Round:
        made = Round(step)
        self._open[step] = made
        self.tale.rounds.append(made)
        return made

    def _decision(self, event: DecisionStarted | Planned | Acted | Explained) -> None:
        decision = self.tale.decisions.get(event.decision)
        if decision is None:
            decision = self.tale.decisions[event.decision] = Decision(event.decision)
            self._round_at(event.decision).items.append(decision)
        match event:
            case DecisionStarted():
                decision.started = event
            case Planned():
                decision.planned = event
            case Acted():
                decision.acted = event
            case Explained():
                decision.explained = event

    def _call(self, event: ModelAnswered | ModelFailed) -> None:
        decision = self.tale.decisions.get(event.place.partition("/")[0])
        if isinstance(event, ModelAnswered):
            self.tale.calls += 1
            self.tale.usage += event.completion.usage
            if decision is not None:
                decision.answers.append(event)
        elif decision is not None:
            decision.failures.append(event)
        else:
            self._round_at(event.place).items.append(event)
