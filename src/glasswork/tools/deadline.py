"""A call's deadline: what is not there in time is told by the tool's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from glasswork.errors import ToolTimeout
from glasswork.tools.base import Spec


@asynccontextmanager
async def deadline(spec: Spec, seconds: float | None) -> AsyncIterator[float]:
    """Give what is within so many seconds, or as many as the spec says; it is cancelled then.

    Raises:
        ToolTimeout: it took longer.
    """
    given = seconds or spec.timeout
    try:
        async with asyncio.timeout(given):
            yield given
    except TimeoutError:
        raise ToolTimeout(f"{spec.name}: no result within {given:g} s; it was stopped") from None
