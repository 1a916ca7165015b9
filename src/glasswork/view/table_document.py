"""A report on games of hidden roles as a list of sections, before it is Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from glasswork.games.werewolf.recorded import RecordedGame, games
from glasswork.games.werewolf.result import Group, Result, result
from glasswork.games.werewolf.rule_words import rules_in_words
from glasswork.games.werewolf.seeing import Tables
from glasswork.records import Event
from glasswork.view.game_document import Part, Points, Section
from glasswork.view.game_tables import Sheet
from glasswork.view.table_sheets import games_sheet, group_sheets, ledger_sheet, rating_sheets

CLAIMS = 200
"""Claims that a report lists."""


def measured(events: Iterable[Event], *, seed: int = 0) -> tuple[tuple[RecordedGame, ...], Result | None]:
    """Return the games of hidden roles of a run, and what they come to; None where there is none.

    While a person plays, a game that is not over is left out: what is measured of it would tell the cards.

    Raises ValueError where the events contradict the rules.
    """
    kept = [*events]
    tables = Tables(kept)
    found = games(kept)
    if tables.open_to_people():
        found = tuple(game for game in found if game.outcome is not None)
    return found, result(found, seed=seed) if found else None


def table_sections(found: Sequence[RecordedGame], measures: Result | None) -> Iterator[Section]:
    """Yield a report's sections on games of hidden roles."""
    if measures is None:
        return
    for group in measures.groups:
        prefix = f"{group.rules.name}: " if len(measures.groups) > 1 else ""
        own = [game for game in found if game.rules == group.rules]
        for section in _group(group, own):
            yield Section(prefix + section.title, section.parts)
    for sheet in rating_sheets(measures):
        yield Section(sheet.title, (_untitled(sheet),))
    if measures.no_ratings:
        yield Section("Ratings", (f"There are none: {measures.no_ratings}.",))
    yield Section("What this can and cannot show", (Points(tuple(limits(measures))),))


def _group(group: Group, own: Sequence[RecordedGame]) -> Iterator[Section]:
    names = own[0].names if own else ()
    parts: list[Part] = [f"Rules: {group.rules.name}. {group.rules.source}".strip()]
    if names:
        parts += ["As players are told:", Points(tuple(rules_in_words(group.rules, names)))]
    yield Section("What was played", tuple(parts))
    yield Section("Games", (_untitled(games_sheet(own, 100)),))
    for sheet in group_sheets(group):
        yield Section(sheet.title, (_untitled(sheet),))
    claims = ledger_sheet(group, CLAIMS)
    if claims is not None:
        yield Section(claims.title, (_untitled(claims),))


def _untitled(sheet: Sheet) -> Sheet:
    return Sheet("", sheet.columns, sheet.rows, sheet.note, sheet.compact)


def limits(measures: Result) -> Iterator[str]:
    """Yield what to know before a number is quoted."""
    games_ = sum(group.games for group in measures.groups)
    unfinished = sum(group.unfinished for group in measures.groups)
    yield f"{games_} games that are over are all that there is; shares have 95 % intervals (Wilson), which are wide."
    if unfinished:
        yield f"{unfinished} games were not over: what was said and voted in them counts, and nobody has won them."
    yield (
        "Beside win rates stands what random play comes to by the same rules. It is far from one half in most rules: "
        "without it a win rate says nothing."
    )
    yield (
        "Votes and beliefs of one game hang together; intervals of shares take them for independent and are rather too "
        "narrow. Brier scores and log losses are resampled game by game."
    )
    yield (
        "Claims are found by rules in English sentences. What is said in a way of its own, or only meant, is missed; "
        "irony is taken at its word."
    )
    yield (
        "Thoughts and reasons are what agents say of themselves. Whether a reason moved a decision, only a test that "
        "takes the evidence away can tell: glasswork check."
    )
