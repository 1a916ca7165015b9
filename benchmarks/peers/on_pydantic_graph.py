"""pydantic-graph: steps are coroutine functions that append one text to a list in the state. It stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_graph import (  # type: ignore[import-not-found]  # in the peers' environment alone
    Graph,
    GraphBuilder,
    StepContext,
    reduce_list_append,
)
from worker import Measured, clock, payload, serve


@dataclass
class State:
    """What all steps share."""

    texts: list[str] = field(default_factory=list)


def _builder() -> Any:
    return GraphBuilder(name="bench", state_type=State, output_type=int)


async def _timed(graph: Graph) -> Measured:
    with clock() as measured:
        await graph.run(state=State())
    return measured


def _step(name: str, bytes_: int) -> Callable[[Any], Awaitable[int]]:
    async def step(context: StepContext) -> int:
        context.state.texts.append(payload(name, bytes_))
        return len(context.state.texts)

    return step


def chain(*, folder: Path, steps: int, bytes_: int, how: str) -> Measured:  # noqa: ARG001 - nothing is stored
    """Measure ``steps`` steps in a row."""
    builder = _builder()
    nodes = [builder.step(_step(f"s{n}", bytes_), node_id=f"s{n}") for n in range(1, steps + 1)]
    for before, after in zip([builder.start_node, *nodes], [*nodes, builder.end_node], strict=True):
        builder.add(builder.edge_from(before).to(after))
    return asyncio.run(_timed(builder.build()))


def fanout(*, folder: Path, steps: int, bytes_: int, how: str, wait: float) -> Measured:  # noqa: ARG001 - the same
    """Measure one step mapped over ``steps`` items that wait at once, and one that needs them all."""
    builder = _builder()

    async def items(_: StepContext) -> list[int]:
        return list(range(steps))

    async def work(context: StepContext) -> str:
        await asyncio.sleep(wait)
        return payload(f"s{context.inputs}", bytes_)

    async def end(context: StepContext) -> int:
        return len(context.inputs)

    first, each, last = (builder.step(step, node_id=step.__name__) for step in (items, work, end))
    join = builder.join(reduce_list_append, initial_factory=list)
    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).map().to(each),
        builder.edge_from(each).to(join),
        builder.edge_from(join).to(last),
        builder.edge_from(last).to(builder.end_node),
    )
    return asyncio.run(_timed(builder.build()))


if __name__ == "__main__":
    serve(chain=chain, fanout=fanout)
