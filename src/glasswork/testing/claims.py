"""A test for each limit and each barrier that a backend may say it enforces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasswork.sandbox.base import Limits, Result

USUAL = Limits(wall_seconds=15)
BARRIERS = ("network", "filesystem", "privileges", "syscalls")
_COUNT = """
def count(attempt, most):
    kept = []
    for n in range(most):
        try: kept.append(attempt(n))
        except (OSError, RuntimeError): return n
    return most
"""


@dataclass(frozen=True)
class Claim:
    """One name of ``Result.limits_enforced``, a program that goes beyond it, and what shows that it was held back."""

    name: str
    code: str
    held: Callable[[Result], bool]
    limits: Limits = USUAL


def _most(number: int) -> Callable[[Result], bool]:
    """The program ended and printed a number, and no greater one."""
    return lambda result: result.ok and int(result.stdout) <= number


def _true(result: Result) -> bool:
    return result.stdout == "True\n"


CLAIMS = (
    Claim(
        "wall_seconds",
        "import time; time.sleep(60)",
        lambda result: result.reason == "timeout" and result.seconds < 10,
        Limits(wall_seconds=0.5),
    ),
    Claim(
        "cpu_seconds",
        "while True: pass",
        lambda result: result.reason == "timeout" and result.seconds < 25,
        Limits(wall_seconds=30, cpu_seconds=1),
    ),
    Claim(
        "memory_mb",
        "import time; held = [b'x' * (16 << 20) for _ in range(20)]; time.sleep(9)",
        lambda result: result.reason == "oom" or "MemoryError" in result.stderr,
        Limits(wall_seconds=15, memory_mb=64),
    ),
    Claim(
        "processes",
        f"""
import os, time
{_COUNT}
def child(n):
    if os.fork() == 0: time.sleep(5); os._exit(0)
print(count(child, 100), flush=True); os._exit(0)
""",
        _most(8),
        Limits(wall_seconds=15, processes=8),
    ),
    Claim(
        "open_files",
        f"{_COUNT}\nprint(count(lambda n: open('/dev/null'), 1000))",
        _most(32),
        Limits(wall_seconds=15, open_files=32),
    ),
    Claim(
        "file_mb",
        f"""
{_COUNT}
file = open('x', 'wb', buffering=0)
print(count(lambda n: file.write(bytes(1 << 20)), 30))
""",
        _most(2),
        Limits(wall_seconds=15, file_mb=2),
    ),
    Claim(
        "workspace_mb",
        f"{_COUNT}\nprint(count(lambda n: open(str(n), 'wb').write(bytes(1 << 20)), 30))",
        _most(4),
        Limits(wall_seconds=15, workspace_mb=4),
    ),
    Claim(
        "workspace_files",
        f"import time\n{_COUNT}\nprint(count(lambda n: open(str(n), 'x').close(), 500)); time.sleep(0.7)",
        lambda result: result.reason == "oom" or _most(64)(result),
        Limits(wall_seconds=15, workspace_files=64),
    ),
    Claim(
        "output_kb",
        "import sys; print('x' * 100_000); print('y' * 100_000, file=sys.stderr)",
        lambda result: result.truncated and max(len(result.stdout), len(result.stderr)) < 17_000,
        Limits(wall_seconds=15, output_kb=16),
    ),
    Claim(
        "network",
        """
import socket
def out(family, kind, address):
    try:
        with socket.socket(family, kind) as end: end.settimeout(3); end.connect(address); return True
    except OSError: return False
print(not out(socket.AF_INET, socket.SOCK_STREAM, ('1.1.1.1', 80))
    and not out(socket.AF_INET, socket.SOCK_DGRAM, ('1.1.1.1', 53))
    and not out(socket.AF_INET6, socket.SOCK_DGRAM, ('2606:4700:4700::1111', 53)))
""",
        _true,
    ),
    Claim(
        "filesystem",
        """
def opens(path, mode):
    try: open(path, mode); return True
    except OSError: return False
paths = ('/x', '/etc/x', '/usr/x', '/usr/lib/x', '/home/x', '/root/x', '/var/x', '/dev/x')
print(not any(opens(path, 'w') for path in paths) and not opens('/etc/shadow', 'r'))
""",
        _true,
    ),
    Claim(
        "privileges",
        """
import os
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
print(os.getuid() != 0 and int(status['CapEff'], 16) == 0 and status['NoNewPrivs'] == '1')
""",
        _true,
    ),
    Claim(
        "syscalls",
        """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def code(result): return ctypes.get_errno() if result < 0 else 0
print((code(libc.unshare(0x10000000)), code(libc.mount(b'x', b'/tmp', b'tmpfs', 0, None))) == (errno.EPERM,) * 2)
""",
        _true,
    ),
)
