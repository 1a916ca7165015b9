"""What sandboxes could leave behind on a machine: processes, mounts, cgroups, files, threads, descriptors."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_CONTAINER = re.compile(r"[0-9a-f]{64}")


def traces() -> frozenset[str]:
    """Everything there is now that may come from a sandbox. Take it before and after; see :func:`left_behind`."""
    gc.collect()  # closes what nobody holds any more
    return frozenset([*_processes(), *_mounts(), *_cgroups(), *_files(), *_threads(), *_descriptors()])


def left_behind(before: frozenset[str], seconds: float = 10.0) -> list[str]:
    """What is there beyond ``before`` even after so many seconds: the kernel and an engine need a moment to let go."""
    deadline = time.monotonic() + seconds
    while found := traces() - before:
        if time.monotonic() > deadline:
            return sorted(found)
        time.sleep(0.1)
    return []


def _processes() -> Iterator[str]:
    """Our own children, and whoever has a sandbox's environment."""
    for path in Path("/proc/self/task").glob("*/children"):
        yield from (f"child {pid}" for pid in path.read_text(encoding="ascii").split())
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
            words = path.read_bytes().split(b"\0")
            if b"USER=sandbox" in words and b"HOME=/work" in words and not _beside(int(path.parent.name)):
                yield f"sandboxed process {path.parent.name}"


def _beside(pid: int) -> bool:
    """Tell whether a process belongs to a sandbox of a neighbour: another program that our own parent has started.

    Test runners start several of us at once. What a neighbour has left behind has no such ancestor any more.
    """
    above = list(_ancestors(pid))
    return 1 < os.getppid() in above and os.getpid() not in above


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        pid = int(stat.rpartition(")")[2].split()[1])
        yield pid


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        yield f"mount {line.split()[4]}"


def _cgroups() -> Iterator[str]:
    """Those of containers: their names hold a container's."""
    for folder in (Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*")):
        for parent in (folder, folder / "docker", folder / "system.slice"):
            yield from (f"cgroup {path}" for path in parent.glob("*") if _CONTAINER.search(path.name))


def _files() -> Iterator[str]:
    """Those of sandboxes and of this suite; other parts of Glasswork may be at work beside it."""
    for folder in (tempfile.gettempdir(), "/dev/shm", "/var/tmp"):  # noqa: S108 - they are only looked at
        for kind in ("canary", "decoy", "mark"):
            yield from (f"file {path}" for path in Path(folder).glob(f"glasswork-{kind}-*"))


def _threads() -> Iterator[str]:
    """Those apart that an event loop keeps for later work."""
    found = (f"thread {thread.name} {thread.ident}" for thread in threading.enumerate())
    return (name for name in found if not name.startswith("thread asyncio_"))


def _descriptors() -> Iterator[str]:
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists them
            target = str(path.readlink())
            if not target.startswith("/proc/"):
                yield f"descriptor {path.name} {target}"
