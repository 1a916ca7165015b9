"""Where a run stands, kept up to date event by event: what the live views draw. It prints nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from glasswork.records import (
    Acted,
    DecisionStarted,
    Event,
    Explained,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Notice,
    Planned,
    SandboxRan,
    SpeakerChosen,
    Stage,
    StageEntered,
    StepFinished,
    StepStarted,
    TextArrived,
)

KEPT = 4000
"""How many characters of a text that is being written are kept at least: more than any terminal shows."""


@dataclass
class StepLine:
    """One step, as it stands."""

    id: str
    kind: str = ""
    agent: str = ""
    needs: tuple[str, ...] = ()
    state: str = "pending"
    round: int = 1
    began: float = 0.0
    seconds: float = 0.0
    doing: str = ""
    """What is under way: a stage, or the last thing that happened."""


@dataclass
class Writing:
    """A text on its way."""

    place: str
    pieces: deque[str] = field(default_factory=deque)
    size: int = 0

    def add(self, text: str) -> None:
        """Append, and forget what has long scrolled by."""
        self.pieces.append(text)
        self.size += len(text)
        while self.size - len(self.pieces[0]) > KEPT:
            self.size -= len(self.pieces.popleft())

    @property
    def text(self) -> str:
        """The end of the text, at least."""
        return "".join(self.pieces)


class Progress:
    """The state of a run. ``now`` is any clock in seconds; it is read by the caller."""

    def __init__(self, steps: Sequence[tuple[str, str, str, Sequence[str]]]) -> None:
        self.steps = {name: StepLine(name, kind, agent, tuple(needs)) for name, kind, agent, needs in steps}
        self.writing: dict[str, Writing] = {}
        """Texts on their way, by decision; the last one touched last."""
        self.calls = 0
        self.tokens = 0

    def event(self, event: Event, now: float) -> None:
        """Take in one event."""
        match event:
            case StepStarted():
                step = self._step(event.step)
                step.kind, step.agent = event.kind or step.kind, event.agent or step.agent
                step.state, step.round, step.began, step.doing = "running", event.round, now, ""
            case StepFinished():
                step = self._step(event.step)
                step.state, step.seconds, step.doing, step.round = event.state, event.seconds, event.reason, event.round
            case ModelAnswered():
                self.calls += 1
                self.tokens += event.completion.usage.total
            case DecisionStarted() | Planned() | Acted() | Explained():
                self._decision(event)
            case _:
                self._other(event)

    def notice(self, notice: Notice) -> None:
        """Take in what is told besides events."""
        name = notice.decision if isinstance(notice, StageEntered) else notice.place.partition("/")[0]
        match notice:
            case StageEntered() if notice.stage is not Stage.READY:
                self._doing(name, notice.stage.value)
                self.writing.pop(name, None)
            case TextArrived():
                writing = self.writing.pop(name, None)
                if writing is None or writing.place != notice.place:
                    writing = Writing(notice.place)
                writing.add(notice.text)
                self.writing[name] = writing

    def _decision(self, event: DecisionStarted | Planned | Acted | Explained) -> None:
        match event:
            case Planned():
                chosen = next((option.text for option in event.options if option.label == event.choice), event.choice)
                self._doing(event.decision, f"chose: {chosen}")
            case Acted():
                self.writing.pop(event.decision, None)
                self._doing(event.decision, "acted")
            case Explained():
                self.writing.pop(event.decision, None)
            case DecisionStarted():
                self._doing(event.decision, "plan")

    def _other(self, event: Event) -> None:
        match event:
            case SandboxRan():
                self._doing(event.place, "ran: passed" if event.passed else "ran: failed")
            case ModelFailed():
                self.writing.pop(event.place.partition("/")[0], None)
                self._doing(event.place, f"{event.code}, {'trying again' if event.will_retry else 'giving up'}")
            case MessageSent() | SpeakerChosen():
                who = event.source if isinstance(event, MessageSent) else event.choice
                self._doing(event.step, f"turn {event.turn}: {who}")

    def _doing(self, name: str, what: str) -> None:
        step = self._step(name.partition("/")[0].partition("#")[0])
        if step.state == "running":
            step.doing = what

    def _step(self, name: str) -> StepLine:
        return self.steps.setdefault(name, StepLine(name))
