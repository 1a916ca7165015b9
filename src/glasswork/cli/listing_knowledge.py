"""What ``glasswork list knowledge`` says: every index, what it holds, and whether what it finds can be judged."""

from __future__ import annotations

from typing import Any

from glasswork.cli import say
from glasswork.errors import UserError


def indexes() -> list[dict[str, Any]]:
    """Return every index of the project."""
    from glasswork.cli.load import settings_here
    from glasswork.knowledge.store import Shelf

    shelf = Shelf(settings_here().indexes)
    return [_row(shelf, name) for name in shelf.names()]


def _row(shelf: Any, name: str) -> dict[str, Any]:
    from glasswork.knowledge.calibrate import read_fits

    try:
        about = shelf.about(name)
        evaluators = [fit.name for fit in read_fits(shelf, name)]
    except UserError as error:
        return {"name": name, "broken": True, "why": error.message, "path": str(shelf.path(name))}
    facts = {key: about[key] for key in ("documents", "passages", "language", "vectors")}
    return {"name": name, "broken": False, **facts, "evaluators": evaluators, "path": str(shelf.path(name))}


def index_columns(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows as they are printed."""
    return [_columns(row) for row in rows]


def _columns(row: dict[str, Any]) -> tuple[str, ...]:
    if row["broken"]:
        return (row["name"], f"cannot be used: {row['why']}")
    judged = f"evaluator: {', '.join(row['evaluators']) or 'shipped'}"
    ways = "words and vectors" if row["vectors"] else "words"
    held = (say.counted(row["documents"], "document"), say.counted(row["passages"], "passage"))
    return (row["name"], *held, row["language"], ways, judged)
