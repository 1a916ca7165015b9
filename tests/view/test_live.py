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
from glasswork.records import Stage, StageEntered, StepStarted, TextArrived
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
