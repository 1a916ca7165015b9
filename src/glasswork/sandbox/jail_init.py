"""Stage 1 of the kernel jail: builds a private root, gives up every privilege, and becomes the launcher.

Run as ``python3 -I -S jail_init.py OPTIONS`` (JSON), in a process of its own: never forked off a threaded parent.
As root it takes new namespaces and then drops to a uid that nobody else has. As an ordinary user it takes them
within a new user namespace. Any step that fails ends it: a half-built jail runs nothing.

With the words of a command after OPTIONS it does less: as an ordinary user it makes a network of its own, loopback
alone, and becomes that command. So bubblewrap gets one whose buffers are limited, which ``bwrap`` cannot do.
"""

# It deals in descriptors and links, and pathlib is slow to import:
# ruff: noqa: PTH102, PTH103, PTH106, PTH110, PTH112, PTH114, PTH115, PTH120, PTH123, PTH211

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from typing import NoReturn, TypedDict

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NET = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 1 << 14, 1 << 18
DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, KILL = 1, 4, 24, 9
EMPTY_PATH_RECURSIVE = 0x8000
INET, DATAGRAM, SET_FLAGS, UP = 2, 2, 0x8914, 1
EVERYTHING = NEW_MOUNTS | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_PIDS | NEW_NET
ROOT, OLD = "/tmp", "old"  # noqa: S108 - a mount point that every system has; seen by nobody else
DEVICES = ("null", "zero", "full", "random", "urandom")


class Options(TypedDict):
    """What the host asks for. Sizes in MiB; ``trees`` are bound read-only, ``masks`` shown empty."""

    uid: int
    trees: list[str]
    masks: list[str]
    files: dict[str, str]
    """Paths in the jail, and which file of the host each of them is a copy of."""
    texts: dict[str, str]
    """Paths in the jail, and the text of each."""
    command: list[str]
    """What the first process of the jail becomes."""
    workspace_mb: int
    workspace_files: int
    tcp_buffers: str
    """Least, first and most bytes of a TCP socket's buffers, to have loopback; empty for no network at all."""


def must(what: str, result: int) -> None:
    """End here where a C call failed."""
    if result != 0:
        sys.exit(f"jail: {what}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Make a mount."""
    words = [word.encode() or None for word in (source, target, kind)]
    must(f"mount {target}", LIBC.mount(*words, ctypes.c_ulong(flags), data.encode() or None))


def tmpfs(target: str, data: str) -> None:
    """Mount an empty, size-limited file system in memory."""
    os.makedirs(target, exist_ok=True)
    mount("tmpfs", target, "tmpfs", NO_SUID | NO_DEVICES, data)


def unshare(uid: int, flags: int) -> None:
    """Enter new namespaces; an ordinary user gets a user namespace first, in which ``uid`` stands for itself."""
    outside, group = os.geteuid(), os.getegid()
    must("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # else /proc/self/uid_map belongs to root
    if outside == 0:
        must("namespaces", LIBC.unshare(flags))
        return
    must("namespaces", LIBC.unshare(flags | NEW_USER))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outside} 1"), ("gid_map", f"{uid} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def bring_up_loopback(buffers: str) -> None:
    """Limit what TCP sockets buffer in this (new) network, and bring up its only interface."""
    try:
        for name in ("tcp_rmem", "tcp_wmem"):
            with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
                file.write(buffers)
    except OSError as problem:
        sys.exit(f"no network can be granted here: {problem}")
    request = ctypes.create_string_buffer(struct.pack("16sh22x", b"lo", UP))
    end = LIBC.socket(INET, DATAGRAM, 0)
    must("no network can be granted here", LIBC.ioctl(end, SET_FLAGS, request))
    os.close(end)


def enter_root() -> None:
    """Make an empty tmpfs the root; the old root stays at ``/old`` until it is let go."""
    mount("", "/", flags=RECURSIVE | PRIVATE)
    mount("tmpfs", ROOT, "tmpfs", NO_SUID | NO_DEVICES, "size=1m,mode=755")
    os.chdir(ROOT)
    os.mkdir(OLD)
    must("pivot_root", LIBC.pivot_root(b".", OLD.encode()))
    os.chdir("/")


def bind(path: str) -> None:
    """Show a file or folder of the host read-only, with everything mounted below it."""
    source = f"/{OLD}{path}"
    if os.path.isdir(source):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "xb").close()
    mount(source, path, flags=BIND | RECURSIVE)
    attributes = struct.pack("QQQQ", READ_ONLY | NO_SUID | NO_DEVICES, 0, 0, 0)
    must(f"read-only {path}", LIBC.syscall(442, -100, path.encode(), EMPTY_PATH_RECURSIVE, attributes, 32))


def show_system(options: Options) -> None:
    """Show the system's programs and libraries, the interpreter, and nothing else."""
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        old = f"/{OLD}/{name}"
        if os.path.islink(old):
            os.symlink(os.readlink(old), f"/{name}")
        elif os.path.isdir(old):
            bind(f"/{name}")
    for path in ("/usr", *options["trees"], "/etc/ld.so.cache", "/etc/localtime"):
        if os.path.exists(f"/{OLD}{path}") and not os.path.exists(path):
            bind(path)
    for path in options["masks"]:
        mount("tmpfs", path, "tmpfs", NO_SUID | NO_DEVICES | READ_ONLY, "size=4k,mode=755")


def show_devices() -> None:
    """Make a /dev of five harmless devices."""
    os.mkdir("/dev")
    for name in DEVICES:
        open(f"/dev/{name}", "xb").close()
        mount(f"/{OLD}/dev/{name}", f"/dev/{name}", flags=BIND)
    os.symlink("/proc/self/fd", "/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"/dev/{name}")


def build(options: Options) -> None:
    """Build the root and let go of the old one."""
    uid = options["uid"]
    owner = f"uid={uid},gid={uid},mode=700"
    contents = {path: text.encode() for path, text in options["texts"].items()}
    for path, source in options["files"].items():
        with open(source, "rb") as file:
            contents[path] = file.read()
    enter_root()
    show_devices()
    os.mkdir("/proc")
    mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC, "subset=pid")
    tmpfs("/dev/shm", f"size=16m,nr_inodes=1024,{owner}")  # noqa: S108
    tmpfs("/tmp", f"size=64m,nr_inodes=4096,{owner}")  # noqa: S108
    tmpfs("/work", f"size={options['workspace_mb']}m,nr_inodes={options['workspace_files']},{owner}")
    show_system(options)  # last, since the interpreter may live below /tmp
    for path, content in contents.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)
    must("let go of the host", LIBC.umount2(f"/{OLD}".encode(), DETACH))
    os.rmdir(f"/{OLD}")
    mount("", "/", flags=REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES)


def drop(uid: int) -> None:
    """Give up every capability, for good."""
    must("host name", LIBC.sethostname(b"sandbox", 7))
    capability = 0
    while LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    must("death signal", LIBC.prctl(PR_SET_PDEATHSIG, KILL, 0, 0, 0))  # after the drop, which clears it


def inside(options: Options) -> NoReturn:
    """As the first process of the jail: build it, drop everything, become the launcher."""
    build(options)
    drop(options["uid"])
    os.execve(options["command"][0], options["command"], {"LANG": "C.UTF-8"})  # noqa: S606 - no shell is the point


def main() -> None:
    """Build the jail, wait for its first process, and end as it ended."""
    options: Options = json.loads(sys.argv[1])
    if sys.argv[2:]:
        unshare(os.geteuid(), NEW_NET)
        bring_up_loopback(options["tcp_buffers"])
        os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))  # noqa: S606 - no shell is the point
    must("death signal", LIBC.prctl(PR_SET_PDEATHSIG, KILL, 0, 0, 0))
    os.umask(0o022)
    unshare(options["uid"], EVERYTHING)
    if options["tcp_buffers"]:
        bring_up_loopback(options["tcp_buffers"])
    first = os.fork()
    if first == 0:
        inside(options)
    for fd in (0, 1):
        os.close(fd)  # the launcher's ends alone keep the pipes open
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)


if __name__ == "__main__":
    main()
