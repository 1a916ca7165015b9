"""Every backend keeps the contract."""

from __future__ import annotations

import pytest

from glasswork.testing import SandboxContract
from tests.sandbox.conftest import opened


class TestContract(SandboxContract):
    @pytest.fixture
    async def sandbox(self, backend):
        sandbox = await opened(backend)
        yield sandbox
        await sandbox.aclose()
