"""Long texts, each kept once beside the log, under the SHA-256 of its bytes.

Every call to a model repeats most of the conversation. With each long text stored once, a log grows with new text,
not with the square of the conversation.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from glasswork.errors import LogCorrupt

LONG = 400
"""Strings of more UTF-8 bytes than this are moved out of their event."""

_MARK = "$blob"
_NAMED = re.compile(rb'\{"\$blob":"([^"]*)"')
_ESCAPED = re.compile(r"\$+blob")


class Blobs:
    """The folder ``blobs/`` of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: set[str] = set()
        self.get: Callable[[str], str] = lru_cache(maxsize=256)(self._load)
        """Returns the text with a hash. Raises LogCorrupt where it is gone or is another."""

    def tidy(self) -> None:
        """Learn which blobs are there, and remove what a killed writer left half-written."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if path.name.startswith(".new-"):
                path.unlink()
            else:
                self._known.add(path.name)

    def put(self, text: str) -> str:
        """Store ``text`` durably, unless it is there already; return its hash. Raises OSError."""
        raw = text.encode()
        digest = hashlib.sha256(raw).hexdigest()
        if digest not in self._known:
            if not self.folder.is_dir():
                self.folder.mkdir(mode=0o700)
                sync_folder(self.folder.parent)
            write_durably(self.folder / digest, raw)
            self._known.add(digest)
        return digest

    def _load(self, digest: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise LogCorrupt(f"{digest[:80]!r} is no name of a blob")
        try:
            raw = (self.folder / digest).read_bytes()
        except OSError as error:
            raise LogCorrupt(f"blob {digest} cannot be read: {error.strerror}") from error
        if hashlib.sha256(raw).hexdigest() != digest:
            raise LogCorrupt(f"blob {digest} was changed")
        return raw.decode()


def blobs_named_in(data: bytes) -> list[str]:
    """Return the hashes of all blobs that an event's raw JSON names."""
    return [digest.decode() for digest in _NAMED.findall(data)] if b'{"$blob":"' in data else []


def write_durably(path: Path, raw: bytes) -> None:
    """Write a whole file or none of it, and return once it and its name are on disk. Raises OSError."""
    new = path.with_name(f".new-{os.getpid()}-{path.name[:40]}")
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor with its own flags
            file.write(raw)
            file.flush()
            os.fsync(fd)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def take_out(value: Any, put: Callable[[str], str]) -> Any:
    """Replace each long string within JSON data by ``{"$blob": its hash, "bytes": its size}``.

    A key of the data that reads ``$blob`` itself gets another ``$``, which :func:`put_back` takes off again.
    """
    if isinstance(value, str):
        size = len(value.encode()) if len(value) * 4 > LONG else 0
        return {_MARK: put(value), "bytes": size} if size > LONG else value
    if isinstance(value, dict):
        return {_escape(key): take_out(item, put) for key, item in value.items()}
    return [take_out(item, put) for item in value] if isinstance(value, list) else value


def put_back(value: Any, get: Callable[[str], str]) -> Any:
    """Undo :func:`take_out`."""
    if isinstance(value, dict):
        if _MARK in value:
            return get(str(value[_MARK]))
        return {_unescape(key): put_back(item, get) for key, item in value.items()}
    return [put_back(item, get) for item in value] if isinstance(value, list) else value


def _escape(key: str) -> str:
    return "$" + key if _ESCAPED.fullmatch(key) else key


def _unescape(key: str) -> str:
    return key[1:] if _ESCAPED.fullmatch(key) else key
