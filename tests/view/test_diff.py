"""Where two runs part: to the letter, and for every event that could be the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.log.about import Parent
from glasswork.log.reader import Log
from glasswork.records import (
    Acted,
    Event,
    LogRedacted,
    ModelAnswered,
    Planned,
    Redacted,
    RunFinished,
    RunForked,
    RunResumed,
    StepFinished,
    StepStarted,
    Usage,
)
from glasswork.view.as_json import diff_json
from glasswork.view.comparing import compare
from glasswork.view.diff import diff

Show = Callable[..., str]
Golden = Callable[[str, str], None]
OTHER = "20261122-201200-software_team-m2xw"


@pytest.fixture
def fork(team: Log, make: SimpleNamespace) -> Log:
    """The team's run, forked at build#1: another choice, another program, tests that pass at once."""
    events = list(team.events)
    at = next(n for n, event in enumerate(events) if isinstance(event, Planned) and event.decision == "build#1")
    planned, code = events[at], "import zoneinfo\n\n\ndef time_in(city, now):\n    return now.astimezone(zone(city))\n"
    assert isinstance(planned, Planned)
    built = [
        event.model_copy(update={"text": code}) if isinstance(event, Acted) else event
        for event in make.built(1)[make.built(1).index(planned) + 1 :]
    ]
    tested = [
        event.model_copy(update={"round": 1}) if isinstance(event, StepStarted | StepFinished) else event
        for event in make.tested(2)
    ]
    tested = [
        event.model_copy(update={key: getattr(event, key).replace("test#2", "test#1")})
        if (key := "place" if hasattr(event, "place") else "decision" if hasattr(event, "decision") else "")
        else event
        for event in tested
    ]
    parent = RunForked(parent=make.run, event=at, hash="0" * 64, decision="build#1", change="choose", to="zoneinfo")
    end = RunFinished(
        state="done",
        calls=15,
        usage=Usage(prompt_tokens=9000, completion_tokens=1000),
        seconds=99,
        outputs={"code": code, "passed": True},
    )
    events = [
        *events[:at],
        parent,
        planned.model_copy(update={"choice": "B", "forced": True}),
        *built,
        *tested,
        *(event for event in events if getattr(event, "step", "") == "ship"),
        end,
    ]
    about = make.about.model_copy(update={"run": OTHER, "parent": Parent(run=make.run, event=at)})
    return make.log_of(events, about=about)


def with_event(log: Log, number: int, event: Event | None, make: SimpleNamespace) -> Log:
    events = list(log.events)
    events[number : number + 1] = [event] if event else []
    return make.log_of(events, about=make.about.model_copy(update={"run": OTHER}))


def test_a_fork_and_its_parent(team: Log, fork: Log, show: Show, golden: Golden) -> None:
    found = compare(team, fork)
    golden("diff-fork.txt", show(diff(found)))
    golden("diff.json", json.dumps(diff_json(found), indent=1, ensure_ascii=False) + "\n")
    text = show(diff(compare(fork, team)))
    assert "A is a fork of B: at build#1 a person chose zoneinfo" in text


def test_two_acts_are_set_side_by_side(team: Log, make: SimpleNamespace, show: Show, golden: Golden) -> None:
    at = next(n for n, event in enumerate(team.events) if isinstance(event, Acted) and event.decision == "build#1")
    act = team.events[at]
    assert isinstance(act, Acted)
    other = act.model_copy(update={"text": act.text.replace('"berlin": 1, ', "").replace("%H:%M", "%H.%M")})
    found = compare(team, with_event(team, at, other, make))
    golden("diff-act.txt", show(diff(found)))
    assert found.alike == at


def test_a_prompt_that_differs_shows_the_lines_that_do(team: Log, make: SimpleNamespace, show: Show) -> None:
    at = next(n for n, event in enumerate(team.events) if isinstance(event, ModelAnswered))
    asked = team.events[at]
    assert isinstance(asked, ModelAnswered)
    long = "\n".join(f"line {n} of the prompt" for n in range(50))

    def prompt(text: str) -> Log:
        message = asked.request.messages[0].model_copy(update={"content": text})
        request = asked.request.model_copy(update={"messages": (message,)})
        return with_event(team, at, asked.model_copy(update={"request": request}), make)

    text = show(diff(compare(prompt(long), prompt(long.replace("line 20", "LINE 20")))))
    assert "request.messages[0].content" in text
    assert re.search(r"^  line 20 of the prompt +LINE 20 of the prompt$", text, re.MULTILINE)
    assert "… 19 lines alike" in text
    assert "line 30" not in text
    wall = "word " * 400
    text = show(diff(compare(prompt(wall + "one"), prompt(wall + "two"))))
    assert "word one" in text
    assert text.count("word") < 80, "no walls of text"


def test_runs_that_are_alike_but_for_times(team: Log, make: SimpleNamespace, show: Show) -> None:
    events = [
        event.model_copy(update={"seconds": event.seconds + 1})
        if isinstance(event, StepFinished | RunFinished)
        else event.model_copy(
            update={"completion": event.completion.model_copy(update={"seconds": 9.0, "usage": Usage(cached_tokens=7)})}
        )
        if isinstance(event, ModelAnswered)
        else event
        for event in team.events
    ]
    found = compare(team, make.log_of(events, about=make.about.model_copy(update={"run": OTHER})))
    assert found.same
    assert found.shared == len(events)
    assert "all 66 events are alike, but for times" in show(diff(found))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_run_differs_from_one_that_lacks_any_event(team: Log, make: SimpleNamespace, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(team.events) - 1))
    lacking = with_event(team, number, None, make)
    gone = team.entries[number]
    ours, theirs = compare(team, lacking), compare(lacking, team)
    assert not ours.same
    assert not theirs.same
    assert ours.shared == theirs.shared
    for found in (ours, theirs):
        assert found.parting is not None
        assert type(found.parting.event) is type(gone.event)
    if not isinstance(gone.event, RunFinished):
        assert ours.alike <= number


def test_a_run_that_went_on_parts_where_the_other_stopped(team: Log, make: SimpleNamespace) -> None:
    stopped = [*team.events[:20], RunFinished(state="interrupted")]
    found = compare(make.log_of(stopped), team)
    assert found.parting is not None
    assert found.parting.a is None
    assert found.parting.b == team.entries[20]
    resumed = [*stopped, RunResumed(was="interrupted"), *team.events[20:]]
    assert compare(make.log_of(resumed), team).same, "only the last end counts, and being resumed is no difference"


def test_what_was_asked_is_compared_on_its_own(team: Log, make: SimpleNamespace, show: Show) -> None:
    started = team.events[0].model_copy(update={"seed": 8, "inputs": {"idea": "a clock", "cities": 3}})
    found = compare(team, with_event(team, 0, started, make))
    assert not found.same
    assert found.parting is None
    assert [one.path for one in found.asked] == ["seed", "inputs.idea", "inputs.cities"]
    assert "asked  seed  7 │ 8" in show(diff(found))


def test_what_was_taken_out_is_not_compared(team: Log, make: SimpleNamespace, show: Show) -> None:
    at = next(n for n, event in enumerate(team.events) if isinstance(event, Planned))
    events = [*team.events, LogRedacted(events=(at + 1,), blobs=())]
    events[at] = Redacted(was="decision.planned")
    found = compare(make.log_of(events), team)
    assert found.parting is None
    assert "what 1 of them said was taken out, and is not compared" in show(diff(found))


@pytest.mark.parametrize("width", [40, 80, 132])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_width_and_encoding(team: Log, fork: Log, show: Show, width: int, encoding: str) -> None:
    text = show(diff(compare(team, fork)), width, encoding=encoding)
    assert max(map(len, text.splitlines())) <= width
