"""Every backend keeps the contract, and each of ours names all limits."""

from __future__ import annotations

import pytest
from tests.sandbox.conftest import opened

from glasswork.sandbox.base import Job, Limits, Network
from glasswork.testing.claims import BARRIERS, CLAIMS
from glasswork.testing.sandbox import SandboxContract, python


class TestContract(SandboxContract):
    @pytest.fixture
    async def sandbox(self, backend):
        sandbox = await opened(backend)
        yield sandbox
        await sandbox.aclose()

    async def test_all_is_enforced(self, sandbox):
        result = await python(sandbox, "")
        assert set(result.limits_enforced) == {*Limits.model_fields, *BARRIERS}

    async def test_all_is_granted(self, sandbox):
        code = "import os, socket; socket.create_server(('127.0.0.1', 0)); print('HTTP_PROXY' in os.environ)"
        network = Network(loopback=True, allow=("example.org:443",))
        result = await sandbox.run(Job(argv=("python", "-c", code), network=network))
        assert result.stdout == "True\n"
        assert set(result.limits_enforced) == {*Limits.model_fields, *BARRIERS}


def test_every_name_has_a_test_of_its_own():
    assert sorted(claim.name for claim in CLAIMS) == sorted([*Limits.model_fields, *BARRIERS])
