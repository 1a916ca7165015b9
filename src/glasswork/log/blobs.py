"""Long texts, each kept once beside the log, in a file of its own.

Every call to a model repeats most of the conversation. With each long text stored once, a log grows with new text,
not with the square of the conversation.

A file holds a random salt, a line feed and the text, and is named by the SHA-256 of all three: the name says nothing
about the text, so an event may keep it after the text is gone. A text that was removed leaves an empty file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quote
from pathlib import Path

from glasswork.errors import LogCorrupt, LogError
from glasswork.log.chain import SALT_BYTES
from glasswork.log.files import replace, sync_folder, write_new

BLOBS = "blobs"
GONE = "[redacted]"
"""What a reader finds in place of a text that was removed."""

_SALT = 2 * SALT_BYTES
"""Characters."""
_MARK = re.compile(rb'(?<!\\)"\$(?:blob:([0-9a-f]{64})"|(\$+blob:))')  # a quote that opens a text has no \ before it
_KEPT = 256
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}
"""Where a file cannot have a second name, it is copied."""


class Blobs:
    """The folder ``blobs/`` of one run."""

    def __init__(self, run: Path) -> None:
        self.folder = run / BLOBS
        self._names: dict[bytes, str] | None = None
        """Each stored text by its digest, once one has to be stored."""
        self._unsynced = False
        self._literal: Callable[[str], bytes] = lru_cache(maxsize=_KEPT)(lambda name: quote(self.get(name)).encode())

    def put(self, text: str) -> str:
        """Store ``text``, unless it is there already; return its name. Durable after :meth:`sync`. Raises OSError."""
        raw = text.encode()
        if self._names is None:
            self._names = dict(self._learnt())
        digest = hashlib.sha256(raw).digest()
        name = self._names.get(digest)
        if name is None:
            self._names[digest] = name = self._write(raw)
        return name

    def sync(self) -> None:
        """Make the names of new blobs durable; their contents are. Raises OSError."""
        if self._unsynced:
            sync_folder(self.folder)
            self._unsynced = False

    def get(self, name: str) -> str:
        """Return a text, or ``[redacted]`` where it was removed. Raises LogCorrupt where it is lost or is another."""
        raw = self.raw(name)
        try:
            return raw[_SALT + 1 :].decode() if raw else GONE
        except UnicodeDecodeError as error:
            raise LogCorrupt(f"blob {name} is no text") from error

    def raw(self, name: str) -> bytes:
        """Return a blob's bytes, empty where its text was removed. Raises LogCorrupt as :meth:`get` does."""
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise LogCorrupt(f"{name[:80]!r} is no name of a blob")
        try:
            raw = (self.folder / name).read_bytes()
        except OSError as error:
            raise LogCorrupt(f"blob {name} cannot be read: {error.strerror}") from error
        if raw and hashlib.sha256(raw).hexdigest() != name:
            raise LogCorrupt(f"blob {name} was changed")
        return raw

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the text of every file, also of those that no event names. Raises OSError."""
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            yield path.name, path.read_bytes()[_SALT + 1 :]

    def put_back(self, data: bytes) -> bytes:
        """Return an event's raw JSON with every text back where its mark stands."""
        return _MARK.sub(lambda found: self._literal(found[1].decode()) if found[1] else b'"' + found[2], data)

    def adopt(self, run: Path, names: Iterable[str]) -> None:
        """Take over another run's texts, without a copy where that can be; durable after :meth:`sync`.

        Raises LogCorrupt where one is lost, LogError where one was removed, OSError.
        """
        other = Blobs(run)
        self._make_folder()
        self._unsynced, self._names = True, None
        for name in names:
            if not other.raw(name):
                raise LogError(f"blob {name} was removed from {run.name}")
            try:
                (self.folder / name).hardlink_to(other.folder / name)
            except FileExistsError:
                continue
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                write_new(self.folder / name, other.raw(name))

    def empty(self, name: str) -> None:
        """Remove a text. Another run that shares the file keeps it. Raises OSError."""
        replace(self.folder / name, b"")

    def _write(self, raw: bytes) -> str:
        content = b"%b\n%b" % (os.urandom(SALT_BYTES).hex().encode(), raw)
        name = hashlib.sha256(content).hexdigest()
        self._make_folder()
        write_new(self.folder / name, content)
        self._unsynced = True
        return name

    def _make_folder(self) -> None:
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700)
            sync_folder(self.folder.parent)

    def _learnt(self) -> Iterator[tuple[bytes, str]]:
        """Yield what is stored already: a log that goes on stores no text twice."""
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            raw = path.read_bytes()
            if hashlib.sha256(raw).hexdigest() == path.name:
                yield hashlib.sha256(raw[_SALT + 1 :]).digest(), path.name


def is_mark(text: str) -> bool:
    """Whether a text in an event's raw JSON stands for a blob."""
    return re.fullmatch(r"\$blob:[0-9a-f]{64}", text) is not None


def blobs_named_in(data: bytes) -> list[str]:
    """Return the names of all blobs that an event's raw JSON names."""
    return [found[1].decode() for found in _MARK.finditer(data) if found[1]] if b'"$blob:' in data else []
