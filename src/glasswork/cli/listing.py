"""``glasswork list``: what can be named, where it comes from, and which file of several wins."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.listing_games import axelrod, game_columns, games, strategies, werewolf
from glasswork.cli.listing_knowledge import index_columns, indexes
from glasswork.cli.listing_tools import tool_columns, tools

if TYPE_CHECKING:
    from glasswork.library import Library, Listed

DESCRIPTION = 90
"""Characters of a description that are shown; ``--json`` has all."""


class Kind(StrEnum):
    """What can be listed."""

    WORKFLOWS = "workflows"
    AGENTS = "agents"
    ROLES = "roles"
    MODELS = "models"
    TOOLS = "tools"
    KNOWLEDGE = "knowledge"
    GAMES = "games"
    STRATEGIES = "strategies"
    AXELROD = "axelrod"
    WEREWOLF = "werewolf"


_FILES = (Kind.WORKFLOWS, Kind.AGENTS, Kind.ROLES, Kind.MODELS)
"""What a project holds; all else is listed where somebody asks for it."""


def listing(
    kind: Annotated[Kind | None, typer.Argument(help="List these only.", metavar="KIND")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what can be named.

    Workflows, agents, roles and models, and the file that each name stands for. Asked for by their kind: tool models,
    and whether they can be called here; knowledge, the indexes of what was taken in; games; strategies that play them;
    those of the axelrod library; rules and strategies of werewolf.
    """
    from glasswork.library import Library

    library = Library.discover()
    kinds = [kind] if kind else _FILES
    rows = {each.value: _rows(each, library) for each in kinds}
    if as_json:
        say.json_object(rows)
        return
    for name, found in rows.items():
        say.out(say.paint(name, "bold"))
        say.columns(_table(Kind(name), found) or [("none",)], indent="  ")


def _table(kind: Kind, rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    if kind is Kind.GAMES:
        return game_columns(rows)
    if kind is Kind.TOOLS:
        return tool_columns(rows)
    if kind is Kind.KNOWLEDGE:
        return index_columns(rows)
    if kind in _FILES:
        return [_columns(row) for row in rows]
    if kind is Kind.WEREWOLF:
        return [(row["name"], row["kind"], row["description"]) for row in rows]
    return [(row["name"], row["description"]) for row in rows]


def _rows(kind: Kind, library: Library) -> list[dict[str, Any]]:
    if kind is Kind.MODELS:
        from glasswork.cli.models import known

        return known(library)
    if kind is Kind.TOOLS:
        return tools(library)
    if kind is Kind.KNOWLEDGE:
        return indexes()
    if kind not in _FILES:
        return {Kind.GAMES: games, Kind.STRATEGIES: strategies, Kind.AXELROD: axelrod, Kind.WEREWOLF: werewolf}[kind]()
    return [_row(listed) for listed in library.listing() if f"{listed.kind}s" == kind.value]


def _row(listed: Listed) -> dict[str, Any]:
    return {
        "name": listed.name,
        "origin": listed.origin,
        "shadowed": listed.shadowed,
        "broken": listed.broken,
        "description": listed.description,
        "path": str(listed.path),
    }


def _columns(row: dict[str, Any]) -> tuple[str, ...]:
    origin = row["origin"] + (", shadowed" if row.get("shadowed") else "")
    description = " ".join(row["description"].split())
    if row.get("broken"):
        description = f"cannot be used: {description}"
    elif len(description) > DESCRIPTION:
        description = description[: DESCRIPTION - 1].rstrip() + "…"
    return (row["name"], origin, description, say.shown(row["path"]))
