"""Runs are named, listed and found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from glasswork.errors import NotFound, UserError
from glasswork.log.about import Parent, RunAbout
from glasswork.log.runs import find_run, forks_of, list_runs, new_run_id, run_ids, summarise
from glasswork.log.writer import LogWriter
from glasswork.records import LogRedacted, LogRepaired, RunFinished, RunResumed, RunStarted, Usage


def make(logs: Path, run: str, finished: bool = True, padding: int = 0) -> LogWriter:
    writer = LogWriter.create(
        logs / run, RunAbout(run=run, workflow="team", model="small", created="2020-01-01T00:00:00.000Z")
    )
    writer.record(RunStarted(run=run, workflow="team"))
    if finished:
        outputs = {f"k{n}": "v" * 300 for n in range(padding)}
        writer.record(
            RunFinished(
                state="failed",
                reason="tests",
                events=0,
                calls=3,
                usage=Usage(prompt_tokens=5, completion_tokens=2),
                seconds=4,
                outputs=outputs,
            )
        )
    return writer


def test_a_run_id_sorts_by_time_and_is_unused() -> None:
    now = datetime(2026, 11, 22, 19, 45, 1, tzinfo=UTC)
    taken: set[str] = set()
    for _ in range(50):
        taken.add(new_run_id("software_team", now, taken))
    assert len(taken) == 50
    assert all(run.startswith("20261122-194501000-software_team-") and len(run) == 37 for run in taken)


def test_summaries(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("")
    make(tmp_path, "20260101-a-aaaa").close()
    make(tmp_path, "20260102-b-bbbb", padding=600).close()
    make(tmp_path, "20260103-c-cccc", finished=False).close()
    running = make(tmp_path, "20260104-d-dddd", finished=False)
    make(tmp_path, "20260105-e-eeee").close()
    (tmp_path / "20260105-e-eeee" / "run.json").write_text("{")
    runs = list_runs(tmp_path)
    assert [run.state for run in runs] == ["failed", "failed", "cut off", "running", "damaged"]
    first = runs[0]
    assert (first.workflow, first.model, first.events, first.calls, first.tokens, first.seconds, first.reason) == (
        ("team", "small", 2, 3, 7, 4.0, "tests")
    )
    assert runs[1].events == 2
    assert runs[2].events == 1
    running.close()


def test_a_torn_end_does_not_hide_the_last_event(tmp_path: Path) -> None:
    make(tmp_path, "r").close()
    with (tmp_path / "r" / "events.jsonl").open("ab") as file:
        file.write(b'{"seq":3,"pr')
    assert list_runs(tmp_path)[0].state == "failed"
    with (tmp_path / "r" / "events.jsonl").open("wb") as file:
        file.write(b"\0" * 200_000)
    assert list_runs(tmp_path)[0].state == "cut off"


def test_a_run_is_in_the_state_of_its_last_end(tmp_path: Path) -> None:
    with make(tmp_path, "r") as writer:
        states = [summarise(tmp_path / "r").state]
        for event in (
            RunResumed(was="failed"),
            RunFinished(state="waiting"),
            LogRedacted(events=(), blobs=()),
            LogRepaired(offset=1, bytes=1, saved_as="x"),
            RunResumed(was="waiting"),
        ):
            writer.record(event)
            states.append(summarise(tmp_path / "r").state)
    assert states == ["failed", "running", "waiting", "waiting", "waiting", "running"]
    assert summarise(tmp_path / "r").state == "cut off"
    assert summarise(tmp_path / "r").events == 7


def test_an_end_that_was_taken_out_is_damage(tmp_path: Path) -> None:
    with make(tmp_path, "r") as writer:
        writer.blank({2})
    summary = summarise(tmp_path / "r")
    assert (summary.state, summary.reason) == ("damaged", "event 2, its end, was removed")


def test_forks(tmp_path: Path) -> None:
    for run, parent in {"b": "a", "c": "b", "d": "a"}.items():
        about = RunAbout(run=run, workflow="team", parent=Parent(run=parent, event=1))
        LogWriter.create(tmp_path / run, about).close()
    make(tmp_path, "a").close()
    make(tmp_path, "e").close()
    (tmp_path / "e" / "run.json").write_text("{")
    assert forks_of(tmp_path, "a") == ("b", "d")
    assert forks_of(tmp_path, "e") == ()


def test_finding(tmp_path: Path) -> None:
    for run in ("20260101-a-aaaa", "20260102-b-bbbb"):
        make(tmp_path, run).close()
    assert find_run(tmp_path, "latest").name == "20260102-b-bbbb"
    assert find_run(tmp_path, "20260101-a-aaaa").name == "20260101-a-aaaa"
    assert find_run(tmp_path, "20260101").name == "20260101-a-aaaa"
    assert find_run(tmp_path, "bbbb").name == "20260102-b-bbbb"
    with pytest.raises(UserError, match="fits 2 runs"):
        find_run(tmp_path, "2026")
    with pytest.raises(NotFound, match="did you mean '20260102-b-bbbb'"):
        find_run(tmp_path, "20260102-b-bbbx")
    for wrong in ("", "..", "../x", "/"):
        with pytest.raises(NotFound):
            find_run(tmp_path, wrong)


def test_no_runs(tmp_path: Path) -> None:
    assert run_ids(tmp_path / "none") == ()
    with pytest.raises(NotFound):
        find_run(tmp_path, "latest")
