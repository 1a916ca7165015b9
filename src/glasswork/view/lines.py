"""Every event in one line: what a pipe is told of a running run, and what ``glasswork log tail`` prints."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.places import decision_id, parse
from glasswork.records import (
    Acted,
    ConditionRead,
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
    Planned,
    RoundPlayed,
    RunFinished,
    RunStarted,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    StepFinished,
    StepStarted,
)
from glasswork.view.clean import one_line
from glasswork.view.marks import mark_words
from glasswork.view.telling import Mark
from glasswork.view.theme import money, number, seconds

_MINOR = (ModelAnswered, DecisionStarted, ConditionRead, SandboxStarted, RunStarted, MessageSent, SpeakerChosen)
"""What a run does between two milestones."""


def milestone(event: Event) -> str:
    """Say in one line what an event means for the run; empty where it is no milestone."""
    within = isinstance(event, MatchStarted | RoundPlayed) and event.match  # of a tournament's matches, that they end
    return "" if within or isinstance(event, _MINOR) else line(event)


def line(event: Event, seq: int = 0) -> str:
    """Say in one line what happened. ``seq`` is the event's number, for events that have nothing else to go by."""
    match event:
        case StepStarted() | StepFinished():
            said = _step(event)
        case DecisionStarted() | Planned() | Acted() | Explained():
            said = f"{event.decision}: {_stage(event)}"
        case ModelAnswered() | ModelFailed() | SandboxStarted() | SandboxRan():
            said = f"{event.place}: {_work(event)}"
        case ConditionRead() | MessageSent() | SpeakerChosen() | HumanAsked() | HumanAnswered():
            said = f"{event.step}: {_talk(event)}"
        case MatchStarted() | RoundPlayed() | MatchFinished():
            said = _play(event)
        case RunStarted():
            said = f"run {event.workflow} begins"
        case RunFinished():
            said = f"run {event.state}" + (f": {one_line(event.reason)}" if event.reason else "")
        case _:
            said = mark_words(Mark(seq, event))
    return said


def _step(event: StepStarted | StepFinished) -> str:
    name = event.step if not event.item else decision_id(event.step, event.round, item=event.item)
    again = f", round {event.round}" if event.round > 1 and not event.item else ""
    if isinstance(event, StepStarted):
        items = "" if event.items is None else f" for each of {event.items} items"
        return f"{name}: {event.agent or event.kind} begins{items}{again}"
    why = f": {one_line(event.reason)}" if event.reason else f" in {seconds(event.seconds)}" if event.seconds else ""
    return f"{name}: {event.state}{why}"


def _stage(event: DecisionStarted | Planned | Acted | Explained) -> str:
    match event:
        case DecisionStarted():
            return f"{event.agent} decides, seeing {_count(len(event.segments), 'segment')}"
        case Planned():
            chosen = next((option for option in event.options if option.label == event.choice), None)
            text = f"{one_line(chosen.text)} ({chosen.probability:.0%})" if chosen else event.choice
            return f"a person chose {text}" if event.forced else f"chose {text}"
        case Acted():
            return f"a person made {event.produces}" if event.edited else f"made {event.produces}"
    return f"explained, {event.confidence:.0%} sure"


def _work(event: ModelAnswered | ModelFailed | SandboxStarted | SandboxRan) -> str:
    match event:
        case ModelAnswered():
            answer = event.completion
            cost = f", cost {money(event.cost)}" if event.cost else ""
            return f"answered, {_count(answer.usage.total, 'token')} in {seconds(answer.seconds)}{cost}"
        case ModelFailed():
            then = "trying again" if event.will_retry else "giving up"
            return f"{event.code}, {then}: {one_line(event.message)}"
        case SandboxStarted():
            return f"runs {one_line(' '.join(event.argv))}"
    stopped = "" if event.reason == "exit" else f", stopped: {stop_words(event.reason)}"
    return f"ran in {event.backend}: {'passed' if event.passed else 'failed'}{stopped}"


_STOPS = {"timeout": "out of time", "oom": "out of memory or files", "output": "too much output"}


def stop_words(reason: str) -> str:
    """Say why a program did not end by itself."""
    return _STOPS.get(reason, f"killed by {one_line(reason.removeprefix('signal:'))}")


def granted(network: Mapping[str, Any]) -> str:
    """Say whom a program was allowed to talk to."""
    return ", ".join([*(["its own loopback"] if network.get("loopback") else []), *map(one_line, network["allow"])])


def _talk(event: ConditionRead | MessageSent | SpeakerChosen | HumanAsked | HumanAnswered) -> str:
    match event:
        case ConditionRead():
            return f"{one_line(event.expression)} is {'true' if event.result else 'false'}"
        case MessageSent():
            return f"turn {event.turn}, {event.source}: {one_line(event.text)}"
        case SpeakerChosen():
            chosen = next((option.text for option in event.options if option.label == event.choice), event.choice)
            return f"turn {event.turn} goes to {one_line(chosen)}"
        case HumanAsked():
            return f"asks a person: {one_line(event.question)}"
    by, note = f" by {event.by}" if event.by else "", f": {one_line(event.note)}" if event.note else ""
    return f"{one_line(event.choice) or ('yes' if event.approved else 'no')}{by}{note}"


def _play(event: MatchStarted | RoundPlayed | MatchFinished) -> str:
    """Say what happened in a game."""
    where = f"{event.step}: " + (f"match {event.match}, " if event.match else "")
    match event:
        case MatchStarted():
            return f"{where}{' v '.join(map(one_line, event.players))} begin"
        case RoundPlayed():
            if not event.moves:
                return f"{where}round {event.number}: void, by an illegal answer"
            return f"{where}round {event.number}: {', '.join(map(one_line, event.moves))}, {points(event.payoffs)}"
    how = "" if event.ended == "horizon" else " by illegal moves"
    return f"{where}over{how}, {points(event.scores)}"


def points(scores: Sequence[float]) -> str:
    """Write payoffs; of two players as in sports."""
    return (" : " if len(scores) == 2 else ", ").join(f"{score:g}" for score in scores)


def answer_of(asked: HumanAsked) -> str:
    """Return the option of the command line that answers a question."""
    return f"--choose {shlex.quote(one_line(asked.options[0]))}" if asked.options else "--yes"


def place_of(event: Event) -> str:
    """Return the step or the decision that an event belongs to; empty for events of the run as a whole."""
    for name in ("place", "decision", "step"):
        found = getattr(event, name, "")
        if found:
            return parse(found).decision if name == "place" else str(found)
    return ""


def _count(many: int, thing: str) -> str:
    return f"{number(many)} {thing}{'' if many == 1 else 's'}"
