"""Stage 2 of every sandbox: supervises one program from inside, and confines it before it starts.

This package is run inside Docker, bubblewrap and the kernel jail alike, by an ordinary uid in a pid namespace of its
own. It uses the standard library only and imports nothing else of Glasswork.

The parent half (*supervisor*) reads a job from stdin, unpacks its files into ``/work``, forks, relays the program's
output up to a cap, watches memory, and answers on stdout. One byte on stdin, or its end, means *stop*: a host that
dies takes the program along. Before files are collected all else with its uid is killed, so that nobody swaps a file.
The child half confines itself (rlimits, no_new_privs, Landlock, seccomp) and becomes the program, or fails for good.
"""

# It deals in descriptors and links, and pathlib is slow to import:
# ruff: noqa: PTH120, PTH123

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from .confine import (
    LIBC,
    NOWHERE,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_DUMPABLE,
    Reach,
    become,
    system,
)
from .usage import exceeds, oom_kills, socket_bytes
from .watch import STREAMS, TICK, Kept, Line, Watch
from .wire import HOME, Broken, Message, pack, read_job
from .workspace import SCRATCH, collect_all, empty, unpack

if TYPE_CHECKING:
    from .gateway import Gateway


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


def start(job: Message, reach: Reach) -> tuple[int, int, list[int], list[str]]:
    """Fork and confine the program. Returns its pid, its input pipe, its output pipes, and the limits that hold."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(job, (in_read, out_write, err_write), tell, reach)
    for fd in (in_read, out_write, err_write, tell):
        os.close(fd)
    with open(told, "rb") as report:  # closed by execve, so the program cannot write to it
        answer = json.loads(report.read() or b'{"error": "the program was lost before it started"}')
    if "error" in answer:
        raise Broken(answer["error"])
    for fd in (in_write, out_read, err_read):
        os.set_blocking(fd, False)
    return pid, in_write, [out_read, err_read], answer["enforced"]


def relay(watch: Watch, limits: dict[str, int], kills: int) -> str:
    """Pass data on until the program ends or must be stopped; return why: ``exit`` or a reason for killing it."""
    each_socket, next_look = socket_bytes(), time.monotonic() + TICK
    while not watch.why:
        watch.step()
        if not watch.why and time.monotonic() >= next_look:
            next_look = time.monotonic() + TICK
            if exceeds(limits, kills, each_socket):
                return "oom"
    return watch.why


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


def network(job: Message, line: Line) -> tuple[Reach, Gateway | None]:
    """Return whom the job's program may talk to, once it is sure that this is all."""
    if not job["loopback"] and not job["gateway"]:
        return NOWHERE, None
    from .gateway import Gateway
    from .loopback import check

    check(job["limits"])
    gateway = Gateway(line, job["gateway"]) if job["gateway"] else None
    return Reach(loopback=job["loopback"], gateway=gateway.port if gateway else 0), gateway


def supervise(job: Message, blobs: list[bytes], line: Line) -> bytes:
    """Run one job to its end and return the result message."""
    limits = job["limits"]
    unpack(job["files"], blobs[1:])
    kills, began = oom_kills(), time.monotonic()
    reach, gateway = network(job, line)
    pid, stdin, pipes, enforced = start(job, reach)
    watch = Watch(line, gateway)
    if gateway:
        gateway.open(watch)
    line.tell(b"S", {})
    line.flush()
    cap = int(limits["output_kb"]) * 1024
    kept = [Kept(cap) for _ in pipes]
    for pipe, name, each in zip(pipes, STREAMS, kept, strict=True):
        watch.output(pipe, name, each, cap if job["streams"] else 0)
    watch.program(pid, stdin, bytearray(blobs[0]))
    reason, code = outcome(pid, relay(watch, limits, kills))
    seconds = time.monotonic() - began
    clean = kill_everything()
    watch.drain()
    if reason in {"exit", "signal:SIGKILL"} and oom_kills() > kills:
        reason, code = "oom", None
    found, refused = collect_all(job["collect"], limits)
    head = {
        "reason": reason,
        "exit_code": code,
        "seconds": seconds,
        "truncated": any(each.truncated for each in kept),
        "enforced": enforced,
        "files": list(found),
        "refused": refused,
        "clean": clean and empty(SCRATCH),
    }
    return pack(b"R", head, *(each.bytes() for each in kept), *found.values())


def main() -> None:
    """Serve one job."""
    if os.path.dirname(os.path.dirname(os.path.realpath(__file__))) != HOME or os.getuid() == 0:
        sys.exit("the launcher runs only inside a sandbox, and never as root")  # it kills all that its uid may kill
    system("dumpable", LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
    system("subreaper", LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    os.umask(0o077)
    with open(0, "rb", closefd=False) as stream:
        job, blobs = read_job(stream)
    line = Line()
    try:
        answer = supervise(job, blobs, line)
    except (Broken, OSError, RecursionError) as problem:
        kill_everything()
        answer = pack(b"E", {"error": f"{type(problem).__name__}: {problem}"})
    line.finish(answer)
