"""The list of runs: what ``glasswork log list`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from glasswork.log.runs import RunSummary
from glasswork.view import theme
from glasswork.view.theme import Drawn, Glyphs, number, said, seconds, styled


def runs_view(runs: Sequence[RunSummary]) -> RenderableType:
    """Draw a table of runs, in the order given."""
    if not runs:
        return styled("There are no runs yet.", theme.MUTED)
    return Drawn(lambda glyphs: _table(runs, glyphs))


def _table(runs: Sequence[RunSummary], glyphs: Glyphs) -> Table:
    table = Table(box=None, pad_edge=False, header_style=theme.MUTED)
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("time", "calls", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        state = glyphs.of_state(run.state).append_text(said(f" {run.state}"))
        table.add_row(
            said(run.run), state, Text(seconds(run.seconds)), Text(number(run.calls)), Text(number(run.tokens))
        )
    return table
