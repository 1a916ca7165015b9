"""What people see, to the letter. ``GLASSWORK_UPDATE_GOLDEN=1 pytest tests/view`` writes the files anew."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from glasswork.errors import NotFound
from glasswork.log.about import RunAbout
from glasswork.log.reader import Entry, Log, Verdict, read, verify
from glasswork.log.runs import RunSummary
from glasswork.log.writer import LogWriter
from glasswork.records import EVENT, Acted, LogRepaired, StepStarted
from glasswork.view.as_json import runs_json, story_json, verdict_json, why_json
from glasswork.view.live import LiveView, PlainView
from glasswork.view.runs import runs_view
from glasswork.view.story import story
from glasswork.view.tale import tell
from glasswork.view.theme import seconds
from glasswork.view.verify import verdict_view
from glasswork.view.why import why

Show = Callable[..., str]
Golden = Callable[[str, str], None]

RUNS = (
    RunSummary(
        "20261122-194501-software_team-k3f9",
        Path("logs/20261122-194501-software_team-k3f9"),
        "done",
        workflow="software_team",
        started=datetime(2026, 11, 22, 19, 45, 1, tzinfo=UTC),
        events=60,
        calls=22,
        tokens=13817,
        seconds=212.5,
    ),
    RunSummary("20261122-201200-chat-m2xw", Path("logs/20261122-201200-chat-m2xw"), "running", calls=4, seconds=3.21),
    RunSummary("20261122-201300-chat-77aa", Path("logs/20261122-201300-chat-77aa"), "cut off"),
)


def test_a_run_is_told(team: Log, show: Show, golden: Golden) -> None:
    golden("story.txt", show(story(team)))


def test_a_team_talks_and_nothing_it_says_reaches_the_terminal(chat: Log, show: Show, golden: Golden) -> None:
    text = show(story(chat))
    golden("chat.txt", text)
    assert "\x1b" not in text
    assert "owned" not in text
    assert "[bold]No[/bold]" in text


def test_no_text_of_any_event_reaches_the_terminal(team: Log, chat: Log, make: SimpleNamespace, show: Show) -> None:
    for log in (team, chat):
        entries = tuple(
            entry._replace(event=EVENT.validate_python(make.soiled(entry.event.model_dump()))) for entry in log.entries
        )
        about = RunAbout.model_validate(make.soiled(log.about.model_dump()))
        dirty = Log(about, entries)
        first = next(iter(tell(dirty.events).decisions))
        plain = io.StringIO()
        for event in dirty.events:
            PlainView(Console(file=plain, width=80)).event(event)
        live = LiveView(Console(width=80, height=60), "t" + make.nasty, [("x" + make.nasty, "agent", make.nasty, ())])
        for event in dirty.events[:-4]:
            live.event(event)
        runs = [replace(run, run=run.run + make.nasty, reason=make.nasty) for run in RUNS]
        verdict = verdict_view("r" + make.nasty, Verdict(False, 1, False, make.nasty, "changed"))
        shown = [story(dirty), story(dirty, verbose=True), why(dirty, first), live, runs_view(runs), verdict]
        for text in [*map(show, shown), plain.getvalue()]:
            assert all(char.isprintable() or char == "\n" for char in text)


def test_everything_is_told_where_asked(team: Log, show: Show) -> None:
    text = show(story(team, verbose=True))
    assert text.count('print(f"{city}: {time_in(city.lower(), now)}")') >= 2
    assert "more line" not in text


def test_a_run_on_disk_is_told_alike(team: Log, show: Show, tmp_path: Path) -> None:
    with LogWriter.create(tmp_path / "run", team.about) as writer:
        for event in team.events:
            writer.record(event)
    told = read(tmp_path / "run")
    assert told.about == team.about
    assert told.events[:-1] == team.events[:-1]
    assert told.events[-1] == team.events[-1].model_copy(update={"events": len(team.events)})
    assert show(story(told)) == show(story(team))
    assert verify(tmp_path / "run").complete


def test_a_decision_is_not_overwhelming(team: Log, show: Show) -> None:
    block = show(story(team)).split("\n\n✓ build  engineer · round 2")[1].split("\n\n✓ test")[0]
    assert 12 <= block.count("\n") <= 32


@pytest.mark.parametrize("name", ["build#1", "build", "test#1"])
def test_one_decision_is_told_whole(team: Log, show: Show, golden: Golden, name: str) -> None:
    golden(f"why-{name.replace('#', '-')}.txt", show(why(team, name)))


def test_an_unknown_decision(team: Log) -> None:
    with pytest.raises(NotFound, match="did you mean 'build#2'"):
        why(team, "biuld#2")
    with pytest.raises(NotFound):
        why_json(team, "ship")


def test_a_decision_that_was_cut_short(chat: Log, show: Show) -> None:
    text = show(why(chat, "chat"))
    assert "no explanation was recorded" in text
    assert "drawn by probability" in text
    events = [entry for entry in chat.entries if not isinstance(entry.event, Acted)][:4]
    text = show(why(Log(chat.about, tuple(events)), "chat#1.1"))
    assert "it never came to a plan" in text
    assert "it never acted" in text


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_width_and_encoding(team: Log, chat: Log, show: Show, width: int, encoding: str) -> None:
    for page in (story(team), story(chat), why(team, "build#1"), runs_view(RUNS)):
        text = show(page, width, encoding=encoding)
        assert max(map(len, text.splitlines())) <= width


def test_a_run_under_way(team: Log, show: Show) -> None:
    cut = team.entries[:12]
    assert "● running" in show(story(Log(team.about, cut, writer=1)))
    text = show(story(Log(team.about, cut, torn=True)))
    assert "cut off" in text
    assert "its end is half-written" in text
    assert "The run has not ended." in text
    assert show(story(Log(team.about, ())))


def test_a_resumed_run_goes_on_after_its_end(team: Log) -> None:
    more = Entry(99, team.entries[-1].time, StepStarted(step="ship", round=2, kind="human"))
    assert tell([*team.events, more.event]).finished is None
    assert tell([*team.events, LogRepaired(offset=1, bytes=1, saved_as="x")]).finished is not None


def test_verdicts(show: Show, golden: Golden) -> None:
    verdicts = [
        Verdict(True, 60, True, head="3fa8c1d2e4b5" + "0" * 52, seal="open"),
        Verdict(True, 1, True, head="3fa8c1d2e4b5" + "0" * 52, seal="sealed", noted=1),
        Verdict(True, 41, False, "the log has no end yet: process 7 is writing it", "cut", 42, 9000, head="ab" * 32),
        Verdict(False, 3, False, "event 4 at byte 900 does not match its hash: it was changed", "changed", 4, 900),
        Verdict(
            False, 60, False, "event 9 at byte 40 lost a text: blob 00 cannot be read", "changed", 9, head="ab" * 32
        ),
        Verdict(
            False, 60, False, "the seal on head.json is not that of the key", "forged", head="ab" * 32, seal="forged"
        ),
    ]
    golden("verify.txt", "".join(show(verdict_view("20261122-194501-software_team-k3f9", each)) for each in verdicts))


def test_the_list_of_runs(show: Show, golden: Golden) -> None:
    golden("runs.txt", show(runs_view(RUNS)) + show(runs_view([])))


def test_json_forms(team: Log, golden: Golden) -> None:
    def text(value: object) -> str:
        return json.dumps(value, indent=1, ensure_ascii=False) + "\n"

    golden("why.json", text(why_json(team, "build#2")))
    golden("runs.json", text(runs_json(RUNS)))
    golden("verify.json", text(verdict_json("r", Verdict(True, 60, True))))
    told = story_json(team)
    assert json.loads(text(told)) == told
    assert [step["step"] for step in told["steps"]] == [
        *("analyse", "legal", "build", "test", "fix", "build", "test", "ship"),
    ]
    assert told["state"] == "done"


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0s"), (9.96, "10.0s"), (42, "42s"), (185, "3m 05s"), (3720, "1h 02m")]
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text
