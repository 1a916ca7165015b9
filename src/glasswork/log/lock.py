"""One writer a log, and who it is."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from glasswork.errors import LogError, LogLocked

EVENTS = "events.jsonl"


def lock(fd: int, folder: Path) -> None:
    """Take the log for as long as ``fd`` is open. Raises LogLocked naming the process that has it."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise LogError(f"{folder / EVENTS} is not a file")
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = holder(folder)
        by = f"process {pid}" if pid else "another process"
        raise LogLocked(f"{by} is writing the log in {folder}", hint="wait until it ends, or stop it") from error


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
