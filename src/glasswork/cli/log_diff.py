"""``glasswork log diff``: where two runs part, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Pager, Verbose

_HELP = "A run's id, the start or the end of one, or 'latest'."


def diff(
    a: Annotated[str, typer.Argument(help=_HELP, metavar="A")],
    b: Annotated[str, typer.Argument(help=_HELP, metavar="B")],
    *,
    logs: Logs = None,
    verbose: Verbose = False,
    pager: Pager = True,
    as_json: AsJson = False,
) -> None:
    """Show where two runs part, side by side, and how each step came out in both.

    Exits with 0 where they are alike but for times, with 1 where they differ.
    """
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run
    from glasswork.view.comparing import compare

    folder = logs_folder(logs)
    found = compare(*(read(find_run(folder, name)) for name in (a, b)))
    if as_json:
        from glasswork.view.as_json import diff_json

        say.json_object(diff_json(found))
    else:
        from glasswork.cli.pager import pages
        from glasswork.view.diff import diff as page

        pages([page(found, verbose=verbose)], pager=pager)
    if not found.same:
        raise typer.Exit(1)
