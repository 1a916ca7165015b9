"""One writer a log, and who it is.

The lock is on the file itself, not on its name. A redaction puts another file in its place: it locks the new one
first, and whoever has waited with the old one open finds, by :func:`open_locked`, that it is not the log any more.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from glasswork.errors import LogError, LogLocked

EVENTS = "events.jsonl"

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def open_locked(folder: Path, *, new: bool = False) -> int:
    """Open a run's log for writing, alone, for as long as the descriptor is open.

    Raises LogLocked naming the process that has it, LogError where it is not a file, OSError.
    """
    while True:
        fd = os.open(folder / EVENTS, _FLAGS | (os.O_CREAT | os.O_EXCL if new else 0), 0o600)
        try:
            _lock(fd, folder)
            if _is_at(fd, folder / EVENTS):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def create_locked(path: Path) -> int:
    """Create a file to take the place of a log, locked from the beginning. Raises OSError."""
    path.unlink(missing_ok=True)
    fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd


def holder(folder: Path) -> int | None:
    """Return the process that is writing this run's log, or None. Asks the kernel's table and takes no lock itself."""
    try:
        inode = str((folder / EVENTS).stat().st_ino)
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    for line in locks.splitlines():  # "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF"
        fields = line.split()
        if fields[1] == "FLOCK" and fields[3] == "WRITE" and fields[5].rpartition(":")[2] == inode:
            return int(fields[4])
    return None


def _lock(fd: int, folder: Path) -> None:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise LogError(f"{folder / EVENTS} is not a file")
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = holder(folder)
        by = f"process {pid}" if pid else "another process"
        raise LogLocked(f"{by} is writing the log in {folder}", hint="wait until it ends, or stop it") from error


def _is_at(fd: int, path: Path) -> bool:
    """Whether ``path`` still leads to the file that is open."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
