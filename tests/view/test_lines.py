"""Every kind of event has its line, and the lines of a run say what happened."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import get_args

import pytest
from pydantic import BaseModel

from glasswork.log.reader import Log
from glasswork.places import parse
from glasswork.records import (
    EVENT,
    Acted,
    DecisionChecked,
    Event,
    HumanAnswered,
    HumanAsked,
    LogRedacted,
    LogRepaired,
    MatchFinished,
    MatchStarted,
    ModelAnswered,
    Option,
    Planned,
    Redacted,
    RoundPlayed,
    RunFinished,
    RunForked,
    RunResumed,
    SandboxStarted,
    StepFinished,
    StepStarted,
    TableHappened,
    ThinkingEnded,
    ThoughtNoted,
    ToolAnswered,
    ToolStarted,
    Weighed,
)
from glasswork.view.lines import line, milestone, place_of
from glasswork.view.theme import number

KINDS: tuple[type[BaseModel], ...] = get_args(get_args(Event)[0])


def samples(team: Log, chat: Log) -> Iterator[Event]:
    yield from team.events
    yield from chat.events
    yield RunForked(parent="p", event=3, hash="0" * 64, decision="build#1", change="model", to="m")
    yield RunResumed(was="budget", budget=("tokens=9",))
    yield SandboxStarted(place="test#1/sandbox", digest="d", argv=("tests", "t.py"), idempotent=True)
    yield ToolStarted(place="ask#1/t1/ocr", digest="d", tool="ocr")
    yield ToolAnswered(place="ask#1/t1/ocr", digest="d", tool="ocr", value="a\nb", seconds=2.1)
    yield HumanAsked(step="ship", question="Ship it?\nReally?")
    yield MatchStarted(step="match", match=3, players=("ada", "grim"), kinds=("human", "human"), rules={}, seed=1)
    yield RoundPlayed(step="match", match=3, number=1, said=("a", "b"), moves=("a", "b"), payoffs=(1, 2))
    yield MatchFinished(step="match", match=3, scores=(1, 2), ended="horizon")
    yield TableHappened(step="table", match=2, number=4, day=1, phase="day", what="voted", by="Ada", to="Bo")
    yield Weighed(
        step="table",
        place="table#1.1/belief/Bo",
        by="Ada",
        question="belief",
        about="Bo",
        options=(
            Option(label="A", text="a werewolf", probability=0.7),
            Option(label="B", text="not a werewolf", probability=0.3),
        ),
        order_consistency=1.0,
        orders=2,
        after=3,
    )
    yield ThoughtNoted(
        decision="build#1", number=2, parents=(1,), operation="propose", text="a\nb", fate="left", why="c"
    )
    yield ThinkingEnded(decision="build#1", strategy="tree", results=(2, 1), ended="the end", calls=3, tokens=40)
    yield LogRepaired(offset=1, bytes=2, saved_as="events.torn-1")
    yield LogRedacted(events=(1,), blobs=(), by="lena")
    yield DecisionChecked(
        decision="build#1", event=9, hash="0" * 64, measure="influence", method="leave one out", value=0.42
    )
    yield Redacted(was="decision.acted")


def test_every_kind_of_event_has_a_line_of_its_own(team: Log, chat: Log) -> None:
    lines = {type(event): line(event, 7) for event in samples(team, chat)}
    assert set(lines) == set(KINDS), "a new kind of event needs a sample here"
    assert all(text.strip() and "\n" not in text for text in lines.values())
    assert len(set(lines.values())) == len(KINDS)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            StepStarted(step="review", kind="agent", agent="critic", items=10),
            "review: critic begins for each of 10 items",
        ),
        (StepStarted(step="review", round=2, item=3, kind="agent", agent="critic"), "review#2:3: critic begins"),
        (StepStarted(step="check#1.read", kind="agent", agent="reader"), "check#1.read: reader begins"),
        (StepFinished(step="review", item=3, state="failed", reason="no\nanswer"), "review#1:3: failed: no"),
        (Acted(decision="build#1", produces="code", text="x", edited=True), "build#1: a person made code"),
        (HumanAnswered(step="ship", question="?", approved=False, note="no!", by="lena"), "ship: no by lena: no!"),
        (
            ToolAnswered(place="ask#1/t1/ocr", digest="d", tool="ocr", value={"a": 1}, seconds=2.1, attempt=2),
            'ask#1/t1/ocr: ocr gave {"a": 1} in 2.1s, attempt 2',
        ),
        (
            ToolAnswered(
                place="ask#1/t2/speak",
                digest="d",
                tool="speak",
                value={"blob": "0", "name": "a.wav", "media_type": "audio/wav", "size": 3000},
            ),
            f"ask#1/t2/speak: speak gave a.wav (audio/wav, {number(3000)} bytes)",
        ),
        (
            ToolAnswered(place="ask#1/t1/ocr", digest="d", tool="ocr", error="failed", message="torn\nout"),
            "ask#1/t1/ocr: ocr failed: torn",
        ),
        (
            ToolAnswered(place="ask#1/health", digest="d", tool="health", value={"ocr": {}}),
            "ask#1/health: not to be called here: ocr",
        ),
        (
            ThoughtNoted(
                decision="build#1", number=2, operation="propose", text="a\nb", score=0.25, fate="dropped", why="c\nd"
            ),
            "build#1: thought 2 (0.25) dropped, c: a",
        ),
        (
            ThinkingEnded(
                decision="b#1",
                strategy="two_stage",
                results=(1,),
                ended="over",
                calls=3,
                tokens=40,
                disagreement="A, B",
            ),
            "b#1: two_stage came to thought 1: over; two readings of it part",
        ),
        (RunResumed(was="waiting", model="m"), "resumed; it was waiting; the model is m"),
        (Redacted(was="decision.acted"), "event 7, decision.acted, was taken out"),
        (RunFinished(state="waiting", reason="ship waits"), "run waiting: ship waits"),
    ],
)
def test_lines(event: Event, said: str) -> None:
    assert line(event, 7) == said


def test_a_forced_choice_and_what_an_answer_cost(team: Log) -> None:
    planned = next(event for event in team.events if isinstance(event, Planned))
    assert line(planned.model_copy(update={"forced": True})).startswith("analyse#1: a person chose four short")
    answered = next(event for event in team.events if isinstance(event, ModelAnswered))
    assert line(answered) == "analyse#1/plan: answered, 460 tokens in 2.1s"
    assert line(answered.model_copy(update={"cost": 0.0012})).endswith(", cost 0.0012")


def test_milestones_are_few(team: Log, make: SimpleNamespace) -> None:
    told = [event for event in team.events if milestone(event)]
    assert len(told) < len(team.events) / 1.5
    assert all(milestone(event) == line(event) for event in told)


def test_places(team: Log, chat: Log) -> None:
    for event in samples(team, chat):
        place = place_of(EVENT.validate_python(event.model_dump()))
        assert bool(place) == any(getattr(event, name, "") for name in ("place", "decision", "step"))
        assert parse(place).stage == ""
