"""Waiting for several things at once."""

from __future__ import annotations

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def all_or_none(tasks: list[asyncio.Task[T]]) -> list[T]:
    """Wait for all tasks; when one raises, or this is cancelled, stop the others before going on."""
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
