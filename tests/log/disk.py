"""A disk that loses power: records what is done to files, and builds what may be left of it.

The model is the harshest that POSIX allows. What was written to a file is certain once the file was synced; until then
any part of it may be missing, sector by sector, in any order. A name (made, moved, removed) is certain once its folder
was synced, whatever was synced of the file; until then any of the later states of a name may be there, but a move
happens to both its names or to none.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SECTOR = 512


class Write(NamedTuple):
    """Bytes of a file; ``raw`` is None where it was cut to the size ``offset``."""

    inode: int
    offset: int
    raw: bytes | None


class Names(NamedTuple):
    """What names of a folder stand for from now on; None where they are gone. Happens as a whole."""

    folder: str
    inodes: dict[str, int | None]


class Sync(NamedTuple):
    """A file, or a folder's names, are certain."""

    inode: int = 0
    folder: str = ""


class Ack(NamedTuple):
    """Somebody was told that something is done."""

    what: Any


@dataclass
class Disk:
    """What happened to the files below ``root``, in order."""

    root: Path
    done: list[Write | Names | Sync | Ack] = field(default_factory=list)
    _open: dict[int, int | str] = field(default_factory=dict)
    """Descriptor to the file's number, or the folder's path."""
    _inodes: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def ack(self, what: Any) -> None:
        """Note that something was acknowledged."""
        self.done.append(Ack(what))

    @contextmanager
    def recording(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Record everything that is done meanwhile."""
        noted = {
            "open": self._opened,
            "write": self._written,
            "fsync": self._synced,
            "fdatasync": self._synced,
            "ftruncate": self._cut,
            "replace": self._moved,
            "unlink": self._removed,
            "link": self._linked,
            "mkdir": self._made,
        }
        with monkeypatch.context() as patched:
            for name, note in noted.items():
                patched.setattr(os, name, _followed_by(getattr(os, name), note))
            yield

    def _inside(self, path: str | os.PathLike[str]) -> str:
        """Return a path as seen from the root; empty for all that is elsewhere."""
        return str(Path(path).relative_to(self.root)) if Path(path).is_relative_to(self.root) else ""

    def _name(self, path: str, inode: int | None) -> None:
        folder, _, name = path.rpartition("/")
        self.done.append(Names(folder, {name: inode}))
        self._inodes.pop(path, None)
        if inode is not None:
            self._inodes[path] = inode

    def _new(self, path: str) -> None:
        self._count += 1
        self._name(path, self._count)

    def _opened(self, fd: int, path: str | os.PathLike[str], *_: Any) -> None:
        self._open.pop(fd, None)
        if not (inside := self._inside(path)):
            return
        if Path(path).is_dir():
            self._open[fd] = "" if inside == "." else inside
            return
        if inside not in self._inodes:
            self._new(inside)
        self._open[fd] = self._inodes[inside]

    def _written(self, count: int, fd: int, raw: bytes) -> None:
        inode = self._open.get(fd)
        if isinstance(inode, int):
            self.done.append(Write(inode, os.lseek(fd, 0, os.SEEK_CUR) - count, bytes(raw[:count])))

    def _synced(self, _: None, fd: int) -> None:
        match self._open.get(fd):
            case int(inode):
                self.done.append(Sync(inode=inode))
            case str(folder):
                self.done.append(Sync(folder=folder))

    def _cut(self, _: None, fd: int, size: int) -> None:
        inode = self._open[fd]
        assert isinstance(inode, int)
        self.done.append(Write(inode, size, None))

    def _moved(self, _: None, old: str, new: str) -> None:
        before, after = self._inside(old), self._inside(new)
        if before:
            self._inodes[after] = self._inodes.pop(before)
            names = {before.rpartition("/")[2]: None, after.rpartition("/")[2]: self._inodes[after]}
            self.done.append(Names(before.rpartition("/")[0], names))

    def _removed(self, _: None, path: str) -> None:
        if inside := self._inside(path):
            self._name(inside, None)

    def _linked(self, _: None, old: str, new: str, **__: Any) -> None:
        if inside := self._inside(new):
            self._name(inside, self._inodes[self._inside(old)])

    def _made(self, _: None, path: str, *__: Any) -> None:
        if inside := self._inside(path):
            self._new(inside)


class Left(NamedTuple):
    """What is there after a loss of power, and what had been acknowledged before."""

    files: dict[str, bytes]
    acked: tuple[Any, ...]

    def write(self, root: Path) -> None:
        """Build it."""
        for path, raw in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(raw)


def power_lost(disk: Disk, rng: random.Random) -> Left:
    """Turn the power off at some moment; return something that may be left."""
    until = disk.done[: rng.randint(1, len(disk.done))]
    certain = {one: at for at, one in enumerate(until) if isinstance(one, Sync)}
    loss = rng.choice((0.1, 0.5, 0.9))  # some moments lose little, some nearly all
    names, blocked, files = dict[tuple[str, str], int](), set[tuple[str, str]](), dict[int, bytearray]()
    for at, one in enumerate(until):
        if isinstance(one, Names):
            keys = {(one.folder, name) for name in one.inodes}
            synced = certain.get(Sync(folder=one.folder), -1) > at
            if not synced and (keys & blocked or rng.random() < loss):
                blocked |= keys  # what comes after it on the same name cannot be there without it
                continue
            for name, inode in one.inodes.items():
                names.pop((one.folder, name), None)
                if inode is not None:
                    names[one.folder, name] = inode
        elif isinstance(one, Write):
            synced = certain.get(Sync(inode=one.inode), -1) > at
            _apply(one, files.setdefault(one.inode, bytearray()), rng, 0.0 if synced else loss)
    acked = tuple(one.what for one in until if isinstance(one, Ack))
    return Left(
        {_path(key): bytes(files.get(inode, b"")) for key, inode in names.items() if _is_there(key, names, disk)}, acked
    )


def _apply(write: Write, file: bytearray, rng: random.Random, loss: float) -> None:
    if write.raw is None:
        if rng.random() >= loss:
            del file[write.offset :]
        return
    end = write.offset + len(write.raw)
    at = write.offset
    while at < end:
        stop = min(end, (at // SECTOR + 1) * SECTOR)
        if rng.random() >= loss:
            piece = write.raw[at - write.offset : stop - write.offset]
            if loss and rng.random() < loss / 2:
                piece = piece[: rng.randrange(len(piece))]
            file.extend(bytes(max(0, at - len(file))))
            file[at : at + len(piece)] = piece
        at = stop


def _path(key: tuple[str, str]) -> str:
    return "/".join(part for part in key if part)


def _is_there(key: tuple[str, str], names: dict[tuple[str, str], int], disk: Disk) -> bool:
    """Whether a name is that of a file, and can be reached."""
    folders = {one.folder for one in disk.done if isinstance(one, Names)}
    folder = key[0]
    while folder:
        above, _, name = folder.rpartition("/")
        if (above, name) not in names:
            return False
        folder = above
    return _path(key) not in folders


def _followed_by(real: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        result = real(*given, **named)
        note(result, *given)
        return result

    return call
