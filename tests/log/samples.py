"""Three runs with a bit of everything, as events: a bakery that works, a fork of it, and one that was killed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glasswork.log.about import Parent, RunAbout
from glasswork.log.reader import Entry
from glasswork.log.writer import LogWriter
from glasswork.records import (
    Acted,
    Because,
    Completion,
    ConditionRead,
    DecisionChecked,
    DecisionStarted,
    Effect,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    MatchStarted,
    Message,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Option,
    Planned,
    Request,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    SandboxRan,
    SandboxStarted,
    Segment,
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

BAKERY, FORK, KILLED = "20261122-1-bakery-aaaa", "20261122-2-bakery-bbbb", "20261122-3-bakery-cccc"
LONG = "Rye flour, water, salt and time. " * 80
"""Long enough to lie in a file of its own."""
SECRET = "sesame"
"""Stands in every text that people, models and programs wrote."""


def answered(place: str, text: str = f"an answer: {SECRET}", seconds: float = 0.5, attempt: int = 1) -> ModelAnswered:
    labels = "/choose" in place or "/schedule" in place
    return ModelAnswered(
        place=place,
        digest="d" * 64,
        request=Request(
            messages=(Message(role="system", content=LONG), Message(role="user", content=f"Bake? {SECRET}")),
            form="label" if labels else "text",
            labels=("A", "B") if labels else (),
            max_tokens=1 if labels else 512,
            stop=() if labels else ("\n\n\n",),
        ),
        completion=Completion(
            text="A" if labels else text,
            reasoning="" if labels else f"hm, {SECRET}",
            usage=Usage(prompt_tokens=100, completion_tokens=1 if labels else 20, cached_tokens=60),
            seconds=seconds,
            model="small-q4",
            obtained="constrained" if labels else "free",
        ),
        attempt=attempt,
    )


def failed(place: str, attempt: int = 1, will_retry: bool = True, code: str = "timeout") -> ModelFailed:
    return ModelFailed(
        place=place,
        digest="d" * 64,
        attempt=attempt,
        code=code,
        message=f"no full answer within 2 s ({SECRET})",
        raw=f"half an {SECRET}",
        will_retry=will_retry,
        seconds=0.3,
    )


def decision(
    name: str, step: str, agent: str = "baker", *, act: Sequence[Event] = (), p: float = 0.7, forced: bool = False
) -> list[Event]:
    """A whole decision: it saw two segments, weighed two options, cites the first segment."""
    return [
        DecisionStarted(
            decision=name,
            step=step,
            agent=agent,
            role=agent,
            model="small",
            strategy="direct",
            segments=(
                Segment(id="s1", source="inputs.wish", text=f"a rye loaf, {SECRET}"),
                Segment(id="s2", source="steps.shop.items", text=LONG),
            ),
        ),
        answered(f"{name}/plan"),
        answered(f"{name}/choose/0"),
        answered(f"{name}/choose/1"),
        Planned(
            decision=name,
            thinking=f"Rye needs time, {SECRET}.",
            options=(
                Option(label="A", text=f"sourdough, {SECRET}", probability=p),
                Option(label="B", text=f"yeast, {SECRET}", probability=round(1 - p, 3), censored=True),
            ),
            choice="B" if forced else "A",
            order_consistency=0.5,
            orders=2,
            forced=forced,
        ),
        *(act or [answered(f"{name}/act", LONG)]),
        Acted(decision=name, produces="list", text=f"1. knead ({SECRET})\n{LONG}", data=["knead", SECRET]),
        answered(f"{name}/explain"),
        Explained(
            decision=name,
            reader="colleague",
            because=(Because(segment="s1", why=f"it says rye, {SECRET}"),),
            confidence=0.9,
            would_change_if=f"the wish were wheat, {SECRET}",
        ),
    ]


def program(place: str, passed: bool, reason: str = "exit") -> SandboxRan:
    return SandboxRan(
        place=place,
        digest="p" * 64,
        backend="jail",
        argv=("tests", "test_loaf.py"),
        files=("loaf.py", "test_loaf.py"),
        limits={"wall_seconds": 20},
        limits_enforced=("wall_seconds", "network"),
        not_contained=("kernel",),
        passed=passed,
        report=f"a report, {SECRET}",
        failures=() if passed else (f"too salty, {SECRET}",),
        reason=reason,
        exit_code=0 if passed else 1,
        stdout=f"out {SECRET}",
        stderr=f"err {SECRET}",
        truncated=False,
        seconds=0.25,
    )


def shopping() -> list[Event]:
    """A for_each with two items, the second failed for good."""
    return [
        StepStarted(step="shop", kind="agent", agent="baker", items=2),
        StepStarted(step="shop", item=1, kind="agent", agent="baker"),
        StepStarted(step="shop", item=2, kind="agent", agent="baker"),
        *decision("shop#1:1", "shop", p=0.8),
        DecisionStarted(
            decision="shop#1:2", step="shop", agent="baker", role="baker", model="small", strategy="direct", segments=()
        ),
        failed("shop#1:2/plan", 1),
        failed("shop#1:2/plan", 2, will_retry=False, code="invalid_output"),
        StepFinished(step="shop", item=1, state="done", output={"items": ["rye", SECRET]}, seconds=2.5),
        StepFinished(step="shop", item=2, state="failed", reason=f"no answer, {SECRET}", seconds=0.7),
        StepFinished(step="shop", state="done", output={"items": [["rye"], None]}, seconds=3.0),
    ]


def baking(number: int) -> list[Event]:
    """One round of baking; the first one burns."""
    place = f"bake#{number}"
    started = SandboxStarted(place=f"{place}/sandbox", digest="p" * 64, argv=("tests", "test_loaf.py"), idempotent=True)
    return [
        StepStarted(step="bake", round=number, kind="agent", agent="baker"),
        *decision(place, "bake", p=0.55, act=[failed(f"{place}/act"), answered(f"{place}/act", LONG, attempt=2)]),
        started,
        program(f"{place}/sandbox", passed=number == 2),
        StepFinished(step="bake", round=number, state="done", output={"passed": number == 2}, seconds=4.0),
    ]


def talking() -> list[Event]:
    """A team with a scheduler, within the workflow of another step."""
    step = "judge#1.talk"
    options = (
        Option(label="A", text=f"baker, {SECRET}", probability=0.6),
        Option(label="B", text="taster", probability=0.4, censored=True),
    )
    chosen = SpeakerChosen(step=step, turn=1, options=options, choice="A", order_consistency=1.0, orders=2)
    said = MessageSent(step=step, turn=1, source="baker", kind="TextMessage", text=f"I say: done, {SECRET}")
    return [
        StepStarted(step="judge", kind="workflow"),
        StepStarted(step=step, kind="team"),
        answered(f"{step}#1/schedule/1"),
        chosen,
        *decision(f"{step}#1.1", step, p=0.9),
        said,
        StepFinished(step=step, state="done", output={"text": SECRET}, seconds=1.5),
        StepFinished(step="judge", state="done", output={"text": SECRET}, seconds=1.6),
    ]


def checked() -> list[Event]:
    """The first baking put to the test: what was cited moved nothing, and what moved them was never mentioned."""
    effects = (
        Effect(segment="s1", effect=0.1, low=-0.2, high=0.4, causal=False, cited=True),
        Effect(segment="s2", effect=2.5, low=2.0, high=3.0, causal=True, cited=False),
    )
    influence = DecisionChecked(
        decision="bake#1",
        event=1,
        hash="h" * 64,
        measure="influence",
        method="leave-one-out",
        value=2.5,
        low=2.0,
        high=3.0,
        floor=0.5,
        effects=effects,
        detail={"note": SECRET},
        model="small",
        calls=6,
        usage=Usage(prompt_tokens=600, completion_tokens=6),
        seconds=1.5,
    )
    undefined = DecisionChecked(
        decision="bake#1", event=1, hash="h" * 64, measure="evidence precision", method="leave-one-out", value=None
    )
    return [answered("bake#1/check/0"), influence, undefined]


def bakery(run: str = BAKERY) -> list[Event]:
    """Shop, skip, bake twice in a loop, talk, be tested, be interrupted, be resumed, ask a person, end."""
    burnt = {"steps.bake.passed": False}
    return [
        RunStarted(run=run, workflow="bakery", inputs={"wish": f"a loaf, {SECRET}"}, model="small", seed=7),
        *shopping(),
        ConditionRead(step="decorate", expression="inputs.fancy", values={"inputs.fancy": SECRET}, result=False),
        StepFinished(step="decorate", state="skipped", reason="its condition does not hold"),
        *baking(1),
        StepStarted(step="again", kind="loop"),
        ConditionRead(step="again", expression="steps.bake.passed", values=burnt, result=False),
        *baking(2),
        ConditionRead(step="again", expression="steps.bake.passed", values={"steps.bake.passed": True}, result=True),
        StepFinished(step="again", state="done", output={"rounds": 2}, seconds=9.0),
        *talking(),
        *checked(),
        StepStarted(step="ship", kind="human"),
        HumanAsked(step="ship", question=f"Ship it? {SECRET}"),
        StepFinished(step="ship", state="cancelled", reason="stopped", seconds=1.0),
        RunFinished(state="interrupted", calls=20, seconds=20.0),
        RunResumed(was="interrupted", model="small"),
        HumanAnswered(step="ship", question=f"Ship it? {SECRET}", approved=True, note=f"well done, {SECRET}", by="ada"),
        StepFinished(step="ship", state="done", output={"approved": True}, seconds=99.0),
        RunFinished(
            state="done",
            calls=21,
            usage=Usage(prompt_tokens=2100, completion_tokens=200),
            seconds=120.0,
            outputs={"loaf": SECRET},
        ),
    ]


def fork(parent: Sequence[Event], upto: int) -> list[Event]:
    """Another choice at the first baking, made by a person."""
    forked = RunForked(parent=BAKERY, event=upto, hash="h" * 64, decision="bake#1", change="choose", to=f"B {SECRET}")
    return [
        parent[0].model_copy(update={"run": FORK}),
        *parent[1:upto],
        forked,
        *decision("bake#1", "bake", p=0.55, forced=True)[4:],
        StepFinished(step="bake", state="failed", reason=f"burnt, {SECRET}", seconds=3.0),
        RunFinished(state="failed", reason=f"bake: burnt, {SECRET}", calls=9, seconds=30.0),
    ]


def killed() -> list[Event]:
    """Cut off in the middle of everything: a question, a program and a call under way."""
    return [
        RunStarted(run=KILLED, workflow="bakery"),
        StepStarted(step="ship", kind="human"),
        HumanAsked(step="ship", question="Ship it?"),
        StepStarted(step="bake", kind="agent", agent="baker"),
        *decision("bake#1", "bake")[:5],
        failed("bake#1/act"),
        StepStarted(step="test", kind="agent", agent="baker"),
        *thinking("test#1"),
        SandboxStarted(place="test#1/sandbox", digest="p" * 64, argv=("tests", "t.py"), idempotent=False),
        *asking(),
        *table(),
    ]


def asking() -> list[Event]:
    """A dispatch: a look at who can be called, a task that is done, one that failed once and is under way again."""
    photo = {"blob": "b" * 64, "name": "photo.png", "media_type": "image/png", "size": 8}
    read = {"place": "ask#1/t1/ocr", "digest": "t" * 64, "tool": "ocr"}
    told = {"place": "ask#1/t2/language", "digest": "u" * 64, "tool": "language"}
    return [
        StepStarted(step="ask", kind="dispatch"),
        ToolStarted(place="ask#1/health", digest="v" * 64, tool="health"),
        ToolAnswered(place="ask#1/health", digest="v" * 64, tool="health", value={}),
        ToolStarted(**read, arguments={"image": photo}),
        ToolAnswered(**read, value=f"a sign, {SECRET}", cost=0.5, seconds=2.0),
        ToolStarted(**told, arguments={"text": SECRET}),
        ToolAnswered(**told, error="timeout", message=f"no result within 9 s, {SECRET}", seconds=9.0),
        ToolStarted(**told, arguments={"text": SECRET}, attempt=2),
    ]


def thinking(name: str) -> list[Event]:
    """A graph of thoughts: two ways, one joined out of both, one dropped."""

    def thought(number: int, fate: str, *parents: int, why: str = "") -> ThoughtNoted:
        made = "aggregate" if len(parents) > 1 else "generate"
        text = f"thought {number}, {SECRET}"
        return ThoughtNoted(
            decision=name, number=number, parents=parents, operation=made, text=text, score=0.5, fate=fate, why=why
        )

    return [
        thought(3, "dropped", why="not among the best 2"),
        *(thought(1, "kept"), thought(2, "kept"), thought(4, "kept", 1, 2)),
        ThinkingEnded(
            decision=name, strategy="graph", results=(4,), ended="all operations were carried out", calls=5, tokens=900
        ),
    ]


def table() -> list[Event]:
    """The beginning of a game of hidden roles: a card, a word, a belief."""
    cards = {"Ada": "werewolf", "Bo": "seer", "Cyd": "villager"}
    options = (
        Option(label="A", text="werewolf", probability=0.7),
        Option(label="B", text="not a werewolf", probability=0.3),
    )
    beliefs = [f"table#1.{seat}/belief/Ada" for seat in (2, 3)]
    return [
        StepStarted(step="table", kind="werewolf"),
        MatchStarted(
            step="table",
            players=tuple(cards),
            kinds=("agent a on small",) * 3,
            rules={"kind": "werewolf", "name": "tiny"},
            seed=1,
        ),
        TableHappened(
            step="table", number=1, day=1, phase="setup", what="dealt", to="Ada", card="werewolf", seen_by=("Ada",)
        ),
        TableHappened(
            step="table", number=2, day=1, phase="day", what="spoke", by="Ada", text=f"I am the seer, {SECRET}"
        ),
        *(
            Weighed(
                step="table",
                place=place,
                by="Bo",
                question="belief",
                about="Ada",
                options=options,
                order_consistency=1.0,
                orders=2,
                after=2,
            )
            for place in beliefs
        ),
    ]


def fork_point(events: Sequence[Event]) -> int:
    """Number of the event before the first baking's plan was recorded."""
    return next(n for n, event in enumerate(events) if isinstance(event, Planned) and event.decision == "bake#1")


def about(run: str, parent: Parent | None = None) -> RunAbout:
    return RunAbout(
        run=run,
        workflow="bakery",
        model="small",
        models={"default": {"kind": "embedded", "weights": "small.gguf"}},
        served={"default": "small"},
        seed=7,
        parent=parent,
    )


def write(logs: Path, run: str, events: Sequence[Event], parent: Parent | None = None) -> Path:
    with LogWriter.create(logs / run, about(run, parent)) as writer:
        for event in events:
            writer.record(event)
    return logs / run


def write_all(logs: Path) -> Path:
    events = bakery()
    point = fork_point(events)
    write(logs, BAKERY, events)
    write(logs, FORK, fork(events, point), Parent(run=BAKERY, event=point))
    write(logs, KILLED, killed())
    return logs


def entries(events: Sequence[Event], seconds: float = 1.0) -> list[Entry]:
    """Events a second apart."""
    start = datetime(2026, 11, 22, 19, 45, tzinfo=UTC)
    return [Entry(n, start + timedelta(seconds=n * seconds), event) for n, event in enumerate(events, 1)]


def copy(logs: Path, to: Path) -> Path:
    shutil.copytree(logs, to)
    return to
