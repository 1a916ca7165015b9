"""Which sandbox: Docker, else bubblewrap, else the kernel jail, else a refusal. Never a plain subprocess."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

from glasswork.errors import NotFound, SandboxError, SandboxUnavailable
from glasswork.records import Record
from glasswork.sandbox import selftest
from glasswork.sandbox.base import Sandbox

OnProgress = Callable[[str], None]
"""Is told, in a few words, what takes long or went wrong on the way to a sandbox."""
BACKENDS = ("docker", "bubblewrap", "jail")
"""In the order of choice."""

_STRENGTH = ("default", "jail", "bubblewrap", "docker")
"""Backends, those that contain less first."""


def stronger(one: str, other: str) -> str:
    """Return whichever of two backends contains more; ``default`` leaves it open, and counts as the least."""
    return max(one, other, key=_STRENGTH.index)


class Availability(Record):
    """Whether one backend can be had here, and what to expect of it."""

    name: str
    ok: bool
    why: str
    """What was found, or what is missing."""
    hint: str = ""
    """How to get it, where it is missing."""
    not_contained: tuple[str, ...] = ()


def _quiet(_: str) -> None:
    """Take no notice."""


async def open_sandbox(backend: str = "default", *, run: str = "", on_progress: OnProgress | None = None) -> Sandbox:
    """Open a sandbox that has passed its self-test.

    Args:
        backend: one of :data:`BACKENDS`, or ``default`` for the first of them that works here.
        run: the id of the run it serves; containers are labelled with it.
        on_progress: is told of slow steps (building an image) and of backends that were passed over.

    Raises:
        NotFound: there is no backend of that name.
        SandboxUnavailable: the one that was asked for, or all of them, cannot be had here.
    """
    if backend not in {*BACKENDS, "default"}:
        raise NotFound("sandbox", backend, ("default", *BACKENDS))
    tell = on_progress or _quiet
    if backend != "default":
        return await _OPEN[backend](run, tell)
    missing = []
    for name in BACKENDS:
        try:
            return await _OPEN[name](run, tell)
        except SandboxError as problem:
            missing.append(f"{name}: {problem.message}")
            tell(f"no {name} sandbox: {problem.message}")
    raise SandboxUnavailable("no sandbox can be had on this machine (" + "; ".join(missing) + ")", hint=selftest.HINT)


async def _docker(run: str, tell: OnProgress) -> Sandbox:
    from glasswork.sandbox import docker

    sandbox = await docker.connect(run, tell)
    return await _tested(sandbox)


async def _bubblewrap(_run: str, _tell: OnProgress) -> Sandbox:
    from glasswork.sandbox.bubblewrap import Bubblewrap

    return await _tested(Bubblewrap())


async def _jail(_run: str, _tell: OnProgress) -> Sandbox:
    from glasswork.sandbox.jail import Jail

    return await _tested(Jail())


async def _tested(sandbox: Sandbox) -> Sandbox:
    try:
        await selftest.check(sandbox)
    except BaseException:
        await sandbox.aclose()
        raise
    return sandbox


_OPEN: dict[str, Callable[[str, OnProgress], Awaitable[Sandbox]]] = {
    "docker": _docker,
    "bubblewrap": _bubblewrap,
    "jail": _jail,
}


def survey() -> tuple[Availability, ...]:
    """Say of every backend whether it can be had here. Builds no image and leaves nothing running.

    May be called with or without an event loop running; takes about half a second, two more where Docker hangs.
    """
    box: list[tuple[Availability, ...]] = []
    thread = threading.Thread(target=lambda: box.append(asyncio.run(_survey())))  # apart from any running loop
    thread.start()
    thread.join()
    return box[0]


async def _survey() -> tuple[Availability, ...]:
    return (await _survey_docker(), await _survey_local("bubblewrap"), await _survey_local("jail"))


async def _survey_docker() -> Availability:
    from glasswork.sandbox import docker

    try:
        why = await asyncio.to_thread(docker.describe)
    except SandboxUnavailable as problem:
        return Availability(name="docker", ok=False, why=problem.message, hint=problem.hint)
    return Availability(name="docker", ok=True, why=why, not_contained=docker.NOT_CONTAINED)


async def _survey_local(name: str) -> Availability:
    from glasswork.sandbox import bubblewrap, jail

    open_gaps = {"bubblewrap": bubblewrap.NOT_CONTAINED, "jail": jail.NOT_CONTAINED}[name]
    try:
        sandbox = await _OPEN[name]("", _quiet)
    except SandboxError as problem:
        return Availability(name=name, ok=False, why=problem.message, hint=problem.hint)
    await sandbox.aclose()
    return Availability(name=name, ok=True, why="passed its self-test", not_contained=open_gaps)
