"""What a program gives up before it starts: resources, privileges, files, the network, and most odd system calls.

Four layers that do not lean on each other: rlimits, ``no_new_privs``, Landlock, and a seccomp filter put together by
hand. A layer that cannot be had is a failure, never a warning.
"""

# It deals in descriptors and links, and pathlib is slow to import:
# ruff: noqa: PTH110, PTH123

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import struct
import sys
from typing import NamedTuple, NoReturn

from .wire import MIB, WORK, Broken, Message
from .workspace import SCRATCH

LIBC = ctypes.CDLL(None, use_errno=True)


class Reach(NamedTuple):
    """Whom a program may talk to, besides other processes of its own by unix sockets."""

    loopback: bool = False
    """TCP and UDP within the sandbox."""
    gateway: int = 0
    """The TCP port on 127.0.0.1 where its supervisor listens; 0 where it does not."""


NOWHERE = Reach()
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
    ("socketpair", 53, 199, 0, "is not", 1, errno.EACCES),  # AF_UNIX
    ("prlimit64", 302, 261, 0, "is not", 0, errno.EPERM),  # of another process: the supervisor has the same uid
    ("setpriority", 141, 140, 0, "is not", 0, errno.EPERM),  # of a group or a user
    ("setpriority", 141, 140, 1, "is not", 0, errno.EPERM),
    ("sched_setaffinity", 203, 122, 0, "is not", 0, errno.EPERM),
)
SOCKET, SET_OPTION = (41, 198), (54, 208)
UNIX, INET, INET6, STREAM, DATAGRAM = 1, 2, 10, 1, 2
PLAIN_PROTOCOLS = (0, 6, 17)  # the usual one of its kind, TCP, UDP: no other is even loaded into the kernel
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_*
Instruction = tuple[int, int, int, int]
LOAD, EQUAL, GREATER, BITS, AND, RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
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


def one_of(values: tuple[int, ...]) -> list[Instruction]:
    """Refuse a socket unless what is loaded is one of the values."""
    last = len(values)
    return [*((EQUAL, last - at, 0, value) for at, value in enumerate(values)), (RETURN, 0, 0, ERROR | errno.EACCES)]


def socket_test(number: int, reach: Reach) -> list[Instruction]:
    """Refuse sockets but those to other processes here; and, with a grant, but plain TCP and UDP."""
    families = () if not reach.loopback and not reach.gateway else (INET, INET6) if reach.loopback else (INET,)
    kinds = (STREAM, DATAGRAM) if reach.loopback else (STREAM,)
    kind = [(LOAD, 0, 0, 24), (AND, 0, 0, 0xF), *one_of(kinds), (LOAD, 0, 0, 32), *one_of(PLAIN_PROTOCOLS)]
    steps = [(LOAD, 0, 0, 16), *one_of((UNIX, *families)), (EQUAL, len(kind), 0, UNIX), *kind, (LOAD, 0, 0, 0)]
    return [(EQUAL, 0, len(steps), number), *steps]


def option_test(number: int) -> list[Instruction]:
    """Say yes to calls for larger socket buffers (SO_SNDBUF, SO_RCVBUF), and do nothing: buffers are counted."""
    option = [(LOAD, 0, 0, 32), (EQUAL, 1, 0, 7), (EQUAL, 0, 1, 8), (RETURN, 0, 0, ERROR)]
    steps = [(LOAD, 0, 0, 24), (EQUAL, 0, len(option), 1), *option, (LOAD, 0, 0, 0)]
    return [(EQUAL, 0, len(steps), number), *steps]


def seccomp_program(machine: str, reach: Reach = NOWHERE) -> list[Instruction]:
    """Assemble the filter: foreign machine code, calls too new, calls forbidden or absent, arguments, then sockets."""
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
    program += [*socket_test(SOCKET[column], reach), *option_test(SET_OPTION[column])]
    return [*program, (RETURN, 0, 0, ALLOW)]


def system(what: str, result: int) -> int:
    """Return ``result`` of a C call, or raise where it failed."""
    if result < 0:
        raise Broken(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def load_seccomp(reach: Reach) -> None:
    """Put the filter in force for this process and all it starts."""
    program = seccomp_program(os.uname().machine, reach)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    system("seccomp", LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0))


READ, WRITE, LIST, EXECUTE, IOCTL = 1 << 2, 1 << 1, 1 << 3, 1 << 0, 1 << 15
BIND_TCP, CONNECT_TCP = 1, 2
TRUNCATE, FIFO, DEVICES = 1 << 14, 1 << 10, 1 << 6 | 1 << 11
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by the ABI that brought them
READ_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/proc")
DEVICE_FILES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "urandom", "random"))


def landlock_rules(rights: int, reach: Reach) -> list[tuple[str, int]]:
    """What may be touched, and how. All else may not."""
    own = rights & ~(EXECUTE | IOCTL | FIFO | DEVICES)
    rules = [(path, READ | LIST | EXECUTE) for path in (*READ_FOLDERS, sys.base_prefix)]
    names = ("/etc/hosts", "/etc/nsswitch.conf") if reach.loopback else ()  # so that localhost is a name
    rules += [(path, READ) for path in ("/etc/ld.so.cache", "/etc/localtime", *names)]
    rules += [(path, (READ | WRITE | TRUNCATE) & rights) for path in DEVICE_FILES]
    return rules + [(path, own) for path in SCRATCH]


def restrict(reach: Reach) -> None:
    """Landlock: files by the rules above; no signals and abstract sockets out of the sandbox; TCP as granted."""
    abi = system("Landlock", LIBC.syscall(444, None, ctypes.c_size_t(0), 1))
    rights = RIGHTS[max(known for known in RIGHTS if known <= abi)]
    tcp = 0 if reach.loopback else BIND_TCP | CONNECT_TCP  # it knows ports, not addresses
    handled = struct.pack("QQQ", rights, tcp, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = system("Landlock", LIBC.syscall(444, ctypes.c_char_p(handled), ctypes.c_size_t(len(handled)), 0))
    for path, allowed in landlock_rules(rights, reach):
        if os.path.exists(path):
            folder = os.open(path, os.O_PATH)
            rule = ctypes.c_char_p(struct.pack("=Qi", allowed, folder))
            system(f"Landlock {path}", LIBC.syscall(445, rules, 1, rule, 0))
            os.close(folder)
    if tcp and abi >= 4 and reach.gateway:
        port = ctypes.c_char_p(struct.pack("QQ", CONNECT_TCP, reach.gateway))
        system("Landlock gateway", LIBC.syscall(445, rules, 2, port, 0))
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


def environment(reach: Reach) -> dict[str, str]:
    """Return the program's environment: the same everywhere, and where its gateway is, if it has one."""
    if not reach.gateway:
        return ENVIRONMENT
    gateway = f"http://127.0.0.1:{reach.gateway}"
    names = {name: gateway for word in ("http_proxy", "https_proxy") for name in (word, word.upper())}
    direct = {name: "localhost,127.0.0.1,::1" for name in ("no_proxy", "NO_PROXY") if reach.loopback}
    return ENVIRONMENT | names | direct


def confine(limits: dict[str, int], reach: Reach) -> list[str]:
    """Give up everything the program must not have. Returns the names of what holds; raises Broken for less."""
    system("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # or its own /proc/self would not be its own
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # under memory pressure the program goes, not its supervisor
    os.umask(0o077)
    held = measured(limits)
    set_rlimits(limits)
    system("no_new_privs", LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    restrict(reach)
    load_seccomp(reach)
    return [*BY_RLIMIT, *BY_SUPERVISOR, *held, "filesystem", "privileges", "syscalls"]


def become(job: Message, streams: tuple[int, int, int], tell: int, reach: Reach) -> NoReturn:
    """Turn this fresh child into the program. Never returns, whatever happens."""
    try:
        os.setsid()
        for target, source in enumerate(streams):
            os.dup2(source, target)
        tell = os.dup2(tell, 3, inheritable=False)
        os.closerange(4, 4096)
        os.chdir(WORK)
        os.write(tell, json.dumps({"enforced": confine(job["limits"], reach)}).encode())
        program, *rest = job["argv"]
        run_as(
            [sys.executable if program == "python" else program, *rest], environment(reach)
        )  # a Python finds itself by its argv[0]
    except BaseException as problem:  # noqa: BLE001 - a forked child ends here, and says why
        os.write(tell, json.dumps({"error": f"{type(problem).__name__}: {problem}"}).encode())
    finally:
        os._exit(126)


def run_as(argv: list[str], variables: dict[str, str]) -> None:
    """Replace this process by the program, or end it as a shell would where there is no such program."""
    try:
        os.execvpe(argv[0], argv, variables)  # noqa: S606 - no shell is the point
    except (OSError, ValueError) as problem:
        os.write(2, f"cannot run {argv[0]!r}: {problem}\n".encode())
        os._exit(127)
