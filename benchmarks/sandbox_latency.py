"""What a program in a sandbox waits for, in each backend, beside ``docker exec``, ``docker run`` and ``bwrap`` alone.

    python benchmarks/sandbox_latency.py [--runs 30] [--seed 0] [--json]

Every round runs every way once, in turn, so that what else the machine does meets all of them; the first round does
not count. Told are medians and ratios of medians, each with a bootstrap interval (95 %) over rounds. Two programs, both
in Python: one that does nothing, and one that is busy for 10 ms. All direct calls to Docker use the image of
Glasswork's own sandbox and the same limits, so that the ratio is what Glasswork adds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox.base import Job, Limits, Sandbox
from glasswork.sandbox.choose import BACKENDS, open_sandbox
from glasswork.statistics import bootstrap, quantile

BUSY_MS = 10
_BUSY = f"from time import perf_counter as now\nend = now() + {BUSY_MS / 1000}\nwhile now() < end: pass"
PROGRAMS = {"does nothing": "pass", f"is busy for {BUSY_MS} ms": _BUSY}
PLAIN, EXEC, SDK, RUN, BWRAP = "python3, no sandbox", "docker exec, CLI", "docker exec, SDK", "docker run, CLI", "bwrap"
BASES = (EXEC, SDK, RUN, BWRAP)
"""What the others are measured against."""
LOCKED = (
    *("--init", "--network", "none", "--ipc", "private", "--read-only", "--cap-drop", "ALL", "--hostname", "sandbox"),
    *("--security-opt", "no-new-privileges", "--memory", "544m", "--memory-swap", "544m", "--pids-limit", "68"),
    *("--cpus", "1", "--shm-size", "16m", "--log-driver", "none", "--user", "23456:23456"),
    *("--tmpfs", "/work:size=64m,mode=777,nosuid,nodev,noexec", "--tmpfs", "/tmp:size=64m,nosuid,nodev,noexec"),
)
"""How Glasswork starts its container, in the words of the command line."""
BARRIERS = (
    *("--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent", "--new-session", "--clearenv"),
    *("--cap-drop", "ALL", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/work"),
)
Way = Callable[[str], Awaitable[None]]
"""Runs a Python text to its end."""
Times = dict[str, dict[str, list[float]]]
"""Program to way to the milliseconds of each round."""


# --- direct ways ------------------------------------------------------------------------------------------------------


def command(*words: str) -> Way:
    """Return the way of a command line that takes the program as its last word."""

    async def run(program: str) -> None:
        subprocess.run([*words, program], check=True, stdout=subprocess.DEVNULL)  # noqa: ASYNC221 - alone, to be timed

    return run


def bare_bwrap() -> Way:
    """Return ``bwrap`` with barriers like Glasswork's, and nothing inside but the program."""
    words = [shutil.which("bwrap") or "bwrap", *BARRIERS]
    for path in (Path("/", name) for name in ("bin", "sbin", "lib", "lib64")):
        words += ["--symlink", str(path.readlink()), str(path)] if path.is_symlink() else []
    return command(*words, "/usr/bin/python3", "-c")


def docker_image(run: str) -> str:
    """Return the image of the container that Glasswork has opened for ``run``."""
    shown = ["docker", "ps", "--filter", f"label=glasswork.run={run}", "--format", "{{.Image}}"]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()[0]


def direct_docker(stack: AsyncExitStack, image: str) -> dict[str, Way]:
    """Start a container of one's own, and return the three ways to run something in Docker without Glasswork."""
    import docker

    start = ["docker", "run", "--detach", "--rm", *LOCKED, image, "sleep", "3600"]
    container = subprocess.run(start, check=True, capture_output=True, text=True).stdout.strip()
    stack.callback(subprocess.run, ["docker", "kill", container], check=False, stdout=subprocess.DEVNULL)
    client = docker.from_env()
    stack.callback(client.close)
    found = client.containers.get(container)

    async def by_sdk(program: str) -> None:
        assert found.exec_run(["python3", "-c", program]).exit_code == 0

    return {
        EXEC: command("docker", "exec", container, "python3", "-c"),
        SDK: by_sdk,
        RUN: command("docker", "run", "--rm", *LOCKED, image, "python3", "-c"),
    }


# --- Glasswork's ways -------------------------------------------------------------------------------------------------


async def in_sandbox(sandbox: Sandbox, program: str, limits: Limits | None = None) -> None:
    """Run a program in a sandbox that is open."""
    result = await sandbox.run(Job(argv=("python", "-c", program), limits=limits or Limits()))
    assert result.ok, result


async def opened_anew(backend: str, program: str) -> None:
    """Open a sandbox, which tests itself, run one program in it, and close it: what a run with one program pays."""
    sandbox = await open_sandbox(backend)
    try:
        await in_sandbox(sandbox, program)
    finally:
        await sandbox.aclose()


def in_new_container(sandbox: Sandbox) -> Way:
    """Return a way that asks for another size each time, so that the container is replaced each time."""
    sizes = [512, 513]

    async def run(program: str) -> None:
        sizes.reverse()
        await in_sandbox(sandbox, program, Limits(memory_mb=sizes[0]))

    return run


async def backend_ways(stack: AsyncExitStack, backend: str) -> dict[str, Way]:
    """Open a backend and return the ways to run something in it.

    Raises:
        SandboxUnavailable: it cannot be had here.
    """

    async def opened(run: str) -> Sandbox:
        sandbox = await open_sandbox(backend, run=run)
        stack.push_async_callback(sandbox.aclose)
        return sandbox

    run = f"latency-{os.getpid()}"
    sandbox = await opened(run)
    ways: dict[str, Way] = {}
    if backend == "docker":
        ways |= direct_docker(stack, docker_image(run))
        ways["glasswork docker, new container"] = in_new_container(await opened(run + "-new"))
    if backend == "bubblewrap":
        ways[BWRAP] = bare_bwrap()
    ways[f"glasswork {backend}"] = partial(in_sandbox, sandbox)
    ways[f"glasswork {backend}, opened anew"] = partial(opened_anew, backend)
    return ways


# --- measuring --------------------------------------------------------------------------------------------------------


async def measure(runs: int) -> tuple[Times, dict[str, str]]:
    """Run every way ``runs`` times, in turn; return the times, and which backends are missing and why."""
    missing: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        ways: dict[str, Way] = {PLAIN: command("/usr/bin/python3", "-c")}
        for backend in BACKENDS:
            try:
                ways |= await backend_ways(stack, backend)
            except SandboxUnavailable as problem:
                missing[backend] = problem.message
        times: Times = {program: {way: [] for way in ways} for program in PROGRAMS}
        for number in range(runs + 1):
            for program, text in PROGRAMS.items():
                for name, way in ways.items():
                    began = time.perf_counter()
                    await way(text)
                    if number:
                        times[program][name].append(1000 * (time.perf_counter() - began))
    return times, missing


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return quantile(values, 0.5)


def with_interval(
    values: Sequence[Any], statistic: Callable[[Sequence[Any]], float], seed: int
) -> tuple[float, float, float]:
    """Return a statistic and its bootstrap interval."""
    return (statistic(values), *bootstrap(values, statistic, seed=seed))


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the ratio of two medians."""
    return middle([one for one, _ in pairs]) / middle([other for _, other in pairs])


def added(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the difference of two medians."""
    return middle([one for one, _ in pairs]) - middle([other for _, other in pairs])


def summary(times: Times, missing: Mapping[str, str], seed: int) -> dict[str, Any]:
    """Return what the tables show, as numbers: each a value and the two ends of its interval."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for program, ways in times.items():
        rows[program] = {}
        for name, values in ways.items():
            bases = {base: list(zip(values, ways[base], strict=True)) for base in BASES if base in ways}
            rows[program][name] = {
                "ms": with_interval(values, middle, seed),
                "added_ms": with_interval(list(zip(values, ways[PLAIN], strict=True)), added, seed),
                "ratio": {base: with_interval(pairs, ratio, seed) for base, pairs in bases.items()},
            }
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "runs": len(next(iter(times[next(iter(times))].values()))),
        "seed": seed,
        "missing": dict(missing),
        "programs": rows,
    }


def show(found: Mapping[str, Any]) -> None:
    """Print the tables in the form that Markdown has for them."""
    from rich.box import MARKDOWN
    from rich.console import Console
    from rich.table import Table

    print(f"{found['machine']}; Python {found['python']}; load {found['load']}")
    print(f"{found['runs']} rounds; in brackets 95 % of the bootstrap, seed {found['seed']}")
    for backend, why in found["missing"].items():
        print(f"no {backend}: {why}")
    for program, rows in found["programs"].items():
        bases = list(next(iter(rows.values()))["ratio"])
        table = Table("", "ms", "more than no sandbox", *(f"/ {base}" for base in bases), box=MARKDOWN)
        for name, row in rows.items():
            ratios = [_cell(row["ratio"][base], 2) for base in bases]
            table.add_row(name, _cell(row["ms"], 0), _cell(row["added_ms"], 0), *ratios)
        print(f"\nA program that {program}")
        Console(width=220, highlight=False).print(table)


def _cell(found: Sequence[float], digits: int) -> str:
    value, low, high = (f"{number:.{digits}f}" for number in found)
    return f"{value} ({low}-{high})"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30, help="rounds that count")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    times, missing = asyncio.run(measure(options.runs))
    found = summary(times, missing, options.seed)
    if options.json:
        json.dump({**found, "times": times}, sys.stdout, indent=2)
        print()
    else:
        show(found)


if __name__ == "__main__":
    main()
