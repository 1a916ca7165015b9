"""What ``glasswork list tools`` says: every tool model, what it takes and gives, and whether it can be called here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import DefinitionError

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.tools import Tools

DESCRIPTION = 70
"""Characters of a description that are shown; ``--json`` has all."""


def tools(library: Library) -> list[dict[str, Any]]:
    """Return every tool model, with its health; nothing is started for it."""
    from glasswork.cli.toolbox import listed_tools

    pool = listed_tools(library, Path())
    origins = {one.name: one.origin for one in library.listing() if one.kind == "tool" and not one.shadowed}
    return asyncio.run(_rows(pool, origins))


async def _rows(pool: Tools, origins: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return [await _row(pool, name) | {"origin": origins[name]} for name in pool.names()]
    finally:
        await pool.aclose()


async def _row(pool: Tools, name: str) -> dict[str, Any]:
    try:
        tool = pool.get(name)
    except DefinitionError as error:
        return {"name": name, "ok": False, "why": f"cannot be used: {error.problems[0]}", "hint": "", "broken": True}
    health = await tool.health()
    spec = tool.spec.model_dump(mode="json")
    return spec | health.model_dump() | {"broken": False}


def tool_columns(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows as they are printed."""
    return [_columns(row) for row in rows]


def _columns(row: dict[str, Any]) -> tuple[str, ...]:
    if row["broken"]:
        return (row["name"], "", row["origin"], row["why"])
    takes = ", ".join(one["type"] + ("" if one["required"] else "?") for one in row["inputs"].values()) or "nothing"
    words = row["description"]
    words = words if len(words) <= DESCRIPTION else words[: DESCRIPTION - 1].rstrip() + "…"
    state = words if row["ok"] else f"{row['why']}: {row['hint']}"
    return (row["name"], f"{takes} -> {row['output']['type']}", row["where"], state)
