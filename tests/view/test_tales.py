"""Runs with more in them: items, workflows within workflows, questions, resumed and forked runs, texts taken out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from rich.console import Group

from glasswork.errors import NotFound
from glasswork.log.about import Parent
from glasswork.log.reader import Log
from glasswork.records import (
    EVENT,
    Acted,
    Event,
    HumanAnswered,
    HumanAsked,
    LogRedacted,
    ModelFailed,
    Planned,
    Redacted,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    SandboxStarted,
    StepFinished,
    StepStarted,
    Usage,
)
from glasswork.view.as_json import story_json
from glasswork.view.comparing import compare
from glasswork.view.diff import diff
from glasswork.view.heading import heading_of_log
from glasswork.view.story import chapters, story
from glasswork.view.tale import tell

Show = Callable[..., str]
Golden = Callable[[str, str], None]

TITLES = ("On clocks", "On rivers", "On the price of bread in 1912", "On maps", "On doors")
END = {"calls": 9, "usage": Usage(prompt_tokens=900, completion_tokens=120), "seconds": 41.0}


def small(make: SimpleNamespace, name: str, agent: str, text: str, made: str) -> list[Event]:
    """A decision with nothing to weigh."""
    act = {"produces": "text", "text": made}
    return make.decision(
        name, agent, [("item", text)], "", [("read it once", 1.0)], act, [("s1", "it is what was asked for")]
    )


def item(make: SimpleNamespace, number: int, state: str = "done") -> list[Event]:
    """One item of the for_each."""
    name, title = f"review#1:{number}", TITLES[number - 1]
    begin = StepStarted(step="review", item=number, kind="agent", agent="critic")
    if state == "failed":
        failed = ModelFailed(
            place=f"{name}/act", digest="d" * 64, attempt=3, code="timeout", message="no answer", will_retry=False
        )
        end = StepFinished(step="review", item=number, state="failed", reason="no answer within 120 s", seconds=360)
        return [begin, small(make, name, "critic", title, "")[0], failed, end]
    made = small(make, name, "critic", title, f"'{title}' is worth printing.")
    end = StepFinished(step="review", item=number, state="done", output={"text": "…"}, seconds=2.0 + number)
    return [begin, *made, end]


def mapped_run(make: SimpleNamespace) -> list[Event]:
    """A for_each over five items, one of which fails, and a workflow as a step, which maps a workflow in turn."""
    inner = "check#1.read"
    deep = [f"print#1:{number}.set" for number in (1, 2, 3, 4)]
    return [
        RunStarted(run=make.run, workflow="magazine", inputs={"titles": list(TITLES)}, model="m"),
        StepStarted(step="review", kind="agent", agent="critic", items=5),
        *itertools.chain(*(item(make, n, "failed" if n == 4 else "done") for n in range(1, 6))),
        StepFinished(
            step="review", state="failed", reason="item 4: no answer", output={"count": 4, "failed": 1}, seconds=380.0
        ),
        StepStarted(step="check", kind="workflow"),
        StepStarted(step=inner, kind="agent", agent="reader"),
        *small(make, f"{inner}#1", "reader", "all titles", "They are all different."),
        StepFinished(step=inner, state="done", seconds=3.0),
        StepFinished(step="check", state="done", output={"verdict": "fine"}, seconds=3.1),
        StepStarted(step="print", kind="workflow", items=4),
        *itertools.chain(
            *(
                [
                    StepStarted(step="print", item=number, kind="workflow"),
                    StepStarted(step=step, kind="agent", agent="setter"),
                    *small(make, f"{step}#1", "setter", TITLES[number - 1], f"Page {number}."),
                    StepFinished(step=step, state="done", seconds=1.0),
                    StepFinished(
                        step="print", item=number, state="done", output={"page": f"Page {number}."}, seconds=1.1
                    ),
                ]
                for number, step in enumerate(deep, start=1)
            )
        ),
        StepFinished(step="print", state="done", output={"count": 4, "failed": 0}, seconds=4.4),
        RunFinished(state="failed", reason="review: item 4: no answer", money=0.0123, **END),
    ]


def resumed_run(make: SimpleNamespace) -> list[Event]:
    """Interrupted in the second step, resumed, waiting for a person, resumed once more, done."""
    build = make.built(1)
    cut = next(n for n, event in enumerate(build) if isinstance(event, Acted))
    return [
        RunStarted(run=make.run, workflow="software_team", inputs={"idea": "a clock"}, model="m"),
        *make.analysed(),
        *build[:cut],
        StepFinished(step="build", state="cancelled", reason="stopped", seconds=4.0),
        RunFinished(state="interrupted", reason="stopped by the user", calls=7, seconds=18.0),
        RunResumed(was="interrupted", budget=("calls=100",)),
        *build[cut:],
        SandboxStarted(place="run#1/sandbox", digest="d" * 64, argv=("program", "clock.py"), idempotent=False),
        make.sandbox("run#1/sandbox", 0, "ok"),
        StepStarted(step="ship", kind="human"),
        HumanAsked(step="ship", question="Ship it?"),
        RunFinished(state="waiting", reason="ship waits for an answer", **END),
        RunResumed(was="waiting", model="qwen2.5-coder-0.5b"),
        HumanAnswered(step="ship", question="Ship it?", approved=True, note="at last", by="lena"),
        StepFinished(step="ship", state="done", output={"approved": True}, seconds=0.1),
        RunFinished(state="done", **END),
    ]


def forked_run(make: SimpleNamespace) -> list[Event]:
    """A choice and an act fixed by a person; then killed while a program ran."""
    build = make.built(1)
    planned = next(n for n, event in enumerate(build) if isinstance(event, Planned))
    forced = [
        event.model_copy(update={"choice": "B", "forced": True})
        if isinstance(event, Planned)
        else event.model_copy(update={"text": "print('by hand')", "edited": True})
        if isinstance(event, Acted)
        else event
        for event in build
    ]
    fork = RunForked(
        parent="20261122-194501-software_team-k3f9", event=9, hash="0" * 64, decision="build#1", change="choose", to="B"
    )
    return [
        RunStarted(run=make.run, workflow="software_team", model="m"),
        *forced[:planned],
        fork,
        *forced[planned:],
        StepStarted(step="test", kind="agent", agent="tester"),
        SandboxStarted(place="test#1/sandbox", digest="d" * 64, argv=("tests", "test.py"), idempotent=True),
    ]


def redacted_run(make: SimpleNamespace) -> list[Event]:
    """What three events said, the first of them among these, was taken out."""
    run = make.team_run()
    gone = {0: "run.started", 4: "model.answered", 5: "decision.planned"}
    return [
        *(Redacted(was=gone[n]) if n in gone else event for n, event in enumerate(run)),
        LogRedacted(events=(1, 5, 6), blobs=("b" * 64,), reason="a name", by="lena"),
    ]


RUNS = {"mapped": mapped_run, "resumed": resumed_run, "forked": forked_run, "redacted": redacted_run}


@pytest.mark.parametrize("name", RUNS)
def test_it_is_told(make: SimpleNamespace, show: Show, golden: Golden, name: str) -> None:
    about = make.about
    if name == "forked":
        about = about.model_copy(update={"parent": Parent(run=about.run[:-4] + "m2xw", event=9)})
    golden(f"story-{name}.txt", show(story(make.log_of(RUNS[name](make), about=about))))


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [40, 80, 132])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_width_and_encoding(make: SimpleNamespace, show: Show, name: str, width: int, encoding: str) -> None:
    text = show(story(make.log_of(RUNS[name](make))), width, encoding=encoding)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("name", RUNS)
def test_no_text_of_any_event_reaches_the_terminal(make: SimpleNamespace, show: Show, name: str) -> None:
    events = [EVENT.validate_python(make.soiled(event.model_dump())) for event in RUNS[name](make)]
    log = make.log_of(events)
    other = make.log_of([*events[:-1], RunFinished(state="failed", reason=make.nasty, outputs={"x": make.nasty})])
    for thing in (story(log), story(log, verbose=True), diff(compare(log, other)), diff(compare(other, log))):
        assert all(char.isprintable() or char == "\n" for char in show(thing))


def test_a_waiting_run_says_how_to_answer(make: SimpleNamespace, show: Show) -> None:
    events = resumed_run(make)
    waiting = events[: next(n for n, event in enumerate(events) if isinstance(event, HumanAsked)) + 2]
    text = show(story(make.log_of(waiting)))
    assert "◔ ship  human · waiting" in text
    assert "waits for an answer: glasswork approve k3f9 ship --yes" in text
    assert "next   glasswork approve k3f9 ship --yes" in text
    assert "◔ waiting: ship waits for an answer" in text
    asked = {"step": "ship", "round": 1, "question": "Ship it?", "options": [], "words": False, "decision": ""}
    assert story_json(make.log_of(waiting))["questions"] == [asked]


def test_a_resumed_step_is_one_round_whose_last_end_counts(make: SimpleNamespace) -> None:
    tale = tell(resumed_run(make))
    (build,) = [each for each in tale.rounds if each.step == "build"]
    assert build.state == "done"
    assert tale.decision("build").explained is not None
    assert tale.questions == {}
    data = story_json(make.log_of(resumed_run(make)))
    assert [mark["type"] for mark in data["marks"]] == ["run.resumed", "run.resumed"]
    assert data["inputs"] == {"idea": "a clock"}


def test_verbose_folds_no_item(make: SimpleNamespace, show: Show) -> None:
    text = show(story(make.log_of(mapped_run(make)), verbose=True))
    assert "✓ print#1:4.set  setter · done" in text
    assert text.count("it is what was asked for") == 4 + 1 + 4


@pytest.mark.parametrize(
    ("only", "heads"),
    [
        ("review#1:5", ["review#1:5"]),
        ("check", ["check", "check#1.read", "check"]),
        ("check#1.read", ["check#1.read"]),
        ("print#1:2", ["print#1:2", "print#1:2.set", "print#1:2"]),
    ],
)
def test_a_part_of_a_run(make: SimpleNamespace, show: Show, only: str, heads: list[str]) -> None:
    log = make.log_of(mapped_run(make))
    lines = show(Group(*chapters(heading_of_log(log), log.entries, only=only))).splitlines()
    assert [line.split()[1] for line in lines if line.strip()[:1] in set("✓✗▾")] == heads
    assert lines[0].startswith("software_team")
    assert "end" not in {line[:3] for line in lines}
    assert {each["step"] for each in story_json(log, only=only)["steps"]} == {
        head.partition(":")[0].partition("#")[0] if ":" in head and "." not in head else head for head in set(heads)
    } - set()


def test_a_turn_of_a_team(chat: Log, show: Show) -> None:
    text = show(Group(*chapters(heading_of_log(chat), chat.entries, only="chat#1.2")))
    assert "critic" in text
    assert "wclock" not in text


def test_a_part_that_is_not_there(team: Log) -> None:
    with pytest.raises(NotFound, match="did you mean 'build'"):
        list(chapters(heading_of_log(team), team.entries, only="biuld"))
    with pytest.raises(NotFound):
        story_json(team, only="build#3")
