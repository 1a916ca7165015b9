"""A fork begins with its parent's events, to the byte, and shares their texts."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from tests.log.conftest import failed
from tests.log.test_verify import lines, long_log

from glasswork.errors import LogCorrupt, LogError, LogFull
from glasswork.log.about import RunAbout
from glasswork.log.chain import parse
from glasswork.log.reader import read, verify
from glasswork.log.removal import redact
from glasswork.log.writer import LogWriter
from glasswork.records import RunFinished, RunStarted

FORK = RunAbout(run="f1", workflow="software_team", created="2026-11-23T08:00:00.000Z")


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    return tmp_path / "f1"


@pytest.mark.parametrize("upto", range(1, 9))
def test_times_types_and_data_stay(log: Path, fork: Path, upto: int) -> None:
    with LogWriter.create(fork, FORK) as writer:
        assert writer.copy_prefix(log, upto) == read(log).entries[upto - 1].hash
        assert writer.events == upto
        assert verify(fork).ok
        writer.record(RunFinished(state="done"))
    old, new = read(log).entries[:upto], read(fork).entries[:-1]
    assert new[0].event == RunStarted(run="f1", workflow="software_team", inputs={"idea": "a clöck"})
    assert [entry[:3] for entry in new[1:]] == [entry[:3] for entry in old[1:]]
    assert new[0].time == old[0].time
    assert {entry.hash for entry in new}.isdisjoint(entry.hash for entry in old)
    links = [list(map(parse, lines(folder)[1:upto])) for folder in (log, fork)]
    assert [link.data for link in links[0] if link] == [link.data for link in links[1] if link], "to the byte"
    assert verify(fork).complete


def test_texts_are_shared_and_stored_once(log: Path, fork: Path) -> None:
    with LogWriter.create(fork, FORK) as writer:
        writer.copy_prefix(log, 8)
        writer.record(failed(9, "long " * 900))
    (blob,) = (fork / "blobs").iterdir()
    assert blob.stat().st_nlink == 2


def test_a_redaction_of_the_parent_leaves_the_fork_whole(log: Path, fork: Path) -> None:
    with LogWriter.create(fork, FORK) as writer:
        writer.copy_prefix(log, 8)
    redact(log, texts=["long long"])
    assert read(log).events[3].message == "[redacted]"  # type: ignore[union-attr]
    assert read(fork).events[3] == failed(3, "long " * 900)


def test_texts_are_copied_where_a_file_cannot_have_two_names(
    log: Path, fork: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    with LogWriter.create(fork, FORK) as writer:
        writer.copy_prefix(log, 8)
    assert next((fork / "blobs").iterdir()).stat().st_nlink == 1
    assert read(fork).events[3] == failed(3, "long " * 900)


def test_a_fork_of_a_fork(log: Path, fork: Path, tmp_path: Path) -> None:
    with LogWriter.create(fork, FORK) as writer:
        writer.copy_prefix(log, 5)
    with LogWriter.create(tmp_path / "f2", FORK.model_copy(update={"run": "f2"})) as writer:
        writer.copy_prefix(fork, 5)
    assert read(tmp_path / "f2").events[1:] == read(log).events[1:5]


@pytest.mark.parametrize("upto", [-1, 0, 9])
def test_events_that_are_not_there(log: Path, fork: Path, upto: int) -> None:
    with LogWriter.create(fork, FORK) as writer:
        with pytest.raises(LogError, match=f"no event {upto}: there are"):
            writer.copy_prefix(log, upto)
        writer.copy_prefix(log, 2)
        with pytest.raises(LogError, match="without events"):
            writer.copy_prefix(log, 2)


def test_a_broken_parent(log: Path, fork: Path) -> None:
    raw = lines(log)
    raw[3] = raw[3].replace(b"timeout", b"success")
    (log / "events.jsonl").write_bytes(b"".join(raw))
    with LogWriter.create(fork, FORK) as writer:
        with pytest.raises(LogCorrupt, match="event 4"):
            writer.copy_prefix(log, 6)
        assert verify(fork).events == 0
        writer.copy_prefix(log, 3)


def test_a_redacted_parent_can_be_forked_before_what_was_redacted(log: Path, fork: Path) -> None:
    redact(log, events=[6])
    with LogWriter.create(fork, FORK) as writer:
        with pytest.raises(LogError, match="event 6 was redacted"):
            writer.copy_prefix(log, 7)
        writer.copy_prefix(log, 5)
    assert verify(fork).ok
    redact(log, texts=["long long"])
    with (
        LogWriter.create(fork.with_name("f2"), FORK) as writer,
        pytest.raises(LogError, match="was removed from r1"),
    ):
        writer.copy_prefix(log, 5)


def test_no_space_leaves_an_empty_log(log: Path, fork: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with LogWriter.create(fork, FORK) as writer:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", full)
            with pytest.raises(LogFull):
                writer.copy_prefix(log, 8)
        assert verify(fork).events == writer.events == 0
        writer.copy_prefix(log, 8)
    assert verify(fork).complete


def test_a_long_prefix_is_copied_fast(tmp_path: Path, about: RunAbout, fork: Path) -> None:
    long_log(tmp_path / "long", about, 20_000)
    with LogWriter.create(fork, FORK) as writer:
        began = time.process_time()
        writer.copy_prefix(tmp_path / "long", 20_000)
        assert time.process_time() - began < 1
    assert verify(fork).events == 20_000
