"""Stage 1 of the kernel jail: builds a private root, gives up every privilege, and becomes the launcher.

Run as ``python3 -I -S jail_init.py OPTIONS`` (JSON), in a process of its own: never forked off a threaded parent.
As root it takes new namespaces and then drops to a uid that nobody else has. As an ordinary user it takes them
within a new user namespace. Any step that fails ends it: a half-built jail runs nothing.
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
ROOT, OLD = "/tmp", "old"  # noqa: S108 - a mount point that every system has; seen by nobody else
DEVICES = ("null", "zero", "full", "random", "urandom")
LAUNCHER = "/glasswork/launcher.py"


class Options(TypedDict):
    """What the host asks for. Sizes in MiB; ``trees`` are bound read-only, ``masks`` shown empty."""

    uid: int
    executable: str
    trees: list[str]
    masks: list[str]
    launcher: str
    workspace_mb: int
    workspace_files: int


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


def unshare(uid: int) -> None:
    """Enter new namespaces; an ordinary user gets a user namespace first, in which ``uid`` stands for itself."""
    flags = NEW_MOUNTS | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_PIDS | NEW_NET
    outside, group = os.geteuid(), os.getegid()
    must("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # else /proc/self/uid_map belongs to root
    if outside == 0:
        must("namespaces", LIBC.unshare(flags))
        return
    must("namespaces", LIBC.unshare(flags | NEW_USER))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outside} 1"), ("gid_map", f"{uid} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


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
    with open(options["launcher"], "rb") as file:
        launcher = file.read()
    enter_root()
    show_devices()
    os.mkdir("/proc")
    mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC, "subset=pid")
    tmpfs("/dev/shm", f"size=16m,nr_inodes=1024,{owner}")  # noqa: S108
    tmpfs("/tmp", f"size=64m,nr_inodes=4096,{owner}")  # noqa: S108
    tmpfs("/work", f"size={options['workspace_mb']}m,nr_inodes={options['workspace_files']},{owner}")
    show_system(options)  # last, since the interpreter may live below /tmp
    os.mkdir(os.path.dirname(LAUNCHER))
    with open(LAUNCHER, "xb") as file:
        file.write(launcher)
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
    executable = options["executable"]
    os.execve(executable, [executable, "-I", "-S", LAUNCHER], {"LANG": "C.UTF-8"})  # noqa: S606 - no shell is the point


def main() -> None:
    """Build the jail, wait for its first process, and end as it ended."""
    options: Options = json.loads(sys.argv[1])
    must("death signal", LIBC.prctl(PR_SET_PDEATHSIG, KILL, 0, 0, 0))
    os.umask(0o022)
    unshare(options["uid"])
    first = os.fork()
    if first == 0:
        inside(options)
    for fd in (0, 1):
        os.close(fd)  # the launcher's ends alone keep the pipes open
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)


if __name__ == "__main__":
    main()
