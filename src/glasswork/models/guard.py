"""A small process between Glasswork and a server it started: the server never outlives Glasswork.

    python -I guard.py COMMAND...

Standard input is a pipe that Glasswork holds open. When it closes, because Glasswork stops the server, crashes or is
killed outright, the whole process group gets SIGTERM and, some seconds later, SIGKILL. When the server ends by itself,
the rest of the group goes with it, and the guard ends with its status. Runs alone: it imports nothing of Glasswork.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_GRACE_SECONDS = 8.0
_LAST_SECONDS = 2.0


def _die_with_guard() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _start(command: list[str]) -> int:
    """Start the server; whoever of its descendants loses a parent becomes ours, to be ended and reaped."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = subprocess.Popen(  # noqa: S603 - no shell
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_guard,  # noqa: PLW1509 - we are one thread
    )
    child.returncode = 0  # reaped by us, not by this object
    return child.pid


def _reap(statuses: dict[int, int]) -> None:
    """Collect the status of every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            statuses[ended[0]] = os.waitstatus_to_exitcode(ended[1])


def _others() -> list[int]:
    """Return the other processes of our group, and those that left it and became our children."""
    own = os.getpid()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with contextlib.suppress(OSError):  # it ended as we looked
            parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            if pid != own and (parent == own or os.getpgid(pid) == own):
                found.append(pid)
    return found


def _end_all(number: signal.Signals, seconds: float, statuses: dict[int, int]) -> None:
    """Send a signal to all the others, and wait until they are gone or the time is up."""
    for pid in _others():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + seconds
    _reap(statuses)
    while _others() and time.monotonic() < deadline:
        time.sleep(0.05)
        _reap(statuses)


def main(command: list[str]) -> int:
    """Run ``command`` until it ends or Glasswork does; return its exit status."""
    statuses: dict[int, int] = {}
    server = _start(command)
    select.select([os.pidfd_open(server), 0], [], [])
    _end_all(signal.SIGTERM, _GRACE_SECONDS, statuses)
    _end_all(signal.SIGKILL, _LAST_SECONDS, statuses)
    status = statuses.get(server, 1)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
