"""The hostile suite for a backend, to inherit: every program is stopped, and harmless ones are not.

::

    class TestHostile(HostileContract):
        @pytest.fixture
        async def sandbox(self):
            sandbox = MySandbox()
            yield sandbox
            await sandbox.aclose()
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from glasswork.errors import SandboxUnavailable
from glasswork.sandbox.base import Job, Sandbox
from glasswork.testing.hostile import PROGRAMS
from glasswork.testing.hostile.benign import ABSENT, CONTROLS, Control
from glasswork.testing.hostile.decoy import Decoy, planted
from glasswork.testing.hostile.program import Program
from glasswork.testing.hostile.run import attack, fits


class HostileContract:
    """What no program gets out of a sandbox. A subclass gives an (async) fixture ``sandbox``, of any scope."""

    @pytest.fixture
    def decoy(self) -> Iterator[Decoy]:
        """A host with something to steal."""
        with planted() as decoy:
            yield decoy

    @pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
    async def test_it_gets_nothing(self, sandbox: Sandbox, decoy: Decoy, program: Program) -> None:
        """The required outcome in time, the host untouched, nothing left, and the next program works."""
        if not fits(program):
            pytest.skip(f"written for {program.machine}")
        try:
            finding = await attack(sandbox, decoy, program)
        except SandboxUnavailable as problem:
            pytest.skip(problem.message)
        assert not finding.complaints, finding.complaints

    @pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
    async def test_harmless_programs_work(self, sandbox: Sandbox, decoy: Decoy, control: Control) -> None:
        """What an ordinary program does, it may."""
        files = {"main.py": control.code.encode()}
        network = control.network.model_copy(update={"allow": decoy.allowed if control.gateway else ()})
        argv = ("python", "main.py", str(decoy.port))
        job = Job(argv=argv, files=files, limits=control.limits, network=network)
        try:
            result = await sandbox.run(job)
        except SandboxUnavailable as problem:
            pytest.skip(problem.message)
        if result.stdout.startswith(ABSENT):
            pytest.skip(f"not in this sandbox: {result.stdout.removeprefix(ABSENT + ': ').strip()}")
        assert result.ok, (result.reason, result.exit_code, result.stderr[-500:])
        assert result.stdout.endswith(control.prints)
        assert control.also(result)
