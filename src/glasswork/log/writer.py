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
import json
import os
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, NoReturn, Self

from glasswork.errors import LogCorrupt, LogError, LogFull
from glasswork.log.about import RUN_JSON, RunAbout, now, read_about
from glasswork.log.blobs import Blobs
from glasswork.log.chain import SALT_BYTES, Walk, seal
from glasswork.log.encode import Encoder
from glasswork.log.files import beside, replace, sync_folder, write_whole
from glasswork.log.head import EVERY, HEAD, KEY, misfit, read_head, write_head
from glasswork.log.lock import EVENTS, create_locked, open_locked
from glasswork.log.plain import plain
from glasswork.log.pointers import Pointers
from glasswork.log.prefix import read_prefix
from glasswork.log.redact import Redactor
from glasswork.log.walking import beginning, refuse_broken
from glasswork.records import DecisionChecked, Event, LogRepaired, Redacted, RunFinished

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_THE_LOG = f"see 'glasswork log verify'; to go on with what is left all the same, remove {HEAD}"
_NO_SEAL = f"to go on with a log that was not sealed, unset ${KEY}"


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
        self._blobs = Blobs(folder)
        self._encoder = Encoder(redactor, self._blobs.put)
        self._salts = _salts()
        self._lock = threading.Lock()
        self._poison = ""
        self._unsure = False
        """Whether bytes may follow the last acknowledged event: a write is under way, or a signal broke it off."""
        self._anchored = -EVERY
        for rubbish in (*folder.glob(".new-*"), *self._blobs.folder.glob(".new-*")):
            rubbish.unlink()
        self._head = _Head(0, beginning(folder), 0)
        self._pointers = Pointers(folder)
        self._recover()
        if not self.events:
            self._anchor()

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
        is filled with their names. Raises LogError where the folder holds a log or cannot be written.
        """
        redactor = redactor or Redactor()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        except OSError as error:
            _refuse(folder, error)
        return cls._opened(
            folder, redactor, new=True, prepare=lambda: _write_about(folder, about, definitions or {}, redactor)
        )

    @classmethod
    def open(cls, folder: Path, *, redactor: Redactor | None = None) -> Self:
        """Go on with the log in ``folder``, after repairing a torn end.

        Raises LogError where there is none, LogLocked where somebody writes it, LogCorrupt where the chain is broken or
        ends before the event that its anchor names.
        """
        return cls._opened(folder, redactor or Redactor(), new=False, prepare=lambda: None)

    @classmethod
    def _opened(cls, folder: Path, redactor: Redactor, *, new: bool, prepare: Callable[[], None]) -> Self:
        fd = -1
        try:
            fd = open_locked(folder, new=new)
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
        """Append ``event``, and return once it is on disk. A RunFinished is given the count of events, and a
        DecisionChecked that does not say what it tests is given its number and hash.

        Raises LogFull where there is no space for it (what is written stays valid), LogError where the event cannot be
        written as JSON or this writer is closed or poisoned.
        """
        with self._lock:
            self._ready()
            head = self._head
            if isinstance(event, RunFinished):
                event = event.model_copy(update={"events": head.seq + 1})
            if isinstance(event, DecisionChecked):
                event = self._pointers.fill(event)
            data = self._data(event)
            if head.seq - self._anchored >= EVERY:
                self._anchor()
            line, digest = seal(head.seq + 1, head.hash, now(), event.type, salt=next(self._salts), data=data)
            self._append(line)
            self._head = _Head(head.seq + 1, digest, head.size + len(line))
            self._unsure = False
            self._pointers.note(event, head.seq + 1, digest)

    def copy_prefix(self, parent: Path, upto: int) -> str:
        """Begin this log, which is empty, with the first ``upto`` events of another run; durable on return.

        Their times, types and data stay, and the texts they name are shared; only ``run.started`` is given this run's
        id. Returns the hash of the last one in the parent's chain.

        Raises LogError where this log is not empty, or the parent has no such events or lost one to a redaction;
        LogCorrupt, LogFull.
        """
        with self._lock:
            self._ready()
            if self.events:
                raise LogError("only a log without events can begin with those of another")
            run = read_about(self.folder).run
            prefix = read_prefix(parent, upto, run=run, first=self._head.hash, salt=next(self._salts))
            try:
                self._blobs.adopt(parent, prefix.blobs)
                self._blobs.sync()
            except OSError as error:
                self._fail("the texts of the other run could not be taken over", error)
            self._append(prefix.lines)
            self._head = _Head(upto, prefix.last, len(prefix.lines))
            self._unsure = False
            return prefix.hash

    def blank(self, numbers: Container[int]) -> None:
        """Take out what the events with these numbers say. The file is replaced as a whole, and stays locked.

        Raises LogFull, LogError; the log is then as it was.
        """
        with self._lock:
            self._ready()
            path = self.folder / EVENTS
            fd = -1
            try:
                fd = create_locked(beside(path))
                size = self._copy_blanked(fd, numbers)
                beside(path).replace(path)
            except BaseException as error:
                if fd >= 0:
                    os.close(fd)
                if isinstance(error, OSError):
                    self._fail("the log could not be written anew", error)
                raise
            os.close(self._fd)
            self._fd, self._head = fd, self._head._replace(size=size)
            try:
                sync_folder(self.folder)
            except OSError as error:
                self._fail("the log could not be written anew", error)

    def close(self) -> None:
        """Set the anchor to the last event and let go of the log; may be called twice.

        Raises LogFull, LogError where the anchor cannot be set; the log is closed all the same.
        """
        with self._lock:
            if self._fd < 0:
                return
            try:
                if self._unsure and not self._poison:
                    self._take_back()
                if self._anchored != self.events and not self._poison:
                    self._anchor()
            finally:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except LogError as failure:
            if error is None:
                raise
            error.add_note(failure.message)

    def _ready(self) -> None:
        """Raise LogError where this writer takes no more."""
        if self._fd < 0:
            raise LogError("this log is closed")
        if self._unsure:
            self._take_back()
        if self._poison:
            raise LogError(
                f"the log takes no more events: {self._poison}",
                hint=f"see what is left with 'glasswork log verify {self.folder.name}', then resume the run",
            )

    def _data(self, event: Event) -> str:
        if isinstance(event, Redacted):
            raise LogError("a redacted event is what a reader finds; it cannot be recorded")
        try:
            data = self._encoder.event(event)
            self._blobs.sync()
        except OSError as error:
            self._fail("a long text could not be stored", error)
        except (TypeError, ValueError, RecursionError) as error:
            raise LogError(f"an event of the kind {event.type} cannot be written as JSON: {error}") from error
        return data

    def _append(self, lines: bytes) -> None:
        """Write whole lines, all of them or nothing, and wait for the disk."""
        self._unsure = True
        try:
            write_whole(self._fd, lines)
            os.fdatasync(self._fd)
        except OSError as error:
            self._take_back()
            self._fail("the log could not be written", error)

    def _take_back(self) -> None:
        """Cut off what follows the last acknowledged event: a write that failed, or that a signal broke off."""
        try:
            if os.fstat(self._fd).st_size > self._head.size:
                os.ftruncate(self._fd, self._head.size)
            self._unsure = False
        except OSError as error:
            self._poison = f"a half-written event could not be taken back ({error.strerror})"

    def _anchor(self) -> None:
        try:
            write_head(self.folder, self._head.seq, self._head.hash)
        except OSError as error:
            self._fail("the anchor beside the log could not be set", error)
        self._anchored = self._head.seq

    def _fail(self, what: str, error: OSError) -> NoReturn:
        if error.errno in _NO_SPACE and not self._poison:
            raise LogFull(
                f"{what}: no space is left for {self.folder}",
                hint=f"everything up to event {self.events} is kept; make room and resume the run",
            ) from error
        self._poison = self._poison or f"{what} ({error.strerror})"
        self._ready()
        raise AssertionError("unreachable: a poisoned writer refuses")

    def _recover(self) -> None:
        head = read_head(self.folder)
        found = self._head.hash if head and head.seq == 0 else None
        with self._walking() as walk:
            for link in walk:
                found = link.hash if head and link.seq == head.seq else found
        self._head = _Head(walk.seq, walk.hash, walk.offset)
        refuse_broken(walk, self.folder)
        how, text = misfit(head, walk.seq, found)
        if how:
            raise LogCorrupt(f"{self.folder}: {text}", hint=_NO_SEAL if how == "unsealed" else _NOT_THE_LOG)
        self._anchored = head.seq if head else -EVERY
        if walk.broken is not None:
            self._repair(walk.broken.offset)

    def _repair(self, offset: int) -> None:
        """Save a torn end beside the log, cut it off, and record that."""
        torn = os.pread(self._fd, os.fstat(self._fd).st_size - offset, offset)
        saved = f"events.torn-{offset}"
        replace(self.folder / saved, torn)
        sync_folder(self.folder)
        os.ftruncate(self._fd, offset)
        os.fsync(self._fd)
        self.record(LogRepaired(offset=offset, bytes=len(torn), saved_as=saved))

    def _copy_blanked(self, fd: int, numbers: Container[int]) -> int:
        with self._walking() as walk:
            for link in walk:
                write_whole(fd, link.tombstone() if link.seq in numbers else link.line)
        if walk.hash != self._head.hash:
            raise LogCorrupt(f"{self.folder / EVENTS} was changed while it was open")
        os.fsync(fd)
        return os.fstat(fd).st_size

    @contextmanager
    def _walking(self) -> Iterator[Walk]:
        with os.fdopen(os.dup(self._fd), "rb") as stream:
            yield Walk(stream, beginning(self.folder))


def _salts() -> Iterator[str]:
    """Yield random salts; many are drawn at once, for the draw costs more than the salt."""
    while True:
        drawn = os.urandom(256 * SALT_BYTES).hex()
        yield from (drawn[start : start + 2 * SALT_BYTES] for start in range(0, len(drawn), 2 * SALT_BYTES))


def _write_about(folder: Path, about: RunAbout, definitions: Mapping[str, str], redactor: Redactor) -> None:
    blobs = Blobs(folder)
    names = {file: blobs.put(redactor.text(plain(text))) for file, text in definitions.items()}
    blobs.sync()
    asked = redactor.data(plain(about.model_dump() | {"definitions": about.definitions | names}))
    replace(folder / RUN_JSON, (json.dumps(asked, indent=2) + "\n").encode("ascii"))
    sync_folder(folder)


def _refuse(path: Path, error: OSError) -> NoReturn:
    if error.errno in _NO_SPACE:
        raise LogFull(f"no space is left for {path}", hint="make room and try again") from error
    raise LogError(f"{path} cannot be opened as a log: {error.strerror}") from error
