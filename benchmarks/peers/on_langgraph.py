"""LangGraph: nodes are functions that append one text to a list in the state.

``durable`` is its SQLite checkpointer with ``durability="sync"``: each super-step is stored before the next begins.
``delta`` also stores only what is new of the list (``DeltaChannel``, in beta), in place of the whole list each time.
"""

from __future__ import annotations

import asyncio
import operator
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.channels import DeltaChannel  # type: ignore[import-not-found]  # in the peers' environment alone
from langgraph.checkpoint.sqlite import SqliteSaver  # type: ignore[import-not-found]  # the same
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # type: ignore[import-not-found]  # the same
from langgraph.graph import END, START, StateGraph  # type: ignore[import-not-found]  # the same
from worker import Measured, clock, payload, serve, size


def _all(texts: list[str], more: Iterable[list[str]]) -> list[str]:
    return [*texts, *(text for some in more for text in some)]


class Whole(TypedDict):
    """State that is stored whole at every step: the documented way."""

    texts: Annotated[list[str], operator.add]


class Delta(TypedDict):
    """State of which each step stores what it adds."""

    texts: Annotated[list[str], DeltaChannel(_all)]


BEGIN: Any = {"texts": []}
FILE = "checkpoints.sqlite"


def _config(steps: int) -> Any:
    return {"recursion_limit": steps + 10, "configurable": {"thread_id": "bench"}}


def _node(name: str, bytes_: int) -> Callable[[Any], Any]:
    return lambda _: {"texts": [payload(name, bytes_)]}


def _waiting(name: str, bytes_: int, wait: float) -> Callable[[Any], Awaitable[Any]]:
    async def node(_: Any) -> Any:
        await asyncio.sleep(wait)
        return {"texts": [payload(name, bytes_)]}

    return node


def chain(*, folder: Path, steps: int, bytes_: int, how: str) -> Measured:
    """Measure ``steps`` nodes in a row, called from synchronous code: its fastest way."""
    graph = StateGraph(Delta if how == "delta" else Whole)
    names = [f"s{n}" for n in range(1, steps + 1)]
    for name in names:
        graph.add_node(name, _node(name, bytes_))
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    if how == "bare":
        plain = graph.compile()
        with clock() as measured:
            plain.invoke(BEGIN, _config(steps))
        return measured
    with closing(sqlite3.connect(folder / FILE, check_same_thread=False)) as connection:
        saved = graph.compile(checkpointer=SqliteSaver(connection))
        with clock() as measured:
            saved.invoke(BEGIN, _config(steps), durability="sync")
    return {**measured, "bytes": size(folder)}


def fanout(*, folder: Path, steps: int, bytes_: int, how: str, wait: float) -> Measured:
    """Measure ``steps`` nodes that wait at once, and one that needs them all."""
    graph = StateGraph(Whole)
    names = [f"s{n}" for n in range(1, steps + 1)]
    for name in names:
        graph.add_node(name, _waiting(name, bytes_, wait))
        graph.add_edge(START, name)
    graph.add_node("join", _node("join", bytes_))
    graph.add_edge(names, "join")
    graph.add_edge("join", END)
    return asyncio.run(_run(graph, steps, folder / FILE if how == "durable" else None))


async def _run(graph: StateGraph, steps: int, file: Path | None) -> Measured:
    if file is None:
        plain = graph.compile()
        with clock() as measured:
            await plain.ainvoke(BEGIN, _config(steps))
        return measured
    async with AsyncSqliteSaver.from_conn_string(str(file)) as saver:
        saved = graph.compile(checkpointer=saver)
        with clock() as measured:
            await saved.ainvoke(BEGIN, _config(steps), durability="sync")
    return {**measured, "bytes": size(file.parent)}


if __name__ == "__main__":
    serve(chain=chain, fanout=fanout)
