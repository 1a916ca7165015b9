"""Six small attacks that a sandbox must stop before it is used."""

from __future__ import annotations

import json
import tempfile

from glasswork.errors import SandboxError, SandboxUnavailable
from glasswork.sandbox.base import Job, Limits, Sandbox

HINT = "start Docker, or install bubblewrap (apt install bubblewrap), or use a Linux with Landlock (5.13 or newer)"
_PROGRAM = b"""
import ctypes, json, os, socket, sys

def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False

def status(field):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(field + ":"))

canary, secret = sys.argv[1:]
unshare = ctypes.CDLL(None).unshare
print(json.dumps({
    "reads a file of the host": not refused(lambda: open(canary)),
    "opens a network socket": not refused(lambda: socket.socket(socket.AF_INET)),
    "makes a user namespace": unshare(0x10000000) == 0,
    "writes outside its folder": not refused(lambda: open("/usr/planted", "w")),
    "has privileges": os.getuid() == 0 or int(status("CapEff"), 16) != 0 or status("NoNewPrivs") != "1",
    "sees the host's environment": any(secret in value for value in os.environ.values()),
}))
"""


async def check(sandbox: Sandbox) -> None:
    """Run the attacks.

    Raises:
        SandboxUnavailable: the sandbox does not run programs here, or let an attack through.
    """
    with tempfile.NamedTemporaryFile(prefix="glasswork-canary-") as canary:
        job = Job(
            argv=("python", "attack.py", canary.name, "canary"),
            files={"attack.py": _PROGRAM},
            limits=Limits(wall_seconds=10),
        )
        try:
            result = await sandbox.run(job)
        except SandboxError as problem:
            raise SandboxUnavailable(problem.message, hint=HINT) from problem
    if not result.ok:
        ended = f"{result.reason} {result.exit_code}: {result.stderr[-300:]}"
        raise SandboxUnavailable(f"its self-test ended with {ended}", hint=HINT)
    through = [what for what, happened in json.loads(result.stdout).items() if happened]
    if through:
        raise SandboxUnavailable(f"its self-test failed: a program {', '.join(through)}", hint=HINT)
