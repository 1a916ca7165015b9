"""How much a program holds: memory in processes, in files and in sockets, and the number of its files."""

# It reads the kernel's own files, and pathlib is slow to import:
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import contextlib
import ctypes
import os
import resource

from .confine import LIBC, STREAM, UNIX, system
from .wire import MIB, TCP_BUFFERS
from .workspace import SCRATCH, SCRATCH_FILES


def socket_bytes() -> int:
    """The most that one socket here buffers. Programs cannot ask for more: the filter sees to that."""
    end, sizes = system("socket", LIBC.socket(UNIX, STREAM, 0)), []
    for option in (7, 8):  # SO_SNDBUF, SO_RCVBUF
        value, length = ctypes.c_int(), ctypes.c_uint(4)
        system("socket", LIBC.getsockopt(end, 1, option, ctypes.byref(value), ctypes.byref(length)))
        sizes.append(value.value)
    os.close(end)
    return max(sum(sizes), 2 * TCP_BUFFERS[2])


def memory_used(each_socket: int) -> int:
    """Bytes that the program holds: in all processes but this one, in files and in sockets."""
    total = unmapped(each_socket)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):  # it ended meanwhile
                total += resident(entry)
    return total


def resident(pid: str) -> int:
    """Proportional set size of a process in bytes, or its resident set size where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except PermissionError:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()


def unmapped(each_socket: int) -> int:
    """Bytes in the file systems in memory, and what the sockets here could buffer: no process shows either."""
    with open("/proc/self/net/sockstat", encoding="ascii") as file:
        sockets = int(file.readline().split()[2])  # "sockets: used N"
    spaces = [os.statvfs(folder) for folder in SCRATCH]
    return sum((space.f_blocks - space.f_bfree) * space.f_frsize for space in spaces) + sockets * each_socket


def oom_kills() -> int:
    """How often the kernel killed for memory in this cgroup, by its own counter; 0 where there is no cgroup to see."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            return int(next((line.split()[1] for line in file if line.startswith("oom_kill ")), 0))
    return 0


def exceeds(limits: dict[str, int], kills: int, each_socket: int) -> bool:
    """Whether the program holds more memory, or has made more files, than it may, or the kernel has killed for it."""
    work, *others = [space.f_files - space.f_ffree for space in map(os.statvfs, SCRATCH)]
    many = work > limits["workspace_files"] or max(others) > SCRATCH_FILES
    return oom_kills() > kills or many or memory_used(each_socket) > limits["memory_mb"] * MIB
