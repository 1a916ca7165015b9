"""Stage 2 of every sandbox: supervises one program from inside, and confines it before it starts.

This file is run inside Docker, bubblewrap and the kernel jail alike, as ``python3 -I -S /glasswork/launcher.py``,
by an ordinary uid in a pid namespace of its own. It uses the standard library only and imports nothing of Glasswork.

The parent half (*supervisor*) reads a job from stdin, unpacks its files into ``/work``, forks, relays the program's
output up to a cap, watches memory, and answers on stdout. One byte on stdin, or its end, means *stop*: a host that
dies takes the program along. Before files are collected all else with its uid is killed, so that nobody swaps a file.
The child half confines itself (rlimits, no_new_privs, Landlock, seccomp) and becomes the program, or fails for good.

Both directions speak messages of a one-byte kind, a four-byte length, that much JSON, then the raw bytes whose sizes
the JSON names. Kinds: ``J`` job; ``S`` started; ``R`` result; ``E`` the sandbox broke.
"""

# It deals in descriptors and links, and pathlib is slow to import:
# ruff: noqa: PTH103, PTH108, PTH110, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import platform
import resource
import selectors
import shutil
import signal
import stat
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

HOME = "/glasswork/launcher.py"
WORK = "/work"
SCRATCH, SCRATCH_FILES = (WORK, "/tmp", "/dev/shm"), 4096  # noqa: S108 - these are the sandbox's own, sized and private
MIB = 1 << 20
HARD_OUTPUT = 16 * MIB  # seen on one stream: the program is writing without end
SOCKET_BYTES = 425984  # the most that a socket without privileges buffers, by the kernel's default
TICK = 0.1  # seconds between two looks at memory and at the number of files
Message = dict[str, Any]
Pipes = dict[int, "Kept"]


class Broken(Exception):
    """The sandbox cannot do what it promises."""


# --- messages ---------------------------------------------------------------------------------------------------------


def pack(kind: bytes, head: Message, *blobs: bytes) -> bytes:
    """Return one message. ``head["sizes"]`` is set to the sizes of ``blobs``."""
    text = json.dumps({**head, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((kind, struct.pack(">I", len(text)), text, *blobs))


def take(stream: BinaryIO, size: int) -> bytes:
    """Read exactly ``size`` bytes."""
    data = stream.read(size)
    if len(data) != size:
        raise Broken("the host went away")
    return data


def read_job(stream: BinaryIO) -> tuple[Message, list[bytes]]:
    """Read the one job."""
    kind, length = struct.unpack(">cI", take(stream, 5))
    if kind != b"J":
        raise Broken("not a job")
    head = json.loads(take(stream, length))
    return head, [take(stream, size) for size in head["sizes"]]


def safe_parts(name: str) -> list[str]:
    """Return the parts of a relative POSIX name, which has no way out of the folder it is relative to."""
    parts = name.split("/")
    if "\0" in name or any(part in {"", ".", ".."} or len(part.encode()) > 255 for part in parts):
        raise Broken(f"not a relative file name: {name!r}")
    return parts


# --- the workspace ----------------------------------------------------------------------------------------------------


def empty(folders: tuple[str, ...]) -> bool:
    """Remove everything in the folders; False where that fails, and the sandbox must not be used again."""
    try:
        for entry in [entry for folder in folders for entry in os.scandir(folder)]:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    except (OSError, RecursionError):  # a folder without permissions, or too deep
        return False
    return True


def unpack(names: list[str], contents: list[bytes]) -> None:
    """Write the job's files into the (empty) workspace."""
    for name, content in zip(names, contents, strict=True):
        path = os.path.join(WORK, *safe_parts(name))
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)


def collect(name: str, limit: int) -> bytes | None:
    """Return a file's bytes; None where it is missing, not regular, too long, or behind a link at any level."""
    *folders, last = safe_parts(name)
    here = os.open(WORK, os.O_PATH | os.O_DIRECTORY)
    try:
        for folder in folders:
            there = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = there
        with open(os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here), "rb") as file:
            found = os.fstat(file.fileno())
            return file.read(limit) if stat.S_ISREG(found.st_mode) and found.st_size <= limit else None
    except OSError:
        return None
    finally:
        os.close(here)


def collect_all(names: list[str], total: int) -> tuple[dict[str, bytes], list[str]]:
    """Collect the named files, at most ``total`` bytes of them together; and name those that are there but refused."""
    found: dict[str, bytes] = {}
    for name in names:
        if (content := collect(name, total - sum(map(len, found.values())))) is not None:
            found[name] = content
    return found, [name for name in names if name not in found and os.path.lexists(os.path.join(WORK, name))]


# --- the supervisor ---------------------------------------------------------------------------------------------------


class Kept:
    """The beginning and the end of a stream, half of ``cap`` bytes each; what lies between is dropped."""

    def __init__(self, cap: int) -> None:
        self.half = cap // 2
        self.seen = 0
        self.first = bytearray()
        self.last = bytearray()

    def add(self, data: bytes) -> None:
        """Take some more of the stream."""
        self.seen += len(data)
        room = self.half - len(self.first)
        self.first += data[:room]
        self.last += data[room:]
        if len(self.last) > 2 * self.half:
            del self.last[: -self.half]

    @property
    def truncated(self) -> bool:
        """Whether anything was dropped."""
        return self.seen > 2 * self.half

    def bytes(self) -> bytes:
        """What was kept; a cut is marked in place."""
        if not self.truncated:
            return bytes(self.first + self.last)
        return bytes(self.first) + b"\n[... cut ...]\n" + bytes(self.last[-self.half :])


def memory_used() -> int:
    """Bytes that the program holds: in all processes but this one, in files and in sockets."""
    total = unmapped()
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


def unmapped() -> int:
    """Bytes in the file systems in memory, and what the sockets here could buffer: no process shows either."""
    with open("/proc/self/net/sockstat", encoding="ascii") as file:
        sockets = int(file.readline().split()[2])  # "sockets: used N"
    spaces = [os.statvfs(folder) for folder in SCRATCH]
    return sum((space.f_blocks - space.f_bfree) * space.f_frsize for space in spaces) + sockets * SOCKET_BYTES


def oom_kills() -> int:
    """How often the kernel killed for memory in this cgroup, by its own counter; 0 where there is no cgroup to see."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            return int(next((line.split()[1] for line in file if line.startswith("oom_kill ")), 0))
    return 0


def exceeds(limits: dict[str, int], kills: int) -> bool:
    """Whether the program holds more memory, or has made more files, than it may, or the kernel has killed for it."""
    work, *others = [space.f_files - space.f_ffree for space in map(os.statvfs, SCRATCH)]
    many = work > limits["workspace_files"] or max(others) > SCRATCH_FILES
    return oom_kills() > kills or many or memory_used() > limits["memory_mb"] * MIB


def kill_everything() -> bool:
    """Kill and reap every process but this one; False where some will not die."""
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        time.sleep(0.002)
    return False


def relay(pid: int, pipes: Pipes, feed: tuple[int, bytearray], too_much: Callable[[], bool]) -> str:
    """Pass data on until the program ends or must be stopped; return why: ``exit`` or a reason for killing it."""
    next_look = time.monotonic() + TICK
    with watch(pid, pipes, feed[0]) as waiting:
        while True:
            keys = [key for key, _ in waiting.select(TICK)]
            for key in keys:
                move(waiting, key, pipes, feed[1])
            why = verdict({str(key.data) for key in keys}, pipes)
            if not why and time.monotonic() >= next_look:
                next_look = time.monotonic() + TICK
                why = "oom" if too_much() else ""
            if why:
                return why


def watch(pid: int, pipes: Pipes, stdin: int) -> selectors.BaseSelector:
    """Return a selector over all that can happen."""
    waiting = selectors.DefaultSelector()
    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, "exit")
    waiting.register(0, selectors.EVENT_READ, "stop")
    waiting.register(stdin, selectors.EVENT_WRITE, "input")
    for pipe in pipes:
        waiting.register(pipe, selectors.EVENT_READ, "output")
    return waiting


def verdict(kinds: set[str], pipes: Pipes) -> str:
    """Return why to stop waiting, or nothing."""
    if any(kept.seen > HARD_OUTPUT for kept in pipes.values()):
        return "output"
    return "exit" if "exit" in kinds else "timeout" if "stop" in kinds else ""


def move(waiting: selectors.BaseSelector, key: selectors.SelectorKey, pipes: Pipes, unsent: bytearray) -> None:
    """Read from, or write to, the pipe that is ready; let go of one that has ended."""
    if key.data == "input":
        push(key.fd, unsent)
        if not unsent:
            waiting.unregister(key.fd)
            os.close(key.fd)
    elif key.data == "output" and not pull(key.fd, pipes[key.fd]):
        waiting.unregister(key.fd)


def push(fd: int, unsent: bytearray) -> None:
    """Write some of ``unsent`` and take it off; all of it once the reader has gone."""
    try:
        done = os.write(fd, unsent[:65536]) if unsent else 0
    except BlockingIOError:
        done = 0
    except BrokenPipeError:
        done = len(unsent)
    del unsent[:done]


def pull(fd: int, kept: Kept) -> bool:
    """Read what is there; False at the end of the stream."""
    try:
        data = os.read(fd, 65536)
    except BlockingIOError:
        return True
    kept.add(data)
    return bool(data)


def drain(pipes: Pipes) -> None:
    """Read what is left in the pipes of processes that are all dead."""
    for fd, kept in pipes.items():
        before = -1
        while kept.seen != before and kept.seen <= HARD_OUTPUT:
            before = kept.seen
            pull(fd, kept)


def start(job: Message, stdin: bytes) -> tuple[int, Pipes, tuple[int, bytearray], list[str]]:
    """Fork and confine the program. Returns its pid, its output pipes, its input, and the limits that hold."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(job, (in_read, out_write, err_write), tell)
    for fd in (in_read, out_write, err_write, tell):
        os.close(fd)
    with open(told, "rb") as report:  # closed by execve, so the program cannot write to it
        answer = json.loads(report.read() or b'{"error": "the program was lost before it started"}')
    if "error" in answer:
        raise Broken(answer["error"])
    for fd in (in_write, out_read, err_read):
        os.set_blocking(fd, False)
    cap = int(job["limits"]["output_kb"]) * 1024
    return pid, {out_read: Kept(cap), err_read: Kept(cap)}, (in_write, bytearray(stdin)), answer["enforced"]


def outcome(pid: int, why: str) -> tuple[str, int | None]:
    """Return the reason and the exit code of a program that ended by itself or was stopped for ``why``."""
    if why != "exit":
        return why, None
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return "exit", code
    if -code == signal.SIGXCPU:
        return "timeout", None
    return f"signal:{signal.Signals(-code).name if -code in set(signal.Signals) else -code}", None


def supervise(job: Message, blobs: list[bytes]) -> bytes:
    """Run one job to its end and return the result message."""
    limits = job["limits"]
    unpack(job["files"], blobs[1:])
    kills, began = oom_kills(), time.monotonic()
    pid, pipes, feed, enforced = start(job, blobs[0])
    os.write(1, pack(b"S", {}))
    reason, code = outcome(pid, relay(pid, pipes, feed, lambda: exceeds(limits, kills)))
    seconds = time.monotonic() - began
    clean = kill_everything()
    drain(pipes)
    if reason in {"exit", "signal:SIGKILL"} and oom_kills() > kills:
        reason, code = "oom", None
    found, refused = collect_all(job["collect"], int(limits["workspace_mb"]) * MIB)
    out, err = pipes.values()
    head = {
        "reason": reason,
        "exit_code": code,
        "seconds": seconds,
        "truncated": out.truncated or err.truncated,
        "enforced": enforced,
        "files": list(found),
        "refused": refused,
        "clean": clean and empty(SCRATCH),
    }
    return pack(b"R", head, out.bytes(), err.bytes(), *found.values())


# --- the program's confinement ----------------------------------------------------------------------------------------

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 36, 38

# Numbers on x86_64 and on aarch64; "-" where the machine has no such call.
FORBIDDEN = """
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272, process_madvise 440 440,
pidfd_getfd 438 438, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, move_mount 429 429,
open_tree 428 428, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
unshare 272 97, setns 308 268, keyctl 250 219, add_key 248 217, request_key 249 218, bpf 321 280,
perf_event_open 298 241, userfaultfd 323 282, fanotify_init 300 262, seccomp 317 277, personality 135 92,
uselib 134 -, kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273,
delete_module 176 106, reboot 169 142, open_by_handle_at 304 265, name_to_handle_at 303 264, mknod 133 -,
mknodat 259 33, swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, quotactl_fd 443 443, syslog 103 116,
sethostname 170 161, setdomainname 171 162, ioperm 173 -, iopl 172 -, vhangup 153 58, settimeofday 164 170,
clock_settime 227 112, clock_adjtime 305 266, adjtimex 159 171, sched_setscheduler 144 119, sched_setattr 314 274,
move_pages 279 239, migrate_pages 256 238, mbind 237 235, set_mempolicy 238 237, set_mempolicy_home_node 450 450,
ustat 136 -, sysfs 139 -, lookup_dcookie 212 18, nfsservctl 180 42
"""
# Answered with "no such call", so that callers fall back: what outlives a job, and nameless files to run or to fill.
ABSENT = """
io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, clone3 435 435,
memfd_create 319 279, memfd_secret 447 447, shmget 29 194, msgget 68 186, semget 64 190, mq_open 240 180
"""
NEWEST_KNOWN = 462  # mseal, Linux 6.10: what came later, and x32 (from 0x40000000), is absent too
# Each: the call, its number on x86_64 and on aarch64, which argument, what is tested, and the answer.
ARGUMENTS = (
    ("clone", 56, 220, 0, "any bit", 0x7E020000, errno.EPERM),  # new namespaces
    ("ioctl", 16, 29, 1, "is", 0x5412, errno.EPERM),  # TIOCSTI
    ("ioctl", 16, 29, 1, "is", 0x541C, errno.EPERM),  # TIOCLINUX
    ("chmod", 90, None, 1, "any bit", 0o6000, errno.EPERM),
    ("fchmod", 91, 52, 1, "any bit", 0o6000, errno.EPERM),
    ("fchmodat", 268, 53, 2, "any bit", 0o6000, errno.EPERM),
    ("fchmodat2", 452, 452, 2, "any bit", 0o6000, errno.EPERM),
    ("socket", 41, 198, 0, "is not", 1, errno.EACCES),  # AF_UNIX
    ("prlimit64", 302, 261, 0, "is not", 0, errno.EPERM),  # of another process: the supervisor has the same uid
    ("setpriority", 141, 140, 0, "is not", 0, errno.EPERM),  # of a group or a user
    ("setpriority", 141, 140, 1, "is not", 0, errno.EPERM),
    ("sched_setaffinity", 203, 122, 0, "is not", 0, errno.EPERM),
)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_*
Instruction = tuple[int, int, int, int]
LOAD, EQUAL, GREATER, BITS, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def numbers(table: str, column: int) -> list[int]:
    """Return the call numbers of one machine."""
    cells = [entry.split()[1 + column] for entry in table.split(",")]
    return [int(cell) for cell in cells if cell != "-"]


def argument_test(number: int, argument: int, test: str, value: int, error: int) -> list[Instruction]:
    """Refuse a call by one of its arguments (the low 32 bits, which is all that these calls read)."""
    refuse = (RETURN, 0, 0, ERROR | error)
    compare = {"is": (EQUAL, 0, 1, value), "is not": (EQUAL, 1, 0, value), "any bit": (BITS, 0, 1, value)}[test]
    return [(EQUAL, 0, 4, number), (LOAD, 0, 0, 16 + 8 * argument), compare, refuse, (LOAD, 0, 0, 0)]


def seccomp_program(machine: str) -> list[Instruction]:
    """Assemble the filter: foreign machine code, calls too new, calls forbidden or absent, then arguments."""
    if machine not in MACHINES:
        raise Broken(f"no system-call table for {machine}")
    column, audit = MACHINES[machine]
    program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    program += [(GREATER, 0, 1, NEWEST_KNOWN), (RETURN, 0, 0, ERROR | errno.ENOSYS)]
    for table, error in ((FORBIDDEN, errno.EPERM), (ABSENT, errno.ENOSYS)):
        for number in numbers(table, column):
            program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERROR | error)]
    for _, x86, arm, argument, test, value, error in ARGUMENTS:
        here = (x86, arm)[column]
        if here is not None:
            program += argument_test(here, argument, test, value, error)
    return [*program, (RETURN, 0, 0, ALLOW)]


def system(what: str, result: int) -> int:
    """Return ``result`` of a C call, or raise where it failed."""
    if result < 0:
        raise Broken(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def load_seccomp() -> None:
    """Put the filter in force for this process and all it starts."""
    program = seccomp_program(platform.machine())
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    system("seccomp", LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0))


READ, WRITE, LIST, EXECUTE, IOCTL = 1 << 2, 1 << 1, 1 << 3, 1 << 0, 1 << 15
TRUNCATE, FIFO, DEVICES = 1 << 14, 1 << 10, 1 << 6 | 1 << 11
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by the ABI that brought them
READ_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/proc")
DEVICE_FILES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "urandom", "random"))


def landlock_rules(rights: int) -> list[tuple[str, int]]:
    """What may be touched, and how. All else may not."""
    own = rights & ~(EXECUTE | IOCTL | FIFO | DEVICES)
    rules = [(path, READ | LIST | EXECUTE) for path in (*READ_FOLDERS, sys.base_prefix)]
    rules += [(path, READ) for path in ("/etc/ld.so.cache", "/etc/localtime")]
    rules += [(path, (READ | WRITE | TRUNCATE) & rights) for path in DEVICE_FILES]
    return rules + [(path, own) for path in SCRATCH]


def restrict_files() -> None:
    """Landlock: files by the rules above; no TCP; no signals and no abstract sockets out of the sandbox."""
    abi = system("Landlock", LIBC.syscall(444, None, ctypes.c_size_t(0), 1))
    rights = RIGHTS[max(known for known in RIGHTS if known <= abi)]
    handled = struct.pack("QQQ", rights, 3, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = system("Landlock", LIBC.syscall(444, ctypes.c_char_p(handled), ctypes.c_size_t(len(handled)), 0))
    for path, allowed in landlock_rules(rights):
        if os.path.exists(path):
            folder = os.open(path, os.O_PATH)
            rule = ctypes.c_char_p(struct.pack("=Qi", allowed, folder))
            system(f"Landlock {path}", LIBC.syscall(445, rules, 1, rule, 0))
            os.close(folder)
    system("Landlock", LIBC.syscall(446, rules, 0))
    os.close(rules)


def set_rlimits(limits: dict[str, int]) -> None:
    """Limits of each process. Address space is generous: real memory is watched, or held by a cgroup."""
    space = max(2048, int(limits["memory_mb"]) + 1024) * MIB
    for which, soft, hard in (
        (resource.RLIMIT_AS, space, space),
        (resource.RLIMIT_NPROC, limits["processes"] + 1, limits["processes"] + 1),  # the supervisor counts too
        (resource.RLIMIT_FSIZE, limits["file_mb"] * MIB, limits["file_mb"] * MIB),
        (resource.RLIMIT_NOFILE, limits["open_files"], limits["open_files"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        top = resource.getrlimit(which)[1]
        clip = [value if top == resource.RLIM_INFINITY else min(value, top) for value in (soft, hard)]
        resource.setrlimit(which, (clip[0], clip[1]))


def routes(name: str, skip: int = 0) -> list[str]:
    """Return the lines of one of the kernel's routing tables; none where it has no such table."""
    try:
        with open(f"/proc/self/net/{name}", encoding="ascii") as file:
            return file.readlines()[skip:]
    except FileNotFoundError:
        return []


def measured(limits: dict[str, int]) -> list[str]:
    """Name what can be seen to hold: the size of the workspace, and a network that has no way out."""
    space = os.statvfs(WORK)
    held = {
        "workspace_mb": space.f_blocks * space.f_frsize <= limits["workspace_mb"] * MIB,
        "network": not routes("route", skip=1) and all(line.split()[-1] == "lo" for line in routes("ipv6_route")),
    }
    return [name for name, holds in held.items() if holds]


ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": WORK,
    "USER": "sandbox",
    "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}
BY_RLIMIT = ["cpu_seconds", "processes", "open_files", "file_mb"]
BY_SUPERVISOR = ["wall_seconds", "memory_mb", "workspace_files", "output_kb"]


def confine(limits: dict[str, int]) -> list[str]:
    """Give up everything the program must not have. Returns the names of what holds; raises Broken for less."""
    system("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # or its own /proc/self would not be its own
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # under memory pressure the program goes, not its supervisor
    os.umask(0o077)
    held = measured(limits)
    set_rlimits(limits)
    system("no_new_privs", LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    restrict_files()
    load_seccomp()
    return [*BY_RLIMIT, *BY_SUPERVISOR, *held, "filesystem", "privileges", "syscalls"]


def become(job: Message, streams: tuple[int, int, int], tell: int) -> NoReturn:
    """Turn this fresh child into the program. Never returns, whatever happens."""
    try:
        os.setsid()
        for target, source in enumerate(streams):
            os.dup2(source, target)
        tell = os.dup2(tell, 3, inheritable=False)
        os.closerange(4, 4096)
        os.chdir(WORK)
        os.write(tell, json.dumps({"enforced": confine(job["limits"])}).encode())
        program, *rest = job["argv"]
        run_as([sys.executable if program == "python" else program, *rest])  # a Python finds itself by its argv[0]
    except BaseException as problem:  # noqa: BLE001 - a forked child ends here, and says why
        os.write(tell, json.dumps({"error": f"{type(problem).__name__}: {problem}"}).encode())
    finally:
        os._exit(126)


def run_as(argv: list[str]) -> None:
    """Replace this process by the program, or end it as a shell would where there is no such program."""
    try:
        os.execvpe(argv[0], argv, ENVIRONMENT)  # noqa: S606 - no shell is the point
    except (OSError, ValueError) as problem:
        os.write(2, f"cannot run {argv[0]!r}: {problem}\n".encode())
        os._exit(127)


def main() -> None:
    """Serve one job."""
    if os.path.realpath(__file__) != HOME or os.getuid() == 0:
        sys.exit("the launcher runs only inside a sandbox, and never as root")  # it kills all that its uid may kill
    system("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
    system("subreaper", LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    os.umask(0o077)
    with open(0, "rb", closefd=False) as stream:
        job, blobs = read_job(stream)
    try:
        answer = supervise(job, blobs)
    except (Broken, OSError, RecursionError) as problem:
        kill_everything()
        answer = pack(b"E", {"error": f"{type(problem).__name__}: {problem}"})
    with open(1, "wb", closefd=False) as out:
        out.write(answer)


if __name__ == "__main__":
    main()
