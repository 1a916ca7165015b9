"""The one thing that writes a log: an event is acknowledged once it is on disk, and never changed after.

What goes wrong, and what is left then:

* no space (ENOSPC, EDQUOT, a file-size limit): the half-written line is taken back, LogFull; smaller events still fit;
* the disk fails while syncing (EIO): nobody knows what is on it, so the writer is *poisoned* and writes no more;
* the process is killed: the next :meth:`LogWriter.open` saves the torn bytes beside the log, cuts them off and says so
  in an event;
* anything else is not as it was written: LogCorrupt, and the file is left alone.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, NoReturn, Self

from glasswork.errors import LogCorrupt, LogError, LogFull
from glasswork.log.about import RUN_JSON, RunAbout, now
from glasswork.log.blobs import Blobs, sync_folder, take_out, write_durably
from glasswork.log.chain import Break, Walk, seal
from glasswork.log.lock import EVENTS, lock
from glasswork.log.plain import plain
from glasswork.log.redact import Redactor
from glasswork.records import Event, LogRepaired, RunFinished

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class _Head(NamedTuple):
    """Where the last acknowledged event ends. One value, so that no signal can leave half of it changed."""

    seq: int
    hash: str
    size: int


class LogWriter:
    """Appends events to one run's log, alone. Make one with :meth:`create` or :meth:`open`; threads may share it."""

    def __init__(self, folder: Path, fd: int, redactor: Redactor) -> None:
        """Take over an open, locked ``events.jsonl``, recovering what it holds."""
        self.folder = folder
        self._fd = fd
        self._redactor = redactor
        self._blobs = Blobs(folder / "blobs")
        self._lock = threading.Lock()
        self._poison = ""
        self._blobs.tidy()
        self._head = _Head(0, hashlib.sha256((folder / RUN_JSON).read_bytes()).hexdigest(), 0)
        self._recover()

    @classmethod
    def create(
        cls,
        folder: Path,
        about: RunAbout,
        *,
        definitions: Mapping[str, str] | None = None,
        redactor: Redactor | None = None,
    ) -> Self:
        """Begin the log of a new run in ``folder``, which is made.

        ``definitions`` maps names of definition files to their texts; they are kept as blobs, and ``about.definitions``
        is filled with their hashes. Raises LogError where the folder holds a log or cannot be written.
        """
        redactor = redactor or Redactor()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        except OSError as error:
            _refuse(folder, error)
        return cls._opened(
            folder, redactor, os.O_CREAT | os.O_EXCL, lambda: _write_about(folder, about, definitions or {}, redactor)
        )

    @classmethod
    def open(cls, folder: Path, *, redactor: Redactor | None = None) -> Self:
        """Go on with the log in ``folder``, after repairing a torn end.

        Raises LogError where there is none, LogLocked where somebody writes it, LogCorrupt where the chain is broken.
        """
        return cls._opened(folder, redactor or Redactor(), 0, lambda: None)

    @classmethod
    def _opened(cls, folder: Path, redactor: Redactor, flags: int, prepare: Callable[[], None]) -> Self:
        fd = -1
        try:
            fd = os.open(folder / EVENTS, _FLAGS | flags, 0o600)
            lock(fd, folder)
            prepare()
            return cls(folder, fd, redactor)
        except BaseException as error:
            if fd >= 0:
                os.close(fd)
            if isinstance(error, OSError):
                _refuse(folder, error)
            raise

    @property
    def events(self) -> int:
        """How many events the log holds."""
        return self._head.seq

    def record(self, event: Event) -> None:
        """Append ``event``, and return once it is on disk. A RunFinished is given the count of events.

        Raises LogFull where there is no space for it (what is written stays valid), LogError where the event cannot be
        written as JSON or this writer is closed or poisoned.
        """
        with self._lock:
            if self._fd >= 0:
                self._take_back()
            self._refuse_if_over()
            if isinstance(event, RunFinished):
                event = event.model_copy(update={"events": self.events + 1})
            line, digest = self._line(event)
            self._append(line)
            self._head = _Head(self._head.seq + 1, digest, self._head.size + len(line))

    def close(self) -> None:
        """Let go of the log; may be called twice."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_if_over(self) -> None:
        if self._fd < 0:
            raise LogError("this log is closed")
        if self._poison:
            raise LogError(
                f"the log takes no more events: {self._poison}",
                hint=f"see what is left with 'glasswork log verify {self.folder.name}', then resume the run",
            )

    def _line(self, event: Event) -> tuple[bytes, str]:
        try:
            data = self._redactor.data(plain(event.model_dump(exclude={"type"})))
            text = json.dumps(take_out(data, self._blobs.put), separators=(",", ":"), ensure_ascii=True)
        except OSError as error:
            self._fail("a long text could not be stored", error)
        except (TypeError, ValueError, RecursionError) as error:
            raise LogError(f"an event of the kind {event.type} cannot be written as JSON: {error}") from error
        return seal(self._head.seq + 1, self._head.hash, now(), event.type, text)

    def _append(self, line: bytes) -> None:
        """Write one line, all of it or nothing, and wait for the disk."""
        try:
            _write_whole(self._fd, line)
            os.fdatasync(self._fd)
        except OSError as error:
            self._take_back()
            self._fail("the log could not be written", error)

    def _take_back(self) -> None:
        """Cut off what follows the last acknowledged event: a write that failed, or that a signal broke off."""
        try:
            if os.fstat(self._fd).st_size > self._head.size:
                os.ftruncate(self._fd, self._head.size)
        except OSError as error:
            self._poison = f"a half-written event could not be taken back ({error.strerror})"

    def _fail(self, what: str, error: OSError) -> NoReturn:
        if error.errno in _NO_SPACE and not self._poison:
            raise LogFull(
                f"{what}: no space is left for {self.folder}",
                hint=f"everything up to event {self.events} is kept; make room and resume the run",
            ) from error
        self._poison = self._poison or f"{what} ({error.strerror})"
        self._refuse_if_over()
        raise AssertionError("unreachable: a poisoned writer refuses")

    def _recover(self) -> None:
        with os.fdopen(os.dup(self._fd), "rb") as stream:
            stream.seek(0)
            walk = Walk(stream, self._head.hash)
            for _ in walk:
                pass
        self._head = _Head(walk.seq, walk.hash, walk.offset)
        if walk.broken is not None:
            self._repair(walk.broken)

    def _repair(self, broken: Break) -> None:
        """Save a torn end beside the log, cut it off, and record that."""
        if broken.how != "torn":
            raise LogCorrupt(
                f"{self.folder / EVENTS}: {broken.text}", hint=f"run 'glasswork log verify {self.folder.name}'"
            )
        torn = os.pread(self._fd, os.fstat(self._fd).st_size - broken.offset, broken.offset)
        saved = f"events.torn-{broken.offset}"
        write_durably(self.folder / saved, torn)
        os.ftruncate(self._fd, broken.offset)
        os.fsync(self._fd)
        self.record(LogRepaired(offset=broken.offset, bytes=len(torn), saved_as=saved))


def _write_about(folder: Path, about: RunAbout, definitions: Mapping[str, str], redactor: Redactor) -> None:
    blobs = Blobs(folder / "blobs")
    hashes = {name: blobs.put(redactor.text(plain(text))) for name, text in definitions.items()}
    asked = redactor.data(plain(about.model_dump() | {"definitions": about.definitions | hashes}))
    write_durably(folder / RUN_JSON, (json.dumps(asked, indent=2) + "\n").encode("ascii"))


def _write_whole(fd: int, line: bytes) -> None:
    """Write in one call. Raises OSError; a short write means that there is no space."""
    written = os.write(fd, line)
    if written < len(line):
        raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were written")


def _refuse(path: Path, error: OSError) -> NoReturn:
    if error.errno in _NO_SPACE:
        raise LogFull(f"no space is left for {path}", hint="make room and try again") from error
    raise LogError(f"{path} cannot be opened as a log: {error.strerror}") from error
