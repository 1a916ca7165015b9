"""A small process between Glasswork and a server it started: the server never outlives Glasswork.

    python -I guard.py COMMAND...

Standard input is a pipe that Glasswork holds open. When it closes, because Glasswork stops the server, crashes or is killed
outright, the whole process group gets SIGTERM and, some seconds later, SIGKILL. When the server ends by itself, the rest
of the group goes with it, and the guard ends with its status. Runs alone: it imports nothing of Glasswork.
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

_PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 8.0


def _die_with_guard() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(child: subprocess.Popen[bytes]) -> None:
    """Return when the server has ended or standard input is closed."""
    ended = os.pidfd_open(child.pid)
    select.select([ended, 0], [], [])


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Ask everyone in our process group to end, then make them."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(deadline - time.monotonic())
    while time.monotonic() < deadline and _others():
        time.sleep(0.05)
    for pid in _others():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _others() -> list[int]:
    """Return the other processes of our group that still run."""
    own, group = os.getpid(), os.getpgrp()
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and int(name) != own and os.getpgid(int(name)) == group and not _is_zombie(name):
                found.append(int(name))
    return found


def _is_zombie(pid: str) -> bool:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def main(command: list[str]) -> int:
    """Run ``command`` until it ends or Glasswork does; return its exit status."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_guard)  # one thread: safe
    _wait(child)
    _end_group(child)
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
