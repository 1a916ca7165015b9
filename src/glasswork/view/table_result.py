"""What games of hidden roles came to, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from glasswork.games.werewolf.seeing import Tables
from glasswork.records import Event
from glasswork.view import theme
from glasswork.view.game_sheet import sheet_view
from glasswork.view.table_document import measured
from glasswork.view.table_rules import rules_in_short
from glasswork.view.table_sheets import LISTED, games_sheet, group_sheets, rating_sheets
from glasswork.view.theme import said, styled


def table_views(events: Iterable[Event], *, seed: int = 0, verbose: bool = False) -> Iterator[RenderableType]:
    """Yield the tables of all such games of a run. A log that contradicts its own rules is said to."""
    kept = [*events]
    try:
        found, result = measured(kept, seed=seed)
    except ValueError as error:
        yield said(f"the games of this run cannot be measured: {error}", theme.WARN)
        return
    if result is None:
        if Tables(kept).steps:
            yield styled("no game is over yet", theme.WARN)
        return
    for group in result.groups:
        yield said(rules_in_short(group.rules.model_dump()), theme.HEAD)
        own = [game for game in found if game.rules == group.rules]
        for sheet in (games_sheet(own, None if verbose else LISTED), *group_sheets(group)):
            yield Text()
            yield sheet_view(sheet, notes=verbose)
    for sheet in rating_sheets(result):
        yield Text()
        yield sheet_view(sheet, notes=verbose)
    if result.no_ratings:
        yield Text()
        yield said(f"No ratings: {result.no_ratings}.", theme.MUTED)
