"""A whole run at once, ordered: what programs are given, and where one decision is looked up.

What people read is told while the log is read instead: :mod:`glasswork.view.telling`.
"""

from __future__ import annotations

from collections.abc import Iterable

from glasswork.errors import NotFound
from glasswork.places import decision_named
from glasswork.records import (
    DecisionChecked,
    Event,
    HumanAnswered,
    HumanAsked,
    ModelAnswered,
    ModelFailed,
    Redacted,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    ToolAnswered,
    Usage,
)
from glasswork.view.rounds import ASIDE, Decision, Round, Rounds


class Tale(Rounds):
    """A run, ordered. A round that was cut short and resumed is one round here; its last end counts."""

    def __init__(self) -> None:
        super().__init__()
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        """The run's end, where nothing has come after it."""
        self.rounds: list[Round] = []
        """In the order in which they began."""
        self.marks: list[RunForked | RunResumed] = []
        self.questions: dict[tuple[str, int, str], HumanAsked] = {}
        """Questions to a person that have not been answered."""
        self.redacted = 0
        """How many events' data was taken out."""
        self.calls = 0
        self.usage = Usage()
        self.money = 0.0

    @property
    def decisions(self) -> dict[str, Decision]:
        """All decisions, by id."""
        return {item.id: item for each in self.rounds for item in each.items if isinstance(item, Decision)}

    def decision(self, name: str) -> Decision:
        """Return the decision called ``name``; ``build`` is the last of that step. Raises NotFound."""
        decisions = self.decisions
        found = decision_named(name, decisions)
        if found is None:
            raise NotFound("decision", name, decisions)
        return decisions[found]

    def begin(self, made: Round) -> None:
        """Keep a round."""
        self.rounds.append(made)

    def take(self, event: Event) -> None:
        """Take in an event."""
        if not isinstance(event, ASIDE):
            self.finished = None  # a run that was resumed goes on after its end
        self.sort(event)
        match event:
            case RunStarted():
                self.started = self.started or event
            case RunFinished():
                self.finished = event
            case RunForked() | RunResumed():
                self.marks.append(event)
            case Redacted():
                self.redacted += 1
            case HumanAsked():
                self.questions[event.step, event.round, event.decision] = event
            case HumanAnswered():
                self.questions.pop((event.step, event.round, event.decision), None)
            case _:
                self._count(event)

    def _count(self, event: Event) -> None:
        """Count what an event cost."""
        match event:
            case ModelAnswered():
                self.calls += 1
                self.usage += event.completion.usage
                self.money += event.cost
            case ModelFailed():
                self.usage += event.usage
                self.money += event.cost
            case ToolAnswered():
                self.money += event.cost
            case DecisionChecked() if event.at_least is not None:  # demanded, and so a part of the run
                self.calls += event.calls
                self.usage += event.usage
                self.money += event.cost


def tell(events: Iterable[Event]) -> Tale:
    """Order the events of a run."""
    tale = Tale()
    for event in events:
        tale.take(event)
    return tale
