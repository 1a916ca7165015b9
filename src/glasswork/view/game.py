"""A run's games on a terminal: what ``glasswork tournament`` prints at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork.games.study import Study, studies
from glasswork.games.werewolf.seeing import apart
from glasswork.records import Event
from glasswork.view import theme
from glasswork.view.game_curve import curve_view
from glasswork.view.game_match import key_of, payoff_matrix, rules_in_short, strip
from glasswork.view.game_reasons import reason_sheets
from glasswork.view.game_sheet import sheet_view
from glasswork.view.game_tables import Sheet, players_sheet, sheets
from glasswork.view.table_result import table_views
from glasswork.view.theme import said, styled

STRIPS = 12
"""Matches of a tournament that are drawn one by one."""


def told(events: Iterable[Event], *, seed: int = 0, verbose: bool = False) -> RenderableType:
    """Tell what a run's games came to; ``verbose``: with every match, and what to know of each table.

    A log that contradicts its own rules is said to, and nothing of it is measured.
    """
    matches, tables = apart(events)
    try:
        found = studies(matches, seed=seed)
    except ValueError as error:
        return said(f"the games of this run cannot be measured: {error}", theme.WARN)
    parts = [part for study in found for part in _study(study, verbose=verbose)]
    return Group(*parts, *table_views(tables, seed=seed, verbose=verbose))


def study_view(study: Study, *, verbose: bool = False) -> RenderableType:
    """Draw one step's matches: the game, the matches, what they show, the reasons."""
    return Group(*_study(study, verbose=verbose))


def _study(study: Study, *, verbose: bool) -> Iterator[RenderableType]:
    result, first = study.result, study.matches[0]
    one = len(study.matches) == 1
    yield said(rules_in_short(result.rules), theme.HEAD)
    yield payoff_matrix(result.rules.game, first.players if one else ("row", "column"))
    yield from _apart(sheet_view(players_sheet(result), notes=False)) if result.players else ()
    yield from _apart(_strips(study, verbose=verbose))
    if not result.players:
        yield from _apart(styled("no match is over yet", theme.WARN))
        return
    for sheet in sheets(result):
        yield from _apart(_curve(study, sheet) if sheet.title == CURVE else sheet_view(sheet, notes=verbose))
    if result.no_population and verbose:
        yield from _apart(said(f"No population was reckoned: {result.no_population}.", theme.MUTED))
    for sheet in reason_sheets(study.tables):
        yield from _apart(sheet_view(sheet, notes=verbose))
    yield from _apart(said(counts(study), theme.MUTED))


CURVE = "Cooperation by round"


def _apart(part: RenderableType) -> tuple[RenderableType, RenderableType]:
    return Text(), part


def _curve(study: Study, sheet: Sheet) -> RenderableType:
    return Group(styled(sheet.title, theme.HEAD), curve_view(study.result))


def _strips(study: Study, *, verbose: bool) -> RenderableType:
    shown = study.matches if verbose else study.matches[:STRIPS]
    parts: list[RenderableType] = [styled("Matches" if len(study.matches) > 1 else "Match", theme.HEAD)]
    for match in shown:
        if len(study.matches) > 1:
            state = "" if match.ended == "horizon" else "  ended by illegal moves" if match.ended else "  not over"
            parts.append(said(f"match {match.number}, repetition {match.repetition}{state}", theme.MUTED))
        parts.append(strip(match))
    left = len(study.matches) - len(shown)
    parts += [said(f"and {left} more matches", theme.MUTED)] if left else []
    return Group(*parts, said(key_of(study.matches[0]), theme.MUTED))


def counts(study: Study) -> str:
    """Say how much all of this rests on."""
    result = study.result
    void = f", {result.void} of them void" if result.void else ""
    unfinished = f"; {result.unfinished} not over, and not counted" if result.unfinished else ""
    decisions = f"; {len(study.reasons)} decisions of agents" if study.reasons else ""
    match = f"{result.matches} match{'' if result.matches == 1 else 'es'} of {len(result.players)} players"
    return f"{match}, {result.rounds} rounds{void}{unfinished}{decisions}. Intervals are of 95 %."
