"""``glasswork log redact`` shows what goes, asks, and leaves a log that verifies and can still be looked at."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from glasswork.log.about import Parent, RunAbout
from glasswork.log.reader import read, verify
from glasswork.log.writer import LogWriter
from glasswork.records import LogRedacted, RunFinished, RunStarted, StepFinished, StepStarted

NAME = "Ada Löwe"
RUN = "20261122-bakery-aaaa"


@pytest.fixture
def logs(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("GLASSWORK_LOG_KEY", raising=False)
    for run, parent in {RUN: None, "20261123-bakery-bbbb": RUN}.items():
        about = RunAbout(run=run, workflow="bakery", parent=Parent(run=parent, event=1) if parent else None)
        with LogWriter.create(tmp_path / run, about) as writer:
            writer.record(RunStarted(run=run, workflow="bakery", inputs={"for": NAME}))
            writer.record(StepStarted(step="bake", kind="agent"))
            writer.record(StepFinished(step="bake", state="done", output={"text": "bread " * 900 + NAME}))
            writer.record(RunFinished(state="done", outputs={"text": "bread"}))
    return tmp_path


@pytest.fixture
def redact(glasswork, logs):
    return lambda *words: glasswork("log", "redact", RUN, *words, "--logs", str(logs))


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_it_shows_what_goes_and_takes_it_out(redact, logs, glasswork):
    said = redact("--text", NAME, "--reason", "asked for", "--yes")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "event     1  run.started",
        "texts     1 long; [redacted] in event 3",
        "see also  20261123-bakery-bbbb, which shares its beginning",
        f"{RUN}: redacted; its chain holds",
    ]
    assert "Löwe".encode() not in stored(logs / RUN)
    event = read(logs / RUN).events[-1]
    assert isinstance(event, LogRedacted)
    assert (event.events, event.reason) == ((1,), "asked for")
    assert event.by
    for words in (["verify"], ["show"], ["show", "--json"]):
        after = glasswork("log", words[0], RUN, *words[1:], "--logs", str(logs))
        assert after.status == 0, after.err
        assert "Löwe" not in after.out
    listed = glasswork("log", "list", "--logs", str(logs))
    assert [line.split()[2] for line in listed.out.splitlines()[1:]] == ["done", "done"]


def test_it_asks_on_a_terminal_and_changes_nothing_without_a_yes(redact, logs, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    before = stored(logs / RUN)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert redact("--text", NAME).status == 1
    assert stored(logs / RUN) == before
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert redact("--event", "1").status == 0
    assert verify(logs / RUN).complete
    assert stored(logs / RUN) != before


def test_it_needs_a_yes_where_there_is_no_terminal(redact, logs, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    before = stored(logs / RUN)
    said = redact("--text", NAME)
    assert said.status == 2
    assert "--yes" in said.err
    assert stored(logs / RUN) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing was named"),
        (["--text", " "], "empty"),
        (["--event", "9"], "no event named '9'"),
        (["--decision", "ship#1"], "no decision named 'ship#1'"),
        (["--text", NAME, "--reason", f"for {NAME}", "--yes"], "the reason holds the text"),
    ],
)
def test_mistakes_are_told(redact, words, message):
    said = redact(*words)
    assert said.status == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_nothing_found_is_no_mistake(redact):
    said = redact("--text", "nobody", "--yes")
    assert (said.status, said.out) == (0, "Nothing to remove.\n")


def test_files_go_only_where_asked(redact, logs):
    page = logs / RUN / "files" / "page.html"
    page.parent.mkdir()
    page.write_text(NAME)
    assert "file stays" in redact("--text", NAME, "--yes").out
    assert page.exists()
    assert redact("--text", NAME, "--files", "--yes").status == 0
    assert not page.exists()


def test_a_redaction_that_was_cut_short_is_finished(redact, logs):
    with LogWriter.open(logs / RUN) as writer:
        writer.record(LogRedacted(events=(1,), blobs=()))
    assert not verify(logs / RUN).complete
    assert redact("--yes").status == 0
    assert verify(logs / RUN).complete


def test_a_noted_head_is_looked_for(glasswork, logs):
    head = verify(logs / RUN).head
    said = glasswork("log", "verify", RUN, "--expect", head[:12], "--logs", str(logs))
    assert said.status == 0
    assert f"head {head[:12]} of 4 events; event 4 has the hash that was noted" in said.out
    other = verify(logs / "20261123-bakery-bbbb").head
    said = glasswork("log", "verify", RUN, "--expect", other, "--logs", str(logs))
    assert said.status == 1
    assert "replaced" in said.out
    assert glasswork("log", "verify", RUN, "--expect", "abc", "--logs", str(logs)).status == 2
