"""No hostile program gets what it wants in any backend, and when all is over nothing of them is left."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from tests.sandbox.conftest import opened

from glasswork.testing.hostile.suite import HostileContract
from glasswork.testing.leaks import left_behind, traces

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm(backend):
    """One sandbox for all programs, and a look at the machine when it is closed."""
    await (await opened(backend)).aclose()  # the first one imports, and may build an image
    before = traces()
    sandbox = await opened(backend)
    yield sandbox
    await sandbox.aclose()
    assert await asyncio.to_thread(left_behind, before) == []


class TestHostile(HostileContract):
    @pytest.fixture
    def sandbox(self, warm):
        return warm
