"""``glasswork log tail``: what is there, then what comes, until the run ends or its writer is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from glasswork.cli.log_tail import entries
from glasswork.log.about import RunAbout
from glasswork.log.writer import LogWriter
from glasswork.records import HumanAnswered, RunFinished, RunResumed, RunStarted, StepFinished, StepStarted

TAIL = [sys.executable, "-m", "glasswork", "log", "tail"]
STEPS = [
    RunStarted(run="r-aaaa", workflow="w"),
    StepStarted(step="one", kind="agent", agent="writer"),
    StepFinished(step="one", state="done", seconds=2.0),
    StepStarted(step="two", kind="human"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GLASSWORK_LOGS", raising=False)
    return tmp_path / "logs" / "r-aaaa"


@pytest.fixture
def writer(folder):
    with LogWriter.create(folder, RunAbout(run="r-aaaa", workflow="w")) as writer:
        for event in STEPS:
            writer.record(event)
        yield writer


def said(line: bytes) -> str:
    return line.decode().rstrip("\n")[len("19:45:01  ") :]


def test_a_run_that_has_ended(writer, glasswork):
    writer.record(RunFinished(state="done"))
    writer.close()
    printed = glasswork("log", "tail")
    assert printed.status == 0
    assert [line[10:] for line in printed.out.splitlines()] == [
        "run w begins",
        "one: writer begins",
        "one: done in 2.0s",
        "two: human begins",
        "run done",
    ]
    assert printed.err == ""
    few = glasswork("log", "tail", "-n", "2")
    assert len(few.out.splitlines()) == 2
    assert "r-aaaa: 3 events before these" in few.err
    assert glasswork("log", "tail", "-n", "0").out == ""


def test_it_follows_from_another_process_to_the_end(writer):
    with subprocess.Popen(TAIL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert [said(process.stdout.readline()) for _ in STEPS][-1] == "two: human begins"
        for note in ("first", "second"):
            began = time.monotonic()
            writer.record(HumanAnswered(step="two", question="?", approved=True, note=note))
            assert said(process.stdout.readline()) == f"two: yes: {note}"
            assert time.monotonic() - began < 1.0, "measured at 0.06; the bound is for busy machines"
        writer.record(RunFinished(state="failed", reason="no more"))
        assert said(process.stdout.readline()) == "run failed: no more"
        assert process.stdout.read() == b""
        assert process.wait(10) == 0


def test_json_is_one_object_a_line(writer, glasswork):
    writer.record(RunFinished(state="done"))
    writer.close()
    objects = [json.loads(line) for line in glasswork("log", "tail", "--json").out.splitlines()]
    assert [each["seq"] for each in objects] == [1, 2, 3, 4, 5]
    assert objects[1]["agent"] == "writer"
    assert objects[-1]["state"] == "done"


def test_a_writer_that_is_gone_without_an_end(writer, glasswork):
    writer.close()
    printed = glasswork("log", "tail")
    assert printed.status == 1
    assert "cut off: nobody writes this log any more" in printed.err
    assert "glasswork resume aaaa" in printed.err


def test_a_run_that_was_resumed_goes_on_after_its_first_end(writer, folder):
    writer.record(RunFinished(state="waiting"))
    writer.record(RunResumed(was="waiting"))
    found = []

    def read() -> None:
        found.extend(entry.event.type for entry in entries(folder))

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.2)
    assert reader.is_alive()
    writer.record(RunFinished(state="done"))
    reader.join(10)
    assert found[-3:] == ["run.finished", "run.resumed", "run.finished"]


def test_what_a_writer_leaves_as_it_goes_is_still_told(writer, folder):
    """The last event may be written, and the lock let go, between a look at the log and one at its writer."""
    reading = entries(folder, poll=0.0)
    assert [next(reading).seq for _ in STEPS] == [1, 2, 3, 4]
    writer.record(RunFinished(state="done"))
    writer.close()
    assert [entry.event.type for entry in reading] == ["run.finished"]


def test_a_changed_line_ends_it(writer, folder, glasswork):
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b"writer", b"wrIter"))
    printed = glasswork("log", "tail")
    assert printed.status == 1
    assert "event 2" in printed.err
    assert "run w begins" not in printed.out or "one: writer" not in printed.out


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_ctrl_c_ends_it_well(writer, number):
    with subprocess.Popen(TAIL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in STEPS:
            process.stdout.readline()
        os.kill(process.pid, number)
        assert process.wait(10) == 0
        assert b"Traceback" not in process.stderr.read()


def test_nothing_of_a_log_reaches_the_terminal_but_letters(writer, glasswork):
    writer.record(HumanAnswered(step="two", question="?", approved=True, note="\x1b[2J\x9b1m\u202e\x07"))
    writer.record(RunFinished(state="done"))
    writer.close()
    assert all(char.isprintable() or char == "\n" for char in glasswork("log", "tail").out)
