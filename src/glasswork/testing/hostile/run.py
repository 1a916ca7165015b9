"""Run one hostile program and list everything that is wrong with how it went."""

from __future__ import annotations

import asyncio
import inspect
import platform
import time
from dataclasses import dataclass

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox.base import Job, Limits, Result, Sandbox
from glasswork.testing.hostile import kit
from glasswork.testing.hostile.decoy import Decoy, living
from glasswork.testing.hostile.program import RESULTS, USUAL, Program

_NEXT = b"""
import os, socket
own = {int(p) for p in os.listdir('/proc') if p.isdigit() and os.stat('/proc/' + p).st_uid == os.getuid()}
open('written', 'w').close()
tables = [f'/proc/self/net/{name}' for name in ('tcp', 'udp', 'tcp6', 'udp6')]
for table in filter(os.path.exists, tables):
    for line in open(table).readlines()[1:]: print('a socket is left:', line)
try: print('it may have a socket:', socket.socket(socket.AF_INET))
except OSError: pass
print(len(own - {os.getpid(), os.getppid()}), sorted(os.listdir()), os.listdir('/tmp'), os.listdir('/dev/shm'))
"""
_NOTHING = "0 ['next.py', 'written'] [] []\n"
_GRACE = 2.0
"""Seconds after the wall-clock limit by which a result must be there, starting the sandbox apart."""


@dataclass(frozen=True)
class Finding:
    """How one program went."""

    result: Result | None
    """None where the sandbox raised."""
    seconds: float
    complaints: tuple[str, ...]
    """What should not have happened; empty where the program was contained."""


def fits(program: Program) -> bool:
    """Whether a program is written for this kind of machine."""
    return program.machine in {"", platform.machine()}


async def attack(sandbox: Sandbox, decoy: Decoy, program: Program) -> Finding:
    """Run a program and look at everything: outcome, time, host, what is left, and whether the next program works.

    Raises:
        SandboxUnavailable: the sandbox does not grant the network that the program is given.
    """
    files = {"attack.py": program.text(), "kit.py": inspect.getsource(kit).encode()}
    argv = ("python", "attack.py", decoy.words())
    began = time.monotonic()
    allow = decoy.allowed if program.gateway else ()
    network = program.network.model_copy(update={"allow": allow})
    job = Job(argv=argv, files=files, limits=program.limits, collect=RESULTS, network=network)
    try:
        result = await sandbox.run(job)
    except SandboxUnavailable:
        raise
    except SandboxError as problem:
        return Finding(None, time.monotonic() - began, (f"the sandbox broke: {problem.message}", *decoy.complaints()))
    seconds = time.monotonic() - began
    complaints = _outcome(program, result) + _leaks(decoy, result)
    complaints += [f"still alive: {line}" for line in await asyncio.to_thread(living, decoy.mark)]
    began = time.monotonic()
    complaints += decoy.complaints() + await _next(sandbox)
    start = max(
        1.0, 3 * (time.monotonic() - began)
    )  # at the load that there is, to tell a late result from a slow start
    if seconds > (allowed := program.limits.wall_seconds + _GRACE + start):
        complaints.append(f"the result took {seconds:.1f} s; {allowed:.1f} s were allowed")
    return Finding(result, seconds, tuple(complaints))


def _outcome(program: Program, result: Result) -> list[str]:
    if program.contained(result):
        return []
    ended = f"{result.reason} {result.exit_code}, {result.stdout[:300]!r}, {result.stderr[-300:]!r}"
    return [f"wanted: {program.must}; got: {ended}"]


def _leaks(decoy: Decoy, result: Result) -> list[str]:
    """Look for the secret in all that came back."""
    streams = {"stdout": result.stdout.encode(), "stderr": result.stderr.encode(), **result.files}
    return [f"the secret came back in {name}" for name, data in streams.items() if decoy.secret.encode() in data]


async def _next(sandbox: Sandbox) -> list[str]:
    """Run an ordinary program: it works, can write, and finds neither files nor processes of the one before."""
    limits = Limits(wall_seconds=20, memory_mb=USUAL.memory_mb)
    try:
        result = await sandbox.run(Job(argv=("python", "next.py"), files={"next.py": _NEXT}, limits=limits))
    except SandboxError as problem:
        return [f"the next program could not run: {problem.message}"]
    return [] if result.stdout == _NOTHING else [f"the next program found: {result.stdout}{result.stderr[-300:]}"]
