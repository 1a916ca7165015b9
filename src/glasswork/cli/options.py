"""Options and arguments that the log's commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Logs = Annotated[
    Path | None, typer.Option("--logs", help="Folder of runs; default: logs in the project.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Leave nothing out.")]
Run = Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")]
See = Annotated[
    str,
    typer.Option(
        "--see",
        help="Of a game of werewolf: all, what is public, or what a player may know.",
        metavar="all|public|NAME",
        show_default=False,
    ),
]
Pager = Annotated[bool, typer.Option("--pager/--no-pager", help="On a terminal: through a pager.")]
