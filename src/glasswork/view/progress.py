"""Where a run stands, kept up to date event by event: what the live views draw. It prints nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from glasswork.places import outer, parse
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
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Notice,
    Planned,
    RoundPlayed,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    Stage,
    StageEntered,
    StepFinished,
    StepStarted,
    TableHappened,
    TextArrived,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
)
from glasswork.view.table_words import phase_words

KEPT = 4000
"""How many characters of a text that is being written are kept at least: more than any terminal shows."""


@dataclass
class StepLine:
    """One step, as it stands."""

    id: str
    kind: str = ""
    agent: str = ""
    needs: tuple[str, ...] = ()
    depth: int = 0
    """How many workflows it runs within."""
    state: str = "pending"
    round: int = 1
    began: float = 0.0
    seconds: float = 0.0
    doing: str = ""
    """What is under way: a stage, or the last thing that happened."""
    earlier: bool = False
    """Whether it ended in an earlier sitting of a run that was resumed."""
    items: int | None = None
    """For a ``for_each``: how many items there are."""
    ended: set[int] = field(default_factory=set)
    """The items that have ended."""
    failed: int = 0
    """How many of them failed."""
    begun: set[int] = field(default_factory=set)
    """For a game: its matches that have begun; 0 where it is one match."""
    over: set[int] = field(default_factory=set)
    """Those that are over."""


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
    """The state of a run. ``now`` is any clock in seconds; it is read by the caller.

    Items of a ``for_each`` are counted on the line of their step. The steps of a workflow that runs as a step stand
    below it until it has ended; those within an item have no lines of their own.
    """

    def __init__(self, steps: Sequence[tuple[str, str, str, Sequence[str]]]) -> None:
        self.writing: dict[str, Writing] = {}
        """Texts on their way, by decision; the last one touched last."""
        self.calls = 0
        self.tokens = 0
        self._steps = {name: StepLine(name, kind, agent, tuple(needs)) for name, kind, agent, needs in steps}
        self._inside: dict[str, list[str]] = {}

    @property
    def lines(self) -> list[StepLine]:
        """All steps, each followed by those that run within it."""
        return [line for name, step in self._steps.items() if not step.depth for line in self._with_inner(name)]

    def event(self, event: Event, now: float, *, held: bool = False) -> None:
        """Take in one event. ``held``: it was recorded in an earlier sitting of this run."""
        match event:
            case StepStarted() | StepFinished() if event.item:
                self._item(event)
            case StepStarted():
                self._started(event, now)
            case StepFinished():
                self._finished(event, held=held)
            case ModelAnswered():
                self.calls += 1
                self.tokens += event.completion.usage.total
            case ModelFailed():
                self.tokens += event.usage.total
                self._other(event)
            case DecisionChecked():
                self._checked(event)
            case DecisionStarted() | Planned() | Acted() | Explained():
                self._decision(event)
            case ThoughtNoted():
                self._doing(event.decision, f"thinks: {event.number} thoughts")
            case _:
                self._other(event)

    def notice(self, notice: Notice) -> None:
        """Take in what is told besides events."""
        name = notice.decision if isinstance(notice, StageEntered) else parse(notice.place).decision
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

    # --- steps ------------------------------------------------------------------------------------------------------

    def _started(self, event: StepStarted, now: float) -> None:
        step = self._step(event.step)
        if step is None:
            return
        step.kind, step.agent = event.kind or step.kind, event.agent or step.agent
        step.state, step.round, step.began, step.doing = "running", event.round, now, ""
        step.items, step.ended, step.failed = event.items, set(), 0
        step.begun, step.over = set(), set()

    def _finished(self, event: StepFinished, *, held: bool) -> None:
        step = self._step(event.step)
        if step is None:
            return
        step.state, step.seconds, step.doing, step.round = event.state, event.seconds, event.reason, event.round
        step.earlier = held
        for name in self._inside.pop(step.id, ()):
            self._drop(name)

    def _item(self, event: StepStarted | StepFinished) -> None:
        step = self._step(event.step)
        if step is not None and isinstance(event, StepFinished) and event.item not in step.ended:
            step.ended.add(event.item)
            step.failed += event.state == "failed"

    def _step(self, name: str) -> StepLine | None:
        """Return the line of a step; None where it has none, because it runs within an item."""
        found = self._steps.get(name)
        outside = outer(name)
        if found is not None or outside is None:
            return found or self._steps.setdefault(name, StepLine(name))
        around = self._step(outside.step)
        if around is None or outside.item:
            return None
        self._inside.setdefault(around.id, []).append(name)
        return self._steps.setdefault(name, StepLine(name, depth=around.depth + 1))

    def _with_inner(self, name: str) -> Iterator[StepLine]:
        yield self._steps[name]
        for inner in self._inside.get(name, ()):
            yield from self._with_inner(inner)

    def _drop(self, name: str) -> None:
        for inner in self._inside.pop(name, ()):
            self._drop(inner)
        del self._steps[name]

    # --- what they do -----------------------------------------------------------------------------------------------

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

    def _checked(self, event: DecisionChecked) -> None:
        """Count what a demanded test asked; the run waits for it where its step has not ended yet."""
        self.calls += event.calls
        self.tokens += event.usage.total
        if event.measure == "evidence":
            held = "holds" if event.detail.get("met") else "does not hold"
            self._doing(event.decision, f"its explanation {held}")

    def _other(self, event: Event) -> None:
        match event:
            case SandboxStarted():
                self._doing(event.place, "runs a program")
            case SandboxRan():
                self._doing(event.place, "ran: passed" if event.passed else "ran: failed")
            case ToolStarted():
                self._doing(event.place, f"calls {event.tool}")
            case ToolAnswered():
                self._doing(event.place, f"{event.tool} {'failed' if event.error else 'answered'}")
            case ModelFailed():
                self.writing.pop(parse(event.place).decision, None)
                self._doing(event.place, f"{event.code}, {'trying again' if event.will_retry else 'giving up'}")
            case MessageSent() | SpeakerChosen():
                who = event.source if isinstance(event, MessageSent) else event.choice
                self._doing(event.step, f"turn {event.turn}: {who}")
            case HumanAsked() | HumanAnswered():
                self._person(event)
            case MatchStarted() | RoundPlayed() | MatchFinished() | TableHappened():
                self._play(event)

    def _play(self, event: MatchStarted | RoundPlayed | MatchFinished | TableHappened) -> None:
        """Say how far a game has come: of one match the round, of several how many are over."""
        step = self._steps.get(event.step)
        if step is None:
            return
        match event:
            case MatchStarted():
                step.begun.add(event.match)
            case MatchFinished():
                step.over.add(event.match)
        last = f"round {event.number} played" if isinstance(event, RoundPlayed) else ""
        if isinstance(event, TableHappened):
            last = phase_words(event.day, event.phase).lower()
        kind = "game" if isinstance(event, TableHappened) else "match"
        where = f"{kind} {event.match}" if event.match else ""
        counted = f"{len(step.over)} of {len(step.begun)} matches begun are over" if event.match else ""
        self._doing(event.step, "; ".join(filter(None, (counted, ", ".join(filter(None, (where, last)))))))

    def _person(self, event: HumanAsked | HumanAnswered) -> None:
        step = self._steps.get(event.step)
        if step is None or step.state not in {"running", "waiting"}:
            return
        asks = isinstance(event, HumanAsked)
        step.state, step.doing = ("waiting", f"asks: {event.question}") if asks else ("running", "answered")

    def _doing(self, name: str, what: str) -> None:
        place = parse(name)
        step = self._steps.get(place.step)
        if step is not None and step.state == "running" and not place.item:
            step.doing = what
