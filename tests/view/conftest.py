"""A run written by hand: an idea analysed, built, tested, failed, built again, passed; the legal step skipped."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console, RenderableType

from glasswork.log.about import RunAbout
from glasswork.log.reader import Entry, Log
from glasswork.places import step_of
from glasswork.records import (
    Acted,
    Because,
    Completion,
    ConditionRead,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    Message,
    MessageSent,
    ModelAnswered,
    ModelFailed,
    Option,
    Planned,
    Request,
    RunFinished,
    RunStarted,
    SandboxRan,
    Segment,
    SpeakerChosen,
    StepFinished,
    StepStarted,
    Usage,
)

RUN = "20261122-194501-software_team-k3f9"
IDEA = "A command that prints the time in several cities"
ABOUT = RunAbout(
    run=RUN,
    workflow="software_team",
    model="qwen2.5-coder-1.5b",
    seed=7,
    glasswork="0.1.0",
    python="3.11.7",
    platform="Linux",
    created="2026-11-22T19:45:01.123Z",
)
CODE = '''"""Print the time in several cities."""
import sys
from datetime import datetime, timedelta, timezone

OFFSETS = {"berlin": 1, "tokyo": 9, "new york": -5}


def time_in(city, now):
    """Return the time in a city as HH:MM."""
    return (now + timedelta(hours=OFFSETS[city])).strftime("%H:%M")


def main(cities):
    now = datetime.now(timezone.utc)
    for city in cities:
        print(f"{city}: {time_in(city.lower(), now)}")


if __name__ == "__main__":
    main(sys.argv[1:])
'''
FAILURE = """FAILED test_clock.py::test_unknown_city - KeyError: 'atlantis'
E   KeyError: 'atlantis'
test_clock.py:14: KeyError
1 failed, 3 passed in 0.04s"""


def answered(place: str, prompt: int, completion: int, seconds: float, reasoning: str = "") -> ModelAnswered:
    return ModelAnswered(
        place=place,
        digest="d" * 64,
        request=Request(messages=(Message(role="user", content="…"),)),
        completion=Completion(
            text="…",
            reasoning=reasoning,
            usage=Usage(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=prompt // 2),
            seconds=seconds,
            model="qwen2.5-coder-1.5b",
        ),
    )


def decision(  # noqa: PLR0917 - a decision has as many parts as it has
    name: str,
    agent: str,
    segments: list[tuple[str, str]],
    thinking: str,
    options: list[tuple[str, float]],
    act: dict[str, Any],
    because: list[tuple[str, str]],
    consistency: float = 1.0,
    sampled: bool = False,
    confidence: float = 0.8,
    change: str = "the requirements named another interface",
) -> list[Event]:
    weighed = tuple(Option(label="ABCD"[n], text=text, probability=p) for n, (text, p) in enumerate(options))
    choice = max(weighed, key=lambda option: option.probability).label
    return [
        DecisionStarted(
            decision=name,
            step=step_of(name),
            agent=agent,
            role=agent,
            model="qwen2.5-coder-1.5b",
            strategy="direct",
            segments=tuple(
                Segment(id=f"s{n}", source=source, text=text) for n, (source, text) in enumerate(segments, 1)
            ),
        ),
        answered(f"{name}/plan", 400, 60, 2.1),
        *(answered(f"{name}/choose/{n}", 480, 1, 0.1) for n in range(len(options) if len(options) > 1 else 0)),
        Planned(
            decision=name,
            thinking=thinking,
            options=weighed,
            choice=choice,
            sampled=sampled,
            order_consistency=consistency,
            orders=len(options) if len(options) > 1 else 0,
        ),
        answered(f"{name}/act", 520, 240, 8.4),
        Acted(decision=name, **act),
        answered(f"{name}/explain", 800, 70, 2.5),
        Explained(
            decision=name,
            reader="colleague",
            because=tuple(Because(segment=segment, why=why) for segment, why in because),
            confidence=confidence,
            would_change_if=change,
        ),
    ]


def sandbox(place: str, exit_code: int, stdout: str) -> SandboxRan:
    return SandboxRan(
        place=place,
        backend="docker",
        argv=("python", "-m", "pytest", "-q"),
        files=("clock.py", "test_clock.py"),
        limits={"seconds": 20},
        limits_enforced=("seconds", "memory"),
        passed=exit_code == 0,
        report=stdout,
        reason="exit",
        exit_code=exit_code,
        stdout=stdout,
        stderr="",
        truncated=False,
        seconds=0.84,
    )


def analysed() -> list[Event]:
    return [
        StepStarted(step="analyse", kind="agent", agent="analyst"),
        *decision(
            "analyse#1",
            "analyst",
            [("task", "Turn this idea into testable requirements."), ("inputs.idea", IDEA)],
            "The idea names cities but no list of them, and no way to say which.",
            [("four short requirements, each with a test in mind", 0.71), ("one long user story", 0.29)],
            {
                "produces": "list",
                "text": "",
                "data": [
                    "Cities are given as arguments.",
                    "For each city one line 'NAME: HH:MM' is printed.",
                    "Names are matched without regard to case.",
                    "An unknown city is an error on standard error with exit status 2.",
                ],
            },
            [("s2", "it asks for several cities, so each must be tested alone"), ("s1", "it asks for tests")],
        ),
        StepFinished(step="analyse", state="done", seconds=14.2),
    ]


def built(number: int) -> list[Event]:
    name = f"build#{number}"
    segments = [
        ("task", "Write the program."),
        ("steps.analyse.items", "Cities are given as arguments.\nFor each city one line 'NAME: HH:MM' is printed."),
    ]
    if number == 1:
        thinking = "A table of offsets is enough for the cities named.\nThe standard library has zones, too."
        options = [
            ("a fixed table of offsets from UTC", 0.46),
            ("zoneinfo from the standard library", 0.41),
            ("ask a web service for the time", 0.13),
        ]
        because = [("s2", "the requirements name no daylight saving, so a table will do")]
    else:
        segments.append(("previous.test.report", FAILURE))
        thinking = "The failing test asks for a city that is not in the table."
        options = [("report an unknown city and exit with 2", 0.94), ("print the time in UTC instead", 0.06)]
        because = [("s3", "test_unknown_city fails with a KeyError"), ("s2", "an unknown city is to be an error")]
    return [
        StepStarted(step="build", round=number, kind="agent", agent="engineer"),
        *decision(
            name,
            "engineer",
            segments,
            thinking,
            options,
            {"produces": "code", "text": CODE},
            because,
            consistency=1 / 3 if number == 1 else 1.0,
            confidence=0.55 if number == 1 else 0.9,
        ),
        StepFinished(step="build", round=number, state="done", seconds=13.1),
    ]


def tested(number: int) -> list[Event]:
    passed = number == 2
    ran = sandbox(f"test#{number}/act", 0 if passed else 1, "4 passed in 0.03s" if passed else FAILURE)
    events = decision(
        f"test#{number}",
        "tester",
        [("task", "Write tests and run them."), ("steps.build.code", CODE)],
        "",
        [("the four requirements, one test each", 1.0)],
        {"produces": "fields", "text": "", "data": {"passed": passed, "report": ran.stdout}},
        [("s2", "time_in looks a city up without asking whether it is there")],
    )
    failed = ModelFailed(
        place="test#1/act",
        digest="d" * 64,
        attempt=1,
        code="timeout",
        message="no full answer within 120 s",
        will_retry=True,
        seconds=120,
    )
    retry: list[Event] = [] if passed else [failed]
    return [
        StepStarted(step="test", round=number, kind="agent", agent="tester"),
        events[0],
        *retry,
        *events[1:-2],
        ran,
        *events[-2:],
        StepFinished(
            step="test", round=number, state="done", output={"passed": passed}, seconds=9.0 if passed else 131.5
        ),
    ]


def team_run() -> list[Event]:
    until = "steps.test.passed"
    return [
        RunStarted(run=RUN, workflow="software_team", inputs={"idea": IDEA}, model=ABOUT.model, seed=7),
        *analysed(),
        ConditionRead(step="legal", expression="inputs.public", values={"inputs.public": False}, result=False),
        StepFinished(step="legal", state="skipped", reason="its condition is false: inputs.public"),
        *built(1),
        *tested(1),
        StepStarted(step="fix", kind="loop"),
        ConditionRead(step="fix", expression=until, values={until: False}, result=False),
        *built(2),
        *tested(2),
        ConditionRead(step="fix", expression=until, values={until: True}, result=True),
        StepFinished(step="fix", state="done", seconds=22.4),
        StepStarted(step="ship", kind="human"),
        HumanAnswered(step="ship", question="Ship it?", approved=True, note="after a look at the tests"),
        StepFinished(step="ship", state="done", seconds=31.0),
        RunFinished(
            state="done",
            events=1,
            calls=22,
            usage=Usage(prompt_tokens=12400, completion_tokens=1417),
            seconds=212.5,
            outputs={"code": CODE, "passed": True},
        ),
    ]


def chat_run() -> list[Event]:
    """A team that talks, a scheduler that picks, and an end that is missing."""
    options = (
        Option(label="A", text="engineer", probability=0.62),
        Option(label="B", text="critic", probability=0.38, censored=True),
    )
    turn = decision(
        "chat#1.1",
        "engineer",
        [("task", "Agree on a name.")],
        "Short names are easier to type.",
        [("wclock", 0.8), ("worldtime", 0.2)],
        {"produces": "text", "text": "I propose wclock: it is short."},
        [("s1", "the task asks for a name")],
        sampled=True,
    )
    return [
        RunStarted(run=RUN, workflow="chat"),
        StepStarted(step="chat", kind="team"),
        SpeakerChosen(step="chat", turn=1, options=options, choice="A", order_consistency=0.5, orders=2),
        *turn[:-2],
        MessageSent(step="chat", turn=1, source="engineer", kind="TextMessage", text="I propose wclock: it is short."),
        MessageSent(
            step="chat",
            turn=2,
            source="critic",
            kind="TextMessage",
            text="[bold]No[/bold] \x1b]0;owned\x07\u202egnihton",
        ),
    ]


def log_of(events: list[Event], writer: int | None = None, about: RunAbout = ABOUT) -> Log:
    start = datetime(2026, 11, 22, 19, 45, 1, tzinfo=UTC)
    entries = tuple(Entry(n, start + timedelta(seconds=n), event) for n, event in enumerate(events, 1))
    return Log(about, entries, writer=writer)


NASTY = "\x1b[2J\x9b1m\u202e[red]\x07"
NAMES = {
    "type",
    "state",
    "id",
    "step",
    "decision",
    "choice",
    "label",
    "place",
    "role",
    "segment",
    "form",
    "was",
    "change",
    "parent",
}
LITERAL = {"finish_reason", "obtained", "created", "read", "fate"}


def soiled(value: object) -> object:
    """Put control characters into every text but those that name something."""
    match value:
        case str():
            return value + NASTY
        case dict():
            return {key: item if key in NAMES | LITERAL else soiled(item) for key, item in value.items()}
        case list() | tuple():
            return [soiled(item) for item in value]
    return value


@pytest.fixture
def make() -> SimpleNamespace:
    """What runs are made of: ``decision``, ``sandbox``, ``log_of``, ``about``, and whole runs."""
    return SimpleNamespace(
        decision=decision,
        sandbox=sandbox,
        log_of=log_of,
        about=ABOUT,
        run=RUN,
        analysed=analysed,
        built=built,
        tested=tested,
        team_run=team_run,
        soiled=soiled,
        nasty=NASTY,
    )


@pytest.fixture
def team() -> Log:
    return log_of(team_run())


@pytest.fixture
def chat() -> Log:
    return log_of(chat_run(), about=ABOUT.model_copy(update={"workflow": "chat"}))


@pytest.fixture
def show() -> Callable[..., str]:
    """Print something as a terminal without colours would show it."""

    def draw(thing: RenderableType, width: int = 80, *, encoding: str = "utf-8") -> str:
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
        Console(file=file, width=width, color_system=None, legacy_windows=False).print(thing)
        file.flush()
        return "\n".join(line.rstrip() for line in raw.getvalue().decode(encoding).splitlines()) + "\n"

    return draw


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a file in ``golden/``; ``GLASSWORK_UPDATE_GOLDEN=1`` writes it instead."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("GLASSWORK_UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
