"""Every event in one line: what a pipe is told of a running run, and what ``glasswork log tail`` prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from glasswork.games.werewolf.seeing import is_table
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
    TableHappened,
    ThinkingEnded,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
    Weighed,
)
from glasswork.view.clean import one_line
from glasswork.view.marks import mark_words
from glasswork.view.table_words import TEAMS, happening_words, phase_words, table_words, weighed_words
from glasswork.view.telling import Mark
from glasswork.view.theme import money, number, seconds

_MINOR = (
    ModelAnswered,
    DecisionStarted,
    ConditionRead,
    SandboxStarted,
    RunStarted,
    MessageSent,
    SpeakerChosen,
    ThoughtNoted,
    ThinkingEnded,
    ToolStarted,
    Weighed,
)
"""What a run does between two milestones."""


def milestone(event: Event) -> str:
    """Say in one line what an event means for the run; empty where it is no milestone."""
    # of a tournament's matches, that they end
    within = isinstance(event, MatchStarted | RoundPlayed | TableHappened) and event.match
    within = within or (isinstance(event, ToolAnswered) and aside(event))
    return "" if within or isinstance(event, _MINOR) else line(event)


def line(event: Event, seq: int = 0) -> str:
    """Say in one line what happened. ``seq`` is the event's number, for events that have nothing else to go by."""
    match event:
        case StepStarted() | StepFinished():
            said = _step(event)
        case DecisionStarted() | ThoughtNoted() | ThinkingEnded() | Planned() | Acted() | Explained():
            said = f"{event.decision}: {_stage(event)}"
        case ModelAnswered() | ModelFailed() | SandboxStarted() | SandboxRan():
            said = f"{event.place}: {_work(event)}"
        case ToolStarted() | ToolAnswered():
            said = f"{event.place}: {call_words(event)}"
        case ConditionRead() | MessageSent() | SpeakerChosen() | HumanAsked() | HumanAnswered():
            said = f"{event.step}: {_talk(event)}"
        case MatchStarted() | RoundPlayed() | MatchFinished():
            said = _play(event)
        case TableHappened() | Weighed():
            said = _at_table(event)
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


def _stage(event: DecisionStarted | ThoughtNoted | ThinkingEnded | Planned | Acted | Explained) -> str:
    match event:
        case ThoughtNoted() | ThinkingEnded():
            return _thinking(event)
        case DecisionStarted():
            return f"{event.agent} decides, seeing {_count(len(event.segments), 'segment')}"
        case Planned():
            chosen = next((option for option in event.options if option.label == event.choice), None)
            text = f"{one_line(chosen.text)} ({chosen.probability:.0%})" if chosen else event.choice
            return f"a person chose {text}" if event.forced else f"chose {text}"
        case Acted():
            return f"a person made {event.produces}" if event.edited else f"made {event.produces}"
    return f"explained, {event.confidence:.0%} sure"


def _thinking(event: ThoughtNoted | ThinkingEnded) -> str:
    if isinstance(event, ThinkingEnded):
        parted = "; two readings of it part" if event.disagreement else "; two readings agree" if event.accord else ""
        results = f"thought {', '.join(map(str, event.results))}" if event.results else "nothing"
        return f"{event.strategy} came to {results}: {one_line(event.ended)}{parted}"
    score = "" if event.score is None else f" ({event.score:.2f})"
    why = f", {one_line(event.why)}" if event.why else ""
    return f"thought {event.number}{score} {event.fate}{why}: {one_line(event.text)}"


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


def call_words(event: ToolStarted | ToolAnswered) -> str:
    """Say what came of a call of a tool model, or that it was made."""
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    if isinstance(event, ToolStarted):
        return f"calls {one_line(event.tool)}{again}"
    if event.error:
        return f"{one_line(event.tool)} failed{again}: {one_line(event.message)}"
    if asks_health(event):
        return f"not to be called here: {', '.join(map(one_line, event.value))}" if event.value else "all can be called"
    cost = f", cost {money(event.cost)}" if event.cost else ""
    took = f" in {seconds(event.seconds)}" if event.seconds >= 0.05 else ""
    return f"{one_line(event.tool)} gave {value_words(event.value)}{took}{again}{cost}"


def asks_health(event: ToolStarted | ToolAnswered) -> bool:
    """Whether this is no call of a tool model, but the question which of them can be called."""
    return event.place.endswith("/health")


def aside(event: ToolStarted | ToolAnswered) -> bool:
    """Whether this is a look at tool models that found nothing worth a word: all healthy, or the candidates."""
    found = asks_health(event) and not getattr(event, "value", None)
    return found or event.place.endswith("/candidates")


def value_words(value: Any) -> str:
    """Say in a line what a tool model gave: a file by its name, type and size; all else as JSON, or the text itself."""
    if isinstance(value, Mapping) and {"blob", "name", "media_type", "size"} <= value.keys():
        return one_line(f"{value['name']} ({value['media_type']}, {number(value['size'])} bytes)")
    if isinstance(value, Mapping) and isinstance(value.get("hits"), list):
        return _count(len(value["hits"]), "passage")
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and "document" in one for one in value):
        return _count(len(value), "passage")
    if isinstance(value, Mapping) and {"rows", "columns", "text"} <= value.keys():
        return f"{_count(value['rows'], 'row')}, {_count(len(value['columns']), 'column')}"
    if isinstance(value, Mapping) and {"fit", "strips"} <= value.keys():
        return f"{_count(len(value['strips']), 'passage')} their scores"
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


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
        case MatchStarted() if is_table(event):
            return f"{where}{table_words(event)}"
        case MatchFinished() if event.ended in TEAMS:
            return f"{where}{table_words(event)}"
        case MatchStarted():
            return f"{where}{' v '.join(map(one_line, event.players))} begin"
        case RoundPlayed():
            if not event.moves:
                return f"{where}round {event.number}: void, by an illegal answer"
            return f"{where}round {event.number}: {', '.join(map(one_line, event.moves))}, {points(event.payoffs)}"
    how = "" if event.ended == "horizon" else " by illegal moves"
    return f"{where}over{how}, {points(event.scores)}"


def _at_table(event: TableHappened | Weighed) -> str:
    """Say what happened at a table of hidden roles."""
    if isinstance(event, Weighed):
        return f"{event.place}: {weighed_words(event)}"
    where = f"{event.step}: " + (f"game {event.match}, " if event.match else "")
    return f"{where}{phase_words(event.day, event.phase).lower()}, {happening_words(event)}"


def points(scores: Sequence[float]) -> str:
    """Write payoffs; of two players as in sports."""
    return (" : " if len(scores) == 2 else ", ").join(f"{score:g}" for score in scores)


def answer_of(asked: HumanAsked) -> str:
    """Return the option of the command line that answers a question."""
    if asked.words:
        return "--say 'your words'"
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
