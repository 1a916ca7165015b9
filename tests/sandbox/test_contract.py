"""Every backend keeps the contract."""

from __future__ import annotations

import pytest
from tests.sandbox.conftest import opened

from glasswork.testing import SandboxContract


class TestContract(SandboxContract):
    @pytest.fixture
    async def sandbox(self, backend):
        sandbox = await opened(backend)
        yield sandbox
        await sandbox.aclose()
