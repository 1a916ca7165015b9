"""What hostile programs are written with: sent into the sandbox beside each of them, and never run by the host.

A program starts with ``from kit import *``. It prints ``HELD`` or ``OPEN`` through :func:`judge`, or ends in a way
that its entry judges from outside.
"""

# It has attacks for callers, who deal in descriptors and raw calls:
# ruff: noqa: PTH123, PTH208, T201, F401

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
Attempt = Callable[[], object]


def host() -> dict[str, Any]:
    """What the program is told about its host: where the canary lies, who listens, the mark of this run."""
    told: dict[str, Any] = json.loads(sys.argv[1])
    return told


def judge(held: object, what: object = "") -> None:
    """Say whether the attempt was stopped."""
    print("HELD" if held else "OPEN", what, flush=True)


def call(number: int, *args: object) -> int:
    """Make a system call. Returns its errno; 0 where it worked."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in args]
    return 0 if libc.syscall(ctypes.c_long(number), *wide) >= 0 else ctypes.get_errno()


def refused(attempt: Attempt, *kinds: type[BaseException]) -> bool:
    """Whether an attempt raises (an OSError, where nothing else is said)."""
    expected = kinds or (OSError,)
    try:
        attempt()
    except expected:
        return True
    return False


def errno_of(attempt: Attempt) -> int:
    """The errno an attempt raises; 0 where it works."""
    try:
        attempt()
    except OSError as problem:
        return problem.errno or -1
    return 0


def through(attempts: dict[str, Attempt]) -> list[str]:
    """Names of the attempts that worked."""
    return [name for name, attempt in attempts.items() if not refused(attempt)]


def count(attempt: Callable[[int], object], most: int) -> int:
    """How often an attempt works, of at most so many times."""
    for number in range(most):
        try:
            attempt(number)
        except (OSError, RuntimeError, MemoryError):
            return number
    return most


def fill(path: str, mib: int) -> int:
    """MiB that fit into a file, of at most so many."""
    done = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while done < mib << 20:
                done += file.write(bytes(1 << 20)) or 0
    except OSError:
        return done >> 20
    return done >> 20


def read(path: str) -> bytes:
    """A file's bytes; none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def pids() -> list[int]:
    """All processes that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def child(work: Attempt) -> int:
    """Fork a child that does some work and ends."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def gateway() -> tuple[str, int]:
    """Where the program's gateway is."""
    return "127.0.0.1", int(os.environ["HTTP_PROXY"].rpartition(":")[2])


def ask(head: str | bytes, seconds: float = 4, most: int = 1 << 30) -> bytes:
    """Say something to the gateway and return its answer: all, or so many bytes, or what comes in so many seconds."""
    said = b""
    try:
        with socket.create_connection(gateway(), seconds) as end:
            end.settimeout(seconds)
            end.sendall(head if isinstance(head, bytes) else head.encode("latin-1"))
            while len(said) < most and (data := end.recv(65536)):
                said += data
    except OSError:
        return said
    return said


def tunnels(target: str) -> str:
    """How the gateway answers to a request for a tunnel: the status in its answer, or nothing."""
    return ask(f"CONNECT {target} HTTP/1.1\r\n\r\n", most=12)[9:12].decode("latin-1")


def say_mib(mib: int) -> None:
    """Hold so many MiB for good, and tell of each 16 as they are touched."""
    held = []
    for _ in range(mib // 16):
        held.append(b"x" * (16 << 20))
        os.write(1, b"+16\n")
    time.sleep(9)
