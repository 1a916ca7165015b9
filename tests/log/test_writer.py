"""An event that was acknowledged is there afterwards, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.log.conftest import failed

from glasswork.errors import LogError, LogFull, LogLocked
from glasswork.log.about import RunAbout
from glasswork.log.encode import DEEPEST
from glasswork.log.head import EVERY
from glasswork.log.reader import read, read_definitions, verify
from glasswork.log.redact import Redactor
from glasswork.log.writer import LogWriter
from glasswork.records import Redacted, RunFinished, RunStarted, StepFinished


@pytest.fixture
def writer(folder: Path, about: RunAbout) -> Iterator[LogWriter]:
    with LogWriter.create(folder, about) as made:
        made.record(failed(1))
        yield made


def test_a_new_log_is_private_and_complete(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about, definitions={"agents/a.yaml": "role: é\n"}) as writer:
        writer.record(RunStarted(run="r1", workflow="w"))
        writer.record(RunFinished(state="done", events=0))
        assert writer.events == 2
    assert stat.S_IMODE((folder / "events.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "run.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "head.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    log = read(folder)
    assert isinstance(log.events[-1], RunFinished)
    assert log.events[-1].events == 2
    assert read_definitions(folder) == {"agents/a.yaml": "role: é\n"}
    assert log.about.workflow == about.workflow
    assert (folder / "events.jsonl").read_bytes().isascii()


def test_a_log_goes_on_where_it_ended(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        writer.record(failed(1))
    with LogWriter.open(folder) as writer:
        writer.record(failed(2))
    assert [entry.seq for entry in read(folder).entries] == [1, 2]
    assert verify(folder).ok


def test_a_text_is_stored_once(writer: LogWriter) -> None:
    for number in range(5):
        writer.record(failed(number, "word " * 1500))
    assert len(list((writer.folder / "blobs").iterdir())) == 1
    assert (writer.folder / "events.jsonl").stat().st_size < 5000
    assert read(writer.folder).events[-1] == failed(4, "word " * 1500)


def test_a_text_is_stored_once_also_by_a_run_that_goes_on(writer: LogWriter) -> None:
    for number in range(3):
        writer.record(failed(1, "word " * 1500))
        writer.record(failed(2, f"{'other ' * 1000}{number}"))
        writer.close()
        writer = LogWriter.open(writer.folder)
    writer.close()
    assert len(list((writer.folder / "blobs").iterdir())) == 4


def test_equal_texts_have_other_names_in_other_runs(folder: Path, tmp_path: Path, about: RunAbout) -> None:
    names = set()
    for place in (folder, tmp_path / "r2"):
        with LogWriter.create(place, about) as writer:
            writer.record(failed(1, "word " * 1500))
        names |= {path.name for path in (place / "blobs").iterdir()}
    assert len(names) == 2, "a name that gives its text away could not stay when the text goes"


def test_a_second_log_in_the_same_folder_is_refused(writer: LogWriter, about: RunAbout) -> None:
    with pytest.raises(LogError, match="File exists"):
        LogWriter.create(writer.folder, about)


def test_a_second_writer_is_told_who_writes(writer: LogWriter) -> None:
    with pytest.raises(LogLocked, match=f"process {os.getpid()} "):
        LogWriter.open(writer.folder)
    code = "import sys; from pathlib import Path; from glasswork.log.writer import LogWriter\n"
    code += "try: LogWriter.open(Path(sys.argv[1]))\nexcept Exception as e: print(type(e).__name__, e.message)"
    out = subprocess.run([sys.executable, "-c", code, writer.folder], capture_output=True, text=True, check=True).stdout
    assert out.startswith(f"LogLocked process {os.getpid()} is writing")
    assert read(writer.folder).writer == os.getpid(), "reading needs no lock"


def test_closed_is_closed(writer: LogWriter) -> None:
    writer.close()
    writer.close()
    with pytest.raises(LogError, match="closed"):
        writer.record(failed(2))


def test_threads_share_a_writer(writer: LogWriter) -> None:
    def work() -> None:
        for number in range(20):
            writer.record(failed(number))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(writer.folder).events == 81


def test_what_json_cannot_say_is_refused_and_the_log_goes_on(writer: LogWriter) -> None:
    for value in ({"x": object()}, {"x": 10**5000}, {"x": b"raw"}, {"x": {1, 2}}, {"x": {(1, 2): 3}}):
        with pytest.raises(LogError, match=r"step\.finished cannot be written"):
            writer.record(StepFinished(step="a", state="done", output=value))
    writer.record(failed(2))
    assert verify(writer.folder).events == 2


def nested(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = {"a": value} if level % 2 else [value, "]" * 40]
    return value


@pytest.mark.parametrize("levels", [DEEPEST, 1000, 100_000])
def test_what_is_too_deep_to_be_read_is_not_written(writer: LogWriter, levels: int) -> None:
    event = StepFinished(step="a", state="done")
    with pytest.raises(LogError, match=r"step\.finished cannot be written"):
        writer.record(event.model_copy(update={"output": {"x": nested(levels)}}))
    writer.record(event.model_copy(update={"output": {"x": nested(DEEPEST - 2)}}))
    assert read(writer.folder).events[-1] == event.model_copy(update={"output": {"x": nested(DEEPEST - 2)}})


def test_what_a_reader_finds_in_place_of_an_event_is_no_event(writer: LogWriter) -> None:
    with pytest.raises(LogError, match="cannot be recorded"):
        writer.record(Redacted(was="run.started"))


def test_secrets_never_reach_the_disk(folder: Path, about: RunAbout) -> None:
    secret = 'hunter2"é/+xyz'
    redactor = Redactor.from_environment({"DB_PASSWORD": secret, "HOME": "/home/somebody"})
    with LogWriter.create(
        folder,
        about.model_copy(update={"workflow_file": secret}),
        definitions={"a.yaml": f"x: {secret}"},
        redactor=redactor,
    ) as writer:
        writer.record(failed(1, f"said {secret} at /home/somebody"))
        writer.record(failed(2, f"{'long ' * 200}{secret}"))
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"hunter2" not in stored
    assert stored.count(b"[redacted:DB_PASSWORD:") == 4
    assert b"/home/somebody" in stored


# --- disks that fail ------------------------------------------------------------------------------------------------


def test_a_short_write_is_taken_back(writer: LogWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, raw: real(fd, raw[:50]))
        with pytest.raises(LogFull, match="no space"):
            writer.record(failed(2))
    assert verify(writer.folder).events == 1
    writer.record(failed(3))
    assert verify(writer.folder).events == 2


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fdatasync"])
def test_no_space_is_an_error_and_nothing_else(
    writer: LogWriter, monkeypatch: pytest.MonkeyPatch, code: int, call: str
) -> None:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        with pytest.raises(LogFull):
            writer.record(failed(2))
    assert (writer.events, verify(writer.folder).events) == (1, 1)
    writer.record(failed(3))
    assert verify(writer.folder).events == 2


def test_a_failed_sync_poisons_the_writer(writer: LogWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fail(_: int) -> None:
        calls.append(1)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fail)
        with pytest.raises(LogError, match="takes no more events"):
            writer.record(failed(2))
    with pytest.raises(LogError, match="Input/output error"):
        writer.record(failed(3))
    assert len(calls) == 1, "never retried"
    writer.close()
    assert verify(writer.folder).ok


def test_a_write_that_cannot_be_taken_back_poisons_the_writer(
    writer: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, raw: real(fd, raw[:50]))
        patched.setattr(os, "ftruncate", fail)
        with pytest.raises(LogError, match="could not be taken back"):
            writer.record(failed(2))
    writer.close()
    with LogWriter.open(writer.folder) as again:
        assert again.events == 2, "the first, and the note on the repair"


def test_no_space_for_the_anchor_is_an_error_before_the_event(
    writer: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for number in range(EVERY - 1):
        writer.record(failed(number))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(LogFull, match="anchor"):
            writer.record(failed(EVERY))
        assert (writer.events, verify(writer.folder).events) == (EVERY, EVERY)
        with pytest.raises(LogFull, match="anchor"):
            writer.close()
    with LogWriter.open(writer.folder) as again:
        again.record(failed(EVERY))
    assert verify(writer.folder).events == EVERY + 1
    assert not list(writer.folder.glob(".new-*"))


def test_a_failure_while_closing_does_not_hide_the_one_before(
    folder: Path, about: RunAbout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(ZeroDivisionError) as raised, LogWriter.create(folder, about) as writer:  # noqa: PT012
        writer.record(failed(1))
        monkeypatch.setattr(os, "fsync", fail)
        raise ZeroDivisionError
    assert "Input/output error" in raised.value.__notes__[0]


def test_a_signal_between_write_and_acknowledgement(writer: LogWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.record(failed(2))
    writer.record(failed(3))
    assert [event.place for event in read(writer.folder).events] == ["build#1/plan", "build#3/plan"]  # type: ignore[union-attr]


def test_a_full_blob_folder_is_no_space(writer: LogWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(LogFull):
            writer.record(failed(2, "long " * 900))
    writer.record(failed(3, "long " * 900))
    assert verify(writer.folder).ok


def fill(writer: LogWriter) -> None:
    for number in range(1000):
        writer.record(failed(number, random.Random(number).randbytes(3000).hex()))


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_real_limit_on_the_file(writer: LogWriter) -> None:
    size = (writer.folder / "events.jsonl").stat().st_size
    with file_size_limit(size + 900):
        with pytest.raises(LogFull):
            writer.record(failed(2, "x" * 900))
        assert verify(writer.folder).ok
        writer.record(failed(3, ""))
    assert verify(writer.folder).events == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root; the limit on the file above covers the rest")
def test_a_real_full_disk(tmp_path: Path, about: RunAbout) -> None:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", tmp_path], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("mounting is not allowed here")
    writer = LogWriter.create(tmp_path / "r1", about)
    try:
        with pytest.raises(LogFull):
            fill(writer)
        assert verify(tmp_path / "r1").events == writer.events > 5
        for blob in (tmp_path / "r1" / "blobs").iterdir():
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name, "nothing half-written is left behind"
        with contextlib.suppress(LogFull):
            while True:
                writer.record(failed(0, "y" * 399))
        before = writer.events
        with pytest.raises(LogFull, match="anchor"):
            writer.close()
        assert (verify(tmp_path / "r1").ok, verify(tmp_path / "r1").events) == (True, before)
        next((tmp_path / "r1" / "blobs").iterdir()).unlink()
        with LogWriter.open(tmp_path / "r1") as again:
            again.record(failed(1, ""))
        assert verify(tmp_path / "r1").events == before + 1
    finally:
        with contextlib.suppress(LogFull):
            writer.close()
        subprocess.run(["umount", tmp_path], check=True)


def test_folders_that_cannot_be_logs(tmp_path: Path, about: RunAbout) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="cannot be opened"):
        LogWriter.create(tmp_path / "file", about)
    for name, make in {
        "folder": lambda path: path.mkdir(),
        "fifo": os.mkfifo,
        "link": lambda path: path.symlink_to("/etc/passwd"),
        "gone": lambda path: None,
    }.items():
        run = tmp_path / name
        run.mkdir()
        (run / "run.json").write_text("{}")
        make(run / "events.jsonl")
        with pytest.raises(LogError) as error:
            LogWriter.open(run)
        assert "\n" not in error.value.message


# --- kill -9 --------------------------------------------------------------------------------------------------------

VICTIM = """
import os, random, sys
from pathlib import Path
from glasswork.log.writer import LogWriter
from glasswork.records import ModelFailed
rng = random.Random(int(sys.argv[2]))
with LogWriter.open(Path(sys.argv[1])) as writer:
    while True:
        text = "x" * rng.choice((10, 300, 3000, 70000)) + str(writer.events)
        writer.record(ModelFailed(place="p", digest="", attempt=1, code="c", message=text, will_retry=False))
        os.write(1, b"%d\\n" % writer.events)
"""


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_kill_9_loses_nothing_that_was_acknowledged(folder: Path, about: RunAbout, kills: int) -> None:
    LogWriter.create(folder, about).close()
    rng = random.Random(7)
    acknowledged = 0
    for kill in range(kills):
        victim = subprocess.Popen([sys.executable, "-c", VICTIM, folder, str(kill)], stdout=subprocess.PIPE)
        assert victim.stdout is not None
        said = [victim.stdout.readline() for _ in range(rng.randint(4, 12))]  # by its progress: a busy machine is slow
        time.sleep(rng.random() * 0.03)
        victim.send_signal(signal.SIGKILL)
        said += victim.stdout.read().splitlines()
        victim.wait()
        victim.stdout.close()
        acknowledged = max([acknowledged, *map(int, (line for line in said if line))])
        began = time.monotonic()
        LogWriter.open(folder).close()
        assert time.monotonic() - began < 1, "a stale lock holds nobody up"
        verdict = verify(folder)
        assert verdict.ok
        assert verdict.events >= acknowledged
    assert acknowledged > 20


RACE = """
import os, sys
from pathlib import Path
from glasswork.errors import LogLocked
from glasswork.log.writer import LogWriter
ready, go = os.pipe(), os.pipe()
for _ in range(int(sys.argv[2])):
    if os.fork() == 0:
        os.close(go[1])
        os.write(ready[1], b".")
        os.read(go[0], 1)  # all wait for the same end of file
        try:
            writer = LogWriter.open(Path(sys.argv[1]))
            said = f"won {os.getpid()}"
        except LogLocked as error:
            said = error.message
        os.write(1, f"{said}\\n".encode())
        sys.stdin.read()
        os._exit(0)
for _ in range(int(sys.argv[2])):
    os.read(ready[0], 1)
os.close(go[1])
"""


@pytest.mark.parametrize("writers", [2, 8])
def test_writers_start_together_and_one_wins(folder: Path, about: RunAbout, writers: int) -> None:
    LogWriter.create(folder, about).close()
    race = subprocess.Popen(
        [sys.executable, "-c", RACE, folder, str(writers)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert race.stdout is not None
    said = [race.stdout.readline().strip() for _ in range(writers)]
    race.communicate()
    won = [line for line in said if line.startswith("won ")]
    assert len(won) == 1
    refused = [line for line in said if line not in won]
    assert len(refused) == writers - 1
    assert all(f"process {won[0].removeprefix('won ')} is writing the log" in line for line in refused)


def test_appending_costs_little(folder: Path, about: RunAbout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor time alone: what the disk takes is the disk's."""
    monkeypatch.setattr(os, "fdatasync", lambda fd: None)
    redactor = Redactor.from_environment({f"KEY_{n}": f"secret-value-{n}" for n in range(20)})
    with LogWriter.create(folder, about, redactor=redactor) as writer:
        began = time.process_time()
        for number in range(1000):
            writer.record(failed(number, "x" * 200))
        assert (time.process_time() - began) / 1000 < 0.0003
