"""Waiting for several things at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from glasswork.errors import BudgetExceeded, GlassworkError, LogError, Waiting

K = TypeVar("K")
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


async def each_to_its_end(do: Callable[[K], Awaitable[T]], what: Iterable[K], parallel: int) -> tuple[T, ...]:
    """Do something with each of several, ``parallel`` at once at most; where one goes wrong, the others go on.

    Raises:
        Waiting: those that came to no end wait for a person.
        BudgetExceeded, LogError: at once, since nothing can go on then.
        GlassworkError: some went wrong otherwise: the reasons, each once.
    """
    slots = asyncio.Semaphore(parallel)

    async def one(key: K) -> tuple[T] | GlassworkError:
        async with slots:
            try:
                return (await do(key),)
            except (BudgetExceeded, LogError):
                raise
            except GlassworkError as error:
                return error

    ended = await all_or_none([asyncio.create_task(one(key)) for key in what])
    wrong = [each for each in ended if isinstance(each, GlassworkError)]
    worse = [each for each in wrong if not isinstance(each, Waiting)]
    if wrong:
        kind = GlassworkError if worse else Waiting
        raise kind("; ".join(dict.fromkeys(each.message for each in worse or wrong)))
    return tuple(each[0] for each in ended if isinstance(each, tuple))
