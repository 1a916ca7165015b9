"""Several things at once: what becomes of the others where one goes wrong."""

from __future__ import annotations

import asyncio

import pytest

from glasswork.errors import BudgetExceeded, GlassworkError, LogError, Waiting
from glasswork.workflow.together import each_to_its_end


class Work:
    """Does each thing in its time; a thing that is an error is raised."""

    def __init__(self):
        self.done, self.now, self.most = [], 0, 0

    async def __call__(self, thing):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        if isinstance(thing, Exception):
            raise thing
        self.done.append(thing)
        return thing


async def test_what_is_done_comes_back_in_order_and_so_many_at_once():
    work = Work()
    assert await each_to_its_end(work, range(7), 3) == tuple(range(7))
    assert work.most == 3


@pytest.mark.parametrize(
    ("errors", "kind", "message"),
    [
        ((Waiting("ada"), Waiting("bo"), Waiting("ada")), Waiting, "ada; bo"),
        ((Waiting("ada"), GlassworkError("cut off"), GlassworkError("cut off")), GlassworkError, "cut off"),
    ],
    ids=["all wait", "some are worse"],
)
async def test_the_others_go_on_and_the_reasons_are_told_once(errors, kind, message):
    work = Work()
    with pytest.raises(GlassworkError) as told:
        await each_to_its_end(work, [1, *errors, 2], 1)
    assert (type(told.value), told.value.message) == (kind, message)
    assert work.done == [1, 2]


@pytest.mark.parametrize("error", [BudgetExceeded("spent"), LogError("full")])
async def test_where_nothing_can_go_on_all_ends_at_once(error):
    work = Work()
    with pytest.raises(type(error)):
        await each_to_its_end(work, [1, error, 2, 3], 1)
    assert work.done == [1]
