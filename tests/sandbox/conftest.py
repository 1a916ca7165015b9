"""Which sandboxes are tested: the jail where the kernel allows it, the others with ``-m live``."""

from __future__ import annotations

import pytest

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox.choose import open_sandbox

BACKENDS = [
    "jail",
    pytest.param("bubblewrap", marks=pytest.mark.live),
    pytest.param("docker", marks=[pytest.mark.live, pytest.mark.docker]),
]


async def opened(backend: str):
    """Open a sandbox, or skip and say why there is none."""
    try:
        return await open_sandbox(backend, run="tests")
    except SandboxUnavailable as problem:
        pytest.skip(f"no {backend} here: {problem.message}")


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS, scope="module")
