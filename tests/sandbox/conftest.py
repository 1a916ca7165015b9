"""Which sandboxes are tested: one that needs no daemon always, and each of the three with ``-m live``."""

from __future__ import annotations

import pytest

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox.choose import open_sandbox
from glasswork.testing.hostile import PROGRAMS, secrets
from glasswork.testing.hostile.program import Program

BACKENDS = [
    "local",
    pytest.param("jail", marks=pytest.mark.live),
    pytest.param("bubblewrap", marks=pytest.mark.live),
    pytest.param("docker", marks=[pytest.mark.live, pytest.mark.docker]),
]
ALWAYS = (*secrets.PROGRAMS, *PROGRAMS[::7])
"""The hostile programs that run on a desk, in the local sandbox; all of them run in each backend with ``-m live``."""


async def opened(backend: str):
    """Open a sandbox, or skip and say why there is none. ``local`` is the jail, or bubblewrap where it cannot be had."""
    problems = []
    for name in ("jail", "bubblewrap") if backend == "local" else (backend,):
        try:
            return await open_sandbox(name, run="tests")
        except SandboxUnavailable as problem:
            problems.append(f"no {name} here: {problem.message}")
    return pytest.skip("; ".join(problems))


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS, scope="module")


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if only_live(getattr(item, "callspec", None))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def only_live(callspec) -> bool:
    """Whether a test is that of a hostile program which does not run in the local sandbox."""
    params = callspec.params if callspec else {}
    program = params.get("program")
    return params.get("backend") == "local" and isinstance(program, Program) and program not in ALWAYS
