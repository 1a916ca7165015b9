"""What a run's log holds already, for running it again: the one mechanism behind resume, replay and fork.

The engine always runs from the start and emits every event. What it would ask is answered from here for as long as the
answer is recorded; what it emits is held against what was recorded (:meth:`Past.take`), and only what is new is
written. There is no other checkpoint.

Events of branches that ran side by side may be emitted in another order than they were recorded in, so each is
compared with the recorded event of the same :func:`~glasswork.log.compare.key`, not with the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from glasswork import errors
from glasswork.errors import Diverged, GlassworkError, LogError, ModelError, Waiting
from glasswork.log.compare import content, difference, key
from glasswork.log.reader import Entry
from glasswork.places import step_of
from glasswork.records import (
    ConditionRead,
    DecisionChecked,
    Event,
    HumanAnswered,
    LogRedacted,
    LogRepaired,
    ModelAnswered,
    ModelFailed,
    Request,
    RoundPlayed,
    RunFinished,
    RunForked,
    RunResumed,
    SandboxRan,
    SandboxStarted,
    StepFinished,
    StepStarted,
    ToolAnswered,
    ToolStarted,
    Usage,
)

_NOT_EMITTED = (LogRepaired, LogRedacted, RunForked, RunResumed)
"""Events of the log itself, and of tests made later: the engine never emits them. (Tests that a workflow demands are
events of the run.)"""

_HINT = "run it anew, or fork it, to go another way"


class Recalled(NamedTuple):
    """What is recorded of one question: failed attempts, then an answer, or the error that it ended with."""

    failures: tuple[ModelFailed, ...] = ()
    answer: ModelAnswered | None = None
    error: GlassworkError | None = None
    """For a replay: what stands in place of the answer."""


class Rechecked(NamedTuple):
    """What is recorded of a test that the workflow demands."""

    failures: tuple[DecisionChecked, ...] = ()
    """Attempts that came to nothing, with what they cost."""
    influence: DecisionChecked | None = None
    """What drove the decision; all else of the test follows from it."""


class Spent(NamedTuple):
    """What recorded calls have used up."""

    calls: int = 0
    usage: Usage = Usage()
    money: float = 0.0


class _Held(NamedTuple):
    seq: int
    event: Event
    content: dict[str, Any]


class Past:
    """The events of one log. ``live``: what is not recorded may be asked; else it is an error, as in a replay."""

    def __init__(
        self, entries: Iterable[Entry], *, live: bool = True, clean: Callable[[Any], Any] = lambda data: data
    ) -> None:
        """Take in a log.

        Args:
            entries: Its events, in order.
            live: Whether questions without an answer are asked (resume, fork) or refused (replay).
            clean: What the log did to data before writing it: taking out secrets.

        Raises:
            LogError: texts were removed from it, so that it cannot be run again.
        """
        self.live = live
        self.state = "cut off"
        """How the run stands: the state of its last end, if nothing follows it."""
        self.seconds = 0.0
        """Wall-clock time of all sittings together."""
        self.forks: list[RunForked] = []
        self._clean = clean
        self._held: dict[tuple[Any, ...], list[_Held]] = {}
        self._answers: dict[tuple[str, str], ModelAnswered] = {}
        self._asked: dict[str, tuple[int, Request]] = {}
        self._failures: dict[tuple[str, str], list[ModelFailed]] = {}
        self._ran: dict[tuple[str, str], SandboxRan] = {}
        self._began: set[tuple[str, str, int]] = set()
        self._people: dict[tuple[str, int, str, str], HumanAnswered] = {}
        self._after: dict[tuple[str, int], tuple[str, ...]] = {}
        self._checks: dict[str, list[DecisionChecked]] = {}
        self._rounds: dict[tuple[str, int, int], RoundPlayed] = {}
        self._called: dict[tuple[str, str, int], ToolAnswered] = {}
        self._keep(entries)

    def _keep(self, entries: Iterable[Entry]) -> None:
        began: datetime | None = None
        last: datetime | None = None
        for entry in entries:
            seq, time, event = entry.seq, entry.time, entry.event
            if isinstance(event, LogRedacted):
                raise LogError(
                    f"texts were taken out of this log (event {seq}), so it can be read, but not run again",
                )
            if isinstance(event, RunForked):
                self.forks.append(event)
            if isinstance(event, RunResumed):
                began = time
            if isinstance(event, _NOT_EMITTED) or (isinstance(event, DecisionChecked) and event.at_least is None):
                continue
            if isinstance(event, HumanAnswered) and began is None:
                self._index(event, seq)  # said from outside, after the run had come to wait for it
                continue
            began = began or time
            self.state = event.state if isinstance(event, RunFinished) else "cut off"
            if isinstance(event, RunFinished):
                self.seconds, began = event.seconds, None
            self._index(event, seq)
            last = time
        if self.state == "cut off" and began is not None and last is not None:
            self.seconds += max(0.0, (last - began).total_seconds())

    def _index(self, event: Event, seq: int) -> None:
        self._held.setdefault(key(event), []).append(_Held(seq, event, content(event)))
        match event:
            case ModelAnswered():
                self._answers[event.place, event.digest] = event
                self._asked[event.place] = (seq, event.request)
            case ModelFailed():
                self._failures.setdefault((event.place, event.digest), []).append(event)
            case SandboxStarted() | ToolStarted():
                self._began.add((event.place, event.digest, getattr(event, "attempt", 1)))
            case SandboxRan():
                self._ran[event.place, event.digest] = event
            case HumanAnswered():
                self._people[event.step, event.round, event.question, event.decision] = event
            case StepStarted(item=0) if event.after:
                self._after[event.step, event.round] = event.after
            case DecisionChecked():
                self._checks.setdefault(event.decision, []).append(event)
            case RoundPlayed():
                self._rounds[event.step, event.match, event.number] = event
            case ToolAnswered():
                self._called[event.place, event.digest, event.attempt] = event

    def lend(self, answers: Iterable[ModelAnswered | DecisionChecked]) -> None:
        """Take in answers of another run, to be served as recorded ones are; they are written when they are used."""
        known = frozenset(self._checks)
        for event in answers:
            if isinstance(event, ModelAnswered):
                self._answers.setdefault((event.place, event.digest), event)
            elif event.decision not in known:
                self._checks.setdefault(event.decision, []).append(event)

    # --- what is served ---------------------------------------------------------------------------------------------

    def recall(self, place: str, request: Request) -> Recalled:
        """Return what is recorded of a question.

        Raises:
            Diverged: something else was asked at this place.
        """
        digest = request.digest()
        failures = tuple(self._failures.get((place, digest), ()))
        answer = self._answers.get((place, digest))
        if answer is not None:
            return Recalled(failures, answer)
        if place in self._asked:
            raise self._other_question(place, request)
        if self.live:
            return Recalled(failures)
        if failures and not failures[-1].will_retry:
            return Recalled(failures, error=_as_error(failures))
        return Recalled(failures, error=self._nothing(f"an answer at {place}"))

    def ran(self, place: str, digest: str) -> SandboxRan | None:
        """Return the recorded result of a program, or None where it is to run (again).

        Raises:
            Waiting: in a replay: the log ends before it.
        """
        found = self._ran.get((place, digest))
        if found is None and not self.live:
            raise self._nothing(f"the result of the program at {place}")
        return found

    def began(self, place: str, digest: str) -> bool:
        """Whether this program was started before."""
        return (place, digest, 1) in self._began

    def said(self, step: str, round_: int, question: str, decision: str = "") -> HumanAnswered | None:
        """Return a person's recorded answer; ``decision`` names the move. Raises Waiting in a replay that has none."""
        found = self._people.get((step, round_, question, decision))
        if found is None and not self.live:
            raise self._nothing(f"an answer to {decision or step}")
        return found

    def played(self, step: str, match: int, number: int) -> RoundPlayed | None:
        """Return a recorded round: what a player from elsewhere did in it is not asked for again."""
        return self._rounds.get((step, match, number))

    def called(self, place: str, digest: str, attempt: int) -> ToolAnswered | None:
        """Return what came of a call of a tool model, or None where it is to be made.

        Raises:
            Waiting: in a replay: the log ends before it.
        """
        found = self._called.get((place, digest, attempt))
        if found is None and not self.live:
            raise self._nothing(f"what came of the call at {place}")
        return found

    def called_out(self, place: str, digest: str, attempt: int) -> bool:
        """Whether this call of a tool model was begun before."""
        return (place, digest, attempt) in self._began

    def checked(self, decision: str) -> Rechecked:
        """Return what is recorded of a decision's demanded test.

        Raises:
            Waiting: in a replay: the log ends before its result.
        """
        events = self._checks.get(decision, [])
        failures = tuple(event for event in events if "error" in event.detail)
        influence = next((event for event in events if event.measure == "influence"), None)
        given_up = bool(failures) and failures[-1].detail["error"] in _ERRORS
        if influence is None and not self.live and not given_up:
            raise self._nothing(f"the test of {decision}")
        return Rechecked(failures, influence)

    def after(self, step: str, round_: int) -> tuple[str, ...]:
        """Return the needs that had ended when a step with the join ``any`` began; empty where it has not begun."""
        return self._after.get((step, round_), ())

    def spent(self, belongs: Callable[[str], bool] = lambda _: True) -> Spent:
        """Return what calls have used up, in the steps that belong."""
        answers = [event for event in self._answers.values() if belongs(step_of(event.place))]
        failed = [event for group in self._failures.values() for event in group if belongs(step_of(event.place))]
        checks = [event for group in self._checks.values() for event in group if belongs(step_of(event.decision))]
        tools = [event for event in self._called.values() if belongs(step_of(event.place))]
        return Spent(
            len(answers) + len(failed) + sum(event.calls for event in checks),
            sum((one.completion.usage for one in answers), Usage()) + _used(failed) + _used(checks),
            sum(one.cost for some in (answers, failed, checks, tools) for one in some),
        )

    # --- what is emitted --------------------------------------------------------------------------------------------

    def take(self, event: Event) -> bool:
        """Whether the log holds this event already; each recorded event counts once.

        The end of a run, and that of a step which was cut short or may come out otherwise now, are recorded anew.

        Raises:
            Diverged: the log holds another event in its place; or, in a replay, none.
        """
        held = self._held.get(key(event), [])
        if self.live and isinstance(event, RunFinished):
            return False
        said = self._said(event)
        ends = isinstance(event, StepFinished | RunFinished)
        if ends and held and self._comparable(held[-1].content, event.type) == said:
            held.clear()  # earlier ends, before the run was resumed, are superseded
            return True
        for index, one in enumerate(held):
            if self._comparable(one.content, event.type) == said:
                del held[index]
                return True
        if not held and self.live:
            return False
        if not held:
            raise Diverged(f"{_name(event)} is new: the log holds no such event", hint=_HINT)
        if self.live and isinstance(event, ConditionRead | StepFinished):
            return False  # a join of any may see more needs now than just before a crash; where that matters, it shows
        last = held[-1] if ends else held[0]
        parting = difference(self._comparable(last.content, event.type), said)
        raise Diverged(f"event {last.seq}, {_name(last.event)}, is another now: {parting}", event=last.seq, hint=_HINT)

    def left(self) -> Iterator[_Held]:
        """Yield recorded events that were not emitted again, in order; without those that a later one superseded."""
        for held in sorted((one for group in self._held.values() for one in _lasting(group)), key=lambda one: one.seq):
            if not _cut_short(held.event):
                yield held

    def _said(self, event: Event) -> dict[str, Any]:
        cleaned: dict[str, Any] = self._clean(content(event))
        return dict(self._comparable(cleaned, event.type))

    def _comparable(self, data: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
        """Leave out the model's name where the run may go on with another."""
        if self.live and kind in {"run.started", "decision.started"}:
            return {name: value for name, value in data.items() if name != "model"}
        return data

    def _other_question(self, place: str, request: Request) -> Diverged:
        seq, before = self._asked[place]
        parting = difference(before.model_dump(mode="json"), request.model_dump(mode="json"))
        text = f"event {seq}, model.answered at {place}: what is asked is another now: request.{parting}"
        return Diverged(text, event=seq, hint=_HINT)

    def _nothing(self, what: str) -> GlassworkError:
        if self.state in {"done", "failed"}:
            return Diverged(f"the log holds no {what.removeprefix('an ').removeprefix('the ')}", hint=_HINT)
        return Waiting(f"the log ends before {what}")


def _lasting(group: list[_Held]) -> list[_Held]:
    """Return a key's events without those that a later one of the same key took the place of."""
    if group and isinstance(group[0].event, StepFinished | RunFinished):
        return group[-1:]
    return group


def _cut_short(event: Event) -> bool:
    if isinstance(event, ConditionRead):
        return True  # read just before a crash, and once more after it
    if isinstance(event, StepFinished):
        return event.state == "cancelled"
    return isinstance(event, RunFinished) and event.state not in {"done", "failed"}


def _name(event: Event) -> str:
    what = next((getattr(event, part) for part in ("place", "decision", "step") if hasattr(event, part)), "")
    return f"{event.type} {what}".strip()


_ERRORS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ModelError)}


def _as_error(failures: Sequence[ModelFailed]) -> ModelError:
    """Return the error that the last of all attempts failed with, made anew."""
    error = _ERRORS.get(failures[-1].code, ModelError)(failures[-1].message, raw=failures[-1].raw)
    error.spent = _used(failures).spent
    return error


def _used(attempts: Sequence[ModelFailed] | Sequence[DecisionChecked]) -> Usage:
    return sum((one.usage for one in attempts), Usage())
