"""Too much memory, disk, files and descriptors."""

from __future__ import annotations

from glasswork.sandbox.base import FILES_WATCHED, MEMORY_WATCHED
from glasswork.testing.hostile.program import (
    SHORT,
    USUAL,
    Gap,
    Program,
    ends,
    held,
    oom_below,
)

_LIMIT = USUAL.memory_mb
_WATCHED = Gap(MEMORY_WATCHED, "killed a moment after it passed the limit", ends("oom"))
_OOM = f"stopped for its memory, at {_LIMIT} MiB or below"
# The kernel kills one process, and the others take what it held until all are stopped. Killed one after another at the
# limit they tell of 578 MiB at the very most; where each has its own limit, of all they ask for.
_MANY, _EACH = 6, 208
_OOM_MANY = "stopped for its memory, before they have touched half of that, those that were killed included"
PROGRAMS = (
    Program(
        3,
        "mem_bomb_one",
        "one process that touches 3.2 GiB",
        "an error within it, or " + _OOM,
        "say_mib(3200)",
        lambda result: oom_below(_LIMIT)(result) or (result.reason == "exit" and "MemoryError" in result.stderr),
        gap=_WATCHED,
    ),
    Program(
        4,
        "mem_bomb_many",
        f"six processes of {_EACH} MiB each: less than a limit of each process would hold",
        _OOM_MANY,
        f"for _ in range({_MANY}): child(lambda: say_mib({_EACH}))\ntime.sleep(9)",
        oom_below(_MANY * _EACH // 2),
        gap=_WATCHED,
    ),
    Program(
        5,
        "tmpfs_mem_fill",
        "memory as files: 1200 MiB each in /dev/shm and /tmp",
        "no room for more than 80 MiB",
        "n = fill('/dev/shm/x', 1200) + fill('/tmp/x', 1200); judge(n <= 80, n)",
        held,
    ),
    Program(
        6,
        "disk_fill_work",
        "a file of 1500 MiB",
        "no more than 64 MiB",
        "n = fill('x', 1500); judge(n <= 64, n)",
        held,
    ),
    Program(
        7,
        "many_small_files",
        "60 000 files",
        "no more than 4096",
        "n = count(lambda n: open(f'{n}', 'x').close(), 60000); judge(n <= 4096, n)",
        held,
        gap=Gap(FILES_WATCHED, "killed a moment after it passed the limit", ends("oom")),
    ),
    Program(
        8,
        "sparse_file",
        "a sparse file of 1 TiB",
        "EFBIG",
        "judge(errno_of(lambda: os.truncate(os.open('x', os.O_CREAT | os.O_RDWR), 1 << 40)) == errno.EFBIG)",
        held,
    ),
    Program(
        9,
        "fd_exhaust",
        "opens /dev/null 70 000 times",
        "no more than 256",
        "kept = []; n = count(lambda n: kept.append(open('/dev/null')), 70000); judge(n <= 256, n)",
        held,
    ),
    Program(
        79,
        "deep_recursion",
        "recursion without end",
        "stopped by a limit",
        "sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        ends("oom", "timeout", "signal:SIGSEGV", "signal:SIGKILL"),
        SHORT,
    ),
    Program(
        116,
        "many_files_elsewhere",
        "60 000 files in each of the other two folders it may write",
        "no more than 4096, or stopped",
        """
found = [count(lambda n: open(f'{folder}/{n}', 'x').close(), 60000) for folder in ('/tmp', '/dev/shm')]
judge(max(found) <= 4096, found)
""",
        lambda result: held(result) or result.reason == "oom",
    ),
    Program(
        111,
        "mem_shared",
        "600 MiB that are shared between processes, which a limit on private data does not see",
        _OOM,
        """
import mmap
held = mmap.mmap(-1, 600 << 20)
for at in range(0, 600 << 20, 16 << 20): held[at:at + (16 << 20)] = b'x' * (16 << 20); os.write(1, b'+16\\n')
time.sleep(9)
""",
        oom_below(_LIMIT),
        gap=_WATCHED,
    ),
    Program(
        112,
        "mem_hidden",
        f"{_MANY} children that hide from whoever measures them (PR_SET_DUMPABLE 0)",
        _OOM_MANY,
        f"for _ in range({_MANY}): child(lambda: (libc.prctl(4, 0, 0, 0, 0), say_mib({_EACH})))\ntime.sleep(9)",
        oom_below(_MANY * _EACH // 2),
        gap=_WATCHED,
    ),
    Program(
        113,
        "mem_nameless_files",
        "memory in files without a name (memfd), 1 GiB, which no process maps",
        "no such call, or stopped for its memory",
        """
kept = []
def one(n):
    kept.append(os.memfd_create('x', 0))
    for _ in range(32): os.write(kept[-1], bytes(1 << 20))
n = 32 * count(one, 32); judge(n <= 256, n)
""",
        lambda result: held(result) or result.reason == "oom",
    ),
    Program(
        114,
        "mem_in_sockets",
        "memory in the buffers of 16 000 sockets, which no process maps",
        "stopped for its memory, or fewer sockets",
        """
def stuff():
    kept, n = [], 0
    try:
        while True:
            kept += socket.socketpair()
            for end in kept[-2:]:
                end.setblocking(False)
                try:
                    while True: n += end.send(bytes(65536))
                except BlockingIOError: pass
    except OSError: pass
    for _ in range(n >> 24): os.write(1, b'+16\\n')
    time.sleep(6)
for _ in range(60): child(stuff)
time.sleep(7)
""",
        lambda result: 16 * result.stdout.count("+16") <= _LIMIT or result.reason == "oom",
    ),
    Program(
        115,
        "mem_in_files_and_processes",
        "files in memory beside as much in processes",
        "both count: " + _OOM,
        """
for n, path in enumerate(("x", "/tmp/x", "/dev/shm/x")): fill(path, (60, 56, 12)[n])
print("128 MiB are in files", flush=True); say_mib(208)
""",
        ends("oom"),
    ),
)
