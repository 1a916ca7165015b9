"""Power may go at any moment: no event that was acknowledged is lost, and no text comes back."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.log.conftest import failed
from tests.log.disk import Disk, Left, power_lost

from glasswork.errors import LogError
from glasswork.log.about import RunAbout
from glasswork.log.reader import read, read_definitions, verify
from glasswork.log.removal import redact
from glasswork.log.writer import LogWriter
from glasswork.records import Event, LogRedacted, LogRepaired, Redacted, RunFinished

NAME = "Ada Lovelace"
RULES = "role: engineer\n"
ABOUT = RunAbout(run="r1", workflow="w", created="2026-11-22T19:45:01.123Z")
EVENTS: tuple[Event, ...] = (
    failed(1),
    failed(2, "a long text " * 400),
    failed(3, f"{NAME} " * 20),
    failed(4, f"{NAME} " * 1200),
    failed(5, "the same again " * 400),
    failed(6, "the same again " * 400),
    failed(7, "x" * 390).model_copy(update={"raw": "y" * 390, "code": "z" * 390}),
    failed(8),
    RunFinished(state="done"),
)

STATES = [pytest.param(250, id="some"), pytest.param(10_000, id="many", marks=pytest.mark.slow)]


def record(disk: Disk, writer: LogWriter, events: tuple[Event, ...]) -> None:
    for event in events:
        writer.record(event)
        disk.ack(event)


def written(root: Path, disk: Disk) -> None:
    """A run, killed while it wrote, and resumed."""
    with LogWriter.create(root / "r1", ABOUT, definitions={"agents/a.yaml": RULES}) as writer:
        disk.ack("created")
        record(disk, writer, EVENTS[:5])
    fd = os.open(root / "r1" / "events.jsonl", os.O_WRONLY | os.O_APPEND)
    os.write(fd, b'{"seq":6,"prev":"' + b"0" * 700)
    os.close(fd)
    with LogWriter.open(root / "r1") as writer:
        record(disk, writer, EVENTS[5:])


def forked(root: Path, disk: Disk) -> None:
    """A run with which another begins."""
    with LogWriter.create(root / "parent", ABOUT.model_copy(update={"run": "parent"})) as writer:
        for event in EVENTS:
            writer.record(event)
    with LogWriter.create(root / "r1", ABOUT) as writer:
        writer.copy_prefix(root / "parent", 6)
        for event in ("created", *EVENTS[:6]):
            disk.ack(event)
        record(disk, writer, EVENTS[6:])


def blanked(root: Path, disk: Disk) -> None:
    """A run that goes on after some of it was taken out."""
    with LogWriter.create(root / "r1", ABOUT) as writer:
        disk.ack("created")
        record(disk, writer, EVENTS[:3])
        writer.record(LogRedacted(events=(3,), blobs=()))
        writer.blank({3})
        record(disk, writer, EVENTS[4:])


def recorded(root: Path, scenario: Callable[[Path, Disk], None], monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(root)
    with disk.recording(monkeypatch):
        scenario(root, disk)
    return disk


def states(disk: Disk, count: int, at_least: int) -> Iterator[tuple[Left, Path]]:
    """Yield so many different states, each written to a folder of memory."""
    rng, seen = random.Random(7), set[int]()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as memory:
        while len(seen) < count:
            left = power_lost(disk, rng)
            key = hash((tuple(sorted(left.files.items())), len(left.acked)))
            if len(left.acked) < at_least or key in seen:
                continue
            seen.add(key)
            root = Path(memory) / "left"
            left.write(root)
            yield left, root
            shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(autouse=True)
def _anchor_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasswork.log.writer.EVERY", 3)


@pytest.mark.usefixtures("no_sync")
@pytest.mark.parametrize("count", STATES)
def test_no_acknowledged_event_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    disk = recorded(tmp_path, written, monkeypatch)
    torn = 0
    for left, root in states(disk, count, at_least=0):
        torn += recovered(left, root / "r1")
    assert torn > count / 50, "ends that are half-written are among them"


@pytest.mark.usefixtures("no_sync")
@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.slow)])
def test_no_acknowledged_event_of_a_fork_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    disk = recorded(tmp_path, forked, monkeypatch)
    for left, root in states(disk, count, at_least=0):
        recovered(left, root / "r1")


def said_in(folder: Path) -> list[Event]:
    """Return what was recorded, as it was: without the writer's own notes and count."""
    events = [event for event in read(folder).events if not isinstance(event, LogRepaired)]
    return [event.model_copy(update={"events": 0}) if isinstance(event, RunFinished) else event for event in events]


def recovered(left: Left, folder: Path) -> bool:
    """Check what a state is worth; return whether its end had to be repaired."""
    if not left.acked:
        with contextlib.suppress(LogError):
            LogWriter.open(folder).close()
        return False
    LogWriter.open(folder).close()
    log = read(folder)
    events = said_in(folder)
    acked = list(left.acked[1:])
    assert events[: len(acked)] == acked
    assert events == list(EVENTS[: len(events)])
    assert read_definitions(folder) in ({}, {"agents/a.yaml": RULES})
    verdict = verify(folder)
    assert verdict.ok
    assert verdict.complete == (len(events) == len(EVENTS))
    return len(events) < len(log.events)


@pytest.mark.usefixtures("no_sync")
@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.slow)])
def test_no_event_after_a_redaction_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    disk = recorded(tmp_path, blanked, monkeypatch)
    for left, root in states(disk, count, at_least=5):
        LogWriter.open(root / "r1").close()
        events = said_in(root / "r1")
        assert isinstance(events[2], Redacted)
        assert events[4:][: len(left.acked) - 4] == list(left.acked[4:])
        assert verify(root / "r1").ok


@pytest.mark.usefixtures("no_sync")
@pytest.mark.parametrize("count", [150, pytest.param(3_000, marks=pytest.mark.slow)])
def test_a_redaction_is_done_or_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    def redacted(root: Path, disk: Disk) -> None:
        written(root, disk)
        redact(root / "r1", texts=[NAME])
        disk.ack("redacted")

    disk = recorded(tmp_path, redacted, monkeypatch)
    unfinished = 0
    for left, root in states(disk, count, at_least=len(EVENTS) + 1):
        folder = root / "r1"
        said = any(isinstance(event, LogRedacted) for event in read(folder).events)
        if not said:
            recovered(left, folder)
        elif "redacted" not in left.acked:
            unfinished += verify(folder).how == "unfinished"
        else:
            assert verify(folder).complete
            assert NAME.encode() not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        redact(folder, texts=[] if said else [NAME])
        whole = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert NAME.encode() not in whole
        assert verify(folder).complete
        kept = said_in(folder)
        assert isinstance(kept[2], Redacted)
        assert [kept[n] for n in (0, 1, 4, 5, 6, 7, 8)] == [EVENTS[n] for n in (0, 1, 4, 5, 6, 7, 8)]
    assert unfinished
