"""``glasswork models``: which there are, fetching weights, keeping a server up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

app = typer.Typer(help="List models, fetch weights, keep a server up.", no_args_is_help=True, rich_markup_mode=None)

if TYPE_CHECKING:
    from glasswork.library import Library


def known(library: Library) -> list[dict[str, Any]]:
    """Return every model that can be named."""
    return []


@app.command("list")
def list_() -> None:
    "x"


@app.command("pull")
def pull_() -> None:
    "x"


@app.command("serve")
def serve_() -> None:
    "x"
