"""The picture of a running run fits its terminal, costs little, and a pipe gets plain lines."""

from __future__ import annotations

import io
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from glasswork.log.reader import Log
from glasswork.records import (
    Event,
    HumanAnswered,
    HumanAsked,
    ModelFailed,
    RunStarted,
    Stage,
    StageEntered,
    StepFinished,
    StepStarted,
    TextArrived,
)
from glasswork.view.live import LiveView, PlainView, watching
from glasswork.view.progress import KEPT, Progress

STEPS = [
    ("analyse", "agent", "analyst", ()),
    ("legal", "agent", "legal_advisor", ("analyse",)),
    ("build", "agent", "engineer", ("analyse",)),
    ("test", "agent", "tester", ("build",)),
    ("fix", "loop", "", ("test",)),
    ("ship", "human", "", ("fix", "legal")),
]


def terminal(width: int = 80, height: int = 24, encoding: str = "utf-8") -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, height=height, force_terminal=True, color_system=None, _environ={})


def picture(view: LiveView, console: Console) -> list[str]:
    lines = console.render_lines(view, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_steps_stages_and_text_show(team: Log) -> None:
    console = terminal()
    view = LiveView(console, "software_team", STEPS, budget=60000)
    for event in team.events:
        if isinstance(event, StepStarted) and event.step == "build" and event.round == 2:
            break
        view.event(event)
    view.event(StepStarted(step="build", round=2, kind="agent", agent="engineer"))
    view.notice(StageEntered(decision="build#2", stage=Stage.ACT))
    view.notice(TextArrived(place="build#2/act", text="def main():\n    print('\x1b[2J"))
    view.notice(TextArrived(place="build#2/act", text="hello')\n"))
    head, *rest = picture(view, console)
    assert head.startswith("software_team · 0.")
    assert head.endswith("14 calls · 8 675 tokens, 51 325 left")
    assert rest[0] == "✓ analyse  analyst · 14s"
    assert rest[1].startswith("⤼ legal  legal_advisor")
    assert rest[2] == "● build  engineer · round 2 · 0.0s · act"
    assert rest[5] == "○ ship  human · after fix, legal"
    assert rest[6:] == ["  │ def main():", "  │     print('hello')"]
    view.event(
        next(event for event in team.events if event.type == "decision.acted").model_copy(
            update={"decision": "build#2"}
        )
    )
    assert not any("│" in line for line in picture(view, console))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(20, 120),
    st.integers(3, 40),
    st.lists(st.text(alphabet=st.sampled_from("ab \n\t漢🙂\x1b[2J\u202e"), max_size=200), max_size=4),
    st.integers(0, 60),
)
def test_it_never_leaves_its_terminal(width: int, height: int, texts: list[str], many: int) -> None:
    console = terminal(width, height)
    steps = [*STEPS, *((f"extra_{n}", "agent", "a" * n, ("analyse",)) for n in range(many))]
    view = LiveView(console, "x" * 90, steps)
    view.event(StepStarted(step="build", kind="agent", agent="engineer" * 9))
    for text in texts:
        view.notice(TextArrived(place="build#1/act", text=text))
    lines = console.render_lines(view, pad=False)
    assert len(lines) <= max(3, height - 1)
    assert all(sum(segment.cell_length for segment in line) <= width for line in lines)
    assert any("build" in segment.text for line in lines for segment in line), "what runs is always shown"
    assert not any("\x1b" in segment.text for line in lines for segment in line)


def test_a_small_terminal_without_unicode_or_colour() -> None:
    console = terminal(40, 12, encoding="ascii")
    with LiveView(console, "software_team", STEPS) as view:
        view.event(StepStarted(step="build", kind="agent", agent="engineer"))
        view.notice(TextArrived(place="build#1/act", text="é" * 300))
        time.sleep(0.3)
    console.file.flush()
    raw = console.file.buffer.getvalue()  # type: ignore[attr-defined]
    assert raw.isascii()
    assert not re.search(rb"\x1b\[[0-9;]*m", raw), "no colours"
    assert b"> build" not in raw
    assert b"* build" in raw


def test_it_costs_little_while_text_streams() -> None:
    console = terminal()
    with LiveView(console, "software_team", STEPS) as view:
        view.event(StepStarted(step="build", kind="agent", agent="engineer"))
        began, wall = time.process_time(), time.monotonic()
        for _ in range(100):
            view.notice(TextArrived(place="build#1/act", text="a few words of text, and then\n"))
            time.sleep(0.02)
        share = (time.process_time() - began) / (time.monotonic() - wall)
    assert share < 0.1, "measured at 0.02; the bound is for busy machines"


def test_what_scrolled_by_is_forgotten() -> None:
    progress = Progress(STEPS)
    for _ in range(10_000):
        progress.notice(TextArrived(place="build#1/act", text="token "))
    writing = progress.writing["build#1"]
    assert KEPT <= len(writing.text) < KEPT + 10
    progress.notice(StageEntered(decision="build#1", stage=Stage.EXPLAIN))
    assert not progress.writing


def test_a_pipe_gets_plain_lines(team: Log) -> None:
    file = io.StringIO()
    console = Console(file=file, width=40)
    view = watching(console, "software_team", STEPS)
    assert isinstance(view, PlainView)
    with view:
        for event in team.events:
            view.event(event)
        view.notice(TextArrived(place="build#1/act", text="never shown"))
    lines = [re.sub(r"^ +[0-9.]+s  ", "", line) for line in file.getvalue().splitlines()]
    assert "\x1b" not in file.getvalue()
    assert lines[:4] == [
        "analyse: analyst begins",
        "analyse#1: chose four short requirements, each with a test in mind (71%)",
        "analyse#1: made list",
        "analyse#1: explained, 80% sure",
    ]
    assert "build: engineer begins, round 2" in lines
    assert "test#1/act: timeout, trying again: no full answer within 120 s" in lines
    assert lines[-1] == "run done"


@pytest.mark.parametrize(("term", "kind"), [("xterm", LiveView), ("dumb", PlainView)])
def test_the_view_suits_the_terminal(term: str, kind: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": term})
    assert isinstance(watching(console, "t", STEPS), kind)


MAPPED = [
    ("points", "agent", "analyst", ()),
    ("review", "workflow", "", ("points",)),
    ("ask", "human", "", ("review",)),
]


def mapped(items: int) -> list[Event]:
    """A for_each over a workflow of two steps, as far as all but the last item."""
    events: list[Event] = [StepStarted(step="review", kind="workflow", items=items)]
    for number in range(1, items):
        inner = f"review#1:{number}.judge"
        events += [
            StepStarted(step="review", item=number, kind="workflow"),
            StepStarted(step=inner, kind="agent", agent="critic"),
            ModelFailed(place=f"{inner}#1/act", digest="d", attempt=1, code="timeout", message="slow", will_retry=True),
            StepFinished(step=inner, state="done", seconds=1.0),
            StepFinished(step="review", item=number, state="failed" if number == 2 else "done", seconds=2.0),
        ]
    return events


def test_items_are_counted_on_one_line() -> None:
    console = terminal()
    view = LiveView(console, "board", MAPPED)
    for event in [*mapped(400), StepStarted(step="review", item=400, kind="workflow")]:
        view.event(event)
    view.event(StepStarted(step="review#1:400.judge", kind="agent", agent="critic"))
    view.notice(StageEntered(decision="review#1:400.judge#1", stage=Stage.ACT))
    lines = picture(view, console)
    assert len(lines) == 1 + len(MAPPED)
    assert lines[2] == "● review  workflow · 399/400, 1 failed · 0.0s"
    view.event(mapped(3)[-1])
    assert "399/400" in picture(view, console)[2], "an item that is told twice has ended once"


def test_a_workflow_shows_its_steps_while_it_runs() -> None:
    console = terminal()
    view = LiveView(console, "board", [("check", "workflow", "", ()), ("end", "agent", "writer", ("check",))])
    view.event(StepStarted(step="check", kind="workflow"))
    view.event(StepStarted(step="check#1.read", kind="workflow"))
    view.event(StepStarted(step="check#1.read#1.skim", kind="agent", agent="reader"))
    view.notice(StageEntered(decision="check#1.read#1.skim#1", stage=Stage.PLAN))
    assert picture(view, console)[1:] == [
        "● check  workflow · 0.0s",
        "  ● read  workflow · 0.0s",
        "    ● skim  reader · 0.0s · plan",
        "○ end  writer · after check",
    ]
    view.event(StepFinished(step="check#1.read#1.skim", state="done", seconds=1.0))
    view.event(StepFinished(step="check#1.read", state="done", seconds=1.0))
    view.event(StepFinished(step="check", state="done", seconds=2.0))
    view.notice(StageEntered(decision="check#1.read#1.skim#1", stage=Stage.EXPLAIN))
    assert picture(view, console)[1:] == ["✓ check  workflow · 2.0s", "○ end  writer · after check"]


def test_a_question_waits() -> None:
    console = terminal()
    view = LiveView(console, "board", MAPPED)
    view.event(StepStarted(step="ask", kind="human"))
    view.event(HumanAsked(step="ask", question="Accept the plan?"))
    assert picture(view, console)[3] == "◔ ask  human · 0.0s · asks: Accept the plan?"
    view.event(HumanAnswered(step="ask", question="Accept the plan?", approved=True))
    assert picture(view, console)[3] == "● ask  human · 0.0s · answered"


def test_a_resumed_run_shows_what_was_done_before() -> None:
    console = terminal()
    view = LiveView(console, "board", MAPPED)
    view.event(StepStarted(step="points", kind="agent", agent="analyst"), held=True)
    view.event(StepFinished(step="points", state="done", seconds=4.0), held=True)
    view.event(StepStarted(step="review", kind="workflow", items=3), held=True)
    view.event(StepFinished(step="review", item=1, state="done"), held=True)
    view.event(StepFinished(step="review", item=2, state="done"))
    assert picture(view, console)[1:3] == ["✓ points  analyst · earlier", "● review  workflow · 2/3 · 0.0s"]


def plain(events: list[tuple[Event, bool]]) -> list[str]:
    file = io.StringIO()
    with PlainView(Console(file=file, width=40)) as view:
        for event, held in events:
            view.event(event, held=held)
    return [re.sub(r"^ +[0-9.]+s  ", "", line) for line in file.getvalue().splitlines()]


def test_a_pipe_is_not_flooded_with_items() -> None:
    lines = plain([(event, False) for event in mapped(4)])
    assert lines[0] == "review: workflow begins for each of 4 items"
    assert lines[1:] == [
        "review#1:1.judge#1/act: timeout, trying again: slow",
        "review#1:1: done in 2.0s (1/4)",
        "review#1:2.judge#1/act: timeout, trying again: slow",
        "review#1:2: failed in 2.0s (2/4)",
        "review#1:3.judge#1/act: timeout, trying again: slow",
        "review#1:3: done in 2.0s (3/4)",
    ]


def test_a_pipe_is_told_once_what_an_earlier_sitting_did(team: Log) -> None:
    end = next(n for n, event in enumerate(team.events) if isinstance(event, StepFinished) and event.step == "build")
    events = [(event, n <= end) for n, event in enumerate(team.events)]
    lines = plain([(RunStarted(run="r", workflow="w"), True), *events])
    assert lines[:4] == [
        "analyse: done, in an earlier sitting",
        "legal: skipped, in an earlier sitting",
        "build: done, in an earlier sitting",
        "test: tester begins",
    ]
